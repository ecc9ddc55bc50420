//! Any quantile: asked for, ordered by and tested, and what is none.

use clio_proto::{Having, MeasureTest, Order};
use serde_json::json;

use super::asked;
use crate::testing::TestServer;

#[tokio::test]
async fn any_quantile_is_asked_for_by_its_percent() {
    let server = TestServer::start().await;
    let text = "{ cube(query: {
        groupBy: [DEVICE], measures: [PLAYS, WATCH_P50]
        quantiles: [{ measure: WATCH, percent: 99.9 }, { measure: WATCH, percent: 25 }]
        orderBy: [{ quantile: { measure: WATCH, percent: 99.9 } direction: ASC }, { measure: WATCH_P50 }]
        having: { watchP90: { above: 3 } quantiles: [{ measure: WATCH, percent: 12.5, atLeast: 1, below: 9 }] }
    }) { elapsedMs } }";
    let query = asked(&server, text, json!({})).await;
    assert_eq!(query.measures, ["plays", "watch.p50", "watch.p99.9", "watch.p25"]);
    let by: Vec<_> = query.order_by.iter().map(|order| order.by.clone()).collect();
    let names = ["watch.p99.9", "watch.p50"].map(|name| Order::Measure(name.to_owned()));
    assert_eq!(by, names);
    let is = |measure: &str, test| Having::Measure { measure: measure.to_owned(), test };
    let expected = Having::And(vec![
        is("watch.p90", MeasureTest::Above(3.0)),
        is("watch.p12.5", MeasureTest::AtLeast(1.0)),
        is("watch.p12.5", MeasureTest::Below(9.0)),
    ]);
    assert_eq!(query.having, Some(expected));
}

#[tokio::test]
async fn quantiles_stand_beside_the_values() {
    let server = TestServer::start().await;
    let text = "{ cube(query: { measures: [IMPRESSIONS], quantiles: [{ measure: WATCH, percent: 0.5 }] }) {
        total { values { measure value } quantiles { measure percent value lower upper exact } watchP50 { value } }
    } }";
    let body = server.ask(text, json!({})).await;
    assert_eq!(
        body["data"]["cube"]["total"],
        json!({
            "values": [{ "measure": "IMPRESSIONS", "value": 1000.0 }],
            "quantiles": [{
                "measure": "WATCH", "percent": 0.5, "value": 100.5, "lower": 90.25, "upper": null, "exact": false,
            }],
            "watchP50": null,
        })
    );
}

#[tokio::test]
async fn what_is_no_quantile_is_refused_by_its_place() {
    let server = TestServer::start().await;
    for (arguments, message) in [
        (
            "quantiles: [{ measure: WATCH, percent: 100.5 }]",
            "`query.quantiles[0].percent`: 100.5 is not a number from 0 to 100",
        ),
        (
            "quantiles: [{ measure: WATCH, percent: 12.345 }]",
            "`query.quantiles[0].percent`: 12.345 is not a number from 0 to 100",
        ),
        (
            "quantiles: [{ measure: WATCH, percent: 1 }, { measure: WATCH, percent: 1.0 }]",
            "`query.quantiles[1]`: is given twice",
        ),
        (
            "groupBy: [DEVICE] orderBy: [{ measure: PLAYS, quantile: { measure: WATCH, percent: 1 } }]",
            "`query.orderBy[0]`: give exactly one of `measure`, `key` and `quantile`",
        ),
        ("quantiles: [{ measure: PLAYS, percent: 1 }]", "Invalid value for argument"),
        (
            "quantiles: { measure: \"WATCH\", percent: 1 }",
            "`query.quantiles.measure`: \"WATCH\" is a string; write the name without quotes",
        ),
        (
            "orderBy: { quantile: { measure: \"WATCH\", percent: 1 } }",
            "`query.orderBy.quantile.measure`: \"WATCH\" is a string; write the name without quotes",
        ),
    ] {
        let query =
            format!("{{ cube(query: {{ measures: [PLAYS] {arguments} }}) {{ elapsedMs }} }}");
        let body = server.ask(&query, json!({})).await;
        let found = body["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(found.starts_with(message), "{arguments}: {body}");
    }
}
