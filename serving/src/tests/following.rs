//! Following a lake that changes: what is held, what is reported, and that no query notices.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clio_lake::Lake;
use clio_proto::{
    Code, CubeService as _, Period, Query, QueryRange, RefusedSnapshot, Row, ServingState,
    SnapshotId,
};
use futures::StreamExt as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::events::{Event, day, days, generate};
use super::lake::TestLake;
use super::oracle::check;
use super::queries::{MEASURES, group_by};
use crate::snapshot::Loader;
use crate::{Cubes, ServingConfig, ServingError};

/// The number of queries during each swap.
const N_BESIDE_SWAP: usize = 20;

fn january() -> Vec<Event> {
    generate(1, &days("2026-01-01", "2026-01-03"), 30)
}

async fn follow(lake: &TestLake) -> Arc<Cubes> {
    Cubes::open(ServingConfig::new(lake.url())).await.unwrap()
}

async fn by_country(cubes: &Cubes, snapshot: Option<u64>) -> clio_proto::Answer {
    let query = Query { group_by: group_by(&["country"]), ..Query::total(MEASURES) };
    cubes.query(query, snapshot.map(SnapshotId)).await.unwrap()
}

fn message(cubes: &Cubes) -> String {
    cubes.status_board().current().message.unwrap_or_default()
}

#[tokio::test]
async fn a_lake_that_does_not_exist_yet_is_awaited() {
    let mut lake = TestLake::empty();
    let strict = Cubes::load_once(ServingConfig::new(lake.url())).await;
    assert!(matches!(strict, Err(ServingError::NoSnapshot { .. })));
    let cubes = follow(&lake).await;
    assert_eq!(cubes.status_board().current().state, ServingState::Down);
    assert!(message(&cubes).contains("holds no snapshot yet"), "{}", message(&cubes));
    let error = cubes.describe().await.unwrap_err();
    assert_eq!((error.code, error.message), (Code::Unavailable, message(&cubes)));
    assert_eq!(cubes.snapshots(5).await.unwrap_err().code, Code::Unavailable);

    // A table that was created, with nothing committed to it yet, is not a snapshot either.
    lake.commit_maintenance();
    cubes.look().await;
    assert_eq!(cubes.status_board().current().state, ServingState::Down);

    let mut lake = TestLake::empty();
    let cubes = follow(&lake).await;
    lake.replace_days(january());
    cubes.look().await;
    let status = cubes.status_board().current();
    assert_eq!((status.state, status.message), (ServingState::Serving, None));
    let info = status.snapshot.unwrap();
    assert_eq!(info.days, Some((day("2026-01-01"), day("2026-01-03"))));
    assert_eq!((info.id, info.n_days), (SnapshotId(0), 3));
    assert_eq!(info.rows_in, lake.events.len() as u64);
    assert_eq!(info.committed_at.to_string(), "2026-01-01T00:00:00Z");
    let answer = by_country(&cubes, None).await;
    assert_eq!(answer.coverage.provisional, clio_proto::runs([day("2026-01-03")]));
    assert_eq!(answer.snapshot, info);
}

#[tokio::test]
async fn an_address_without_storage_is_an_error_at_once() {
    let config = ServingConfig::new("gopher://nowhere/lake".parse().unwrap());
    assert!(Cubes::open(config).await.is_err());
}

