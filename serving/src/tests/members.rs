//! Searches for members, against the cells and the events.

use std::collections::BTreeMap;

use clio_proto::{
    Code, CubeService as _, Cursor, FieldRef, Filter, Member, MembersRequest, Period, Query,
    QueryRange, SnapshotId, Test,
};

use super::events::{Numbers, day, generate};
use super::queries::{any_filter, field, gapped_lake, open, test, texts};
use crate::{Cubes, ServingConfig};

const FIELDS: [&str; 7] = [
    "asset",
    "asset.title",
    "asset.media_type",
    "asset.tags",
    "country",
    "audience",
    "audience.kind",
];

fn search_of(name: Option<&str>, search: Option<&str>) -> MembersRequest {
    let search = search.map(str::to_owned);
    MembersRequest { search, limit: 100, ..MembersRequest::of(name.map(FieldRef::parse)) }
}

async fn found(cubes: &Cubes, request: MembersRequest) -> Vec<Member> {
    let page = cubes.members(request).await.unwrap();
    assert_eq!(page.n_total, page.members.len() as u64);
    page.members
}

#[tokio::test]
async fn members_come_by_frequency_and_by_text() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let request = |name: &str, search: Option<&str>| search_of(Some(name), search);
    for name in ["asset", "country", "audience", "asset.tags", "asset.title", "audience.kind"] {
        let page = cubes.members(request(name, None)).await.unwrap();
        assert_eq!(page.n_total, page.members.len() as u64);
        assert!(page.members.is_sorted_by(|a, b| a.n_cells >= b.n_cells), "{name}");
        for member in &page.members {
            let value = member.value.clone();
            let test = match &value {
                Some(value) => Test::AnyOf(vec![value.clone()]),
                None => Test::IsNull(true),
            };
            let snapshot = cubes.snapshot(None).unwrap();
            let filter = crate::plan::bind(
                &snapshot,
                &Query {
                    filter: Some(Filter::Field { field: field(name), test }),
                    ..Query::total(["plays"])
                },
                &cubes.config().limits,
                None,
            )
            .unwrap()
            .filter
            .unwrap();
            let n_cells: u64 = snapshot.chunks[&Period::All]
                .iter()
                .map(|chunk| filter.rows(chunk, Period::All).len())
                .sum();
            assert_eq!(member.n_cells, n_cells, "{name} {value:?}");
        }
    }
    let found = cubes.members(request("asset", Some("ASSET № 1"))).await.unwrap();
    let values: Vec<_> = found.members.iter().map(|own| own.value.clone().unwrap()).collect();
    assert_eq!(found.n_total, 2, "{values:?}: of `asset-1`, -10, -11, one has no label");
    assert!(found.members.iter().all(|own| own.label.is_some() && own.value.is_some()));
    let found = cubes.members(request("country", Some("s"))).await.unwrap();
    let values: Vec<_> = found.members.iter().filter_map(|own| own.value.as_deref()).collect();
    assert_eq!(values, ["Österreich", "US"], "neither starts with it: by frequency");
    let found = cubes.members(request("audience", Some("r"))).await.unwrap();
    let values: Vec<_> = found.members.iter().filter_map(|own| own.value.as_deref()).collect();
    assert_eq!(values[0], "racing", "what starts with it comes first");
    assert_eq!(values.len(), 4);
    let mut second = request("asset", None);
    (second.limit, second.offset) = (2, 1);
    let page = cubes.members(second).await.unwrap();
    let all = cubes.members(request("asset", None)).await.unwrap();
    assert_eq!(page.members, all.members[1..3]);
    assert_eq!(page.n_total, all.n_total);
}

/// Case, accents and variants of letters are ignored: the country is `Österreich`.
#[tokio::test]
async fn a_search_finds_what_is_written_otherwise() {
    let cubes = open(&gapped_lake()).await;
    for search in ["österreich", "OSTERREICH", "o\u{308}sterr", "terrei", "Ｏsterreich"] {
        let members = found(&cubes, search_of(Some("country"), Some(search))).await;
        let values: Vec<_> = members.iter().map(|own| own.value.as_deref().unwrap()).collect();
        assert_eq!(values, ["Österreich"], "{search}");
    }
    // `№` in the labels.
    let members = found(&cubes, search_of(Some("asset"), Some("asset no 3"))).await;
    assert_eq!(members[0].value.as_deref(), Some("asset-3"));
    assert!(found(&cubes, search_of(Some("country"), Some("oesterreich"))).await.is_empty());
}

