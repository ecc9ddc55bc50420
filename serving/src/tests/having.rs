//! Conditions on measures: which groups stay, their effect on pages, and the work that they save.

use clio_proto::{
    Answer, Code, CubeService as _, Direction, Having, MAX_HAVING_TESTS, MeasureTest, Order,
    OrderBy, Query,
};

use super::oracle::check;
use super::queries::{gapped_lake, group_by, open};
use crate::Cubes;

fn is(measure: &str, test: MeasureTest) -> Having {
    Having::Measure { measure: measure.to_owned(), test }
}

fn at_least(measure: &str, least: f64) -> Having {
    is(measure, MeasureTest::AtLeast(least))
}

async fn ask(cubes: &Cubes, query: &Query) -> Answer {
    cubes.query(query.clone(), None).await.unwrap()
}

fn by_asset(having: Having) -> Query {
    Query {
        group_by: group_by(&["asset", "country"]),
        having: Some(having),
        limit: 5_000,
        ..Query::total(["plays", "viewers"])
    }
}

#[tokio::test]
async fn pages_and_their_number_are_of_the_groups_that_stay() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let query = by_asset(at_least("plays", 3.0));
    let whole = ask(&cubes, &query).await;
    check(&lake.events, &query, &whole);
    let all = ask(&cubes, &Query { having: None, ..query.clone() }).await;
    assert!(whole.n_groups > 4 && whole.n_groups < all.n_groups);
    assert_eq!(whole.n_groups, whole.rows.len() as u64);
    assert_eq!(whole.total, all.total, "the total is that of all groups");
    let mut paged = Vec::new();
    for offset in (0..whole.rows.len()).step_by(3) {
        let page = ask(&cubes, &Query { limit: 3, offset, ..query.clone() }).await;
        assert_eq!(page.n_groups, whole.n_groups);
        paged.extend(page.rows);
    }
    assert_eq!(paged, whole.rows);
    let none = ask(&cubes, &Query { limit: 0, ..query }).await;
    assert_eq!((none.n_groups, none.rows.len()), (whole.n_groups, 0));
}

/// A measure is tested whether requested or not, and a group whose bounds lie on both sides of the threshold stays or
/// goes by its estimate.
#[tokio::test]
async fn the_estimate_decides_of_any_measure() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let all = ask(&cubes, &Query { having: None, ..by_asset(Having::And(Vec::new())) }).await;
    let estimated = all.rows.iter().map(|row| row.values[1]).find(|value| !value.exact).unwrap();
    let (value, upper) = (estimated.value.unwrap(), estimated.upper.unwrap());
    let threshold = f64::midpoint(value, upper);
    assert!(value < threshold && threshold < upper);
    let query = Query {
        measures: vec!["plays".to_owned()],
        ..by_asset(is("viewers", MeasureTest::AtLeast(threshold)))
    };
    let found = ask(&cubes, &query).await;
    let expected = all.rows.iter().filter(|row| row.values[1].value >= Some(threshold)).count();
    assert_eq!(found.rows.len(), expected);
    assert!(found.rows.iter().all(|row| row.values.len() == 1));
    check(&lake.events, &query, &found);
    // A derived measure, and the number that is exactly at the threshold.
    let rate = by_asset(is("take_rate", MeasureTest::Between { from: 0.1, to: 0.5 }));
    check(&lake.events, &rate, &ask(&cubes, &rate).await);
    let at = by_asset(at_least("viewers", value));
    assert!(ask(&cubes, &at).await.rows.iter().any(|row| row.values[1] == estimated));
}

/// Conditions on counts come first, however written, so that sketches are united only for the remaining groups.
#[tokio::test]
async fn sketches_are_united_for_groups_alone_that_counts_leave() {
    let cubes = open(&gapped_lake()).await;
    let order_by = |by: Order| vec![OrderBy { by, direction: Direction::Descending }];
    let plays = || at_least("plays", 3.0);
    let left = ask(&cubes, &by_asset(plays())).await.n_groups;
    for having in [
        Having::And(vec![at_least("viewers", 2.0), plays()]),
        Having::And(vec![plays(), Having::And(vec![at_least("viewers", 2.0)])]),
    ] {
        let query = Query {
            limit: 1,
            order_by: order_by(Order::Measure("plays".to_owned())),
            measures: vec!["plays".to_owned()],
            ..by_asset(having)
        };
        let work = ask(&cubes, &query).await.work.unwrap();
        assert_eq!(work.n_estimates, left, "of the groups that counts leave, and no total");
        assert!(work.n_groups > left);
    }
    let either = Having::Or(vec![plays(), at_least("viewers", 2.0)]);
    let query = Query { measures: vec!["plays".to_owned()], ..by_asset(either) };
    let work = ask(&cubes, &query).await.work.unwrap();
    assert_eq!(work.n_estimates, work.n_groups, "an `or` asks of every group");
}

#[tokio::test]
async fn what_is_no_condition_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let many = Having::Or(vec![at_least("plays", 1.0); MAX_HAVING_TESTS + 1]);
    let deep = (0..32).fold(at_least("plays", 1.0), |own, _| Having::Not(Box::new(own)));
    let cases = [
        (
            by_asset(at_least("likes", 1.0)),
            Code::InvalidArgument,
            "`having`: unknown measure `likes`; there are: `impressions`, `viewers`, `clicks`, `seconds`, \
             `plays`, `players`, `watch.p50`, `watch.p90`, `take_rate`, `short`, `long`",
        ),
        (
            Query { group_by: Vec::new(), ..by_asset(at_least("plays", 1.0)) },
            Code::InvalidArgument,
            "`having`: applies to groups, but nothing is grouped; name keys in `group_by`",
        ),
        (
            by_asset(is("plays", MeasureTest::Below(f64::NAN))),
            Code::InvalidArgument,
            "`having`: of `plays`: NaN is not a finite number",
        ),
        (by_asset(many), Code::ResourceExhausted, "`having`: 257 tests, the limit is 256"),
        (by_asset(deep), Code::InvalidArgument, "`having`: nested 33 deep, over the limit of 32"),
    ];
    for (query, code, message) in cases {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message));
    }
}
