//! Files of all rows, read back by independent readers, against the pages of the same query.

use std::sync::Arc;

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Schema, UInt64Type};
use arrow::ipc::reader::StreamReader;
use clio_proto::{
    Answer, Code, CubeService as _, Cursor, Direction, Export, ExportFormat, Exported, Extra,
    Intervals, Key, Order, OrderBy, Query, QueryRange, RemoteConfig, RemoteCubes, Row, SnapshotId,
    Test, Value, Verdict,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::compared::any_compared;
use super::events::{Numbers, day, days, generate};
use super::judged::{any_judged, lake as lake_of_verdicts};
use super::lake::TestLake;
use super::queries::{any_query, gapped_lake, group_by, test, texts};
use crate::{Cubes, Limits, ServingConfig, serve_grpc};

type Cells = Vec<Vec<Option<String>>>;

fn export(query: &Query, format: ExportFormat) -> Export {
    Export { query: query.clone(), format, is_raw: true, has_comments: false }
}

/// Cubes whose exports have pages of a few rows.
async fn open(lake: &TestLake, n_held: usize) -> Arc<Cubes> {
    let limits = Limits { answer_bytes: 40_000, ..Limits::default() };
    let config =
        ServingConfig { limits, n_snapshots_held: n_held, ..ServingConfig::new(lake.url()) };
    Cubes::open(config).await.unwrap()
}

async fn whole(mut exported: Exported) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(bytes) = exported.next().await {
        let bytes = bytes.unwrap();
        assert!(bytes.len() <= 256 << 10);
        all.extend(bytes);
    }
    all
}

fn text_of(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Date32 => {
            let day = array.as_primitive::<Date32Type>().value_as_date(row).unwrap();
            day.to_string()
        }
        other => panic!("{other}"),
    })
}

fn cells(schema: &Schema, batches: &[RecordBatch]) -> Cells {
    let names = schema.fields().iter().map(|field| Some(field.name().clone())).collect();
    let rows = batches.iter().flat_map(|batch| {
        (0..batch.num_rows())
            .map(|row| batch.columns().iter().map(|column| text_of(column, row)).collect())
    });
    std::iter::once(names).chain(rows).collect()
}

/// CSV according to RFC 4180; a field without quotes and without characters is null.
fn csv_cells(text: &str) -> Cells {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), None::<String>);
    let mut letters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.next_if_eq(&'"').is_some() => {
                field.get_or_insert_default().push('"');
            }
            '"' => {
                field.get_or_insert_default();
                is_quoted = !is_quoted;
            }
            ',' if !is_quoted => row.push(field.take()),
            '\n' if !is_quoted => {
                row.push(field.take());
                rows.push(std::mem::take(&mut row));
            }
            letter => field.get_or_insert_default().push(letter),
        }
    }
    assert!(row.is_empty() && field.is_none(), "the last line ends");
    rows
}

/// A file as read by its format's reader, and the notes in it.
fn read(format: ExportFormat, bytes: Vec<u8>) -> (Cells, Vec<(String, String)>) {
    let said = |schema: &Schema| {
        let mut said: Vec<_> = schema.metadata().clone().into_iter().collect();
        said.sort_unstable();
        said
    };
    match format {
        ExportFormat::Csv => (csv_cells(std::str::from_utf8(&bytes).unwrap()), Vec::new()),
        ExportFormat::Arrow => {
            let reader = StreamReader::try_new(bytes.as_slice(), None).unwrap();
            let schema = reader.schema();
            let batches: Vec<_> = reader.map(Result::unwrap).collect();
            (cells(&schema, &batches), said(&schema))
        }
        ExportFormat::Parquet => {
            let bytes = bytes::Bytes::from(bytes);
            let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
            let schema = Arc::clone(builder.schema());
            let own = builder.metadata().file_metadata().key_value_metadata().unwrap().clone();
            let own = own.into_iter().filter(|own| own.key.starts_with("clio."));
            let mut own: Vec<_> = own.map(|own| (own.key, own.value.unwrap())).collect();
            own.sort_unstable();
            assert_eq!(own, said(&schema), "the file says what its schema says");
            let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
            (cells(&schema, &batches), own)
        }
    }
}

