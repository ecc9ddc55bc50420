//! Acknowledgements of outliers: everybody who may see the member sees them.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldValue, InputObject, InputValue, Object, ObjectAccessor, SchemaBuilder, TypeRef,
};
use clio_proto::{Code, Right, ServiceError};
use clio_store::AcknowledgementDraft;

use super::super::enums::enum_value;
use super::super::object::{ObjectOf, text};
use super::super::outliers::OUTLIER_KIND;
use super::super::scalars::DATE;
use super::about::{expect_visible, is_known, kind, kind_input, member, visible, with_member};
use super::stamp::stamped;
use super::{id_argument, keeps, revision, revision_argument};
use crate::argument::Argument;
use crate::lower;
use crate::names::Names;

const ACKNOWLEDGEMENT: &str = "Acknowledgement";
const ACKNOWLEDGEMENT_PAGE: &str = "AcknowledgementPage";
const ACKNOWLEDGEMENT_INPUT: &str = "AcknowledgementInput";

/// The number of acknowledgements in an answer without `first`, and the largest.
const DEFAULT_ACKNOWLEDGEMENTS: usize = 200;
const MAX_ACKNOWLEDGEMENTS: usize = 1_000;

/// An acknowledgement as GraphQL shows it.
#[derive(Debug, Clone)]
struct Acknowledgement {
    acknowledgement: clio_store::Acknowledgement,
    is_mine: bool,
}

impl Acknowledgement {
    fn new(acknowledgement: clio_store::Acknowledgement, person: &str) -> Self {
        let is_mine = acknowledgement.stamp.owner == person;
        Self { acknowledgement, is_mine }
    }

    fn value(acknowledgement: clio_store::Acknowledgement, person: &str) -> FieldValue<'static> {
        FieldValue::owned_any(Self::new(acknowledgement, person))
    }
}

#[derive(Debug, Clone)]
struct Page {
    acknowledgements: Vec<Acknowledgement>,
    has_more: bool,
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let date = || TypeRef::named_nn(DATE);
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    let one = ObjectOf::<Acknowledgement>::new(
        ACKNOWLEDGEMENT,
        "Somebody has seen that a member stands out. Others see it, too.",
    )
    .leaf("id", TypeRef::named_nn(TypeRef::ID), "Its id.", |it| {
        it.acknowledgement.id.to_string().into()
    })
    .leaf("field", string(), "The dimension, as in `dataset`.", |it| {
        it.acknowledgement.member.field.as_str().into()
    })
    .leaf("value", string(), "The member's value.", |it| {
        it.acknowledgement.member.value.as_str().into()
    })
    .leaf("kind", TypeRef::named_nn(OUTLIER_KIND), "How it stands out.", |it| {
        enum_value(&it.acknowledgement.kind)
    })
    .leaf("since", date(), "The day since which it had been listed.", |it| {
        it.acknowledgement.since.to_string().into()
    })
    .leaf(
        "through",
        date(),
        "The last day of the list that was seen. If it is listed again since a later day, that is not acknowledged.",
        |it| it.acknowledgement.through.to_string().into(),
    )
    .leaf("note", TypeRef::named(TypeRef::STRING), "What becomes of it.", |it| {
        text(it.acknowledgement.note.as_deref())
    })
    .leaf("isMine", flag(), "Whether it belongs to the one who asks.", |it| it.is_mine.into());
    let page = ObjectOf::<Page>::new(ACKNOWLEDGEMENT_PAGE, "The newest acknowledgements.")
        .list("acknowledgements", ACKNOWLEDGEMENT, "The newest first.", |it: &Page| {
            &it.acknowledgements
        })
        .leaf("hasMore", flag(), "Whether there are older ones.", |it| it.has_more.into());
    let input = with_member(
        InputObject::new(ACKNOWLEDGEMENT_INPUT).description("The content of an acknowledgement."),
    )
    .field(kind_input(TypeRef::named_nn, "How it stands out."))
    .field(InputValue::new("since", date()).description("Since which day it has been listed."))
    .field(InputValue::new("through", date()).description("The last day of the list."))
    .field(note_argument());
    let one = stamped(one, |it| &it.acknowledgement.stamp).finish();
    schema.register(one).register(page.finish()).register(input)
}

