//! The naive evaluation that answers are compared with: over events, with sets of people.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{
    Answer, AskedMeasure, DayRange, Direction, Extra, FieldRef, Filter, GroupKey, Having,
    MeasureTest, Order, Period, Query, QueryRange, RetiredDays, Row, Test, TimeGrain, Value, runs,
};
use jiff::civil::Date;

use super::events::{self, Event, asset_row, field_values};
use super::lake::sketch;
use super::spreads;
use crate::propagation;

/// The expected measures of a group.
pub(super) fn measure(name: &str, events: &[&Event]) -> Value {
    let shown = || events.iter().filter(|event| event.seconds.is_none());
    let played = || events.iter().filter(|event| event.seconds.is_some());
    let people = |precision: u8, profiles: BTreeSet<u64>| {
        let estimate = sketch(precision, &profiles).estimate();
        Value::estimate(estimate.value, estimate.lower, estimate.upper, estimate.exact)
    };
    match name {
        "impressions" => Value::exact(shown().count() as f64),
        "plays" => Value::exact(played().count() as f64),
        "clicks" => Value::exact(shown().map(|event| event.clicks as f64).sum()),
        // Eighths add up without rounding.
        "seconds" => Value::exact(played().filter_map(|event| event.seconds).sum()),
        "viewers" => people(8, shown().map(|event| event.profile).collect()),
        "players" => people(10, played().map(|event| event.profile).collect()),
        other => {
            let model = events::model();
            let seconds: Vec<f64> = played().filter_map(|event| event.seconds).collect();
            if let AskedMeasure::Quantile(_, percentile) = model.asked(other).unwrap() {
                return spreads::quantile(&seconds, percentile);
            }
            let own = model.measure(other).unwrap();
            let expression = own.kind.expression().expect("all others are above");
            let shares = expression.shares();
            let of = |term: &str| match shares.iter().find(|share| share.term() == term) {
                Some(share) => spreads::share(&seconds, share),
                None => measure(term, events),
            };
            propagation::with_bounds(expression, of, |_, _| false)
        }
    }
}

pub(super) fn holds(filter: &Filter, event: &Event) -> bool {
    match filter {
        Filter::And(nodes) => nodes.iter().all(|node| holds(node, event)),
        Filter::Or(nodes) => nodes.iter().any(|node| holds(node, event)),
        Filter::Not(node) => !holds(node, event),
        Filter::Field { field, test } => {
            let set = field_values(event, field);
            match test {
                Test::AnyOf(values) => values.iter().any(|value| set.contains(value)),
                Test::AllOf(values) => values.iter().all(|value| set.contains(value)),
                Test::NoneOf(values) => !values.iter().any(|value| set.contains(value)),
                Test::Prefix(prefix) => set.iter().any(|value| value.starts_with(prefix)),
                Test::Between(_) => panic!("of ages alone"),
                Test::IsNull(null) => set.is_empty() == *null,
            }
        }
    }
}

pub(super) fn is_multi(field: &FieldRef) -> bool {
    field.dimension == "audience" || field.attribute.as_deref() == Some("tags")
}

/// Whether a filter tests a field anywhere.
fn tests(filter: &Filter, field: &FieldRef) -> bool {
    match filter {
        Filter::And(nodes) | Filter::Or(nodes) => nodes.iter().any(|node| tests(node, field)),
        Filter::Not(node) => tests(node, field),
        Filter::Field { field: own, .. } => own == field,
    }
}

/// Whether a filter can hold, and whether it can fail, if a field's set holds one value or none, and tests of other
/// fields have either outcome.
fn over_one(filter: &Filter, field: &FieldRef, value: Option<&str>) -> (bool, bool) {
    let all = |nodes: &[Filter]| -> Vec<(bool, bool)> {
        nodes.iter().map(|node| over_one(node, field, value)).collect()
    };
    match filter {
        Filter::And(nodes) => {
            let all = all(nodes);
            (all.iter().all(|own| own.0), all.iter().any(|own| own.1))
        }
        Filter::Or(nodes) => {
            let all = all(nodes);
            (all.iter().any(|own| own.0), all.iter().all(|own| own.1))
        }
        Filter::Not(node) => {
            let (can_hold, can_fail) = over_one(node, field, value);
            (can_fail, can_hold)
        }
        Filter::Field { field: own, test } if own != field => match always(test) {
            Some(always) => (always, !always),
            None => (true, true),
        },
        Filter::Field { test, .. } => {
            let is_value = |asked: &String| Some(asked.as_str()) == value;
            let holds = match test {
                Test::AnyOf(values) => values.iter().any(is_value),
                Test::AllOf(values) => values.iter().all(is_value),
                Test::NoneOf(values) => !values.iter().any(is_value),
                Test::Prefix(prefix) => value.is_some_and(|value| value.starts_with(prefix)),
                Test::Between(_) => panic!("of ages alone"),
                Test::IsNull(null) => value.is_none() == *null,
            };
            (holds, !holds)
        }
    }
}

