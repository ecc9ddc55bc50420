//! What an answer says besides its numbers: gaps, values that do not exist, and which groups a filter leaves.

use clio_proto::{Code, CubeService as _, Filter, Notice, Query, QueryRange, Test, Value, n_days};

use super::events::{AUDIENCES, Numbers, all_values, day, days, generate};
use super::lake::TestLake;
use super::oracle::check;
use super::queries::{MEASURES, any_filter, field, gapped_lake, group_by, open, test, texts};
use crate::{Cubes, ServingConfig};

/// One event on 9999-12-31, or in 1900, made every query without dates fail: its range held more days than the limit;
/// and one in 1970 made each answer list 20 000 days.
#[tokio::test]
async fn a_far_day_neither_blocks_queries_nor_makes_them_huge() {
    let far = ["1900-01-01", "1970-01-01", "2026-01-05", "2026-01-07", "9999-12-31"].map(day);
    let lake = TestLake::with(generate(5, &far, 20));
    let cubes = open(&lake).await;
    for keys in [&[][..], &["day"], &["month"], &["year"], &["country"]] {
        for range in [
            QueryRange::AllTime,
            QueryRange::Days { from: Some(day("2026-01-01")), to: None },
            QueryRange::Days { from: None, to: Some(day("2026-01-06")) },
        ] {
            let query = Query { range, group_by: group_by(keys), ..Query::total(MEASURES) };
            let answer = cubes.query(query, None).await.unwrap();
            let coverage = &answer.coverage;
            assert!(coverage.missing.len() <= 4, "{:?}", coverage.missing);
            let (first, last) = coverage.range.unwrap();
            let n_asked = u64::from(clio_proto::DayRange::try_new(first, last).unwrap().n_days());
            assert_eq!(n_days(&coverage.missing) + u64::from(coverage.n_days_present), n_asked);
            assert!(answer.n_groups <= 5);
        }
    }
    let answer = cubes.query(Query::total(["impressions"]), None).await.unwrap();
    let gaps: Vec<String> = answer.coverage.missing.iter().map(ToString::to_string).collect();
    let expected = [
        "1900-01-02..1969-12-31",
        "1970-01-02..2026-01-04",
        "2026-01-06",
        "2026-01-08..9999-12-30",
    ];
    assert_eq!(gaps, expected);
}

/// A range without data had the value 0, marked exact.
#[tokio::test]
async fn a_range_without_data_has_no_numbers() {
    let cubes = open(&gapped_lake()).await;
    for keys in [&[][..], &["day"], &["country"]] {
        let range = QueryRange::Days { from: Some(day("2026-01-10")), to: Some(day("2026-01-20")) };
        let query = Query { range, group_by: group_by(keys), ..Query::total(MEASURES) };
        let answer = cubes.query(query, None).await.unwrap();
        assert_eq!(answer.total.values, vec![Value::undefined(); MEASURES.len()]);
        assert_eq!((answer.coverage.n_days_present, answer.n_groups), (0, 0));
    }
}

/// Equivalent filters gave different groups: `anyOf [a, b]` two, `or` of `anyOf [a]` and `anyOf [b]` all seven, a
/// prefix all seven.
#[tokio::test]
async fn groups_do_not_depend_on_how_a_filter_is_written() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let seed = 13;
    let mut numbers = Numbers(seed);
    for round in 0..150 {
        let filter = any_filter(&mut numbers, 3);
        for key in ["audience", "audience.kind", "asset.tags"] {
            let ask = |filter: Filter| Query {
                filter: Some(filter),
                group_by: group_by(&[key]),
                limit: 5_000,
                ..Query::total(["plays"])
            };
            let query = ask(filter.clone());
            let answer = cubes.query(query.clone(), None).await.unwrap();
            check(&lake.events, &query, &answer);
            for other in [singles(&filter), opposite(&opposite(&filter)), one_list(&filter)] {
                let equal = cubes.query(ask(other.clone()), None).await.unwrap();
                let case = format!("seed {seed}, round {round}: {filter:?} and {other:?}");
                assert_eq!(equal.total, answer.total, "{case}");
                assert_eq!(equal.rows, answer.rows, "{case}");
            }
        }
    }
}

