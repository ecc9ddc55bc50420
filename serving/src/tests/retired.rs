//! Lakes whose old months have lost their days: whole months are answered, parts of them are reported as missing.

use clio_proto::{CubeService as _, GroupKey, Period, Query, QueryRange, SnapshotId, TimeGrain};

use super::events::{Numbers, day, days, generate};
use super::oracle::check_with_retired;
use super::queries::{MEASURES, any_query, gapped_lake, open};
use crate::{Cubes, ServingConfig};

fn range(from: &str, to: &str) -> QueryRange {
    QueryRange::Days { from: Some(day(from)), to: Some(day(to)) }
}

#[tokio::test]
async fn any_query_is_answered_of_whole_months_and_says_what_it_lacks() {
    let mut lake = gapped_lake();
    lake.retire(&["2025-12", "2026-01"]);
    let cubes = open(&lake).await;
    let mut numbers = Numbers(12);
    for _ in 0..600 {
        let query = any_query(&mut numbers);
        let answer = cubes.query(query.clone(), None).await.unwrap();
        check_with_retired(&lake.events, &lake.retired, &query, &answer);
    }
    let info = cubes.status_board().current().snapshot.unwrap();
    assert_eq!(info.days, Some((day("2025-12-28"), day("2026-03-02"))));
    assert_eq!(info.n_days, 11);
    assert_eq!(cubes.snapshots(5).await.unwrap().snapshots[0].n_days, 11);
}

#[tokio::test]
async fn a_month_that_is_cut_is_missing_and_no_step_of_time() {
    let mut lake = gapped_lake();
    lake.retire(&["2025-12"]);
    let cubes = open(&lake).await;
    let ask = async |from: &str, to: &str, grain: Option<TimeGrain>| {
        let group_by = grain.map(GroupKey::Time).into_iter().collect();
        let query = Query { range: range(from, to), group_by, ..Query::total(MEASURES) };
        let answer = cubes.query(query, None).await.unwrap();
        let keys = answer.rows.iter().map(|row| row.keys[0].value.clone().unwrap());
        let periods = answer.coverage.periods.iter().map(ToString::to_string);
        let (keys, periods): (Vec<String>, Vec<String>) = (keys.collect(), periods.collect());
        let n_days = clio_proto::n_days;
        let (missing, retired) = (answer.coverage.n_missing(), n_days(&answer.coverage.retired));
        (keys.join(" "), periods.join(" "), missing, retired)
    };
    let is = |keys: &str, periods: &str, n_missing, n_retired| {
        (keys.to_owned(), periods.to_owned(), n_missing, n_retired)
    };
    // All that the lake has of December, though not all of December.
    assert_eq!(ask("2025-12-28", "2025-12-31", None).await, is("", "2025", 0, 0));
    assert_eq!(ask("2025-12-01", "2025-12-31", None).await, is("", "2025", 27, 0));
    assert_eq!(ask("2025-12-30", "2026-01-01", None).await, is("", "2026-01-01", 2, 2));
    let (month, by_day) = (Some(TimeGrain::Month), Some(TimeGrain::Day));
    let whole = is("2025-12 2026-01", "2025 2026-01-01", 0, 0);
    assert_eq!(ask("2025-12-28", "2026-01-01", month).await, whole);
    assert_eq!(ask("2025-12-29", "2026-01-01", month).await, is("2026-01", "2026-01-01", 3, 3));
    let days = is("2026-01-01", "2026-01-01", 4, 4);
    assert_eq!(ask("2025-12-28", "2026-01-01", by_day).await, days);
    assert_eq!(ask("2025-12-30", "2025-12-31", by_day).await, is("", "", 2, 2));
    // Of the week from 29 December on, only the days of January; of the one before it, nothing.
    let by_week = Some(TimeGrain::Week);
    let week = is("2025-12-29", "2026-01-01", 4, 4);
    assert_eq!(ask("2025-12-28", "2026-01-01", by_week).await, week);
    assert_eq!(ask("2025-12-28", "2025-12-31", by_week).await, is("", "", 4, 4));
}

#[tokio::test]
async fn a_retirement_is_followed_by_dropping_days_alone() {
    let mut lake = gapped_lake();
    let cubes = Cubes::open(ServingConfig::new(lake.url())).await.unwrap();
    let first = cubes.snapshot(None).unwrap();
    let query = Query { range: range("2025-12-01", "2026-01-02"), ..Query::total(MEASURES) };
    let before = cubes.query(query.clone(), None).await.unwrap();
    lake.retire(&["2025-12"]);
    cubes.look().await;
    let second = cubes.snapshot(None).unwrap();
    assert_eq!(second.info.id, SnapshotId(1));
    assert!(second.size_bytes < first.size_bytes);
    for (period, chunks) in &second.chunks {
        assert!(std::sync::Arc::ptr_eq(&chunks[0], &first.chunks[period][0]), "{period}");
    }
    assert_eq!(second.chunks.len() + 4, first.chunks.len());
    let after = cubes.query(query.clone(), None).await.unwrap();
    assert_eq!((after.total, &after.coverage), (before.total.clone(), &before.coverage));
    // The previous snapshot still has the days.
    let old = cubes.query(query, Some(SnapshotId(0))).await.unwrap();
    assert_eq!(old.total, before.total);

    // Runs continue, and their commits still say which months are retired.
    lake.replace_days(generate(5, &days("2026-03-02", "2026-03-03"), 20));
    cubes.look().await;
    let snapshot = cubes.snapshot(None).unwrap();
    assert_eq!((snapshot.info.id, snapshot.info.n_days), (SnapshotId(2), 12));
    assert!(snapshot.retired.is_retired(Period::Month(2025, 12)));
}
