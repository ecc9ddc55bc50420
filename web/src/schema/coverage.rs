//! The days behind an answer: the types `Coverage`, `DayRange` and `MixedLookup`.

use async_graphql::Value as GraphQlValue;
use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::{DayRange, MAX_LISTED_DAYS, MixedLookup, listed_days, n_days};

use super::object::{ObjectOf, int, text, texts};
use super::projection::{PROJECTION, Projection};
use super::scalars::DATE;

pub(super) const COVERAGE: &str = "Coverage";
const DAYS: &str = "DayRange";
const MIXED_LOOKUP: &str = "MixedLookup";

#[derive(Debug, Clone)]
struct Days(DayRange);

#[derive(Debug, Clone)]
pub(super) struct Coverage {
    from: Option<String>,
    to: Option<String>,
    n_days: u32,
    n_days_present: u32,
    n_missing: u64,
    missing: Vec<Days>,
    retired: Vec<Days>,
    provisional: Vec<Days>,
    periods: Vec<String>,
    mixed: Vec<Mixed>,
    projection: Option<Projection>,
}

/// A lookup for which the days took different states.
#[derive(Debug, Clone)]
struct Mixed {
    lookup: String,
    n_states: u32,
    others: Vec<Days>,
    message: String,
}

impl From<clio_proto::Coverage> for Coverage {
    fn from(coverage: clio_proto::Coverage) -> Self {
        let clio_proto::Coverage {
            range,
            n_days_present,
            missing,
            retired,
            provisional,
            periods,
            mixed,
            projection,
        } = coverage;
        Self {
            from: range.map(|(from, _)| from.to_string()),
            to: range.map(|(_, to)| to.to_string()),
            n_days: range
                .and_then(|(from, to)| DayRange::try_new(from, to))
                .map_or(0, DayRange::n_days),
            n_days_present,
            n_missing: n_days(&missing),
            missing: days(missing),
            retired: days(retired),
            provisional: days(provisional),
            periods: periods.iter().map(ToString::to_string).collect(),
            mixed: mixed.into_iter().map(Mixed::from).collect(),
            projection: projection.as_deref().map(Projection::from),
        }
    }
}

impl From<MixedLookup> for Mixed {
    fn from(mixed: MixedLookup) -> Self {
        let message = mixed.to_string();
        let MixedLookup { lookup, n_states, others } = mixed;
        Self { lookup, n_states, others: days(others), message }
    }
}

fn days(ranges: Vec<DayRange>) -> Vec<Days> {
    ranges.into_iter().map(Days).collect()
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(coverage()).register(days_type()).register(mixed())
}

fn coverage() -> Object {
    let first = |of: &str| format!("The first {MAX_LISTED_DAYS} days of {of}.");
    let days = ObjectOf::<Coverage>::new(COVERAGE, "The days behind an answer.")
        .leaf(
            "from",
            TypeRef::named(DATE),
            "The first requested day; null if the lake is empty.",
            |it| text(it.from.as_deref()),
        )
        .leaf(
            "to",
            TypeRef::named(DATE),
            "The last requested day; null if the lake is empty.",
            |it| text(it.to.as_deref()),
        )
        .leaf("nDays", int(), "The number of days from first to last, both included.", |it| {
            it.n_days.into()
        })
        .leaf(
            "nDaysPresent",
            int(),
            "The number of days whose numbers are in the answer; if 0, there is no data and every value is null.",
            |it| it.n_days_present.into(),
        )
        .leaf("nMissing", int(), "The number of days in missingRanges.", |it| it.n_missing.into())
        .list(
            "missingRanges",
            DAYS,
            "Requested days that the numbers lack: the snapshot does not hold them, or not day by \
             day. Without from and to, the gaps between the days that are present.",
            |it: &Coverage| &it.missing,
        )
        .list(
            "retiredRanges",
            DAYS,
            "Those of the missing days whose month is retired: a query for the whole month has an answer.",
            |it: &Coverage| &it.retired,
        )
        .list(
            "provisionalRanges",
            DAYS,
            "Requested days whose numbers may still change.",
            |it: &Coverage| &it.provisional,
        )
        .old_leaf(
            "missing",
            TypeRef::named_nn_list_nn(DATE),
            &first("missingRanges"),
            "Use missingRanges, which is always complete.",
            |it| listed(&it.missing),
        )
        .old_leaf(
            "retired",
            TypeRef::named_nn_list_nn(DATE),
            &first("retiredRanges"),
            "Use retiredRanges, which is always complete.",
            |it| listed(&it.retired),
        )
        .old_leaf(
            "provisional",
            TypeRef::named_nn_list_nn(DATE),
            &first("provisionalRanges"),
            "Use provisionalRanges, which is always complete.",
            |it| listed(&it.provisional),
        )
        .leaf(
            "periods",
            TypeRef::named_nn_list_nn(TypeRef::STRING),
            "The periods that were read: \"2026\", \"2026-02\", \"2026-03-01\", \"all\".",
            |it| texts(&it.periods),
        );
    with_what_is_behind(days).finish()
}

/// The fields about lookups, and about the part of the lake.
fn with_what_is_behind(coverage: ObjectOf<Coverage>) -> ObjectOf<Coverage> {
    coverage
        .list(
            "mixedLookups",
            MIXED_LOOKUP,
            "Lookups that changed while existing days kept their earlier values, as far as the answer depends on them.",
            |it: &Coverage| &it.mixed,
        )
        .maybe(
            "projection",
            PROJECTION,
            "The part of the lake that serving holds; null if it holds everything.",
            |it: &Coverage| it.projection.as_ref(),
        )
}

fn mixed() -> Object {
    ObjectOf::<Mixed>::new(
        MIXED_LOOKUP,
        "A lookup for which the days of an answer took different states (on_change = \"new_days\").",
    )
    .leaf("lookup", TypeRef::named_nn(TypeRef::STRING), "The lookup's name in the model.", |it| {
        it.lookup.as_str().into()
    })
    .leaf("stateCount", int(), "The number of states.", |it| it.n_states.into())
    .list("otherRanges", DAYS, "The days that took a different state than the last day.", |it: &Mixed| {
        &it.others
    })
    .leaf("message", TypeRef::named_nn(TypeRef::STRING), "The whole notice in words.", |it| {
        it.message.as_str().into()
    })
    .finish()
}

fn days_type() -> Object {
    ObjectOf::<Days>::new(DAYS, "Days from one to another, both included.")
        .leaf("from", TypeRef::named_nn(DATE), "The first day.", |it| {
            it.0.first().to_string().into()
        })
        .leaf("to", TypeRef::named_nn(DATE), "The last day.", |it| it.0.last().to_string().into())
        .leaf("nDays", int(), "The number of days.", |it| it.0.n_days().into())
        .finish()
}

/// The first days of some ranges, for the deprecated fields.
fn listed(ranges: &[Days]) -> GraphQlValue {
    let days = listed_days(ranges.iter().map(|Days(range)| *range));
    days.map(|day| day.to_string()).collect()
}