/// The expected table for the rows of an answer.
fn expected(query: &Query, answer: &Answer) -> Cells {
    let has = |extra| query.extras.contains(&extra);
    // Counts, sums and distinct counts have shares.
    let is_part = |measure: &String| {
        !measure.starts_with("watch.")
            && !["take_rate", "short", "long"].contains(&measure.as_str())
    };
    let bounds = |name: &str| ["", "_lower", "_upper"].map(|end| Some(format!("{name}{end}")));
    let mut names: Vec<Option<String>> = Vec::new();
    if has(Extra::Ranks) {
        names.extend(["rank_best", "rank_worst"].map(|name| Some(name.to_owned())));
    }
    for key in &query.group_by {
        names.push(Some(key.to_string()));
        if key.to_string() == "asset" {
            names.push(Some("asset_label".to_owned()));
        }
    }
    for measure in &query.measures {
        names.extend(bounds(measure));
        if has(Extra::Shares) && is_part(measure) {
            names.extend(bounds(&format!("{measure}_share")));
        }
        if query.compare.is_some() {
            for part in ["other", "difference", "ratio"] {
                names.extend(bounds(&format!("{measure}_{part}")));
            }
        }
    }
    for measure in query.measures.iter().filter(|_| has(Extra::Intervals)) {
        names.extend(Intervals::COLUMNS.map(|column| Some(format!("{measure}_{column}"))));
    }
    for measure in query.measures.iter().filter(|_| has(Extra::Verdicts)) {
        names.extend(Verdict::COLUMNS.map(|column| Some(format!("{measure}_{column}"))));
    }
    let number = |value: Value| {
        [value.value, value.lower, value.upper].map(|number| number.map(|own| own.to_string()))
    };
    let cells = |row: &Row| {
        let mut cells: Vec<Option<String>> = Vec::new();
        if has(Extra::Ranks) {
            cells.push(row.rank.map(|rank| rank.best.to_string()));
            cells.push(row.rank.map(|rank| rank.worst.to_string()));
        }
        for (key, Key { value, label, media: _ }) in query.group_by.iter().zip(&row.keys) {
            cells.push(value.clone());
            if key.to_string() == "asset" {
                cells.push(label.clone());
            }
        }
        for (at, value) in row.values.iter().enumerate() {
            cells.extend(number(*value));
            if has(Extra::Shares) && is_part(&query.measures[at]) {
                // A total has no share of itself.
                cells.extend(number(row.shares.get(at).copied().unwrap_or(Value::undefined())));
            }
            if query.compare.is_some() {
                let compared = row.compared.get(at);
                let undefined = Value::undefined();
                cells.extend(number(compared.map_or(undefined, |own| own.other)));
                cells.extend(number(compared.map_or(undefined, |own| own.difference)));
                cells.extend(number(compared.map_or(undefined, |own| own.ratio)));
            }
        }
        for at in (0..row.values.len()).filter(|_| has(Extra::Intervals)) {
            cells.extend(Intervals::columns(row.intervals.get(at)).map(|own| own.text()));
        }
        for at in (0..row.values.len()).filter(|_| has(Extra::Verdicts)) {
            let verdict = row.verdicts.get(at).and_then(Option::as_ref);
            cells.extend(Verdict::columns(verdict).map(|own| own.text()));
        }
        cells
    };
    let rows: Vec<&Row> = match query.group_by.is_empty() {
        true => vec![&answer.total],
        false => answer.rows.iter().collect(),
    };
    std::iter::once(names).chain(rows.into_iter().map(cells)).collect()
}

#[tokio::test]
async fn files_of_any_question_have_the_rows_of_its_pages() {
    let lake = gapped_lake();
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let paged = open(&lake, 1).await;
    let mut numbers = Numbers(71);
    let (mut n_rows, mut n_files) = (0, 0);
    while n_files < 120 {
        let query = match numbers.below(2) {
            0 => any_query(&mut numbers),
            _ => any_compared(&mut numbers),
        };
        let extras = query.extras.iter().copied().filter(|extra| *extra != Extra::Others);
        let query = Query { extras: extras.collect(), limit: 5_000, offset: 0, ..query };
        // A member that the filter excludes.
        let Ok(answer) = cubes.query(query.clone(), None).await else { continue };
        let format = *numbers.pick(&ExportFormat::ALL);
        let exported = paged.export(export(&query, format), None).await.unwrap();
        let n_expected = if query.group_by.is_empty() { 1 } else { answer.rows.len() as u64 };
        assert_eq!(exported.head.n_rows, n_expected);
        let (found, _) = read(format, whole(exported).await);
        assert_eq!(found, expected(&query, &answer), "{format:?} {query:#?}");
        (n_rows, n_files) = (n_rows + answer.rows.len(), n_files + 1);
    }
    assert!(n_rows > 1_000, "{n_rows}");
}