/// The newest acknowledgements of members that the asker may see.
pub(super) fn page() -> Field {
    keeps("acknowledgements", TypeRef::named_nn(ACKNOWLEDGEMENT_PAGE), |arguments, keeper| {
        let limit = lower::page(arguments, "first", DEFAULT_ACKNOWLEDGEMENTS)?;
        if limit > MAX_ACKNOWLEDGEMENTS {
            let message = format!("`first`: {limit}; at most {MAX_ACKNOWLEDGEMENTS} are allowed");
            return Err(ServiceError::new(Code::ResourceExhausted, message));
        }
        Ok(Box::pin(async move {
            let none = Page { acknowledgements: Vec::new(), has_more: false };
            let Some(store) = keeper.keeping.store() else {
                return Ok(FieldValue::owned_any(none));
            };
            let page = store.acknowledgements(&keeper.scope, limit).await?;
            let mut found = page.acknowledgements;
            let has_more = page.n_total > found.len();
            found.retain(|it| is_known(&it.kind));
            let members = found.iter().map(|it| it.member.clone()).collect();
            let seen = visible(&keeper, members).await?;
            found.retain(|it| seen.contains(&it.member));
            let person = &keeper.scope.person;
            let shown = found.into_iter().map(|it| Acknowledgement::new(it, person));
            Ok(FieldValue::owned_any(Page { acknowledgements: shown.collect(), has_more }))
        }))
    })
    .argument(
        InputValue::new("first", TypeRef::named_nn(TypeRef::INT))
            .default_value(DEFAULT_ACKNOWLEDGEMENTS)
            .description("The largest number of acknowledgements, of everybody; at most 1,000."),
    )
    .description(
        "What people have acknowledged of outliers, except of members that the one who asks may not see. Empty if nothing can be kept.",
    )
}

pub(super) fn mutations(mutation: Object, names: &Arc<Names>) -> Object {
    mutation.field(add(names)).field(change()).field(remove()).field(restore())
}

fn add(names: &Arc<Names>) -> Field {
    let names = Arc::clone(names);
    keeps("addAcknowledgement", TypeRef::named_nn(ACKNOWLEDGEMENT), move |arguments, keeper| {
        let draft = draft(&names, arguments)?;
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            expect_visible(&keeper, &draft.member).await?;
            let added = store.add_acknowledgement(&keeper.scope, draft).await?;
            Ok(Acknowledgement::value(added, &keeper.scope.person))
        }))
    })
    .argument(
        InputValue::new("acknowledgement", TypeRef::named_nn(ACKNOWLEDGEMENT_INPUT))
            .description("The content."),
    )
    .description(
        "Acknowledges an outlier. If some of its days are acknowledged already, it is refused with the code CONFLICT, as changes are.",
    )
}

fn change() -> Field {
    keeps("changeAcknowledgement", TypeRef::named_nn(ACKNOWLEDGEMENT), |arguments, keeper| {
        let (at, note) = (revision(arguments)?, note(Argument::of(arguments, "note"))?);
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            let changed = store.change_acknowledgement(&keeper.scope, at, note).await?;
            Ok(Acknowledgement::value(changed, &keeper.scope.person))
        }))
    })
    .argument(id_argument("The acknowledgement."))
    .argument(revision_argument())
    .argument(note_argument())
    .description("Replaces the note of an acknowledgement.")
}

fn remove() -> Field {
    keeps("removeAcknowledgement", TypeRef::named_nn(ACKNOWLEDGEMENT), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            let removed = store.remove_acknowledgement(&keeper.scope, at).await?;
            Ok(Acknowledgement::value(removed, &keeper.scope.person))
        }))
    })
    .argument(id_argument("The acknowledgement."))
    .argument(revision_argument())
    .description("Removes an acknowledgement, and returns it with the revision by which it can be restored, as long as it is one of the last 200 removed.")
}

fn restore() -> Field {
    keeps("restoreAcknowledgement", TypeRef::named_nn(ACKNOWLEDGEMENT), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            let back = store.restore_acknowledgement(&keeper.scope, at).await?;
            Ok(Acknowledgement::value(back, &keeper.scope.person))
        }))
    })
    .argument(id_argument("The acknowledgement."))
    .argument(revision_argument())
    .description("Restores a removed acknowledgement, unless its days were acknowledged meanwhile.")
}

fn note_argument() -> InputValue {
    InputValue::new("note", TypeRef::named(TypeRef::STRING))
        .description("What becomes of it, of at most 2,000 bytes; by default nothing is said.")
}

fn note(note: Option<Argument<'_>>) -> Result<Option<String>, ServiceError> {
    note.map(|note| note.text().map(str::to_owned)).transpose()
}

fn draft(
    names: &Names,
    arguments: &ObjectAccessor<'_>,
) -> Result<AcknowledgementDraft, ServiceError> {
    let input = lower::required(arguments, "acknowledgement")?;
    Ok(AcknowledgementDraft {
        member: member(names, &input)?,
        kind: kind(&lower::required_entry(&input, "kind")?)?,
        since: lower::required_entry(&input, "since")?.date()?,
        through: lower::required_entry(&input, "through")?.date()?,
        note: note(input.entry("note")?)?,
    })
}