fn of(field: &clio_proto::FieldRef, test: Test) -> Filter {
    Filter::Field { field: field.clone(), test }
}

/// The same filter with a test for each value.
fn singles(filter: &Filter) -> Filter {
    let all = |nodes: &[Filter]| nodes.iter().map(singles).collect();
    match filter {
        Filter::And(nodes) => Filter::And(all(nodes)),
        Filter::Or(nodes) => Filter::Or(all(nodes)),
        Filter::Not(node) => Filter::Not(Box::new(singles(node))),
        Filter::Field { field, test } => {
            let each = |values: &[String]| -> Vec<Filter> {
                let one = |value: &String| of(field, Test::AnyOf(vec![value.clone()]));
                values.iter().map(one).collect()
            };
            match test {
                Test::AnyOf(values) => Filter::Or(each(values)),
                Test::AllOf(values) => Filter::And(each(values)),
                Test::NoneOf(values) => Filter::Not(Box::new(Filter::Or(each(values)))),
                Test::IsNull(null) => Filter::Not(Box::new(of(field, Test::IsNull(!null)))),
                Test::Prefix(prefix) if super::oracle::is_multi(field) => {
                    let all = all_values(field);
                    let starting = all.into_iter().filter(|value| value.starts_with(prefix));
                    of(field, Test::AnyOf(starting.collect()))
                }
                Test::Prefix(_) | Test::Between(_) => filter.clone(),
            }
        }
    }
}

/// The negation, with `not` only at the tests.
fn opposite(filter: &Filter) -> Filter {
    match filter {
        Filter::And(nodes) => Filter::Or(nodes.iter().map(opposite).collect()),
        Filter::Or(nodes) => Filter::And(nodes.iter().map(opposite).collect()),
        Filter::Not(node) => (**node).clone(),
        Filter::Field { field, test: Test::AnyOf(values) } => {
            of(field, Test::NoneOf(values.clone()))
        }
        Filter::Field { field, test: Test::NoneOf(values) } => {
            of(field, Test::AnyOf(values.clone()))
        }
        Filter::Field { .. } => Filter::Not(Box::new(filter.clone())),
    }
}

/// The same filter inside lists of one, backwards and twice.
fn one_list(filter: &Filter) -> Filter {
    let turned = |nodes: &[Filter]| -> Vec<Filter> {
        nodes.iter().rev().flat_map(|node| [one_list(node), one_list(node)]).collect()
    };
    match filter {
        Filter::And(nodes) => Filter::Or(vec![Filter::And(turned(nodes))]),
        Filter::Or(nodes) => Filter::And(vec![Filter::Or(turned(nodes))]),
        Filter::Not(node) => Filter::Not(Box::new(one_list(node))),
        Filter::Field { .. } => Filter::And(vec![filter.clone()]),
    }
}

