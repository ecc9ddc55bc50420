//! Measures that a role hides: as if the model did not have them.

use clio_proto::{
    Code, Comparison, CubeService as _, Description, Direction, Extra, GroupKey, Having,
    MeasureTest, Order, OrderBy, Query, ServiceError,
};

use super::Guarded;
use crate::tests::judged::lake as lake_of_verdicts;
use crate::tests::queries::{field, gapped_lake};

fn names(described: &Description) -> Vec<&str> {
    described.measures.iter().map(|own| own.name.as_str()).collect()
}

#[tokio::test]
async fn a_hidden_measure_is_one_that_is_not_there() {
    let lake = gapped_lake();
    // The quantile is hidden with the measure that is read from it, the distinct count with the rate derived from it.
    let guarded = Guarded::open(&lake, "hidden_measures = [\"watch\", \"viewers\"]").await;
    let seen = guarded.seen();
    let described = seen.describe().await.unwrap();
    assert_eq!(names(&described), ["impressions", "clicks", "seconds", "plays", "players"]);
    let by = |measure: &str| Query {
        group_by: vec![GroupKey::Field(field("country"))],
        ..Query::total([measure])
    };
    let having = |measure: &str| {
        let measure = measure.to_owned();
        Some(Having::Measure { measure, test: MeasureTest::AtLeast(1.0) })
    };
    let ordered = |measure: &str| {
        let by = Order::Measure(measure.to_owned());
        vec![OrderBy { by, direction: Direction::Descending }]
    };
    let told = |error: &ServiceError, hidden: &str| {
        assert_eq!(error.code, Code::InvalidArgument);
        let (_, list) = error.message.split_once("there are: ").unwrap_or((&error.message, ""));
        for own in ["watch", "viewers", "take_rate", "short", "long"] {
            assert!(!list.contains(own), "{error}");
        }
        assert!(error.message.contains(hidden), "{error}");
    };
    for hidden in ["viewers", "take_rate", "short", "watch.p50", "watch", "watch.p1000", "plaiys"] {
        let error = seen.query(by(hidden), None).await.unwrap_err();
        told(&error, hidden);
        // The exact same message as for a measure that does not exist.
        let nothing = "x".repeat(hidden.len());
        let other = seen.query(by(&nothing), None).await.unwrap_err();
        assert_eq!(error.message.replace(hidden, ""), other.message.replace(&nothing, ""));
        let query = Query { having: having(hidden), ..by("plays") };
        told(&seen.query(query, None).await.unwrap_err(), hidden);
        let query = Query { order_by: ordered(hidden), ..by("plays") };
        told(&seen.query(query, None).await.unwrap_err(), hidden);
    }
    let reach = Query { extras: vec![Extra::Reach], ..by("plays") };
    let error = seen.query(reach, None).await.unwrap_err();
    assert!(error.message.ends_with("there are: `players`"), "{error}");
    let none = Query::total(Vec::<String>::new());
    let error = seen.query(none, None).await.unwrap_err();
    assert!(error.message.ends_with("`seconds`, `plays`, `players`"), "{error}");
    seen.query(by("players"), None).await.unwrap();
}

/// Whoever sees a rate but not its number of people learns that number neither from its precision nor from the details
/// of a verdict.
#[tokio::test]
async fn a_rate_of_hidden_counts_has_no_verdict() {
    let lake = lake_of_verdicts();
    let guarded = Guarded::open(&lake, "").await;
    let judged = Query {
        group_by: vec![GroupKey::Field(field("country"))],
        extras: vec![Extra::Intervals, Extra::Verdicts],
        compare: Some(Comparison::Rest),
        ..Query::total(["take_rate"])
    };
    let plain = Query { extras: vec![Extra::Intervals], compare: None, ..judged.clone() };
    let all = guarded.seen().query(judged.clone(), None).await.unwrap();
    assert!(all.rows.iter().any(|row| row.verdicts[0].is_some()));
    guarded.give("measures = [\"take_rate\"]");
    let seen = guarded.seen();
    assert_eq!(names(&seen.describe().await.unwrap()), ["take_rate"]);
    let error = seen.query(judged, None).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument, "{error}");
    let found = seen.query(plain, None).await.unwrap();
    assert!(found.rows.iter().all(|row| row.intervals[0].sampling.is_none()));
    assert_eq!(found.total.values, all.total.values);
}