#[tokio::test]
async fn only_what_changed_is_loaded_and_older_snapshots_still_answer() {
    let mut lake = TestLake::with(january());
    let cubes = follow(&lake).await;
    let first = cubes.snapshot(None).unwrap();
    let before = lake.events.clone();
    // New values on a new day; and a correction of an existing one.
    let mut more = generate(2, &[day("2026-01-03"), day("2026-02-01")], 40);
    more[0].country = Some("Neuland".to_owned());
    more[0].audiences.insert("newcomers".to_owned());
    lake.replace_days(more);
    cubes.look().await;
    let second = cubes.snapshot(None).unwrap();
    assert_eq!(second.info.id, SnapshotId(1));
    let shares = |period: &str| {
        let period: Period = period.parse().unwrap();
        Arc::ptr_eq(&first.chunks[&period][0], &second.chunks[&period][0])
    };
    assert!(shares("2026-01-01") && shares("2026-01-02"));
    assert!(!shares("2026-01-03") && !shares("2026-01") && !shares("all"));
    assert!(cubes.size_bytes() < first.size_bytes + second.size_bytes);

    let query = Query { group_by: group_by(&["country", "audience"]), ..Query::total(MEASURES) };
    let answer = cubes.query(query.clone(), None).await.unwrap();
    check(&lake.events, &query, &answer);
    let answer = cubes.query(query.clone(), Some(SnapshotId(0))).await.unwrap();
    check(&before, &query, &answer);

    for seed in 3..5 {
        lake.replace_days(generate(seed, &[day("2026-01-02")], 20));
        cubes.look().await;
    }
    let error = cubes.query(query, Some(SnapshotId(0))).await.unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    assert_eq!(error.message, "`snapshot`: snapshot `0` is not held; there are: `3`, `2`, `1`");
}

#[tokio::test]
async fn commits_of_other_engines_are_snapshots_of_the_same_cells() {
    let mut lake = TestLake::with(january());
    let cubes = follow(&lake).await;
    let before = by_country(&cubes, None).await;
    lake.commit_maintenance();
    cubes.look().await;
    let after = by_country(&cubes, None).await;
    assert_eq!(after.snapshot.id, SnapshotId(1));
    assert_eq!(after.snapshot.run, before.snapshot.run);
    assert_eq!(after.rows, before.rows);
}

#[tokio::test]
async fn a_refused_snapshot_keeps_the_last_good_one() {
    let mut lake = TestLake::with(january());
    let cubes = follow(&lake).await;
    let good = by_country(&cubes, None).await;
    lake.commit_text("no json");
    cubes.look().await;
    let status = cubes.status_board().current();
    assert_eq!(status.state, ServingState::Stale);
    assert_eq!(status.snapshot, Some(good.snapshot.clone()));
    let said = message(&cubes);
    assert!(said.starts_with("snapshot 1 is refused: the `clio` entry of commit 1: "), "{said}");
    assert!(said.ends_with("; snapshot 0 is still served"), "{said}");
    // Looking again changes nothing, and reports nothing new.
    cubes.look().await;
    assert_eq!(message(&cubes), said);
    assert_eq!(by_country(&cubes, None).await.rows, good.rows);

    lake.replace_days(generate(9, &[day("2026-01-04")], 10));
    cubes.look().await;
    assert_eq!(cubes.status_board().current().state, ServingState::Serving);
    assert_eq!(by_country(&cubes, None).await.snapshot.id, SnapshotId(2));
}

#[tokio::test]
async fn a_start_with_a_refused_snapshot_serves_the_one_before() {
    let mut lake = TestLake::with(january());
    lake.commit_text("{}");
    let strict = Cubes::load_once(ServingConfig::new(lake.url())).await;
    assert!(matches!(strict, Err(ServingError::Refused { version: 1, .. })));
    let cubes = follow(&lake).await;
    assert_eq!(cubes.status_board().current().state, ServingState::Stale);
    assert_eq!(by_country(&cubes, None).await.snapshot.id, SnapshotId(0));
}

#[tokio::test]
async fn a_lake_that_vanishes_makes_what_is_served_stale_until_it_is_back() {
    let lake = TestLake::with(january());
    let cubes = follow(&lake).await;
    lake.destroy();
    // The tenth look notices that the version is gone; the one after it fails again.
    for _ in 1..11 {
        cubes.look().await;
    }
    assert_eq!(
        cubes.status_board().current().state,
        ServingState::Serving,
        "two failures are no alarm"
    );
    cubes.look().await;
    assert_eq!(cubes.status_board().current().state, ServingState::Stale);
    assert!(message(&cubes).ends_with("; snapshot 0 is still served"), "{}", message(&cubes));
    assert!(!by_country(&cubes, None).await.rows.is_empty());
}