/// Verdicts are about all rows together, so that all are on one page, however small the pages of other files are; with
/// too many rows there is no file.
#[tokio::test]
async fn files_have_verdicts_of_all_rows_at_once() {
    let lake = lake_of_verdicts();
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let mut numbers = Numbers(73);
    let (mut n_verdicts, mut n_files) = (0, 0);
    while n_files < 40 {
        let query = any_judged(&mut numbers);
        let Ok(answer) = cubes.query(query.clone(), None).await else { continue };
        let format = *numbers.pick(&ExportFormat::ALL);
        let exported = cubes.export(export(&query, format), None).await.unwrap();
        let (found, _) = read(format, whole(exported).await);
        assert_eq!(found, expected(&query, &answer), "{format:?} {query:#?}");
        n_verdicts += answer.rows.iter().flat_map(|row| &row.verdicts).flatten().count();
        n_files += 1;
    }
    assert!(n_verdicts > 100, "{n_verdicts}");
    let compare = Some(clio_proto::Comparison::Rest);
    let keys = group_by(&["asset", "country", "audience"]);
    let measures = texts(&["take_rate"]);
    let many =
        Query { group_by: keys, compare, measures, extras: vec![Extra::Verdicts], ..many_rows() };
    let many = Query { order_by: Vec::new(), ..many };
    let error = cubes.export(export(&many, ExportFormat::Csv), None).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
    assert!(error.message.contains("rows of a page, but the limit is 100"), "{}", error.message);
    let few = Query { limit: 100, ..many };
    let exported = cubes.export(export(&few, ExportFormat::Csv), None).await.unwrap();
    assert_eq!(exported.head.n_rows, 100);
}

fn many_rows() -> Query {
    Query {
        group_by: group_by(&["day", "asset", "country"]),
        order_by: vec![OrderBy {
            by: Order::Measure("viewers".to_owned()),
            direction: Direction::Descending,
        }],
        limit: usize::MAX,
        ..Query::total(["plays", "viewers"])
    }
}

#[tokio::test]
async fn a_file_says_what_it_is_of() {
    let cubes = open(&gapped_lake(), 1).await;
    let query = Query {
        range: QueryRange::Days { from: Some(day("2026-01-02")), to: Some(day("2026-01-05")) },
        filter: Some(test("country", Test::AnyOf(texts(&["US", "nowhere"])))),
        compare: Some(clio_proto::Comparison::Rest),
        limit: 2,
        ..many_rows()
    };
    for format in ExportFormat::ALL {
        let exported = cubes.export(export(&query, format), None).await.unwrap();
        assert_eq!((exported.head.snapshot, exported.head.n_rows), (SnapshotId(0), 2));
        let word = |word: &str| {
            let found = exported.head.said.iter().find(|(own, _)| own == word);
            found.map_or("", |(_, what)| what.as_str()).to_owned()
        };
        assert_eq!(word("snapshot"), "0");
        assert_eq!(word("days"), "2026-01-02..2026-01-05");
        assert_eq!(word("where"), r#"country anyOf ("US", "nowhere")"#);
        assert_eq!(word("compare"), "rest");
        assert_eq!(word("missing_days"), "2026-01-04..2026-01-05");
        assert!(word("unknown_value").contains("`nowhere`"));
        let mut said: Vec<(String, String)> = exported.head.said.clone();
        said.iter_mut().for_each(|(word, _)| *word = format!("clio.{word}"));
        said.sort_unstable();
        let (found, in_file) = read(format, whole(exported).await);
        assert_eq!(found.len(), 3, "a head and two rows");
        if format != ExportFormat::Csv {
            assert_eq!(in_file, said);
        }
    }
    // In CSV, on request.
    let commented = Export { has_comments: true, ..export(&query, ExportFormat::Csv) };
    let text =
        String::from_utf8(whole(cubes.export(commented, None).await.unwrap()).await).unwrap();
    let (comments, rows): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("# "));
    assert!(comments.contains(&"# missing_days=2026-01-04..2026-01-05"), "{comments:?}");
    assert!(rows[0].starts_with("day,asset,asset_label,country,plays,plays_lower"), "{rows:?}");
    assert!(text.starts_with("# "));
}

