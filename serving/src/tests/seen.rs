//! Restricted principals see what a lake with only their rows would show, by every kind of request.

mod door;
mod measures;
mod naive;
mod outliers;
mod shows;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_proto::{
    Answer, Code, Comparison, CubeService, Export, ExportFormat, Extra, Filter, GroupKey,
    MembersRequest, Principal, PrincipalKind, Query, Roles, Row,
};
use futures::StreamExt as _;

use super::ages::{any_aged, lake as lake_of_ages};
use super::compared::any_compared;
use super::events::{MODEL, Numbers, days, generate};
use super::judged::{any_judged, lake as lake_of_verdicts};
use super::lake::TestLake;
use super::oracle::check;
use super::queries::{any_filter, any_query, field, test, texts};
use crate::seen::Seen;
use crate::{Access, Cubes, MarginalLimits, ServingConfig};
use naive::{restricted, tests_tags};

/// Cubes that answer every principal according to one role.
struct Guarded {
    cubes: Arc<Cubes>,
    access: Arc<Access>,
}

/// One role, which everyone has.
fn role(keys: &str) -> Roles {
    Roles::parse("roles.toml", &format!("[role.a]\nwho = [\"everyone\"]\n{keys}\n")).unwrap()
}

/// The key of a role with these rows.
fn rows(filter: &Filter) -> String {
    format!("rows = '''{filter}'''")
}

impl Guarded {
    async fn open(lake: &TestLake, keys: &str) -> Self {
        let access = Arc::new(Access::new(role(keys)));
        // Marginals as early as possible, with fewer than all dimensions.
        let marginals = MarginalLimits { percent: 50, min_cells: 1 };
        let config = ServingConfig { marginals, ..ServingConfig::new(lake.url()) };
        let cubes = Cubes::start_guarded(config, Arc::clone(&access)).unwrap();
        cubes.load().await;
        Self { cubes, access }
    }

    fn give(&self, keys: &str) {
        self.access.replace_roles(role(keys));
    }

    fn seen(&self) -> Seen {
        let ann = Principal::new(PrincipalKind::User, "ann@example.com");
        Seen::new(Arc::clone(&self.cubes), Arc::new(ann))
    }
}

fn export_of(query: Query, format: ExportFormat) -> Export {
    Export { query, format, is_raw: false, has_comments: true }
}

/// The part of an answer that depends on cells; the rest describes the whole lake, or how the answer was computed.
fn of_cells(answer: Answer, of: &Answer) -> Answer {
    Answer {
        snapshot: of.snapshot.clone(),
        end: None,
        // Values that only a lookup has are visible to those who see all of the lookup.
        notices: Vec::new(),
        n_notices: 0,
        work: None,
        elapsed: Default::default(),
        ..answer
    }
}

/// Compares the answers of some cubes under a role with those of a lake of only the role's rows; returns the number of
/// answers.
async fn compare(
    guarded: &Guarded,
    alone: &Cubes,
    queries: impl IntoIterator<Item = Query>,
) -> usize {
    let seen = guarded.seen();
    let mut n_answers = 0;
    for query in queries {
        let found = seen.query(query.clone(), None).await;
        let expected = alone.query(query.clone(), None).await;
        match (found, expected) {
            // A lookup has values that no row has: those who see all of the lookup may name them; to others they do not
            // exist.
            (Ok(found), Ok(expected)) if found.n_notices != expected.n_notices => {
                assert!(found.n_notices > expected.n_notices, "{query:#?}");
            }
            (Err(found), Ok(_)) if matches!(query.compare, Some(Comparison::Member { .. })) => {
                assert!(found.message.contains("has no value"), "{found}");
            }
            (Ok(found), Ok(expected)) => {
                n_answers += 1;
                let found = of_cells(found, &expected);
                assert_eq!(found, of_cells(expected.clone(), &expected), "{query:#?}");
            }
            (found, expected) => {
                let (found, expected) = (found.unwrap_err(), expected.unwrap_err());
                assert_eq!(found.code, expected.code, "{found} {expected} {query:#?}");
            }
        }
    }
    n_answers
}

