//! New and returning people, against the people of the events.

use std::collections::BTreeSet;

use clio_proto::{
    Answer, Code, CubeService as _, DayRange, Newcomers, Period, Query, QueryRange, Test,
    TimeWindow, Value, runs,
};
use clio_sketch::{Estimate, Joint};
use jiff::civil::Date;

use super::events::{Event, day, days, generate};
use super::lake::{TestLake, sketch};
use super::oracle::{holds, key_values, range};
use super::queries::{gapped_lake, group_by, open, test, texts};

fn told(estimate: Estimate) -> Value {
    let value = Value::estimate(estimate.value, estimate.lower, estimate.upper, estimate.exact);
    let half_width = (estimate.upper - estimate.lower) / 2.0;
    let is_told = estimate.exact || half_width <= estimate.value / 2.0;
    Value { value: value.value.filter(|_| is_told), ..value }
}

fn check(events: &[Event], query: &Query, answer: &Answer) {
    let asked = range(events, query.range);
    let filter = query.filter.as_ref();
    let n_days = query.look_back_days.unwrap();
    let present: BTreeSet<Date> = events.iter().map(|event| event.day).collect();
    let mut looked_at = BTreeSet::new();
    for row in &answer.rows {
        let is_of = |event: &&Event, n_keys: usize| {
            let keys = query.group_by.iter().zip(&row.keys).take(n_keys);
            keys.into_iter().all(|(key, own)| key_values(key, event, filter).contains(&own.value))
        };
        // The first requested day of the step, present or not.
        let step: Period = row.keys[0].value.as_deref().unwrap().parse().unwrap();
        let first = DayRange::of(step).unwrap().first().max(asked.first());
        let back = std::iter::successors(first.yesterday().ok(), |day| day.yesterday().ok());
        let back: BTreeSet<Date> = back.take(usize::try_from(n_days).unwrap()).collect();
        looked_at.extend(back.iter().copied());
        if back.is_disjoint(&present) {
            assert_eq!(row.newcomers, None);
            continue;
        }
        let people = |is_there: &dyn Fn(&&Event) -> bool| -> BTreeSet<u64> {
            let shown = events.iter().filter(|event| event.seconds.is_none());
            let left = shown.filter(|event| filter.is_none_or(|filter| holds(filter, event)));
            left.filter(is_there).map(|event| event.profile).collect()
        };
        let own = people(&|event| asked.contains(event.day) && is_of(event, query.group_by.len()));
        let seen = people(&|event| {
            let others = query.group_by.iter().zip(&row.keys).skip(1);
            let mut others = others.into_iter();
            back.contains(&event.day)
                && others.all(|(key, own)| key_values(key, event, filter).contains(&own.value))
        });
        let joint = Joint::of(&sketch(8, &seen), &sketch(8, &own)).unwrap();
        let expected = Newcomers {
            fresh: told(joint.right_only),
            returning: told(joint.both),
            n_days_missing: u32::try_from(back.difference(&present).count()).unwrap(),
        };
        assert_eq!(row.newcomers, Some(expected), "{query:?} {:?}", row.keys);
        // For few people the numbers are exact.
        if joint.both.exact {
            assert_eq!(expected.returning.value, Some(own.intersection(&seen).count() as f64));
            assert_eq!(expected.fresh.value, Some(own.difference(&seen).count() as f64));
        }
    }
    let look_back = answer.look_back.as_ref().unwrap();
    assert_eq!((look_back.measure.as_str(), look_back.n_days), ("viewers", n_days));
    // All rows are on the page, though a filter may exclude everything of a step.
    if filter.is_none() {
        let ends = looked_at.first().copied().zip(looked_at.last().copied());
        assert_eq!(look_back.coverage.range, ends);
        let n_present = present.intersection(&looked_at).count();
        assert_eq!(look_back.coverage.n_days_present as usize, n_present);
        let missing = runs(looked_at.difference(&present).copied());
        assert_eq!(look_back.coverage.missing, missing);
    }
}

#[tokio::test]
async fn who_is_new_was_not_seen_before() {
    let many = TestLake::with(generate(9, &days("2026-01-01", "2026-01-08"), 500));
    for lake in [gapped_lake(), many] {
        let cubes = open(&lake).await;
        let us = || Some(test("country", Test::AnyOf(texts(&["US", "DE"]))));
        let some = QueryRange::Days { from: Some(day("2026-01-02")), to: Some(day("2026-03-01")) };
        for (keys, n_days, range, filter) in [
            (&["day"][..], 28, QueryRange::AllTime, None),
            (&["day"], 1, some, us()),
            (&["day", "asset"], 3, some, None),
            (&["day", "audience"], 3_660, QueryRange::AllTime, us()),
            (&["week"], 7, QueryRange::AllTime, None),
            (&["week", "country"], 4, some, None),
            (&["month"], 31, QueryRange::AllTime, None),
        ] {
            let query = Query {
                group_by: group_by(keys),
                look_back_days: Some(n_days),
                range,
                filter,
                limit: 5_000,
                ..Query::total(["plays", "viewers"])
            };
            let answer = cubes.query(query.clone(), None).await.unwrap();
            // If only one month is present there is nothing before.
            let is_one = keys == ["month"] && answer.rows.len() == 1;
            assert_eq!(answer.rows.iter().all(|row| row.newcomers.is_none()), is_one);
            check(&lake.events, &query, &answer);
        }
    }
}

#[tokio::test]
async fn who_cannot_be_new_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let query = |keys: &[&str], n_days| Query {
        group_by: group_by(keys),
        look_back_days: Some(n_days),
        ..Query::total(["viewers"])
    };
    for (query, message) in [
        (query(&["country"], 7), "rows are not grouped by time; name `day` in `group_by`"),
        (query(&["day"], 0), "0 days; from 1 to 3660 are allowed"),
        (query(&["day"], 3_661), "3661 days; from 1 to 3660 are allowed"),
        (
            Query { window: Some(TimeWindow::Cumulative), ..query(&["day"], 7) },
            "not together with `window`",
        ),
        (
            Query { measures: vec!["plays".to_owned()], ..query(&["day"], 7) },
            "new people need a distinct measure, but none is requested",
        ),
    ] {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert_eq!(error.message, format!("`look_back_days`: {message}"));
    }
}
