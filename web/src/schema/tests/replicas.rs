//! Replicas as GraphQL shows them, and overload.

use std::sync::Arc;

use clio_proto::{BreakerState, Reachability, ReplicaInfo, Replicated, ServiceError};
use serde_json::json;

use crate::config::GatewayConfig;
use crate::testing::{TestServer, dashboard, serving};

/// One replica that answers, and one that does not.
#[derive(Debug)]
struct Two;

impl Replicated for Two {
    fn replicas(&self) -> Vec<ReplicaInfo> {
        let info = |reachability| ReplicaInfo {
            address: "http://10.0.0.7:50051".to_owned(),
            reachability,
            breaker: BreakerState::HalfOpen,
            status: (reachability == Reachability::Up).then(|| serving(41)),
            n_pending: 3,
            latency_seconds: 0.25,
            n_calls: 7,
            n_failures: 2,
            n_sheds: 1,
        };
        vec![info(Reachability::Up), info(Reachability::Down)]
    }
}

const QUERY: &str =
    "{ replicas { number reachability breaker state version versionsBehind isStuck nPending
    latencyMilliseconds } }";

#[tokio::test]
async fn replicas_are_shown_without_their_addresses() {
    let config = GatewayConfig { replicas: Some(Arc::new(Two)), ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.snapshot.is_some()).await;
    let answer = server.ask(QUERY, json!({})).await;
    let common = json!({ "breaker": "HALF_OPEN", "nPending": 3, "latencyMilliseconds": 250.0 });
    let expected = [
        json!({ "number": 1, "reachability": "UP", "state": "SERVING", "version": 41, "versionsBehind": 0, "isStuck": false }),
        json!({ "number": 2, "reachability": "DOWN", "state": null, "version": null, "versionsBehind": null, "isStuck": null }),
    ]
    .map(|mut replica| {
        replica.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
        replica
    });
    assert_eq!(answer["data"]["replicas"], json!(expected), "{answer}");
    assert!(!answer.to_string().contains("10.0.0.7"));

    let server = TestServer::start().await;
    let answer = server.ask(QUERY, json!({})).await;
    assert_eq!(answer["data"]["replicas"], json!([]), "it is one process with serving");
}

#[tokio::test]
async fn overload_is_503_and_says_when_to_ask_again() {
    let server = TestServer::start().await;
    server.cubes.fail_with(Some(ServiceError::overloaded("at http://10.0.0.7:50051: 258 queries")));
    let query = "{ cube(query: { measures: [VIEWERS] }) { groupCount } }";
    let reply = server.post(query, json!({})).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "1"), "{}", reply.text());
    let error = &reply.json()["errors"][0];
    let expected = json!({ "code": "UNAVAILABLE", "retryable": true, "retryAfter": 1 });
    assert_eq!(error["extensions"], expected);
    assert!(!reply.text().contains("10.0.0.7"), "{}", reply.text());
    // Whatever has an answer beside it is answered.
    let reply = server.post("{ serving { state } insecure }", json!({})).await;
    assert_eq!(reply.status, 200);
    let reply = server.get("/export.csv?query=%7B%22measures%22:%5B%22VIEWERS%22%5D%7D", &[]).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "1"), "{}", reply.text());
    server.cubes.fail_with(None);
    assert_eq!(server.post(query, json!({})).await.status, 200);
}
