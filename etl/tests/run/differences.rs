//! Parents that are made of their old selves and of what changed below them are, to the byte, those that are
//! made of all their children.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use clio_etl::Days;
use clio_sketch::{Family, Precision, Sketch};
use datafusion::arrow::array::{ArrayRef, BinaryArray};

use crate::random::{index, next};
use crate::sandbox::{Sandbox, days};

/// Sketches of both families, small enough to be dense in a parent and sparse in a day.
const MODEL: &str = r#"
[dataset]
name = "test"
timezone = "UTC"
[source.events]
url = "events/"
format = "ndjson"
time = "at"
[dimension.country]
column = "country"
[dimension.tag]
column = "tags"
multi = true
[measure.events]
source = "events"
kind = "count"
[measure.seconds]
source = "events"
kind = "sum"
of = "seconds"
[measure.people]
source = "events"
kind = "distinct"
of = "id"
precision = 6
[measure.spark_people]
source = "events"
kind = "distinct"
of = "id"
precision = 5
family = "datasketches"
[measure.spread]
source = "events"
kind = "quantile"
of = "seconds"
error = "5%"
edges = [10]
"#;

const PRICE: &str = "[measure.price]\nsource = \"events\"\nkind = \"sum\"\nof = \"price\"\n";

/// The events of each day, a line each.
type Events = BTreeMap<String, Vec<String>>;

fn event(day: &str, state: &mut u64) -> String {
    let country = ["\"US\"", "\"DE\"", "\"FR\"", "null"][index(state, 4)];
    let tags = ["[]", "[\"x\"]", "[\"x\",\"y\"]", "null"][index(state, 4)];
    let (id, seconds, price) = (next(state, 300), next(state, 50), next(state, 1000));
    let price = price as f64 / 7.0 - 40.0;
    format!(
        "{{\"at\":\"{day}T10:00:00\",\"id\":{id},\"country\":{country},\"tags\":{tags},\
         \"seconds\":{},\"price\":{price}}}",
        seconds.cast_signed() - 20
    )
}

fn events(state: &mut u64) -> Events {
    let days = [("2025-12", 22..=31), ("2026-01", 1..=9), ("2026-02", 1..=9)];
    let days = days
        .iter()
        .flat_map(|(month, days)| days.clone().map(move |day| format!("{month}-{day:02}")));
    days.map(|day| {
        let n_events = 1 + next(state, 60);
        let events = (0..n_events).map(|_| event(&day, state)).collect();
        (day, events)
    })
    .collect()
}

fn write(sandbox: &Sandbox, day: &str, events: &[String]) {
    let mut text = String::new();
    for event in events {
        writeln!(text, "{event}").unwrap();
    }
    sandbox.write(&format!("events/dt={day}/a.json"), &text);
}

/// A lake of some events, made in one run.
async fn at_once(model: &str, events: &Events) -> Sandbox {
    let mut sandbox = Sandbox::new(model);
    for (day, events) in events {
        write(&sandbox, day, events);
    }
    sandbox.run(Days::OutOfDate).await;
    sandbox
}

async fn assert_same(found: &Sandbox, model: &str, events: &Events, what: &str) {
    let expected = at_once(model, events).await.cells().await;
    let found = found.cells().await;
    assert_eq!(found.periods(), expected.periods(), "{what}");
    for period in expected.periods() {
        let (found_lines, lines) = (found.lines(period), expected.lines(period));
        assert_eq!(found_lines, lines, "{what}: {period}");
        assert!(found.files[period] == expected.files[period], "{what}: bytes of {period}");
    }
}

/// Changes a day or two: events come, go, are others; a day goes, a day comes.
fn change(events: &mut Events, state: &mut u64) -> Vec<String> {
    let mut changed = Vec::new();
    for _ in 0..=next(state, 2) {
        let at = index(state, events.len());
        let day = events.keys().nth(at).unwrap().clone();
        let of_day = events.get_mut(&day).unwrap();
        match next(state, 6) {
            0 | 1 => of_day.extend((0..5).map(|_| event(&day, state)).collect::<Vec<_>>()),
            2 => of_day.truncate(of_day.len().div_ceil(2)),
            3 => of_day.iter_mut().for_each(|of_day| *of_day = event(&day, state)),
            4 => {
                let day = format!("2026-02-{:02}", 10 + next(state, 19));
                let of_day = (0..9).map(|_| event(&day, state)).collect();
                events.insert(day.clone(), of_day);
                changed.push(day);
                continue;
            }
            _ => {
                events.remove(&day);
            }
        }
        changed.push(day);
    }
    changed
}

async fn changes_give_the_same_bytes(model: &str, seed: u64) {
    let mut state = seed;
    let mut events = events(&mut state);
    let mut sandbox = at_once(model, &events).await;
    for round in 0..8 {
        let changed = change(&mut events, &mut state);
        for day in &changed {
            match events.get(day) {
                Some(of_day) => write(&sandbox, day, of_day),
                None => {
                    let folder = sandbox.path(&format!("events/dt={day}"));
                    if folder.try_exists().unwrap() {
                        std::fs::remove_dir_all(folder).unwrap();
                    }
                    sandbox.run(days(day, day)).await;
                }
            }
        }
        sandbox.run(Days::OutOfDate).await;
        if round % 2 == 1 {
            let what = format!("seed {seed}, round {round}, {changed:?}");
            assert_same(&sandbox, model, &events, &what).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_change_leave_parents_as_if_all_were_rebuilt() {
    for seed in 1..=3 {
        changes_give_the_same_bytes(MODEL, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_are_rounded_are_rebuilt_where_they_change() {
    changes_give_the_same_bytes(&format!("{MODEL}{PRICE}"), 4).await;
}

/// Otherwise the tests above would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_change_is_taken_from_the_old_parent() {
    let mut state = 7;
    let all = events(&mut state);
    let mut sandbox = at_once(MODEL, &all).await;
    let precision = Precision::try_new(6).unwrap();
    let nobody = Sketch::new(Family::HllPlusPlus, precision).encode();
    sandbox.tamper("2026-01", |field, values| {
        if field.name() != "people" {
            return Arc::clone(values);
        }
        Arc::new(BinaryArray::from_iter_values((0..values.len()).map(|_| &nobody))) as ArrayRef
    });
    let day = "2026-01-05";
    let more = event(day, &mut state);
    let mut of_day = all[day].clone();
    of_day.push(more);
    write(&sandbox, day, &of_day);
    sandbox.run(Days::OutOfDate).await;
    let people = |line: &String| line.split(' ').nth(4).unwrap() != "0";
    let lines = sandbox.cells().await.lines("2026-01");
    let n_with_people = lines.iter().filter(|line| people(line)).count();
    assert_eq!(n_with_people, 1, "{lines:#?}");
}