/// The outcome of a test that names nothing.
fn always(test: &Test) -> Option<bool> {
    match test {
        Test::AnyOf(values) => values.is_empty().then_some(false),
        Test::AllOf(values) | Test::NoneOf(values) => values.is_empty().then_some(true),
        Test::Prefix(_) | Test::Between(_) | Test::IsNull(_) => None,
    }
}

/// What the parts of a filter say about one value: whether some name it (`None` if none names any), and whether none
/// excludes it.
fn parts(filter: &Filter, field: &FieldRef, value: &str, is_wanted: bool) -> (Option<bool>, bool) {
    let (nodes, is_and) = match filter {
        Filter::Not(node) => return parts(node, field, value, !is_wanted),
        Filter::And(nodes) => (nodes, is_wanted),
        Filter::Or(nodes) => (nodes, !is_wanted),
        Filter::Field { test, .. } if always(test) == Some(is_wanted) => return (None, true),
        Filter::Field { test, .. } if always(test).is_some() => return (Some(false), false),
        Filter::Field { field: own, .. } if own != field => return (None, true),
        Filter::Field { test, .. } => {
            let has = |values: &[String]| values.iter().any(|own| own == value);
            let (names, excludes) = match test {
                Test::AnyOf(values) | Test::AllOf(values) => (has(values), false),
                Test::NoneOf(values) => (has(values), true),
                Test::Prefix(prefix) => (value.starts_with(prefix), false),
                Test::Between(_) => panic!("of ages alone"),
                Test::IsNull(null) => (true, *null),
            };
            let several = |values: &[String]| values.iter().any(|own| *own != values[0]);
            return match test {
                _ if excludes != is_wanted => (Some(names), true),
                Test::AllOf(values) if several(values) => (None, true),
                _ => (None, !names),
            };
        }
    };
    let all: Vec<_> = nodes.iter().map(|node| parts(node, field, value, is_wanted)).collect();
    let asks = all.iter().any(|own| own.0.is_some());
    if is_and {
        let asked = all.iter().any(|own| own.0 == Some(true));
        return (asks.then_some(asked), all.iter().all(|own| own.1));
    }
    let asked = all.iter().any(|(asked, left)| asked.unwrap_or(true) && *left);
    ((asks || all.is_empty()).then_some(asked), all.iter().any(|own| own.1))
}

/// The values of a multi-valued field that make groups, out of all: those for which the filter can be true as if a cell
/// held that value alone.
fn group_values(filter: &Filter, field: &FieldRef, all: &BTreeSet<String>) -> BTreeSet<String> {
    let single = |value: Option<&str>| over_one(filter, field, value).0;
    let found: BTreeSet<String> = all.iter().filter(|value| single(Some(value))).cloned().collect();
    if !found.is_empty() || single(None) {
        return found;
    }
    let is_left = |value: &&String| {
        let (asked, left) = parts(filter, field, value, true);
        asked.unwrap_or(true) && left
    };
    all.iter().filter(is_left).cloned().collect()
}

/// The first day of a day's week.
fn week(day: Date) -> Date {
    day.iso_week_date().first_of_week().unwrap().date()
}

/// Whether a group of events stays.
fn stays(having: &Having, values: &dyn Fn(&str) -> Value) -> bool {
    match having {
        Having::And(all) => all.iter().all(|own| stays(own, values)),
        Having::Or(all) => all.iter().any(|own| stays(own, values)),
        Having::Not(own) => !stays(own, values),
        Having::Compared { .. } => panic!("comparisons have a test of their own"),
        Having::Measure { measure, test } => match (values(measure).value, test) {
            (value, MeasureTest::IsNull(is_null)) => value.is_none() == *is_null,
            (None, _) => false,
            (Some(value), MeasureTest::AtLeast(least)) => value >= *least,
            (Some(value), MeasureTest::AtMost(most)) => value <= *most,
            (Some(value), MeasureTest::Above(bound)) => value > *bound,
            (Some(value), MeasureTest::Below(bound)) => value < *bound,
            (Some(value), MeasureTest::Between { from, to }) => (*from..=*to).contains(&value),
        },
    }
}