/// One search over all fields finds what each field's own search finds; those that start with the text come first.
#[tokio::test]
async fn a_search_of_all_fields_finds_what_those_of_each_find() {
    let cubes = open(&gapped_lake()).await;
    for search in [None, Some("s"), Some("1"), Some("nothing such"), Some("VIDEO")] {
        let all = found(&cubes, search_of(None, search)).await;
        let mut of_each = Vec::new();
        for name in FIELDS {
            of_each.extend(found(&cubes, search_of(Some(name), search)).await);
        }
        let mut sorted = all.clone();
        let by_field = |a: &Member, b: &Member| (&a.field, &a.value).cmp(&(&b.field, &b.value));
        sorted.sort_by(by_field);
        of_each.sort_by(by_field);
        assert_eq!(sorted, of_each, "{search:?}");
        let text = search.unwrap_or_default().to_lowercase();
        let starts = |member: &Member| {
            let texts = [&member.value, &member.label];
            texts.into_iter().flatten().any(|own| own.to_lowercase().starts_with(&text))
        };
        let is_behind = |member: &Member| !text.is_empty() && !starts(member);
        assert!(
            all.is_sorted_by_key(|member| (is_behind(member), std::cmp::Reverse(member.n_cells)))
        );
    }
    let mut second = search_of(None, None);
    (second.limit, second.offset) = (3, 2);
    let page = cubes.members(second).await.unwrap();
    let all = found(&cubes, search_of(None, None)).await;
    assert_eq!((page.members, page.n_total), (all[2..5].to_vec(), all.len() as u64));
}

/// The filter without the parts that test a field, at the top level: all parts must hold.
fn others(parts: &[Filter], field: &FieldRef) -> Filter {
    fn tests(filter: &Filter, field: &FieldRef) -> bool {
        match filter {
            Filter::And(nodes) | Filter::Or(nodes) => nodes.iter().any(|node| tests(node, field)),
            Filter::Not(node) => tests(node, field),
            Filter::Field { field: own, .. } => own == field,
        }
    }
    Filter::And(parts.iter().filter(|part| !tests(part, field)).cloned().collect())
}

/// The remaining cells of each member are those selected by filter, by days, and by both.
#[tokio::test]
async fn what_is_left_of_a_member_is_what_other_tests_leave() {
    let cubes = open(&gapped_lake()).await;
    let snapshot = cubes.snapshot(None).unwrap();
    let mut numbers = Numbers(5);
    let days = QueryRange::Days { from: Some(day("2025-12-30")), to: Some(day("2026-02-28")) };
    for round in 0..60 {
        // No part is an `and`, whose own parts would be further parts.
        let mut part = || match any_filter(&mut numbers, 2) {
            Filter::And(nodes) => Filter::Or(nodes),
            other => other,
        };
        let parts = [part(), part(), part()];
        let name = FIELDS[round % FIELDS.len()];
        let range = if round % 3 == 0 { QueryRange::AllTime } else { days };
        let request = MembersRequest {
            range,
            filter: (round % 5 > 0 || round % 3 == 0).then(|| Filter::And(parts.to_vec())),
            ..search_of(Some(name), None)
        };
        let members = found(&cubes, request.clone()).await;
        assert!(members.is_sorted_by_key(|own| std::cmp::Reverse(own.n_cells_left)), "{request:?}");
        for member in &members {
            let own = match &member.value {
                Some(value) => Test::AnyOf(vec![value.clone()]),
                None => Test::IsNull(true),
            };
            let own = Filter::Field { field: field(name), test: own };
            let beside = request.filter.as_ref().map(|_| others(&parts, &field(name)));
            let filter = Filter::And(beside.into_iter().chain([own]).collect());
            let query = Query { range, filter: Some(filter), ..Query::total(["plays"]) };
            let plan = crate::plan::bind(&snapshot, &query, &cubes.config().limits, None).unwrap();
            let rows = plan.filter.unwrap();
            let chunks = plan
                .coverage
                .periods
                .iter()
                .flat_map(|own| snapshot.chunks[own].iter().map(move |chunk| (chunk, *own)));
            let expected: u64 = chunks.map(|(chunk, own)| rows.rows(chunk, own).len()).sum();
            assert_eq!(member.n_cells_left, Some(expected), "{request:?} {:?}", member.value);
        }
    }
    // With neither days nor a filter, no cells are counted.
    let plain = found(&cubes, search_of(Some("country"), None)).await;
    assert!(plain.iter().all(|own| own.n_cells_left.is_none()));
    // Members without remaining cells are included, after the others.
    let filter = test("country", Test::AnyOf(texts(&["nowhere"])));
    let request = MembersRequest { filter: Some(filter), ..search_of(None, None) };
    let left: BTreeMap<String, u64> =
        found(&cubes, request).await.into_iter().fold(BTreeMap::new(), |mut left, own| {
            *left.entry(own.field.to_string()).or_default() += own.n_cells_left.unwrap();
            left
        });
    let n_all: u64 = snapshot.chunks[&Period::All].iter().map(|own| u64::from(own.n_rows)).sum();
    assert_eq!(left.len(), FIELDS.len());
    for (name, n_left) in left {
        assert_eq!(n_left, if name == "country" { n_all } else { 0 }, "{name}");
    }
}

