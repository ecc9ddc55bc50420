//! What rows are compared with, and what that gives: the inputs `Comparison`, `ComparedDays` and `ComparedMember`, the types `Compared`
//! and `ComparedNumber`.

use async_graphql::dynamic::{InputObject, InputValue, Object, SchemaBuilder, TypeRef};

use super::numbers::Number;
use super::object::{ObjectOf, number, text};
use super::question::FIELD;
use super::scalars::{DATE, INT64};

pub(super) const COMPARISON: &str = "Comparison";
pub(super) const COMPARED: &str = "Compared";
const COMPARED_DAYS: &str = "ComparedDays";
const COMPARED_MEMBER: &str = "ComparedMember";
pub(super) const COMPARED_NUMBER: &str = "ComparedNumber";

/// A value beside that of the other side, as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    other: Number,
    difference: Number,
    ratio: Number,
}

impl From<clio_proto::Compared> for Compared {
    fn from(compared: clio_proto::Compared) -> Self {
        let clio_proto::Compared { other, difference, ratio } = compared;
        Self { other: other.into(), difference: difference.into(), ratio: ratio.into() }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema
        .register(comparison())
        .register(compared_days())
        .register(compared_member())
        .register(compared())
        .register(compared_number())
}

fn comparison() -> InputObject {
    let flag = |name: &str| InputValue::new(name, TypeRef::named(TypeRef::BOOLEAN));
    InputObject::new(COMPARISON)
        .description("With what each row is compared: exactly one of these.")
        .field(flag("previousPeriod").description(
            "The days just before those asked for, as many of them. Only where from is given.",
        ))
        .field(InputValue::new("days", TypeRef::named(COMPARED_DAYS)).description("Other days."))
        .field(InputValue::new("member", TypeRef::named(COMPARED_MEMBER)).description(
            "A value of a field that rows are grouped by: the group with this value and the row's other keys.",
        ))
        .field(flag("rest").description(
            "What the filter leaves but for the row's own cells. Where rows are grouped by time and by fields, of the row's step \
             of time.",
        ))
        .field(flag("whole").description(
            "All that the filter leaves, the row's own cells among them: the ratio of a rate is its affinity index. By time and \
             fields as of rest.",
        ))
        .field(InputValue::new("snapshot", TypeRef::named(INT64)).description(
            "What another snapshot that serving holds answers to the same question; by steps of time the step of the same name. \
             Groups that the other snapshot alone has are no rows: ask that one, and compare it with this one.",
        ))
}

fn compared_days() -> InputObject {
    let date = |name: &str| InputValue::new(name, TypeRef::named_nn(DATE));
    InputObject::new(COMPARED_DAYS)
        .description("Days to compare with.")
        .field(date("from").description("The first day."))
        .field(date("to").description("The last day, included."))
}

fn compared_member() -> InputObject {
    InputObject::new(COMPARED_MEMBER)
        .description("A member to compare with: exactly one of value and isNull.")
        .field(
            InputValue::new("field", TypeRef::named_nn(FIELD))
                .description("A field that the query groups by."),
        )
        .field(
            InputValue::new("value", TypeRef::named(TypeRef::STRING))
                .description("One of its values."),
        )
        .field(
            InputValue::new("isNull", TypeRef::named(TypeRef::BOOLEAN))
                .description("The null member."),
        )
}

fn compared() -> Object {
    ObjectOf::<Compared>::new(
        COMPARED,
        "A value beside that of the other side. Bounds heed which sketches err together.",
    )
    .one(
        "other",
        COMPARED_NUMBER,
        "The other side's value; null where none of its days is there. Of a group that has no cell there, 0 of what is counted.",
        |it: &Compared| &it.other,
    )
    .one(
        "difference",
        COMPARED_NUMBER,
        "The row's value less the other one; null where either is.",
        |it: &Compared| &it.difference,
    )
    .one(
        "ratio",
        COMPARED_NUMBER,
        "The row's value over the other one; null where either is, and where the other one is 0.",
        |it: &Compared| &it.ratio,
    )
    .finish()
}

fn compared_number() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    ObjectOf::<Number>::new(
        COMPARED_NUMBER,
        "A number of a comparison with its 95 % bounds; for an exact one both equal the value.",
    )
    .leaf("value", float(), "The number.", |it| number(it.value))
    .leaf("lower", float(), "The lower bound.", |it| number(it.lower))
    .leaf("upper", float(), "The upper bound.", |it| number(it.upper))
    .leaf(
        "exact",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "Neither sketch error nor rounding is in it.",
        |it| it.exact.into(),
    )
    .leaf(
        "exactText",
        TypeRef::named(TypeRef::STRING),
        "All decimal digits, where the number is whole, exact, and beyond 2^53; else null.",
        |it| text(it.whole.map(|whole| whole.to_string()).as_deref()),
    )
    .finish()
}
