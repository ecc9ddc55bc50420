//! What columns are stays what it was: a later file is read as the earlier ones were, or refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_etl::{Days, Sample, Silent, verify};
use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};

use crate::formats::model;
use crate::random::{index, next};
use crate::sandbox::{Sandbox, days};

const PARQUET: &str = "url = \"events/\"\nformat = \"parquet\"\ntime = \"at\"";
const NDJSON: &str = "url = \"events/\"\nformat = \"ndjson\"\ntime = \"at\"";
const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";

fn rows(day: &str, id: ArrayRef, country: ArrayRef) -> RecordBatch {
    let at: ArrayRef = Arc::new(StringArray::from(vec![day; id.len()]));
    RecordBatch::try_from_iter([("at", at), ("id", id), ("country", country)]).unwrap()
}

fn countries(n: usize) -> ArrayRef {
    Arc::new(StringArray::from(vec!["US"; n]))
}

fn ids(data_type: &str) -> ArrayRef {
    let ids = 1..=100_i64;
    match data_type {
        "int64" => Arc::new(Int64Array::from(ids.collect::<Vec<_>>())),
        "float64" => Arc::new(Float64Array::from(ids.map(|id| id as f64).collect::<Vec<_>>())),
        _ => Arc::new(StringArray::from(ids.map(|id| id.to_string()).collect::<Vec<_>>())),
    }
}

/// The same hundred people, as whole numbers on one day and as floats or texts on the next, were two hundred in two
/// runs, refused in one, and a recount was content.
#[tokio::test(flavor = "multi_thread")]
async fn people_are_counted_once_whatever_the_type_of_their_key_in_a_file() {
    let types = ["int64", "float64", "text"];
    for first in types {
        for second in types.iter().filter(|other| **other != first) {
            for in_one_run in [true, false] {
                let what = format!("{first}, {second}, {in_one_run}");
                let mut sandbox = Sandbox::new(&model(PARQUET, ""));
                let day = |day: &str, data_type| rows(day, ids(data_type), countries(100));
                let path = |day: &str| format!("events/dt={day}/a.parquet");
                sandbox.write_parquet(&path("2026-01-05"), &day("2026-01-05", first));
                if !in_one_run {
                    sandbox.run(Days::OutOfDate).await;
                }
                sandbox.write_parquet(&path("2026-01-06"), &day("2026-01-06", second));
                sandbox.run(Days::OutOfDate).await;
                let cells = sandbox.cells().await;
                assert_eq!(cells.lines("all"), ["US 200 100"], "{what}");
                let sample = Sample {
                    days: clio_proto::DayRange::try_new(
                        "2026-01-05".parse().unwrap(),
                        "2026-01-06".parse().unwrap(),
                    ),
                    n_cells: 9,
                    seed: 1,
                };
                let found = verify(&sandbox.config(), sample, &Silent).await.unwrap();
                assert_eq!(found.n_mismatches, 0, "{what}");
                sandbox.run(Days::All).await;
                assert_eq!(sandbox.cells().await.lines("all"), ["US 200 100"], "{what}, --all");
            }
        }
    }
}

/// A dimension's members were `1` and `1.0`.
#[tokio::test(flavor = "multi_thread")]
async fn members_are_written_as_they_were() {
    let int: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), None]));
    let float: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]));
    let id = || Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef;
    for in_one_run in [true, false] {
        let mut sandbox = Sandbox::new(&model(PARQUET, ""));
        let first = rows("2026-01-05", id(), Arc::clone(&int));
        sandbox.write_parquet("events/dt=2026-01-05/a.parquet", &first);
        if !in_one_run {
            sandbox.run(Days::OutOfDate).await;
        }
        let second = rows("2026-01-06", id(), Arc::clone(&float));
        sandbox.write_parquet("events/dt=2026-01-06/a.parquet", &second);
        sandbox.run(Days::OutOfDate).await;
        let lines = sandbox.cells().await.lines("all");
        assert_eq!(lines, ["null 1 1", "1 2 1", "2 2 1", "3 1 1"], "{in_one_run}");
    }
}

