//! Days: which there are, which there may be, which are gone, and whose folders hold them.

use std::sync::Arc;

use clio_etl::{Days, EtlError, Sample, Silent, plan, verify};
use clio_proto::DayRange;
use datafusion::arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampSecondArray,
};

use crate::formats::model;
use crate::sandbox::{Sandbox, days};

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const PARQUET: &str = "url = \"events/\"\nformat = \"parquet\"\ntime = \"at\"";
const WRONG_YEAR: &str = "at,id,country\n2026-01-05T10:00:00,1,US\n2062-01-06T10:00:00,2,US\n";
const CORRECTED: &str = "at,id,country\n2026-01-05T10:00:00,1,US\n2026-01-06T10:00:00,2,US\n";

async fn verified(sandbox: &mut Sandbox, day: &str) -> Result<(), EtlError> {
    let config = sandbox.config();
    let day = day.parse().unwrap();
    let sample = Sample { days: DayRange::try_new(day, day), n_cells: 9, seed: 1 };
    let found = verify(&config, sample, &Silent).await?;
    assert_eq!(found.n_mismatches, 0, "{:?}", found.mismatches);
    Ok(())
}

/// A wrong year that was corrected kept the old day for ever, `--all` too; the plan then said after every run that
/// its files had changed, and a recount was refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_a_source_without_folders_that_is_left_without_events_is_gone() {
    for asked in [Days::OutOfDate, Days::All, days("2062-01-06", "2062-01-06")] {
        let mut sandbox = Sandbox::new(&model(CSV, ""));
        sandbox.write("events/a.csv", WRONG_YEAR);
        sandbox.run(Days::All).await;
        sandbox.write("events/a.csv", CORRECTED);
        let report = sandbox.run(asked).await;
        assert_eq!(report.days_removed, ["2062-01-06".parse().unwrap()], "{asked:?}");
        if !matches!(asked, Days::Range(_)) {
            let expected =
                ["2026", "2026-01", "2026-01-05", "2026-01-06", "all"].map(str::to_owned);
            let cells = sandbox.cells().await;
            assert_eq!(cells.periods(), expected);
            assert_eq!(cells.lines("all"), ["US 2 2"]);
            let config = sandbox.config();
            assert!(plan(&config, Days::OutOfDate).await.unwrap().is_empty());
            assert!(sandbox.run(Days::OutOfDate).await.unchanged);
            verified(&mut sandbox, "2026-01-06").await.unwrap();
        }
    }
}

/// Every day is in the one pass, so that days which begin elsewhere are no reason to refuse.
#[tokio::test(flavor = "multi_thread")]
async fn another_time_zone_moves_the_days_of_a_source_without_folders() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/a.csv", "at,id,country\n2026-01-05T23:30:00,1,US\n");
    sandbox.run(Days::All).await;
    sandbox.set_model(&model(CSV, "").replace("\"UTC\"", "\"Europe/Berlin\""));
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.days_removed, ["2026-01-05".parse().unwrap()]);
    assert_eq!(report.days, ["2026-01-06".parse().unwrap()]);
}

/// The day stays as long as one of the sources has it, and goes with the last.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_goes_with_the_last_source_that_has_events_of_it() {
    let more = "[source.clicks]\nurl = \"clicks/\"\nformat = \"csv\"\ntime = \
                \"at\"\n[measure.clicks]\nsource = \"clicks\"\nkind = \"count\"";
    let mut sandbox = Sandbox::new(&model(CSV, more));
    sandbox.write("events/a.csv", WRONG_YEAR);
    sandbox.write("clicks/dt=2062-01-06/a.csv", "at,id,country\n2062-01-06,1,US\n");
    sandbox.write("clicks/dt=2026-01-05/a.csv", "at,id,country\n2026-01-05,1,US\n");
    sandbox.run(Days::All).await;
    sandbox.write("events/a.csv", CORRECTED);
    let report = sandbox.run(Days::OutOfDate).await;
    assert!(report.days_removed.is_empty());
    assert_eq!(sandbox.cells().await.lines("2062-01-06"), ["US 0 0 1"]);
    sandbox.write("clicks/dt=2062-01-06/a.csv", "at,id,country\n2026-01-06,1,US\n");
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.days_removed, ["2062-01-06".parse().unwrap()]);
    assert_eq!(report.rows_out_of_day["clicks"], 1);
}

fn parquet(at: ArrayRef) -> RecordBatch {
    let n_rows = i64::try_from(at.len()).unwrap();
    let id: ArrayRef = Arc::new(Int64Array::from((0..n_rows).collect::<Vec<_>>()));
    let country: ArrayRef = Arc::new(StringArray::from(vec!["US"; at.len()]));
    RecordBatch::try_from_iter([("at", at), ("id", id), ("country", country)]).unwrap()
}

