//! Who wrote what is kept: fields that its types have in common.

use std::any::Any;

use async_graphql::dynamic::TypeRef;
use clio_store::Stamp;

use super::super::object::{ObjectOf, int};
use super::super::scalars::TIMESTAMP;

/// Adds who wrote a thing, and when.
pub(super) fn stamped<T: Any + Send + Sync>(
    object: ObjectOf<T>,
    stamp: fn(&T) -> &Stamp,
) -> ObjectOf<T> {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let time = || TypeRef::named_nn(TIMESTAMP);
    object
        .leaf("createdBy", string(), "Who added it, and alone may change it.", move |it| {
            stamp(it).owner.as_str().into()
        })
        .leaf("createdAt", time(), "When it was added.", move |it| {
            stamp(it).created_at.to_string().into()
        })
        .leaf("changedBy", string(), "Who changed it last.", move |it| {
            stamp(it).changed_by.as_str().into()
        })
        .leaf("changedAt", time(), "When it was changed last.", move |it| {
            stamp(it).changed_at.to_string().into()
        })
        .leaf("revision", int(), "How often it was written, for whoever changes it.", move |it| {
            stamp(it).revision.into()
        })
}
