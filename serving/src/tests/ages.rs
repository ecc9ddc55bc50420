//! Ages, by an attribute's day and by the first day of cells, against the events.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{
    Answer, Code, Comparison, CubeService as _, DayRange, Direction, Filter, GroupKey, Order,
    OrderBy, Period, Query, QueryRange, Test, TimeWindow, Value, WholeRange, runs,
};
use jiff::civil::Date;

use super::events::{Event, MODEL, Numbers, asset_row, day, days, generate};
use super::lake::TestLake;
use super::oracle::{holds, key_values, measure, range};
use super::queries::{any_filter, field, group_by, open, test, texts};
use crate::Cubes;

const KEYS: [&str; 4] = ["asset.age_day", "asset.age_week", "country.age_day", "country.age_week"];

/// Assets count from a day in their lookup, countries from their first day of events.
pub(super) fn with_ages(model: &str) -> String {
    let model = model.replace(
        "attributes = [\"title\", \"media_type\", \"tags\"]",
        "attributes = [\"title\", \"media_type\", \"tags\", \"since\"]\nage = \"since\"",
    );
    model.replace("[dimension.country]", "[dimension.country]\nage = \"first_day\"")
}

/// Countries that appear one after the other.
pub(super) fn lake() -> TestLake {
    let mut all = days("2025-12-28", "2026-01-12");
    all.extend(days("2026-02-27", "2026-03-02"));
    let mut events = generate(7, &all, 30);
    events.retain(|event| match event.country.as_deref() {
        Some("FR") => event.day >= day("2026-01-03"),
        Some("DE") => event.day >= day("2026-02-28"),
        _ => true,
    });
    let mut lake = TestLake::empty();
    lake.model = with_ages(MODEL);
    lake.replace_days(events);
    lake
}

/// The day that a member's age counts from.
fn first_day(lake: &TestLake, event: &Event, dimension: &str) -> Option<Date> {
    if dimension == "asset" {
        let since = asset_row(event.asset.as_deref()?)?.since?;
        return since.get(..10)?.parse().ok();
    }
    let country = event.country.as_ref()?;
    let of_country = lake.events.iter().filter(|own| own.country.as_ref() == Some(country));
    let first = of_country.map(|own| own.day).min()?;
    let first_of_all = lake.events.iter().map(|own| own.day).min()?;
    // Nobody knows a day that left without being kept, nor whether it was the first.
    (first != first_of_all && !lake.forgotten.contains(&first)).then_some(first)
}

/// The age of an event's member.
fn age(lake: &TestLake, event: &Event, key: &str) -> Option<i32> {
    let (dimension, step) = key.split_once('.').unwrap();
    let n_days = (event.day - first_day(lake, event, dimension)?).get_days();
    Some(if step == "age_day" { n_days } else { n_days.div_euclid(7) })
}

