//! What people keep: fields of `Query`, the type `Mutation`, and their access to the store.

mod about;
mod acknowledgements;
mod annotations;
mod links;
mod mutes;
mod stamp;
mod views;
mod visits;

use std::sync::Arc;

use async_graphql::Value;
use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, InputValue, Object, ObjectAccessor, ResolverContext,
    SchemaBuilder, TypeRef,
};
use clio_proto::{Code, Right, ServiceError};
use clio_store::{Revision, Scope, StoreError};
use futures::future::BoxFuture;

use super::asker::{Asker, response_key};
use super::object::{ObjectOf, text};
use crate::argument::Argument;
use crate::error::{graphql_error, store_error};
use crate::keeping::{HINT, Keeping};
use crate::lower;
use crate::names::Names;

pub(super) const MUTATION: &str = "Mutation";
const KEEPING: &str = "Keeping";

/// Whether anything can be kept, as GraphQL shows it.
#[derive(Debug, Clone)]
struct KeepingInfo {
    is_on: bool,
    person: String,
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let keeping = ObjectOf::<KeepingInfo>::new(
        KEEPING,
        "Whether views, annotations, links and what is done about outliers can be kept here, and for whom.",
    )
    .leaf("isOn", TypeRef::named_nn(TypeRef::BOOLEAN), "Whether they can.", |it| it.is_on.into())
    .leaf("hint", TypeRef::named(TypeRef::STRING), "How to turn it on; null if it is on.", |it| {
        text((!it.is_on).then_some(HINT))
    })
    .leaf(
        "person",
        TypeRef::named_nn(TypeRef::STRING),
        "Who is asking, by the name under which their things are kept. Everybody is `local`.",
        |it| it.person.as_str().into(),
    );
    let schema = schema.register(keeping.finish());
    let schema = links::register(annotations::register(views::register(schema)));
    visits::register(mutes::register(acknowledgements::register(schema)))
}

/// Adds the fields that read what is kept.
pub(super) fn fields(query: Object, names: &Arc<Names>) -> Object {
    let keeping = keeps("keeping", TypeRef::named_nn(KEEPING), |_, keeper| {
        let is_on = keeper.keeping.store().is_some();
        let info = KeepingInfo { is_on, person: keeper.scope.person };
        Ok(Box::pin(async move { Ok(FieldValue::owned_any(info)) }))
    })
    .description("Whether anything can be kept here.");
    let query = query.field(keeping).field(views::all());
    let query = query.field(annotations::page(names)).field(links::find(names));
    query.field(acknowledgements::page()).field(mutes::all()).field(visits::last())
}

/// The type whose fields add, change and remove what is kept.
pub(super) fn mutation(names: &Arc<Names>) -> Object {
    let mutation = Object::new(MUTATION).description(
        "All that can be kept, changed and removed. Each thing has a revision; a change names the revision that was seen, and is refused \
         with the code CONFLICT, who changed it (changedBy), when (changedAt) and its current revision if that is a different one.",
    );
    let mutation = annotations::mutations(views::mutations(mutation), names);
    let mutation = acknowledgements::mutations(links::mutations(mutation, names), names);
    visits::mutations(mutes::mutations(mutation, names))
}

/// Why a field of what is kept failed.
enum Failure {
    Service(ServiceError),
    Store(StoreError),
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Kept = BoxFuture<'static, Result<FieldValue<'static>, Failure>>;

/// The store, and who queries serving for answers to be kept.
struct Keeper {
    keeping: Arc<Keeping>,
    /// For whom.
    scope: Scope,
    asker: Asker,
}

impl Keeper {
    /// Refuses who may not.
    fn check(&self, right: Right) -> Result<(), ServiceError> {
        if self.asker.caller.may(right) {
            return Ok(());
        }
        let message = format!("no role of yours has the right `{}`", right.as_str());
        Err(ServiceError::new(Code::PermissionDenied, message))
    }
}

/// A field that lowers its arguments and calls the store. The one place where an error of the store becomes one of
/// GraphQL.
fn keeps<F>(name: &str, ty: TypeRef, keep: F) -> Field
where
    F: Fn(&ObjectAccessor<'_>, Keeper) -> Result<Kept, ServiceError> + Send + Sync + 'static,
{
    Field::new(name, ty, move |context| {
        let kept = keeper(&context).and_then(|keeper| {
            let reports = Arc::clone(&keeper.asker.backend.reports);
            Ok((keep(&context.args, keeper)?, reports))
        });
        let field = response_key(&context);
        FieldFuture::new(async move {
            let (kept, reports) = kept.map_err(|error| graphql_error(error, field.clone()))?;
            let value = kept.await.map_err(|failure| match failure {
                Failure::Service(error) => graphql_error(error, field),
                Failure::Store(error) => store_error(&error, &reports, field),
            })?;
            // A null returned as a value would be asked for its fields.
            Ok(Some(value).filter(|value| value.as_value() != Some(&Value::Null)))
        })
    })
}

fn keeper(context: &ResolverContext<'_>) -> Result<Keeper, ServiceError> {
    let asker = Asker::of(context)?;
    let keeping = context.data_opt::<Arc<Keeping>>().cloned().ok_or_else(|| {
        ServiceError::new(Code::Internal, "this schema was built to be printed, not to be queried")
    })?;
    let scope = keeping.scope(&asker.caller);
    Ok(Keeper { keeping, scope, asker })
}

fn id_argument(description: &str) -> InputValue {
    InputValue::new("id", TypeRef::named_nn(TypeRef::ID)).description(description)
}

fn revision_argument() -> InputValue {
    InputValue::new("revision", TypeRef::named_nn(TypeRef::INT)).description(
        "The revision that was seen; the change is refused if that is not the current one.",
    )
}

/// The arguments `id` and `revision`.
fn revision(arguments: &ObjectAccessor<'_>) -> Result<Revision, ServiceError> {
    let number = lower::required(arguments, "revision")?;
    let id = id(&lower::required(arguments, "id")?)?;
    let number = number.count()?.try_into().map_err(|_| number.is_not("a revision"))?;
    Ok(Revision { id, number })
}

/// A number in the form that GraphQL has for ids: text.
fn id(id: &Argument<'_>) -> Result<i64, ServiceError> {
    let found = match id.text() {
        Ok(text) => text.parse().ok(),
        Err(_) => id.count().ok().and_then(|number| number.try_into().ok()),
    };
    found.filter(|number| *number >= 0).ok_or_else(|| id.is_not("an id"))
}

#[cfg(test)]
mod tests;
