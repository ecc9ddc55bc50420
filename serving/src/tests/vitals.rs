//! What operators see agrees with what happened.

use clio_proto::{CubeService as _, Query};

use super::events::{day, generate};
use super::lake::TestLake;
use crate::{CacheVitals, Cubes, Limits, ServingConfig};

#[tokio::test]
async fn counts_are_those_of_what_happened() {
    let mut lake = TestLake::empty();
    let limits = Limits { n_running: 1, n_waiting: 0, ..Limits::default() };
    let config = ServingConfig { limits, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::open(config).await.unwrap();
    let before = cubes.vitals();
    assert_eq!((before.n_looks, before.n_failed_looks, before.n_refreshes), (1, 1, 0));
    assert_eq!((before.n_snapshots_held, before.held_bytes), (0, 0));

    lake.replace_days(generate(1, &[day("2026-01-01")], 10));
    cubes.look().await;
    let answers = [
        cubes.query(Query::total(["viewers"]), None).await.unwrap(),
        cubes.query(Query::total(["viewers"]), None).await.unwrap(),
        cubes.query(Query::total(["plays"]), None).await.unwrap(),
    ];
    let works: Vec<_> = answers.into_iter().map(|answer| answer.work.unwrap()).collect();
    assert_eq!(works.iter().map(|work| work.is_cached).collect::<Vec<_>>(), [false, true, false]);
    let thread = cubes.admission().take_thread().await;
    cubes.query(Query::total(["impressions"]), None).await.unwrap_err();
    drop(thread);

    let found = cubes.vitals();
    let CacheVitals { n_hits, n_shared, n_misses, size_bytes, limit_bytes } = found.cache;
    assert_eq!((n_hits, n_shared, n_misses), (1, 0, 3));
    assert!(0 < size_bytes && size_bytes <= limit_bytes);
    assert_eq!(found.n_cells, works[0].n_cells + works[2].n_cells);
    assert_eq!(found.n_unions, works[0].n_unions + works[2].n_unions);
    assert_eq!((found.n_sheds, found.n_admitted), (1, 0));
    assert_eq!((found.n_snapshots_held, found.held_bytes), (1, cubes.size_bytes()));
    assert_eq!((found.n_looks, found.n_failed_looks), (2, 1));
    assert_eq!((found.n_refreshes, found.n_refusals), (1, 0));
    assert_eq!(found.status, cubes.status().await.unwrap());

    lake.commit_text("no json");
    for _ in 0..3 {
        cubes.look().await;
    }
    let found = cubes.vitals();
    assert_eq!(
        (found.n_refreshes, found.n_refusals),
        (1, 1),
        "refused once, however often it is looked at"
    );
    assert_eq!(found.n_memory_damages, 0);
}
