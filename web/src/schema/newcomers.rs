//! New and returning people: the types `Newcomers` and `LookBack`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};

use super::coverage::{COVERAGE, Coverage};
use super::numbers::Number;
use super::object::{ObjectOf, int};
use super::question::MEASURE;
use super::reach::REACH_NUMBER;
use crate::names::enum_name;

pub(super) const NEWCOMERS: &str = "Newcomers";
pub(super) const LOOK_BACK: &str = "LookBack";

/// How many of the people of a row are new, as GraphQL shows it; `None` where that is not requested or not known.
#[derive(Debug, Clone)]
pub(super) struct Newcomers(Option<([Number; 2], u32)>);

/// What new and returning people are determined from.
#[derive(Debug, Clone)]
pub(super) struct LookBack {
    measure: Name,
    n_days: u32,
    coverage: Coverage,
}

impl From<Option<clio_proto::Newcomers>> for Newcomers {
    fn from(newcomers: Option<clio_proto::Newcomers>) -> Self {
        let numbers = |newcomers| {
            let clio_proto::Newcomers { fresh, returning, n_days_missing } = newcomers;
            ([fresh.into(), returning.into()], n_days_missing)
        };
        Self(newcomers.map(numbers))
    }
}

impl From<clio_proto::LookBack> for LookBack {
    fn from(look_back: clio_proto::LookBack) -> Self {
        let clio_proto::LookBack { measure, n_days, coverage } = look_back;
        Self { measure: Name::new(enum_name(&measure)), n_days, coverage: coverage.into() }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(newcomers()).register(look_back())
}

fn newcomers() -> Object {
    ObjectOf::<Newcomers>::new(
        NEWCOMERS,
        "How many of the people of a row are new, and how many return; null if not requested, and if no day of the look-back is \
         there.",
    )
    .maybe("fresh", REACH_NUMBER, "People not seen in the look-back.", |it: &Newcomers| {
        it.0.as_ref().map(|(numbers, _)| &numbers[0])
    })
    .maybe("returning", REACH_NUMBER, "People seen in it.", |it: &Newcomers| {
        it.0.as_ref().map(|(numbers, _)| &numbers[1])
    })
    .leaf(
        "nDaysMissing",
        TypeRef::named(TypeRef::INT),
        "The number of missing days in the row's look-back: people seen on these alone count as new.",
        |it| it.0.as_ref().map_or(GraphQlValue::Null, |(_, n_days_missing)| (*n_days_missing).into()),
    )
    .finish()
}

fn look_back() -> Object {
    ObjectOf::<LookBack>::new(LOOK_BACK, "What new and returning people are determined from.")
        .leaf("measure", TypeRef::named_nn(MEASURE), "The distinct measure.", |it| {
            GraphQlValue::Enum(it.measure.clone())
        })
        .leaf(
            "days",
            int(),
            "The requested number of days before the first day of each row.",
            |it| it.n_days.into(),
        )
        .one("coverage", COVERAGE, "The look-back days of all rows together.", |it: &LookBack| {
            &it.coverage
        })
        .finish()
}
