//! Groups of few people, and what somebody could derive about them from one answer, against the people behind each row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_proto::{
    Answer, Code, Comparison, CubeService as _, DayRange, Export, ExportFormat, Extra, GroupKey,
    Having, MeasureTest, MembersRequest, Query, QueryRange, TimeWindow, Value,
};
use jiff::civil::Date;

use super::events::{Event, MODEL, Numbers, day, days, generate};
use super::lake::TestLake;
use super::oracle::{holds, is_multi, key_values, measure, range};
use super::queries::{any_query, group_by, open};
use crate::Cubes;

const LEAST: usize = 5;

fn lake() -> TestLake {
    let model = MODEL.replace("timezone = \"UTC\"", "timezone = \"UTC\"\nmin_people = 5");
    let mut all = days("2025-12-28", "2026-01-03");
    all.extend(days("2026-02-27", "2026-03-02"));
    let mut events = generate(7, &all, 60);
    // Days and assets with one, two, … people.
    let few = days("2026-03-03", "2026-03-14");
    for (at, day) in few.iter().enumerate() {
        events.extend(generate(at as u64, &[*day], 1 + at % 4 * 3));
    }
    TestLake::with_model(&model, events)
}

/// The people of plays, or of impressions.
fn people(events: &[&Event], has_played: bool) -> usize {
    let own = events.iter().filter(|event| event.seconds.is_some() == has_played);
    own.map(|event| event.profile).collect::<BTreeSet<_>>().len()
}

/// Whether some events, plays or impressions, may be shown.
fn may_be_told(events: &[&Event], has_played: bool) -> bool {
    let own = people(events, has_played);
    let other = people(events, !has_played);
    own >= LEAST || own == 0 && (other >= LEAST || other == 0)
}

/// The source of a measure: `None` for one of both.
fn has_played(measure: &str) -> Option<bool> {
    match measure {
        "impressions" | "viewers" | "clicks" => Some(false),
        "take_rate" => None,
        _ => Some(true),
    }
}

fn selected<'a>(events: &'a [Event], query: &Query) -> Vec<&'a Event> {
    let asked = range(events, query.range);
    let filter = query.filter.as_ref();
    let is_left = |event: &&Event| filter.is_none_or(|filter| holds(filter, event));
    events.iter().filter(|event| asked.contains(event.day)).filter(is_left).collect()
}

/// The events of each group.
fn groups<'a>(
    events: &[&'a Event],
    query: &Query,
) -> BTreeMap<Vec<Option<String>>, Vec<&'a Event>> {
    let mut groups: BTreeMap<_, Vec<&Event>> = BTreeMap::new();
    for event in events {
        let mut keys: Vec<Vec<Option<String>>> = vec![Vec::new()];
        for key in &query.group_by {
            let values = key_values(key, event, query.filter.as_ref());
            let with = |start: &Vec<_>| {
                let with = |value| [start.as_slice(), std::slice::from_ref(value)].concat();
                values.iter().map(with).collect::<Vec<_>>()
            };
            keys = keys.iter().flat_map(with).collect();
        }
        keys.into_iter().for_each(|key| groups.entry(key).or_default().push(event));
    }
    groups
}

fn keys(row: &clio_proto::Row) -> Vec<Option<String>> {
    row.keys.iter().map(|key| key.value.clone()).collect()
}

/// A value is about enough people, and right; or withheld.
fn check_value(name: &str, value: Value, events: &[&Event], query: &Query) {
    if value.withheld {
        assert_eq!(value, Value::withheld());
        return;
    }
    for source in has_played(name).map_or(vec![false, true], |own| vec![own]) {
        assert!(may_be_told(events, source), "{name} {value:?} {query:#?}");
    }
    let truth = measure(name, events);
    match name {
        "viewers" | "players" => {
            let Some(number) = value.value else { return };
            assert!(number % LEAST as f64 == 0.0 && !value.exact, "{value:?}");
            let played = name == "players";
            let truth = people(events, played) as f64;
            // Its own bounds may be off in 5 of 100 cases, and by little.
            assert!(value.lower.unwrap() * 0.8 <= truth && truth <= value.upper.unwrap() * 1.2);
        }
        "take_rate" => assert_eq!(value.value.is_some(), truth.value.is_some()),
        _ => assert_eq!(value, truth, "{name} {query:#?}"),
    }
}