#[tokio::test]
async fn what_no_search_can_mean_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let filter = Some(test("city", Test::IsNull(true)));
    for (field, part) in [(None, "filter"), (Some("city"), "field"), (Some("country"), "filter")] {
        let request = MembersRequest { filter: filter.clone(), ..search_of(field, None) };
        let error = cubes.members(request).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        let said = format!("`{part}`: unknown field `city`; there are: ");
        assert!(error.message.starts_with(&said), "{error}");
    }
    let range = QueryRange::Days { from: Some(day("2026-02-01")), to: Some(day("2026-01-01")) };
    let error = cubes.members(MembersRequest { range, ..search_of(None, None) }).await.unwrap_err();
    assert!(error.message.starts_with("`from`: range ends before it starts"), "{error}");
}

/// Pages by cursor neither skip nor repeat a member, on the snapshot of the first one.
#[tokio::test]
async fn pages_of_any_search_are_all_members_once() {
    let mut lake = gapped_lake();
    let config = ServingConfig { n_snapshots_held: 100, ..ServingConfig::new(lake.url()) };
    let cubes = Cubes::open(config).await.unwrap();
    let mut numbers = Numbers(12);
    for turn in 0..24 {
        let field = (numbers.below(3) > 0).then(|| FieldRef::parse(numbers.pick::<&str>(&FIELDS)));
        let search = [None, Some("s".to_owned()), Some("1".to_owned())][numbers.below(3)].clone();
        let filter = (numbers.below(2) == 0).then(|| any_filter(&mut numbers, 2));
        let request = MembersRequest { search, filter, limit: 5_000, ..MembersRequest::of(field) };
        let whole = cubes.members(request.clone()).await.unwrap();
        assert!(!whole.has_next_page());
        let (mut members, mut next) = (Vec::new(), request.clone());
        loop {
            next.limit = 1 + numbers.below(5);
            let page = cubes.members(next.clone()).await.unwrap();
            members.extend(page.members.iter().cloned());
            let end = page.end.unwrap();
            assert_eq!((end.n_before, page.n_total), (members.len() as u64, whole.n_total));
            if !page.has_next_page() {
                break;
            }
            next.after = Some(end);
            if turn % 8 == 0 {
                lake.replace_days(generate(turn + 100, &[day("2026-01-02")], 40));
                cubes.look().await;
            }
        }
        assert_eq!(members, whole.members, "{request:?}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_search_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let request = MembersRequest { limit: 2, ..search_of(Some("asset"), None) };
    let end = cubes.members(request.clone()).await.unwrap().end;
    let next = MembersRequest { after: end, ..request };
    let behind = Cursor { n_before: u64::MAX, ..end.unwrap() };
    let none = MembersRequest { after: Some(behind), ..next.clone() };
    assert!(cubes.members(none).await.unwrap().members.is_empty());
    let gone = Cursor { snapshot: SnapshotId(7), ..end.unwrap() };
    for (request, code, message) in [
        (
            MembersRequest { search: Some("a".to_owned()), ..next.clone() },
            Code::InvalidArgument,
            "`after`: the cursor belongs to another search, or to another lake: field, text, days and filter must be the same on each \
              page",
        ),
        (
            MembersRequest { offset: 1, ..next.clone() },
            Code::InvalidArgument,
            "`after`: the cursor says where the page begins; leave out `offset`",
        ),
        (
            MembersRequest { snapshot: Some(SnapshotId(5)), ..next.clone() },
            Code::InvalidArgument,
            "`after`: the cursor belongs to snapshot `0`, but the query names `5`",
        ),
        (
            MembersRequest { after: Some(gone), ..next },
            Code::NotFound,
            "`after`: snapshot `7` is not held; there are: `0`",
        ),
    ] {
        let error = cubes.members(request).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message));
    }
}