/// What would be lost is refused, with the file that said first what the column is and the one that differs.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_lose_something_is_refused_with_both_places() {
    let mut sandbox = Sandbox::new(&model(PARQUET, ""));
    let int: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    sandbox.write_parquet("events/dt=2026-01-05/a.parquet", &rows("2026-01-05", int, countries(1)));
    sandbox.run(Days::OutOfDate).await;
    let float: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 1.5]));
    let day = rows("2026-01-06", float, countries(2));
    sandbox.write_parquet("events/dt=2026-01-06/b.parquet", &day);
    let message = sandbox.failure(Days::OutOfDate).await;
    let expected = "source `events`: DIR/events/dt=2026-01-06/b.parquet, row 2: column `id` is 1.5 here, which is \
                    not a whole number in the range of int64, the type that it has had since dt=2026-01-05/a.parquet; \
                    correct the file, or declare the type that all files fit in the model, such as `[source.events.types] id = \
                    \"text\"`, and run `clio etl run --all`";
    assert_eq!(message, expected);
    // A row that cannot be taken for what the others are is as bad as any other.
    sandbox.set_model(&model(
        &format!("{PARQUET}\non_bad_rows = \"quarantine\"\nmax_bad_rows = \"60%\""),
        "",
    ));
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.rows_quarantined["events"], 1);
    // And declared, it is what the model says.
    sandbox.set_model(&model(&format!("{PARQUET}\ntypes = {{ id = \"float64\" }}"), ""));
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 3 2"]);
}

/// A rare key that no row of a day has failed the run, and the pipeline stood still.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_lake_knows_may_be_absent() {
    let promo =
        "[dimension.promo]\ncolumn = \"promo\"\n[dimension.tags]\ncolumn = \"tags\"\nmulti = true";
    let mut sandbox = Sandbox::new(&model(NDJSON, promo));
    let first =
        "{\"at\":\"2026-01-05\",\"id\":1,\"country\":\"US\",\"promo\":\"x\",\"tags\":[\"a\"]}\n";
    sandbox.write("events/dt=2026-01-05/a.json", first);
    sandbox.run(Days::OutOfDate).await;
    let second = "{\"at\":\"2026-01-06\",\"id\":1,\"country\":\"US\",\"tags\":null}\n";
    sandbox.write("events/dt=2026-01-06/a.json", second);
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(sandbox.cells().await.lines("2026-01-06"), ["US null [] 1 1"]);
    let absent: Vec<String> = report.columns_absent.iter().map(ToString::to_string).collect();
    let expected = "`promo` of source.events is null in 1 of 1 files, which lack it; the first is \
                    dt=2026-01-06/a.json";
    assert_eq!(absent, [expected]);
    let before = sandbox.cells().await;
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.files, before.files);
    sandbox.run(days("2026-01-06", "2026-01-06")).await;
    assert_eq!(sandbox.cells().await.files, before.files);
    // A column that no file ever had is a mistake in the model.
    sandbox.set_model(&model(NDJSON, &promo.replace("\"promo\"", "\"promos\"")));
    let message = sandbox.failure(Days::All).await;
    assert!(message.contains("has no column `promos`"), "{message}");
}

/// An older file from before a column was added, read after those that have it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_from_before_a_column_was_added_is_read() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/dt=2026-01-06/a.csv", "at,id,country\n2026-01-06,1,US\n");
    sandbox.run(Days::OutOfDate).await;
    sandbox.write("events/dt=2026-01-05/a.csv", "at,id\n2026-01-05,2\n");
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.columns_absent.len(), 1);
    assert_eq!(sandbox.cells().await.lines("all"), ["null 1 1", "US 1 1"]);
}

/// The price of 10 made a sum of whole numbers, 10.5 was refused, and after the rebuild that was advised 7 was.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_may_be_whole_on_one_day_and_not_on_the_next() {
    let sum = "[measure.s]\nsource = \"events\"\nkind = \"sum\"\nof = \"v\"";
    let values = [("2026-01-05", "10"), ("2026-01-06", "10.5"), ("2026-01-07", "7")];
    for format in ["ndjson", "csv"] {
        let source = format!("url = \"events/\"\nformat = \"{format}\"\ntime = \"at\"");
        let mut sandbox = Sandbox::new(&model(&source, sum));
        for (day, value) in values {
            let text = match format {
                "csv" => format!("at,id,country,v\n{day},1,US,{value}\n"),
                _ => format!("{{\"at\":\"{day}\",\"id\":1,\"country\":\"US\",\"v\":{value}}}\n"),
            };
            sandbox.write(&format!("events/dt={day}/a.{format}"), &text);
            sandbox.run(Days::OutOfDate).await;
        }
        let cells = sandbox.cells().await;
        for (day, value) in values {
            assert_eq!(cells.lines(day), [format!("US 1 1 {value}")], "{format}");
        }
        assert_eq!(cells.lines("all"), ["US 3 1 27.5"], "{format}");
        assert!(sandbox.run(Days::OutOfDate).await.unchanged);
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.files, cells.files, "{format}");
    }
}

