//! Verdicts together with everything else that queries may ask for: ages, orders and conditions by comparison,
//! marginals, cached answers, files.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{
    Answer, ComparedMeasure, ComparedPart, Comparison, CubeService as _, DayRange, Direction,
    Extra, GroupKey, Having, MeasureTest, Order, OrderBy, Query, QueryRange, Verdict,
};
use jiff::civil::Date;

use super::ages::{any_aged, with_ages};
use super::compared::any_compared;
use super::events::{Event, Numbers, day, days, generate};
use super::lake::TestLake;
use super::oracle::range;
use super::queries::{open, texts};
use super::verdicts::{People, check_rates, model, rates};

/// Sixteen consecutive days and six more, the last one of which is provisional.
pub(super) fn lake() -> TestLake {
    let mut all = days("2025-12-28", "2026-01-12");
    all.extend(days("2026-02-27", "2026-03-04"));
    TestLake::with_model(&with_ages(&model()), generate(17, &all, 60))
}

/// A query with verdicts, including ages and comparisons.
pub(super) fn any_judged(numbers: &mut Numbers) -> Query {
    let query = match numbers.below(3) {
        0 => any_aged(numbers),
        _ => any_compared(numbers),
    };
    let is_field = |key: &GroupKey| matches!(key, GroupKey::Field(_));
    let group_by: Vec<GroupKey> = query.group_by.into_iter().filter(is_field).collect();
    let other = DayRange::try_new(day("2025-12-28"), day("2026-01-10")).unwrap();
    let compare = match query.compare {
        None | Some(Comparison::Whole | Comparison::Rest) if group_by.is_empty() => {
            Comparison::Days(other)
        }
        None | Some(Comparison::Whole) => Comparison::Rest,
        Some(Comparison::Days(_)) if numbers.below(2) == 0 => Comparison::Days(other),
        Some(compare) => compare,
    };
    // Most of them over days with enough data.
    let range = match numbers.below(3) {
        0 => query.range,
        _ => QueryRange::Days { from: Some(day("2025-12-30")), to: None },
    };
    let take_rate = || "take_rate".to_owned();
    let compared = |part| ComparedMeasure { measure: take_rate(), part };
    let order_by = match numbers.below(3) {
        0 => Order::Compared(compared(ComparedPart::Difference)),
        1 => Order::Measure(take_rate()),
        _ => Order::Compared(compared(ComparedPart::Other)),
    };
    let having = match numbers.below(3) {
        0 if !group_by.is_empty() => Some(Having::Compared {
            of: compared(ComparedPart::Ratio),
            test: MeasureTest::AtLeast(0.8),
        }),
        _ => None,
    };
    let mut extras = vec![Extra::Verdicts];
    extras.extend((numbers.below(3) == 0).then_some(Extra::Intervals));
    Query {
        range,
        group_by,
        having,
        order_by: vec![OrderBy { by: order_by, direction: Direction::Descending }],
        extras,
        compare: Some(compare),
        measures: texts(&["viewers", "take_rate"]),
        limit: 100,
        offset: 0,
        ..query
    }
}

type Keys = Vec<Option<String>>;

/// The events of each group on a day, and all that pass the filter.
type OfDay<'a> = (BTreeMap<Keys, Vec<&'a Event>>, Vec<&'a Event>);

/// What a query selects of each day of the lake.
fn by_day<'a>(lake: &'a TestLake, query: &'a Query) -> BTreeMap<Date, OfDay<'a>> {
    let there: BTreeSet<Date> = lake.events.iter().map(|event| event.day).collect();
    let on = |day: Date| {
        let groups = super::ages::groups(lake, &[], query, |own| own == day);
        let selected = |event: &&Event| {
            let filter = query.filter.as_ref();
            event.day == day && filter.is_none_or(|own| super::ages::holds_aged(lake, own, event))
        };
        (groups, lake.events.iter().filter(selected).collect())
    };
    there.into_iter().map(|day| (day, on(day))).collect()
}

fn people<'a>(events: impl IntoIterator<Item = &'a Event>) -> People {
    let mut people = People::default();
    for event in events {
        people[usize::from(event.seconds.is_some())].insert(event.profile);
    }
    people
}

