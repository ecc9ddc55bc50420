//! Comparisons of every kind, each against the events of both sides.

use std::collections::BTreeSet;

use clio_proto::{
    Answer, Code, Compared, Comparison, CubeService as _, DayRange, Filter, GroupKey, Query,
    QueryRange, Row, Test, TimeGrain, Value,
};
use jiff::ToSpan as _;

use super::events::{AUDIENCES, COUNTRIES, Event, Numbers, day, days, generate};
use super::lake::TestLake;
use super::oracle::{check, holds, key_values, measure, range};
use super::queries::{any_query, field, gapped_lake, group_by, open, test, texts};

type Keys = Vec<Option<String>>;

/// The events of a range that pass a query's filter.
fn selected<'a>(events: &'a [Event], query: &Query, range: DayRange) -> Vec<&'a Event> {
    let is_left = |event: &&Event| query.filter.as_ref().is_none_or(|filter| holds(filter, event));
    events.iter().filter(|event| range.contains(event.day)).filter(is_left).collect()
}

/// Whether an event belongs to a group.
fn is_of(query: &Query, event: &Event, keys: &Keys) -> bool {
    query
        .group_by
        .iter()
        .zip(keys)
        .all(|(key, value)| key_values(key, event, query.filter.as_ref()).contains(value))
}

fn time_at(query: &Query) -> Option<usize> {
    query.group_by.iter().position(|key| matches!(key, GroupKey::Time(_)))
}

/// The name of a day's step of time.
fn step_name(query: &Query, day: jiff::civil::Date) -> Option<String> {
    let event = Event { day, ..generate(1, &days("2026-01-01", "2026-01-01"), 1).remove(0) };
    key_values(&query.group_by[time_at(query)?], &event, None).remove(0)
}

/// The steps of a range by the calendar, in order.
fn steps(query: &Query, range: DayRange) -> Vec<Option<String>> {
    let mut names: Vec<_> = range.days().map(|day| step_name(query, day)).collect();
    names.dedup();
    names
}

/// The days of the other side.
fn other_range(query: &Query, own: DayRange) -> DayRange {
    match &query.compare {
        Some(Comparison::PreviousPeriod) => {
            let last = own.first().yesterday().unwrap();
            let first = own.first() - i64::from(own.n_days()).days();
            DayRange::try_new(first, last).unwrap()
        }
        Some(Comparison::Days(days)) => *days,
        _ => own,
    }
}

/// The other side of a row: its events, or `None` if none of its days is present.
fn other_side<'a>(events: &'a [Event], query: &Query, keys: &Keys) -> Option<Vec<&'a Event>> {
    let own = range(events, query.range);
    let mut all = selected(events, query, other_range(query, own));
    let time = time_at(query);
    match query.compare.as_ref().unwrap() {
        Comparison::PreviousPeriod | Comparison::Days(_) => {
            let other = other_range(query, own);
            let mut keys = keys.clone();
            let is_there = |event: &&Event| other.contains(event.day);
            if let Some(at) = time {
                let place = steps(query, own).iter().position(|name| *name == keys[at]).unwrap();
                keys[at] = steps(query, other).get(place)?.clone();
                let is_of_step = |event: &&Event| step_name(query, event.day) == keys[at];
                events.iter().filter(is_there).find(is_of_step)?;
            }
            events.iter().find(is_there)?;
            all.retain(|event| is_of(query, event, &keys));
        }
        Comparison::Member { field, value } => {
            let key = GroupKey::Field(field.clone());
            let at = query.group_by.iter().position(|own| *own == key).unwrap();
            let mut keys = keys.clone();
            keys[at].clone_from(value);
            all.retain(|event| is_of(query, event, &keys));
        }
        Comparison::Rest | Comparison::Whole => {
            let is_rest = query.compare == Some(Comparison::Rest);
            all.retain(|event| !is_rest || !is_of(query, event, keys));
            if let Some(at) = time.filter(|_| query.group_by.len() > 1) {
                all.retain(|event| step_name(query, event.day) == keys[at]);
            }
        }
        Comparison::Snapshot(_) => panic!("what another snapshot says has tests of its own"),
    }
    Some(all)
}

fn is_close(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= 1e-9 * expected.abs())
}

/// What must hold of two values compared, given the other one.
fn check_values(own: Value, expected: Value, found: &Compared, is_itself: bool) {
    let Compared { other, difference, ratio } = found;
    assert_eq!(*other, expected);
    let (Some(a), Some(b)) = (own.value, other.value) else {
        assert_eq!((*difference, *ratio), (Value::undefined(), Value::undefined()));
        return;
    };
    assert!(is_close(difference.value, a - b), "{difference:?} {a} {b}");
    let has_ratio = b != 0.0;
    assert_eq!(ratio.value.is_some(), has_ratio, "{ratio:?} {a} {b}");
    assert!(!has_ratio || is_close(ratio.value, a / b), "{ratio:?} {a} {b}");
    let is_exact = is_itself || own.exact && other.exact;
    assert_eq!(difference.exact, is_exact);
    assert_eq!(ratio.exact, is_exact && has_ratio);
    for value in [difference, ratio] {
        if let (Some(lower), Some(upper)) = (value.lower, value.upper) {
            assert!(Some(lower) <= value.value && value.value <= Some(upper), "{value:?}");
            assert_eq!(value.exact, is_exact);
        }
    }
}

