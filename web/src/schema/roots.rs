//! The types `Query` and `Subscription`, with the fields that query serving.

use std::sync::Arc;

use async_graphql::Value;
use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, InputValue, Object, SchemaBuilder, Subscription,
    SubscriptionField, SubscriptionFieldFuture, TypeRef,
};
use clio_proto::{Code, Description, Principal, Right, ServiceError, ServingState};
use futures::StreamExt;

use super::answer::{CUBE_ANSWER, CubeAnswer};
use super::asker::{asks, backend, caller, response_key};
use super::dataset::{DATASET, Dataset};
use super::kept;
use super::members::{MEMBER_PAGE, MemberPage};
use super::object::ObjectOf;
use super::outliers::{OUTLIER_LIST, OutlierList};
use super::question::{CUBE_FILTER, CUBE_QUERY, FIELD};
use super::replicas::{REPLICA, Replica};
use super::runs::{RUN, Run};
use super::scalars::{DATE, INT64};
use super::serving::{
    REFUSED_SNAPSHOT, Refused, SERVING_STATUS, SNAPSHOT, ServingStatus, Snapshot,
};
use crate::error::graphql_error;
use crate::lower::{self, DEFAULT_MEMBERS, DEFAULT_RUNS, DEFAULT_SNAPSHOTS};
use crate::names::Names;

pub(super) const QUERY: &str = "Query";
const ME: &str = "Me";
pub(super) const SUBSCRIPTION: &str = "Subscription";

pub(super) fn register(
    schema: SchemaBuilder,
    dataset: &Description,
    names: Names,
    is_insecure: bool,
) -> SchemaBuilder {
    let names = Arc::new(names);
    let query = Object::new(QUERY)
        .description("All queries.")
        .field(dataset_field(dataset))
        .field(insecure_field(is_insecure))
        .field(me_field())
        .field(serving_field())
        .field(replicas_field())
        .field(snapshots_field())
        .field(refused_snapshots_field())
        .field(runs_field())
        .field(outliers_field())
        .field(cube_field(Arc::clone(&names)))
        .field(members_field(Arc::clone(&names)));
    let query = kept::fields(query, &names);
    schema.register(me()).register(query).register(kept::mutation(&names)).register(subscription())
}

fn dataset_field(dataset: &Description) -> Field {
    let dataset = Arc::new(Dataset::from(dataset));
    let ty = TypeRef::named_nn(DATASET);
    asks("dataset", ty, move |_, _| {
        let dataset = Dataset::clone(&dataset);
        Ok(Box::pin(async move { Ok(FieldValue::owned_any(dataset)) }))
    })
    .description("The dataset that is served, as its model describes it.")
}

fn insecure_field(is_insecure: bool) -> Field {
    let ty = TypeRef::named_nn(TypeRef::BOOLEAN);
    Field::new("insecure", ty, move |_| FieldFuture::Value(Some(FieldValue::value(is_insecure))))
        .description(
            "Whether everybody who reaches this gateway can read everything, which the dashboard displays.",
        )
}

/// Who asks, as GraphQL shows it.
#[derive(Debug, Clone)]
struct Me(Arc<Principal>);

fn me() -> Object {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let groups = TypeRef::named_nn_list_nn(TypeRef::STRING);
    let me = ObjectOf::<Me>::new(ME, "Whoever is signed in.");
    let me = me.leaf("name", string(), "The name: of a person mostly an e-mail address.", |it| {
        it.0.name.as_str().into()
    });
    let kind = "What it is a name of: `user`, `key` or `service`.";
    let me = me.leaf("kind", string(), kind, |it| it.0.kind.as_str().into());
    let me = me.leaf("groups", groups, "The groups that they are in.", |it| {
        Value::List(it.0.groups.iter().map(|group| Value::from(group.as_str())).collect())
    });
    me.finish()
}

fn me_field() -> Field {
    Field::new("me", TypeRef::named(ME), |context| {
        let me = caller(&context).principal().map(|principal| Me(Arc::clone(principal)));
        FieldFuture::Value(me.map(FieldValue::owned_any))
    })
    .description("Whoever asks; null where nobody has to sign in.")
}

