//! Visits: which outliers a person was shown last, so that the new ones can be counted.

use async_graphql::dynamic::{Field, FieldValue, InputValue, Object, SchemaBuilder, TypeRef};
use clio_proto::SnapshotId;
use clio_store::{Listed, Member, Visit, VisitDraft};

use super::super::enums::enum_value;
use super::super::object::ObjectOf;
use super::super::outliers::OUTLIER_KIND;
use super::super::scalars::{DATE, INT64, TIMESTAMP};
use super::about::is_known;
use super::keeps;
use crate::lower;

const OUTLIER_VISIT: &str = "OutlierVisit";
const VISITED_OUTLIER: &str = "VisitedOutlier";

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let visit = ObjectOf::<Visit>::new(
        OUTLIER_VISIT,
        "The list of outliers that the one who asks was shown last.",
    )
    .leaf("at", TypeRef::named_nn(TIMESTAMP), "When.", |it| it.at.to_string().into())
    .leaf("through", TypeRef::named_nn(DATE), "The last day of that list.", |it| {
        it.through.to_string().into()
    })
    .list("listed", VISITED_OUTLIER, "All that was on it.", |it: &Visit| &it.listed);
    let listed = ObjectOf::<Listed>::new(VISITED_OUTLIER, "An entry of a list of outliers.")
        .leaf("value", string(), "The member's value.", |it| it.member.value.as_str().into())
        .leaf("kind", TypeRef::named_nn(OUTLIER_KIND), "How it stood out.", |it| {
            enum_value(&it.kind)
        });
    schema.register(visit.finish()).register(listed.finish())
}

/// The last visit of the asker.
pub(super) fn last() -> Field {
    keeps("lastOutlierVisit", TypeRef::named(OUTLIER_VISIT), |_, keeper| {
        Ok(Box::pin(async move {
            let visit = match keeper.keeping.store() {
                Some(store) => store.last_visit(&keeper.scope).await?,
                None => None,
            };
            Ok(visit.map_or(FieldValue::NULL, shown))
        }))
    })
    .description(
        "The list of outliers that the one who asks was shown last; null before the first visit, or if nothing can be kept.",
    )
}

pub(super) fn mutations(mutation: Object) -> Object {
    mutation.field(visit())
}

fn visit() -> Field {
    keeps("visitOutliers", TypeRef::named_nn(OUTLIER_VISIT), |arguments, keeper| {
        let snapshot = lower::required(arguments, "snapshot")?.count()?;
        Ok(Box::pin(async move {
            // Before querying serving for something that will not be kept.
            let store = keeper.keeping.required()?;
            let snapshot = Some(SnapshotId(snapshot));
            let asker = &keeper.asker;
            let list = asker.ask(|service| async move { service.outliers(snapshot).await }).await?;
            let field = list.dimension.to_string();
            let listed = list.outliers.into_iter().map(|own| Listed {
                member: Member { field: field.clone(), value: own.value },
                kind: own.kind.as_str().to_owned(),
            });
            let draft = VisitDraft { through: list.days.1, listed: listed.collect() };
            Ok(shown(store.add_visit(&keeper.scope, draft).await?))
        }))
    })
    .argument(
        InputValue::new("snapshot", TypeRef::named_nn(INT64))
            .description("The snapshot whose list is shown."),
    )
    .description("Records that the one who asks is shown the outliers of a snapshot.")
}

fn shown(mut visit: Visit) -> FieldValue<'static> {
    visit.listed.retain(|it| is_known(&it.kind));
    FieldValue::owned_any(visit)
}
