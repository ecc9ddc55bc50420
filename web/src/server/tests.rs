//! The gateway as its clients meet it: over a socket, with a service that comes, changes and goes.

mod refused;
mod sockets;

use clio_proto::{Code, FieldRef, ServiceError, ServingState, SnapshotId};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use self::sockets::{PROTOCOL, upgrade_reply};
use super::*;
use crate::config::GatewayLimits;
use crate::testing::{Reply, TestServer, away, dashboard, media, serving};

const STATE: &str = "{ serving { state message snapshot { version } } }";
const CUBE: &str = "{ cube(query: { measures: [PLAYS] }) { elapsedMs } }";

#[tokio::test]
async fn every_code_has_its_face() {
    let server = TestServer::start().await;
    for code in Code::ALL {
        server.cubes.fail_with(Some(ServiceError::new(code, "because of the moon")));
        let body = server.ask(&CUBE.replace("cube", "now: cube"), json!({})).await;
        assert_eq!(body["data"], json!(null));
        let error = &body["errors"][0];
        // What the caller can mend is said in full; what is inside is not.
        let message = error["message"].as_str().unwrap();
        let is_told = matches!(
            code,
            Code::InvalidArgument
                | Code::NotFound
                | Code::PermissionDenied
                | Code::ResourceExhausted
        );
        assert_eq!(message == "because of the moon", is_told, "{message}");
        assert_eq!(message.contains("in the gateway's log"), !is_told, "{message}");
        assert_eq!(error["path"], json!(["now"]));
        let extensions = json!({ "code": code.as_str(), "retryable": code.is_retryable() });
        assert_eq!(error["extensions"], extensions);
    }
}

#[tokio::test]
async fn a_slow_service_is_not_waited_for() {
    let limits = GatewayLimits { service_timeout: std::time::Duration::ZERO, ..Default::default() };
    let gateway = Gateway::try_new(
        Arc::new(Silent),
        GatewayConfig { limits, ..GatewayConfig::default() },
        CancellationToken::new(),
    )
    .unwrap();
    gateway.set_dataset(&media()).unwrap();
    let response = gateway.whole().unwrap().schema.execute(CUBE).await;
    let error = serde_json::to_value(&response.errors[0]).unwrap();
    assert!(error["message"].as_str().unwrap().starts_with("serving took too long to answer"));
    assert_eq!(error["extensions"], json!({ "code": "DEADLINE_EXCEEDED", "retryable": true }));
    let status = crate::testing::execute(&gateway.whole().unwrap().schema, STATE).await;
    assert!(status.to_string().contains("state: DOWN"), "{status}");
}

/// A service that never answers.
struct Silent;

#[async_trait::async_trait]
impl CubeService for Silent {
    fn seen_by(self: Arc<Self>, _: Arc<clio_proto::Principal>) -> Arc<dyn CubeService> {
        self
    }

    async fn describe(&self) -> Result<clio_proto::Description, ServiceError> {
        std::future::pending().await
    }

    async fn query(
        &self,
        _: clio_proto::Query,
        _: Option<SnapshotId>,
    ) -> Result<clio_proto::Answer, ServiceError> {
        std::future::pending().await
    }

    async fn export(
        &self,
        _: clio_proto::Export,
        _: Option<SnapshotId>,
    ) -> Result<clio_proto::Exported, ServiceError> {
        std::future::pending().await
    }

    async fn members(
        &self,
        _: clio_proto::MembersRequest,
    ) -> Result<clio_proto::MemberPage, ServiceError> {
        std::future::pending().await
    }

    async fn has_media(&self, _: Vec<String>) -> Result<bool, ServiceError> {
        std::future::pending().await
    }

    async fn outliers(
        &self,
        _: Option<SnapshotId>,
    ) -> Result<clio_proto::OutlierList, ServiceError> {
        std::future::pending().await
    }

    async fn snapshots(&self, _: usize) -> Result<clio_proto::SnapshotList, ServiceError> {
        std::future::pending().await
    }

    async fn runs(&self, _: usize) -> Result<Vec<clio_proto::RunInfo>, ServiceError> {
        std::future::pending().await
    }

    async fn status(&self) -> Result<clio_proto::ServingStatus, ServiceError> {
        std::future::pending().await
    }

