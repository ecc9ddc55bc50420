//! Who wrote what is kept: the fields that all its types have.

use std::any::Any;

use async_graphql::dynamic::TypeRef;
use clio_store::Stamp;

use super::super::object::{ObjectOf, int};
use super::super::scalars::TIMESTAMP;

/// Adds fields for who wrote a thing, and when.
pub(super) fn stamped<T: Any + Send + Sync>(
    object: ObjectOf<T>,
    stamp: fn(&T) -> &Stamp,
) -> ObjectOf<T> {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let time = || TypeRef::named_nn(TIMESTAMP);
    object
        .leaf("createdBy", string(), "Who added it, the only one who may change it.", move |it| {
            stamp(it).owner.as_str().into()
        })
        .leaf("createdAt", time(), "When it was added.", move |it| {
            stamp(it).created_at.to_string().into()
        })
        .leaf("changedBy", string(), "Who last changed it.", move |it| {
            stamp(it).changed_by.as_str().into()
        })
        .leaf("changedAt", time(), "When it was last changed.", move |it| {
            stamp(it).changed_at.to_string().into()
        })
        .leaf(
            "revision",
            int(),
            "The number of times that it was written, to be named by a change.",
            move |it| stamp(it).revision.into(),
        )
}
