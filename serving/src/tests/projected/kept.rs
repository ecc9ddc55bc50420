//! A projection takes less memory, and stays whatever happens to the lake.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use clio_lake::{Decided, decide};
use clio_proto::{CubeService as _, Period, Projection, Query, ServingState, SnapshotId};

use super::{TestLake, config, numbers, of_whole, open, projection};
use crate::tests::events::{day, days, generate};
use crate::tests::queries::{MEASURES, group_by};
use crate::{Cubes, ServingConfig};

/// Of the served snapshot, what the whole lake answers, too.
async fn check(part: &Cubes, whole: &Cubes, projection: &Projection) {
    let info = part.snapshot(None).unwrap().info.clone();
    for keys in [&["country"][..], &["month"], &["asset.media_type"]] {
        let query = Query { group_by: group_by(keys), ..Query::total(MEASURES) };
        let found = match part.query(query.clone(), None).await {
            Err(error) => {
                assert!(error.message.contains("left out of this service"), "{error}");
                continue;
            }
            Ok(found) => found,
        };
        let asked = of_whole(&query, projection, info.days.unwrap().0);
        let expected = whole.query(asked, Some(info.id)).await.unwrap();
        assert!(!found.rows.is_empty());
        assert_eq!(numbers(found, &expected), numbers(expected.clone(), &expected));
    }
    let status = part.status_board().current();
    let setting = status.projection.unwrap().setting();
    assert_eq!(setting, *projection);
}

#[tokio::test]
async fn what_is_left_out_takes_no_memory() {
    let mut all = days("2025-12-28", "2025-12-31");
    all.extend(days("2026-01-01", "2026-01-04"));
    let lake = TestLake::with(generate(7, &all, 400));
    let size = async |projection: Projection| {
        let cubes = open(&lake, &projection).await;
        let n_cells = cubes.snapshot(None).unwrap().info.n_cells;
        (cubes.size_bytes(), n_cells)
    };
    let (whole, n_whole) = size(Projection::default()).await;
    for (part, percent) in [
        // One country of four, and null.
        (projection("country=US", "-", &[]), 45),
        (projection("audience=sports;asset.tags=new", "-", &[]), 45),
        // Half the days, without the periods that unite both halves.
        (projection("-", "2026-01-01", &[]), 75),
        (projection("-", "1d", &[]), 25),
        (projection("-", "-", &["asset", "audience"]), 25),
        (projection("country=US", "1d", &["asset"]), 15),
    ] {
        let said = part.to_string();
        let (bytes, n_cells) = size(part).await;
        assert!(bytes * 100 < whole * percent, "{said}: {bytes} of {whole} bytes");
        assert!(n_cells * 100 < n_whole * percent, "{said}: {n_cells} of {n_whole} cells");
    }
}

#[tokio::test]
async fn a_projection_stays_when_snapshots_come_are_pinned_and_withdrawn() {
    let mut lake = TestLake::with(generate(1, &days("2026-01-30", "2026-02-03"), 60));
    let held = ServingConfig { n_snapshots_held: 50, ..ServingConfig::new(lake.url()) };
    let whole = Cubes::open(held).await.unwrap();
    let mut parts = BTreeMap::new();
    for projection in [
        projection("country=US,DE", "-", &[]),
        projection("asset.tags=new", "3d", &["audience"]),
        projection("-", "2026-02-01", &["country"]),
    ] {
        let part = open(&lake, &projection).await;
        check(&part, &whole, &projection).await;
        parts.insert(projection.to_string(), (projection, part));
    }
    let look = async |lake: &TestLake| {
        assert!(lake.path("cells").is_dir());
        whole.look().await;
        for (projection, part) in parts.values() {
            part.look().await;
            check(part, &whole, projection).await;
        }
    };
    let decided = async |lake: &TestLake, what: Decided| {
        let at = "2026-02-05T06:00:00Z".parse().unwrap();
        decide(&lake.url(), what, at, "ada", "a test").await.unwrap();
    };
    // A new day, days that change, and one in the past.
    for (seed, first, last) in [
        (2, "2026-02-04", "2026-02-04"),
        (3, "2026-02-03", "2026-02-05"),
        (4, "2026-01-29", "2026-01-31"),
    ] {
        let before =
            parts.values().map(|(_, part)| part.snapshot(None).unwrap()).collect::<Vec<_>>();
        lake.replace_days(generate(seed, &days(first, last), 50));
        look(&lake).await;
        // What did not change is shared.
        for ((_, part), before) in parts.values().zip(before) {
            let period = Period::Day(day("2026-02-02"));
            let now = part.snapshot(None).unwrap();
            if let (Some(now), Some(before)) = (now.chunks.get(&period), before.chunks.get(&period))
            {
                assert!(Arc::ptr_eq(&now[0], &before[0]));
            }
        }
    }
    decided(&lake, Decided::Pin { snapshot: SnapshotId(0) }).await;
    look(&lake).await;
    assert_eq!(whole.snapshot(None).unwrap().info.id, SnapshotId(0));
    decided(&lake, Decided::Unpin).await;
    look(&lake).await;
    decided(&lake, Decided::MarkBad { snapshot: SnapshotId(3) }).await;
    look(&lake).await;
    assert_eq!(whole.snapshot(None).unwrap().info.id, SnapshotId(2));
}