#[tokio::test]
async fn a_lake_made_anew_replaces_what_was_held() {
    let mut lake = TestLake::with(january());
    lake.replace_days(generate(5, &[day("2026-01-02")], 20));
    let cubes = follow(&lake).await;
    assert_eq!(by_country(&cubes, None).await.snapshot.id, SnapshotId(1));
    lake.destroy();
    let other = TestLake::with(generate(6, &[day("2030-01-01")], 20));
    std::fs::rename(other.path("cells"), lake.path("cells")).unwrap();
    for _ in 0..10 {
        cubes.look().await;
    }
    let answer = by_country(&cubes, None).await;
    assert_eq!(answer.snapshot.id, SnapshotId(0));
    assert_eq!(answer.snapshot.days, Some((day("2030-01-01"), day("2030-01-01"))));
    assert_eq!(cubes.held().all().len(), 1);
    assert_eq!(cubes.snapshots(9).await.unwrap().snapshots, [answer.snapshot]);
}

#[tokio::test]
async fn a_lake_made_anew_up_to_the_same_version_is_noticed() {
    let lake = TestLake::with(january());
    let cubes = follow(&lake).await;
    lake.destroy();
    let other = TestLake::with(generate(6, &[day("2030-01-01")], 20));
    std::fs::rename(other.path("cells"), lake.path("cells")).unwrap();
    for _ in 0..10 {
        cubes.look().await;
    }
    let days = by_country(&cubes, None).await.snapshot.days;
    assert_eq!(days, Some((day("2030-01-01"), day("2030-01-01"))));
    // And one that continued before it was looked at again.
    lake.destroy();
    let mut other = TestLake::with(generate(7, &[day("2031-01-01")], 20));
    other.replace_days(generate(8, &[day("2031-01-02")], 20));
    std::fs::rename(other.path("cells"), lake.path("cells")).unwrap();
    cubes.look().await;
    let days = by_country(&cubes, None).await.snapshot.days;
    assert_eq!(days, Some((day("2031-01-01"), day("2031-01-02"))));
}

#[tokio::test]
async fn a_snapshot_without_cells_answers_with_nothing() {
    let lake = TestLake::with(Vec::new());
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let answer = by_country(&cubes, None).await;
    assert_eq!((answer.n_groups, answer.rows.len()), (0, 0));
    for value in &answer.total.values {
        assert_eq!(*value, clio_proto::Value::undefined(), "no data is not 0");
    }
    assert_eq!(answer.coverage.range, None);
    assert_eq!(answer.snapshot.days, None);
    let range = QueryRange::Days { from: Some(day("2026-01-01")), to: None };
    let query = Query { range, group_by: group_by(&["day"]), ..Query::total(["plays"]) };
    let answer = cubes.query(query, None).await.unwrap();
    assert_eq!(answer.coverage.missing, clio_proto::runs([day("2026-01-01")]));
    assert!(answer.rows.is_empty());
}

