//! GraphQL input beside the query that it means.

mod beside;
mod quantiles;

use async_graphql::dynamic::{Field, FieldFuture, InputValue, Object, Schema, TypeRef};

use clio_proto::{Having, MeasureTest, Test, WholeRange};
use serde_json::json;

use super::*;
use crate::testing::{TestServer, media};

fn is(field: &str, test: Test) -> Filter {
    Filter::Field { field: FieldRef::parse(field), test }
}

fn any_of(field: &str, values: &[&str]) -> Filter {
    is(field, Test::AnyOf(values.iter().map(|&value| value.to_owned()).collect()))
}

/// Asks a query through the whole gateway and gives what reached the service.
async fn asked(server: &TestServer, query: &str, variables: serde_json::Value) -> Query {
    let body = server.ask(query, variables).await;
    assert_eq!(body.get("errors"), None, "{body}");
    server.cubes.asked.lock().unwrap().pop().unwrap().0
}

#[tokio::test]
async fn a_filter_means_what_it_says() {
    let server = TestServer::start().await;
    let us = || any_of("country", &["US"]);
    let tv = || any_of("device", &["tv"]);
    let not = |filter| Filter::Not(Box::new(filter));
    let all = || Filter::And(Vec::new());
    let age = |from: Option<i64>, to: Option<i64>| {
        is("asset.age_day", Test::Between(WholeRange::try_new(from, to).unwrap()))
    };
    for (filter, expected) in [
        ("{}", None),
        ("{ country: {} }", None),
        (r#"{ country: { anyOf: ["US"] } }"#, Some(us())),
        // One value stands for a list of one.
        (r#"{ country: { anyOf: "US" } }"#, Some(us())),
        (
            r#"{ assetTitle: { prefix: "Du" } }"#,
            Some(is("asset.title", Test::Prefix("Du".to_owned()))),
        ),
        (
            r#"{ assetMediaType: { isNull: false } }"#,
            Some(is("asset.media_type", Test::IsNull(false))),
        ),
        (
            r#"{ assetTags: { allOf: ["new", "short"] } }"#,
            Some(is("asset.tags", Test::AllOf(vec!["new".to_owned(), "short".to_owned()]))),
        ),
        (r#"{ assetAgeDay: { atLeast: 0, below: 28 } }"#, Some(age(Some(0), Some(27)))),
        (
            r#"{ assetAgeDay: { above: -8, atLeast: -9, atMost: 9, below: 9 } }"#,
            Some(age(Some(-7), Some(8))),
        ),
        (r#"{ assetAgeDay: { atMost: 6 } }"#, Some(age(None, Some(6)))),
        (
            r#"{ assetAgeDay: { isNull: false, atLeast: 7, anyOf: ["8"] } }"#,
            Some(Filter::And(vec![
                any_of("asset.age_day", &["8"]),
                age(Some(7), None),
                is("asset.age_day", Test::IsNull(false)),
            ])),
        ),
        // Whatever the order in which they are written.
        (
            r#"{ audience: { isNull: false, noneOf: [], anyOf: ["a"] } }"#,
            Some(Filter::And(vec![
                any_of("audience", &["a"]),
                is("audience", Test::NoneOf(Vec::new())),
                is("audience", Test::IsNull(false)),
            ])),
        ),
        (
            r#"{ country: { anyOf: ["US"] }, device: { anyOf: ["tv"] } }"#,
            Some(Filter::And(vec![us(), tv()])),
        ),
        (
            r#"{ or: [{ country: { anyOf: ["US"] } }, { device: { anyOf: ["tv"] } }] }"#,
            Some(Filter::Or(vec![us(), tv()])),
        ),
        ("{ or: [] }", Some(Filter::Or(Vec::new()))),
        ("{ and: [] }", Some(all())),
        ("{ or: [{}] }", Some(Filter::Or(vec![all()]))),
        (r#"{ not: { country: { anyOf: ["US"] } } }"#, Some(not(us()))),
        (r#"{ not: {} }"#, Some(not(all()))),
        (
            r#"{ country: { anyOf: ["US"] }, and: [{ device: { anyOf: ["tv"] } }, { not: {
                 or: [{ country: { anyOf: ["US"] }, device: { anyOf: ["tv"] } }] } }] }"#,
            Some(Filter::And(vec![
                us(),
                Filter::And(vec![tv(), not(Filter::Or(vec![Filter::And(vec![us(), tv()])]))]),
            ])),
        ),
    ] {
        let query =
            format!("{{ cube(query: {{ measures: [PLAYS], where: {filter} }}) {{ elapsedMs }} }}");
        let found = asked(&server, &query, serde_json::json!({})).await;
        assert_eq!(found, Query { filter: expected, ..Query::total(["plays"]) }, "{filter}");
    }
}

#[tokio::test]
async fn a_condition_means_what_it_says() {
    let server = TestServer::start().await;
    let is = |measure: &str, test| Having::Measure { measure: measure.to_owned(), test };
    let plays = || is("plays", MeasureTest::AtLeast(100.0));
    let rate = || is("take_rate", MeasureTest::Below(0.25));
    let ratio =
        |test| Having::Compared { of: ComparedMeasure::parse("plays.ratio").unwrap(), test };
    for (having, expected) in [
        ("{}", None),
        ("{ plays: {} }", None),
        ("{ plays: { atLeast: 100 } }", Some(plays())),
        ("{ plays: { atMost: 1.5 } }", Some(is("plays", MeasureTest::AtMost(1.5)))),
        (
            "{ plays: { atMost: 2, atLeast: 1 } }",
            Some(is("plays", MeasureTest::Between { from: 1.0, to: 2.0 })),
        ),
        ("{ takeRate: { isNull: false } }", Some(is("take_rate", MeasureTest::IsNull(false)))),
        (
            "{ plays: { below: 9, above: 2 } }",
            Some(Having::And(vec![
                is("plays", MeasureTest::Above(2.0)),
                is("plays", MeasureTest::Below(9.0)),
            ])),
        ),
        (
            "{ or: [{ plays: { atLeast: 100 } }, { not: { takeRate: { below: 0.25 } } }] }",
            Some(Having::Or(vec![plays(), Having::Not(Box::new(rate()))])),
        ),
        (
            "{ and: [{ plays: { atLeast: 100 }, takeRate: { below: 0.25 } }, {}] }",
            Some(Having::And(vec![Having::And(vec![plays(), rate()]), Having::And(Vec::new())])),
        ),
        (
            "{ plays: { ratio: { above: 1.5 }, atLeast: 100 } }",
            Some(Having::And(vec![plays(), ratio(MeasureTest::Above(1.5))])),
        ),
        ("{ plays: { difference: {} } }", None),
    ] {
        let query = format!(
            "{{ cube(query: {{ measures: [VIEWERS], groupBy: [ASSET], having: {having} }}) {{ elapsedMs }} }}"
        );
        let found = asked(&server, &query, serde_json::json!({})).await;
        let group_by = vec![GroupKey::Field(FieldRef::parse("asset"))];
        let expected = Query { having: expected, group_by, ..Query::total(["viewers"]) };
        assert_eq!(found, expected, "{having}");
    }
    for (having, expected) in [
        (
            "{ or: [{ plays: { atLeast: 3, atMost: 2 } }] }",
            "`query.having.or[0].plays`: 3 is above 2; the smaller number comes first",
        ),
        ("{ plays: { atLeast: null } }", "`query.having.plays.atLeast`: is null"),
        (
            "{ plays: { ratio: { atLeast: 3, atMost: 2 } } }",
            "`query.having.plays.ratio`: 3 is above 2; the smaller number comes first",
        ),
        (
            "{ plays: { diference: { atLeast: 3 } } }",
            r#"unknown field "diference" of type "NumberFilter""#,
        ),
        ("{ plais: { atLeast: 1 } }", r#"unknown field "plais" of type "CubeHaving""#),
    ] {
        let query =
            format!("{{ cube(query: {{ measures: [PLAYS], having: {having} }}) {{ elapsedMs }} }}");
        let body = server.ask(&query, serde_json::json!({})).await;
        let message = body["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(expected), "{having}: {body}");
        assert_eq!(body["errors"][0]["extensions"]["code"], "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn everything_else_means_what_it_says() {
    let server = TestServer::start().await;
    let field = |name: &str| GroupKey::Field(FieldRef::parse(name));
    let query = |change: fn(&mut Query)| {
        let mut query = Query::total(["plays"]);
        change(&mut query);
        query
    };
    for (text, expected) in [
        ("", query(|_| {})),
        (
            r#"from: "2026-01-01""#,
            query(|it| {
                let from = Some("2026-01-01".parse().unwrap());
                it.range = QueryRange::Days { from, to: None };
            }),
        ),
        (
            r#"from: null, to: "2026-01-31""#,
            query(|it| {
                let to = Some("2026-01-31".parse().unwrap());
                it.range = QueryRange::Days { from: None, to };
            }),
        ),
        ("extras: [RANKS, SHARES]", query(|it| it.extras = vec![Extra::Ranks, Extra::Shares])),
        ("limit: 5000, offset: 7", query(|it| (it.limit, it.offset) = (5_000, 7))),
        (
            "orderBy: { measure: PLAYS, direction: ASC }",
            query(|it| {
                it.order_by = vec![OrderBy {
                    by: Order::Measure("plays".to_owned()),
                    direction: Direction::Ascending,
                }];
            }),
        ),
        (
            "orderBy: { measure: PLAYS, part: DIFFERENCE }",
            query(|it| {
                it.order_by = vec![OrderBy {
                    by: Order::Compared(ComparedMeasure::parse("plays.difference").unwrap()),
                    direction: Direction::Descending,
                }];
            }),
        ),
    ] {
        let text = format!("{{ cube(query: {{ measures: [PLAYS], {text} }}) {{ elapsedMs }} }}");
        assert_eq!(asked(&server, &text, serde_json::json!({})).await, expected, "{text}");
    }

    let text = "query($query: CubeQuery!, $at: Int64) { cube(query: $query, snapshot: $at) { elapsedMs } }";
    let variables = serde_json::json!({ "query": {
        "groupBy": ["MONTH", "ASSET_MEDIA_TYPE"],
        "measures": ["TAKE_RATE", "WATCH_SECONDS"],
        "orderBy": [{ "key": "MONTH" }],
        "where": { "assetTags": { "anyOf": ["new"] } },
    }});
    let found = asked(&server, text, variables).await;
    assert_eq!(
        found,
        Query {
            filter: Some(any_of("asset.tags", &["new"])),
            group_by: vec![GroupKey::Time(clio_proto::TimeGrain::Month), field("asset.media_type")],
            order_by: vec![OrderBy {
                by: Order::Key(GroupKey::Time(clio_proto::TimeGrain::Month)),
                direction: Direction::Descending,
            }],
            ..Query::total(["take_rate", "watch_seconds"])
        }
    );
}

#[tokio::test]
async fn a_search_means_what_it_says() {
    let server = TestServer::start().await;
    for text in [
        r#"field: ASSET_TITLE, search: "du", first: 3, offset: 6, snapshot: 41"#,
        r#"field: COUNTRY, search: """#,
        r#"field: COUNTRY, after: "c1-41-2-0000000000000005""#,
        r#"search: "du", from: "2026-01-01", where: { country: { anyOf: ["US"] } }"#,
    ] {
        server.ask(&format!("{{ members({text}) {{ total }} }}"), json!({})).await;
    }
    let searched = std::mem::take(&mut *server.cubes.searched.lock().unwrap());
    let title = MembersRequest {
        search: Some("du".to_owned()),
        limit: 3,
        offset: 6,
        snapshot: Some(SnapshotId(41)),
        ..MembersRequest::of(Some(FieldRef::parse("asset.title")))
    };
    let from = Some("2026-01-01".parse().unwrap());
    let narrowed = MembersRequest {
        search: Some("du".to_owned()),
        range: QueryRange::Days { from, to: None },
        filter: Some(any_of("country", &["US"])),
        ..MembersRequest::of(None)
    };
    let country = MembersRequest::of(Some(FieldRef::parse("country")));
    let after = Some(Cursor { snapshot: SnapshotId(41), n_before: 2, question: 5 });
    let next = MembersRequest { after, ..country.clone() };
    assert_eq!(searched, [title, country, next, narrowed]);
}

#[tokio::test]
async fn an_error_names_the_argument_and_the_value() {
    let server = TestServer::start().await;
    for (query, expected) in [
        (r#"from: "2026-02-30""#, r#"`query.from`: "2026-02-30" is not a date; write it as in"#),
        (r#"to: "20260131""#, r#"`query.to`: "20260131" is not a date"#),
        (r#"to: "2026-01-31T10:00""#, r#"`query.to`: "2026-01-31T10:00" is not a date"#),
        ("from: 20260131", "`query.from`: 20260131 is not a text"),
        ("limit: -1", "`query.limit`: -1 is not a whole number of at least 0"),
        ("offset: -5", "`query.offset`: -5 is not a whole number of at least 0"),
        ("orderBy: [{ direction: ASC }]", "`query.orderBy[0]`: give exactly one of `measure`"),
        ("extras: [SHARES, SHARES]", "`query.extras[1]`: is given twice"),
        (r#"extras: ["SHARES"]"#, "SHARES"),
        (
            "orderBy: [{ measure: PLAYS }, { measure: PLAYS, key: DAY }]",
            "`query.orderBy[1]`: give exactly one of `measure`, `key` and `quantile`",
        ),
        (
            "groupBy: [COUNTRI]",
            r#"enumeration type "GroupKey" does not contain the value "COUNTRI""#,
        ),
        (
            r#"where: { country: { allOf: ["US"] } }"#,
            r#"unknown field "allOf" of type "ValueFilter""#,
        ),
        (
            r#"where: { contry: { anyOf: ["US"] } }"#,
            r#"unknown field "contry" of type "CubeFilter""#,
        ),
        ("where: { country: { anyOf: [1] } }", "String"),
        (
            "where: { assetAgeDay: { atLeast: 7, below: 7 } }",
            "`query.where.assetAgeDay`: no whole number lies between 7 and 6",
        ),
        ("where: { country: { atLeast: 7 } }", r#"unknown field "atLeast" of type "ValueFilter""#),
        ("where: { assetAgeDay: { atLeast: 0.5 } }", "Int"),
    ] {
        let text = format!("{{ cube(query: {{ measures: [PLAYS], {query} }}) {{ elapsedMs }} }}");
        let body = server.ask(&text, serde_json::json!({})).await;
        let error = &body["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(expected), "{query}: {body}");
        assert_eq!(error["extensions"]["code"], "INVALID_ARGUMENT", "{query}: {body}");
        assert_eq!(error["extensions"]["retryable"], false);
    }
    for (text, expected) in [
        ("{ snapshots(first: -1) { version } }", "`first`: -1 is not"),
        ("{ members(field: COUNTRY, offset: -1) { total } }", "`offset`: -1 is not"),
        ("{ cube(query: { measures: [PLAYS] }, snapshot: -4) { elapsedMs } }", "`snapshot`: -4 is"),
        (
            "{ cube(query: { measures: [PLAYS] }, snapshot: 4.5) { elapsedMs } }",
            "`snapshot`: 4.5 is not a whole number of at least 0",
        ),
    ] {
        let body = server.ask(text, serde_json::json!({})).await;
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{text}: {message}");
    }
    assert!(server.cubes.asked.lock().unwrap().is_empty());

    // What async-graphql lets through: a text in the place of an object.
    let text = "query($query: CubeQuery!) { cube(query: $query) { elapsedMs } }";
    for (variable, expected) in [
        (serde_json::json!("all"), r#"`query`: "all" is not an object"#),
        (
            serde_json::json!({ "measures": ["PLAYS"], "where": { "and": ["x"] } }),
            r#"`query.where.and[0]`: "x" is not an object"#,
        ),
        (
            serde_json::json!({ "measures": ["PLAYS"], "where": { "country": { "anyOff": ["US"] } } }),
            "anyOff",
        ),
        (
            serde_json::json!({ "measures": ["PLAYS"], "where": "x".repeat(1_000) }),
            "xx… is not an object",
        ),
    ] {
        let body = server.ask(text, serde_json::json!({ "query": variable })).await;
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    }
}

/// A filter of as many values as a body holds must not cost a path for each of them.
#[tokio::test]
async fn long_lists_are_lowered() {
    let names = std::sync::Arc::new(Names::try_new(&media()).unwrap());
    let field = Field::new("n", TypeRef::named_nn(TypeRef::INT), move |context| {
        let names = std::sync::Arc::clone(&names);
        FieldFuture::new(async move {
            let query = query(&names, &required(&context.args, "query").unwrap()).unwrap();
            let Some(Filter::Field { test: Test::AnyOf(values), .. }) = query.filter else {
                panic!("another filter")
            };
            Ok(Some(async_graphql::Value::from(values.len())))
        })
    });
    let anything = async_graphql::dynamic::Scalar::new("Anything");
    let argument = InputValue::new("query", TypeRef::named_nn("Anything"));
    let query = Object::new("Query").field(field.argument(argument));
    let schema = Schema::build("Query", None, None).register(query).register(anything);
    let values = (0..50_000).map(|n| format!("\"v{n}\"")).collect::<Vec<_>>().join(",");
    let text = format!("{{ n(query: {{ where: {{ country: {{ anyOf: [{values}] }} }} }}) }}");
    let response = schema.finish().unwrap().execute(text).await;
    assert_eq!(response.data.to_string(), "{n: 50000}", "{:?}", response.errors);
}

/// A variable that nobody set must not ask for everything.
#[tokio::test]
async fn null_is_no_condition() {
    let server = TestServer::start().await;
    for (filter, path) in [
        ("{ country: null }", "query.where.country"),
        ("{ and: null }", "query.where.and"),
        ("{ country: { anyOf: null } }", "query.where.country.anyOf"),
        ("{ country: { anyOf: $values } }", "query.where.country.anyOf"),
        ("{ not: { country: { prefix: null } } }", "query.where.not.country.prefix"),
        ("{ audience: { allOf: $values, isNull: true } }", "query.where.audience.allOf"),
    ] {
        let query = format!(
            "query($values: [String!]) {{ cube(query: {{ measures: [PLAYS], where: {filter} }}) \
             {{ elapsedMs }} }}"
        );
        for variables in [json!({}), json!({ "values": null })] {
            let body = server
                .ask(
                    &query.replace(
                        "($values: [String!]) {",
                        if filter.contains('$') { "($values: [String!]) {" } else { " {" },
                    ),
                    variables,
                )
                .await;
            let error = &body["errors"][0];
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.starts_with(&format!("`{path}`: is null")), "{filter}: {body}");
            assert_eq!(error["extensions"]["code"], "INVALID_ARGUMENT");
        }
    }
    assert!(server.cubes.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_text_is_no_name_of_an_enum() {
    let server = TestServer::start().await;
    for (field, path) in [
        (r#"cube(query: { measures: ["PLAYS"] }) { elapsedMs }"#, "query.measures"),
        (r#"cube(query: { measures: "PLAYS" }) { elapsedMs }"#, "query.measures"),
        (r#"cube(query: { measures: [PLAYS] groupBy: ["DAY"] }) { elapsedMs }"#, "query.groupBy"),
        (
            r#"cube(query: { measures: [PLAYS] orderBy: [{ measure: "PLAYS" }] }) { elapsedMs }"#,
            "query.orderBy.measure",
        ),
        (
            r#"cube(query: { measures: [PLAYS] orderBy: { measure: PLAYS direction: "ASC" } }) { elapsedMs }"#,
            "query.orderBy.direction",
        ),
        (r#"members(field: "COUNTRY") { total }"#, "field"),
    ] {
        let body = server.ask(&format!("{{ {field} }}"), json!({})).await;
        let message = body["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("without quotes") || message.contains("Invalid"), "{body}");
        assert!(message.contains(path), "{body}");
    }
    // In variables, which are JSON, names are texts.
    let query = "query($m: [Measure!]!) { cube(query: { measures: $m }) { elapsedMs } }";
    let body = server.ask(query, json!({ "m": ["PLAYS"] })).await;
    assert_eq!(body.get("errors"), None, "{body}");
}

/// A measure that is named 500 times would make an answer of 78 MB.
#[tokio::test]
async fn a_name_stands_once_in_a_list_and_lists_have_an_end() {
    let server = TestServer::start().await;
    let many = |name: &str| format!("{name} ").repeat(500);
    for (arguments, code, message) in [
        ("measures: [PLAYS PLAYS]".to_owned(), "INVALID_ARGUMENT", "`query.measures[1]`: is given"),
        (
            "measures: [PLAYS] groupBy: [DAY ASSET DAY]".to_owned(),
            "INVALID_ARGUMENT",
            "`query.groupBy[2]`: is given twice",
        ),
        (
            "measures: [PLAYS] orderBy: [{ measure: PLAYS } { measure: PLAYS }]".to_owned(),
            "INVALID_ARGUMENT",
            "`query.orderBy[1]`: is given twice",
        ),
        (
            format!("measures: [{}]", many("PLAYS")),
            "RESOURCE_EXHAUSTED",
            "`query.measures`: has 500 entries; at most 256",
        ),
        (
            format!("measures: [PLAYS] groupBy: [{}]", many("DAY")),
            "RESOURCE_EXHAUSTED",
            "`query.groupBy`: has 500 entries",
        ),
        (
            format!("measures: [PLAYS] orderBy: [{}]", many("{ key: DAY }")),
            "RESOURCE_EXHAUSTED",
            "`query.orderBy`: has 500 entries",
        ),
    ] {
        let query = format!("{{ cube(query: {{ {arguments} }}) {{ elapsedMs }} }}");
        let body = server.ask(&query, json!({})).await;
        let error = &body["errors"][0];
        assert!(error["message"].as_str().unwrap_or_default().starts_with(message), "{body}");
        assert_eq!(error["extensions"]["code"], code);
    }
    assert!(server.cubes.asked.lock().unwrap().is_empty());
}