/// The key of a lookup that became a float was found in no event.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_lookups_keep_their_type() {
    let more = "[lookup.people]\nurl = \"people.json\"\nformat = \"ndjson\"\nkey = \
                \"id\"\n[dimension.plan]\nlookup = \"people\"\non = \"id\"\ncolumn = \"plan\"";
    let mut sandbox = Sandbox::new(&model(NDJSON, more));
    sandbox.write("people.json", "{\"id\":1,\"plan\":\"a\"}\n");
    sandbox.write(
        "events/dt=2026-01-05/a.json",
        "{\"at\":\"2026-01-05\",\"id\":1,\"country\":\"US\"}\n",
    );
    sandbox.run(Days::OutOfDate).await;
    sandbox.write("people.json", "{\"id\":1.0,\"plan\":\"b\"}\n");
    sandbox.write(
        "events/dt=2026-01-06/a.json",
        "{\"at\":\"2026-01-06\",\"id\":\"1\",\"country\":\"US\"}\n",
    );
    sandbox.run(Days::OutOfDate).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US b 2 1"]);
}

/// Where every row's list was empty, the column was taken for texts and its first row refused.
#[tokio::test(flavor = "multi_thread")]
async fn lists_may_all_be_empty_in_lookups_and_in_sources() {
    let more = "[lookup.people]\nurl = \"people.json\"\nformat = \"ndjson\"\nkey = \
                \"id\"\n[dimension.audience]\nlookup = \"people\"\non = \"id\"\ncolumn = \
                \"audience\"\nmulti = true\n[dimension.tag]\ncolumn = \"tags\"\nmulti = true";
    let mut sandbox = Sandbox::new(&model(NDJSON, more));
    sandbox.write("people.json", "{\"id\":1,\"audience\":[]}\n{\"id\":2,\"audience\":[]}\n");
    sandbox.write(
        "events/dt=2026-01-05/a.json",
        "{\"at\":\"2026-01-05\",\"id\":1,\"country\":\"US\",\"tags\":[]}\n",
    );
    sandbox.run(Days::OutOfDate).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US [] [] 1 1"]);
    sandbox.write(
        "events/dt=2026-01-06/a.json",
        "{\"at\":\"2026-01-06\",\"id\":2,\"country\":\"US\",\"tags\":[\"b\",\"a\"]}\n",
    );
    sandbox.run(Days::OutOfDate).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US [] [] 1 1", "US [] [a,b] 1 1"]);
}

/// A column that nobody uses may be whatever it likes.
#[tokio::test(flavor = "multi_thread")]
async fn columns_that_nobody_uses_may_differ() {
    let mut sandbox = Sandbox::new(&model(NDJSON, ""));
    sandbox.write("events/a.json", "{\"at\":\"2026-01-05\",\"id\":1,\"country\":\"US\",\"x\":1}\n");
    sandbox.write(
        "events/b.json",
        "{\"at\":\"2026-01-05\",\"id\":2,\"country\":\"US\",\"x\":\"a\"}\n",
    );
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 2 2"]);
}

/// One event, and how its file writes it.
#[derive(Debug, Clone)]
struct Event {
    day: usize,
    user: Option<i64>,
    price: Option<i64>,
}

const DAYS: [&str; 5] = ["2026-01-05", "2026-01-06", "2026-01-31", "2026-02-01", "2027-01-01"];

/// A day's file: `user` as whole numbers, floats or texts, `price` as whole numbers or floats; either is left out
/// where all are null.
fn file(events: &[&Event], format: &str, (users, prices): (u64, u64)) -> String {
    let user = |user: i64| match (format, users) {
        (_, 0) | ("csv", _) => user.to_string(),
        (_, 1) => format!("{user}.0"),
        _ => format!("\"{user}\""),
    };
    let price = |price: i64| match prices {
        0 => price.to_string(),
        _ => format!("{price}.0"),
    };
    let has_users = events.iter().any(|event| event.user.is_some());
    let mut text = String::new();
    if format == "csv" {
        text += if has_users { "at,price,user\n" } else { "at,price\n" };
    }
    for event in events {
        let day = DAYS[event.day];
        let of_event = event.user.map(user);
        let price = event.price.map(price);
        if format == "csv" {
            text += &format!("{day},{}", price.unwrap_or_default());
            if has_users {
                text += &format!(",{}", of_event.unwrap_or_default());
            }
            text.push('\n');
            continue;
        }
        text += &format!("{{\"at\":\"{day}\"");
        if let Some(user) = of_event {
            text += &format!(",\"user\":{user}");
        }
        if let Some(price) = price {
            text += &format!(",\"price\":{price}");
        }
        text += "}\n";
    }
    text
}