/// Checks rows, total and others, and what the total reveals together with the rows of all pages.
fn check(events: &[Event], query: &Query, answer: &Answer) {
    let all = selected(events, query);
    let groups = groups(&all, query);
    let has_data = answer.coverage.n_days_present > 0;
    for (at, name) in query.measures.iter().enumerate().filter(|_| has_data) {
        check_value(name, answer.total.values[at], &all, query);
        for row in &answer.rows {
            check_value(name, row.values[at], &groups[&keys(row)], query);
        }
        let is_one_each = query.group_by.iter().all(|key| match key {
            GroupKey::Time(_) => true,
            GroupKey::Field(field) => !is_multi(field),
        });
        let (true, Some(source)) = (is_one_each, has_played(name)) else { continue };
        if query.group_by.is_empty() || answer.total.values[at].withheld {
            continue;
        }
        // The total, and others, minus all rows that are shown.
        let told: BTreeSet<_> =
            answer.rows.iter().filter(|row| !row.values[at].withheld).collect_keys();
        let mut left: Vec<&Event> = Vec::new();
        groups.iter().filter(|(key, _)| !told.contains(*key)).for_each(|(_, own)| left.extend(own));
        assert!(may_be_told(&left, source) || is_spread(name), "{name} {query:#?}");
        if let Some(others) = &answer.others
            && !others.values[at].withheld
            && query.offset == 0
            && query.having.is_none()
        {
            let page: BTreeSet<_> = answer.rows.iter().collect_keys();
            let mut left: Vec<&Event> = Vec::new();
            let hidden =
                groups.iter().filter(|(key, _)| page.contains(*key) && !told.contains(*key));
            hidden.for_each(|(_, own)| left.extend(own));
            assert!(may_be_told(&left, source) || is_spread(name), "others {name} {query:#?}");
        }
    }
}

/// Quantiles do not add up, so that nothing follows from those of a whole.
fn is_spread(name: &str) -> bool {
    name.starts_with("watch") || matches!(name, "short" | "long")
}

trait Keys {
    fn collect_keys(self) -> BTreeSet<Vec<Option<String>>>;
}

impl<'a, T: Iterator<Item = &'a clio_proto::Row>> Keys for T {
    fn collect_keys(self) -> BTreeSet<Vec<Option<String>>> {
        self.map(keys).collect()
    }
}

async fn ask(cubes: &Arc<Cubes>, query: &Query) -> Answer {
    cubes.query(query.clone(), None).await.unwrap()
}

#[tokio::test]
async fn no_answer_tells_of_few_people() {
    let lake = lake();
    let cubes = open(&lake).await;
    let mut numbers = Numbers(17);
    let (mut n_withheld, mut n_told) = (0, 0);
    for _ in 0..800 {
        // Readings near the ends are withheld in addition: they are not among those expected exactly.
        let query = any_query(&mut numbers);
        let answer = ask(&cubes, &query).await;
        check(&lake.events, &query, &answer);
        let values = answer.rows.iter().flat_map(|row| &row.values);
        let (withheld, told): (Vec<&Value>, Vec<&Value>) = values.partition(|own| own.withheld);
        n_withheld += withheld.len();
        n_told += told.len();
        assert!(answer.work.is_none());
        assert_eq!(answer.withheld.unwrap().min_people, 5);
    }
    assert!(n_withheld > 1_000 && n_told > 1_000, "{n_withheld} {n_told}");
}