fn serving_field() -> Field {
    asks("serving", TypeRef::named_nn(SERVING_STATUS), |_, asker| {
        Ok(Box::pin(async move {
            let status = asker.backend.status(&asker.caller).await;
            Ok(FieldValue::owned_any(ServingStatus::from(status)))
        }))
    })
    .description(
        "Whether serving answers, and what it serves. Never fails: the state is DOWN instead.",
    )
}

fn replicas_field() -> Field {
    asks("replicas", TypeRef::named_nn_list_nn(REPLICA), |_, asker| {
        Ok(Box::pin(async move {
            if !asker.caller.may(Right::Operate) {
                let message = "you may not see the replicas; the right `operate` allows it";
                return Err(ServiceError::new(Code::PermissionDenied, message));
            }
            let replicas = (1..).zip(asker.backend.replicas()).map(Replica::from);
            Ok(FieldValue::list(replicas.map(FieldValue::owned_any).collect::<Vec<_>>()))
        }))
    })
    .description(
        "The replicas that this gateway asks, in the order in which they were given; none if it is one process with serving.",
    )
}

fn snapshots_field() -> Field {
    asks("snapshots", TypeRef::named_nn_list_nn(SNAPSHOT), |arguments, asker| {
        let n_most = lower::page(arguments, "first", DEFAULT_SNAPSHOTS)?;
        Ok(Box::pin(async move {
            let snapshots = asker.ask(|service| async move { service.snapshots(n_most).await });
            let snapshots = snapshots.await?.snapshots.into_iter().map(Snapshot::from);
            Ok(FieldValue::list(snapshots.map(FieldValue::owned_any)))
        }))
    })
    .argument(first(DEFAULT_SNAPSHOTS).description("The largest number of snapshots."))
    .description("The newest snapshots of the lake, newest first.")
}

fn refused_snapshots_field() -> Field {
    let ty = TypeRef::named_nn_list_nn(REFUSED_SNAPSHOT);
    asks("refusedSnapshots", ty, |arguments, asker| {
        let n_most = lower::page(arguments, "first", DEFAULT_SNAPSHOTS)?;
        Ok(Box::pin(async move {
            let list = asker.ask(|service| async move { service.snapshots(n_most).await });
            let reports = &asker.backend.reports;
            let refused = list.await?.refused.into_iter();
            let refused: Vec<Refused> =
                refused.map(|refused| reports.outward_refusal(refused).into()).collect();
            Ok(FieldValue::list(refused.into_iter().map(FieldValue::owned_any)))
        }))
    })
    .argument(first(DEFAULT_SNAPSHOTS).description("The number of newest snapshots to look among."))
    .description("The versions of the lake that are refused as snapshots, newest first, back to the oldest of this many snapshots.")
}

fn runs_field() -> Field {
    asks("runs", TypeRef::named_nn_list_nn(RUN), |arguments, asker| {
        let n_most = lower::page(arguments, "limit", DEFAULT_RUNS)?;
        Ok(Box::pin(async move {
            let runs = asker.ask(|service| async move { service.runs(n_most).await });
            let runs = runs.await?.into_iter().map(Run::from);
            Ok(FieldValue::list(runs.map(FieldValue::owned_any)))
        }))
    })
    .argument(
        InputValue::new("limit", TypeRef::named_nn(TypeRef::INT))
            .default_value(DEFAULT_RUNS)
            .description("The largest number of runs."),
    )
    .description("The newest finished runs of the etl, including failed ones, newest first.")
}

fn outliers_field() -> Field {
    asks("outliers", TypeRef::named_nn(OUTLIER_LIST), |arguments, asker| {
        let snapshot = lower::snapshot(arguments)?;
        Ok(Box::pin(async move {
            let list = asker.ask(|service| async move { service.outliers(snapshot).await }).await?;
            Ok(FieldValue::owned_any(OutlierList::from(list)))
        }))
    })
    .argument(snapshot())
    .description(
        "What stands out among its peers on the newest settled days, where the model declares outliers; else an error. A snapshot's list is \
         worked out when it is first asked for.",
    )
}

