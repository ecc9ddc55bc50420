//! A gateway: its HTTP requests, and the replicas that it calls.

use std::time::Duration;

use clio_proto::{BreakerState, Reachability, ReplicaInfo, RetryCounts};
use clio_web::{RequestSink, Route};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::calls::{Times, times};
use super::sheet::{Labels, Sheet, count, flag, number};

/// The name of a metric, its help, and how it is read of a replica.
type PerReplica<T> = (&'static str, &'static str, fn(&ReplicaInfo) -> T);

/// HTTP requests.
#[derive(Debug)]
pub(crate) struct Requests {
    seconds: Times,
    ended: Family<Labels, Counter>,
}

impl Requests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let requests = Self { seconds: times(), ended: Family::default() };
        for route in Route::ALL {
            requests.seconds.get_or_create_owned(&[("route", route.as_str())]);
            requests.ended.get_or_create_owned(&labels(*route, 200));
        }
        registry.register(
            "clio_gateway_request_seconds",
            "How long requests took until their answer began, by route",
            requests.seconds.clone(),
        );
        registry.register(
            "clio_gateway_requests",
            "Requests by route and status: 401 and 403 are refusals of access, 429 those who ask too often, 503 overload",
            requests.ended.clone(),
        );
        requests
    }
}

fn labels(route: Route, status: u16) -> Labels {
    vec![("route", route.as_str().to_owned()), ("status", status.to_string())]
}

impl RequestSink for Requests {
    fn ended(&self, route: Route, status: u16, took: Duration) {
        self.seconds.get_or_create(&[("route", route.as_str())]).observe(took.as_secs_f64());
        self.ended.get_or_create(&labels(route, status)).inc();
    }
}

/// The replicas, and the calls that were made again.
pub(super) fn write(sheet: &mut Sheet<'_>, replicas: &[ReplicaInfo], retries: RetryCounts) {
    states(sheet, replicas);
    let gauges: [PerReplica<f64>; 5] = [
        ("clio_gateway_replica_pending_calls", "Calls that wait for the replica", |it| {
            count(it.n_pending)
        }),
        (
            "clio_gateway_replica_latency_seconds",
            "The response time that is expected of the replica",
            |it| it.latency_seconds,
        ),
        (
            "clio_gateway_replica_snapshot_version",
            "The version that the replica serves; 0 if that is not known",
            |it| {
                let snapshot = it.status.as_ref().and_then(|status| status.snapshot.as_ref());
                number(snapshot.map_or(0, |snapshot| snapshot.id.0))
            },
        ),
        (
            "clio_gateway_replica_versions_behind",
            "How many versions of the lake are newer than the one that the replica serves",
            |it| number(it.status.as_ref().map_or(0, clio_proto::ServingStatus::versions_behind)),
        ),
        ("clio_gateway_replica_stuck", "1 if the replica says that it is stuck", |it| {
            flag(it.status.as_ref().is_some_and(|status| status.is_stuck))
        }),
    ];
    for (name, help, read) in gauges {
        sheet.gauges(
            name,
            help,
            replicas.iter().map(|it| ([("replica", it.address.clone())], read(it))),
        );
    }
    let counters: [PerReplica<u64>; 3] = [
        ("clio_gateway_replica_calls", "Calls to the replica", |it| it.n_calls),
        (
            "clio_gateway_replica_failures",
            "Calls that the replica did not answer: not reached, broken off or out of time",
            |it| it.n_failures,
        ),
        (
            "clio_gateway_replica_sheds",
            "Calls that the replica turned away because it was overloaded",
            |it| it.n_sheds,
        ),
    ];
    for (name, help, read) in counters {
        sheet.counters(
            name,
            help,
            replicas.iter().map(|it| ([("replica", it.address.clone())], read(it))),
        );
    }
    sheet.counter("clio_gateway_retries", "Further tries of calls", retries.n_retries);
    sheet.counter(
        "clio_gateway_retries_refused",
        "Further tries for which the budget had nothing left",
        retries.n_refused,
    );
}

fn states(sheet: &mut Sheet<'_>, replicas: &[ReplicaInfo]) {
    let of = |it: &ReplicaInfo, state: &'static str, is_so: bool| -> (Labels, f64) {
        (vec![("replica", it.address.clone()), ("state", state.to_owned())], flag(is_so))
    };
    let reached =
        |it| Reachability::ALL.map(|state| of(it, state.as_str(), state == it.reachability));
    sheet.gauges(
        "clio_gateway_replica_state",
        "1 for the state of the replica, as probes find it",
        replicas.iter().flat_map(reached),
    );
    let breakers = |it| BreakerState::ALL.map(|state| of(it, state.as_str(), state == it.breaker));
    sheet.gauges(
        "clio_gateway_replica_breaker",
        "1 for the state of the replica's circuit breaker",
        replicas.iter().flat_map(breakers),
    );
}