#[tokio::test]
async fn windows_do_not_differ_by_few_people() {
    let lake = lake();
    let cubes = open(&lake).await;
    let windows =
        [TimeWindow::Cumulative, TimeWindow::TrailingDays(2), TimeWindow::TrailingDays(7)];
    let (mut n_compared, mut n_withheld) = (0, 0);
    for (window, fields) in windows.iter().flat_map(|own| [(own, None), (own, Some("country"))]) {
        let group_by = group_by(&["day"].into_iter().chain(fields).collect::<Vec<_>>());
        let window_of = |to: Date| match window {
            TimeWindow::Cumulative => day("2025-12-20"),
            TimeWindow::TrailingDays(n) => {
                to.saturating_sub(jiff::Span::new().days(i64::from(*n) - 1))
            }
        };
        let query = Query {
            group_by,
            window: Some(*window),
            limit: 5_000,
            ..Query::total(["impressions"])
        };
        let answer = ask(&cubes, &query).await;
        let (told, withheld): (Vec<_>, Vec<_>) =
            answer.rows.iter().partition(|row| !row.values[0].withheld);
        n_withheld += withheld.len();
        for (at, one) in told.iter().enumerate() {
            for another in &told[at + 1..] {
                if one.keys[1..] != another.keys[1..] {
                    continue;
                }
                let days_of = |row: &clio_proto::Row| -> BTreeSet<Date> {
                    let to = day(row.keys[0].value.as_deref().unwrap());
                    lake.events
                        .iter()
                        .map(|own| own.day)
                        .filter(|day| (window_of(to)..=to).contains(day))
                        .collect()
                };
                let (a, b) = (days_of(one), days_of(another));
                let of = |days: Vec<&Date>| -> Vec<&Event> {
                    let is_own = |event: &&Event| {
                        days.contains(&&event.day)
                            && (fields.is_none() || event.country == one.keys[1].value)
                    };
                    lake.events.iter().filter(is_own).collect()
                };
                let (more, less) = (of(b.difference(&a).collect()), of(a.difference(&b).collect()));
                // If one contains the other.
                if less.is_empty() || more.is_empty() {
                    assert!(may_be_told(&more, false) && may_be_told(&less, false), "{query:?}");
                    n_compared += 1;
                }
            }
        }
    }
    assert!(n_compared > 200 && n_withheld > 20, "{n_compared} {n_withheld}");
}

#[tokio::test]
async fn what_is_beside_a_row_tells_no_more() {
    let lake = lake();
    let cubes = open(&lake).await;
    for keys in [&["asset"][..], &["day", "country"], &["country"], &["audience"]] {
        for compare in [Comparison::Rest, Comparison::Whole] {
            let query = Query {
                group_by: group_by(keys),
                compare: Some(compare.clone()),
                limit: 5_000,
                ..Query::total(["impressions", "viewers", "take_rate"])
            };
            let answer = ask(&cubes, &query).await;
            let all = groups(&selected(&lake.events, &query), &query);
            for row in &answer.rows {
                for (own, beside) in row.values.iter().zip(&row.compared) {
                    let is_rest = compare == Comparison::Rest;
                    assert!(!own.withheld || beside.other.withheld || !is_rest);
                    if own.withheld || beside.other.withheld {
                        assert!(beside.difference.withheld && beside.ratio.withheld);
                    }
                }
                if compare == Comparison::Rest && !row.compared[0].other.withheld {
                    let is_same =
                        |key: &[Option<String>]| keys.len() == 1 || key[0] == row.keys[0].value;
                    let own = &all[&super::small_groups::keys(row)];
                    let mut rest: Vec<&Event> = Vec::new();
                    all.iter()
                        .filter(|(key, _)| is_same(key))
                        .for_each(|(_, other)| rest.extend(other));
                    rest.retain(|event| !own.iter().any(|own| std::ptr::eq(*own, *event)));
                    assert!(may_be_told(&rest, false), "{query:?}");
                }
            }
        }
    }
    let days = DayRange::try_new(day("2026-01-01"), day("2026-03-01")).unwrap();
    let range = QueryRange::Days { from: Some(day("2026-03-01")), to: Some(day("2026-03-04")) };
    let query =
        Query { range, compare: Some(Comparison::Days(days)), ..Query::total(["impressions"]) };
    let error = cubes.query(query, None).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.message.contains("fewer than 5 people"), "{}", error.message);
}