/// A day of the year -2 was committed and no command could read the lake again; milliseconds in a column of
/// seconds were a panic; all days after 9999 were counted on its last.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_no_lake_can_hold_is_a_bad_row() {
    let micros = |value: i64| Arc::new(TimestampMicrosecondArray::from(vec![value])) as ArrayRef;
    let seconds = |value: i64| Arc::new(TimestampSecondArray::from(vec![value])) as ArrayRef;
    let cases = [
        ("before the year 0", micros(-62_198_755_200_000_000)),
        ("milliseconds as seconds", seconds(1_767_607_200_000)),
        ("the year 10000", seconds(253_402_300_800)),
        ("an overflowing time", seconds(i64::MAX)),
    ];
    for (name, at) in cases {
        for zone in ["UTC", "Europe/Berlin", "Pacific/Apia"] {
            let text = model(PARQUET, "").replace("\"UTC\"", &format!("\"{zone}\""));
            let mut sandbox = Sandbox::new(&text);
            sandbox.write_parquet("events/a.parquet", &parquet(Arc::clone(&at)));
            let message = sandbox.failure(Days::All).await;
            let place = "DIR/events/a.parquet, row 1: `source.events.time`: ";
            let bounds = "is not from 0001-01-01 to 9999-12-31, the days that a lake can hold";
            assert!(
                message.contains(place) && message.contains(bounds),
                "{name}, {zone}: {message}"
            );

            let quarantine =
                format!("{PARQUET}\non_bad_rows = \"quarantine\"\nmax_bad_rows = \"60%\"");
            sandbox.set_model(&model(&quarantine, "").replace("\"UTC\"", &format!("\"{zone}\"")));
            let good: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1_767_607_200]));
            sandbox.write_parquet("events/b.parquet", &parquet(good));
            let report = sandbox.run(Days::All).await;
            assert_eq!(report.rows_quarantined["events"], 1, "{name}, {zone}");
            assert_eq!(report.days.len(), 1);
        }
    }
}

/// The model may bound days further; what it lets pass is as before, and days outside leave the lake.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_bounds_the_days_that_events_may_have() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/a.csv", WRONG_YEAR);
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.far_days, ["2062-01-06".parse().unwrap()]);
    let quarantine = format!("{CSV}\non_bad_rows = \"quarantine\"\nmax_bad_rows = \"60%\"");
    let bounded = model(&quarantine, "")
        .replace("[dataset]", "[dataset]\nfirst_day = 2020-01-01\nlast_day = \"2030-12-31\"");
    sandbox.set_model(&bounded);
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(report.rows_quarantined["events"], 1);
    assert_eq!(report.days_removed, ["2062-01-06".parse().unwrap()]);
    assert!(report.far_days.is_empty());
    sandbox.set_model(&bounded.replace(&quarantine, CSV));
    let message = sandbox.failure(Days::All).await;
    let expected = "the day 2062-01-06 is not from 2020-01-01 to 2030-12-31, the days that the model lets \
                    events have";
    assert!(message.contains(expected), "{message}");
}

/// Late events in folders of other days were dropped with one line and exit code 0.
#[tokio::test(flavor = "multi_thread")]
async fn events_in_the_folder_of_another_day_are_a_warning_or_a_failure() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    let late = "at,id,country\n2026-01-06,1,US\n2026-01-05,2,US\n";
    sandbox.write("events/dt=2026-01-06/a.csv", late);
    let report = sandbox.run(Days::All).await;
    let check = report.checks.iter().find(|check| check.name == "out_of_day").unwrap();
    assert_eq!(check.findings.len(), 1);
    assert_eq!(check.findings[0].day, "2026-01-06".parse().unwrap());
    assert!(!check.findings[0].is_failure);
    assert!(check.findings[0].what.starts_with("1 of 2 events of `events`"), "{check:?}");

    let mut sandbox = Sandbox::new(&model(CSV, "[check.out_of_day]\non_failure = \"fail\""));
    sandbox.write("events/dt=2026-01-06/a.csv", late);
    let message = sandbox.failure(Days::All).await;
    assert!(message.contains("check `out_of_day` failed for 2026-01-06"), "{message}");
    let half = "[check.out_of_day]\non_failure = \"fail\"\nat_most = \"50%\"";
    sandbox.set_model(&model(CSV, half));
    sandbox.run(Days::All).await;
}

/// A day of a file that holds all days was warned of "the folder of that day", which there is none of, and advised to say what is not so.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_all_days_has_no_events_in_the_folder_of_another_one() {
    let mut sandbox = Sandbox::new(&model(CSV, "[check.out_of_day]\non_failure = \"fail\""));
    sandbox.write("events/a.csv", "at,id,country\n2026-01-05,1,US\n2026-01-06,2,US\n");
    let report = sandbox.run(days("2026-01-06", "2026-01-06")).await;
    assert_eq!(report.rows_out_of_day["events"], 1, "it is told, and no failure");
    let check = report.checks.iter().find(|check| check.name == "out_of_day").unwrap();
    assert!(check.findings.is_empty(), "{check:?}");
}