pub(super) fn check_compared(events: &[Event], query: &Query, answer: &Answer) {
    let plain = |row: &Row| Row { compared: Vec::new(), ..row.clone() };
    let without = Answer {
        rows: answer.rows.iter().map(plain).collect(),
        total: plain(&answer.total),
        compared_coverage: None,
        ..answer.clone()
    };
    check(events, &Query { compare: None, ..query.clone() }, &without);
    for row in &answer.rows {
        let keys: Keys = row.keys.iter().map(|key| key.value.clone()).collect();
        let other = other_side(events, query, &keys);
        let is_itself = match query.compare.as_ref().unwrap() {
            Comparison::Member { field, value } => {
                let key = GroupKey::Field(field.clone());
                query.group_by.iter().zip(&keys).any(|(own, found)| *own == key && found == value)
            }
            _ => false,
        };
        assert_eq!(row.compared.len(), query.measures.len());
        for ((name, own), found) in query.measures.iter().zip(&row.values).zip(&row.compared) {
            let expected = other.as_ref().map_or_else(Value::undefined, |of| measure(name, of));
            check_values(*own, expected, found, is_itself);
        }
    }
    assert!(answer.others.iter().all(|row| row.compared.is_empty()));
    check_total(events, query, answer);
}

/// The total is compared only with other days, whose presence the answer reports.
fn check_total(events: &[Event], query: &Query, answer: &Answer) {
    let is_of_days =
        matches!(query.compare, Some(Comparison::PreviousPeriod | Comparison::Days(_)));
    assert_eq!(answer.compared_coverage.is_some(), is_of_days);
    let Some(coverage) = &answer.compared_coverage else {
        assert!(answer.total.compared.is_empty());
        return;
    };
    let other = other_range(query, range(events, query.range));
    assert_eq!(coverage.range, Some((other.first(), other.last())));
    let present: BTreeSet<_> =
        events.iter().map(|event| event.day).filter(|day| other.contains(*day)).collect();
    assert_eq!(coverage.n_days_present as usize, present.len());
    let all = selected(events, query, other);
    assert_eq!(answer.total.compared.len(), query.measures.len());
    let values = query.measures.iter().zip(&answer.total.values).zip(&answer.total.compared);
    for ((name, own), found) in values {
        let expected = if present.is_empty() { Value::undefined() } else { measure(name, &all) };
        check_values(*own, expected, found, false);
    }
}

/// A query with a comparison that is allowed for it.
pub(super) fn any_compared(numbers: &mut Numbers) -> Query {
    let mut query = any_query(numbers);
    let fields: Vec<_> = query
        .group_by
        .iter()
        .filter_map(|key| match key {
            GroupKey::Field(field) => Some(field.clone()),
            GroupKey::Time(_) => None,
        })
        .collect();
    let has_from = matches!(query.range, QueryRange::Days { from: Some(_), .. });
    query.compare = Some(match numbers.below(5) {
        0 if has_from => Comparison::PreviousPeriod,
        1 if !fields.is_empty() => {
            let field = numbers.pick(&fields).clone();
            let value = match field.to_string().as_str() {
                "asset" => Some(format!("asset-{}", numbers.below(12))),
                "country" => Some((*numbers.pick(&COUNTRIES)).to_owned()),
                "audience" => Some((*numbers.pick(&AUDIENCES)).to_owned()),
                "asset.media_type" => Some("video".to_owned()),
                "asset.tags" => Some((*numbers.pick(&["new", "kids"])).to_owned()),
                _ => Some("life".to_owned()),
            };
            Comparison::Member { field, value: value.filter(|_| numbers.below(6) > 0) }
        }
        2 if !query.group_by.is_empty() => Comparison::Rest,
        3 if !query.group_by.is_empty() => Comparison::Whole,
        _ => {
            let span = days("2025-12-20", "2026-03-10");
            let mut ends = [*numbers.pick(&span), *numbers.pick(&span)];
            ends.sort_unstable();
            Comparison::Days(DayRange::try_new(ends[0], ends[1]).unwrap())
        }
    });
    query
}

#[tokio::test]
async fn any_comparison_agrees_with_the_naive_evaluation() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let mut numbers = Numbers(15);
    let (mut n_refused, n_queries) = (0, 700);
    for _ in 0..n_queries {
        let query = any_compared(&mut numbers);
        match cubes.query(query.clone(), None).await {
            Ok(answer) => check_compared(&lake.events, &query, &answer),
            // A member that the filter excludes.
            Err(error) => {
                assert!(matches!(query.compare, Some(Comparison::Member { .. })), "{error}");
                assert!(error.message.starts_with("`compare`: the filter excludes"), "{error}");
                n_refused += 1;
            }
        }
    }
    assert!(n_refused * 10 < n_queries, "{n_refused}");
}

