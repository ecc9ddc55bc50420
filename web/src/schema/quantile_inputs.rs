//! Any quantile of a quantile measure, of a dataset that has some: as what is asked for, ordered by and tested.

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
    let measures =
        Enum::new(QUANTILE_MEASURE).description("A measure that any quantile of can be asked for.");
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
            "Which quantile: 50 is the median. From 0 to 100, with up to two digits behind the point.",
        ))
}

/// Adds quantiles to what is asked for.
pub(super) fn asked(query: InputObject, dataset: &Description) -> InputObject {
    if quantile_measures(dataset).is_empty() {
        return query;
    }
    query.field(
        input(QUANTILES, TypeRef::named_nn_list_nn(QUANTILE_OF))
            .default_value(Value::List(Vec::new()))
            .description("Quantiles that are asked for beside the measures, each once."),
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

/// Adds quantiles to what says which groups stay.
pub(super) fn tested(having: InputObject, dataset: &Description) -> InputObject {
    if quantile_measures(dataset).is_empty() {
        return having;
    }
    having.field(
        input(QUANTILES, TypeRef::named_nn_list(QUANTILE_FILTER))
            .description("All of them hold, of any quantiles."),
    )
}
