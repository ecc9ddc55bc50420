//! What must not be served, and what must not be asked.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray};
use clio_lake::SnapshotMetadata;
use clio_proto::{
    Code, CubeService as _, Direction, Extra, Filter, MembersRequest, Order, OrderBy, Period,
    Query, QueryRange, ServingState, Test,
};

use super::events::{Event, day, days, generate};
use super::lake::{TestLake, lists, sketch};
use super::queries::{field, group_by, open, test, texts};
use crate::{Cubes, ServingConfig};

fn two_days() -> Vec<Event> {
    generate(3, &days("2026-01-01", "2026-01-02"), 25)
}

/// The error of loading a lake.
async fn refusal(lake: &TestLake) -> String {
    let error = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap_err();
    let text = error.to_string();
    text.strip_prefix("snapshot 0 is refused: ").map(str::to_owned).unwrap_or(text)
}

/// The error of loading a lake with this metadata.
async fn refusal_of_metadata(change: impl FnOnce(&mut SnapshotMetadata)) -> String {
    let mut lake = TestLake::empty();
    lake.commit(two_days(), change, |_, batch| batch);
    refusal(&lake).await
}

/// The error of loading a lake in which one column of the first day's file is different.
async fn refusal_of_column(column: &str, change: impl Fn(&ArrayRef) -> ArrayRef) -> String {
    let mut lake = TestLake::empty();
    let first: Period = "2026-01-01".parse().unwrap();
    lake.commit(
        two_days(),
        |_| {},
        |period, batch| {
            if period == first { replace(&batch, column, &change) } else { batch }
        },
    );
    refusal(&lake).await
}

