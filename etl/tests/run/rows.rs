//! The happy path: each format, correct cells, periods, reruns and corrections.

use std::sync::Arc;

use clio_etl::Days;
use datafusion::arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};

use crate::sandbox::{Sandbox, days};

const MODEL: &str = r#"
[dataset]
name = "media"
timezone = "UTC"

[source.impressions]
url = "impressions/"
format = "parquet"
time = "event_time"

[source.plays]
url = "plays/"
format = "parquet"
time = "event_time"
where = "watch_seconds >= 10"

[dimension.country]
column = "country"

[measure.impressions]
source = "impressions"
kind = "count"

[measure.viewers]
source = "impressions"
kind = "distinct"
of = "profile_id"
precision = 12

[measure.plays]
source = "plays"
kind = "count"

[measure.players]
source = "plays"
kind = "distinct"
of = "profile_id"
precision = 12

[measure.watch_seconds]
source = "plays"
kind = "sum"
of = "watch_seconds"

[measure.take_rate]
kind = "derived"
expr = "players / viewers"
"#;

/// Rows of: day, profile, country, seconds.
pub(crate) fn events(rows: &[(&str, i64, Option<&str>, i64)]) -> RecordBatch {
    let time = |text: &str| {
        let text = if text.len() == 10 { format!("{text}T12:00:00Z") } else { text.to_owned() };
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    };
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| time(row.0)));
    let columns: [(&str, ArrayRef); 4] = [
        ("event_time", Arc::new(times)),
        ("profile_id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.1)))),
        ("country", Arc::new(StringArray::from_iter(rows.iter().map(|row| row.2)))),
        ("watch_seconds", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.3)))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn impressions(sandbox: &Sandbox, day: &str, rows: &[(i64, &str)]) {
    let rows: Vec<_> = rows.iter().map(|&(id, country)| (day, id, Some(country), 0)).collect();
    sandbox.write_parquet(&format!("impressions/dt={day}/part-0.parquet"), &events(&rows));
}

fn plays(sandbox: &Sandbox, day: &str, rows: &[(i64, &str, i64)]) {
    let rows: Vec<_> = rows.iter().map(|&(id, c, seconds)| (day, id, Some(c), seconds)).collect();
    sandbox.write_parquet(&format!("plays/dt={day}/part-0.parquet"), &events(&rows));
}

fn two_days() -> Sandbox {
    let sandbox = Sandbox::new(MODEL);
    impressions(&sandbox, "2026-01-31", &[(1, "US"), (2, "US"), (1, "US"), (3, "DE")]);
    impressions(&sandbox, "2026-02-01", &[(1, "US"), (4, "DE"), (5, "DE")]);
    plays(&sandbox, "2026-01-31", &[(1, "US", 100), (1, "US", 20), (2, "US", 9)]);
    plays(&sandbox, "2026-02-01", &[(4, "FR", 30)]);
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn events_become_cells_of_days_months_years_and_all_time() {
    let mut sandbox = two_days();
    let report = sandbox.run(Days::All).await;
    assert!(!report.unchanged);
    assert_eq!(report.snapshot.0, 0);
    assert_eq!(report.rows_in["impressions"], 7);
    assert_eq!(report.rows_in["plays"], 3);
    assert_eq!(report.rows_out_of_day.values().sum::<u64>(), 0);

    let cells = sandbox.cells().await;
    assert_eq!(cells.periods(), ["2026", "2026-01", "2026-01-31", "2026-02", "2026-02-01", "all"]);
    // country, impressions, viewers, plays, players, watch_seconds
    assert_eq!(cells.lines("2026-01-31"), ["DE 1 1 0 0 0", "US 3 2 2 1 120"]);
    assert_eq!(cells.lines("2026-02-01"), ["DE 2 2 0 0 0", "FR 0 0 1 1 30", "US 1 1 0 0 0"]);
    let both = ["DE 3 3 0 0 0", "FR 0 0 1 1 30", "US 4 2 2 1 120"];
    assert_eq!(cells.lines("2026"), both);
    assert_eq!(cells.lines("all"), both);
    let metadata = cells.metadata.unwrap();
    assert_eq!(metadata.days.len(), 2);
    assert_eq!(metadata.cells["all"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_on_the_same_input_changes_nothing() {
    let mut sandbox = two_days();
    sandbox.run(Days::All).await;
    let files = sandbox.lake_files();
    let report = sandbox.run(Days::All).await;
    assert!(report.unchanged);
    assert_eq!((report.snapshot.0, report.bytes_written), (0, 0));
    assert_eq!(sandbox.lake_files(), files);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_day_and_a_full_rebuild_give_the_same_bytes() {
    let mut sandbox = two_days();
    sandbox.run(days("2026-01-31", "2026-01-31")).await;
    let report = sandbox.run(days("2026-02-01", "2026-02-01")).await;
    assert_eq!(report.n_periods_changed, 4, "the day, its month, the year and all time");
    let incremental = sandbox.cells().await.files;

    let mut whole = two_days();
    whole.n_threads = 4;
    whole.run(Days::All).await;
    assert_eq!(whole.cells().await.files, incremental);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_day_corrects_its_parents() {
    let mut sandbox = two_days();
    sandbox.run(Days::All).await;
    impressions(&sandbox, "2026-01-31", &[(3, "DE")]);
    sandbox.run(days("2026-01-31", "2026-01-31")).await;
    let cells = sandbox.cells().await;
    assert_eq!(cells.version, 1);
    assert_eq!(cells.lines("2026-01-31"), ["DE 1 1 0 0 0", "US 0 0 2 1 120"]);
    assert_eq!(cells.lines("all"), ["DE 3 3 0 0 0", "FR 0 0 1 1 30", "US 1 1 2 1 120"]);

    // The last event of a day goes: so does the day, its month, and its part of all time.
    for source in ["impressions", "plays"] {
        sandbox.write_parquet(&format!("{source}/dt=2026-01-31/part-0.parquet"), &events(&[]));
    }
    let report = sandbox.run(days("2026-01-31", "2026-01-31")).await;
    assert_eq!(report.days_removed.len(), 1);
    let cells = sandbox.cells().await;
    assert_eq!(cells.periods(), ["2026", "2026-02", "2026-02-01", "all"]);
    assert_eq!(cells.lines("all"), cells.lines("2026-02-01"));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_another_day_are_counted_and_not_kept() {
    let mut sandbox = two_days();
    let late = [("2026-01-31", 1, Some("US"), 0), ("2026-02-01T00:00:00Z", 2, Some("US"), 0)];
    sandbox.write_parquet("impressions/dt=2026-01-31/part-0.parquet", &events(&late));
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.rows_in["impressions"], 4);
    assert_eq!(report.rows_out_of_day["impressions"], 1);
    assert_eq!(sandbox.cells().await.lines("2026-01-31"), ["US 1 1 2 1 120"]);
}
