//! When a schedule begins a run.

use clio_proto::{Model, RunId, RunOutcome};
use url::Url;

use super::*;
use crate::clock::Clock;

fn times(text: &str, zone: &str) -> Times {
    Times::try_new(text, TimeZone::get(zone).unwrap()).unwrap()
}

fn after(times: &Times, time: &str) -> String {
    times.after(time.parse().unwrap()).unwrap().to_string()
}

#[test]
fn times_are_those_of_the_zone() {
    let daily = times("30 4 * * *", "Europe/Berlin");
    assert_eq!(after(&daily, "2026-01-05T03:29:00Z"), "2026-01-05T03:30:00Z");
    assert_eq!(after(&daily, "2026-01-05T03:30:00Z"), "2026-01-06T03:30:00Z");
    assert_eq!(after(&daily, "2026-07-05T03:00:00Z"), "2026-07-06T02:30:00Z");
    // Half past two is left out on 29 March, and comes twice on 25 October.
    let night = times("30 2 * * *", "Europe/Berlin");
    assert_eq!(after(&night, "2026-03-28T12:00:00Z"), "2026-03-29T01:00:00Z");
    let first = after(&night, "2026-10-24T12:00:00Z");
    assert_eq!(first, "2026-10-25T00:30:00Z");
    assert_eq!(after(&night, &first), "2026-10-26T01:30:00Z");
}

#[test]
fn what_is_no_time_is_refused() {
    for text in ["", "30 4 * *", "61 4 * * *", "every day", "0 0 30 2 *"] {
        let error = Times::try_new(text, TimeZone::UTC).unwrap_err().to_string();
        assert!(error.starts_with(&format!("the schedule `{text}`: ")), "{error}");
    }
}

fn config(folder: &Path) -> Config {
    let base = Url::from_directory_path(folder).unwrap();
    let model = "[dataset]\nname = \"a\"\n[source.events]\nurl = \"events/\"\nformat = \"csv\"\n\
                 time = \"at\"\n[dimension.country]\ncolumn = \"country\"\n\
                 [measure.events]\nsource = \"events\"\nkind = \"count\"\n";
    Config {
        lake: base.join("lake/").unwrap(),
        model: Model::parse("a.toml", model).unwrap(),
        base,
        run: RunId::new("run"),
        now: "2026-01-05T03:00:00Z".parse().unwrap(),
        n_threads: 1,
        memory_bytes: None,
        accept: None,
        state: None,
        retry: crate::Retry::default(),
    }
}

#[tokio::test]
async fn missed_times_are_made_up_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let clock = Clock::new(config.now);
    let journal = Journal::begin(folder.path(), config.lake.as_str(), &config.run, clock).unwrap();
    journal.end(RunOutcome::Committed, None, false).unwrap();

    let now: Timestamp = "2026-01-08T12:00:00Z".parse().unwrap();
    let daily = Some(times("30 4 * * *", "UTC"));
    let mut schedule = Schedule::open(&config, folder.path(), daily.clone(), None, now).unwrap();
    let missed = "2026-01-05T04:30:00Z".parse().unwrap();
    assert_eq!(schedule.next(&config, &|| now).await, Trigger::Missed(missed));
    schedule.ended(None, now);
    // Three days later in one step: one run for all of them, then the next time.
    let later: Timestamp = "2026-01-11T12:00:00Z".parse().unwrap();
    let next = "2026-01-09T04:30:00Z".parse().unwrap();
    assert_eq!(schedule.next(&config, &|| later).await, Trigger::Time(next));
    assert_eq!(schedule.due(later), None);
    let other = Schedule::open(&config, folder.path(), daily, None, now).unwrap_err();
    assert!(other.to_string().contains("another schedule of this lake is running"), "{other}");
}

#[test]
fn a_run_that_the_storage_failed_begins_again_and_one_of_bad_input_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let now = config.now;
    let mut schedule = Schedule::open(&config, folder.path(), None, None, now).unwrap();
    let error = |is_transient| {
        let (url, reason) = (String::new(), String::new());
        EtlError::Lake(clio_lake::LakeError::Storage { url, reason, is_transient })
    };
    schedule.ended(Some(&error(false)), now);
    assert_eq!(schedule.due(now + RETRY_AFTER), None);
    schedule.ended(Some(&error(true)), now);
    assert_eq!(schedule.due(now), None);
    assert_eq!(schedule.due(now + RETRY_AFTER), Some(Trigger::Again));
    assert_eq!(schedule.due(now + RETRY_AFTER), None);
}

#[tokio::test]
async fn files_that_settle_begin_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let write = |name: &str| {
        let path = folder.path().join("events").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "at,country\n2026-01-05T10:00:00,US\n").unwrap();
    };
    write("a.csv");
    let arrival = Some(Arrival { poll: Duration::from_millis(1) });
    let now = config.now;
    let mut schedule = Schedule::open(&config, folder.path(), None, arrival, now).unwrap();
    assert_eq!(schedule.next(&config, &|| now).await, Trigger::Arrival);
    assert!(!schedule.has_arrived(&config).await, "nothing is new");
    write("b.csv");
    assert!(!schedule.has_arrived(&config).await, "it may still be written");
    write("c.csv");
    assert!(!schedule.has_arrived(&config).await, "another one came");
    assert!(schedule.has_arrived(&config).await);
    assert!(!schedule.has_arrived(&config).await, "a run has begun with it");
}
