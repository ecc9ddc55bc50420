//! Comparisons with another snapshot, against the events of both.

use std::collections::BTreeSet;

use clio_lake::{PeriodChange, diff};
use clio_proto::{
    Code, Comparison, CubeService as _, Extra, GroupKey, Query, QueryRange, Row, SnapshotId, Value,
};

use super::events::{Event, Numbers, day, days, generate};
use super::lake::TestLake;
use super::oracle::{check, holds, key_values, measure, range};
use super::queries::{any_query, gapped_lake, group_by, open};
use crate::{Cubes, ServingConfig};

/// A lake of two snapshots, and the events of the first one. The second one has other events on one day, more days, and
/// fewer members of other fields.
fn lake_of_two() -> (TestLake, Vec<Event>) {
    let mut lake = gapped_lake();
    let before = lake.events.clone();
    let mut changed = generate(21, &days("2026-01-02", "2026-01-02"), 50);
    changed.extend(generate(22, &days("2026-03-02", "2026-03-04"), 40));
    changed.extend(generate(23, &days("2025-12-26", "2025-12-26"), 10));
    lake.replace_days(changed);
    (lake, before)
}

/// The events of a row, within a side's own range; `None` if no day of its step is present.
fn of_row<'a>(
    events: &'a [Event],
    query: &Query,
    keys: &[Option<String>],
) -> Option<Vec<&'a Event>> {
    let asked = range(events, query.range);
    let filter = query.filter.as_ref();
    let is_of = |event: &Event, key: &GroupKey, value: &Option<String>| {
        key_values(key, event, filter).contains(value)
    };
    let there: Vec<&Event> = events
        .iter()
        .filter(|event| asked.contains(event.day))
        .filter(|event| {
            let mut keys = query.group_by.iter().zip(keys);
            keys.all(|(key, value)| !matches!(key, GroupKey::Time(_)) || is_of(event, key, value))
        })
        .collect();
    if there.is_empty() {
        return None;
    }
    let is_selected = |event: &&Event| {
        filter.is_none_or(|filter| holds(filter, event))
            && query.group_by.iter().zip(keys).all(|(key, value)| is_of(event, key, value))
    };
    Some(there.into_iter().filter(is_selected).collect())
}

fn is_close(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= 1e-9 * expected.abs())
}

/// Checks the comparison of a row against the events of both snapshots.
fn check_row(before: &[Event], after: &[Event], query: &Query, row: &Row) {
    let keys: Vec<_> = row.keys.iter().map(|key| key.value.clone()).collect();
    let (old, new) = (of_row(before, query, &keys), of_row(after, query, &keys));
    assert_eq!(row.compared.len(), query.measures.len());
    for ((name, own), found) in query.measures.iter().zip(&row.values).zip(&row.compared) {
        let expected = old.as_ref().map_or_else(Value::undefined, |of| measure(name, of));
        assert_eq!(found.other, expected, "{name} of {keys:?} in {query:?}");
        let (Some(a), Some(b)) = (own.value, found.other.value) else {
            assert_eq!((found.difference, found.ratio), (Value::undefined(), Value::undefined()));
            continue;
        };
        assert!(is_close(found.difference.value, a - b), "{found:?} {a} {b}");
        let ratio = if b == 0.0 { None } else { Some(a / b) };
        assert!(ratio.is_none_or(|ratio| is_close(found.ratio.value, ratio)), "{found:?} {a} {b}");
        assert_eq!(found.ratio.value.is_some(), ratio.is_some());
        // Exact are numbers that both have exactly, and those of the very same cells.
        if found.difference.exact && !(own.exact && found.other.exact) {
            let profiles = |events: &Option<Vec<&Event>>| {
                let all = events.iter().flatten();
                let all = all.map(|event| (event.day, event.profile, event.seconds.is_some()));
                all.collect::<BTreeSet<_>>()
            };
            assert_eq!(profiles(&old), profiles(&new), "{name} of {keys:?} in {query:?}");
            assert_eq!(found.difference.value, Some(0.0));
        }
        if let (Some(lower), Some(upper)) = (found.difference.lower, found.difference.upper) {
            let value = found.difference.value.unwrap();
            assert!(lower <= value && value <= upper, "{found:?}");
        }
    }
}