/// A filter that can be written in a file of roles, and that matches some rows of each day.
fn any_rows(numbers: &mut Numbers, lake: &TestLake) -> Filter {
    let days_of = |events: &[super::events::Event]| {
        events.iter().map(|event| event.day).collect::<BTreeSet<_>>()
    };
    loop {
        let filter = any_filter(numbers, 2);
        let is_written = filter.to_string().parse::<Filter>().is_ok_and(|read| read == filter);
        if !is_written || tests_tags(&filter) {
            continue;
        }
        let left = restricted(&lake.events, &filter);
        if left.len() < lake.events.len() && days_of(&left) == days_of(&lake.events) {
            return filter;
        }
    }
}

fn dense_lake() -> TestLake {
    let mut all = days("2025-12-30", "2026-01-03");
    all.extend(days("2026-02-28", "2026-03-02"));
    TestLake::with(generate(7, &all, 120))
}

/// The rows of a role are all that exists, whatever the query: as in a lake without any others.
#[tokio::test]
async fn a_role_shows_what_a_lake_of_its_rows_would() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "").await;
    let mut numbers = Numbers(19);
    let mut n_answers = 0;
    for _ in 0..40 {
        let filter = any_rows(&mut numbers, &lake);
        guarded.give(&rows(&filter));
        let left = restricted(&lake.events, &filter);
        let alone = TestLake::with(left.clone());
        let alone = Cubes::load_once(ServingConfig::new(alone.url())).await.unwrap();
        let queries: Vec<Query> = (0..30)
            .map(|n| {
                let query = any_query(&mut numbers);
                match n % 4 {
                    0 => any_compared(&mut numbers),
                    1 if !query.group_by.is_empty() => {
                        let measures = texts(&["viewers", "plays"]);
                        let (having, order_by) = (None, Vec::new());
                        let extras = vec![Extra::Reach];
                        Query { extras, measures, having, order_by, limit: 7, ..query }
                    }
                    _ => query,
                }
            })
            .collect();
        n_answers += compare(&guarded, &alone, queries).await;
        // And compared with the events themselves.
        for _ in 0..10 {
            let query = any_query(&mut numbers);
            let answer = guarded.seen().query(query.clone(), None).await.unwrap();
            if answer.n_notices == 0 {
                check(&left, &query, &answer);
            }
        }
        let request = MembersRequest { limit: 1_000, ..MembersRequest::of(None) };
        let members = |page: clio_proto::MemberPage| -> BTreeSet<_> {
            let of = page.members.into_iter();
            of.map(|own| (own.field.to_string(), own.value, own.label, own.media)).collect()
        };
        let found = guarded.seen().members(request.clone()).await.unwrap();
        assert_eq!(members(found), members(alone.members(request).await.unwrap()), "{filter}");
    }
    assert!(n_answers > 900, "{n_answers}");
}

#[tokio::test]
async fn verdicts_and_ages_are_of_the_rows_that_are_seen() {
    let mut numbers = Numbers(23);
    for is_aged in [true, false] {
        let lake = if is_aged { lake_of_ages() } else { lake_of_verdicts() };
        let guarded = Guarded::open(&lake, "").await;
        let mut n_answers = 0;
        for _ in 0..10 {
            let filter = any_rows(&mut numbers, &lake);
            guarded.give(&rows(&filter));
            let alone = TestLake::with_model(&lake.model, restricted(&lake.events, &filter));
            let alone = Cubes::load_once(ServingConfig::new(alone.url())).await.unwrap();
            let queries: Vec<Query> = (0..20)
                .map(|_| if is_aged { any_aged(&mut numbers) } else { any_judged(&mut numbers) })
                .collect();
            n_answers += compare(&guarded, &alone, queries).await;
        }
        assert!(n_answers > 100, "{n_answers}");
    }
}

