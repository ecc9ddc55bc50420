//! The part of a lake that serving holds: the types `Projection` and `KeptValues`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};

use super::object::{ObjectOf, text, texts};
use super::scalars::DATE;

pub(super) const PROJECTION: &str = "Projection";
const KEPT_VALUES: &str = "KeptValues";

/// A projection as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    only: Vec<KeptValues>,
    since: Option<String>,
    first_day: Option<String>,
    without: Vec<String>,
    text: String,
}

/// The values of one field of which cells are held.
#[derive(Debug, Clone)]
struct KeptValues {
    field: String,
    values: Vec<String>,
}

impl From<&clio_proto::Projection> for Projection {
    fn from(projection: &clio_proto::Projection) -> Self {
        let text = projection.to_string();
        let clio_proto::Projection { only, since, without, first_day } = projection;
        let kept = |clio_proto::KeptValues { field, values }: &clio_proto::KeptValues| KeptValues {
            field: field.to_string(),
            values: values.clone(),
        };
        Self {
            only: only.iter().map(kept).collect(),
            since: since.map(|since| since.to_string()),
            first_day: first_day.map(|day| day.to_string()),
            without: without.clone(),
            text,
        }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(projection()).register(kept_values())
}

fn projection() -> Object {
    ObjectOf::<Projection>::new(
        PROJECTION,
        "The part of a lake that serving holds. Its answers are those of the whole lake with only as one more filter, \
         from firstDay on; questions about what is left out are refused.",
    )
    .list(
        "only",
        KEPT_VALUES,
        "Only cells with one of the values in each of these fields are held.",
        |it: &Projection| &it.only,
    )
    .leaf(
        "since",
        TypeRef::named(TypeRef::STRING),
        "From which day on days are held, as it was set: \"2026-01-05\", or the newest days of each snapshot, \"400d\"; \
         null if all are.",
        |it| text(it.since.as_deref()),
    )
    .leaf(
        "firstDay",
        TypeRef::named(DATE),
        "The first day that is not left out of the snapshot in question; null if none is left out by since.",
        |it| text(it.first_day.as_deref()),
    )
    .leaf(
        "without",
        TypeRef::named_nn_list_nn(TypeRef::STRING),
        "Dimensions that are left out: cells are united over them.",
        |it| texts(&it.without),
    )
    .leaf("text", TypeRef::named_nn(TypeRef::STRING), "What is held, in words.", |it| {
        it.text.as_str().into()
    })
    .finish()
}

fn kept_values() -> Object {
    ObjectOf::<KeptValues>::new(KEPT_VALUES, "The values of one field of which cells are held.")
        .leaf(
            "field",
            TypeRef::named_nn(TypeRef::STRING),
            "A dimension, or an attribute of one: \"country\", \"asset.tags\".",
            |it| it.field.as_str().into(),
        )
        .leaf(
            "values",
            TypeRef::named_nn_list_nn(TypeRef::STRING),
            "The values; empty for those who do not see all rows.",
            |it| texts(&it.values),
        )
        .finish()
}