/// The pairs of sides of a row, or of the total, over the settled days that both have.
fn sides(
    lake: &TestLake,
    query: &Query,
    by_day: &BTreeMap<Date, OfDay<'_>>,
    keys: Option<&Keys>,
) -> Vec<(People, People)> {
    let asked = range(&lake.events, query.range);
    let last = by_day.keys().last();
    let settled = |day: &Date| by_day.contains_key(day) && Some(day) != last;
    let of = |day: Date| -> People {
        let (groups, all) = &by_day[&day];
        match keys {
            Some(keys) => people(groups.get(keys).into_iter().flatten().copied()),
            None => people(all.iter().copied()),
        }
    };
    let beside = |day: Date| -> Option<People> {
        Some(match query.compare.as_ref().unwrap() {
            Comparison::PreviousPeriod | Comparison::Days(_) => {
                let others = match &query.compare {
                    Some(Comparison::Days(days)) => *days,
                    _ => {
                        let n_days = i64::from(asked.n_days());
                        let back = |day: Date| day.checked_sub(jiff::Span::new().days(n_days));
                        DayRange::try_new(
                            back(asked.first()).unwrap(),
                            asked.first().yesterday().unwrap(),
                        )
                        .unwrap()
                    }
                };
                let n_after = (day - asked.first()).get_days();
                let other = others.first().checked_add(jiff::Span::new().days(n_after)).unwrap();
                if !settled(&other) || !others.contains(other) {
                    return None;
                }
                of(other)
            }
            Comparison::Member { field, value } => {
                let mut keys = keys.unwrap().clone();
                let is_it = |key: &GroupKey| *key == GroupKey::Field(field.clone());
                keys[query.group_by.iter().position(is_it).unwrap()] = value.clone();
                let (groups, _) = &by_day[&day];
                people(groups.get(&keys).into_iter().flatten().copied())
            }
            Comparison::Rest => {
                let (groups, all) = &by_day[&day];
                let own: BTreeSet<*const Event> = groups
                    .get(keys.unwrap())
                    .into_iter()
                    .flatten()
                    .map(|event| std::ptr::from_ref(*event))
                    .collect();
                let is_left = |event: &&Event| !own.contains(&std::ptr::from_ref(*event));
                people(all.iter().copied().filter(is_left))
            }
            Comparison::Whole | Comparison::Snapshot(_) => panic!("none is asked for"),
        })
    };
    let days = lake.events.iter().map(|event| event.day).filter(|day| asked.contains(*day));
    let days: BTreeSet<Date> = days.filter(settled).collect();
    let pairs = days.into_iter().filter_map(|day| Some((of(day), beside(day)?)));
    pairs.filter(|(own, other)| !own[0].is_empty() && !other[0].is_empty()).collect()
}

fn check_one(found: &Verdict, pairs: &[(People, People)]) {
    if pairs.is_empty() {
        assert_eq!((found.own, found.other, found.n_days), (None, None, 0));
        return;
    }
    let expected = rates(&pairs.iter().map(|(own, other)| (own, other)).collect::<Vec<_>>());
    check_rates(found, expected);
    let all = |side: fn(&(People, People)) -> &People| {
        pairs.iter().flat_map(|pair| &side(pair)[0]).collect::<BTreeSet<_>>().len()
    };
    // There are no verdicts on few people.
    let is_judged = pairs.len() >= 10 && all(|pair| &pair.0).min(all(|pair| &pair.1)) >= 30;
    assert_eq!(found.difference.lower.is_some(), is_judged, "{found:?}");
}

/// Returns how many verdicts were over some days.
fn check_answer(lake: &TestLake, query: &Query, answer: &Answer) -> usize {
    let by_day = by_day(lake, query);
    let mut n_checked = 0;
    for row in &answer.rows {
        let keys: Keys = row.keys.iter().map(|key| key.value.clone()).collect();
        assert!(row.verdicts.len() == 2 && row.verdicts[0].is_none(), "{query:#?}");
        let is_itself = |(key, value): (&GroupKey, &Option<String>)| match &query.compare {
            Some(Comparison::Member { field, value: other }) => {
                *key == GroupKey::Field(field.clone()) && value == other
            }
            _ => false,
        };
        let is_itself = query.group_by.iter().zip(&keys).any(is_itself);
        match &row.verdicts[1] {
            None => assert!(is_itself, "{query:#?}"),
            Some(found) => {
                assert!(!is_itself);
                let pairs = sides(lake, query, &by_day, Some(&keys));
                check_one(found, &pairs);
                n_checked += usize::from(!pairs.is_empty());
            }
        }
    }
    let is_of_days =
        matches!(&query.compare, Some(Comparison::Days(_) | Comparison::PreviousPeriod));
    assert_eq!(answer.total.verdicts.len(), if is_of_days { 2 } else { 0 });
    if is_of_days {
        let pairs = sides(lake, query, &by_day, None);
        check_one(answer.total.verdicts[1].as_ref().unwrap(), &pairs);
    }
    n_checked
}

#[tokio::test]
async fn any_verdict_is_of_the_days_and_people_of_both_sides() {
    let lake = lake();
    let cubes = open(&lake).await;
    let mut numbers = Numbers(23);
    let (mut n_asked, mut n_checked) = (0, 0);
    while n_asked < 100 {
        let query = any_judged(&mut numbers);
        match cubes.query(query.clone(), None).await {
            Ok(answer) => {
                n_checked += check_answer(&lake, &query, &answer);
                n_asked += 1;
            }
            // A member that the filter excludes.
            Err(error) => assert!(error.message.starts_with("`compare`: the filter"), "{error}"),
        }
    }
    assert!(n_checked > 200, "{n_checked}");
}

/// The same rows in another order have the same verdicts, including those with several comparisons at once.
#[tokio::test]
async fn an_order_changes_no_verdict() {
    let lake = lake();
    let cubes = open(&lake).await;
    let mut numbers = Numbers(29);
    let mut n_rows = 0;
    for _ in 0..60 {
        let query = any_judged(&mut numbers);
        let Ok(answer) = cubes.query(query.clone(), None).await else { continue };
        let plain = cubes.query(Query { order_by: Vec::new(), ..query.clone() }, None).await;
        let by_keys = |answer: Answer| -> BTreeMap<Keys, Vec<Option<Verdict>>> {
            let keys =
                |row: &clio_proto::Row| row.keys.iter().map(|key| key.value.clone()).collect();
            answer.rows.into_iter().map(|row| (keys(&row), row.verdicts)).collect()
        };
        if answer.n_groups > 100 {
            // A page of other rows.
            continue;
        }
        let (found, plain) = (by_keys(answer), by_keys(plain.unwrap()));
        n_rows += found.len();
        assert_eq!(found, plain, "{query:#?}");
    }
    assert!(n_rows > 200, "{n_rows}");
}