/// Answers about small groups reveal nothing beyond what the role's rows alone reveal. Among groups with equally few
/// people, any may be withheld to hide another one: so the number of withheld rows is compared, and the values that
/// both show.
#[tokio::test]
async fn small_groups_are_withheld_of_the_rows_that_are_seen() {
    let model = MODEL.replace("timezone = \"UTC\"", "timezone = \"UTC\"\nmin_people = 8");
    let mut all = days("2025-12-30", "2026-01-03");
    all.extend(days("2026-02-28", "2026-03-02"));
    let lake = TestLake::with_model(&model, generate(7, &all, 120));
    let guarded = Guarded::open(&lake, "").await;
    let mut numbers = Numbers(29);
    let (mut n_told, mut n_withheld) = (0, 0);
    for _ in 0..8 {
        let filter = any_rows(&mut numbers, &lake);
        guarded.give(&rows(&filter));
        let alone = TestLake::with_model(&model, restricted(&lake.events, &filter));
        let alone = Cubes::load_once(ServingConfig::new(alone.url())).await.unwrap();
        for _ in 0..25 {
            let query = any_query(&mut numbers);
            let (having, order_by, extras) = (None, Vec::new(), Vec::new());
            let query = Query { having, order_by, extras, limit: 5_000, offset: 0, ..query };
            let found = guarded.seen().query(query.clone(), None).await.unwrap();
            let expected = alone.query(query.clone(), None).await.unwrap();
            if found.n_notices != expected.n_notices {
                continue;
            }
            assert_eq!(found.total, expected.total, "{query:#?}");
            assert_eq!(found.withheld, expected.withheld, "{query:#?}");
            let by_key = |answer: &Answer| -> BTreeMap<Vec<Option<String>>, Row> {
                let keys = |row: &Row| row.keys.iter().map(|key| key.value.clone()).collect();
                answer.rows.iter().map(|row| (keys(row), row.clone())).collect()
            };
            let (found, expected) = (by_key(&found), by_key(&expected));
            assert!(found.keys().eq(expected.keys()), "{query:#?}");
            for (found, expected) in found.values().zip(expected.values()) {
                for (found, expected) in found.values.iter().zip(&expected.values) {
                    if found.withheld || expected.withheld {
                        n_withheld += 1;
                    } else {
                        n_told += 1;
                        assert_eq!(found, expected, "{query:#?}");
                    }
                }
            }
        }
    }
    assert!(n_told > 100 && n_withheld > 100, "{n_told} {n_withheld}");
}

/// Roles with different rows query concurrently: none gets the rows of another.
#[tokio::test]
async fn answers_that_are_kept_are_of_one_policy() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "").await;
    let everybody = Query {
        group_by: vec![GroupKey::Field(field("country"))],
        ..Query::total(["impressions"])
    };
    let countries = |answer: &Answer| -> BTreeSet<Option<String>> {
        answer.rows.iter().map(|row| row.keys[0].value.clone()).collect()
    };
    for _ in 0..2 {
        for country in ["US", "DE", "FR"] {
            guarded.give(&rows(&test("country", clio_proto::Test::AnyOf(texts(&[country])))));
            let seen = guarded.seen();
            let (one, other) = tokio::join!(
                seen.query(everybody.clone(), None),
                guarded.cubes.query(everybody.clone(), None)
            );
            assert_eq!(countries(&one.unwrap()), BTreeSet::from([Some(country.to_owned())]));
            assert_eq!(countries(&other.unwrap()).len(), 5);
        }
    }
}

/// A file has the rows of a page, and its head reveals nothing about others.
#[tokio::test]
async fn files_hold_the_rows_that_are_seen() {
    let lake = dense_lake();
    let keys = "rows = \"country anyOf (US)\"\nrights = [\"export\"]";
    let guarded = Guarded::open(&lake, keys).await;
    let query = Query {
        group_by: vec![GroupKey::Field(field("country")), GroupKey::Field(field("asset"))],
        limit: usize::MAX >> 1,
        ..Query::total(["impressions", "viewers"])
    };
    for format in ExportFormat::ALL {
        let export = |query: &Query| export_of(query.clone(), format);
        let exported = guarded.seen().export(export(&query), None).await.unwrap();
        let bytes: Vec<Vec<u8>> = exported.bytes.map(Result::unwrap).collect().await;
        let bytes = bytes.concat();
        let has = |word: &str| bytes.windows(word.len()).any(|own| own == word.as_bytes());
        assert!(has("US"), "{format:?}");
        for hidden in ["DE", "FR", "Österreich"] {
            // Two letters occur by chance in compressed data.
            assert!(!has(hidden) || hidden.len() == 2 && format != ExportFormat::Csv, "{format:?}");
        }
        let whole = guarded.cubes.export(export(&query), None).await.unwrap();
        assert!(exported.head.n_rows < whole.head.n_rows);
    }
    guarded.give("rows = \"country anyOf (US)\"");
    let refused = guarded.seen().export(export_of(query, ExportFormat::Csv), None).await;
    assert_eq!(refused.err().map(|error| error.code), Some(Code::PermissionDenied));
}