#[tokio::test]
async fn a_file_is_of_the_snapshot_that_it_began_with() {
    let mut lake = TestLake::with(generate(1, &days("2026-01-01", "2026-01-03"), 60));
    let cubes = open(&lake, 1).await;
    let query = many_rows();
    let whole_before = Query { limit: 5_000, ..query.clone() };
    let before = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let before = before.query(whole_before, None).await.unwrap();
    let mut exported = cubes.export(export(&query, ExportFormat::Csv), None).await.unwrap();
    let mut bytes = exported.next().await.unwrap().unwrap();
    lake.replace_days(generate(2, &[day("2026-01-02")], 80));
    cubes.look().await;
    let gone = cubes.query(Query::total(["plays"]), Some(exported.head.snapshot)).await;
    assert_eq!(gone.unwrap_err().code, Code::NotFound);
    bytes.extend(whole(exported).await);
    let (found, _) = read(ExportFormat::Csv, bytes);
    assert_eq!(found, expected(&query, &before));
}

/// A file that has begun waits for its turn when a query would be rejected.
#[tokio::test]
async fn a_page_behind_the_first_waits_for_its_turn() {
    let lake = gapped_lake();
    let limits = Limits { answer_bytes: 40_000, n_running: 1, n_waiting: 0, ..Limits::default() };
    let config = ServingConfig { limits, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::load_once(config).await.unwrap();
    let mut exported = cubes.export(export(&many_rows(), ExportFormat::Csv), None).await.unwrap();
    exported.next().await.unwrap().unwrap();
    let thread = cubes.admission().take_thread().await;
    let first = cubes.export(export(&many_rows(), ExportFormat::Csv), None).await;
    assert_eq!(first.unwrap_err().code, Code::Unavailable);
    let mut next = Box::pin(exported.next());
    assert!(futures::poll!(&mut next).is_pending());
    drop(thread);
    assert!(next.await.unwrap().is_ok());
}

#[tokio::test]
async fn files_come_over_grpc_as_they_are() {
    let cubes = open(&gapped_lake(), 1).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoints = vec![format!("http://{}", listener.local_addr().unwrap())];
    let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
    tasks.spawn(serve_grpc(Arc::clone(&cubes), listener, None, stop.clone()));
    let remote = RemoteCubes::new(&RemoteConfig { endpoints, ..RemoteConfig::default() }).unwrap();
    for format in ExportFormat::ALL {
        let local = cubes.export(export(&many_rows(), format), None).await.unwrap();
        let there = remote.export(export(&many_rows(), format), None).await.unwrap();
        assert_eq!(there.head, local.head);
        assert_eq!(whole(there).await, whole(local).await);
    }
    stop.cancel();
    tasks.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_is_of_pages_makes_no_file() {
    let cubes = open(&gapped_lake(), 1).await;
    let after = Cursor { snapshot: SnapshotId(0), n_before: 3, question: 1 };
    for (query, code, message) in [
        (
            Query { extras: vec![Extra::Others], ..many_rows() },
            Code::InvalidArgument,
            "`extras`: `others` belongs to a page, but an export has all rows",
        ),
        (
            Query { after: Some(after), ..many_rows() },
            Code::InvalidArgument,
            "`after`: an export has all rows, beginning with the first; leave out `after` and `offset`",
        ),
        (
            Query { offset: 1, ..many_rows() },
            Code::InvalidArgument,
            "`after`: an export has all rows, beginning with the first; leave out `after` and `offset`",
        ),
        (
            Query { measures: vec!["watch".to_owned()], ..many_rows() },
            Code::InvalidArgument,
            "`measures`: `watch` is a quantile measure, which is not a single number; ask for a quantile of it, such as `watch.p50` or `watch.p99.9`",
        ),
    ] {
        let error = cubes.export(export(&query, ExportFormat::Parquet), None).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message));
    }
    let error = cubes.export(export(&many_rows(), ExportFormat::Csv), Some(SnapshotId(7))).await;
    assert_eq!(error.unwrap_err().code, Code::NotFound);
    // A file may have no rows.
    for format in ExportFormat::ALL {
        let query = Query { limit: 0, ..many_rows() };
        let exported = cubes.export(export(&query, format), None).await.unwrap();
        assert_eq!(read(format, whole(exported).await).0.len(), 1);
    }
}

/// Files may be of any length, so that none of their pages takes room from cached answers.
#[tokio::test]
async fn files_are_not_kept() {
    let cubes = open(&gapped_lake(), 1).await;
    let query = Query { group_by: group_by(&["country"]), ..Query::total(["viewers"]) };
    let exported = cubes.export(export(&query, ExportFormat::Csv), None).await.unwrap();
    assert!(!whole(exported).await.is_empty());
    assert_eq!(cubes.cache().size_bytes(), 0);
    cubes.query(query, None).await.unwrap();
    assert!(cubes.cache().size_bytes() > 0, "a page is kept");
}