/// Folders by day of arrival hold late events, which are counted on their own days whenever they come.
#[tokio::test(flavor = "multi_thread")]
async fn folders_by_day_of_arrival_are_read_for_the_days_that_they_may_hold() {
    let arrival = format!("{CSV}\ndays = \"arrival\"\nlate = \"2d\"");
    let files = [
        ("events/dt=2026-01-05/a.csv", "at,id,country\n2026-01-05,1,US\n2026-01-04,2,US\n"),
        ("events/dt=2026-01-06/a.csv", "at,id,country\n2026-01-06,3,US\n2026-01-05,4,US\n"),
        ("events/dt=2026-01-08/a.csv", "at,id,country\n2026-01-06,5,US\n2026-01-01,6,US\n"),
    ];
    for zone in ["UTC", "Asia/Tokyo"] {
        let text = model(&arrival, "").replace("\"UTC\"", &format!("\"{zone}\""));
        let mut sandbox = Sandbox::new(&text);
        let mut n_lost = 0;
        for (path, text) in files {
            sandbox.write(path, text);
            let report = sandbox.run(Days::OutOfDate).await;
            n_lost += report.rows_out_of_day.get("events").copied().unwrap_or_default();
        }
        // One event is a week late.
        assert_eq!(n_lost, 1, "{zone}");
        let cells = sandbox.cells().await;
        for (day, expected) in [("04", "US 1 1"), ("05", "US 2 2"), ("06", "US 2 2")] {
            assert_eq!(cells.lines(&format!("2026-01-{day}")), [expected], "{zone}");
            verified(&mut sandbox, &format!("2026-01-{day}")).await.unwrap();
        }
        assert_eq!(cells.lines("all"), ["US 5 5"]);
        assert!(sandbox.run(Days::OutOfDate).await.unchanged);
        let mut at_once = Sandbox::new(&text);
        for (path, text) in files {
            at_once.write(path, text);
        }
        at_once.run(Days::All).await;
        assert_eq!(at_once.cells().await.files, cells.files, "{zone}");
    }
}

/// Whether a time without a zone is one of UTC or of the dataset's zone stood in the code alone.
#[tokio::test(flavor = "multi_thread")]
async fn times_without_a_zone_are_what_the_model_says() {
    for (key, day) in [("", "2026-01-06"), ("times_are = \"local\"", "2026-01-05")] {
        let text = model(&format!("{CSV}\n{key}"), "").replace("\"UTC\"", "\"Europe/Berlin\"");
        let mut sandbox = Sandbox::new(&text);
        sandbox.write("events/a.csv", "at,id,country\n2026-01-05T23:30:00,1,US\n");
        let report = sandbox.run(Days::All).await;
        assert_eq!(report.days, [day.parse().unwrap()]);
        verified(&mut sandbox, day).await.unwrap();
        if key.is_empty() {
            let local = model(&format!("{CSV}\ntimes_are = \"local\""), "");
            sandbox.set_model(&local.replace("\"UTC\"", "\"Europe/Berlin\""));
            let report = sandbox.run(Days::OutOfDate).await;
            assert_eq!(report.days, ["2026-01-05".parse().unwrap()]);
            assert_eq!(report.days_removed, ["2026-01-06".parse().unwrap()]);
        }
    }
}

/// A day whose late events may still come was said to be settled.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_stays_provisional_while_its_late_events_may_come() {
    let arrival = format!("{CSV}\ndays = \"arrival\"\nlate = \"3d\"");
    // The run is at noon of 1 March in UTC, where it is 2 March at one in the night in Auckland.
    for (zone, settled) in [("UTC", "2026-02-25"), ("Pacific/Auckland", "2026-02-26")] {
        let text = model(&arrival, "").replace("\"UTC\"", &format!("\"{zone}\""));
        let mut sandbox = Sandbox::new(&text);
        for day in ["2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27"] {
            sandbox.write(
                &format!("events/dt={day}/a.csv"),
                &format!("at,id,country\n{day}T01:00:00,1,US\n"),
            );
        }
        let report = sandbox.run(Days::All).await;
        let expected: Vec<_> =
            report.days.iter().filter(|day| day.to_string().as_str() > settled).collect();
        let provisional: Vec<_> = report.provisional_days.iter().collect();
        assert_eq!(provisional, expected, "{zone}");
        // Nothing came since, and nothing is settled yet: there is nothing to do.
        assert!(sandbox.run(Days::OutOfDate).await.unchanged);
        let mut later = sandbox.config();
        later.now = "2026-03-20T12:00:00Z".parse().unwrap();
        let settled = clio_etl::run(&later, Days::OutOfDate, &Silent).await.unwrap();
        assert_eq!(
            (settled.days.len(), settled.provisional_days.len()),
            (expected.len(), 0),
            "{zone}"
        );
    }
    // Without late events a day is done with its folder.
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/dt=2026-02-28/a.csv", "at,id,country\n2026-02-28,1,US\n");
    assert!(sandbox.run(Days::All).await.provisional_days.is_empty());
}
