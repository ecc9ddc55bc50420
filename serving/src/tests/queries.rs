//! Queries of every kind, each compared with the naive evaluation.

use std::sync::Arc;

use clio_proto::{
    CubeService as _, Direction, Extra, FieldRef, Filter, GroupKey, Having, MeasureTest, Order,
    OrderBy, Query, QueryRange, Test, TimeGrain,
};

use super::events::{AUDIENCES, COUNTRIES, Numbers, day, days, generate};
use super::lake::TestLake;
use super::oracle::{check, is_multi};
use crate::{Cubes, ServingConfig};

pub(super) const MEASURES: [&str; 11] = [
    "impressions",
    "viewers",
    "clicks",
    "seconds",
    "plays",
    "players",
    "watch.p50",
    "watch.p99.9",
    "take_rate",
    "short",
    "long",
];

pub(super) fn field(text: &str) -> FieldRef {
    FieldRef::parse(text)
}

pub(super) fn test(name: &str, test: Test) -> Filter {
    Filter::Field { field: field(name), test }
}

pub(super) fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

pub(super) fn group_by(keys: &[&str]) -> Vec<GroupKey> {
    keys.iter().map(|key| key.parse().unwrap()).collect()
}

pub(super) async fn open(lake: &TestLake) -> Arc<Cubes> {
    Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap()
}

/// Two runs of consecutive days with a gap, over two years.
pub(super) fn gapped_lake() -> TestLake {
    let mut all = days("2025-12-28", "2026-01-03");
    all.extend(days("2026-02-27", "2026-03-02"));
    TestLake::with(generate(7, &all, 60))
}

async fn check_all(lake: &TestLake, queries: impl IntoIterator<Item = Query>) {
    let cubes = open(lake).await;
    for query in queries {
        let answer = cubes.query(query.clone(), None).await.unwrap();
        check(&lake.events, &query, &answer);
    }
}

fn all_measures() -> Query {
    Query { limit: 5_000, ..Query::total(MEASURES) }
}

#[tokio::test]
async fn totals_are_those_of_the_events() {
    let lake = gapped_lake();
    let range = |from: &str, to: &str| {
        let end = |text: &str| (!text.is_empty()).then(|| day(text));
        Query { range: QueryRange::Days { from: end(from), to: end(to) }, ..all_measures() }
    };
    let queries = [
        all_measures(),
        range("", ""),
        range("2025-12-30", "2026-02-28"),
        range("2025-12-01", "2025-12-31"),
        range("2026-01-01", ""),
        range("", "2026-01-01"),
        range("2026-01-10", "2026-01-20"),
        range("2027-01-01", ""),
    ];
    check_all(&lake, queries).await;
}

#[tokio::test]
async fn every_field_and_step_of_time_groups() {
    let lake = gapped_lake();
    let keys: [&[&str]; 18] = [
        &["asset"],
        &["country"],
        &["audience"],
        &["asset.title"],
        &["asset.media_type"],
        &["asset.tags"],
        &["audience.kind"],
        &["day"],
        &["week"],
        &["month"],
        &["year"],
        &["audience", "week", "country"],
        &["country", "asset"],
        &["country", "month"],
        &["day", "audience"],
        &["audience", "asset.tags"],
        &["asset", "asset.media_type", "country", "audience"],
        &["audience", "year", "audience.kind"],
    ];
    let queries = keys.map(|keys| Query { group_by: group_by(keys), ..all_measures() });
    check_all(&lake, Vec::from(queries)).await;
}

#[tokio::test]
async fn tests_see_sets_of_values() {
    let lake = gapped_lake();
    let tests = [
        test("country", Test::AnyOf(texts(&["US", "FR", "nowhere"]))),
        test("country", Test::AnyOf(texts(&[]))),
        test("country", Test::AllOf(texts(&["US", "US"]))),
        test("country", Test::AllOf(texts(&[]))),
        test("country", Test::NoneOf(texts(&["US"]))),
        test("country", Test::NoneOf(texts(&[]))),
        test("country", Test::Prefix("Öst".to_owned())),
        test("country", Test::Prefix(String::new())),
        test("country", Test::IsNull(true)),
        test("asset", Test::IsNull(false)),
        test("audience", Test::AnyOf(texts(&["sports", "parents"]))),
        test("audience", Test::AllOf(texts(&["sports", "parents"]))),
        test("audience", Test::AllOf(texts(&["sports", "nobody"]))),
        test("audience", Test::NoneOf(texts(&["sports", "parents"]))),
        test("audience", Test::IsNull(true)),
        test("audience", Test::IsNull(false)),
        test("audience", Test::Prefix("s".to_owned())),
        test("audience.kind", Test::AllOf(texts(&["interest", "life"]))),
        test("audience.kind", Test::IsNull(true)),
        test("asset.tags", Test::AllOf(texts(&["kids", "new"]))),
        test("asset.tags", Test::NoneOf(texts(&["kids"]))),
        test("asset.media_type", Test::AnyOf(texts(&["video"]))),
        test("asset.media_type", Test::IsNull(true)),
        test("asset.title", Test::Prefix("title-1".to_owned())),
        Filter::And(Vec::new()),
        Filter::Or(Vec::new()),
        Filter::Not(Box::new(test("asset.tags", Test::AnyOf(texts(&["new"]))))),
    ];
    let queries = tests.iter().flat_map(|filter| {
        ["asset", "audience", "asset.tags", "audience.kind"].map(|key| Query {
            filter: Some(filter.clone()),
            group_by: group_by(&[key]),
            ..all_measures()
        })
    });
    check_all(&lake, queries).await;
}

