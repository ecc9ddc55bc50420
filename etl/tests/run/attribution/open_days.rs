//! Days whose credit may still change: provisional ones, late plays, and what a run without dates finds of them.

use clio_etl::Days;

use super::{ASSETS, found, impression, model, play, sandbox};
use crate::sandbox::{Sandbox, days};

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_provisional_until_its_window_has_passed() {
    let seen =
        ["2026-02-27T10:00 1 a1 US x", "2026-02-28T10:00 1 a1 US x", "2026-03-01T01:00 1 a1 US x"];
    let mut sandbox = sandbox("UTC", "24h", &seen, &["2026-02-28T11:00 1 t1 60"]);
    // The run's clock says noon of the 1st: the window of the 27th has passed at its midnight.
    let report = sandbox.run(Days::All).await;
    let provisional =
        |days: &[jiff::civil::Date]| days.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(provisional(&report.provisional_days), ["2026-02-28", "2026-03-01"]);
    let metadata = sandbox.cells().await.metadata.unwrap();
    assert_eq!(metadata.provisional_days, report.provisional_days);

    let run_at = async |sandbox: &mut Sandbox, now: &str, days: Days| {
        let mut config = sandbox.config();
        config.now = now.parse().unwrap();
        Box::pin(clio_etl::run(&config, days, &clio_etl::Silent)).await.unwrap()
    };
    // A run of one day leaves what the last one said of others.
    let at = "2026-03-02T00:00:00Z";
    let report = run_at(&mut sandbox, at, days("2026-03-01", "2026-03-01")).await;
    assert_eq!(provisional(&report.provisional_days), ["2026-02-28", "2026-03-01"]);
    assert!(report.unchanged);
    // The window of the 28th ends with the 1st; its cells are the same, and no longer provisional.
    let report = run_at(&mut sandbox, "2026-03-01T23:59:59Z", Days::All).await;
    assert_eq!(provisional(&report.provisional_days), ["2026-02-28", "2026-03-01"]);
    let report = run_at(&mut sandbox, at, Days::All).await;
    assert_eq!(provisional(&report.provisional_days), ["2026-03-01"]);
    assert!(!report.unchanged);
    assert_eq!((report.n_periods_changed, report.bytes_written), (0, 0));
    let metadata = sandbox.cells().await.metadata.unwrap();
    assert_eq!(metadata.provisional_days, report.provisional_days);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_plays_change_the_days_that_they_are_credited_to() {
    let seen =
        ["2026-01-29T12:00 1 a1 US x", "2026-01-30T12:00 2 a1 US x", "2026-01-31T12:00 3 a1 US x"];
    let mut sandbox = sandbox("UTC", "24h", &seen, &["2026-01-30T13:00 2 t1 60"]);
    sandbox.run(Days::All).await;
    let before = sandbox.cells().await.files;

    // Of the 31st, one credited to the 30th, one to nothing.
    let late = ["2026-01-31T11:00 2 t1 30", "2026-01-31T11:00 1 t1 30"].map(|line| play(line).1);
    sandbox.write("plays/dt=2026-01-31/late.json", &late.concat());
    let report = sandbox.run(Days::All).await;
    let after = sandbox.cells().await;
    let changed: Vec<&str> = after
        .periods()
        .into_iter()
        .filter(|period| before.get(*period) != after.files.get(*period))
        .collect();
    assert_eq!(changed, ["2026", "2026-01", "2026-01-30", "all"]);
    assert_eq!(after.lines("2026-01-30"), ["US a1 [x] 1 1 2 1 90 1"]);
    assert_eq!(found(&sandbox, &report).await, ["2026-01-30 US a1 2 1 90", "2026-01-31 1"]);

    // Again, and the 30th alone: nothing is new.
    assert!(sandbox.run(Days::All).await.unchanged);
    assert!(sandbox.run(days("2026-01-30", "2026-01-30")).await.unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_dates_finds_the_days_that_an_event_may_change() {
    let seen = ["29", "30", "31"].map(|day| format!("2026-01-{day}T12:00 1 a1 US x"));
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    let mut sandbox = sandbox("UTC", "24h", &seen, &["2026-01-30T13:00 1 t1 60"]);
    sandbox.run(Days::All).await;
    let planned = async |sandbox: &mut Sandbox, now: &str| {
        let mut config = sandbox.config();
        config.now = now.parse().unwrap();
        let plan = clio_etl::plan(&config, Days::OutOfDate).await.unwrap();
        plan.days.iter().map(|planned| planned.day.to_string()).collect::<Vec<_>>()
    };
    let later = "2026-03-01T12:00:00Z";
    assert_eq!(planned(&mut sandbox, later).await, Vec::<String>::new());
    // Plays of a day are credited to it and to the day before.
    sandbox.write("plays/dt=2026-01-31/late.json", &play("2026-01-31T11:00 1 t1 30").1);
    assert_eq!(planned(&mut sandbox, later).await, ["2026-01-30", "2026-01-31"]);
    let report = sandbox.run(Days::OutOfDate).await;
    assert_eq!(found(&sandbox, &report).await, ["2026-01-30 US a1 2 1 90"]);
    // Impressions of a day take credit from the day before, and give it to plays of the day after.
    let more = impression("2026-01-30T23:00 1 a2 US x").1;
    sandbox.write("impressions/dt=2026-01-30/late.json", &more);
    let expected = ["2026-01-29", "2026-01-30", "2026-01-31"];
    assert_eq!(planned(&mut sandbox, later).await, expected);
    let report = sandbox.run(Days::OutOfDate).await;
    let expected = ["2026-01-30 US a1 1 1 60", "2026-01-30 US a2 1 1 30"];
    assert_eq!(found(&sandbox, &report).await, expected);
    let stepwise = sandbox.cells().await;
    let mut whole = Sandbox::new(&model("UTC", "24h"));
    std::mem::swap(&mut whole, &mut sandbox);
    std::fs::remove_dir_all(whole.path("lake")).unwrap();
    whole.run(Days::All).await;
    assert_eq!(whole.cells().await.files, stepwise.files);
    // The lookup gives a key, so that another title of an asset may change any day.
    whole.write("assets.json", &ASSETS.replace("b1", "b2"));
    assert_eq!(planned(&mut whole, later).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_dates_settles_days_whose_window_has_passed() {
    let seen = ["2026-02-28T10:00 1 a1 US x", "2026-03-01T01:00 1 a1 US x"];
    let mut sandbox = sandbox("UTC", "24h", &seen, &["2026-02-28T11:00 1 t1 60"]);
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.provisional_days.len(), 2);
    for (now, n_rebuilt, n_provisional) in [
        ("2026-03-01T23:59:59Z", 0, 2),
        ("2026-03-02T00:00:00Z", 1, 1),
        ("2026-03-02T12:00:00Z", 0, 1),
        ("2026-03-03T00:00:00Z", 1, 0),
        ("2026-03-04T00:00:00Z", 0, 0),
    ] {
        let mut config = sandbox.config();
        config.now = now.parse().unwrap();
        let report =
            Box::pin(clio_etl::run(&config, Days::OutOfDate, &clio_etl::Silent)).await.unwrap();
        assert_eq!((report.days.len(), report.bytes_written), (n_rebuilt, 0), "{now}");
        assert_eq!(report.provisional_days.len(), n_provisional, "{now}");
        assert_eq!(report.unchanged, n_rebuilt == 0, "{now}");
    }
}