fn keys_of(lake: &TestLake, query: &Query, event: &Event) -> Vec<Vec<Option<String>>> {
    let mut keys = vec![Vec::new()];
    for key in &query.group_by {
        let name = key.to_string();
        let values = if KEYS.contains(&name.as_str()) {
            vec![age(lake, event, &name).map(|age| age.to_string())]
        } else {
            key_values(key, event, query.filter.as_ref())
        };
        keys = keys
            .iter()
            .flat_map(|start: &Vec<Option<String>>| {
                values.iter().map(|value| [start.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect();
    }
    keys
}

/// Like [`holds`], including ages.
pub(super) fn holds_aged(lake: &TestLake, filter: &Filter, event: &Event) -> bool {
    let of = |own: &Filter| holds_aged(lake, own, event);
    match filter {
        Filter::And(all) => all.iter().all(of),
        Filter::Or(any) => any.iter().any(of),
        Filter::Not(own) => !of(own),
        Filter::Field { field, test } if KEYS.contains(&field.to_string().as_str()) => {
            let number = age(lake, event, &field.to_string());
            let age = number.map(|age| age.to_string());
            match test {
                Test::Between(range) => number.is_some_and(|age| {
                    let (from, to) = (range.from(), range.to());
                    from.unwrap_or(i64::MIN) <= age.into() && to.unwrap_or(i64::MAX) >= age.into()
                }),
                Test::AnyOf(ages) => age.is_some_and(|age| ages.contains(&age)),
                Test::AllOf(ages) => ages.iter().all(|own| Some(own) == age.as_ref()),
                Test::NoneOf(ages) => age.is_none_or(|age| !ages.contains(&age)),
                Test::IsNull(is_null) => age.is_none() == *is_null,
                Test::Prefix(_) => panic!("none is asked for"),
            }
        }
        own => holds(own, event),
    }
}

pub(super) type Groups<'a> = BTreeMap<Vec<Option<String>>, Vec<&'a Event>>;

/// The events of some days by group.
pub(super) fn groups<'a>(
    lake: &'a TestLake,
    retired: &[Date],
    query: &Query,
    is_asked: impl Fn(Date) -> bool,
) -> Groups<'a> {
    let mut groups = Groups::new();
    for event in lake.events.iter().filter(|own| is_asked(own.day) && !retired.contains(&own.day)) {
        if query.filter.as_ref().is_none_or(|own| holds_aged(lake, own, event)) {
            for keys in keys_of(lake, query, event) {
                groups.entry(keys).or_default().push(event);
            }
        }
    }
    groups
}

fn check(lake: &TestLake, retired: &[Date], query: &Query, answer: &Answer) {
    let range = range(&lake.events, query.range);
    let expected = groups(lake, retired, query, |day| range.contains(day));
    let values = |events: &Vec<&Event>| -> Vec<Value> {
        query.measures.iter().map(|name| measure(name, events)).collect()
    };
    let found: BTreeMap<Vec<Option<String>>, Vec<Value>> = answer
        .rows
        .iter()
        .map(|row| (row.keys.iter().map(|key| key.value.clone()).collect(), row.values.clone()))
        .collect();
    let expected_values: BTreeMap<_, _> =
        expected.iter().map(|(keys, events)| (keys.clone(), values(events))).collect();
    assert_eq!(found, expected_values, "{query:#?}");
    assert_eq!(answer.n_groups, expected.len() as u64);
    // Each event once: no event has two ages.
    let all: BTreeSet<*const Event> =
        expected.values().flatten().map(|event| std::ptr::from_ref(*event)).collect();
    let all: Vec<&Event> =
        lake.events.iter().filter(|event| all.contains(&std::ptr::from_ref(*event))).collect();
    if !all.is_empty() {
        assert_eq!(answer.total.values, values(&all), "{query:#?}");
    }
    assert!(answer.coverage.periods.iter().all(|period| matches!(period, Period::Day(_))));
    if let Some(Comparison::Days(days)) = &query.compare {
        let others = groups(lake, retired, query, |day| days.contains(day));
        let is_there = |own: &Event| days.contains(own.day) && !retired.contains(&own.day);
        let has_data = lake.events.iter().any(is_there);
        for row in &answer.rows {
            let keys: Vec<_> = row.keys.iter().map(|key| key.value.clone()).collect();
            for (name, compared) in query.measures.iter().zip(&row.compared) {
                let other = others.get(&keys).map_or(&[][..], Vec::as_slice);
                let expected = if has_data { measure(name, other) } else { Value::undefined() };
                assert_eq!(compared.other, expected, "{keys:?}");
            }
        }
    }
}

/// A query by age, or for an age.
pub(super) fn any_aged(numbers: &mut Numbers) -> Query {
    let mut keys: Vec<GroupKey> = Vec::new();
    for name in
        ["asset.age_day", "asset.age_week", "country.age_day", "country.age_week", "country"]
    {
        if numbers.below(3) == 0 {
            keys.push(name.parse().unwrap());
        }
    }
    if numbers.below(3) == 0 {
        keys.insert(
            numbers.below(keys.len() + 1),
            numbers.pick(&group_by(&["day", "month"])).clone(),
        );
    }
    if keys.is_empty() {
        keys.push("audience".parse().unwrap());
    }
    let ages = ["0", "1", "2", "8", "-1", "30", "9000000"];
    let tested = || -> Vec<String> { texts(&ages) };
    let some: Vec<String> = tested().into_iter().filter(|_| numbers.below(2) == 0).collect();
    let end = |numbers: &mut Numbers| *numbers.pick(&[-9, -1, 0, 1, 6, 7, 27, 28, i64::MAX]);
    let of_age = match numbers.below(7) {
        4 => Test::Between(WholeRange::try_new(Some(end(numbers)), None).unwrap()),
        5 => Test::Between(WholeRange::try_new(None, Some(end(numbers))).unwrap()),
        6 => {
            let mut ends = [end(numbers), end(numbers)];
            ends.sort_unstable();
            Test::Between(WholeRange::try_new(Some(ends[0]), Some(ends[1])).unwrap())
        }
        0 => Test::AnyOf(some),
        1 => Test::NoneOf(some),
        2 => Test::AllOf(some.into_iter().take(1).collect()),
        _ => Test::IsNull(numbers.below(2) == 0),
    };
    let of_age = test(numbers.pick::<&str>(&KEYS), of_age);
    let filter = match numbers.below(4) {
        0 => None,
        1 => Some(of_age),
        2 => Some(Filter::And(vec![of_age, any_filter(numbers, 2)])),
        _ => Some(Filter::Or(vec![Filter::Not(Box::new(of_age)), any_filter(numbers, 2)])),
    };
    let span = days("2025-12-27", "2026-03-03");
    let range = match numbers.below(3) {
        0 => QueryRange::AllTime,
        _ => {
            let mut ends = [*numbers.pick(&span), *numbers.pick(&span)];
            ends.sort_unstable();
            QueryRange::Days { from: Some(ends[0]), to: Some(ends[1]) }
        }
    };
    let is_by_time = keys.iter().any(|key| matches!(key, GroupKey::Time(_)));
    let other = DayRange::try_new(day("2026-01-02"), day("2026-01-11")).unwrap();
    let compare = (!is_by_time && numbers.below(3) == 0).then_some(Comparison::Days(other));
    Query {
        range,
        filter,
        group_by: keys,
        compare,
        limit: 5_000,
        ..Query::total(["plays", "viewers", "take_rate", "watch.p50"])
    }
}

/// Whether a query refers to an age at all.
fn is_aged(query: &Query) -> bool {
    format!("{query:?}").contains("age_")
}

async fn check_all(lake: &TestLake, cubes: &Cubes, seed: u64, n_queries: usize) {
    let retired: Vec<Date> =
        lake.retired.months().flat_map(|month| lake.retired.days_of(month)).collect();
    let mut numbers = Numbers(seed);
    let mut n_asked = 0;
    while n_asked < n_queries {
        let query = any_aged(&mut numbers);
        if !is_aged(&query) {
            continue;
        }
        let range = range(&lake.events, query.range);
        let is_there = |event: &Event| range.contains(event.day) && !retired.contains(&event.day);
        if !lake.events.iter().any(is_there) {
            continue;
        }
        let answer = cubes.query(query.clone(), None).await.unwrap();
        check(lake, &retired, &query, &answer);
        n_asked += 1;
    }
}

#[tokio::test]
async fn any_question_of_an_age_agrees_with_the_events() {
    let lake = lake();
    let cubes = open(&lake).await;
    check_all(&lake, &cubes, 5, 200).await;
}

/// The groups of an answer, by their keys.
type Values = BTreeMap<Vec<Option<String>>, Vec<Value>>;

fn values_of(answer: &Answer) -> Values {
    let row = |row: &clio_proto::Row| {
        (row.keys.iter().map(|key| key.value.clone()).collect(), row.values.clone())
    };
    answer.rows.iter().map(row).collect()
}

/// The countries by age on the days that are never retired here.
fn by_age() -> Query {
    let range = QueryRange::Days { from: Some(day("2026-02-01")), to: None };
    let group_by = group_by(&["country", "country.age_day"]);
    Query { range, group_by, limit: 5_000, ..Query::total(["plays", "viewers"]) }
}

/// First days outlive the days: a query for the remaining days gives the same ages as before.
#[tokio::test]
async fn first_days_outlive_days_that_are_retired() {
    let mut lake = lake();
    let before = open(&lake).await.query(by_age(), None).await.unwrap();
    // France appeared in January, and its ages count from then.
    let france = |age: &str| vec![Some("FR".to_owned()), Some(age.to_owned())];
    assert!(values_of(&before).contains_key(&france("55")), "{:?}", values_of(&before));
    for months in [&["2026-01"][..], &["2025-12"]] {
        lake.retire(months);
        let cubes = open(&lake).await;
        check_all(&lake, &cubes, 6, 100).await;
        let after = cubes.query(by_age(), None).await.unwrap();
        assert_eq!(values_of(&after), values_of(&before));
    }
    let query = Query { group_by: group_by(&["country.age_day"]), ..Query::total(["plays"]) };
    let answer = open(&lake).await.query(query, None).await.unwrap();
    let retired = days("2025-12-28", "2026-01-12");
    assert_eq!(answer.coverage.retired, runs(retired.into_iter()));
}

/// For days that an older program has retired only the members of their month are known: their ages are known only if
/// an earlier day is.
#[tokio::test]
async fn ages_of_who_was_in_a_forgotten_month_are_not_known() {
    for (kept, forgotten) in
        [(&[][..], "2026-01"), (&["2025-12"], "2026-01"), (&["2026-01"], "2025-12")]
    {
        let mut lake = lake();
        lake.retire(kept);
        lake.retire_and_forget(&[forgotten]);
        let cubes = open(&lake).await;
        check_all(&lake, &cubes, 6, 60).await;
        let ages: BTreeSet<Option<String>> = values_of(&cubes.query(by_age(), None).await.unwrap())
            .into_keys()
            .filter(|keys| keys[0].as_deref() == Some("FR"))
            .map(|mut keys| keys.remove(1))
            .collect();
        let is_known = forgotten == "2025-12";
        assert_eq!(ages.contains(&None), !is_known, "{ages:?}");
    }
}

#[tokio::test]
async fn ages_are_ordered_as_numbers() {
    let cubes = open(&lake()).await;
    let ages = async |direction: Option<Direction>| -> Vec<Option<i32>> {
        let key: GroupKey = "asset.age_day".parse().unwrap();
        let order = |direction| OrderBy { by: Order::Key(key.clone()), direction };
        let query = Query {
            group_by: vec![key.clone()],
            order_by: direction.map(order).into_iter().collect(),
            limit: 5_000,
            ..Query::total(["plays"])
        };
        let rows = cubes.query(query, None).await.unwrap().rows;
        rows.iter().map(|row| row.keys[0].value.as_ref().map(|age| age.parse().unwrap())).collect()
    };
    let up = ages(Some(Direction::Ascending)).await;
    let (unknown, known) = up.split_last().unwrap();
    assert_eq!(*unknown, None);
    assert!(
        known.is_sorted() && known[0] < Some(-9) && known.last().unwrap() > &Some(10),
        "{up:?}"
    );
    let mut down = ages(Some(Direction::Descending)).await;
    assert_eq!(down.pop(), Some(None));
    down.reverse();
    assert_eq!(down, known);
}

#[tokio::test]
async fn ages_are_described_and_refused_by_name() {
    let cubes = open(&lake()).await;
    let ages = cubes.describe().await.unwrap().ages;
    let names: Vec<_> = ages.iter().map(|info| info.field.to_string()).collect();
    assert_eq!(names, KEYS);
    assert_eq!(ages[1].label, "Asset age week");
    let by = |key: &str| Query { group_by: group_by(&[key]), ..Query::total(["viewers"]) };
    let of = |own: Test| Query { filter: Some(test("asset.age_week", own)), ..by("country") };
    let member = Comparison::Member { field: field("asset.age_week"), value: Some("0".to_owned()) };
    for (query, message) in [
        (
            by("audience.age_day"),
            "`group_by`: unknown field `audience.age_day`; there are: `asset`, `asset.title`",
        ),
        (
            by("country.age_year"),
            "`group_by`: unknown field `country.age_year`; there are: `asset`, `asset.title`",
        ),
        (
            Query {
                filter: Some(test(
                    "country",
                    Test::Between(WholeRange::try_new(Some(1), None).unwrap()),
                )),
                ..by("asset.age_week")
            },
            "`filter`: `country` has texts as values, but ranges of whole numbers are only for ages",
        ),
        (
            of(Test::Prefix("1".to_owned())),
            "`filter`: `asset.age_week` is a number, which has no prefixes",
        ),
        (
            of(Test::AnyOf(texts(&["1", "one"]))),
            "`filter`: `asset.age_week` is a whole number, but `one` is not",
        ),
        (
            of(Test::AnyOf(texts(&["01"]))),
            "`filter`: `asset.age_week` is a whole number, but `01` is not",
        ),
        (
            Query {
                window: Some(TimeWindow::Cumulative),
                group_by: group_by(&["day", "asset.age_day"]),
                ..by("day")
            },
            "`window`: not together with ages, which need single days",
        ),
        (
            Query {
                look_back_days: Some(3),
                group_by: group_by(&["day", "asset.age_day"]),
                ..by("day")
            },
            "`look_back_days`: not together with ages, which need single days",
        ),
        (
            Query { compare: Some(member), ..by("asset.age_week") },
            "`compare`: `asset.age_week` is an age, which has no members",
        ),
    ] {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.message.starts_with(message), "{error}");
    }
    let unknown = cubes.query(by("asset.size"), None).await.unwrap_err();
    assert!(
        unknown.message.contains("`audience.kind`, `asset.age_day`, `asset.age_week`"),
        "{unknown}"
    );
}