#[tokio::test]
async fn rows_are_ordered_and_paged() {
    let lake = gapped_lake();
    let by = |by: Order, direction: Direction| OrderBy { by, direction };
    let measure = |name: &str| Order::Measure(name.to_owned());
    let key = |key: &str| Order::Key(key.parse().unwrap());
    let (up, down) = (Direction::Ascending, Direction::Descending);
    let orders = [
        vec![],
        vec![by(measure("viewers"), up)],
        vec![by(measure("take_rate"), down)],
        vec![by(measure("take_rate"), up), by(key("country"), down)],
        vec![by(key("country"), down), by(measure("clicks"), up)],
        vec![by(key("asset"), up)],
        vec![by(key("asset"), down)],
    ];
    let pages = [(0, 0), (3, 0), (3, 2), (5_000, 10), (10, 5_000), (usize::MAX - 1, 0)];
    let queries = orders.iter().flat_map(|order_by| {
        pages.map(|(limit, offset)| Query {
            group_by: group_by(&["asset", "country"]),
            // A country without plays has no take rate: 0 / n is 0, but n / 0 is undefined.
            filter: Some(test("audience", Test::AllOf(texts(&["sports", "racing"])))),
            order_by: order_by.clone(),
            limit: limit.min(5_000),
            offset,
            ..all_measures()
        })
    });
    check_all(&lake, queries).await;
}

/// A filter of some depth over all fields, tests and values.
pub(super) fn any_filter(numbers: &mut Numbers, depth: usize) -> Filter {
    let n_kinds = if depth == 0 { 1 } else { 4 };
    match numbers.below(n_kinds) {
        0 => any_test(numbers),
        1 => Filter::Not(Box::new(any_filter(numbers, depth - 1))),
        kind => {
            let n_nodes = numbers.below(4);
            let nodes = (0..n_nodes).map(|_| any_filter(numbers, depth - 1)).collect();
            if kind == 2 { Filter::And(nodes) } else { Filter::Or(nodes) }
        }
    }
}

fn any_test(numbers: &mut Numbers) -> Filter {
    let (name, values): (&str, Vec<String>) = match numbers.below(7) {
        0 => ("asset", (0..13).map(|n| format!("asset-{n}")).collect()),
        1 => ("country", texts(&COUNTRIES)),
        2 => ("audience", texts(&AUDIENCES)),
        3 => ("asset.title", (0..6).map(|n| format!("title-{n}")).collect()),
        4 => ("asset.media_type", texts(&["video", "image", "text", "none"])),
        5 => ("asset.tags", texts(&["new", "kids", "drama", "4k"])),
        _ => ("audience.kind", texts(&["interest", "life"])),
    };
    let mut some = |n_most: usize| -> Vec<String> {
        (0..numbers.below(n_most + 1)).map(|_| numbers.pick(&values).clone()).collect()
    };
    let (several, one) = (some(3), some(1));
    let all = if is_multi(&field(name)) { several.clone() } else { one };
    let own = match numbers.below(5) {
        0 => Test::AnyOf(several),
        1 => Test::AllOf(all),
        2 => Test::NoneOf(several),
        3 => {
            let value = numbers.pick(&values);
            let end = value.char_indices().nth(numbers.below(4)).map_or(value.len(), |(at, _)| at);
            Test::Prefix(value[..end].to_owned())
        }
        _ => Test::IsNull(numbers.below(2) == 0),
    };
    test(name, own)
}