/// The values of one key for an event; several where groups overlap.
pub(super) fn key_values(
    key: &GroupKey,
    event: &Event,
    filter: Option<&Filter>,
) -> Vec<Option<String>> {
    match key {
        GroupKey::Time(grain) => {
            let text = event.day.to_string();
            let length = match grain {
                TimeGrain::Week => return vec![Some(week(event.day).to_string())],
                TimeGrain::Day => 10,
                TimeGrain::Month => 7,
                TimeGrain::Year => 4,
            };
            vec![Some(text[..length].to_owned())]
        }
        GroupKey::Field(field) => {
            let mut values = field_values(event, field);
            let filter = filter.filter(|filter| is_multi(field) && tests(filter, field));
            if let Some(filter) = filter
                && !values.is_empty()
            {
                let all = events::all_values(field);
                values.retain(|value| group_values(filter, field, &all).contains(value));
                return values.into_iter().map(Some).collect();
            }
            if values.is_empty() { vec![None] } else { values.into_iter().map(Some).collect() }
        }
    }
}

/// The days that a query asks for, of a dataset that is not empty.
pub(super) fn range(events: &[Event], range: QueryRange) -> DayRange {
    let first = events.iter().map(|event| event.day).min().unwrap();
    let last = events.iter().map(|event| event.day).max().unwrap();
    match range {
        QueryRange::AllTime => DayRange::try_new(first, last).unwrap(),
        QueryRange::Days { from, to } => {
            let from_or = |date: Option<Date>, or: Date| date.unwrap_or(or);
            let (from, to) = match (from, to) {
                (Some(from), None) => (from, last.max(from)),
                (None, Some(to)) => (first.min(to), to),
                (from, to) => (from_or(from, first), from_or(to, last)),
            };
            DayRange::try_new(from, to).unwrap()
        }
    }
}

/// Compares an answer with the events. The order is checked against the query.
pub(super) fn check(events: &[Event], query: &Query, answer: &Answer) {
    check_with_retired(events, &RetiredDays::default(), query, answer);
}

/// The requested days that a lake with retired months cannot answer: a month is answered whole or not at all.
fn left_out(retired: &RetiredDays, query: &Query, range: DayRange) -> BTreeSet<Date> {
    let is_by_day = query.group_by.contains(&GroupKey::Time(TimeGrain::Day));
    let is_by_week = query.group_by.contains(&GroupKey::Time(TimeGrain::Week));
    let is_cut = |month: &Period| {
        let weeks: BTreeSet<Date> = retired.days_of(*month).map(week).collect();
        retired.days_of(*month).any(|day| !range.contains(day)) || is_by_week && weeks.len() > 1
    };
    let months = retired.months().filter(|month| is_by_day || is_cut(month));
    let days = months.flat_map(|month| retired.days_of(month));
    days.filter(|day| range.contains(*day)).collect()
}