/// The same as Parquet; only what has values is a column.
fn parquet(events: &[&Event], (users, prices): (u64, u64)) -> RecordBatch {
    let at = StringArray::from(events.iter().map(|event| DAYS[event.day]).collect::<Vec<_>>());
    let column = |data_type: u64, value: &dyn Fn(&Event) -> Option<i64>| -> ArrayRef {
        let values = events.iter().map(|event| value(event));
        match data_type {
            0 => Arc::new(values.collect::<Int64Array>()),
            1 => Arc::new(values.map(|it| it.map(|it| it as f64)).collect::<Float64Array>()),
            _ => Arc::new(values.map(|it| it.map(|it| it.to_string())).collect::<StringArray>()),
        }
    };
    let mut columns = vec![("at", Arc::new(at) as ArrayRef)];
    if events.iter().any(|event| event.user.is_some()) {
        columns.push(("user", column(users, &|event| event.user)));
    }
    columns.push(("price", column(prices, &|event| event.price)));
    RecordBatch::try_from_iter(columns).unwrap()
}

/// By period: members of `user` with events and sum; and all people.
fn naive(events: &[Event], period: &str, suffix: &str) -> Vec<String> {
    let mut cells: BTreeMap<Option<String>, (u64, BTreeSet<i64>, i64)> = BTreeMap::new();
    for event in
        events.iter().filter(|event| period == "all" || DAYS[event.day].starts_with(period))
    {
        let cell = cells.entry(event.user.map(|user| format!("{user}{suffix}"))).or_default();
        cell.0 += 1;
        cell.1.extend(event.user);
        cell.2 += event.price.unwrap_or_default();
    }
    let line = |(user, (n, people, sum)): (Option<String>, (u64, BTreeSet<i64>, i64))| {
        format!("{} {n} {} {sum}", user.unwrap_or_else(|| "null".to_owned()), people.len())
    };
    cells.into_iter().map(line).collect()
}

/// Columns that come, go and change their type, over every format, with runs between any two files and in any
/// order of days: what one run over everything gives, and what maps and sets count.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_runs_and_the_types_of_files_change_no_number() {
    for seed in 1..=12 {
        let mut state = seed;
        let format = ["csv", "ndjson", "parquet"][index(&mut state, 3)];
        let text = format!(
            "[dataset]\nname = \"test\"\n[source.events]\nurl = \"events/\"\nformat = \"{format}\"\ntime = \
             \"at\"\n[dimension.user]\ncolumn = \"user\"\n[measure.events]\nsource = \"events\"\nkind = \
             \"count\"\n[measure.people]\nsource = \"events\"\nkind = \"distinct\"\nof = \"user\"\n\
             [measure.price]\nsource = \"events\"\nkind = \"sum\"\nof = \"price\"\n"
        );
        let mut events = vec![Event { day: 0, user: Some(1), price: Some(1) }];
        for _ in 0..60 {
            let day = index(&mut state, DAYS.len());
            let user = (next(&mut state, 5) > 0 && day != 3)
                .then(|| i64::try_from(next(&mut state, 6)).unwrap());
            let price =
                (next(&mut state, 4) > 0).then(|| i64::try_from(next(&mut state, 50)).unwrap());
            events.push(Event { day, user, price });
        }
        let types: Vec<(u64, u64)> =
            DAYS.iter().map(|_| (next(&mut state, 3), next(&mut state, 2))).collect();
        let (mut by_and_by, mut at_once) = (Sandbox::new(&text), Sandbox::new(&text));
        let mut order: Vec<usize> = (1..DAYS.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, index(&mut state, at + 1));
        }
        // The first day says that there are users at all; the others come in any order.
        order.insert(0, 0);
        for day in order {
            let of_day: Vec<&Event> = events.iter().filter(|event| event.day == day).collect();
            for sandbox in [&by_and_by, &at_once] {
                let path = format!("events/dt={}/a.{format}", DAYS[day]);
                match format {
                    "parquet" => sandbox.write_parquet(&path, &parquet(&of_day, types[day])),
                    _ => sandbox.write(&path, &file(&of_day, format, types[day])),
                }
            }
            if next(&mut state, 2) == 0 {
                by_and_by.run(Days::OutOfDate).await;
            }
        }
        by_and_by.run(Days::OutOfDate).await;
        at_once.run(Days::All).await;
        // Where the first file has floats, so has the column, and members are written as such.
        let suffix = if format != "csv" && types[0].0 == 1 { ".0" } else { "" };
        let (found, expected) = (by_and_by.cells().await, at_once.cells().await);
        let what = format!("seed {seed}, {format}, types {types:?}");
        assert_eq!(found.periods(), expected.periods(), "{what}");
        for period in ["all", "2026", "2027", "2026-01", "2026-02"].iter().chain(&DAYS) {
            let lines = naive(&events, period, suffix);
            if lines.is_empty() {
                continue;
            }
            assert_eq!(expected.lines(period), lines, "at once: {what}: {period}");
            assert_eq!(found.lines(period), lines, "{what}: {period}");
        }
        assert!(by_and_by.run(Days::OutOfDate).await.unchanged, "{what}");
    }
}