/// A condition of some depth over all measures and tests, with thresholds that some groups pass.
fn any_having(numbers: &mut Numbers, depth: usize) -> Having {
    let n_kinds = if depth == 0 { 1 } else { 4 };
    match numbers.below(n_kinds) {
        0 => {
            let mut number = || *numbers.pick(&[0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 12.0, 40.0, 300.0]);
            let (a, b) = (number(), number());
            let test = match numbers.below(6) {
                0 => MeasureTest::AtLeast(a),
                1 => MeasureTest::AtMost(a),
                2 => MeasureTest::Above(a),
                3 => MeasureTest::Below(a),
                4 => MeasureTest::Between { from: a.min(b), to: a.max(b) },
                _ => MeasureTest::IsNull(numbers.below(2) == 0),
            };
            Having::Measure { measure: numbers.pick(&MEASURES).to_string(), test }
        }
        1 => Having::Not(Box::new(any_having(numbers, depth - 1))),
        kind => {
            let n_parts = numbers.below(4);
            let all = (0..n_parts).map(|_| any_having(numbers, depth - 1)).collect();
            if kind == 2 { Having::And(all) } else { Having::Or(all) }
        }
    }
}

/// A query of any allowed kind.
pub(super) fn any_query(numbers: &mut Numbers) -> Query {
    let span = days("2025-12-20", "2026-03-10");
    let mut ends = [*numbers.pick(&span), *numbers.pick(&span)];
    ends.sort_unstable();
    let range = match numbers.below(4) {
        0 => QueryRange::AllTime,
        1 => QueryRange::Days { from: Some(ends[0]), to: None },
        2 => QueryRange::Days { from: None, to: Some(ends[1]) },
        _ => QueryRange::Days { from: Some(ends[0]), to: Some(ends[1]) },
    };
    let mut keys: Vec<GroupKey> = Vec::new();
    if numbers.below(3) == 0 {
        keys.push(GroupKey::Time(*numbers.pick(&TimeGrain::ALL)));
    }
    let names = ["asset", "country", "audience", "asset.media_type", "asset.tags", "audience.kind"];
    for _ in 0..numbers.below(3) {
        let key = GroupKey::Field(field(numbers.pick::<&str>(&names)));
        if !keys.contains(&key) {
            keys.insert(numbers.below(keys.len() + 1), key);
        }
    }
    let mut measures: Vec<String> = Vec::new();
    for _ in 0..=numbers.below(3) {
        let measure = numbers.pick(&MEASURES).to_string();
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    let mut order_by: Vec<OrderBy> = Vec::new();
    for _ in 0..numbers.below(3) {
        let by = if keys.is_empty() || numbers.below(2) == 0 {
            Order::Measure(numbers.pick(&measures).clone())
        } else {
            Order::Key(numbers.pick(&keys).clone())
        };
        let direction = *numbers.pick(&[Direction::Ascending, Direction::Descending]);
        if order_by.iter().all(|known| known.by != by) {
            order_by.push(OrderBy { by, direction });
        }
    }
    let is_grouped = !keys.is_empty();
    let by_measure = order_by.iter().any(|order| matches!(order.by, Order::Measure(_)))
        || order_by.is_empty() && !keys.iter().any(|key| matches!(key, GroupKey::Time(_)));
    let extras = Extra::ALL
        .into_iter()
        // Reach is only for small pages, verdicts only for compared rates of people: they have tests of their own.
        .filter(|extra| !matches!(extra, Extra::Reach | Extra::Intervals | Extra::Verdicts))
        .filter(|extra| numbers.below(2) == 0 && (by_measure || *extra != Extra::Ranks));
    let mut extras: Vec<Extra> = extras.collect();
    extras.extend((numbers.clone().below(3) == 0).then_some(Extra::Intervals));
    Query {
        range,
        extras,
        filter: (numbers.below(4) > 0).then(|| any_filter(numbers, 3)),
        having: (is_grouped && numbers.below(3) == 0).then(|| any_having(numbers, 2)),
        group_by: keys,
        measures,
        order_by,
        limit: *numbers.pick(&[1, 7, 5_000]),
        offset: *numbers.pick(&[0, 0, 3]),
        after: None,
        compare: None,
        window: None,
        look_back_days: None,
    }
}

#[tokio::test]
async fn any_query_agrees_with_the_naive_evaluation() {
    let lake = gapped_lake();
    let mut numbers = Numbers(2026);
    check_all(&lake, (0..1_500).map(|_| any_query(&mut numbers))).await;
}

/// A gateway asks this before it serves a file from its folder of previews.
#[tokio::test]
async fn previews_are_those_that_a_lookup_names() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    for (address, is_named) in [
        ("https://media.example/2.jpg", true),
        ("https://media.example/1.jpg", false),
        ("https://media.example/2.JPG", false),
        ("https://media.example/", false),
        // Values of other columns are not previews.
        ("US", false),
        ("video", false),
        ("", false),
    ] {
        assert_eq!(cubes.has_media(vec![address.to_owned()]).await, Ok(is_named), "{address}");
    }
    let any = ["nothing", "https://media.example/2.jpg"].map(str::to_owned).to_vec();
    assert_eq!(cubes.has_media(any).await, Ok(true));
    let error = cubes.has_media(vec![String::new(); 9]).await.unwrap_err();
    assert_eq!(error.code, clio_proto::Code::ResourceExhausted);
}
