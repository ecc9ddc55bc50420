//! Any query has the answer of the whole lake.

use clio_proto::{Comparison, CubeService as _, Projection, Query};

use super::{TestLake, numbers, of_whole, open, projection};
use crate::Cubes;
use crate::tests::ages::{any_aged, lake as lake_of_ages};
use crate::tests::compared::any_compared;
use crate::tests::events::{Numbers, days, generate};
use crate::tests::queries::{any_query, gapped_lake};

/// How the questions of one test ended.
#[derive(Debug, Default)]
struct Ended {
    answered: usize,
    refused: usize,
}

async fn compare(
    whole: &Cubes,
    part: &Cubes,
    projection: &Projection,
    queries: impl IntoIterator<Item = Query>,
) -> Ended {
    let first = part.snapshot(None).unwrap().info.days.unwrap().0;
    let mut ended = Ended::default();
    for query in queries {
        let found = part.query(query.clone(), None).await;
        let expected = whole.query(of_whole(&query, projection, first), None).await;
        match (found, expected) {
            (Ok(found), Ok(expected)) => {
                ended.answered += 1;
                assert!(found.coverage.projection.is_some());
                let found = numbers(found, &expected);
                assert_eq!(found, numbers(expected.clone(), &expected), "{projection}: {query:#?}");
            }
            // What is asked for is left out; what is refused, and what is not, is the other tests'.
            (Err(found), _) if found.message.contains(" left out of this service; ") => {
                ended.refused += 1;
            }
            // Of a lake of which less is known, less members are.
            (Err(found), Ok(_)) if matches!(query.compare, Some(Comparison::Member { .. })) => {
                assert!(found.message.contains("has no value"), "{found}");
            }
            // The whole lake is asked from the first day on that is held.
            (Err(found), Ok(_)) if query.compare == Some(Comparison::PreviousPeriod) => {
                assert!(found.message.contains("give the first day"), "{found}");
            }
            (found, expected) => {
                let (found, expected) = (found.unwrap_err(), expected.unwrap_err());
                assert_eq!(found.code, expected.code, "{found} {expected} {query:#?}");
            }
        }
    }
    ended
}

fn all() -> Vec<Projection> {
    vec![
        projection("country=US,FR", "-", &[]),
        projection("audience=sports", "-", &[]),
        projection("asset.media_type=video,image", "-", &[]),
        projection("asset.tags=new;audience.kind=life", "-", &[]),
        projection("-", "2026-01-02", &[]),
        projection("-", "4d", &[]),
        projection("-", "1000d", &[]),
        projection("-", "-", &["asset"]),
        projection("-", "-", &["audience", "country"]),
        projection("-", "-", &["asset", "audience", "country"]),
        projection("country=US,FR,DE;audience=sports,parents", "2025-12-30", &["country"]),
        projection("asset.tags=new,drama", "2026-03-01", &["asset"]),
    ]
}

#[tokio::test]
async fn any_query_is_that_of_the_whole_lake_with_one_more_filter_before_and_after_a_refresh() {
    let mut dense = TestLake::with(generate(9, &days("2025-12-30", "2026-01-03"), 900));
    let mut gapped = gapped_lake();
    let mut random = Numbers(2026);
    for (at, projection) in all().iter().enumerate() {
        // Sketches of coupons, and dense ones.
        let (lake, n_queries) =
            if at % 4 == 0 && at < 10 { (&mut dense, 60) } else { (&mut gapped, 200) };
        let whole = open(lake, &Projection::default()).await;
        let part = open(lake, projection).await;
        let mut queries = |n: usize| -> Vec<Query> {
            let any = |at: usize, random: &mut Numbers| match at % 4 {
                0 => any_compared(random),
                _ => any_query(random),
            };
            (0..n).map(|at| any(at, &mut random)).collect()
        };
        let ended = compare(&whole, &part, projection, queries(n_queries)).await;
        assert!(ended.answered > n_queries / 20, "{projection}: {ended:?}");
        lake.replace_days(generate(at as u64, &days("2026-01-02", "2026-01-04"), 70));
        whole.look().await;
        part.look().await;
        let ended = compare(&whole, &part, projection, queries(n_queries / 2)).await;
        assert!(ended.answered > n_queries / 40, "{projection}: {ended:?}");
    }
}

#[tokio::test]
async fn retired_months_are_held_as_a_whole_or_not_at_all() {
    let mut lake = gapped_lake();
    lake.retire(&["2025-12", "2026-01"]);
    let whole = open(&lake, &Projection::default()).await;
    let mut random = Numbers(5);
    for (since, first, n_days) in [
        ("2025-12-28", "2025-12-28", 11),
        ("2025-12-30", "2026-01-01", 7),
        ("2026-01-02", "2026-02-27", 4),
    ] {
        let projection = projection("-", since, &[]);
        let part = open(&lake, &projection).await;
        let info = part.snapshot(None).unwrap().info.clone();
        assert_eq!(info.days.unwrap().0.to_string(), first, "{since}");
        assert_eq!(info.n_days, n_days, "{since}");
        let queries: Vec<Query> = (0..150).map(|_| any_query(&mut random)).collect();
        let ended = compare(&whole, &part, &projection, queries).await;
        assert!(ended.answered > 30, "{since}: {ended:?}");
    }
}

/// The age of an asset counts from the first day of all of its cells.
#[tokio::test]
async fn ages_are_those_of_the_whole_lake_or_refused() {
    let lake = lake_of_ages();
    let whole = open(&lake, &Projection::default()).await;
    let mut random = Numbers(8);
    let queries: Vec<Query> = (0..200).map(|_| any_aged(&mut random)).collect();
    let mut refused = Vec::new();
    for projection in [
        projection("asset=asset-0,asset-1,asset-2,asset-3,asset-5", "-", &[]),
        projection("-", "-", &["audience"]),
        projection("country=US,FR", "-", &[]),
        projection("-", "2026-01-01", &[]),
    ] {
        let part = open(&lake, &projection).await;
        let ended = compare(&whole, &part, &projection, queries.clone()).await;
        refused.push(ended.refused * 100 / queries.len());
        assert!(ended.answered + ended.refused > queries.len() / 2, "{projection}: {ended:?}");
    }
    // Of those with rows or days left out, more is refused than what names a left-out value.
    assert!(refused[1] < refused[3], "{refused:?}");
}
