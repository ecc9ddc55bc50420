//! A lookup that changed while existing days kept their earlier values: answers that depend on it say so.

use std::collections::BTreeMap;

use clio_lake::{Digest, Recipe, SnapshotMetadata};
use clio_proto::{
    CubeService as _, FieldRef, Filter, GroupKey, MixedLookup, Model, Query, QueryRange, Test,
    TimeGrain, runs,
};

use super::events::{MODEL, day};
use super::lake::TestLake;
use super::queries::{gapped_lake, open};

const JOINED: &str =
    "lookup = \"audiences\"\non = \"profile_id\"\ncolumn = \"audience\"\nmulti = true\n";

/// The lake of other tests, whose audiences come from a lookup: in December in one state, in January and on the first
/// of March in another, in February in a third.
fn lake() -> TestLake {
    let mut lake = gapped_lake();
    let events = lake.events.clone();
    let days: std::collections::BTreeSet<_> = events.iter().map(|event| event.day).collect();
    let (from, rest) = MODEL.split_once("column = \"audiences\"").unwrap();
    let (_, rest) = rest.split_once("attributes = [\"kind\"]\n").unwrap();
    let text = format!("{from}{JOINED}{rest}");
    let model = Model::parse("model.toml", &text).unwrap();
    let change = |metadata: &mut SnapshotMetadata| {
        metadata.fingerprint = model.fingerprint().clone();
        metadata.model.clone_from(&text);
        for day in days {
            let state = match day.month() {
                12 => "first",
                2 => "third",
                _ => "second",
            };
            let lookups = BTreeMap::from([("audiences".to_owned(), Digest::of(state))]);
            let cells = model.cells_fingerprint();
            let recipe = Recipe { cells, lookups, states: BTreeMap::new() };
            metadata.inputs.set(day, recipe, Digest::of("files"));
        }
    };
    lake.commit(events, change, |_, batch| batch);
    lake
}

#[tokio::test]
async fn an_answer_over_days_that_took_different_states_of_a_lookup_says_so() {
    let lake = lake();
    let cubes = open(&lake).await;
    let audience = || GroupKey::Field(FieldRef::parse("audience"));
    let mixed = async |from: &str, to: &str, group_by: Vec<GroupKey>, filter: Option<Filter>| {
        let range = QueryRange::Days { from: Some(day(from)), to: Some(day(to)) };
        let query = Query { range, group_by, filter, ..Query::total(["impressions"]) };
        cubes.query(query, None).await.unwrap().coverage.mixed
    };
    let is = |n_states, others: &[&str]| {
        let others = runs(others.iter().map(|text| day(text)));
        vec![MixedLookup { lookup: "audiences".to_owned(), n_states, others }]
    };
    let december = ["2025-12-28", "2025-12-29", "2025-12-30", "2025-12-31"];
    assert_eq!(mixed("2025-12-28", "2026-01-01", vec![audience()], None).await, is(2, &december));
    // Within one state, and for queries that do not depend on the lookup, there is no note.
    assert_eq!(mixed("2025-12-28", "2025-12-31", vec![audience()], None).await, []);
    let by_country =
        vec![GroupKey::Field(FieldRef::parse("country")), GroupKey::Time(TimeGrain::Day)];
    assert_eq!(mixed("2025-12-28", "2026-01-01", by_country, None).await, []);
    // A filter depends on it too, however deep.
    let test = Test::AnyOf(vec!["a".to_owned()]);
    let test = Filter::Field { field: FieldRef::parse("audience"), test };
    let filter = Filter::And(vec![Filter::Not(Box::new(test))]);
    assert_eq!(
        mixed("2025-12-31", "2026-01-01", vec![], Some(filter)).await,
        is(2, &["2025-12-31"])
    );
    let all = mixed("2025-12-01", "2026-12-31", vec![audience()], None).await;
    assert_eq!(all[0].n_states, 3);
    let text = all[0].to_string();
    assert!(
        text.starts_with("3 states of the lookup `audiences` are mixed here: 2025-12-28.."),
        "{text}"
    );
}
