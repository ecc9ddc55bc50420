//! Windows of time: trailing days and cumulative ones, against the events of these days.

use std::collections::BTreeSet;

use clio_proto::{
    Code, Comparison, CubeService as _, DayRange, Extra, Filter, Query, QueryRange, Test,
    TimeWindow, Value, runs,
};
use jiff::civil::Date;

use super::events::{Event, day, days};
use super::oracle::{holds, key_values, measure, range};
use super::queries::{MEASURES, gapped_lake, group_by, open, test, texts};

/// Where the window of a step's last day begins.
fn begins(query: &Query, asked: DayRange, first: Date) -> Date {
    match query.window.unwrap() {
        TimeWindow::Cumulative => asked.first(),
        TimeWindow::TrailingDays(n_days) => {
            let before = std::iter::successors(Some(first), |day| day.yesterday().ok());
            before.take(usize::try_from(n_days).unwrap()).last().unwrap()
        }
    }
}

/// Compares an answer with the events of each row's days.
fn check(events: &[Event], query: &Query, answer: &clio_proto::Answer) {
    let asked = range(events, query.range);
    let filter = query.filter.as_ref();
    let is_left = |event: &&Event| filter.is_none_or(|filter| holds(filter, event));
    let present: BTreeSet<Date> = events.iter().map(|event| event.day).collect();
    let mut expected: Vec<(Vec<Option<String>>, Vec<Value>)> = Vec::new();
    let name = |day: Date| {
        let event = events.iter().find(|event| event.day == day).unwrap();
        key_values(&query.group_by[0], event, filter).remove(0)
    };
    let in_range: Vec<Date> = present.iter().filter(|day| asked.contains(**day)).copied().collect();
    for step in in_range.chunk_by(|a, b| name(*a) == name(*b)) {
        let begins = begins(query, asked, step[0]);
        let last = *step.last().unwrap();
        let of_window: Vec<&Event> = events
            .iter()
            .filter(|event| (begins..=last).contains(&event.day))
            .filter(is_left)
            .collect();
        let mut others: BTreeSet<Vec<Option<String>>> = BTreeSet::new();
        for event in &of_window {
            match query.group_by.get(1) {
                Some(key) => {
                    let values = key_values(key, event, filter).into_iter();
                    others.extend(values.map(|own| vec![own]));
                }
                None => _ = others.insert(Vec::new()),
            }
        }
        for other in others {
            let is_own = |event: &&&Event| match (query.group_by.get(1), other.first()) {
                (Some(key), Some(value)) => key_values(key, event, filter).contains(value),
                _ => true,
            };
            let own: Vec<&Event> = of_window.iter().filter(is_own).copied().collect();
            let values = query.measures.iter().map(|name| measure(name, &own)).collect();
            expected.push(([vec![name(last)], other].concat(), values));
        }
    }
    let found: Vec<_> = answer
        .rows
        .iter()
        .map(|row| {
            let keys: Vec<Option<String>> = row.keys.iter().map(|key| key.value.clone()).collect();
            (keys, row.values.clone())
        })
        .collect();
    // By step, then null last.
    expected.sort_by(|(a, _), (b, _)| {
        let key = |keys: &[Option<String>]| -> Vec<(bool, Option<String>)> {
            keys.iter().map(|key| (key.is_none(), key.clone())).collect()
        };
        key(a).cmp(&key(b))
    });
    assert_eq!(found, expected, "{query:?}");
    let total: Vec<&Event> =
        events.iter().filter(|event| asked.contains(event.day)).filter(is_left).collect();
    let total: Vec<Value> = match in_range.is_empty() {
        true => vec![Value::undefined(); query.measures.len()],
        false => query.measures.iter().map(|name| measure(name, &total)).collect(),
    };
    assert_eq!(answer.total.values, total, "{query:?}");
    let first = in_range.first().map_or(asked.first(), |first| begins(query, asked, *first));
    let all = DayRange::try_new(first.min(asked.first()), asked.last()).unwrap();
    assert_eq!(answer.coverage.range, Some((all.first(), all.last())));
    assert_eq!(answer.coverage.missing, runs(all.days().filter(|day| !present.contains(day))));
    let n_present = present.iter().filter(|day| all.contains(**day)).count();
    assert_eq!(answer.coverage.n_days_present as usize, n_present);
}

