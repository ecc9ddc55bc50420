//! The Open Bandit sample through a model file of its own: every count and every distinct count by
//! any one or two fields, by day, for the week and for all time, against an exact count.

use std::collections::BTreeMap;

use clio_proto::{
    Answer, CubeService, GroupKey, MAX_LIMIT, Query, QueryRange, RemoteConfig, RemoteCubes,
};
use clio_tests::{Bandit, Sandbox, open_bandit_folder, repository};

const FIELDS: [&str; 8] = [
    "item",
    "position",
    "policy",
    "campaign",
    "item.item_feature_0",
    "item.item_feature_1",
    "item.item_feature_2",
    "item.item_feature_3",
];
const MEASURES: [&str; 4] = ["impressions", "viewers", "clicks", "clickers"];

/// The groupings that are queried: none, each field, each pair; alone and by day.
fn groupings() -> Vec<Vec<&'static str>> {
    let mut groupings = vec![vec![]];
    for (index, first) in FIELDS.iter().enumerate() {
        groupings.push(vec![*first]);
        for second in &FIELDS[index + 1..] {
            groupings.push(vec![*first, *second]);
        }
    }
    groupings
}

fn query(fields: &[&str], range: QueryRange) -> Query {
    let group_by = fields.iter().map(|field| {
        let Ok(key) = field.parse();
        key
    });
    Query { range, group_by: group_by.collect(), limit: MAX_LIMIT, ..Query::total(MEASURES) }
}

/// The answer's rows as whole numbers. A sketch's estimate is rounded: below a few thousand its error is less than a
/// half unless two viewers share a slot of the sketch.
fn counts(answer: &Answer) -> BTreeMap<Vec<String>, [u64; 4]> {
    let rows = if answer.group_by.is_empty() {
        std::slice::from_ref(&answer.total)
    } else {
        assert_eq!(answer.rows.len() as u64, answer.n_groups, "every group fits in one page");
        &answer.rows
    };
    rows.iter()
        .map(|row| {
            let keys = row.keys.iter().map(|key| key.value.clone().expect("no field is null"));
            let numbers = std::array::from_fn(|index| {
                let value = &row.values[index];
                let number = value.value.expect("counts are always defined").round();
                assert!(value.lower.is_some_and(|lower| lower <= number));
                assert!(value.upper.is_some_and(|upper| number <= upper));
                format!("{number:.0}").parse().expect("counts are whole and not negative")
            });
            (keys.collect(), numbers)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_count_by_one_or_two_fields_is_exact() {
    let exact = Bandit::read(&open_bandit_folder());
    assert_eq!(exact.events.len(), 40_000);
    let sandbox = Sandbox::new();
    let model = repository().join("tests/datasets/open-bandit/open-bandit.toml");
    let report = sandbox.etl(&model, "lake", &[]);
    assert_eq!(report["days"].as_array().map(Vec::len), Some(7), "{report}");
    let server =
        sandbox.serve(&["serve", "--lake", &sandbox.text("lake"), "--grpc", "127.0.0.1:0"]);
    let remote = RemoteConfig { endpoints: vec![server.url.clone()], ..RemoteConfig::default() };
    let cubes = RemoteCubes::new(&remote).unwrap();

    let week = QueryRange::Days {
        from: Some("2019-11-24".parse().unwrap()),
        to: Some("2019-11-30".parse().unwrap()),
    };
    let mut n_compared = 0;
    for fields in groupings() {
        for range in [QueryRange::AllTime, week] {
            let answer = cubes.query(query(&fields, range), None).await.unwrap();
            assert!(answer.coverage.missing.is_empty());
            assert_eq!(counts(&answer), exact.count(&fields), "{fields:?} {range:?}");
            n_compared += exact.count(&fields).len();
        }
        let by_day: Vec<_> = std::iter::once("day").chain(fields.iter().copied()).collect();
        let answer = cubes.query(query(&by_day, week), None).await.unwrap();
        assert_eq!(answer.group_by[0], GroupKey::Time(clio_proto::TimeGrain::Day));
        assert_eq!(counts(&answer), exact.count(&by_day), "{by_day:?}");
        n_compared += exact.count(&by_day).len();
    }
    assert!(n_compared > 10_000, "only {n_compared} groups were compared");
}
