//! The work of queries, checked by counts: a plan that reads more than necessary fails here.

use clio_proto::{
    CubeService as _, Direction, Order, OrderBy, Period, Query, QueryRange, Test, Work, WorkStep,
};

use super::events::{day, days, generate};
use super::lake::TestLake;
use super::queries::{field, gapped_lake, group_by, open, test, texts};
use crate::Cubes;

async fn work(cubes: &Cubes, query: Query) -> Work {
    let answer = cubes.query(query, None).await.unwrap();
    answer.work.unwrap()
}

/// The counts without times.
fn counts(work: &Work) -> Work {
    Work { steps: Vec::new(), ..work.clone() }
}

/// The cells of a period.
fn n_cells(cubes: &Cubes, period: &str) -> u64 {
    let period: Period = period.parse().unwrap();
    let snapshot = cubes.snapshot(None).unwrap();
    snapshot.chunks[&period].iter().map(|chunk| u64::from(chunk.n_rows)).sum()
}

#[tokio::test]
async fn a_total_reads_one_union_a_file_and_no_cell() {
    let cubes = open(&gapped_lake()).await;
    let total = work(&cubes, Query::total(["viewers", "players", "plays"])).await;
    assert_eq!((total.n_files, total.n_cells), (1, n_cells(&cubes, "all")));
    assert_eq!(total.n_cells_selected, total.n_cells);
    assert_eq!((total.n_groups, total.n_estimates, total.n_unions), (0, 2, 2));
    // Counts and sums need no sketch at all.
    let plays = work(&cubes, Query { group_by: group_by(&["country"]), ..Query::total(["plays"]) });
    let plays = plays.await;
    assert_eq!((plays.n_groups, plays.n_estimates, plays.n_unions), (5, 0, 0));
    assert_eq!((plays.coupon_bytes, plays.register_bytes), (0, 0));
}

#[tokio::test]
async fn a_range_reads_the_fewest_periods() {
    let cubes = open(&gapped_lake()).await;
    let range = QueryRange::Days { from: Some(day("2025-12-28")), to: Some(day("2026-01-02")) };
    let found = work(&cubes, Query { range, ..Query::total(["viewers"]) }).await;
    let expected: u64 =
        ["2025", "2026-01-01", "2026-01-02"].map(|period| n_cells(&cubes, period)).iter().sum();
    assert_eq!((found.n_files, found.n_cells, found.n_unions), (3, expected, 3));
    // By month and by week the same days are in other periods, by day each in its own.
    for (key, n_files) in [("month", 3), ("week", 6), ("day", 6)] {
        let query = Query { range, group_by: group_by(&[key]), ..Query::total(["viewers"]) };
        assert_eq!(work(&cubes, query).await.n_files, n_files, "{key}");
    }
}

#[tokio::test]
async fn sketches_are_united_for_the_rows_that_are_shown() {
    let cubes = open(&gapped_lake()).await;
    let by = |key: Order| vec![OrderBy { by: key, direction: Direction::Ascending }];
    let query = |order_by, limit| Query {
        group_by: group_by(&["asset"]),
        measures: vec!["viewers".to_owned()],
        order_by,
        limit,
        ..Query::total(["viewers"])
    };
    let by_key = by(Order::Key("asset".parse().unwrap()));
    let page = work(&cubes, query(by_key.clone(), 2)).await;
    assert_eq!((page.n_groups, page.n_estimates), (13, 3), "two rows, and the total");
    let all = work(&cubes, query(by_key, 5_000)).await;
    assert_eq!(all.n_estimates, 14);
    assert!(page.n_unions < all.n_unions);
    let by_viewers = work(&cubes, query(by(Order::Measure("viewers".to_owned())), 2)).await;
    assert_eq!(by_viewers.n_estimates, 14, "the order asks for each group once");
    // Each cell's sketch is read once for its group, and the stored union once for the total.
    assert_eq!(by_viewers.n_unions, all.n_unions);
    assert_eq!(counts(&by_viewers), counts(&all));
}

#[tokio::test]
async fn bytes_are_those_of_the_sketches_that_are_read() {
    let lake = TestLake::with(generate(3, &days("2026-01-01", "2026-01-01"), 400));
    let cubes = open(&lake).await;
    let snapshot = cubes.snapshot(None).unwrap();
    let filter = Some(test("country", Test::AnyOf(texts(&["US"]))));
    let found = work(&cubes, Query { filter, ..Query::total(["viewers"]) }).await;
    let chunk = &snapshot.chunks[&Period::All][0];
    let viewers = snapshot.layout.measures.iter().position(|own| own.name == "viewers").unwrap();
    let crate::snapshot::MeasureColumn::Sketch { arena, .. } = &chunk.measures[viewers] else {
        panic!("a sketch")
    };
    let us = lake.events.iter().filter(|event| event.country.as_deref() == Some("US"));
    assert!(us.count() > 0 && found.n_cells_selected > 0);
    let mut expected = Work { n_cells: found.n_cells, ..Work::default() };
    let country = snapshot.field(&field("country")).unwrap();
    let country = &snapshot.fields[country];
    for row in 0..chunk.n_rows {
        let code = chunk.keys[country.dimension].codes[row as usize];
        if country.texts().text(code) != Some("US") {
            continue;
        }
        expected.n_cells_selected += 1;
        let n_coupons = arena.n_coupons(row);
        expected.n_unions += u64::from(n_coupons > 0 || arena.is_dense(row));
        expected.coupon_bytes += 4 * n_coupons as u64;
        expected.register_bytes += if arena.is_dense(row) { 256 } else { 0 };
    }
    expected.n_files = 1;
    expected.n_estimates = 1;
    assert_eq!(counts(&found), expected);
    assert!(expected.coupon_bytes > 0);
}

#[tokio::test]
async fn time_is_told_by_step_in_order() {
    let cubes = open(&gapped_lake()).await;
    let query = Query { group_by: group_by(&["country"]), ..Query::total(["viewers"]) };
    let answer = cubes.query(query, None).await.unwrap();
    let steps = answer.work.unwrap().steps;
    let names: Vec<_> = steps.iter().map(|(step, _)| *step).collect();
    assert_eq!(names, WorkStep::ALL);
    assert!(
        steps.iter().map(|(_, elapsed)| *elapsed).sum::<std::time::Duration>() <= answer.elapsed
    );
}