#[tokio::test]
async fn no_condition_and_no_order_finds_a_hidden_number() {
    let lake = lake();
    let cubes = open(&lake).await;
    let query = Query {
        group_by: group_by(&["day", "asset"]),
        limit: 5_000,
        ..Query::total(["impressions"])
    };
    let plain = ask(&cubes, &query).await;
    let hidden = plain.rows.iter().filter(|row| row.values[0].withheld).collect_keys();
    assert!(hidden.len() > 20 && hidden.len() < plain.rows.len());
    assert_eq!(plain.withheld.unwrap().n_rows, hidden.len() as u64);
    for bound in [0.0, 1.0, 2.0, 3.0, 5.0, 8.0] {
        for (test, is_of_none) in [
            (MeasureTest::AtLeast(bound), false),
            (MeasureTest::AtMost(bound), false),
            (MeasureTest::IsNull(true), true),
        ] {
            let having = Having::Measure { measure: "impressions".to_owned(), test };
            let kept = ask(&cubes, &Query { having: Some(having), ..query.clone() }).await;
            let found = kept.rows.iter().collect_keys();
            // All of them, or none.
            assert_eq!(
                hidden.intersection(&found).count(),
                if is_of_none { hidden.len() } else { 0 }
            );
        }
    }
    // They come last, by their keys, in either direction.
    let mut last = Vec::new();
    for direction in [clio_proto::Direction::Ascending, clio_proto::Direction::Descending] {
        let by = clio_proto::Order::Measure("impressions".to_owned());
        let order_by = vec![clio_proto::OrderBy { by, direction }];
        let ordered = ask(&cubes, &Query { order_by, ..query.clone() }).await;
        let behind = &ordered.rows[ordered.rows.len() - hidden.len()..];
        assert_eq!(behind.iter().collect_keys(), hidden);
        last.push(behind.iter().map(keys).collect::<Vec<_>>());
    }
    assert_eq!(last[0], last[1]);
}

#[tokio::test]
async fn reach_new_people_members_and_files_say_it_too() {
    let lake = lake();
    let cubes = open(&lake).await;
    let is_told = |value: &Value| {
        value.withheld
            || [value.value, value.lower, value.upper]
                .into_iter()
                .flatten()
                .all(|own| own % 5.0 == 0.0 || (own - 1.0).abs() < 1e-9)
    };
    let query = Query {
        group_by: group_by(&["asset"]),
        extras: vec![Extra::Reach],
        limit: 20,
        ..Query::total(["players"])
    };
    let answer = ask(&cubes, &query).await;
    let reach = answer.reach.unwrap();
    assert_eq!(reach.steps.len(), answer.rows.len());
    for step in &reach.steps {
        let row = &answer.rows[step.row as usize];
        assert_eq!(row.values[0].withheld, step.cumulative.withheld);
        assert!([step.cumulative, step.incremental, step.alone].iter().all(is_told), "{step:?}");
    }
    assert_eq!(reach.overlaps.len(), answer.rows.len() * (answer.rows.len() - 1) / 2);
    assert!(
        reach
            .overlaps
            .iter()
            .all(|own| is_told(&own.both) && (!own.both.withheld || own.jaccard.withheld))
    );

    let query = Query {
        group_by: group_by(&["day"]),
        look_back_days: Some(3),
        ..Query::total(["viewers"])
    };
    let answer = ask(&cubes, &query).await;
    for row in &answer.rows {
        let Some(own) = row.newcomers else { continue };
        assert_eq!(own.fresh.withheld, own.returning.withheld);
        assert!(!row.values[0].withheld || own.fresh.withheld);
        assert!(is_told(&own.fresh) && is_told(&own.returning));
    }

    let page =
        cubes.members(MembersRequest { limit: 100, ..MembersRequest::of(None) }).await.unwrap();
    assert!(page.members.iter().all(|member| member.n_cells > 0 && member.n_cells % 5 == 0));

    let query = Query {
        group_by: group_by(&["day", "asset"]),
        limit: 5_000,
        ..Query::total(["impressions"])
    };
    let n_rows = ask(&cubes, &query).await.withheld.unwrap().n_rows;
    let export = Export { query, format: ExportFormat::Csv, is_raw: false, has_comments: false };
    let exported = cubes.export(export, None).await.unwrap();
    let said = exported.head.said;
    assert!(said.contains(&("min_people".to_owned(), "5".to_owned())));
    assert!(said.contains(&("withheld_rows".to_owned(), n_rows.to_string())));
}
