//! What is in memory is read again, and reloaded if it has changed.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use clio_proto::{CubeService as _, Query, ServingState};
use futures::future::{self, Either};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::events::{days, generate};
use super::lake::TestLake;
use super::queries::group_by;
use crate::{Cubes, ServingConfig};

fn by_country() -> Query {
    Query { group_by: group_by(&["country"]), ..Query::total(["viewers"]) }
}

async fn follow(lake: &TestLake) -> Arc<Cubes> {
    // As fast as it goes.
    let config = ServingConfig { memory_check_bytes: u64::MAX, ..ServingConfig::new(lake.url()) };
    Cubes::open(config).await.unwrap()
}

#[tokio::test]
async fn what_is_damaged_in_memory_is_reloaded_and_its_answers_are_dropped() {
    let mut lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-03"), 100));
    let cubes = follow(&lake).await;
    lake.replace_days(generate(4, &days("2026-01-03", "2026-01-03"), 90));
    cubes.look().await;
    let before = cubes.query(by_country(), None).await.unwrap();
    let held = cubes.held().all();
    assert_eq!(held.len(), 2);

    // The first round takes sums, the second finds them unchanged: nothing is reloaded.
    for _ in 0..2 {
        cubes.check_memory().await;
        assert!(Arc::ptr_eq(&held[0], &cubes.held().all()[0]));
    }
    assert!(cubes.query(by_country(), None).await.unwrap().work.unwrap().is_cached);

    assert!(
        cubes.memory_check().pretend_damage() > 8,
        "files of days, months, years, and what is beside them"
    );
    // One round finds one piece; the older snapshot may hold others that the newer one shares.
    for _ in 0..3 {
        cubes.check_memory().await;
    }
    let anew = cubes.held().all();
    assert!(!Arc::ptr_eq(&held[0], &anew[0]));
    assert_eq!(anew[0].info.id, before.snapshot.id);
    assert_eq!(cubes.status_board().current().state, ServingState::Serving);
    let answer = cubes.query(by_country(), None).await.unwrap();
    assert!(!answer.work.as_ref().unwrap().is_cached, "the cached answer came from damaged memory");
    assert_eq!(answer.rows, before.rows);
    cubes.check_memory().await;
    cubes.check_memory().await;
    assert!(Arc::ptr_eq(&anew[0], &cubes.held().all()[0]));
}

/// A round over a large lake takes minutes; meanwhile snapshots go, and new ones come.
#[tokio::test]
async fn a_round_keeps_no_snapshot_in_memory() {
    let mut lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-03"), 100));
    let config = ServingConfig {
        memory_check_bytes: 1,
        n_snapshots_held: 1,
        ..ServingConfig::new(lake.url())
    };
    let cubes = Cubes::open(config).await.unwrap();
    let before = Arc::downgrade(&cubes.held().all()[0]);
    let n_pieces = cubes.held().all()[0].chunks.values().flatten().count() + 1;
    let rest = async {
        // All pieces have their sums; from here on the round pauses after each for as many seconds as it has bytes.
        while cubes.memory_check().n_sums() < n_pieces {
            yield_now().await;
        }
        lake.replace_days(generate(4, &days("2026-01-03", "2026-01-03"), 90));
        cubes.look().await;
        while before.strong_count() > 0 {
            yield_now().await;
        }
    };
    let (round, rest) = (pin!(cubes.memory_check().round(cubes.held())), pin!(rest));
    let ended = timeout(Duration::from_secs(60), future::select(round, rest)).await;
    assert!(
        matches!(ended, Ok(Either::Right(_))),
        "the round holds a snapshot that serving dropped"
    );
}

/// A snapshot that cannot be reloaded answers nothing.
#[tokio::test]
async fn damaged_memory_that_cannot_be_reloaded_answers_nothing() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-03"), 100));
    let cubes = follow(&lake).await;
    cubes.check_memory().await;
    cubes.memory_check().pretend_damage();
    let (cells, away) = (lake.path("cells"), lake.path("away"));
    std::fs::rename(&cells, &away).unwrap();
    cubes.check_memory().await;
    assert_eq!(cubes.status_board().current().state, ServingState::Down);
    cubes.query(by_country(), None).await.unwrap_err();
    std::fs::rename(&away, &cells).unwrap();
    cubes.look().await;
    cubes.query(by_country(), None).await.unwrap();
}

#[tokio::test]
async fn equal_lakes_have_equal_sums_and_others_have_others() {
    let sums = async |seed| {
        let lake = TestLake::with(generate(seed, &days("2026-01-01", "2026-01-02"), 60));
        let cubes = follow(&lake).await;
        let snapshot = Arc::clone(&cubes.held().all()[0]);
        let chunks: Vec<u64> =
            snapshot.chunks.values().flatten().map(|chunk| chunk.sum()).collect();
        (chunks, snapshot.sum_beside_chunks())
    };
    let (one, same, other) = (sums(1).await, sums(1).await, sums(2).await);
    assert_eq!(one, same);
    assert!(one.0.iter().zip(&other.0).all(|(one, other)| one != other));
}