fn cube_field(names: Arc<Names>) -> Field {
    asks("cube", TypeRef::named_nn(CUBE_ANSWER), move |arguments, asker| {
        let asked = lower::required(arguments, "query")?;
        let n_named = asked.entry("measures")?.map_or(0, |list| list.n_items());
        let query = lower::query(&names, &asked)?;
        let snapshot = lower::snapshot(arguments)?;
        Ok(Box::pin(async move {
            let asked = asker.ask_within(Some("query"), |service| async move {
                service.query(query, snapshot).await
            });
            let answer = asked.await?;
            Ok(FieldValue::owned_any(CubeAnswer::new(answer, n_named)))
        }))
    })
    .argument(InputValue::new("query", TypeRef::named_nn(CUBE_QUERY)).description("The query."))
    .argument(snapshot())
    .description("Numbers of the cube, with their bounds and the days behind them.")
}

fn members_field(names: Arc<Names>) -> Field {
    asks("members", TypeRef::named_nn(MEMBER_PAGE), move |arguments, asker| {
        let request = lower::members(&names, arguments)?;
        Ok(Box::pin(async move {
            let page = asker.ask(|service| async move { service.members(request).await }).await?;
            Ok(FieldValue::owned_any(MemberPage::from(page)))
        }))
    })
    .argument(
        InputValue::new("field", TypeRef::named(FIELD))
            .description("The field; by default all fields at once."),
    )
    .argument(
        InputValue::new("search", TypeRef::named(TypeRef::STRING))
            .description("Text that the value or the label contains; case, accents and variants of a letter are ignored."),
    )
    .argument(InputValue::new("where", TypeRef::named(CUBE_FILTER)).description(
        "Which cells count in nCellsLeft, except for its tests of the member's own field: of the parts that must all hold, those \
         that test this field are ignored.",
    ))
    .argument(date("from", "The first day that counts in nCellsLeft; as in CubeQuery."))
    .argument(date("to", "The last day, included."))
    .argument(first(DEFAULT_MEMBERS).description("The largest number of members on the page."))
    .argument(
        InputValue::new("offset", TypeRef::named_nn(TypeRef::INT))
            .default_value(0)
            .description("Members to skip before the first one.")
            .deprecation(Some("Use `after` with the cursor of the previous page, which stays with one snapshot.")),
    )
    .argument(InputValue::new("after", TypeRef::named(TypeRef::STRING)).description(
        "The endCursor of the previous page; without it the page begins with the first member. The page is of the same snapshot. Field, \
         text, days and filter must be the same.",
    ))
    .argument(snapshot())
    .description(
        "Values of one field, or of all, for pickers: the most frequent first if search is empty, otherwise those whose value or label \
         contains the text, prefix matches first.",
    )
}

fn subscription() -> Subscription {
    let serving = SubscriptionField::new("serving", TypeRef::named_nn(SERVING_STATUS), |context| {
        let (backend, field) = (backend(&context), response_key(&context));
        let caller = caller(&context);
        SubscriptionFieldFuture::new(async move {
            let backend = backend.map_err(|error| graphql_error(error, field))?;
            let statuses = backend.announcements();
            Ok(statuses.then(move |status| {
                let (backend, caller) = (Arc::clone(&backend), caller.clone());
                async move {
                    // The gateway is told more than each may see: whoever is signed in is told by serving.
                    let status = match caller.principal() {
                        Some(_) if status.state != ServingState::Down => {
                            backend.status(&caller).await
                        }
                        _ => backend.reports.outward_status(status),
                    };
                    Ok::<_, async_graphql::Error>(FieldValue::owned_any(ServingStatus::from(
                        status,
                    )))
                }
            }))
        })
    })
    .description(
        "The current status, then every change: a new snapshot, serving lost, serving back.",
    );
    Subscription::new(SUBSCRIPTION).description("All subscriptions.").field(serving)
}

fn date(name: &str, description: &str) -> InputValue {
    InputValue::new(name, TypeRef::named(DATE)).description(description)
}

fn first(default: usize) -> InputValue {
    InputValue::new("first", TypeRef::named_nn(TypeRef::INT)).default_value(default)
}

fn snapshot() -> InputValue {
    InputValue::new("snapshot", TypeRef::named(INT64))
        .description("The version of the snapshot to query; by default the current one.")
}
