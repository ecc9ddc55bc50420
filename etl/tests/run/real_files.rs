//! Files as companies have them: each case goes over its kind, in every format and compression, as a source and
//! as a lookup.

use std::fs;
use std::sync::Arc;

use async_compression::tokio::write::{BzEncoder, GzipEncoder, XzEncoder, ZstdEncoder};
use clio_etl::{Days, Sample, Silent, verify};
use datafusion::arrow::array::{
    ArrayRef, FixedSizeBinaryArray, Float64Array, RecordBatch, StringArray, UInt64Array,
};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::formats::model;
use crate::sandbox::Sandbox;

const ENDINGS: [&str; 7] = [".gz", ".gzip", ".bz2", ".bzip2", ".xz", ".zst", ".ZSTD"];

pub(crate) fn source(format: &str, more: &str) -> String {
    model(&format!("url = \"events/\"\nformat = \"{format}\"\ntime = \"at\"\n{more}"), "")
}

/// A model whose countries come from a lookup.
fn with_lookup(format: &str, more: &str) -> String {
    let lookup = format!(
        "[lookup.people]\nurl = \"people/\"\nformat = \"{format}\"\nkey = \"person\"\n{more}"
    );
    let text = model("url = \"events/\"\nformat = \"csv\"\ntime = \"at\"", &lookup);
    text.replace("column = \"country\"", "lookup = \"people\"\non = \"id\"\ncolumn = \"country\"")
}

async fn written<W>(mut encoder: W, text: &str) -> W
where
    W: AsyncWrite + Unpin,
{
    encoder.write_all(text.as_bytes()).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder
}

/// One member.
pub(crate) async fn compressed(ending: &str, text: &str) -> Vec<u8> {
    match &ending.to_ascii_lowercase()[1..3] {
        "gz" => written(GzipEncoder::new(Vec::new()), text).await.into_inner(),
        "bz" => written(BzEncoder::new(Vec::new()), text).await.into_inner(),
        "xz" => written(XzEncoder::new(Vec::new()), text).await.into_inner(),
        _ => written(ZstdEncoder::new(Vec::new()), text).await.into_inner(),
    }
}

