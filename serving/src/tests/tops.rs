//! The first rows by a measure, whatever work is saved on the way, are those of the full sort.

use std::cmp::Ordering;

use clio_proto::{CubeService as _, Direction, Order, OrderBy, Query, Row};

use super::events::{Numbers, days, generate};
use super::lake::TestLake;
use super::queries::{any_query, gapped_lake};
use crate::{Cubes, MarginalLimits, ServingConfig};

/// Each of this many queries is asked for this many pages: ten thousand together.
const N_QUESTIONS: usize = 400;
const N_PAGES: usize = 25;

/// Undefined values come last, in both directions.
fn by_value(at: usize, direction: Direction) -> impl Fn(&Row, &Row) -> Ordering {
    move |a, b| match (a.values[at].value, b.values[at].value) {
        (Some(a), Some(b)) if direction == Direction::Ascending => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

#[tokio::test]
async fn ten_thousand_pages_are_those_of_the_full_sort() {
    let mut numbers = Numbers(10_000);
    // Sketches of coupons, and dense ones, where the estimate of a union may exceed the sum of its parts'.
    let lakes =
        [gapped_lake(), TestLake::with(generate(9, &days("2026-01-01", "2026-01-04"), 900))];
    let mut n_cases = 0;
    for lake in &lakes {
        let config = |percent| ServingConfig {
            marginals: MarginalLimits { percent, min_cells: 1 },
            cache_bytes: 0,
            ..ServingConfig::new(lake.url())
        };
        let with = Cubes::load_once(config(1_000)).await.unwrap();
        let without = Cubes::load_once(config(0)).await.unwrap();
        let mut n_asked = 0;
        while n_asked < N_QUESTIONS / lakes.len() {
            let query = Query { extras: Vec::new(), ..any_query(&mut numbers) };
            if query.group_by.is_empty() {
                continue;
            }
            n_asked += 1;
            let by_key = OrderBy {
                by: Order::Key(query.group_by[0].clone()),
                direction: Direction::Ascending,
            };
            let all = Query { order_by: vec![by_key], limit: 5_000, offset: 0, ..query.clone() };
            let all = without.query(all, None).await.unwrap().rows;
            for _ in 0..N_PAGES {
                let at = numbers.below(query.measures.len());
                let direction = *numbers.pick(&[
                    Direction::Descending,
                    Direction::Descending,
                    Direction::Ascending,
                ]);
                let mut sorted = all.clone();
                sorted.sort_by(by_value(at, direction));
                let offset = numbers.below(all.len() + 2) * numbers.below(2);
                let limit = 1 + numbers.below(20);
                let by = Order::Measure(query.measures[at].clone());
                let page = Query {
                    order_by: vec![OrderBy { by, direction }],
                    limit,
                    offset,
                    ..query.clone()
                };
                let found = with.query(page.clone(), None).await.unwrap();
                let expected: Vec<&Row> = sorted.iter().skip(offset).take(limit).collect();
                let values = |row: &Row| row.values[at];
                assert_eq!(
                    found.rows.iter().map(values).collect::<Vec<_>>(),
                    expected.into_iter().map(values).collect::<Vec<_>>(),
                    "{page:?}"
                );
                // The order decides which of equal ones comes first; each is one of all, and none comes twice.
                for (place, row) in found.rows.iter().enumerate() {
                    assert!(all.contains(row), "{row:?} of {page:?}");
                    assert!(found.rows[..place].iter().all(|other| other.keys != row.keys));
                }
                assert_eq!(found.n_groups, all.len() as u64);
                n_cases += 1;
            }
        }
    }
    assert_eq!(n_cases, N_QUESTIONS * N_PAGES);
}