#[tokio::test]
async fn groups_are_the_values_that_the_filter_can_be_true_for() {
    let cubes = open(&gapped_lake()).await;
    let any = |values: &[&str]| test("audience", Test::AnyOf(texts(values)));
    let all_but = |out: &[&str]| -> Vec<&str> {
        AUDIENCES.into_iter().filter(|own| !out.contains(own)).collect()
    };
    let cases = [
        (any(&["sports"]), vec!["sports"]),
        (Filter::Or(vec![any(&["sports"]), any(&["other"])]), vec!["sports", "other"]),
        (test("audience", Test::Prefix("s".to_owned())), vec!["sports", "students"]),
        (test("audience", Test::AllOf(texts(&["sports", "other"]))), vec!["sports", "other"]),
        (Filter::And(vec![any(&["sports"]), any(&["other"])]), vec!["sports", "other"]),
        (Filter::And(vec![any(&["sports", "other"]), any(&["other"])]), vec!["other"]),
        (test("audience", Test::NoneOf(texts(&["sports"]))), all_but(&["sports"])),
        (Filter::Not(Box::new(any(&["sports"]))), all_but(&["sports"])),
        (test("audience", Test::IsNull(false)), all_but(&[])),
        (test("audience", Test::IsNull(true)), vec![]),
        (test("country", Test::AnyOf(texts(&["US"]))), all_but(&[])),
        (
            Filter::Or(vec![test("country", Test::AnyOf(texts(&["US"]))), any(&["sports"])]),
            all_but(&[]),
        ),
    ];
    for (filter, mut expected) in cases {
        let query = Query {
            filter: Some(filter.clone()),
            group_by: group_by(&["audience"]),
            ..Query::total(["impressions"])
        };
        let answer = cubes.query(query, None).await.unwrap();
        let keys = answer.rows.iter().filter_map(|row| row.keys[0].value.as_deref());
        let mut found: Vec<&str> = keys.collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{filter:?}");
    }
}

/// A misspelled value in a filter was silently answered with zeros.
#[tokio::test]
async fn a_value_that_does_not_exist_is_named_with_those_that_are_like_it() {
    let cubes = open(&gapped_lake()).await;
    let notice = |name: &str, value: &str, is_prefix: bool, nearest: &[&str]| Notice {
        field: field(name),
        value: value.to_owned(),
        is_prefix,
        nearest: texts(nearest),
    };
    let cases = [
        (
            test("country", Test::AnyOf(texts(&["us", "FR"]))),
            vec![notice("country", "us", false, &["US"])],
        ),
        (
            test("country", Test::NoneOf(texts(&["Osterreich"]))),
            vec![notice("country", "Osterreich", false, &["Österreich"])],
        ),
        (
            test("audience", Test::AllOf(texts(&["sport", "racing"]))),
            vec![notice("audience", "sport", false, &["sports"])],
        ),
        (
            test("audience.kind", Test::AnyOf(texts(&["intrest"]))),
            vec![notice("audience.kind", "intrest", false, &["interest"])],
        ),
        (
            test("asset.title", Test::Prefix("titel".to_owned())),
            vec![notice("asset.title", "titel", true, &["title-0", "title-1", "title-2"])],
        ),
        (test("country", Test::Prefix("Ö".to_owned())), vec![]),
        (test("country", Test::AnyOf(texts(&["US"]))), vec![]),
        (
            Filter::Not(Box::new(test("country", Test::AnyOf(texts(&["Atlantis"]))))),
            vec![notice("country", "Atlantis", false, &[])],
        ),
    ];
    for (filter, expected) in cases {
        let query = Query { filter: Some(filter), ..Query::total(["plays"]) };
        let answer = cubes.query(query, None).await.unwrap();
        assert_eq!((answer.n_notices, answer.notices), (expected.len() as u64, expected));
    }
    let many: Vec<String> = (0..50).map(|n| format!("nowhere-{n}")).collect();
    let filter = Some(test("country", Test::AnyOf(many)));
    let answer = cubes.query(Query { filter, ..Query::total(["plays"]) }, None).await.unwrap();
    assert_eq!((answer.n_notices, answer.notices.len()), (50, clio_proto::MAX_NOTICES));
}

/// Queries before the first load hung.
#[tokio::test]
async fn questions_before_the_first_load_are_refused() {
    let lake = TestLake::with(generate(1, &days("2026-01-01", "2026-01-02"), 10));
    let cubes = Cubes::start(ServingConfig::new(lake.url())).unwrap();
    let query = || Query::total(["plays"]);
    let error = cubes.query(query(), None).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable);
    assert!(error.message.ends_with("is being loaded; try again"), "{error}");
    assert_eq!(cubes.describe().await.unwrap_err().code, Code::Unavailable);
    cubes.load().await;
    assert!(cubes.query(query(), None).await.is_ok());
}
