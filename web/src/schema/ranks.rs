//! The ranks that rows may have: the type `Rank`.

use async_graphql::Value as GraphQlValue;
use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::Rank;

use super::object::ObjectOf;

pub(super) const RANK: &str = "Rank";

/// The ranks that a row may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowRank(pub(super) Option<Rank>);

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(rank())
}

fn rank() -> Object {
    let place = |place: Option<u64>| place.map_or(GraphQlValue::Null, GraphQlValue::from);
    ObjectOf::<RowRank>::new(
        RANK,
        "The ranks that a row may have among the groups that stay; null if ranks are not requested, and if the value is \
         undefined.",
    )
    .leaf("best", TypeRef::named(TypeRef::INT), "The best of them, counted from 1.", move |it| {
        place(it.0.map(|rank| rank.best))
    })
    .leaf("worst", TypeRef::named(TypeRef::INT), "The worst of them.", move |it| {
        place(it.0.map(|rank| rank.worst))
    })
    .finish()
}