/// Sketches that are registers, of rows with few and with many people in common.
#[tokio::test]
async fn large_sketches_are_compared_as_well() {
    let lake = TestLake::with(generate(9, &days("2026-01-01", "2026-01-06"), 600));
    let cubes = open(&lake).await;
    let last_days = QueryRange::Days { from: Some(day("2026-01-04")), to: None };
    for (range, keys, compare) in [
        (last_days, &["asset"][..], Comparison::PreviousPeriod),
        (last_days, &["country", "day"], Comparison::PreviousPeriod),
        (QueryRange::AllTime, &["audience", "country"], Comparison::Rest),
        (QueryRange::AllTime, &["day"], Comparison::Rest),
        (QueryRange::AllTime, &["audience"], Comparison::Whole),
        (QueryRange::AllTime, &["country", "day"], Comparison::Whole),
        (QueryRange::AllTime, &["asset.tags", "month"], Comparison::Rest),
        (
            QueryRange::AllTime,
            &["country"],
            Comparison::Member { field: field("country"), value: Some("US".to_owned()) },
        ),
    ] {
        let query = Query {
            range,
            group_by: group_by(keys),
            compare: Some(compare),
            limit: 5_000,
            ..Query::total(["plays", "viewers", "players", "take_rate", "seconds"])
        };
        let answer = cubes.query(query.clone(), None).await.unwrap();
        let is_estimated = |row: &Row| !row.compared[1].difference.exact;
        assert!(answer.rows.iter().any(is_estimated), "{query:?}");
        check_compared(&lake.events, &query, &answer);
    }
}

/// The work for other days is counted, too.
#[tokio::test]
async fn the_other_side_is_in_what_an_answer_took() {
    let cubes = open(&gapped_lake()).await;
    let range = QueryRange::Days { from: Some(day("2026-01-01")), to: Some(day("2026-01-02")) };
    let query = Query { range, ..Query::total(["viewers"]) };
    let alone = cubes.query(query.clone(), None).await.unwrap().work.unwrap();
    let other = DayRange::try_new(day("2025-12-30"), day("2025-12-31")).unwrap();
    let range = QueryRange::Days { from: Some(other.first()), to: Some(other.last()) };
    let before = Query { range, ..Query::total(["viewers"]) };
    let before = cubes.query(before, None).await.unwrap().work.unwrap();
    let compared = Query { compare: Some(Comparison::PreviousPeriod), ..query };
    let both = cubes.query(compared, None).await.unwrap();
    let work = both.work.unwrap();
    assert_eq!(work.n_files, alone.n_files + before.n_files);
    assert_eq!(work.n_cells_selected, alone.n_cells_selected + before.n_cells_selected);
    assert_eq!(both.compared_coverage.unwrap().range, Some((other.first(), other.last())));
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let query = |keys: &[&str], compare| Query {
        group_by: group_by(keys),
        compare: Some(compare),
        ..Query::total(["plays"])
    };
    let member = |name: &str, value: &str| Comparison::Member {
        field: field(name),
        value: Some(value.to_owned()),
    };
    let us = Filter::Not(Box::new(test("country", Test::AnyOf(texts(&["US"])))));
    for (query, message) in [
        (
            query(&["asset"], Comparison::PreviousPeriod),
            "`compare`: there are no days before those that are present; give the first day of the query (`from`)",
        ),
        (
            query(&["asset", "day"], member("country", "US")),
            "`compare`: a member of `country`, which rows are not grouped by (`asset`, `day`); name it in `group_by`",
        ),
        (
            query(&[], member("country", "US")),
            "`compare`: a member of `country`, which rows are not grouped by (none); name it in `group_by`",
        ),
        (
            query(&["country"], member("country", "us")),
            "`compare`: `country` has no value `us`; did you mean `US`?",
        ),
        (
            query(&["country"], member("country", "Atlantis")),
            "`compare`: `country` has no value `Atlantis`",
        ),
        (
            query(&["country"], member("nope", "US")),
            "`compare`: unknown field `nope`; there are: `asset`, `asset.title`, `asset.media_type`, `asset.tags`, \
             `country`, `audience`, `audience.kind`",
        ),
        (
            Query { filter: Some(us), ..query(&["country"], member("country", "US")) },
            "`compare`: the filter excludes `country` = `US`; include it, too",
        ),
        (
            query(&[], Comparison::Rest),
            "`compare`: the rest needs rows, but nothing is grouped; name keys in `group_by`",
        ),
        (
            query(&[], Comparison::Whole),
            "`compare`: the whole needs rows, but nothing is grouped; name keys in `group_by`",
        ),
    ] {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, message));
    }
    let grain = GroupKey::Time(TimeGrain::Day);
    let long = DayRange::try_new(day("0001-01-01"), day("9999-12-31")).unwrap();
    let long = Query { group_by: vec![grain], ..query(&[], Comparison::Days(long)) };
    let error = cubes.query(long, None).await.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted);
    assert!(error.message.starts_with("`compare`: the days from 0001-01-01 to"), "{error}");
}