pub(crate) fn put(sandbox: &Sandbox, path: &str, bytes: &[u8]) {
    let path = sandbox.path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(crate) const CSV_ROWS: &str = "at,id,country\n2026-01-31,1,US\n2026-01-31,2,US\n";
pub(crate) const MORE_CSV_ROWS: &str = "2026-01-31,3,US\n2026-01-31,4,US\n";
pub(crate) const JSON_ROWS: &str = "{\"at\":\"2026-01-31\",\"id\":1,\"country\":\"US\"}\n\
                         {\"at\":\"2026-01-31\",\"id\":2,\"country\":\"US\"}\n";
pub(crate) const MORE_JSON_ROWS: &str = "{\"at\":\"2026-01-31\",\"id\":3,\"country\":\"US\"}\n\
                              {\"at\":\"2026-01-31\",\"id\":4,\"country\":\"US\"}\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_member_of_a_compressed_file_is_read_and_nothing_else_is_let_pass() {
    for (format, rows, more) in
        [("csv", CSV_ROWS, MORE_CSV_ROWS), ("ndjson", JSON_ROWS, MORE_JSON_ROWS)]
    {
        for ending in ENDINGS {
            let mut file = compressed(ending, rows).await;
            let n_first = file.len();
            file.extend(compressed(ending, more).await);
            let name = format!("events/a.{format}{ending}");
            let mut sandbox = Sandbox::new(&source(format, ""));
            put(&sandbox, &name, &file);
            sandbox.run(Days::All).await;
            assert_eq!(sandbox.cells().await.lines("all"), ["US 4 4"], "{name}");

            let followed = [&file[..], b"garbage that is no member"].concat();
            for bytes in [&file[..file.len() - 3], &file[..n_first + 5], &followed] {
                let mut sandbox = Sandbox::new(&source(format, ""));
                put(&sandbox, &name, bytes);
                let message = sandbox.failure(Days::All).await;
                assert!(message.contains(&format!("DIR/{name} is not valid ")), "{message}");
                assert!(message.contains("; compress it again"), "{message}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_of_a_compressed_lookup_is_read_too() {
    for ending in ENDINGS {
        let mut sandbox = Sandbox::new(&with_lookup("csv", ""));
        sandbox.write("events/a.csv", "at,id\n2026-01-31,1\n2026-01-31,2\n");
        let mut file = compressed(ending, "person,country\n1,US\n").await;
        file.extend(compressed(ending, "2,DE\n").await);
        put(&sandbox, &format!("people/a.csv{ending}"), &file);
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.lines("all"), ["DE 1 1", "US 1 1"], "{ending}");
        let mut sandbox = Sandbox::new(&with_lookup("csv", ""));
        sandbox.write("events/a.csv", "at,id\n2026-01-31,1\n2026-01-31,2\n");
        put(&sandbox, &format!("people/a.csv{ending}"), &file[..file.len() - 3]);
        let message = sandbox.failure(Days::All).await;
        assert!(message.starts_with("lookup `people`: DIR/people/a.csv"), "{message}");
    }
}

const OPEN_QUOTE: &str = "at,id,country\n2026-01-05T10:00:00,1,\"US\n2026-01-05T10:00:00,2,DE\n\
                          2026-01-05T10:00:00,3,FR\n2026-01-05T10:00:00,4,GB\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_that_never_closes_is_an_error_at_the_line_where_it_opens() {
    let closed_below = OPEN_QUOTE.replace(",GB\n", ",\"GB\"\n");
    let long = format!("{OPEN_QUOTE}{}", "2026-01-05T10:00:00,5,GB\n".repeat(100_000));
    for text in [OPEN_QUOTE, &closed_below, &long] {
        let mut sandbox = Sandbox::new(&source("csv", ""));
        sandbox.write("events/a.csv", text);
        let message = sandbox.failure(Days::All).await;
        assert!(
            message.starts_with("source `events`: DIR/events/a.csv:2: a quote opens here"),
            "{message}"
        );
    }
    let mut sandbox = Sandbox::new(&with_lookup("csv", ""));
    sandbox.write("events/a.csv", "at,id\n2026-01-31,1\n");
    sandbox.write("people/a.csv", "person,country\n1,US\n2,\"DE\n3,FR\n");
    let message = sandbox.failure(Days::All).await;
    assert!(message.starts_with("lookup `people`: DIR/people/a.csv:3: a quote opens"), "{message}");
    let mut sandbox = Sandbox::new(&source("csv", ""));
    sandbox.write("events/a.csv", "at,id,\"country\n2026-01-31,1,US\n");
    let message = sandbox.failure(Days::All).await;
    assert!(message.contains("a.csv is not valid csv: line 1: a quote opens here"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_that_never_closes_is_a_bad_row_and_the_lines_below_it_are_good_ones() {
    let policy = "on_bad_rows = \"quarantine\"\nmax_bad_rows = \"50%\"";
    for text in [OPEN_QUOTE.to_owned(), OPEN_QUOTE.replace(",GB\n", ",\"GB\"\n")] {
        let mut sandbox = Sandbox::new(&source("csv", policy));
        sandbox.write("events/a.csv", &text);
        let report = sandbox.run(Days::All).await;
        assert_eq!(report.rows_quarantined["events"], 1);
        assert_eq!(sandbox.cells().await.lines("all"), ["DE 1 1", "FR 1 1", "GB 1 1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_beyond_63_bits_stay_different_people() {
    let ids: Vec<u64> = (0..500).map(|n| 18_446_744_073_709_500_000 + n).chain(0..500).collect();
    let row = |id: &u64| format!("{{\"at\":\"2026-01-31\",\"id\":{id},\"country\":\"US\"}}\n");
    let mut lines = Vec::new();
    for format in ["ndjson", "csv", "parquet"] {
        let mut sandbox = Sandbox::new(&source(format, ""));
        match format {
            "ndjson" => {
                sandbox.write("events/a.ndjson", &ids.iter().map(row).collect::<String>());
            }
            "csv" => {
                let rows: String = ids.iter().map(|id| format!("2026-01-31,{id},US\n")).collect();
                sandbox.write("events/a.csv", &format!("at,id,country\n{rows}"));
            }
            _ => {
                let text = |text: &str| -> ArrayRef {
                    Arc::new(ids.iter().map(|_| Some(text)).collect::<StringArray>())
                };
                let id: ArrayRef = Arc::new(UInt64Array::from(ids.clone()));
                let columns = [("at", text("2026-01-31")), ("id", id), ("country", text("US"))];
                sandbox.write_parquet(
                    "events/a.parquet",
                    &RecordBatch::try_from_iter(columns).unwrap(),
                );
            }
        }
        sandbox.run(Days::All).await;
        let line = sandbox.cells().await.lines("all").remove(0);
        let people: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
        assert!((people - 1_000.0).abs() < 50.0, "{format}: {line}");
        lines.push(line);
        let sample = Sample { days: None, n_cells: 10, seed: 1 };
        let found = verify(&sandbox.config(), sample, &Silent).await.unwrap();
        assert_eq!(found.n_mismatches, 0);
    }
    assert_eq!(lines[0], lines[2], "a number is the same person in JSON and in Parquet");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_id_beside_a_fraction_is_refused_where_it_would_become_another() {
    let rows = "{\"at\":\"2026-01-31\",\"id\":9007199254740993,\"country\":\"US\"}\n\
                {\"at\":\"2026-01-31\",\"id\":1.5,\"country\":\"US\"}\n";
    let mut sandbox = Sandbox::new(&source("ndjson", ""));
    sandbox.write("events/a.ndjson", rows);
    let message = sandbox.failure(Days::All).await;
    let expected = "source `events`: DIR/events/a.ndjson:1: key `id` holds whole numbers beyond 2^53 and \
                    fractions, and no type holds both exactly; write it as texts";
    assert_eq!(message, expected);
    sandbox.write("events/a.ndjson", &rows.replace("0993", "0992"));
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 2 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn endings_are_compared_without_case_and_a_foreign_table_is_refused() {
    let mut sandbox = Sandbox::new(&source("csv", ""));
    sandbox.write("events/a.csv", "at,id,country\n2026-01-31,1,US\n");
    sandbox.write("events/B.CSV", "at,id,country\n2026-01-31,2,US\n");
    put(
        &sandbox,
        "events/c.csv.gzip",
        &compressed(".gz", "at,id,country\n2026-01-31,3,US\n").await,
    );
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 3 3"]);

    for (log, kind) in [
        ("metadata/v1.metadata.json", "an Iceberg"),
        ("_delta_log/00000000000000000000.json", "a Delta"),
        (".hoodie/hoodie.properties", "a Hudi"),
    ] {
        for format in ["parquet", "csv"] {
            let mut sandbox = Sandbox::new(&source(format, ""));
            sandbox.write(&format!("events/{log}"), "{}");
            sandbox.write(&format!("events/data/a.{format}"), "");
            let message = sandbox.failure(Days::All).await;
            assert!(message.contains(&format!("it is {kind} table")), "{message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_of_a_key_and_a_value_are_columns_of_sources_and_lookups() {
    for (format, row) in
        [("csv", "at,id\n2026-01-31,1\n"), ("ndjson", "{\"at\":\"2026-01-31\",\"id\":1}\n")]
    {
        let mut sandbox = Sandbox::new(&source(format, ""));
        sandbox.write(&format!("events/dt=2026-01-31/country=US/a.{format}"), row);
        sandbox.write(&format!("events/dt=2026-01-31/country=C%C3%B4te%20d/a.{format}"), row);
        sandbox.write(
            &format!("events/dt=2026-01-31/country=__HIVE_DEFAULT_PARTITION__/a.{format}"),
            row,
        );
        sandbox.run(Days::All).await;
        assert_eq!(
            sandbox.cells().await.lines("all"),
            ["null 1 1", "Côte d 1 1", "US 1 1"],
            "{format}"
        );
    }
    let mut sandbox = Sandbox::new(&source("parquet", ""));
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let rows = RecordBatch::try_from_iter([("at", text("2026-01-31")), ("id", text("1"))]).unwrap();
    sandbox.write_parquet("events/country=US/a.parquet", &rows);
    sandbox.write_parquet("events/country=DE/a.parquet", &rows);
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["DE 1 1", "US 1 1"]);

    let mut sandbox = Sandbox::new(&with_lookup("csv", ""));
    sandbox.write("events/a.csv", "at,id\n2026-01-31,1\n2026-01-31,2\n");
    sandbox.write("people/country=US/a.csv", "person\n1\n");
    sandbox.write("people/country=DE/a.csv", "person\n2\n");
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["DE 1 1", "US 1 1"]);

    // A file's own column wins.
    let mut sandbox = Sandbox::new(&source("csv", ""));
    sandbox.write("events/country=DE/a.csv", "at,id,country\n2026-01-31,1,US\n");
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 1 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_spaces_and_no_quotes_at_all_can_be_written_in_the_model() {
    for (delimiter, name) in [("\t", "\\t"), (" ", " ")] {
        let options = format!("[source.events.csv]\ndelimiter = \"{name}\"\nquote = \"\"");
        let mut sandbox = Sandbox::new(&source("csv", &options));
        let text = "at,id,country\n2026-01-31,1,\"US\n2026-01-31,2,5\"\n";
        sandbox.write("events/a.csv", &text.replace(',', delimiter));
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.lines("all"), ["\"US 1 1", "5\" 1 1"]);
    }
    let nulls = "[source.events.csv]\nnull = [\"\", \"NULL\", \"\\\\N\"]";
    let mut sandbox = Sandbox::new(&source("csv", nulls));
    sandbox.write(
        "events/a.csv",
        "at,id,country\n2026-01-31,1,\n2026-01-31,2,NULL\n2026-01-31,3,\\N\n2026-01-31,\\N,NULLS\n",
    );
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["null 3 3", "NULLS 1 0"]);
}

/// What a text file is refused with, as a source.
async fn refusal(format: &str, bytes: &[u8]) -> String {
    let mut sandbox = Sandbox::new(&source(format, ""));
    put(&sandbox, &format!("events/a.{format}"), bytes);
    let message = sandbox.failure(Days::All).await;
    message.strip_prefix("source `events`: DIR/events/").unwrap_or(&message).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_of_utf8_is_skipped_and_other_encodings_are_named() {
    for (format, rows) in [("csv", CSV_ROWS), ("ndjson", JSON_ROWS)] {
        let mut sandbox = Sandbox::new(&source(format, ""));
        sandbox.write(&format!("events/a.{format}"), &format!("\u{feff}{rows}"));
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.lines("all"), ["US 2 2"]);

        let units = |bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            format!("{mark}{rows}").encode_utf16().flat_map(bytes).collect()
        };
        for bytes in [
            units(u16::to_le_bytes, "\u{feff}"),
            units(u16::to_be_bytes, "\u{feff}"),
            units(u16::to_le_bytes, ""),
            units(u16::to_be_bytes, ""),
        ] {
            let message = refusal(format, &bytes).await;
            assert!(message.contains("is not valid UTF-8 text: it is UTF-16"), "{message}");
        }
        let wide = |to_bytes: fn(u32) -> [u8; 4], mark: &str| -> Vec<u8> {
            format!("{mark}{rows}").chars().flat_map(|letter| to_bytes(u32::from(letter))).collect()
        };
        for mark in ["\u{feff}", ""] {
            for bytes in [wide(u32::to_le_bytes, mark), wide(u32::to_be_bytes, mark)] {
                let message = refusal(format, &bytes).await;
                assert!(message.contains("is not valid UTF-8 text: it is UTF-32"), "{message}");
            }
        }
        let latin1 =
            rows.replace("2,US", "2,Cote").replace("2,\"country\":\"US", "2,\"country\":\"Cote");
        let latin1: Vec<u8> =
            latin1.bytes().map(|byte| if byte == b'C' { 0xd4 } else { byte }).collect();
        let message = refusal(format, &latin1).await;
        let line = if format == "csv" { 3 } else { 2 };
        assert!(message.starts_with(&format!("a.{format}:{line}: ")), "{message}");
        assert!(message.contains("is not UTF-8; write the file as UTF-8"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_array_a_cut_line_and_a_key_given_twice_are_named_as_such() {
    let array = format!("[{}]", JSON_ROWS.trim_end().replace('\n', ",\n"));
    assert_eq!(
        refusal("ndjson", array.as_bytes()).await,
        "a.ndjson is not valid ndjson: it is a JSON array; write one object a line (`jq -c '.[]'`)"
    );
    let cut = &JSON_ROWS[..JSON_ROWS.len() - 30];
    let message = refusal("ndjson", cut.as_bytes()).await;
    assert!(message.starts_with("a.ndjson:2: not JSON: EOF while parsing"), "{message}");
    assert!(!message.contains(" line "), "the line is said once: {message}");
    let twice = JSON_ROWS.replace("\"id\":2", "\"id\":2,\"id\":3");
    let message = refusal("ndjson", twice.as_bytes()).await;
    assert!(message.starts_with("a.ndjson:2: key `id` occurs twice in one object"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_left_out_for_their_names_are_named_in_report_and_plan_and_inspection() {
    for kind in ["source", "lookup"] {
        let mut sandbox = Sandbox::new(&with_lookup("csv", ""));
        sandbox.write("events/a.csv", "at,id\n2026-01-31,1\n");
        sandbox.write("people/a.csv", "person,country\n1,US\n");
        let folder = if kind == "source" { "events" } else { "people" };
        sandbox.write(&format!("{folder}/b.csv.bak"), "at,id\n");
        sandbox.write(&format!("{folder}/_SUCCESS"), "");
        let config = sandbox.config();
        let plan = clio_etl::plan(&config, Days::All).await.unwrap();
        let mut config = sandbox.config();
        config.state = Some(sandbox.path("state"));
        let report = clio_etl::run(&config, Days::All, &Silent).await.unwrap();
        assert_eq!(report.left_out, plan.left_out);
        let [left_out] = report.left_out.as_slice() else { panic!("{:?}", report.left_out) };
        let text = left_out.to_string();
        assert!(text.contains(kind) && text.contains("/b.csv.bak"), "{text}");
        let found = clio_etl::inspect(&config.model, &config.base, 1).await.unwrap();
        let found = if kind == "source" { &found.sources } else { &found.lookups };
        assert_eq!(found[0].left_out, left_out.files);
        // The run's record, which gRPC and GraphQL show, names them without the place of the model's folder.
        let record = clio_lake::runs(&config.lake, 1).await.unwrap().remove(0).unwrap();
        let names: Vec<_> = record.left_out.iter().flat_map(|own| &own.files).collect();
        assert_eq!(names, [&format!("{folder}/b.csv.bak")]);
        assert_eq!((record.left_out[0].n_files, &record.left_out[0].table), (1, &left_out.table));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_files_write_in_another_case_is_refused_with_both_files() {
    let expected = "`dimension.country.column`: source `events`: the column is `country` in \
                    DIR/events/a.F and `Country` in DIR/events/b.F; spell it the same in all of them";
    for (format, first, second) in [
        ("csv", CSV_ROWS.to_owned(), CSV_ROWS.replace("country", "Country")),
        ("ndjson", JSON_ROWS.to_owned(), JSON_ROWS.replace("country", "Country")),
    ] {
        let mut sandbox = Sandbox::new(&source(format, ""));
        sandbox.write(&format!("events/a.{format}"), &first);
        sandbox.write(&format!("events/b.{format}"), &second);
        let message = sandbox.failure(Days::All).await;
        assert_eq!(message, expected.replace(".F", &format!(".{format}")));
    }
    let mut sandbox = Sandbox::new(&source("parquet", ""));
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    for (file, country) in [("a", "country"), ("b", "Country")] {
        let columns = [("at", text("2026-01-31")), ("id", text("1")), (country, text("US"))];
        let rows = RecordBatch::try_from_iter(columns).unwrap();
        sandbox.write_parquet(&format!("events/{file}.parquet"), &rows);
    }
    let message = sandbox.failure(Days::All).await;
    assert_eq!(message, expected.replace(".F", ".parquet"));

    let mut sandbox = Sandbox::new(&with_lookup("csv", ""));
    sandbox.write("events/a.csv", "at,id\n2026-01-31,1\n");
    sandbox.write("people/a.csv", "person,country\n1,US\n");
    sandbox.write("people/b.csv", "person,Country\n2,US\n");
    let message = sandbox.failure(Days::All).await;
    assert!(
        message.contains("lookup `people`: the column is `country` in DIR/people/a.csv"),
        "{message}"
    );

    // One that the model does not use, and two that stand side by side, are nobody's fault.
    let mut sandbox = Sandbox::new(&source("csv", ""));
    sandbox.write("events/a.csv", "at,id,country,Country,note\n2026-01-31,1,US,x,n\n");
    sandbox.write("events/b.csv", "at,id,country,Note\n2026-01-31,2,US,n\n");
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 2 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_have_no_text_or_no_sum_are_refused_with_the_mend() {
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let uuid: ArrayRef =
        Arc::new(FixedSizeBinaryArray::try_from_iter(std::iter::once([0xab_u8; 16])).unwrap());
    let rows = RecordBatch::try_from_iter([
        ("at", text("2026-01-31")),
        ("id", text("1")),
        ("country", uuid),
    ]);
    let mut sandbox = Sandbox::new(&source("parquet", ""));
    sandbox.write_parquet("events/a.parquet", &rows.unwrap());
    let message = sandbox.failure(Days::All).await;
    assert!(
        message.starts_with("`dimension.country.column`: `country` of source `events`"),
        "{message}"
    );
    assert!(message.ends_with("convert them, for instance with `encode(…, 'hex')`"), "{message}");
    let encoded = source("parquet", "").replace("\"country\"", "\"encode(country, 'hex')\"");
    sandbox.set_model(&encoded);
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), [format!("{} 1 1", "ab".repeat(16))]);

    let sum = "[measure.seconds]\nsource = \"events\"\nkind = \"sum\"\nof = \"seconds\"";
    for (value, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let seconds: ArrayRef = Arc::new(Float64Array::from(vec![value]));
        let columns = [
            ("at", text("2026-01-31")),
            ("id", text("1")),
            ("country", text("US")),
            ("seconds", seconds),
        ];
        let events = "url = \"events/\"\nformat = \"parquet\"\ntime = \"at\"";
        let mut sandbox = Sandbox::new(&model(events, sum));
        sandbox.write_parquet("events/a.parquet", &RecordBatch::try_from_iter(columns).unwrap());
        let message = sandbox.failure(Days::All).await;
        let expected = format!(
            "source `events`: DIR/events/a.parquet, row 1: `measure.seconds.of`: {name} cannot be added \
             up: make it null in `columns`; correct it there, or change what \
             the model computes from it"
        );
        assert_eq!(message, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_within_a_key_is_a_column_by_its_path() {
    let text =
        source("ndjson", "").replace("column = \"country\"", "column = \"user.geo.country\"");
    let mut sandbox = Sandbox::new(&text);
    sandbox.write(
        "events/a.ndjson",
        "{\"at\":\"2026-01-31\",\"id\":1,\"user\":{\"geo\":{\"country\":\"US\"}}}\n\
         {\"at\":\"2026-01-31\",\"id\":2,\"user\":{}}\n",
    );
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["null 1 1", "US 1 1"]);
}
