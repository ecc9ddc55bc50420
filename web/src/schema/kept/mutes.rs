//! Mutes: outliers that one person does not want to be shown.

use std::sync::Arc;

use async_graphql::Value;
use async_graphql::dynamic::{
    Field, FieldValue, InputObject, InputValue, Object, ObjectAccessor, SchemaBuilder, TypeRef,
};
use clio_proto::ServiceError;
use clio_store::{Mute, MuteDraft};

use super::super::enums::enum_value;
use super::super::object::{ObjectOf, text};
use super::super::outliers::OUTLIER_KIND;
use super::super::scalars::DATE;
use super::about::{is_known, kind, kind_input, member, with_member};
use super::stamp::stamped;
use super::{id_argument, keeps, revision, revision_argument};
use crate::lower;
use crate::names::Names;

const MUTE: &str = "Mute";
const MUTE_INPUT: &str = "MuteInput";

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let until = || TypeRef::named(DATE);
    let mute = ObjectOf::<Mute>::new(
        MUTE,
        "Outliers of a member that one person does not want to be shown. Nobody else sees it.",
    )
    .leaf("id", TypeRef::named_nn(TypeRef::ID), "Its id.", |it| it.id.to_string().into())
    .leaf("field", string(), "The dimension, as in `dataset`.", |it| {
        it.member.field.as_str().into()
    })
    .leaf("value", string(), "The member's value.", |it| it.member.value.as_str().into())
    .leaf("kind", TypeRef::named(OUTLIER_KIND), "Only of this kind; null for every kind.", |it| {
        it.kind.as_deref().map_or(Value::Null, enum_value)
    })
    .leaf("until", until(), "The last day whose list is muted; null for ever.", |it| {
        text(it.until.map(|day| day.to_string()).as_deref())
    });
    let input = with_member(InputObject::new(MUTE_INPUT).description("The content of a mute."))
        .field(kind_input(TypeRef::named, "Only of this kind; by default of every kind."))
        .field(
            InputValue::new("until", until())
                .description("The last day whose list is muted; by default it is muted for ever."),
        );
    schema.register(stamped(mute, |it| &it.stamp).finish()).register(input)
}

/// The mutes of the asker.
pub(super) fn all() -> Field {
    keeps("mutes", TypeRef::named_nn_list_nn(MUTE), |_, keeper| {
        Ok(Box::pin(async move {
            let mutes = match keeper.keeping.store() {
                Some(store) => store.mutes(&keeper.scope).await?,
                None => Vec::new(),
            };
            let known = mutes.into_iter().filter(|it| it.kind.as_deref().is_none_or(is_known));
            Ok(FieldValue::list(known.map(FieldValue::owned_any).collect::<Vec<_>>()))
        }))
    })
    .description("The mutes of the one who asks, the newest first. Empty if nothing can be kept.")
}

pub(super) fn mutations(mutation: Object, names: &Arc<Names>) -> Object {
    mutation.field(add(names)).field(remove()).field(restore())
}

fn add(names: &Arc<Names>) -> Field {
    let names = Arc::clone(names);
    keeps("addMute", TypeRef::named_nn(MUTE), move |arguments, keeper| {
        let draft = draft(&names, arguments)?;
        Ok(Box::pin(async move {
            let store = keeper.keeping.required()?;
            Ok(FieldValue::owned_any(store.add_mute(&keeper.scope, draft).await?))
        }))
    })
    .argument(InputValue::new("mute", TypeRef::named_nn(MUTE_INPUT)).description("The content."))
    .description(
        "Mutes outliers of a member for the one who asks. The same mute again gets the new day.",
    )
}

fn remove() -> Field {
    keeps("removeMute", TypeRef::named_nn(MUTE), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            let store = keeper.keeping.required()?;
            Ok(FieldValue::owned_any(store.remove_mute(&keeper.scope, at).await?))
        }))
    })
    .argument(id_argument("The mute."))
    .argument(revision_argument())
    .description("Removes a mute, and returns it with the revision by which it can be restored, as long as it is one of the last 200 removed.")
}

fn restore() -> Field {
    keeps("restoreMute", TypeRef::named_nn(MUTE), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            let store = keeper.keeping.required()?;
            Ok(FieldValue::owned_any(store.restore_mute(&keeper.scope, at).await?))
        }))
    })
    .argument(id_argument("The mute."))
    .argument(revision_argument())
    .description("Restores a removed mute.")
}

fn draft(names: &Names, arguments: &ObjectAccessor<'_>) -> Result<MuteDraft, ServiceError> {
    let input = lower::required(arguments, "mute")?;
    Ok(MuteDraft {
        member: member(names, &input)?,
        kind: input.entry("kind")?.map(|it| kind(&it)).transpose()?,
        until: input.entry("until")?.map(|day| day.date()).transpose()?,
    })
}
