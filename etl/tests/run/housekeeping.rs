//! Old files go, and what anybody needs stays.

use std::collections::BTreeMap;

use clio_etl::Days;
use clio_lake::{MIN_KEPT, Vacuum, snapshots, vacuum};
use jiff::SignedDuration;
use url::Url;

use crate::formats::model;
use crate::sandbox::Sandbox;

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";

fn write(sandbox: &Sandbox, n_events: usize) {
    let mut text = "at,id,country,seconds\n".to_owned();
    (0..n_events).for_each(|id| text.push_str(&format!("2026-01-01T10:00:00,{id},c,1\n")));
    sandbox.write("events/dt=2026-01-01/a.csv", &text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vacuum_deletes_what_no_kept_snapshot_needs() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    let lake = Url::from_directory_path(sandbox.path("lake")).unwrap();
    let error = snapshots(&lake, None).await.unwrap_err().to_string();
    assert!(error.contains("there is no snapshot yet"), "{error}");
    assert!(!sandbox.path("lake").try_exists().unwrap(), "looking makes no lake");
    for n_events in [3, 5, 8] {
        write(&sandbox, n_events);
        sandbox.run(Days::All).await;
    }
    let before = sandbox.lake_files();
    let newest = sandbox.cells().await;
    let now = sandbox.config().now + SignedDuration::from_hours(24) + SignedDuration::from_secs(1);
    let spared = BTreeMap::new();
    let ask = |keep, dry_run| Vacuum { keep, now, dry_run, spared: spared.clone() };
    // All is younger than a week.
    let week = ask(SignedDuration::from_hours(168), false);
    assert!(vacuum(&lake, &week).await.unwrap().files.is_empty());
    let would = vacuum(&lake, &ask(MIN_KEPT, true)).await.unwrap();
    // Day, month, year and all time of two snapshots.
    assert_eq!((would.dry_run, would.files.len()), (true, 8), "{would:?}");
    assert_eq!(sandbox.lake_files(), before, "a dry run changes nothing");

    let report = vacuum(&lake, &ask(MIN_KEPT, false)).await.unwrap();
    assert_eq!(report.files, would.files);
    for file in &report.files {
        assert!(!sandbox.path("lake").join(file).try_exists().unwrap(), "{file}");
    }
    assert_eq!(sandbox.cells().await.files, newest.files);
    assert!(vacuum(&lake, &ask(MIN_KEPT, false)).await.unwrap().files.is_empty());

    let listed = snapshots(&lake, None).await.unwrap();
    let of = |at: usize| (listed[at].version, listed[at].operation.as_str(), listed[at].days.len());
    assert_eq!([of(0), of(1)], [(4, "VACUUM END", 0), (3, "VACUUM START", 0)]);
    assert_eq!([of(2), of(3), of(4)], [(2, "WRITE", 1), (1, "WRITE", 1), (0, "WRITE", 1)]);
    assert_eq!(snapshots(&lake, Some(2)).await.unwrap().len(), 2);

    // Runs go on, on top of the vacuum's commits.
    assert!(sandbox.run(Days::All).await.unchanged);
    write(&sandbox, 9);
    assert!(!sandbox.run(Days::OutOfDate).await.unchanged);
    assert_eq!(sandbox.cells().await.lines("all"), ["c 9 9"]);
}