/// As [`check`], if the days of some months have left the lake.
pub(super) fn check_with_retired(
    events: &[Event],
    retired: &RetiredDays,
    query: &Query,
    answer: &Answer,
) {
    let range = range(events, query.range);
    let left_out = left_out(retired, query, range);
    let has_data =
        events.iter().any(|event| range.contains(event.day) && !left_out.contains(&event.day));
    let selected: Vec<&Event> = events
        .iter()
        .filter(|event| range.contains(event.day) && !left_out.contains(&event.day))
        .filter(|event| query.filter.as_ref().is_none_or(|filter| holds(filter, event)))
        .collect();
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Event>> = BTreeMap::new();
    for event in &selected {
        let mut keys: Vec<Vec<Option<String>>> = vec![Vec::new()];
        for key in &query.group_by {
            let values = key_values(key, event, query.filter.as_ref());
            keys = keys
                .iter()
                .flat_map(|start| {
                    values
                        .iter()
                        .map(|value| [start.as_slice(), std::slice::from_ref(value)].concat())
                })
                .collect();
        }
        for key in keys {
            groups.entry(key).or_default().push(event);
        }
    }
    let values = |events: &[&Event]| -> Vec<Value> {
        let value = |name: &String| match has_data {
            true => measure(name, events),
            false => Value::undefined(),
        };
        query.measures.iter().map(value).collect()
    };
    let n_intervals =
        if query.extras.contains(&Extra::Intervals) { query.measures.len() } else { 0 };
    let of_each = answer.rows.iter().chain([&answer.total]);
    assert!(of_each.map(|row| row.intervals.len()).all(|n| n == n_intervals), "{query:#?}");
    let total = Row::new(Vec::new(), values(&selected));
    let found = Row { intervals: Vec::new(), ..answer.total.clone() };
    assert_eq!(found, total, "{query:#?}");

    if let Some(having) = &query.having {
        groups.retain(|_, events| {
            stays(having, &|name| if has_data { measure(name, events) } else { Value::undefined() })
        });
    }
    let mut expected: Vec<(Vec<Option<String>>, Vec<Value>)> =
        groups.iter().map(|(key, events)| (key.clone(), values(events))).collect();
    if query.group_by.is_empty() {
        expected.clear();
    }
    assert_eq!(answer.n_groups, expected.len() as u64, "{query:#?}");
    expected.sort_by(|a, b| compare(query, a, b));
    let below: Vec<&Event> = expected
        .iter()
        .skip(query.offset.saturating_add(query.limit))
        .flat_map(|(key, _)| &groups[key])
        .copied()
        .collect();
    check_extras(query, answer, &expected, &below, &values);
    let page: Vec<_> = expected.into_iter().skip(query.offset).take(query.limit).collect();
    let found: Vec<(Vec<Option<String>>, Vec<Value>)> = answer
        .rows
        .iter()
        .map(|row| (row.keys.iter().map(|key| key.value.clone()).collect(), row.values.clone()))
        .collect();
    assert_eq!(found, page, "{query:#?}");
    check_people(query, answer);
    check_coverage(events, range, &left_out, answer);
    let overlapping: Vec<FieldRef> = query
        .group_by
        .iter()
        .filter_map(|key| if let GroupKey::Field(field) = key { Some(field.clone()) } else { None })
        .filter(is_multi)
        .collect();
    assert_eq!(answer.overlapping, overlapping);
}

/// Others are the union of what is below the page, each event once; shares are fractions of the total; ranks contain
/// the rank of the row's true value.
fn check_extras(
    query: &Query,
    answer: &Answer,
    ordered: &[(Vec<Option<String>>, Vec<Value>)],
    below: &[&Event],
    values: &dyn Fn(&[&Event]) -> Vec<Value>,
) {
    let has = |extra: Extra| query.extras.contains(&extra);
    let mut below: Vec<&Event> = below.to_vec();
    below.sort_by_key(|event| std::ptr::from_ref(*event));
    below.dedup_by(|a, b| std::ptr::eq(*a, *b));
    let is_there = has(Extra::Others) && !below.is_empty();
    let others = is_there.then(|| values(&below));
    assert_eq!(answer.others.as_ref().map(|row| row.values.clone()), others, "{query:#?}");
    for row in answer.rows.iter().chain(&answer.others) {
        let expected = if has(Extra::Shares) { row.values.len() } else { 0 };
        assert_eq!(row.shares.len(), expected);
        let of_total = row.values.iter().zip(&answer.total.values).zip(&query.measures);
        for (share, ((part, whole), measure)) in row.shares.iter().zip(of_total) {
            let (part, whole) = (part.value.unwrap_or(0.0), whole.value.unwrap_or(0.0));
            let is_part = !["take_rate", "short", "long"].contains(&measure.as_str());
            let is_part = is_part && !measure.starts_with("watch.");
            let is_defined = is_part && whole > 0.0 && part >= 0.0;
            assert_eq!(share.value.is_some(), is_defined, "{measure} {part} {whole}");
            if let Some(value) = share.value {
                // For counts and sums, whose parts may be negative, it is the plain ratio.
                let expected = part / whole;
                let expected = if share.exact { expected } else { expected.min(1.0) };
                assert!((value - expected).abs() < 1e-12);
                assert!(share.lower <= share.value && share.value <= share.upper);
            }
        }
    }
    let order = query.order_by.iter().find_map(|order| match &order.by {
        Order::Measure(name) => Some((name.clone(), order.direction)),
        Order::Key(_) | Order::Compared(_) => None,
    });
    let (name, direction) = order.unwrap_or((query.measures[0].clone(), Direction::Descending));
    let at = query.measures.iter().position(|own| *own == name).unwrap();
    let defined: Vec<f64> = ordered.iter().filter_map(|row| row.1[at].value).collect();
    for row in &answer.rows {
        let place = row.values[at].value.filter(|_| has(Extra::Ranks)).map(|own| {
            let is_before = |other: &f64| match direction {
                Direction::Descending => *other > own,
                Direction::Ascending => *other < own,
            };
            let n_before = defined.iter().filter(|other| is_before(other)).count() as u64;
            let n_equal = defined
                .iter()
                .filter(|other| other.partial_cmp(&&own).is_some_and(std::cmp::Ordering::is_eq))
                .count() as u64;
            (n_before + 1, n_before + n_equal)
        });
        let Some((first, last)) = place else {
            assert_eq!(row.rank, None);
            continue;
        };
        let rank = row.rank.unwrap();
        assert!(1 <= rank.best && rank.best <= first && last <= rank.worst, "{rank:?}");
        assert!(rank.worst <= defined.len() as u64);
        if ordered.iter().all(|row| row.1[at].exact || row.1[at].value.is_none()) {
            assert_eq!((rank.best, rank.worst), (first, last));
        }
    }
}

