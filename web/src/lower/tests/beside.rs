//! Comparisons, windows and pages, as they are written.

use clio_proto::{Comparison, Cursor, DayRange, FieldRef, Query, SnapshotId, TimeWindow};
use serde_json::json;

use super::asked;
use crate::testing::TestServer;

#[tokio::test]
async fn what_stands_beside_rows_means_what_it_says() {
    let server = TestServer::start().await;
    let query = |change: fn(&mut Query)| {
        let mut query = Query::total(["plays"]);
        change(&mut query);
        query
    };
    for (text, expected) in [
        (
            "compare: { previousPeriod: true }",
            query(|it| it.compare = Some(Comparison::PreviousPeriod)),
        ),
        ("compare: { rest: true }", query(|it| it.compare = Some(Comparison::Rest))),
        ("compare: { whole: true }", query(|it| it.compare = Some(Comparison::Whole))),
        (
            "compare: { snapshot: 412 }",
            query(|it| it.compare = Some(Comparison::Snapshot(SnapshotId(412)))),
        ),
        (
            r#"compare: { days: { from: "2026-01-01", to: "2026-01-07" } }"#,
            query(|it| {
                let (first, last) = ("2026-01-01".parse().unwrap(), "2026-01-07".parse().unwrap());
                it.compare = DayRange::try_new(first, last).map(Comparison::Days);
            }),
        ),
        (
            r#"compare: { member: { field: ASSET_TITLE, value: "Dune" } }"#,
            query(|it| {
                let field = FieldRef::parse("asset.title");
                it.compare = Some(Comparison::Member { field, value: Some("Dune".to_owned()) });
            }),
        ),
        (
            "compare: { member: { field: COUNTRY, isNull: true } }",
            query(|it| {
                let field = FieldRef::parse("country");
                it.compare = Some(Comparison::Member { field, value: None });
            }),
        ),
        ("window: { trailingDays: 7 }", query(|it| it.window = Some(TimeWindow::TrailingDays(7)))),
        (
            r#"first: 7, limit: 100, after: "c1-41-3-000000000000000f""#,
            query(|it| {
                let snapshot = SnapshotId(41);
                it.after = Some(Cursor { snapshot, n_before: 3, question: 15 });
                it.limit = 7;
            }),
        ),
        ("lookBackDays: 28", query(|it| it.look_back_days = Some(28))),
    ] {
        let text = format!("{{ cube(query: {{ measures: [PLAYS], {text} }}) {{ elapsedMs }} }}");
        assert_eq!(asked(&server, &text, json!({})).await, expected, "{text}");
    }
}

#[tokio::test]
async fn what_stands_beside_rows_is_refused_by_its_name() {
    let server = TestServer::start().await;
    for (query, expected) in [
        ("window: {}", "`query.window`: give exactly one of `trailingDays`"),
        ("first: -1", "`query.first`: -1 is not a whole number of at least 0"),
        ("first: 7, limit: 8", "`query.first`: leave out `limit`, which it replaces"),
        (r#"after: "7""#, "`query.after`: `7` is not a cursor; expected one from an answer"),
        ("compare: {}", "`query.compare`: give exactly one of `previousPeriod`"),
        ("compare: { rest: true, previousPeriod: true }", "`query.compare`: give exactly one of"),
        ("compare: { rest: false }", "`query.compare.rest`: is false; leave it out"),
        ("compare: { rest: null }", "`query.compare.rest`: is null"),
        ("compare: { snapshot: -1 }", "`query.compare.snapshot`: -1 is not a whole number"),
        (
            r#"compare: { days: { from: "2026-01-02", to: "2026-01-01" } }"#,
            "`query.compare.days`: ends before it starts: from=2026-01-02 to=2026-01-01",
        ),
        (
            "compare: { member: { field: COUNTRY } }",
            "`query.compare.member`: give exactly one of `value` and `isNull: true`",
        ),
        (
            r#"compare: { member: { field: "COUNTRY", value: "US" } }"#,
            r#"`query.compare.member.field`: "COUNTRY" is a string"#,
        ),
        ("lookBackDays: -1", "`query.lookBackDays`: -1 is not a whole number of at least 0"),
    ] {
        let text = format!("{{ cube(query: {{ measures: [PLAYS], {query} }}) {{ elapsedMs }} }}");
        let body = server.ask(&text, json!({})).await;
        let error = &body["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(expected), "{query}: {body}");
        assert_eq!(error["extensions"]["code"], "INVALID_ARGUMENT", "{query}: {body}");
    }
}