#[tokio::test]
async fn a_projection_stays_when_memory_is_damaged() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-03"), 100));
    let projection = projection("country=US,FR", "2026-01-02", &["audience"]);
    let config = ServingConfig { memory_check_bytes: u64::MAX, ..config(&lake, &projection) };
    let part = Cubes::open(config).await.unwrap();
    let whole = open(&lake, &Projection::default()).await;
    check(&part, &whole, &projection).await;
    let before = part.snapshot(None).unwrap();
    part.check_memory().await;
    assert!(part.memory_check().pretend_damage() > 1);
    for _ in 0..3 {
        part.check_memory().await;
    }
    let anew = part.snapshot(None).unwrap();
    assert!(!Arc::ptr_eq(&before, &anew));
    assert_eq!((anew.size_bytes, anew.info.n_cells), (before.size_bytes, before.info.n_cells));
    check(&part, &whole, &projection).await;
}

/// Which rows are kept by an attribute depends on the lookup: files that are the same are read again for another one.
#[tokio::test]
async fn rows_are_kept_by_the_lookup_of_each_snapshot() {
    let mut lake = TestLake::with(generate(6, &days("2026-01-01", "2026-01-03"), 80));
    let projection = projection("audience.kind=interest", "-", &[]);
    let part = open(&lake, &projection).await;
    let whole = open(&lake, &Projection::default()).await;
    check(&part, &whole, &projection).await;
    let first = part.snapshot(None).unwrap();
    let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let columns =
        vec![("key", text(&["sports", "parents"])), ("kind", text(&["life", "interest"]))];
    lake.write_lookup("audiences", columns);
    lake.replace_days(generate(7, &days("2026-01-03", "2026-01-03"), 80));
    part.look().await;
    whole.look().await;
    check(&part, &whole, &projection).await;
    let second = part.snapshot(None).unwrap();
    let period = Period::Day(day("2026-01-01"));
    let n_rows = |own: &crate::snapshot::Snapshot| own.chunks[&period][0].n_rows;
    assert_ne!(n_rows(&first), n_rows(&second));
    // With the same lookup they are shared.
    lake.replace_days(generate(8, &days("2026-01-03", "2026-01-03"), 80));
    part.look().await;
    let third = part.snapshot(None).unwrap();
    assert!(Arc::ptr_eq(&second.chunks[&period][0], &third.chunks[&period][0]));
}

#[tokio::test]
async fn a_snapshot_whose_model_lacks_what_is_named_is_refused() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-02"), 20));
    for (projection, said) in [
        (
            projection("contry=US", "-", &[]),
            "there is no field `contry` to keep values of; there are: `asset`",
        ),
        (projection("country.name=US", "-", &[]), "`country` has no attribute `name`"),
        (projection("asset.kind=x", "-", &[]), "there are: `title`, `media_type`, `tags`"),
        (
            projection("-", "-", &["device"]),
            "there is no dimension `device` to leave out; there are:",
        ),
    ] {
        let part = open(&lake, &projection).await;
        let status = part.status_board().current();
        let message = status.message.unwrap();
        assert_eq!(status.state, ServingState::Down);
        assert!(
            message.contains(said) && message.contains("mend `--only` or `--without`"),
            "{message}"
        );
        assert_eq!(status.projection.unwrap().setting(), projection);
    }
}
