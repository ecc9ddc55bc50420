//! A quantile requested besides the measures: the type `Quantile`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};
use clio_proto::{Description, Percentile};

use super::compared::{COMPARED, Compared};
use super::numbers::{IS_WITHHELD, Number};
use super::object::{ObjectOf, number};
use super::quantile_inputs::QUANTILE_MEASURE;
use crate::names::{enum_name, quantile_measures};

pub(super) const QUANTILE: &str = "Quantile";

/// Which quantile.
#[derive(Debug, Clone)]
pub(super) struct AskedQuantile {
    measure: Name,
    percent: Option<f64>,
}

impl AskedQuantile {
    /// The quantile of a name that queries have for it.
    pub(super) fn of(name: &str) -> Self {
        let (measure, quantile) = name.split_once('.').unwrap_or((name, ""));
        let percent = quantile.parse().ok().map(Percentile::percent);
        Self { measure: Name::new(enum_name(measure)), percent }
    }
}

/// A quantile of a group.
#[derive(Debug, Clone)]
pub(super) struct Quantile {
    pub(super) asked: AskedQuantile,
    pub(super) number: Number,
    pub(super) compared: Option<Compared>,
}

pub(super) fn register(schema: SchemaBuilder, dataset: &Description) -> SchemaBuilder {
    if quantile_measures(dataset).is_empty() { schema } else { schema.register(quantile()) }
}

fn quantile() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    ObjectOf::<Quantile>::new(
        QUANTILE,
        "A quantile with the ends of the bucket that it lies in: the true one is certain to be between them.",
    )
    .leaf("measure", TypeRef::named_nn(QUANTILE_MEASURE), "The quantile measure.", |it| {
        GraphQlValue::Enum(it.asked.measure.clone())
    })
    .leaf("percent", float(), "Which quantile.", |it| number(it.asked.percent))
    .leaf("value", float(), "The number; null if there are no values.", |it| {
        number(it.number.value)
    })
    .leaf("lower", float(), "The lower end.", |it| number(it.number.lower))
    .leaf("upper", float(), "The upper end.", |it| number(it.number.upper))
    .maybe(
        "compared",
        COMPARED,
        "The comparison with the other side's quantile, if rows are compared: its bounds are certain, too.",
        |it: &Quantile| it.compared.as_ref(),
    )
    .leaf("exact", TypeRef::named_nn(TypeRef::BOOLEAN), "Both ends equal the number.", |it| {
        it.number.exact.into()
    })
    .leaf("withheld", TypeRef::named_nn(TypeRef::BOOLEAN), IS_WITHHELD, |it| it.number.withheld.into())
    .finish()
}
