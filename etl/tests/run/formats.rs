//! CSV and NDJSON, computed columns, names of files, compression, and files that differ.

use std::sync::Arc;

use clio_etl::Days;
use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::sandbox::{Sandbox, days};

/// A model of one source; `source` has its keys, `more` further tables.
pub(crate) fn model(source: &str, more: &str) -> String {
    format!(
        r#"
[dataset]
name = "test"
timezone = "UTC"
[source.events]
{source}
[dimension.country]
column = "country"
[measure.events]
source = "events"
kind = "count"
[measure.people]
source = "events"
kind = "distinct"
of = "id"
precision = 12
{more}
"#
    )
}

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";

#[tokio::test(flavor = "multi_thread")]
async fn csv_fields_are_texts_that_compare_and_add_up_as_numbers() {
    let sums = r#"
[measure.seconds]
source = "events"
kind = "sum"
of = "seconds"
[measure.price]
source = "events"
kind = "sum"
of = "price"
"#;
    let mut sandbox = Sandbox::new(&model(&format!("{CSV}\nwhere = \"seconds >= 9\""), sums));
    sandbox.write(
        "events/a.csv",
        "at,id,country,seconds,price\n\
         2026-01-31T10:00:00,007,US,10,0.1\n\
         2026-01-31 11:00:00,7,US,9,0.2\r\n\
         2026-01-31,8,\"a, \"\"quoted\"\"\nland\",100,-0.3\n\
         2026-02-01T00:00:00Z,8,,8,1\n\
         2026-02-01T00:00:00+02:00,8,,11,\n",
    );
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.rows_in["events"], 4);
    let cells = sandbox.cells().await;
    assert_eq!(cells.periods(), ["2026", "2026-01", "2026-01-31", "all"]);
    assert_eq!(
        cells.lines("all"),
        ["null 1 1 11 0", "US 2 2 19 0.3", "a, \"quoted\"\nland 1 1 100 -0.3"],
        "an id keeps its zeros"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_options_hold_and_a_null_text_is_null_alone() {
    let options =
        "[source.events.csv]\nheader = false\ndelimiter = \";\"\nquote = \"'\"\nnull = \"NA\"";
    let columns = "columns = { at = \"column_1\", id = \"column_2\", country = \"column_3\" }";
    let source = format!("{CSV}\n{columns}\n{options}");
    let mut sandbox = Sandbox::new(&model(&source, ""));
    sandbox.write(
        "events/a.csv",
        "2026-01-31;1;'a;b'\n2026-01-31;NA;NA\n2026-01-31;2;\n2026-01-31;3;NANA\n",
    );
    sandbox.run(Days::All).await;
    let lines = sandbox.cells().await.lines("all");
    assert_eq!(lines, ["null 1 0", " 1 1", "NANA 1 1", "a;b 1 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_files_may_have_their_columns_in_another_order() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/a.csv", "\u{feff}at,id,country\n2026-01-31,1,US\n");
    sandbox.write("events/b.csv", "country,other,id,at\nDE,x,2,2026-01-31\n");
    sandbox.write("events/c.csv", "at,id\n2026-01-31,3");
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["null 1 1", "DE 1 1", "US 1 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_name_and_folder_are_columns() {
    let source = "url = \"events/\"\nformat = \"csv\"\ntime = \"dt\"\nfiles = [\"bts-*.txt.gz\"]\n\
                  columns = { country = \"upper(part)\", part = \"split_part(_file, '-', 2)\" }";
    let mut sandbox = Sandbox::new(&model(source, ""));
    for (name, text) in [
        ("dt=2026-01-30/bts-us-1.txt.gz", "id\n1\n2\n"),
        ("dt=2026-01-31/bts-de.txt.gz", "id\n1\n"),
        ("dt=2026-01-31/other-fr.txt.gz", "id\n1\n"),
    ] {
        sandbox.write(&format!("events/{name}"), "");
        std::fs::write(sandbox.path("events").join(name), gzipped(text)).unwrap();
    }
    sandbox.run(Days::All).await;
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("2026-01-30"), ["US 2 2"]);
    assert_eq!(cells.lines("2026-01-31"), ["DE 1 1"]);
}

/// Bytes in gzip's format, stored without compression: enough for a reader.
fn gzipped(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let n = u16::try_from(bytes.len()).unwrap();
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    out.extend(n.to_le_bytes());
    out.extend((!n).to_le_bytes());
    out.extend(bytes);
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    out.extend((!crc).to_le_bytes());
    out.extend(u32::from(n).to_le_bytes());
    out
}

const NDJSON: &str = "url = \"events/\"\nformat = \"ndjson\"\ntime = \"at\"";

#[tokio::test(flavor = "multi_thread")]
async fn a_json_key_may_be_rare_nested_or_missing() {
    let sum = "[measure.price]\nsource = \"events\"\nkind = \"sum\"\nof = \"price\"";
    let source = format!("{NDJSON}\ncolumns = {{ country = \"place['country']\" }}");
    let mut sandbox = Sandbox::new(&model(&source, sum));
    let mut text = String::new();
    for id in 0..20_000 {
        let rare = if id == 19_999 { ",\"price\":2.5,\"place\":{\"country\":\"US\"}" } else { "" };
        text.push_str(&format!("{{\"at\":\"2026-01-31T00:00:00Z\",\"id\":{id}{rare}}}\n\n"));
    }
    sandbox.write("events/a.json", &text);
    sandbox.write("events/b.jsonl", "{\"at\":\"2026-01-31T00:00:00Z\",\"id\":1,\"price\":1}");
    sandbox.run(Days::All).await;
    let lines = sandbox.cells().await.lines("all");
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("null 20000 ") && lines[0].ends_with(" 1"), "{}", lines[0]);
    assert_eq!(lines[1], "US 1 1 2.5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dimensions_values_are_texts_whatever_the_column_holds() {
    let more = "[dimension.paid]\ncolumn = \"paid\"\n[dimension.score]\ncolumn = \"score\"\n\
                [dimension.since]\ncolumn = \"cast(since as date)\"\n\
                [dimension.number]\ncolumn = \"number\"";
    let mut sandbox = Sandbox::new(&model(NDJSON, more));
    let row = |paid: &str, score: &str, number: i64| {
        format!(
            "{{\"at\":\"2026-01-31\",\"id\":1,\"country\":\"US\",\"paid\":{paid},\"score\":{score},\
             \"since\":\"2025-06-30\",\"number\":{number}}}\n"
        )
    };
    let rows = [row("true", "1.5", 10), row("false", "2.0", 9), row("null", "1e-7", -1)];
    sandbox.write("events/a.json", &rows.concat());
    sandbox.run(Days::All).await;
    let expected = [
        "US null 1e-7 2025-06-30 -1 1 1",
        "US false 2.0 2025-06-30 9 1 1",
        "US true 1.5 2025-06-30 10 1 1",
    ];
    assert_eq!(sandbox.cells().await.lines("all"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_keep_their_case_and_a_column_of_that_name_wins_over_an_expression() {
    let source = "url = \"events/\"\nformat = \"csv\"\ntime = \"FlightDate\"\n\
                  columns = { id = \"Tail Number\" }\n\
                  where = \"Origin IN ('SFO', 'JFK') and \\\"Tail Number\\\" <> 'x'\"";
    let text = model(source, "").replace("column = \"country\"", "column = \"a-b\"");
    let mut sandbox = Sandbox::new(&text);
    sandbox.write(
        "events/a.csv",
        "FlightDate,Origin,Tail Number,a-b\n2026-01-31,SFO,N1,up\n2026-01-31,JFK,x,up\n\
         2026-01-31,LAX,N2,up\n",
    );
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["up 1 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computed_column_may_take_the_place_of_a_files_own_for_all_others() {
    let columns = "columns = { country = \"city || '!'\", city = \"upper(city)\" }";
    let mut sandbox = Sandbox::new(&model(&format!("{CSV}\n{columns}"), ""));
    sandbox.write("events/a.csv", "at,id,city\n2026-01-31,1,bonn\n");
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["BONN! 1 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_files_may_lack_a_column_or_have_a_narrower_one() {
    let source = "url = \"events/\"\nformat = \"parquet\"\ntime = \"dt\"";
    let mut sandbox = Sandbox::new(&model(source, ""));
    let at: ArrayRef = Arc::new(StringArray::from(vec!["2026-01-31"]));
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![7]));
    let wide: ArrayRef = Arc::new(Int64Array::from(vec![7]));
    let country: ArrayRef = Arc::new(StringArray::from(vec!["US"]));
    let first = RecordBatch::try_from_iter([("dt", at.clone()), ("id", narrow)]).unwrap();
    let second =
        RecordBatch::try_from_iter([("country", country), ("id", wide), ("dt", at)]).unwrap();
    sandbox.write_parquet("events/a.parquet", &first);
    sandbox.write_parquet("events/b.parquet", &second);
    sandbox.run(Days::All).await;
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("all"), ["null 1 1", "US 1 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_begins_in_the_datasets_zone_and_folders_either_side_are_read() {
    let source = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
    let zone = model(source, "").replace("UTC", "America/New_York");
    let mut sandbox = Sandbox::new(&zone);
    sandbox.write("events/dt=2026-01-30/a.csv", "at,id,country\n2026-01-30T12:00:00Z,1,US\n");
    sandbox.write(
        "events/dt=2026-01-31/a.csv",
        "at,id,country\n2026-01-31T04:59:59Z,2,US\n2026-01-31T05:00:00Z,3,US\n\
         2026-03-01T00:00:00Z,9,US\n",
    );
    sandbox.write("events/dt=2026-02-01/a.csv", "at,id,country\n2026-02-01T04:00:00Z,4,US\n");
    let report = sandbox.run(days("2026-01-31", "2026-01-31")).await;
    assert_eq!(report.rows_in["events"], 2);
    assert_eq!(report.rows_out_of_day["events"], 1, "no day's run sees the one of March");
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("2026-01-31"), ["US 2 2"]);

    let report = sandbox.run(Days::All).await;
    assert_eq!(report.rows_in["events"], 4);
    assert_eq!(report.rows_out_of_day["events"], 1);
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("2026-01-30"), ["US 2 2"]);
    assert_eq!(cells.periods().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_groups_made_side_by_side_are_those_of_one_thread() {
    let mut files = Vec::new();
    for n_threads in [1, 3] {
        let mut sandbox = Sandbox::new(&model(CSV, ""));
        sandbox.n_threads = n_threads;
        let mut text = "at,id,country\n".to_owned();
        for id in 0..70_000 {
            text.push_str(&format!("2026-01-31T10:00:00,{id},c{id}\n"));
        }
        sandbox.write("events/a.csv", &text);
        sandbox.run(Days::All).await;
        let cells = sandbox.cells().await;
        let bytes = bytes::Bytes::copy_from_slice(&cells.files["all"][0]);
        let groups = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        let groups = groups.metadata().row_groups().iter().map(|group| group.num_rows());
        assert_eq!(groups.collect::<Vec<_>>(), [65_536, 70_000 - 65_536]);
        files.push(cells.files);
    }
    assert!(files[0] == files[1]);
}
