//! Marginals agree with their files to the byte, with less to read.

use std::sync::Arc;

use clio_proto::{Answer, CubeService as _, Query};

use super::ages::{any_aged, lake as lake_of_ages};
use super::compared::any_compared;
use super::events::{Numbers, days, generate};
use super::judged::{any_judged, lake as lake_of_verdicts};
use super::lake::TestLake;
use super::queries::{any_query, gapped_lake, group_by};
use crate::snapshot::{Chunk, MeasureColumn};
use crate::{Cubes, MarginalLimits, ServingConfig};

fn config(lake: &TestLake, percent: u32) -> ServingConfig {
    let marginals = MarginalLimits { percent, min_cells: 1 };
    ServingConfig { marginals, ..ServingConfig::new(lake.url()) }
}

async fn open(lake: &TestLake, percent: u32) -> Arc<Cubes> {
    Cubes::open(config(lake, percent)).await.unwrap()
}

fn without_work(answer: Answer) -> Answer {
    Answer { work: None, elapsed: Default::default(), ..answer }
}

/// Queries both, and returns how many answers read fewer cells with marginals.
async fn compare(with: &Cubes, without: &Cubes, queries: impl Iterator<Item = Query>) -> usize {
    let mut n_narrower = 0;
    for query in queries {
        let found = with.query(query.clone(), None).await;
        let expected = without.query(query.clone(), None).await;
        let cells = |answer: &Answer| answer.work.as_ref().map(|work| work.n_cells);
        match (found, expected) {
            (Ok(found), Ok(expected)) => {
                n_narrower += usize::from(cells(&found) < cells(&expected));
                assert!(cells(&found) <= cells(&expected), "{query:?}");
                assert_eq!(without_work(found), without_work(expected), "{query:?}");
            }
            (found, expected) => assert_eq!(found.unwrap_err(), expected.unwrap_err(), "{query:?}"),
        }
    }
    n_narrower
}

fn chunks(cubes: &Cubes) -> Vec<Arc<Chunk>> {
    cubes.snapshot(None).unwrap().chunks.values().flatten().cloned().collect()
}

/// Measures that marginals include, of the kinds that queries have.
fn plain(query: Query, numbers: &mut Numbers) -> Query {
    let measures = ["impressions", "viewers", "plays", "players", "clicks"];
    let from = numbers.below(measures.len());
    Query {
        measures: measures[from..].iter().map(ToString::to_string).collect(),
        having: None,
        order_by: Vec::new(),
        ..query
    }
}

#[tokio::test]
async fn any_query_has_the_same_answer_with_and_without_before_and_after_a_refresh() {
    let mut lake = gapped_lake();
    let (with, without) = (open(&lake, 1_000).await, open(&lake, 0).await);
    assert!(chunks(&with).iter().any(|chunk| !chunk.marginals.is_empty()));
    assert!(chunks(&without).iter().all(|chunk| chunk.marginals.is_empty()));
    let mut numbers = Numbers(2027);
    let any = |n: usize, numbers: &mut Numbers| -> Vec<Query> {
        (0..n)
            .map(|at| {
                let query = if at % 5 == 0 { any_compared(numbers) } else { any_query(numbers) };
                if at % 2 == 0 { plain(query, numbers) } else { query }
            })
            .collect()
    };
    let n_narrower = compare(&with, &without, any(1_500, &mut numbers).into_iter()).await;
    assert!(n_narrower > 50, "{n_narrower}");

    // New members get codes of their own, and old files are translated again.
    lake.replace_days(generate(99, &days("2026-01-02", "2026-01-08"), 90));
    with.look().await;
    without.look().await;
    let n_narrower = compare(&with, &without, any(500, &mut numbers).into_iter()).await;
    assert!(n_narrower > 15, "{n_narrower}");
}

/// An age belongs to a dimension's members on a day: a marginal without the dimension has none.
#[tokio::test]
async fn any_question_of_an_age_has_the_same_answer_with_and_without() {
    let lake = lake_of_ages();
    let (with, without) = (open(&lake, 1_000).await, open(&lake, 0).await);
    let mut numbers = Numbers(31);
    let queries: Vec<Query> = (0..300)
        .map(|_| {
            let query = any_aged(&mut numbers);
            plain(query, &mut numbers)
        })
        .collect();
    let n_narrower = compare(&with, &without, queries.into_iter()).await;
    assert!(n_narrower > 0, "no marginal has answered");
}

/// Verdicts read the same days, one by one and by strata, and so use marginals, too.
#[tokio::test]
async fn any_verdict_is_the_same_with_and_without() {
    let lake = lake_of_verdicts();
    let (with, without) = (open(&lake, 1_000).await, open(&lake, 0).await);
    let mut numbers = Numbers(37);
    let queries: Vec<Query> = (0..60).map(|_| any_judged(&mut numbers)).collect();
    let n_narrower = compare(&with, &without, queries.into_iter()).await;
    assert!(n_narrower > 5, "{n_narrower}");
}

#[tokio::test]
async fn what_few_dimensions_answer_reads_few_cells() {
    let lake = gapped_lake();
    let cubes = open(&lake, 1_000).await;
    let by_country = Query { group_by: group_by(&["country"]), ..Query::total(["viewers"]) };
    let work = cubes.query(by_country, None).await.unwrap().work.unwrap();
    assert_eq!((work.n_cells, work.n_groups), (5, 5), "a cell for each country");
    // Only the total is united: the estimates of countries are stored.
    assert_eq!((work.n_estimates, work.n_unions), (6, 1));
}

#[tokio::test]
async fn they_take_no_more_than_their_part_of_the_sketches() {
    let lake = TestLake::with(generate(5, &days("2026-01-01", "2026-01-02"), 6_000));
    for percent in [0, 10, 25, 100, 1_000] {
        let cubes = open(&lake, percent).await;
        let mut n_marginals = 0;
        for chunk in chunks(&cubes) {
            let sketches = |chunk: &Chunk| -> usize {
                let of_measure = |measure: &MeasureColumn| match measure {
                    MeasureColumn::Sketch { arena, .. } => arena.size_bytes(),
                    _ => 0,
                };
                chunk.measures.iter().map(of_measure).sum()
            };
            let taken: usize = chunk.marginals.iter().map(|own| sketches(&own.chunk)).sum();
            let limit = sketches(&chunk) * percent as usize / 100;
            assert!(taken <= limit, "{taken} of {limit}");
            n_marginals += chunk.marginals.len();
        }
        match percent {
            0 => assert_eq!(n_marginals, 0),
            1_000 => assert!(n_marginals > 0),
            _ => {}
        }
    }
}

#[tokio::test]
async fn small_files_have_none() {
    let lake = gapped_lake();
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    assert!(chunks(&cubes).iter().all(|chunk| chunk.marginals.is_empty()));
}
