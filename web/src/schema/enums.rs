//! Enums of the schema for our families: one value for each member, by the member's own name.

use async_graphql::dynamic::{Enum, EnumItem};
use async_graphql::{Name, Value};

use crate::names::enum_name;

/// The GraphQL enum of a family, given the names and descriptions of its members.
pub(super) fn enum_of<T: Copy>(
    name: &str,
    description: &str,
    members: &[T],
    told: fn(T) -> (&'static str, &'static str),
) -> Enum {
    let empty = Enum::new(name).description(description);
    members.iter().fold(empty, |all, member| {
        let (name, description) = told(*member);
        all.item(EnumItem::new(enum_name(name)).description(description))
    })
}

/// The value for the member of a name.
pub(super) fn enum_value(member: &str) -> Value {
    Value::Enum(Name::new(enum_name(member)))
}
