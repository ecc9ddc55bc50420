//! Equal queries are answered once, and with the same answer.

use std::sync::Arc;

use clio_proto::{
    Answer, ComparedMeasure, ComparedPart, Comparison, CubeService as _, Direction, Extra, Order,
    OrderBy, Query, SnapshotId,
};
use futures::future::join_all;

use super::events::{Numbers, days, generate};
use super::judged::{any_judged, lake as lake_of_verdicts};
use super::lake::TestLake;
use super::queries::{any_query, group_by, open};
use crate::{Cubes, Limits, ServingConfig};

/// The content of an answer, whether computed or cached.
fn said(answer: &Answer) -> Answer {
    let work = answer.work.clone().map(|work| clio_proto::Work { is_cached: false, ..work });
    Answer { elapsed: Default::default(), work, ..answer.clone() }
}

/// The same without times.
fn counted(answer: &Answer) -> Answer {
    let said = said(answer);
    let work = said.work.clone().map(|work| clio_proto::Work { steps: Vec::new(), ..work });
    Answer { work, ..said }
}

fn is_cached(answer: &Answer) -> bool {
    answer.work.as_ref().is_some_and(|work| work.is_cached)
}

fn by_country() -> Query {
    Query { group_by: group_by(&["country"]), ..Query::total(["viewers"]) }
}

#[tokio::test]
async fn a_thousand_equal_questions_cost_one_run() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-03"), 100));
    // One more in progress would be rejected.
    let limits = Limits { n_running: 1, n_waiting: 1, ..Limits::default() };
    let config = ServingConfig { limits, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::load_once(config).await.unwrap();
    let thread = cubes.admission().take_thread().await;
    let all = join_all((0..1_000).map(|_| cubes.query(by_country(), None)));
    let (all, ()) = tokio::join!(all, async { drop(thread) });
    let all: Vec<Answer> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().filter(|answer| !is_cached(answer)).count(), 1);
    assert!(all.iter().all(|answer| said(answer) == said(&all[0])));
    assert!(is_cached(&cubes.query(by_country(), None).await.unwrap()));
}

#[tokio::test]
async fn what_is_kept_says_what_is_computed() {
    let lake = TestLake::with(generate(3, &days("2025-12-30", "2026-01-03"), 80));
    let cubes = open(&lake).await;
    let without = ServingConfig { cache_bytes: 0, ..ServingConfig::new(lake.url()) };
    let without = Cubes::load_once(without).await.unwrap();
    let mut numbers = Numbers(11);
    let mut n_kept = 0;
    for _ in 0..300 {
        let query = any_query(&mut numbers);
        let (Ok(first), Ok(second)) =
            (cubes.query(query.clone(), None).await, cubes.query(query.clone(), None).await)
        else {
            continue;
        };
        let computed = without.query(query, None).await.unwrap();
        assert!(is_cached(&second) && !is_cached(&computed));
        assert_eq!(said(&first), said(&second));
        assert_eq!(counted(&second), counted(&computed));
        n_kept += 1;
    }
    assert!(n_kept > 100);
}

/// The cache distinguishes verdicts like everything else by the query: by what rows are compared with, over which days,
/// for which measures.
#[tokio::test]
async fn verdicts_that_are_kept_are_those_that_are_computed() {
    let lake = lake_of_verdicts();
    let cubes = open(&lake).await;
    let without = ServingConfig { cache_bytes: 0, ..ServingConfig::new(lake.url()) };
    let without = Cubes::load_once(without).await.unwrap();
    let mut numbers = Numbers(12);
    let mut n_kept = 0;
    for _ in 0..60 {
        let query = any_judged(&mut numbers);
        let Ok(first) = cubes.query(query.clone(), None).await else { continue };
        let second = cubes.query(query.clone(), None).await.unwrap();
        let computed = without.query(query.clone(), None).await.unwrap();
        assert!(is_cached(&second) && !is_cached(&computed));
        assert_eq!(said(&first), said(&second));
        assert_eq!(counted(&second), counted(&computed));
        let plain = Query { extras: vec![Extra::Intervals], ..query };
        assert!(
            cubes.query(plain, None).await.unwrap().rows.iter().all(|row| row.verdicts.is_empty())
        );
        n_kept += 1;
    }
    assert!(n_kept > 40, "{n_kept}");
}

#[tokio::test]
async fn other_questions_have_other_answers() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-03"), 100));
    let cubes = open(&lake).await;
    assert!(!is_cached(&cubes.query(by_country(), None).await.unwrap()));
    let by_part = |part: ComparedPart| {
        let by = Order::Compared(ComparedMeasure { measure: "viewers".to_owned(), part });
        let order_by = vec![OrderBy { by, direction: Direction::Descending }];
        Query { compare: Some(Comparison::Whole), order_by, ..by_country() }
    };
    let others = [
        by_part(ComparedPart::Difference),
        by_part(ComparedPart::Ratio),
        Query { compare: Some(Comparison::Rest), ..by_part(ComparedPart::Ratio) },
        Query { limit: 1, ..by_country() },
        Query { limit: 1, offset: 1, ..by_country() },
        Query { extras: vec![Extra::Shares], ..by_country() },
        Query { extras: vec![Extra::Intervals], ..by_country() },
        Query { measures: vec!["players".to_owned()], ..by_country() },
    ];
    for other in others {
        assert!(!is_cached(&cubes.query(other, None).await.unwrap()));
    }
    // The page after a cursor is that at its offset.
    let page = Query { limit: 1, ..by_country() };
    let first = cubes.query(page.clone(), None).await.unwrap();
    let next = cubes.query(Query { after: first.end, ..page.clone() }, None).await.unwrap();
    assert!(is_cached(&next));
    let skipped = cubes.query(Query { offset: 1, ..page }, None).await.unwrap();
    assert_eq!(said(&next), said(&skipped));
}

#[tokio::test]
async fn a_snapshot_takes_its_answers_with_it() {
    let mut lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-02"), 50));
    let config = ServingConfig { n_snapshots_held: 2, ..ServingConfig::new(lake.url()) };
    let cubes: Arc<Cubes> = Cubes::open(config).await.unwrap();
    let old = cubes.query(by_country(), None).await.unwrap();
    let size_bytes = cubes.cache().size_bytes();
    assert!(size_bytes > 0);
    lake.replace_days(generate(4, &days("2026-01-03", "2026-01-03"), 50));
    cubes.look().await;
    let new = cubes.query(by_country(), None).await.unwrap();
    assert!(!is_cached(&new) && counted(&new) != counted(&old));
    let again = cubes.query(by_country(), Some(old.snapshot.id)).await.unwrap();
    assert!(is_cached(&again) && said(&again) == said(&old), "it is held, and so are its answers");
    lake.replace_days(generate(5, &days("2026-01-04", "2026-01-04"), 50));
    cubes.look().await;
    assert!(cubes.cache().size_bytes() <= size_bytes * 2, "those of the first one are gone");
    assert!(is_cached(&cubes.query(by_country(), Some(new.snapshot.id)).await.unwrap()));
    assert!(cubes.query(by_country(), Some(SnapshotId(0))).await.is_err());
    lake.replace_days(generate(6, &days("2026-01-05", "2026-01-05"), 50));
    cubes.look().await;
    lake.replace_days(generate(7, &days("2026-01-06", "2026-01-06"), 50));
    cubes.look().await;
    assert_eq!(cubes.cache().size_bytes(), 0);
}