#[tokio::test]
async fn any_question_beside_another_snapshot_agrees_with_the_events_of_both() {
    let (lake, before) = lake_of_two();
    let cubes = open(&lake).await;
    cubes.hold(SnapshotId(0)).await.unwrap();
    let mut numbers = Numbers(16);
    let (mut n_rows, mut n_same, mut n_absent) = (0, 0, 0);
    for _ in 0..300 {
        let query = any_query(&mut numbers);
        // Both ways: each snapshot has days and members of its own.
        for (own, other) in [(1, 0), (0, 1)] {
            let (after, before) = match own {
                1 => (&lake.events, &before),
                _ => (&before, &lake.events),
            };
            let compare = Some(Comparison::Snapshot(SnapshotId(other)));
            let asked = Query { compare, ..query.clone() };
            let answer = cubes.query(asked.clone(), Some(SnapshotId(own))).await.unwrap();
            let plain = cubes.query(query.clone(), Some(SnapshotId(own))).await.unwrap();
            check(after, &query, &plain);
            let coverage =
                cubes.query(query.clone(), Some(SnapshotId(other))).await.unwrap().coverage;
            assert_eq!(answer.compared_coverage, Some(coverage));
            assert_eq!(answer.rows.len(), plain.rows.len());
            for (row, plain) in answer.rows.iter().zip(&plain.rows) {
                assert_eq!((&row.keys, &row.values), (&plain.keys, &plain.values));
                check_row(before, after, &query, row);
                n_rows += 1;
                n_same +=
                    usize::from(row.compared.iter().all(|of| of.difference.value == Some(0.0)));
                n_absent += usize::from(row.compared.iter().any(|of| of.other.value.is_none()));
            }
            let total = Query { group_by: Vec::new(), ..query.clone() };
            check_row(before, after, &total, &Row { keys: Vec::new(), ..answer.total.clone() });
        }
    }
    assert!(n_rows > 1_000 && n_same > 50 && n_absent > 50, "{n_rows} {n_same} {n_absent}");
}

