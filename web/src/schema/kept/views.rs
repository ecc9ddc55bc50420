//! Views: states of pages under names.

use async_graphql::dynamic::{
    Field, FieldValue, InputObject, InputValue, Object, ObjectAccessor, SchemaBuilder, TypeRef,
};
use clio_proto::ServiceError;
use clio_store::ViewDraft;

use super::super::object::{ObjectOf, text};
use super::super::scalars::TIMESTAMP;
use super::stamp::stamped;
use super::{id, id_argument, keeps, revision, revision_argument};
use crate::argument::Argument;
use crate::lower;

const VIEW: &str = "View";
const VIEW_INPUT: &str = "ViewInput";

/// A view as GraphQL shows it.
#[derive(Debug, Clone)]
struct View {
    view: clio_store::View,
    is_mine: bool,
}

impl View {
    fn value(view: clio_store::View, person: &str) -> FieldValue<'static> {
        let is_mine = view.stamp.owner == person;
        FieldValue::owned_any(Self { view, is_mine })
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    let view = ObjectOf::<View>::new(VIEW, "A state of a page under a name.")
        .leaf("id", TypeRef::named_nn(TypeRef::ID), "Its id.", |it| it.view.id.to_string().into())
        .leaf("name", string(), "Its name, unique among the views of one person.", |it| {
            it.view.name.as_str().into()
        })
        .leaf(
            "address",
            string(),
            "The page and its state: an address on this host, beginning with `/`.",
            |it| it.view.address.as_str().into(),
        )
        .leaf("isShared", flag(), "Whether others see it too.", |it| it.view.is_shared.into())
        .leaf("isMine", flag(), "Whether it belongs to the one who asks.", |it| it.is_mine.into())
        .leaf("isDefault", flag(), "Whether it is the default view of the one who asks.", |it| {
            it.view.is_default.into()
        })
        .leaf(
            "openedAt",
            TypeRef::named(TIMESTAMP),
            "When the one who asks last opened it.",
            |it| text(it.view.opened_at.map(|time| time.to_string()).as_deref()),
        );
    let input =
        InputObject::new(VIEW_INPUT)
            .description("The content of a view.")
            .field(InputValue::new("name", string()).description("Its name, of at most 200 bytes."))
            .field(InputValue::new("address", string()).description(
                "The page and its state: an address on this host, beginning with `/`.",
            ))
            .field(
                InputValue::new("isShared", flag())
                    .default_value(false)
                    .description("Whether others see it too."),
            );
    schema.register(stamped(view, |it| &it.view.stamp).finish()).register(input)
}

/// The views that the asker can see.
pub(super) fn all() -> Field {
    keeps("views", TypeRef::named_nn_list_nn(VIEW), |_, keeper| {
        Ok(Box::pin(async move {
            let scope = &keeper.scope;
            let views = match keeper.keeping.store() {
                Some(store) => store.views(scope).await?,
                None => Vec::new(),
            };
            let views = views.into_iter().map(|view| View::value(view, &scope.person));
            Ok(FieldValue::list(views.collect::<Vec<_>>()))
        }))
    })
    .description(
        "The views of the one who asks and those that others share, by name. Empty if nothing can be kept.",
    )
}

pub(super) fn mutations(mutation: Object) -> Object {
    mutation
        .field(add())
        .field(change())
        .field(remove())
        .field(restore())
        .field(open())
        .field(set_default())
}

fn add() -> Field {
    keeps("addView", TypeRef::named_nn(VIEW), |arguments, keeper| {
        let draft = draft(arguments)?;
        Ok(Box::pin(async move {
            let scope = &keeper.scope;
            let view = keeper.keeping.required()?.add_view(scope, draft).await?;
            Ok(View::value(view, &scope.person))
        }))
    })
    .argument(view_argument())
    .description("Adds a view.")
}

fn change() -> Field {
    keeps("changeView", TypeRef::named_nn(VIEW), |arguments, keeper| {
        let (at, draft) = (revision(arguments)?, draft(arguments)?);
        Ok(Box::pin(async move {
            let scope = &keeper.scope;
            let view = keeper.keeping.required()?.change_view(scope, at, draft).await?;
            Ok(View::value(view, &scope.person))
        }))
    })
    .argument(id_argument("The view."))
    .argument(revision_argument())
    .argument(view_argument())
    .description("Replaces the content of a view.")
}

fn remove() -> Field {
    keeps("removeView", TypeRef::named_nn(VIEW), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            let scope = &keeper.scope;
            let view = keeper.keeping.required()?.remove_view(scope, at).await?;
            Ok(View::value(view, &scope.person))
        }))
    })
    .argument(id_argument("The view."))
    .argument(revision_argument())
    .description("Removes a view, and returns it with the revision by which it can be restored, as long as it is one of the last 200 removed.")
}

fn restore() -> Field {
    keeps("restoreView", TypeRef::named_nn(VIEW), |arguments, keeper| {
        let at = revision(arguments)?;
        Ok(Box::pin(async move {
            let scope = &keeper.scope;
            let view = keeper.keeping.required()?.restore_view(scope, at).await?;
            Ok(View::value(view, &scope.person))
        }))
    })
    .argument(id_argument("The view."))
    .argument(revision_argument())
    .description("Restores a removed view.")
}

fn open() -> Field {
    keeps("openView", TypeRef::named_nn(VIEW), |arguments, keeper| {
        let id = id(&lower::required(arguments, "id")?)?;
        Ok(Box::pin(async move {
            let scope = &keeper.scope;
            let view = keeper.keeping.required()?.open_view(scope, id).await?;
            Ok(View::value(view, &scope.person))
        }))
    })
    .argument(id_argument("The view."))
    .description("Records that the one who asks opens a view.")
}

fn set_default() -> Field {
    keeps("setDefaultView", TypeRef::named(VIEW), |arguments, keeper| {
        let id = Argument::of(arguments, "id").map(|it| id(&it)).transpose()?;
        Ok(Box::pin(async move {
            let scope = &keeper.scope;
            let view = keeper.keeping.required()?.set_default_view(scope, id).await?;
            Ok(view.map_or(FieldValue::NULL, |view| View::value(view, &scope.person)))
        }))
    })
    .argument(
        InputValue::new("id", TypeRef::named(TypeRef::ID))
            .description("The view; by default none."),
    )
    .description("Makes a view the default of the one who asks.")
}

fn view_argument() -> InputValue {
    InputValue::new("view", TypeRef::named_nn(VIEW_INPUT)).description("The content.")
}

fn draft(arguments: &ObjectAccessor<'_>) -> Result<ViewDraft, ServiceError> {
    let view = lower::required(arguments, "view")?;
    Ok(ViewDraft {
        name: lower::required_entry(&view, "name")?.text()?.to_owned(),
        address: lower::required_entry(&view, "address")?.text()?.to_owned(),
        is_shared: view.entry("isShared")?.map_or(Ok(false), |flag| flag.flag())?,
    })
}