fn replace(
    batch: &RecordBatch,
    column: &str,
    change: impl Fn(&ArrayRef) -> ArrayRef,
) -> RecordBatch {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(own, array)| {
        let array = if own.name() == column { change(array) } else { Arc::clone(array) };
        (own.name().clone(), array, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns.collect::<Vec<_>>()).unwrap()
}

#[tokio::test]
async fn metadata_is_checked() {
    assert_eq!(
        refusal_of_metadata(|metadata| {
            metadata.format_version = 99;
            metadata.writer = "7.1.0".to_owned();
        })
        .await,
        clio_lake::of_newer(99, "7.1.0")
    );
    let said = refusal_of_metadata(|metadata| metadata.model.push_str("\n[dimension.x]\n")).await;
    assert!(said.starts_with("its model is not valid: the model of snapshot 0:"), "{said}");
    let said = refusal_of_metadata(|metadata| {
        metadata.fingerprint = clio_proto::Fingerprint::new("0123456789abcdef");
    })
    .await;
    assert!(said.ends_with("its commit says 0123456789abcdef"), "{said}");
    assert_eq!(
        refusal_of_metadata(|metadata| metadata.lookups.clear()).await,
        "lookup `assets`: the commit names no version of it"
    );
    let said = refusal_of_metadata(|metadata| {
        metadata.lookups.insert("assets".to_owned(), 9);
    })
    .await;
    assert!(said.contains("does not answer: lookup `assets`: "), "{said}");
}

#[tokio::test]
async fn the_schema_is_checked() {
    let edits = [
        (
            r#"\"clio.precision\":\"8\""#,
            r#"\"clio.precision\":\"9\""#,
            "column `viewers` is of `clio.precision` `9`, but of `clio.precision` `8` in the model",
        ),
        (
            r#"\"clio.family\":\"hll++\""#,
            r#"\"family\":\"hll++\""#,
            "column `viewers` is without `clio.family`, but of `clio.family` `hll++` in the model",
        ),
        (
            r#"\"name\":\"clicks\""#,
            r#"\"name\":\"klicks\""#,
            "column `clicks` is missing, but Int64 in the model",
        ),
    ];
    for (from, to, expected) in edits {
        let lake = TestLake::with(two_days());
        lake.edit_log("cells", 0, |text| {
            assert!(text.contains(from), "{text}");
            text.replacen(from, to, 1)
        });
        assert_eq!(refusal(&lake).await, expected);
    }
    let lake = TestLake::with(two_days());
    lake.edit_log("cells", 0, |text| text.replace(r#""grain":"day""#, r#""grain":"month""#));
    let said = refusal(&lake).await;
    assert!(said.ends_with("grain `month` and period `2026-01-01` are not a partition of cells"));
    let lake = TestLake::with(two_days());
    lake.edit_log("cells", 0, |text| text.replace(r#"\"numRecords\":"#, r#"\"numRecords\":1"#));
    let said = refusal(&lake).await;
    assert!(said.contains(" rows, the log says 1"), "{said}");
}

#[tokio::test]
async fn cells_are_checked() {
    let ints = |array: &ArrayRef| array.as_any().downcast_ref::<Int64Array>().unwrap().clone();
    let path = "file `grain=day/period=2026-01-01/part-";
    let said = refusal_of_column("impressions", |array| {
        let mut values = ints(array).values().to_vec();
        values[2] = -1;
        Arc::new(Int64Array::from(values))
    })
    .await;
    assert!(said.starts_with(path), "{said}");
    assert!(said.ends_with("column `impressions`, row 2: a count of -1"), "{said}");

    let said = refusal_of_column("plays", |array| {
        let mut values: Vec<_> = ints(array).iter().collect();
        values[4] = None;
        Arc::new(Int64Array::from(values))
    })
    .await;
    assert!(said.ends_with("column `plays`, row 4: null"), "{said}");

    let said = refusal_of_column("viewers", |array| {
        let columns = array.as_any().downcast_ref::<BinaryArray>().unwrap();
        let mut values: Vec<_> = columns.iter().collect();
        values[1] = Some(b"no sketch");
        Arc::new(BinaryArray::from(values))
    })
    .await;
    assert!(said.contains("column `viewers`, row 1: sketch bytes at offset 0"), "{said}");

    // Both forms of a sketch are compared with the count.
    for n_people in [40, 4_000] {
        let many = sketch(8, &(0..n_people).collect()).encode();
        let said = refusal_of_column("viewers", |array| {
            let columns = array.as_any().downcast_ref::<BinaryArray>().unwrap();
            let mut values: Vec<_> = columns.iter().collect();
            values[3] = Some(&many);
            Arc::new(BinaryArray::from(values))
        })
        .await;
        assert!(said.contains("row 3: `viewers` has at least"), "{said}");
        assert!(said.contains("events of `impressions`"), "{said}");
    }

    let said = refusal_of_column("audience", |array| {
        lists((0..array.len()).map(|_| vec!["b".to_owned(), "a".to_owned()]))
    })
    .await;
    assert!(said.ends_with("row 0: the list is not sorted, or repeats a value"), "{said}");

    let said = refusal_of_column("impressions", |array| {
        let mut values = ints(array).values().to_vec();
        values[0] += 1_000;
        Arc::new(Int64Array::from(values))
    })
    .await;
    assert!(said.starts_with("`impressions` of period `2026-01` is "), "{said}");
    assert!(said.ends_with(" of the periods below it"), "{said}");

    let said = refusal_of_column("country", |array| {
        Arc::new(Int64Array::from(vec![1; array.len()])) as ArrayRef
    })
    .await;
    assert!(said.ends_with("column `country` cannot be read as Utf8: it is Int64"), "{said}");
}

#[tokio::test]
async fn files_are_checked() {
    let first: Period = "2026-01-01".parse().unwrap();
    let lake = TestLake::with(two_days());
    std::fs::write(lake.file(first), b"PAR1 and nothing else PAR1").unwrap();
    let said = refusal(&lake).await;
    assert!(said.starts_with("file `cells/grain=day/period=2026-01-01/"), "{said}");
    // Without a checksum and with the right size, only its decoder notices.
    let lake = TestLake::with(two_days());
    let size = std::fs::metadata(lake.file(first)).unwrap().len();
    std::fs::write(lake.file(first), vec![b'P'; usize::try_from(size).unwrap()]).unwrap();
    lake.forget_checksums("cells", 0);
    let said = refusal(&lake).await;
    assert!(said.starts_with("file `grain=day/period=2026-01-01/"), "{said}");

    let lake = TestLake::with(two_days());
    let sound = std::fs::read(lake.file(first)).unwrap();
    std::fs::remove_file(lake.file(first)).unwrap();
    let said = refusal(&lake).await;
    assert!(said.contains("(period 2026-01-01): it is gone; "), "{said}");
    let cubes = Cubes::open(ServingConfig::new(lake.url())).await.unwrap();
    assert_eq!(cubes.status_board().current().state, ServingState::Down);
    std::fs::write(lake.file(first), sound).unwrap();
    for _ in 0..10 {
        cubes.look().await;
    }
    assert_eq!(cubes.status_board().current().state, ServingState::Serving, "a file may come");

    let lake = TestLake::with(two_days());
    lake.edit_log("cells", 0, |text| {
        text.lines()
            .filter(|line| !line.contains(r#""grain":"month""#))
            .collect::<Vec<_>>()
            .join("\n")
    });
    assert_eq!(
        refusal(&lake).await,
        "period `2026-01` is missing although `2026-01-01` is present"
    );
    let lake = TestLake::with(two_days());
    lake.edit_log("cells", 0, |text| {
        text.lines()
            .filter(|line| !line.contains(r#""grain":"day""#))
            .collect::<Vec<_>>()
            .join("\n")
    });
    assert_eq!(refusal(&lake).await, "period `2026-01` is present, but none of its days is");
    assert_eq!(
        refusal_of_metadata(|metadata| metadata.retired.retire([day("2026-01-02")])).await,
        "month `2026-01` is retired, but its day `2026-01-01` is present"
    );
    assert_eq!(
        refusal_of_metadata(|metadata| metadata.retired.retire([day("2025-12-31")])).await,
        "month `2025-12` is retired and its days are gone, but it is missing itself"
    );
}

#[tokio::test]
async fn lookups_are_checked() {
    let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let kinds = [
        (vec![("key", text(&["a", "a"])), ("kind", text(&["x", "y"]))], "key `a` occurs twice"),
        (vec![("key", text(&["a"])), ("sort", text(&["x"]))], "column `kind` is missing"),
    ];
    for (columns, expected) in kinds {
        let mut lake = TestLake::with(two_days());
        lake.write_lookup("audiences", columns);
        lake.replace_days(two_days());
        let error = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("snapshot 1 is refused: lookup `audiences`: {expected}")
        );
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of refusals, one after another")]
async fn queries_are_refused_with_what_exists() {
    let lake = TestLake::with(two_days());
    let cubes = open(&lake).await;
    let total = || Query::total(["plays"]);
    let order = |by: Order| vec![OrderBy { by, direction: Direction::Ascending }];
    let deep = (0..40).fold(Filter::And(Vec::new()), |inner, _| Filter::Not(Box::new(inner)));
    let fields = "`asset`, `asset.title`, `asset.media_type`, `asset.tags`, `country`, `audience`, \
                  `audience.kind`";
    let measures = "`impressions`, `viewers`, `clicks`, `seconds`, `plays`, `players`, `watch.p50`, \
                    `watch.p90`, `take_rate`, `short`, `long`";
    let cases = [
        (Query { measures: Vec::new(), ..total() },
         Code::InvalidArgument,
         format!("`measures`: no measure is requested; there are: {measures}")),
        (Query::total(["likes"]),
         Code::InvalidArgument,
         format!("`measures`: unknown measure `likes`; there are: {measures}")),
        (Query::total(["likes.p50"]),
         Code::InvalidArgument,
         format!("`measures`: unknown measure `likes.p50`; there are: {measures}")),
        (Query::total(["watch"]),
         Code::InvalidArgument,
         "`measures`: `watch` is a quantile measure, which is not a single number; ask for a quantile of it, such as \
          `watch.p50` or `watch.p99.9`".to_owned()),
        (Query::total(["watch.p101"]),
         Code::InvalidArgument,
         "`measures`: `watch.p101`: `p101` is not a quantile: expected `p0` to `p100`, with up to two decimals, \
          such as `p50` or `p99.9`".to_owned()),
        (Query::total(["plays.p50"]),
         Code::InvalidArgument,
         "`measures`: `plays` is not a quantile measure, and has no `p50`; ask for `plays`".to_owned()),
        (Query { group_by: group_by(&["asset.size"]), ..total() },
         Code::InvalidArgument,
         format!("`group_by`: unknown field `asset.size`; there are: {fields}, `day`, `week`, `month`, `year`")),
        (Query { filter: Some(test("city", Test::IsNull(true))), ..total() },
         Code::InvalidArgument,
         format!("`filter`: unknown field `city`; there are: {fields}")),
        (Query { group_by: group_by(&["day", "country", "month"]), ..total() },
         Code::InvalidArgument,
         "`group_by`: rows can be grouped by at most one step of time: `day` or `month`".to_owned()),
        (Query { group_by: group_by(&["country", "country"]), ..total() },
         Code::InvalidArgument,
         "`group_by`: `country` is given twice; once is enough".to_owned()),
        (Query { measures: texts(&["plays", "clicks", "plays"]), ..total() },
         Code::InvalidArgument,
         "`measures`: `plays` is given twice; once is enough".to_owned()),
        (Query { order_by: vec![order(Order::Measure("plays".to_owned())).remove(0); 2], ..total() },
         Code::InvalidArgument,
         "`order_by`: `plays` is given twice; once is enough".to_owned()),
        (Query { measures: vec!["plays".to_owned(); 500], ..total() },
         Code::ResourceExhausted,
         "`measures`: 500 names, the limit is 256".to_owned()),
        (Query { group_by: vec!["day".parse().unwrap(); 33], ..total() },
         Code::ResourceExhausted,
         "`group_by`: 33 names, the limit is 32".to_owned()),
        (Query { order_by: vec![order(Order::Measure("plays".to_owned())).remove(0); 289], ..total() },
         Code::ResourceExhausted,
         "`order_by`: 289 names, the limit is 288".to_owned()),
        (Query { filter: Some(Filter::And(vec![Filter::Or(Vec::new()); 10_001])), ..total() },
         Code::ResourceExhausted,
         "`filter`: 10001 values and tests, the limit is 10000".to_owned()),
        (Query { order_by: order(Order::Measure("clicks".to_owned())), ..total() },
         Code::InvalidArgument,
         "`order_by`: rows cannot be ordered by the measure `clicks`, which the query does not ask for: `plays`"
             .to_owned()),
        (Query { order_by: order(Order::Key("day".parse().unwrap())), ..total() },
         Code::InvalidArgument,
         "`order_by`: rows cannot be ordered by the key `day`, which the query does not ask for: none".to_owned()),
        (Query { filter: Some(test("country", Test::AllOf(texts(&["US", "FR"])))), ..total() },
         Code::InvalidArgument,
         "`filter`: `allOf` with 2 values holds for no cell: `country` has at most one value; \
          `anyOf` holds if it is one of them".to_owned()),
        (Query {
            extras: vec![Extra::Ranks],
            group_by: group_by(&["country"]),
            order_by: order(Order::Key("country".parse().unwrap())),
            ..total()
         },
         Code::InvalidArgument,
         "`extras`: ranks are by the first measure that rows are ordered by, but rows are ordered by keys alone; name \
          a measure in `order_by`".to_owned()),
        (Query { extras: vec![Extra::Shares; 2], ..total() },
         Code::InvalidArgument,
         "`extras`: `shares` is given twice; once is enough".to_owned()),
        (Query { limit: 5_001, ..total() },
         Code::ResourceExhausted,
         "`limit`: 5001 is above 5000; ask for one page after another".to_owned()),
        (Query {
            range: QueryRange::Days { from: Some(day("2026-02-01")), to: Some(day("2026-01-31")) },
            ..total()
         },
         Code::InvalidArgument,
         "`from`: range ends before it starts: from=2026-02-01 to=2026-01-31".to_owned()),
        (Query {
            range: QueryRange::Days { from: Some(day("1800-01-01")), to: Some(day("2026-01-02")) },
            ..total()
         },
         Code::ResourceExhausted,
         "`from`: the days from 1800-01-01 to 2026-01-02 are 82547, the limit is 36525; without an end they \
          reach to the edge of the data".to_owned()),
        (Query { filter: Some(deep), ..total() },
         Code::InvalidArgument,
         "`filter`: nested deeper than 32 levels".to_owned()),
        (Query {
            filter: Some(test("country", Test::AnyOf(vec![String::new(); 10_001]))),
            ..total()
         },
         Code::ResourceExhausted,
         "`filter`: 10001 values and tests, the limit is 10000".to_owned()),
    ];
    for (query, code, message) in cases {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!((error.code, error.message), (code, message));
    }
    let error = cubes.members(members("city", 1)).await.unwrap_err();
    assert_eq!(error.message, format!("`field`: unknown field `city`; there are: {fields}"));
    let error = cubes.members(members("asset", 5_001)).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
}

fn members(name: &str, limit: usize) -> MembersRequest {
    MembersRequest { limit, ..MembersRequest::of(Some(field(name))) }
}

#[tokio::test]
async fn limits_of_work_are_kept() {
    let lake = TestLake::with(two_days());
    let keys = Query { group_by: group_by(&["asset", "country"]), ..Query::total(["plays"]) };
    let mut config = ServingConfig::new(lake.url());
    config.limits.n_groups = 5;
    let cubes = Cubes::load_once(config.clone()).await.unwrap();
    let error = cubes.query(keys.clone(), None).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
    assert!(error.message.starts_with("the query makes more than 5 groups"), "{error}");

    config.limits.n_groups = 1_000;
    config.limits.query_bytes = 100;
    let cubes = Cubes::load_once(config.clone()).await.unwrap();
    let error = cubes.query(keys.clone(), None).await.unwrap_err();
    assert!(error.message.ends_with("the limit is 96; filter more, or group by less"), "{error}");

    // The size of an answer is counted before it is built.
    config.limits = crate::Limits { answer_bytes: 1_000, ..crate::Limits::default() };
    let cubes = Cubes::load_once(config.clone()).await.unwrap();
    let error = cubes.query(keys.clone(), None).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
    assert!(error.message.contains("rows with 2 keys and 1 measures takes"), "{error}");
    assert!(error.message.contains("the limit is 1000"), "{error}");
    assert!(cubes.query(Query { limit: 1, ..keys.clone() }, None).await.is_ok());
    let error = cubes.members(members("asset", 100)).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
    assert!(error.message.contains("bytes, the limit is 1000; ask for fewer per page"), "{error}");
    assert!(cubes.members(members("asset", 1)).await.is_ok());

    // While every thread is taken, one may wait, until its time is over; the next is rejected.
    config.limits = crate::Limits { n_running: 1, n_waiting: 1, ..crate::Limits::default() };
    config.limits.query_timeout = std::time::Duration::from_millis(500);
    let cubes = Cubes::load_once(config).await.unwrap();
    let thread = cubes.admission().take_thread().await;
    // A different query: an equal one would wait for the same answer.
    let other = Query { limit: 2, ..keys.clone() };
    let (waiting, refused) =
        tokio::join!(cubes.query(keys.clone(), None), cubes.query(other, None));
    let waiting = waiting.unwrap_err();
    assert_eq!(waiting.code, Code::DeadlineExceeded);
    assert_eq!(waiting.message, "the query took longer than the limit of 500ms");
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, Code::Unavailable);
    assert_eq!(refused.message, "2 queries are in progress, which is the limit; try again");
    drop(thread);
    assert!(cubes.query(keys, None).await.is_ok());
}
