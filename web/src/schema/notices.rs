//! What an answer says about its query and its own gaps: the types `Notice` and `Withheld`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};

use super::object::{ObjectOf, int, texts};
use super::question::FIELD;
use crate::names::enum_name;

pub(super) const NOTICE: &str = "Notice";
pub(super) const WITHHELD: &str = "Withheld";

/// What is withheld of small groups.
#[derive(Debug, Clone)]
pub(super) struct Withheld(pub(super) clio_proto::Withheld);

/// A value that the filter names but no member has.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    field: Name,
    value: String,
    is_prefix: bool,
    nearest: Vec<String>,
    message: String,
}

impl From<clio_proto::Notice> for Notice {
    fn from(notice: clio_proto::Notice) -> Self {
        let message = notice.to_string();
        let clio_proto::Notice { field, value, is_prefix, nearest } = notice;
        Self { field: Name::new(enum_name(&field.to_string())), value, is_prefix, nearest, message }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(notice()).register(withheld())
}

fn notice() -> Object {
    ObjectOf::<Notice>::new(
        NOTICE,
        "A value of the filter that the field does not have: perhaps a typing mistake.",
    )
    .leaf("field", TypeRef::named_nn(FIELD), "The field that the filter tests.", |it| {
        GraphQlValue::Enum(it.field.clone())
    })
    .leaf(
        "value",
        TypeRef::named_nn(TypeRef::STRING),
        "The value as written in the filter.",
        |it| it.value.as_str().into(),
    )
    .leaf(
        "isPrefix",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "It is a prefix, and no value starts with it.",
        |it| it.is_prefix.into(),
    )
    .leaf(
        "nearest",
        TypeRef::named_nn_list_nn(TypeRef::STRING),
        "Up to three similarly spelled values of the field, the closest first.",
        |it| texts(&it.nearest),
    )
    .leaf("message", TypeRef::named_nn(TypeRef::STRING), "The whole notice in words.", |it| {
        it.message.as_str().into()
    })
    .finish()
}

fn withheld() -> Object {
    let description = "What is withheld of groups with fewer people than the model's min_people.";
    ObjectOf::<Withheld>::new(WITHHELD, description)
        .leaf(
            "minPeople",
            int(),
            "The smallest number of people that is shown; larger ones are rounded to multiples of it.",
            |it| it.0.min_people.into(),
        )
        .leaf(
            "rowCount",
            int(),
            "The number of groups, on all pages, of which some requested measure is withheld.",
            |it| it.0.n_rows.into(),
        )
        .finish()
}
