//! What rows are compared with, and the result: the inputs `Comparison`, `ComparedDays` and `ComparedMember`, the types
//! `Compared` and `ComparedNumber`.

use async_graphql::dynamic::{InputObject, InputValue, Object, SchemaBuilder, TypeRef};

use super::numbers::{IS_WITHHELD, Number};
use super::object::{ObjectOf, number, text};
use super::question::FIELD;
use super::scalars::{DATE, INT64};

pub(super) const COMPARISON: &str = "Comparison";
pub(super) const COMPARED: &str = "Compared";
const COMPARED_DAYS: &str = "ComparedDays";
const COMPARED_MEMBER: &str = "ComparedMember";
pub(super) const COMPARED_NUMBER: &str = "ComparedNumber";

/// A value and that of the other side, as GraphQL shows them.
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
        .description("What each row is compared with: exactly one of these.")
        .field(flag("previousPeriod").description(
            "The same number of days just before the requested ones. Only if from is given.",
        ))
        .field(InputValue::new("days", TypeRef::named(COMPARED_DAYS)).description("Other days."))
        .field(InputValue::new("member", TypeRef::named(COMPARED_MEMBER)).description(
            "A value of a field that rows are grouped by: the group with this value and the row's other keys.",
        ))
        .field(flag("rest").description(
            "All cells that pass the filter except the row's own. If rows are grouped by time and by fields, those of the row's step \
             of time.",
        ))
        .field(flag("whole").description(
            "All cells that pass the filter, including the row's own: the ratio of a rate is its affinity index. By time and \
             fields, as for rest.",
        ))
        .field(InputValue::new("snapshot", TypeRef::named(INT64)).description(
            "The answer of another snapshot that serving holds to the same query; by steps of time, the step of the same name. \
             Groups that only the other snapshot has get no rows: query that one, and compare it with this one.",
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
        "A value compared with that of the other side. Bounds allow for correlated errors of sketches.",
    )
    .one(
        "other",
        COMPARED_NUMBER,
        "The other side's value; null if none of its days is present. For a group without cells there, counts are 0.",
        |it: &Compared| &it.other,
    )
    .one(
        "difference",
        COMPARED_NUMBER,
        "The row's value minus the other one; null if either is.",
        |it: &Compared| &it.difference,
    )
    .one(
        "ratio",
        COMPARED_NUMBER,
        "The row's value divided by the other one; null if either is, or if the other one is 0.",
        |it: &Compared| &it.ratio,
    )
    .finish()
}

fn compared_number() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    ObjectOf::<Number>::new(
        COMPARED_NUMBER,
        "A number of a comparison with its 95 % bounds; both equal an exact value.",
    )
    .leaf("value", float(), "The number.", |it| number(it.value))
    .leaf("lower", float(), "The lower bound.", |it| number(it.lower))
    .leaf("upper", float(), "The upper bound.", |it| number(it.upper))
    .leaf(
        "exact",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "It has neither sketch error nor rounding.",
        |it| it.exact.into(),
    )
    .leaf(
        "exactText",
        TypeRef::named(TypeRef::STRING),
        "All decimal digits, if the number is whole, exact and beyond 2^53; otherwise null.",
        |it| text(it.whole.map(|whole| whole.to_string()).as_deref()),
    )
    .leaf("withheld", TypeRef::named_nn(TypeRef::BOOLEAN), IS_WITHHELD, |it| it.withheld.into())
    .finish()
}
