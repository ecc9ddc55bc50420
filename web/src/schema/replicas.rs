//! The replicas behind the gateway: the type `Replica`. Their addresses are nobody's business outside.

use async_graphql::Value;
use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::{BreakerState, Reachability, ReplicaInfo, ServingState, ServingStatus};

use super::enums::{enum_of, enum_value};
use super::object::ObjectOf;
use super::scalars::INT64;
use super::serving::SERVING_STATE;

pub(super) const REPLICA: &str = "Replica";
const REACHABILITY: &str = "Reachability";
const BREAKER_STATE: &str = "BreakerState";

/// A replica as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Replica {
    number: u32,
    reachability: Reachability,
    breaker: BreakerState,
    state: Option<ServingState>,
    version: Option<u64>,
    versions_behind: Option<u64>,
    is_stuck: Option<bool>,
    n_pending: usize,
    latency_milliseconds: f64,
}

impl From<(u32, ReplicaInfo)> for Replica {
    fn from((number, info): (u32, ReplicaInfo)) -> Self {
        let status = info.status.as_ref();
        Self {
            number,
            reachability: info.reachability,
            breaker: info.breaker,
            state: status.map(|status| status.state),
            version: status.and_then(|status| Some(status.snapshot.as_ref()?.id.0)),
            versions_behind: status.map(ServingStatus::versions_behind),
            is_stuck: status.map(|status| status.is_stuck),
            n_pending: info.n_pending,
            latency_milliseconds: info.latency_seconds * 1e3,
        }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let reached = |reachability: Reachability| {
        let description = match reachability {
            Reachability::Unknown => "It has not been probed yet.",
            Reachability::Up => "It answers.",
            Reachability::Suspect => "It has not answered the last probe in time.",
            Reachability::Down => "It cannot be reached, or has not answered for long.",
        };
        (reachability.as_str(), description)
    };
    let breaks = |breaker: BreakerState| {
        let description = match breaker {
            BreakerState::Closed => "Calls pass.",
            BreakerState::Open => "Calls failed one after the other; none pass for a while.",
            BreakerState::HalfOpen => {
                "One call passes, to find out whether the replica has recovered."
            }
        };
        (breaker.as_str(), description)
    };
    let what = "Whether a replica answers.";
    let reachabilities = enum_of(REACHABILITY, what, &Reachability::ALL, reached);
    let what = "Whether calls to a replica pass.";
    let breakers = enum_of(BREAKER_STATE, what, &BreakerState::ALL, breaks);
    schema.register(replica()).register(reachabilities).register(breakers)
}

fn replica() -> Object {
    let or_null = |value: Option<Value>| value.unwrap_or(Value::Null);
    ObjectOf::<Replica>::new(REPLICA, "One process of serving, as this gateway knows it.")
        .leaf("number", TypeRef::named_nn(TypeRef::INT), "Its place in the gateway's list, from 1.", |it| {
            it.number.into()
        })
        .leaf("reachability", TypeRef::named_nn(REACHABILITY), "Whether it answers.", |it| {
            enum_value(it.reachability.as_str())
        })
        .leaf("breaker", TypeRef::named_nn(BREAKER_STATE), "Whether calls to it pass.", |it| {
            enum_value(it.breaker.as_str())
        })
        .leaf(
            "state",
            TypeRef::named(SERVING_STATE),
            "The state that it reports; null if it does not answer.",
            move |it| or_null(it.state.map(|state| enum_value(state.as_str()))),
        )
        .leaf(
            "version",
            TypeRef::named(INT64),
            "The version of the snapshot that it serves; null if it serves none or does not answer.",
            move |it| or_null(it.version.map(Value::from)),
        )
        .leaf(
            "versionsBehind",
            TypeRef::named(INT64),
            "The number of versions of the lake that are newer than the one that it serves; null if it does not answer.",
            move |it| or_null(it.versions_behind.map(Value::from)),
        )
        .leaf(
            "isStuck",
            TypeRef::named(TypeRef::BOOLEAN),
            "Whether it says that it is stuck; null if it does not answer.",
            move |it| or_null(it.is_stuck.map(Value::from)),
        )
        .leaf("nPending", TypeRef::named_nn(INT64), "The number of calls that wait for it.", |it| {
            it.n_pending.into()
        })
        .leaf(
            "latencyMilliseconds",
            TypeRef::named_nn(TypeRef::FLOAT),
            "The response time that is expected of it.",
            |it| it.latency_milliseconds.into(),
        )
        .finish()
}
