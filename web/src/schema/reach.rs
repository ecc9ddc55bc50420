//! The people whom the rows of a page reach together: the types `Reach`, `ReachStep`, `Overlap` and `ReachNumber`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};

use super::numbers::{IS_WITHHELD, Number};
use super::object::{ObjectOf, number};
use super::question::MEASURE;
use crate::names::enum_name;

pub(super) const REACH: &str = "Reach";
const REACH_STEP: &str = "ReachStep";
const OVERLAP: &str = "Overlap";
pub(super) const REACH_NUMBER: &str = "ReachNumber";

/// What the rows of the page have in common, and what each adds, as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    measure: Name,
    deduplicated: Number,
    steps: Vec<Step>,
    overlaps: Vec<Overlap>,
}

#[derive(Debug, Clone)]
struct Step {
    row: u32,
    incremental: Number,
    alone: Number,
    cumulative: Number,
}

#[derive(Debug, Clone)]
struct Overlap {
    left: u32,
    right: u32,
    both: Number,
    jaccard: Number,
}

impl From<clio_proto::Reach> for Reach {
    fn from(reach: clio_proto::Reach) -> Self {
        let clio_proto::Reach { measure, deduplicated, steps, overlaps } = reach;
        Self {
            measure: Name::new(enum_name(&measure)),
            deduplicated: deduplicated.into(),
            steps: steps.into_iter().map(Step::from).collect(),
            overlaps: overlaps.into_iter().map(Overlap::from).collect(),
        }
    }
}

impl From<clio_proto::ReachStep> for Step {
    fn from(step: clio_proto::ReachStep) -> Self {
        let clio_proto::ReachStep { row, incremental, alone, cumulative } = step;
        let (incremental, alone) = (incremental.into(), alone.into());
        Self { row, incremental, alone, cumulative: cumulative.into() }
    }
}

impl From<clio_proto::Overlap> for Overlap {
    fn from(overlap: clio_proto::Overlap) -> Self {
        let clio_proto::Overlap { left, right, both, jaccard } = overlap;
        Self { left, right, both: both.into(), jaccard: jaccard.into() }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(reach()).register(step()).register(overlap()).register(reach_number())
}

fn reach() -> Object {
    ObjectOf::<Reach>::new(REACH, "The people whom the rows of the page reach together, one beyond another, and in common.")
        .leaf("measure", TypeRef::named_nn(MEASURE), "The distinct measure.", |it| {
            GraphQlValue::Enum(it.measure.clone())
        })
        .one(
            "deduplicated",
            REACH_NUMBER,
            "Different people over all rows of the page.",
            |it: &Reach| &it.deduplicated,
        )
        .list(
            "steps",
            REACH_STEP,
            "Each row once, in greedy order: the first reaches the most people, each next one adds the most to those before it.",
            |it: &Reach| &it.steps,
        )
        .list("overlaps", OVERLAP, "Each pair of rows once.", |it: &Reach| &it.overlaps)
        .finish()
}

fn step() -> Object {
    ObjectOf::<Step>::new(REACH_STEP, "One row in greedy order.")
        .leaf("row", int(), "The row, counted from 0 on the page.", |it| it.row.into())
        .one(
            "incremental",
            REACH_NUMBER,
            "The people whom it adds to the rows before it in this order.",
            |it: &Step| &it.incremental,
        )
        .one(
            "alone",
            REACH_NUMBER,
            "The people whom no other row of the page reaches.",
            |it: &Step| &it.alone,
        )
        .one(
            "cumulative",
            REACH_NUMBER,
            "Different people of this row and those before it.",
            |it: &Step| &it.cumulative,
        )
        .finish()
}

fn overlap() -> Object {
    ObjectOf::<Overlap>::new(OVERLAP, "Two rows of the page.")
        .leaf("left", int(), "The earlier row, counted from 0 on the page.", |it| it.left.into())
        .leaf("right", int(), "The later row.", |it| it.right.into())
        .one("both", REACH_NUMBER, "The people whom both reach.", |it: &Overlap| &it.both)
        .one(
            "jaccard",
            REACH_NUMBER,
            "The people whom both reach, as a fraction of those whom either reaches.",
            |it: &Overlap| &it.jaccard,
        )
        .finish()
}

fn reach_number() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    let boolean = || TypeRef::named_nn(TypeRef::BOOLEAN);
    ObjectOf::<Number>::new(REACH_NUMBER, "A number of people with its 95 % bounds, or a fraction of them.")
        .leaf("value", float(), "The number; null if it cannot be determined.", |it| {
            number(it.value)
        })
        .leaf("lower", float(), "The lower bound.", |it| number(it.lower))
        .leaf("upper", float(), "The upper bound.", |it| number(it.upper))
        .leaf("exact", boolean(), "It has no sketch error.", |it| it.exact.into())
        .leaf(
            "cannotTell",
            boolean(),
            "Half the width of the bounds exceeds half of the number, since a small part of large sets cannot be resolved.",
            |it| (it.value.is_none() && !it.withheld).into(),
        )
        .leaf("withheld", boolean(), IS_WITHHELD, |it| it.withheld.into())
        .finish()
}

fn int() -> TypeRef {
    TypeRef::named_nn(TypeRef::INT)
}