#[tokio::test]
async fn the_memory_budget_refuses_and_makes_room() {
    let mut lake = TestLake::with(january());
    let size_bytes = follow(&lake).await.size_bytes();
    let config =
        ServingConfig { memory_limit_bytes: Some(1_000), ..ServingConfig::new(lake.url()) };
    let error = Cubes::load_once(config).await.unwrap_err().to_string();
    assert!(error.starts_with("snapshot 0 is refused: it takes "), "{error}");
    assert!(error.ends_with(" bytes in memory, but the limit is 1000"), "{error}");

    // Room for one and a bit: the older one is dropped, the newer one is not refused.
    let memory_limit_bytes = Some(size_bytes * 5 / 4);
    let config = ServingConfig { memory_limit_bytes, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::open(config).await.unwrap();
    lake.replace_days(january());
    cubes.look().await;
    assert_eq!(cubes.status_board().current().state, ServingState::Serving);
    assert_eq!(cubes.held().all().len(), 1);
}

#[tokio::test]
async fn the_history_tells_of_versions_that_are_not_held() {
    let mut lake = TestLake::with(january());
    lake.commit_maintenance();
    lake.replace_days(generate(4, &days("2026-01-03", "2026-01-05"), 20));
    lake.commit_text("no json");
    lake.replace_days(generate(5, &[day("2026-03-01")], 20));
    let cubes = follow(&lake).await;
    let infos = cubes.snapshots(20).await.unwrap().snapshots;
    let ids: Vec<u64> = infos.iter().map(|info| info.id.0).collect();
    assert_eq!(ids, [4, 2, 1, 0], "version 3 is no snapshot");
    assert_eq!(infos[0], cubes.status_board().current().snapshot.unwrap());
    assert_eq!(infos[1].days, Some((day("2026-01-01"), day("2026-01-05"))));
    assert_eq!(infos[1].n_days, 5);
    assert_eq!(infos[2].n_cells, infos[3].n_cells);
    assert_eq!(infos[3].run.as_str(), "run-0");
    assert_eq!(cubes.snapshots(2).await.unwrap().snapshots, infos[..2]);
    // Equal to the answer when each was served.
    let opened = Lake::try_new(&lake.url()).unwrap();
    let loader = Loader::new(opened.clone(), &ServingConfig::new(lake.url()));
    for info in infos {
        let table = opened.open_cells(Some(info.id.0)).await.unwrap();
        let loaded = loader.load(&table, &[]).await.unwrap();
        assert_eq!(loaded.info, info);
    }
}

/// Such a version appeared only in a line of the log, and in no list: nobody who asked learned of it.
#[tokio::test]
async fn a_version_whose_metadata_cannot_be_read_is_told_with_when_and_why() {
    let mut lake = TestLake::with(january());
    lake.commit_text("no json");
    lake.replace_days(generate(4, &[day("2026-01-03")], 20));
    let cubes = follow(&lake).await;
    let unreadable = RefusedSnapshot {
        id: SnapshotId(1),
        committed_at: Some("2026-01-01T00:01:00Z".parse().unwrap()),
        reason: "the `clio` entry of commit 1: expected ident at line 1 column 2".to_owned(),
        is_marked_bad: false,
    };
    let ids = |list: &clio_proto::SnapshotList| -> Vec<u64> {
        list.snapshots.iter().map(|info| info.id.0).collect()
    };
    let list = cubes.snapshots(20).await.unwrap();
    assert_eq!((ids(&list), &list.refused), (vec![2, 0], &vec![unreadable.clone()]));
    // It is older than all that were requested.
    let list = cubes.snapshots(1).await.unwrap();
    assert_eq!((ids(&list), list.refused), (vec![2], Vec::new()));
    assert_eq!(cubes.status_board().current().refused, None);

    lake.commit_text(r#"{"format_version": 99, "writer": "7.1.0"}"#);
    cubes.look().await;
    let newer = RefusedSnapshot {
        id: SnapshotId(3),
        committed_at: Some("2026-01-01T00:03:00Z".parse().unwrap()),
        reason: clio_lake::of_newer(99, "7.1.0"),
        is_marked_bad: false,
    };
    let status = cubes.status_board().current();
    assert_eq!((status.state, status.refused), (ServingState::Stale, Some(newer.clone())));
    let list = cubes.snapshots(20).await.unwrap();
    assert_eq!((ids(&list), list.refused), (vec![2, 0], vec![newer, unreadable]));

    lake.replace_days(generate(5, &[day("2026-01-04")], 20));
    cubes.look().await;
    let status = cubes.status_board().current();
    assert_eq!((status.state, status.refused), (ServingState::Serving, None));
}

/// A hundred swaps under constant load: no answer fails, and none mixes two snapshots.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn queries_go_on_while_snapshots_come() {
    let mut lake = TestLake::with(january());
    let poll_interval = Duration::from_millis(1);
    let config = ServingConfig { poll_interval, cache_bytes: 0, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::open(config).await.unwrap();
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&cubes).follow(stop.clone()));
    let mut askers = JoinSet::new();
    // This many queries run during each swap, however fast the machine is.
    let asked = Arc::new(Semaphore::new(0));
    for _ in 0..2 {
        let (cubes, asked) = (Arc::clone(&cubes), Arc::clone(&asked));
        askers.spawn(async move {
            let mut totals = Vec::new();
            while let Ok(own) = asked.acquire().await {
                own.forget();
                let range = QueryRange::Days { from: Some(day("2026-01-02")), to: None };
                let measures = ["impressions", "plays"];
                let by_country = group_by(&["country", "day"]);
                let query =
                    Query { range, group_by: by_country, limit: 5_000, ..Query::total(measures) };
                let answer = cubes.query(query, None).await.unwrap();
                let events = |row: &Row| row.values.iter().filter_map(|value| value.value).sum();
                let of_total: f64 = events(&answer.total);
                let of_rows: f64 = answer.rows.iter().map(events).sum();
                assert_eq!(of_total.to_bits(), of_rows.to_bits());
                totals.push((answer.snapshot.id.0, of_total));
            }
            totals
        });
    }
    // The events of each version, and each version awaited by its announcement.
    let count = |lake: &TestLake| {
        lake.events.iter().filter(|event| event.day >= day("2026-01-02")).count() as f64
    };
    let mut expected = BTreeMap::from([(0, count(&lake))]);
    let mut statuses = cubes.watch().await.unwrap();
    assert_eq!(statuses.next().await.unwrap().unwrap(), cubes.status_board().current());
    for version in 1..=100_u64 {
        // Adjacent versions have different numbers.
        let n_events = 10 + usize::try_from(version).unwrap() % 37;
        asked.add_permits(N_BESIDE_SWAP);
        lake.replace_days(generate(version, &[day("2026-01-03")], n_events));
        expected.insert(version, count(&lake));
        let status = statuses.next().await.unwrap().unwrap();
        assert_eq!(status.state, ServingState::Serving);
        assert_eq!(status.snapshot.unwrap().id, SnapshotId(version));
    }
    stop.cancel();
    tasks.join_next().await.unwrap().unwrap();
    asked.close();
    let mut n_answers = 0;
    for totals in askers.join_all().await {
        assert!(totals.is_sorted_by_key(|(version, _)| *version), "no answer goes back in time");
        n_answers += totals.len();
        for (version, events) in totals {
            assert_eq!(expected[&version].to_bits(), events.to_bits(), "version {version}");
        }
    }
    // Queries that remain when the last snapshot has come need not run.
    assert!(n_answers > 50 * N_BESIDE_SWAP, "{n_answers}");
}