/// Null and undefined values last, in either direction.
fn last<T: PartialOrd>(a: Option<&T>, b: Option<&T>, direction: Direction) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let ordering = a.partial_cmp(b).unwrap();
            if direction == Direction::Ascending { ordering } else { ordering.reverse() }
        }
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

fn compare(
    query: &Query,
    a: &(Vec<Option<String>>, Vec<Value>),
    b: &(Vec<Option<String>>, Vec<Value>),
) -> std::cmp::Ordering {
    let key_at = |key: &GroupKey| query.group_by.iter().position(|own| own == key).unwrap();
    let time = query.group_by.iter().find(|key| matches!(key, GroupKey::Time(_)));
    let mut order = Vec::new();
    match (query.order_by.as_slice(), time) {
        ([], Some(time)) => order.push((Order::Key(time.clone()), Direction::Ascending)),
        ([], None) => {
            order.push((Order::Measure(query.measures[0].clone()), Direction::Descending));
        }
        (all, _) => order.extend(all.iter().map(|own| (own.by.clone(), own.direction))),
    }
    order.extend(query.group_by.iter().map(|key| (Order::Key(key.clone()), Direction::Ascending)));
    order
        .iter()
        .map(|(by, direction)| match by {
            Order::Compared(_) => panic!("comparisons have a test of their own"),
            Order::Key(key) => {
                let at = key_at(key);
                last(a.0[at].as_ref(), b.0[at].as_ref(), *direction)
            }
            Order::Measure(name) => {
                let at = query.measures.iter().position(|own| own == name).unwrap();
                last(a.1[at].value.as_ref(), b.1[at].value.as_ref(), *direction)
            }
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

/// Labels and previews come from the lookup, for the dimension alone.
fn check_people(query: &Query, answer: &Answer) {
    for row in &answer.rows {
        for (key, by) in row.keys.iter().zip(&query.group_by) {
            let is_asset = *by == GroupKey::Field(FieldRef::parse("asset"));
            let known = key.value.as_deref().filter(|_| is_asset).and_then(asset_row);
            assert_eq!(key.label, known.as_ref().and_then(|row| row.name.clone()));
            assert_eq!(key.media, known.and_then(|row| row.preview_url));
        }
    }
}

fn check_coverage(events: &[Event], range: DayRange, left_out: &BTreeSet<Date>, answer: &Answer) {
    let mut present: BTreeSet<Date> = events.iter().map(|event| event.day).collect();
    present.retain(|day| !left_out.contains(day));
    let coverage = &answer.coverage;
    assert_eq!(coverage.range, Some((range.first(), range.last())));
    let missing = runs(range.days().filter(|day| !present.contains(day)));
    assert_eq!(coverage.missing, missing);
    assert_eq!(coverage.retired, runs(left_out.iter().copied()));
    let n_present = present.iter().filter(|day| range.contains(**day)).count();
    assert_eq!(coverage.n_days_present as usize, n_present);
    for day in left_out {
        assert!(!coverage.periods.iter().any(|period| period.contains(*day)), "{day}");
    }
    for day in present {
        let n_holding = coverage.periods.iter().filter(|period| period.contains(day)).count();
        assert_eq!(n_holding, usize::from(range.contains(day)), "{day} {:?}", coverage.periods);
    }
}
