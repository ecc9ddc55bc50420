//! Annotations: what happened on some days.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldValue, InputObject, InputValue, Object, ObjectAccessor, SchemaBuilder, TypeRef,
};
use clio_proto::{Code, Right, ServiceError};
use clio_store::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked, Member};

use super::super::object::{ObjectOf, int};
use super::super::question::FIELD;
use super::super::scalars::DATE;
use super::stamp::stamped;
use super::{id_argument, keeps, revision, revision_argument};
use crate::argument::Argument;
use crate::lower;
use crate::names::Names;

const ANNOTATION: &str = "Annotation";
const ANNOTATION_PAGE: &str = "AnnotationPage";
const ANNOTATION_INPUT: &str = "AnnotationInput";
const ANNOTATED_MEMBER: &str = "AnnotatedMember";
const ANNOTATED_MEMBER_INPUT: &str = "AnnotatedMemberInput";

/// The number of annotations in an answer without `first`.
const DEFAULT_ANNOTATIONS: usize = 200;
/// The largest number of annotations in one answer, and of members that they may be about.
const MAX_ANNOTATIONS: usize = 1_000;
const MAX_MEMBERS: usize = 100;

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let date = || TypeRef::named_nn(DATE);
    let annotation = ObjectOf::<Annotation>::new(ANNOTATION, "What happened on some days.")
        .leaf("id", TypeRef::named_nn(TypeRef::ID), "Its id.", |it| it.id.to_string().into())
        .leaf("from", date(), "The first day.", |it| it.from.to_string().into())
        .leaf("to", date(), "The last day, included.", |it| it.to.to_string().into())
        .leaf("text", string(), "What happened.", |it| it.text.as_str().into())
        .maybe(
            "member",
            ANNOTATED_MEMBER,
            "The member that it is about; null if it is about everything.",
            |it| it.member.as_ref(),
        );
    let page = ObjectOf::<AnnotationPage>::new(
        ANNOTATION_PAGE,
        "A page of annotations, ordered by their days.",
    )
    .list("annotations", ANNOTATION, "In the order of their days.", |it| &it.annotations)
    .leaf(
        "total",
        int(),
        "The number of all that match; the oldest are left out of the page.",
        |it| it.n_total.into(),
    );
    let member =
        ObjectOf::<Member>::new(ANNOTATED_MEMBER, "The member that an annotation is about.")
            .leaf("field", string(), "The field's name, as in `dataset`.", |it| {
                it.field.as_str().into()
            })
            .leaf("value", string(), "The member's value.", |it| it.value.as_str().into());
    let member_input = InputObject::new(ANNOTATED_MEMBER_INPUT)
        .description("A member of a field.")
        .field(InputValue::new("field", TypeRef::named_nn(FIELD)).description("The field."))
        .field(InputValue::new("value", string()).description("The member's value."));
    let input = InputObject::new(ANNOTATION_INPUT)
        .description("The content of an annotation.")
        .field(InputValue::new("from", date()).description("The first day."))
        .field(
            InputValue::new("to", TypeRef::named(DATE))
                .description("The last day, included; by default the first day."),
        )
        .field(
            InputValue::new("text", string()).description("What happened, of at most 2,000 bytes."),
        )
        .field(
            InputValue::new("member", TypeRef::named(ANNOTATED_MEMBER_INPUT))
                .description("The member that it is about; by default everything."),
        );
    let annotation = stamped(annotation, |it| &it.stamp).finish();
    let schema = schema.register(annotation).register(page.finish()).register(member.finish());
    schema.register(member_input).register(input)
}

/// The annotations of some days.
pub(super) fn page(names: &Arc<Names>) -> Field {
    let names = Arc::clone(names);
    let date = |name: &str, description: &str| {
        InputValue::new(name, TypeRef::named(DATE)).description(description)
    };
    keeps("annotations", TypeRef::named_nn(ANNOTATION_PAGE), move |arguments, keeper| {
        let asked = asked(&names, arguments)?;
        Ok(Box::pin(async move {
            let page = match keeper.keeping.store() {
                Some(store) => store.annotations(&keeper.scope, asked).await?,
                None => AnnotationPage { annotations: Vec::new(), n_total: 0 },
            };
            Ok(FieldValue::owned_any(page))
        }))
    })
    .argument(date("from", "Only those that end on this day or later."))
    .argument(date("to", "Only those that begin on this day or earlier."))
    .argument(
        InputValue::new("members", TypeRef::named_nn_list(ANNOTATED_MEMBER_INPUT)).description(
            "Include those about these members, besides those about everything; at most 100.",
        ),
    )
    .argument(
        InputValue::new("first", TypeRef::named_nn(TypeRef::INT))
            .default_value(DEFAULT_ANNOTATIONS)
            .description("The largest number of annotations, the newest of all; at most 1,000."),
    )
    .description("What people have noted about some days. Empty if nothing can be kept.")
}