/// The estimates of one count have correlated errors: if nearly everything is common to both sketches, the difference
/// is known far better than either.
#[tokio::test]
async fn what_both_snapshots_count_errs_together() {
    let lake = {
        let mut lake = TestLake::with(generate(9, &days("2026-01-01", "2026-01-06"), 4_000));
        lake.replace_days(generate(10, &days("2026-01-06", "2026-01-06"), 4_200));
        lake
    };
    let cubes = open(&lake).await;
    cubes.hold(SnapshotId(0)).await.unwrap();
    let ask = async |range: QueryRange, keys: &[&str]| {
        let query = Query {
            range,
            group_by: group_by(keys),
            compare: Some(Comparison::Snapshot(SnapshotId(0))),
            limit: 5_000,
            ..Query::total(["viewers", "take_rate", "plays"])
        };
        cubes.query(query, Some(SnapshotId(1))).await.unwrap()
    };
    let width = |value: Value| value.upper.unwrap() - value.lower.unwrap();
    let answer = ask(QueryRange::AllTime, &[]).await;
    let [viewers, ..] = &answer.total.compared[..] else { panic!("nothing is compared") };
    assert!(!viewers.difference.exact);
    let (own, difference) = (width(answer.total.values[0]), width(viewers.difference));
    assert!(difference < 0.75 * own, "{difference} beside {own}");

    // Days that nobody touched have the very same cells.
    let range = QueryRange::Days { from: None, to: Some(day("2026-01-05")) };
    for keys in [&["day"][..], &["day", "country"], &["audience"], &[]] {
        let answer = ask(range, keys).await;
        let estimated = answer.rows.iter().chain([&answer.total]);
        assert!(estimated.clone().any(|row| !row.values[0].exact), "{keys:?}");
        for row in estimated {
            for compared in &row.compared {
                assert_eq!(compared.difference, Value::exact(0.0), "{keys:?}");
            }
        }
    }
    // Those of the rebuilt day have not.
    let range = QueryRange::Days { from: Some(day("2026-01-06")), to: None };
    let answer = ask(range, &["country"]).await;
    assert!(answer.rows.iter().all(|row| !row.compared[0].difference.exact));
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused_with_the_mend() {
    let (mut lake, _) = lake_of_two();
    let cubes = open(&lake).await;
    let beside = |id: u64, query: Query| Query {
        compare: Some(Comparison::Snapshot(SnapshotId(id))),
        ..query
    };
    let total = || Query::total(["viewers"]);
    let error = cubes.query(beside(0, total()), None).await.unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    assert_eq!(
        error.message,
        "`compare`: snapshot `0` is not held; there are: `1`; `clio lake diff` compares any two of a lake"
    );
    cubes.hold(SnapshotId(0)).await.unwrap();
    let error = cubes.hold(SnapshotId(9)).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no snapshot 9; the newest is 1");
    let verdicts =
        Query { extras: vec![Extra::Verdicts], ..beside(0, Query::total(["take_rate"])) };
    let error = cubes.query(verdicts, None).await.unwrap_err();
    assert!(error.message.contains("two snapshots count the same ones"), "{error}");

    // A measure that is defined differently there.
    lake.model = lake.model.replace("players / viewers", "players / impressions");
    lake.replace_days(generate(30, &days("2026-01-02", "2026-01-02"), 20));
    cubes.look().await;
    let asked = beside(0, Query::total(["viewers", "take_rate"]));
    let error = cubes.query(asked, None).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(
        error.message.starts_with(
            "`compare`: snapshot 0: the measure `take_rate` is defined differently there"
        ),
        "{error}"
    );
    cubes.query(beside(0, total()), None).await.unwrap();
}

/// A held snapshot stays available for further queries, whatever is loaded in the meantime; and a lake may be queried
/// about any of its snapshots.
#[tokio::test]
async fn snapshots_that_are_named_are_loaded_and_no_others() {
    let (lake, _) = lake_of_two();
    let config = || ServingConfig { n_snapshots_held: 1, ..ServingConfig::new(lake.url()) };
    let ids = [SnapshotId(0), SnapshotId(1)];
    let cubes = Cubes::load_named(config(), &ids).await.unwrap();
    assert_eq!(cubes.status().await.unwrap().snapshot.unwrap().id, SnapshotId(0));
    let compare = Some(Comparison::Snapshot(SnapshotId(1)));
    let query = Query { compare, ..Query::total(["plays"]) };
    let answer = cubes.query(query.clone(), None).await.unwrap();
    assert_eq!(answer.snapshot.id, SnapshotId(0));
    let alone = Cubes::load_named(config(), &ids[..1]).await.unwrap();
    assert_eq!(alone.query(query, None).await.unwrap_err().code, Code::NotFound);
    let limit = alone.size_bytes() + 1;
    let tight = ServingConfig { memory_limit_bytes: Some(limit), ..config() };
    let refused = Cubes::load_named(tight, &ids).await.unwrap_err().to_string();
    assert!(refused.contains("bytes"), "{refused}");
}

/// The summary needs no cells: it is in the log.
#[tokio::test]
async fn the_log_tells_which_periods_differ() {
    let (mut lake, _) = lake_of_two();
    let found = diff(&lake.url(), SnapshotId(0), SnapshotId(1)).await.unwrap();
    let of = |change: PeriodChange| -> Vec<String> {
        let of = found.periods.iter().filter(|own| own.change == change);
        of.map(|own| own.period.to_string()).collect()
    };
    assert_eq!(of(PeriodChange::Appeared), ["2025-12-26", "2026-03-03", "2026-03-04"]);
    assert_eq!(
        of(PeriodChange::Changed),
        ["2026-01-02", "2026-03-02", "2025-12", "2026-01", "2026-03", "2025", "2026", "all"]
    );
    assert!(of(PeriodChange::Vanished).is_empty() && of(PeriodChange::Unknown).is_empty());
    assert!(!found.is_other_model && found.lookups.is_empty() && !found.is_same());
    let back = diff(&lake.url(), SnapshotId(1), SnapshotId(0)).await.unwrap();
    assert_eq!(back.periods.iter().filter(|own| own.change == PeriodChange::Vanished).count(), 3);
    assert_eq!(back.n_same, found.n_same);

    // The same events again are other files with the same bytes.
    let again: Vec<Event> =
        lake.events.iter().filter(|event| event.day == day("2026-01-02")).cloned().collect();
    lake.replace_days(again);
    let same = diff(&lake.url(), SnapshotId(1), SnapshotId(2)).await.unwrap();
    assert!(same.is_same(), "{same:?}");
    let unknown = diff(&lake.url(), SnapshotId(1), SnapshotId(7)).await.unwrap_err();
    assert!(unknown.to_string().ends_with("there is no snapshot 7; the newest is 2"), "{unknown}");
}