    async fn watch(&self) -> Result<clio_proto::StatusStream, ServiceError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_told_why() {
    let server = TestServer::start().await;
    let json = [("content-type", "application/json; charset=utf-8")];
    let long = format!("{{\"query\":\"{}\"}}", "x".repeat(1 << 20));
    for (method, headers, body, status, code, message) in [
        ("GET", &json[..], "", 405, "INVALID_ARGUMENT", "send a query as POST"),
        ("PUT", &json, "{}", 405, "INVALID_ARGUMENT", "send a query as POST"),
        ("POST", &[], "{}", 415, "INVALID_ARGUMENT", "content type `` is not"),
        ("POST", &[("content-type", "text/plain")], "{}", 415, "INVALID_ARGUMENT", "`text/plain`"),
        ("POST", &json, "{", 400, "INVALID_ARGUMENT", "the body is not a GraphQL request: EOF"),
        ("POST", &json, "[]", 400, "INVALID_ARGUMENT", "the body is not a GraphQL request"),
        ("POST", &json, &long, 413, "RESOURCE_EXHAUSTED", "the body is over 1048576 bytes"),
        ("POST", &json, "{}", 400, "INVALID_ARGUMENT", "it has no `query`"),
        ("POST", &json, r#"{"query":"{ nope }"}"#, 200, "INVALID_ARGUMENT", "nope"),
        ("POST", &json, r#"{"query":"{ cube }"}"#, 200, "INVALID_ARGUMENT", "query"),
        (
            "POST",
            &json,
            r#"{"query":"subscription { serving { state } }"}"#,
            200,
            "INVALID_ARGUMENT",
            "transport",
        ),
    ] {
        let reply = server.send(method, "/graphql", headers, body.as_bytes()).await;
        let error = &reply.json()["errors"][0];
        assert_eq!(reply.status, status, "{error}");
        assert_eq!(error["extensions"]["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().contains(message), "{error}");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn what_is_over_a_limit_is_told_so() {
    let limits =
        GatewayLimits { max_depth: 4, max_fields: 12, max_root_fields: 2, ..Default::default() };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    for (query, message) in [
        (
            "{ __schema { types { fields { type { name } } } } }",
            "the query has 5 levels of fields; at most 4 are answered",
        ),
        ("{ a: dataset { name } b: dataset { name } c: dataset { name } }", "3 fields at its top"),
        (
            "{ dataset { a: name b: name c: name d: name e: name f: name g: name h: name i: name \
             j: name k: name l: name } }",
            "the query has 13 fields; at most 12 are answered",
        ),
    ] {
        let body = server.ask(query, json!({})).await;
        let error = &body["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(message), "{error}");
        let extensions = json!({ "code": "RESOURCE_EXHAUSTED", "retryable": false });
        assert_eq!(error["extensions"], extensions);
    }
    let shed = GatewayLimits { max_requests: 0, ..GatewayLimits::default() };
    let config = GatewayConfig { limits: shed, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    let reply = server.post(STATE, json!({})).await;
    assert_eq!(
        (reply.status, &reply.json()["errors"][0]["extensions"]["retryable"]),
        (503, &json!(true))
    );
}

#[tokio::test]
async fn before_serving_answers_all_but_the_api_is_there_and_then_that_too() {
    let config = GatewayConfig::default();
    let server = TestServer::start_with(Err(away()), config, dashboard()).await;
    server.wait_for(|status| status.message == Some(away().message)).await;

    let reply = server.post(STATE, json!({})).await;
    assert_eq!(reply.status, 503);
    let extensions = json!({ "code": "UNAVAILABLE", "retryable": true });
    let body = reply.json();
    assert_eq!(body["errors"][0]["extensions"], extensions);
    is_general(&body["errors"][0]["message"]);
    assert_eq!(server.get("/", &[]).await.status, 200);
    assert_eq!(health(&server).await["serving"]["state"], "DOWN");
    is_general(&health(&server).await["serving"]["message"]);
    let reply = upgrade_reply(&server, &[PROTOCOL]).await;
    assert_eq!((reply.status, &reply.json()["errors"][0]["extensions"]), (503, &extensions));

    // There, but without a snapshot: still nothing to describe.
    let mut empty = serving(0);
    (empty.state, empty.snapshot) = (ServingState::Down, None);
    empty.message = Some("the lake has no snapshot yet".to_owned());
    server.cubes.tell(Ok(empty.clone()));
    server.wait_for(|status| status.message == empty.message).await;
    let reply = server.post(STATE, json!({})).await;
    assert_eq!(reply.status, 503);
    is_general(&reply.json()["errors"][0]["message"]);

    server.cubes.tell(Ok(serving(41)));
    server.wait_for(|status| status.state == ServingState::Serving).await;
    let state = json!({ "state": "SERVING", "message": null, "snapshot": { "version": 41 } });
    assert_eq!(server.ask(STATE, json!({})).await["data"]["serving"], state);
    assert_eq!(
        health(&server).await,
        json!({
            "status": "ok",
            "serving": {
                "state": "SERVING", "message": null, "snapshot": 41,
                "versions_behind": 0, "is_stuck": false, "projection": null,
            },
        })
    );
}

#[tokio::test]
async fn when_serving_goes_away_the_api_stays_and_says_so() {
    let server = TestServer::start().await;
    server.cubes.tell(Err(away()));
    server.wait_for(|status| status.state == ServingState::Down).await;
    let body = server
        .ask("{ serving { state message snapshot { version } } dataset { name } }", json!({}))
        .await;
    is_general(&body["data"]["serving"]["message"]);
    assert_eq!(body["data"]["serving"]["state"], "DOWN");
    assert_eq!(body["data"]["serving"]["snapshot"], json!(null));
    assert_eq!(body["data"]["dataset"], json!({ "name": "media" }));
    for query in [CUBE, "{ snapshots { version } }", "{ members(field: COUNTRY) { total } }"] {
        let error = &server.ask(query, json!({})).await["errors"][0];
        is_general(&error["message"]);
        assert_eq!(error["extensions"], json!({ "code": "UNAVAILABLE", "retryable": true }));
    }
    server.cubes.tell(Ok(serving(42)));
    server.wait_for(|status| status.state == ServingState::Serving).await;
    assert_eq!(server.ask(CUBE, json!({})).await.get("errors"), None);
}

#[tokio::test]
async fn another_model_makes_another_schema() {
    let server = TestServer::start().await;
    let schema = || Arc::as_ptr(&server.gateway.whole().unwrap().schema);
    let first = schema();
    server.cubes.tell(Ok(serving(42)));
    server.wait_for(|status| status.snapshot.as_ref().is_some_and(|it| it.id.0 == 42)).await;
    assert_eq!(schema(), first, "the same dataset keeps its schema");

    let plan =
        "{ cube(query: { measures: [PLAYS], groupBy: [PLAN] }) { rows { plan { label } } } }";
    let error = &server.ask(plan, json!({})).await["errors"][0];
    assert_eq!(error["extensions"]["code"], "INVALID_ARGUMENT", "{error}");

    let mut dataset = media();
    dataset.fingerprint = clio_proto::Fingerprint::new("another");
    dataset.fields[5].field = FieldRef::parse("plan");
    server.cubes.describe_as(dataset.clone());
    server.cubes.tell(Ok(serving(43)));
    server.wait_for(|status| status.snapshot.as_ref().is_some_and(|it| it.id.0 == 43)).await;
    let body = server.ask(plan, json!({})).await;
    assert_eq!(body["data"]["cube"]["rows"][0]["plan"]["label"], "Dune", "{body}");

    // One that makes no schema is told, and the last good one stays.
    dataset.measures[0].name = "keys".to_owned();
    server.cubes.describe_as(dataset);
    server.cubes.tell(Ok(serving(44)));
    server.wait_for(|status| status.state == ServingState::Down).await;
    let message = server.gateway.status().message.unwrap();
    assert!(message.contains("`keys` cannot be served by GraphQL"), "{message}");
    assert_eq!(server.ask(plan, json!({})).await.get("errors"), None);
}

/// A message that leaves out what is inside, and says where it stands.
#[track_caller]
fn is_general(message: &Value) {
    let message = message.as_str().expect("a message");
    assert!(message.contains("in the gateway's log"), "{message}");
    assert!(!message.contains("50051") && !message.contains("refused 43"), "{message}");
}

async fn health(server: &TestServer) -> Value {
    let reply = server.get("/healthz", &[]).await;
    assert_eq!(reply.status, 200);
    reply.json()
}

#[tokio::test]
async fn settings_that_cannot_be_served_are_refused_at_the_start() {
    let start = async |config: GatewayConfig| {
        let mut server = TestServer::start_with(Err(away()), config, dashboard()).await;
        server.tasks.join_next().await.unwrap().unwrap().unwrap_err().to_string()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let media_dir = |path: &std::path::Path| GatewayConfig {
        media_dir: Some(path.to_owned()),
        ..GatewayConfig::default()
    };
    let error = start(media_dir("/nowhere/at/all".as_ref())).await;
    assert!(error.starts_with("cannot serve the media folder `/nowhere/at/all`: "), "{error}");
    assert!(start(media_dir(file.path())).await.contains("not a directory"));
    for origin in
        ["cdn.example.com", "https://cdn.example.com/path", "https://a.b; script-src *", ""]
    {
        let media_origins = vec![origin.to_owned()];
        let error = start(GatewayConfig { media_origins, ..GatewayConfig::default() }).await;
        assert!(error.contains("is not an origin"), "{error}");
    }

    let taken = bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for address in [address.as_str(), "nonsense"] {
        let error = bind(address).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot listen on `{address}`: ")), "{error}");
    }
}

#[tokio::test]
async fn other_origins_of_previews_can_be_allowed() {
    let config = GatewayConfig {
        media_origins: vec!["https://cdn.example.com/".to_owned()],
        ..GatewayConfig::default()
    };
    let server = TestServer::start_with(Err(away()), config, dashboard()).await;
    let reply = server.get("/", &[]).await;
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("img-src 'self' data: https://cdn.example.com;"), "{policy}");
    assert!(policy.contains("media-src 'self' https://cdn.example.com;"), "{policy}");
}