fn asked(names: &Names, arguments: &ObjectAccessor<'_>) -> Result<AnnotationsAsked, ServiceError> {
    let date = |name| Argument::of(arguments, name).map(|date| date.date()).transpose();
    let limit = lower::page(arguments, "first", DEFAULT_ANNOTATIONS)?;
    within("first", limit, MAX_ANNOTATIONS)?;
    let members = match Argument::of(arguments, "members") {
        Some(members) => {
            within("members", members.n_items(), MAX_MEMBERS)?;
            let items = members.items()?;
            items.iter().map(|item| member(names, item)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    Ok(AnnotationsAsked { from: date("from")?, to: date("to")?, members, limit })
}

fn within(part: &str, value: usize, limit: usize) -> Result<(), ServiceError> {
    if value <= limit {
        return Ok(());
    }
    let message = format!("`{part}`: {value}; at most {limit} are allowed");
    Err(ServiceError::new(Code::ResourceExhausted, message))
}

pub(super) fn mutations(mutation: Object, names: &Arc<Names>) -> Object {
    mutation.field(add(names)).field(change(names)).field(remove()).field(restore())
}

fn add(names: &Arc<Names>) -> Field {
    let names = Arc::clone(names);
    keeps("addAnnotation", TypeRef::named_nn(ANNOTATION), move |arguments, keeper| {
        let draft = draft(&names, arguments)?;
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            let added = store.add_annotation(&keeper.scope, draft).await?;
            Ok(FieldValue::owned_any(added))
        }))
    })
    .argument(annotation_argument())
    .description("Adds an annotation.")
}

fn change(names: &Arc<Names>) -> Field {
    let names = Arc::clone(names);
    keeps("changeAnnotation", TypeRef::named_nn(ANNOTATION), move |arguments, keeper| {
        let (at, draft) = (revision(arguments)?, draft(&names, arguments)?);
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            let changed = store.change_annotation(&keeper.scope, at, draft).await?;
            Ok(FieldValue::owned_any(changed))
        }))
    })
    .argument(id_argument("The annotation."))
    .argument(revision_argument())
    .argument(annotation_argument())
    .description("Replaces the content of an annotation.")
}

fn remove() -> Field {
    keeps("removeAnnotation", TypeRef::named_nn(ANNOTATION), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            let removed = store.remove_annotation(&keeper.scope, at).await?;
            Ok(FieldValue::owned_any(removed))
        }))
    })
    .argument(id_argument("The annotation."))
    .argument(revision_argument())
    .description("Removes an annotation, and returns it with the revision by which it can be restored, as long as it is one of the last 200 removed.")
}

fn restore() -> Field {
    keeps("restoreAnnotation", TypeRef::named_nn(ANNOTATION), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            keeper.check(Right::Annotate)?;
            let store = keeper.keeping.required()?;
            let back = store.restore_annotation(&keeper.scope, at).await?;
            Ok(FieldValue::owned_any(back))
        }))
    })
    .argument(id_argument("The annotation."))
    .argument(revision_argument())
    .description("Restores a removed annotation.")
}

fn annotation_argument() -> InputValue {
    InputValue::new("annotation", TypeRef::named_nn(ANNOTATION_INPUT)).description("The content.")
}

fn draft(names: &Names, arguments: &ObjectAccessor<'_>) -> Result<AnnotationDraft, ServiceError> {
    let annotation = lower::required(arguments, "annotation")?;
    let from = lower::required_entry(&annotation, "from")?.date()?;
    Ok(AnnotationDraft {
        from,
        to: annotation.entry("to")?.map_or(Ok(from), |to| to.date())?,
        text: lower::required_entry(&annotation, "text")?.text()?.to_owned(),
        member: annotation.entry("member")?.map(|it| member(names, &it)).transpose()?,
    })
}

fn member(names: &Names, member: &Argument<'_>) -> Result<Member, ServiceError> {
    let field = lower::required_entry(member, "field")?;
    let found = names.field(field.name()?).ok_or_else(|| field.is_not("a field"))?;
    let value = lower::required_entry(member, "value")?.text()?.to_owned();
    Ok(Member { field: found.to_string(), value })
}
