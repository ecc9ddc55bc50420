//! Reach, against sets of people.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{
    Answer, Code, CubeService as _, Extra, GroupKey, MAX_REACH_ROWS, Query, Reach, Test, Value,
};
use clio_sketch::{Estimate, Joint, Sketch};

use super::events::{Event, days, field_values, generate};
use super::lake::{TestLake, sketch};
use super::oracle::holds;
use super::queries::{gapped_lake, group_by, open, test, texts};

/// The people of each group of one field.
fn people(events: &[Event], query: &Query) -> BTreeMap<Option<String>, BTreeSet<u64>> {
    let GroupKey::Field(field) = &query.group_by[0] else { panic!("one field") };
    let mut groups: BTreeMap<Option<String>, BTreeSet<u64>> = BTreeMap::new();
    let is_asked = |event: &&Event| query.filter.as_ref().is_none_or(|filter| holds(filter, event));
    for event in events.iter().filter(is_asked) {
        let values: Vec<_> = field_values(event, field).into_iter().map(Some).collect();
        for value in if values.is_empty() { vec![None] } else { values } {
            let people = groups.entry(value).or_default();
            if event.seconds.is_none() {
                people.insert(event.profile);
            }
        }
    }
    groups
}

fn told(estimate: Estimate) -> Value {
    let value = Value::estimate(estimate.value, estimate.lower, estimate.upper, estimate.exact);
    let half_width = (estimate.upper - estimate.lower) / 2.0;
    let is_told = estimate.exact || half_width <= estimate.value / 2.0;
    Value { value: value.value.filter(|_| is_told), ..value }
}

/// The sketches of the page's rows, from which the reach is computed.
fn sketches(events: &[Event], query: &Query, answer: &Answer) -> Vec<Sketch> {
    let groups = people(events, query);
    answer.rows.iter().map(|row| sketch(8, &groups[&row.keys[0].value])).collect()
}

fn check(sketches: &[Sketch], reach: &Reach) {
    let mut left: BTreeSet<usize> = (0..sketches.len()).collect();
    let mut covered = sketch(8, &BTreeSet::new());
    assert_eq!(reach.steps.len(), sketches.len());
    for step in &reach.steps {
        let row = usize::try_from(step.row).unwrap();
        assert!(left.remove(&row), "each row once");
        assert_eq!(step.incremental, told(Joint::of(&covered, &sketches[row]).unwrap().right_only));
        let with = |row: usize| {
            let mut union = covered.clone();
            union.union(&sketches[row]).unwrap();
            union
        };
        let cumulative = with(row).estimate();
        assert_eq!(step.cumulative.value, Some(cumulative.value));
        for other in &left {
            assert!(with(*other).estimate().value <= cumulative.value, "it adds most");
        }
        let mut others = sketch(8, &BTreeSet::new());
        let beside = sketches.iter().enumerate().filter(|(other, _)| *other != row);
        beside.for_each(|(_, other)| others.union(other).unwrap());
        assert_eq!(step.alone, told(Joint::of(&others, &sketches[row]).unwrap().right_only));
        covered = with(row);
    }
    assert_eq!(reach.deduplicated.value, Some(covered.estimate().value));
    let mut pairs = reach.overlaps.iter();
    for left in 0..sketches.len() {
        for right in left + 1..sketches.len() {
            let found = pairs.next().unwrap();
            assert_eq!((found.left as usize, found.right as usize), (left, right));
            let joint = Joint::of(&sketches[left], &sketches[right]).unwrap();
            assert_eq!((found.both, found.jaccard), (told(joint.both), told(joint.jaccard)));
        }
    }
    assert_eq!(pairs.next(), None);
}

#[tokio::test]
async fn reach_is_that_of_the_rows_of_the_page() {
    for lake in [gapped_lake(), TestLake::with(generate(9, &days("2026-01-01", "2026-01-02"), 900))]
    {
        let cubes = open(&lake).await;
        let us = || Some(test("country", Test::AnyOf(texts(&["US", "DE"]))));
        for (key, limit, filter) in [
            ("asset", 20, None),
            ("asset", 3, us()),
            ("audience", 20, us()),
            ("asset.tags", 20, None),
            ("country", 0, None),
        ] {
            let query = Query {
                group_by: group_by(&[key]),
                filter,
                limit,
                extras: vec![Extra::Reach],
                ..Query::total(["plays", "viewers"])
            };
            let answer = cubes.query(query.clone(), None).await.unwrap();
            let reach = answer.reach.as_ref().unwrap();
            assert_eq!(reach.measure, "viewers");
            check(&sketches(&lake.events, &query, &answer), reach);
        }
    }
}

/// With coupons the numbers are those of the sets themselves, and with registers within their bounds; numbers that
/// cannot be determined have only bounds.
#[tokio::test]
async fn numbers_are_those_of_the_people_or_not_told() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let query = Query {
        group_by: group_by(&["asset"]),
        limit: 13,
        extras: vec![Extra::Reach],
        ..Query::total(["viewers"])
    };
    let answer = cubes.query(query.clone(), None).await.unwrap();
    let groups = people(&lake.events, &query);
    let sets: Vec<&BTreeSet<u64>> =
        answer.rows.iter().map(|row| &groups[&row.keys[0].value]).collect();
    let reach = answer.reach.unwrap();
    let (mut n_told, mut n_held, mut n_untold) = (0, 0, 0);
    for overlap in &reach.overlaps {
        let (left, right) = (sets[overlap.left as usize], sets[overlap.right as usize]);
        let both = left.intersection(right).count() as f64;
        let (lower, upper) = (overlap.both.lower.unwrap(), overlap.both.upper.unwrap());
        n_held += u32::from(lower <= both && both <= upper);
        match overlap.both.value {
            Some(value) => {
                n_told += 1;
                assert!((upper - lower) / 2.0 <= value / 2.0 || overlap.both.exact);
            }
            None => n_untold += 1,
        }
    }
    assert!(
        n_told > 10 && n_held * 100 >= 90 * (n_told + n_untold),
        "{n_held} {n_told} {n_untold}"
    );
}

#[tokio::test]
async fn what_has_no_reach_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let query = |measures: &[&str], limit| Query {
        group_by: group_by(&["asset", "country"]),
        extras: vec![Extra::Reach],
        limit,
        ..Query::total(measures.iter().copied())
    };
    for (query, code, message) in [
        (
            query(&["plays", "take_rate"], 5),
            Code::InvalidArgument,
            "`extras`: reach needs a distinct measure, but none is requested; there are: `viewers`, `players`",
        ),
        (
            query(&["viewers"], MAX_REACH_ROWS + 1),
            Code::ResourceExhausted,
            "`extras`: reach for the 21 rows of a page, but the limit is 20; lower `limit`",
        ),
        (
            Query { group_by: Vec::new(), ..query(&["viewers"], 5) },
            Code::InvalidArgument,
            "`extras`: reach needs rows, but nothing is grouped; name keys in `group_by`",
        ),
    ] {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message));
    }
}