#[tokio::test]
async fn windows_hold_their_days() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let some = QueryRange::Days { from: Some(day("2025-12-30")), to: Some(day("2026-02-28")) };
    let none = QueryRange::Days { from: Some(day("2026-01-20")), to: Some(day("2026-01-25")) };
    let us = test("country", Test::AnyOf(texts(&["US", "DE"])));
    for keys in [&["day"][..], &["day", "country"], &["day", "audience"]] {
        for window in [2, 3, 7, 28, 64, 366]
            .map(TimeWindow::TrailingDays)
            .into_iter()
            .chain([TimeWindow::Cumulative])
        {
            for range in [QueryRange::AllTime, some, none] {
                let filter = (keys.len() > 1).then(|| us.clone());
                let query = Query {
                    group_by: group_by(keys),
                    window: Some(window),
                    range,
                    filter,
                    limit: 5_000,
                    ..Query::total(MEASURES)
                };
                check(&lake.events, &query, &cubes.query(query.clone(), None).await.unwrap());
            }
        }
    }
    for key in ["week", "month", "year"] {
        let query = Query {
            group_by: group_by(&[key]),
            window: Some(TimeWindow::Cumulative),
            range: some,
            limit: 5_000,
            ..Query::total(MEASURES)
        };
        check(&lake.events, &query, &cubes.query(query.clone(), None).await.unwrap());
    }
}

/// Whole months and years are read if a window contains them.
#[tokio::test]
async fn a_window_reads_the_fewest_periods() {
    let cubes = open(&gapped_lake()).await;
    let all: BTreeSet<Date> = days("2025-12-28", "2026-01-03").into_iter().collect();
    let range = QueryRange::Days { from: all.first().copied(), to: all.last().copied() };
    let query = Query {
        group_by: group_by(&["day"]),
        window: Some(TimeWindow::Cumulative),
        range,
        ..Query::total(["viewers"])
    };
    let answer = cubes.query(query, None).await.unwrap();
    // One, two and three days, then the year that consists of them; then that year with one and two days, and with
    // their month.
    let n_files = 1 + 2 + 3 + 1 + 2 + 3 + 2;
    // And the total: 2025 and January.
    assert_eq!(answer.work.unwrap().n_files, n_files + 2);
}

#[tokio::test]
async fn what_has_no_window_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let query = |keys: &[&str], window| Query {
        group_by: group_by(keys),
        window: Some(window),
        ..Query::total(["plays"])
    };
    let seven = TimeWindow::TrailingDays(7);
    for (query, message) in [
        (query(&["country"], seven), "rows are not grouped by time; name `day` in `group_by`"),
        (
            query(&["week"], seven),
            "trailing days need rows by `day`, but rows are grouped by `week`",
        ),
        (query(&["day"], TimeWindow::TrailingDays(1)), "1 days; from 2 to 366 are allowed"),
        (query(&["day"], TimeWindow::TrailingDays(367)), "367 days; from 2 to 366 are allowed"),
        (
            Query { compare: Some(Comparison::Whole), ..query(&["day"], seven) },
            "not together with `compare`",
        ),
        (
            Query { extras: vec![Extra::Others], ..query(&["day"], seven) },
            "not together with shares or others, which overlapping rows do not have",
        ),
    ] {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert_eq!(error.message, format!("`window`: {message}"));
    }
    let empty = Filter::Or(Vec::new());
    let none = Query { filter: Some(empty), ..query(&["day"], seven) };
    assert!(cubes.query(none, None).await.unwrap().rows.is_empty());
}
