//! Quantiles of quantile measures as inputs, for a dataset that has such measures: requested, ordered by and tested.

use async_graphql::Value;
use async_graphql::dynamic::{Enum, EnumItem, InputObject, SchemaBuilder, TypeRef};
use clio_proto::Description;

use super::question::{input, number_tests};
use crate::names::{QUANTILES, enum_name, quantile_measures};

/// The enum of quantile measures.
pub(super) const QUANTILE_MEASURE: &str = "QuantileMeasure";
const QUANTILE_OF: &str = "QuantileOf";
const QUANTILE_FILTER: &str = "QuantileFilter";

pub(super) fn register(schema: SchemaBuilder, dataset: &Description) -> SchemaBuilder {
    let measures = quantile_measures(dataset);
    if measures.is_empty() {
        return schema;
    }
    let items = measures
        .iter()
        .map(|name| EnumItem::new(enum_name(name)).description(format!("Quantiles of `{name}`.")));
    let measures = Enum::new(QUANTILE_MEASURE)
        .description("A measure of which any quantile can be requested.");
    schema
        .register(items.fold(measures, Enum::item))
        .register(of_measure(
            InputObject::new(QUANTILE_OF).description("A quantile of a quantile measure."),
        ))
        .register(number_tests(of_measure(InputObject::new(QUANTILE_FILTER).description(
            "On a quantile, whether the query asks for it or not. Conditions of one object are joined with AND.",
        ))))
}

fn of_measure(object: InputObject) -> InputObject {
    object
        .field(
            input("measure", TypeRef::named_nn(QUANTILE_MEASURE))
                .description("The quantile measure."),
        )
        .field(input("percent", TypeRef::named_nn(TypeRef::FLOAT)).description(
            "Which quantile: 50 is the median. From 0 to 100, with at most two decimal places.",
        ))
}

/// Adds quantiles to what queries ask for.
pub(super) fn asked(query: InputObject, dataset: &Description) -> InputObject {
    if quantile_measures(dataset).is_empty() {
        return query;
    }
    query.field(
        input(QUANTILES, TypeRef::named_nn_list_nn(QUANTILE_OF))
            .default_value(Value::List(Vec::new()))
            .description("Quantiles to compute besides the measures, each once."),
    )
}

/// Adds quantiles to what rows are ordered by.
pub(super) fn ordered(order: InputObject, dataset: &Description) -> InputObject {
    if quantile_measures(dataset).is_empty() {
        return order;
    }
    order.field(
        input("quantile", TypeRef::named(QUANTILE_OF))
            .description("A quantile that the query asks for."),
    )
}

/// Adds quantiles to the conditions on groups.
pub(super) fn tested(having: InputObject, dataset: &Description) -> InputObject {
    if quantile_measures(dataset).is_empty() {
        return having;
    }
    having.field(
        input(QUANTILES, TypeRef::named_nn_list(QUANTILE_FILTER))
            .description("Conditions on quantiles, all of which must hold."),
    )
}