#[tokio::test]
async fn the_last_verification_of_a_snapshot_is_shown() {
    let mut lake = TestLake::with(january());
    let cubes = follow(&lake).await;
    assert_eq!(cubes.status_board().current().snapshot.unwrap().verification, None);
    lake.verify("run-b", 0);
    // Watchers are notified, before long.
    let mut status = cubes.status_board().watch();
    status.mark_unchanged();
    for _ in 0..20 {
        cubes.look().await;
    }
    assert!(status.has_changed().unwrap());
    let found = status.borrow_and_update().snapshot.clone().unwrap().verification.unwrap();
    assert_eq!((found.n_compared, found.n_mismatches), (60, 0));
    assert_eq!(found.days, (day("2026-01-03"), day("2026-01-03")));
    assert_eq!(by_country(&cubes, None).await.snapshot.verification, Some(found));

    // A later verification replaces it, and an invalid one does no harm.
    std::fs::write(lake.path("verifications/notes.txt"), "x").unwrap();
    std::fs::write(lake.path("verifications/00000000000000000009-x.json"), "{").unwrap();
    lake.verify("run-c", 3);
    let listed = cubes.snapshots(5).await.unwrap().snapshots;
    assert_eq!(listed[0].verification.as_ref().unwrap().n_mismatches, 3);

    // Another snapshot was not verified, the earlier one still is.
    lake.replace_days(generate(2, &days("2026-01-04", "2026-01-04"), 30));
    cubes.look().await;
    assert_eq!(cubes.status_board().current().snapshot.unwrap().verification, None);
    let listed = cubes.snapshots(5).await.unwrap().snapshots;
    let verified = |index: usize| listed[index].verification.is_some();
    assert_eq!((verified(0), verified(1)), (false, true));
}
