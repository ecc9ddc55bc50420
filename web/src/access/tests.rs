//! Attacks on the gateway, each on every path to data; and the access of authenticated callers.

use std::sync::Mutex;

use clio_proto::{AuditEntry, KeyFile, KeyRing};
use serde_json::json;

use super::*;
use crate::config::GatewayConfig;
use crate::testing::provider::{Provider, now};
use crate::testing::{Reply, TestServer, dashboard, serving};

const RANDOM: [u8; 32] = [7; 32];
const DATASET: &str = r#"{"query":"{ dataset { name measures { name } } }"}"#;

/// The requests that reach data, with the status of each for authenticated callers.
const PATHS: [(&str, &str, u16); 6] = [
    ("POST", "/graphql", 200),
    ("GET", "/graphql/ws", 101),
    ("GET", "/export.csv?query=%7B%22measures%22%3A%5B%22PLAYS%22%5D%7D", 200),
    ("GET", "/export.parquet?query=%7B%22measures%22%3A%5B%22PLAYS%22%5D%7D", 200),
    ("GET", "/export.arrow?query=%7B%22measures%22%3A%5B%22PLAYS%22%5D%7D", 200),
    ("GET", "/media/posters/1.png", 404),
];

fn keys() -> (KeyRing, KeyFile, Secret) {
    let mut keys = KeyFile::default();
    let secret = keys.create("etl-bot", &RANDOM, now(), None).unwrap();
    (KeyRing::new(keys.clone(), now), keys, secret)
}

fn access() -> AccessConfig {
    AccessConfig {
        keys: None,
        tokens: None,
        proxies: None,
        roles: None,
        queries: None,
        audit: None,
        now,
    }
}

fn proxies(network: &str) -> Option<ProxyConfig> {
    Some(ProxyConfig::new(vec![network.parse().unwrap()]))
}

async fn start(access: AccessConfig) -> TestServer {
    let config = GatewayConfig { access: Some(access), ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.snapshot.is_some()).await;
    server
}

async fn ask(server: &TestServer, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut all = headers.to_vec();
    let body = if method == "POST" { DATASET } else { "" };
    if method == "POST" {
        all.push(("content-type", "application/json"));
    }
    if path.ends_with("/ws") {
        // Does not wait for the connection to end, which an open socket does not do.
        return upgrade(server, headers).await;
    }
    server.send(method, path, &all, body.as_bytes()).await
}

/// Opens a WebSocket and closes it at once.
async fn upgrade(server: &TestServer, headers: &[(&str, &str)]) -> Reply {
    let mut head = format!(
        "GET /graphql/ws HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: graphql-transport-ws\r\n",
        server.address
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    // A masked close frame.
    let close = [0x88, 0x80, 0, 0, 0, 0];
    let mut reply = server.raw(&[head.as_bytes(), &close].concat()).await;
    // If the socket is not opened, the frame is a bad request of its own.
    if let Ok(n_bytes) = reply.header("content-length").parse() {
        reply.body.truncate(n_bytes);
    }
    reply
}

/// Requests every path, each of which must refuse and say how to authenticate.
async fn check_refused(server: &TestServer, headers: &[(&str, &str)], status: u16) {
    for (method, path, _) in PATHS {
        let reply = ask(server, method, path, headers).await;
        assert_eq!(reply.status, status, "{path} {headers:?}: {}", reply.text());
        let error = &reply.json()["errors"][0];
        let code = if status == 401 { "UNAUTHENTICATED" } else { "PERMISSION_DENIED" };
        assert_eq!(error["extensions"]["code"], code, "{path}");
        let challenge = if status == 401 { "Bearer realm=\"clio\"" } else { "" };
        assert_eq!(reply.header("www-authenticate"), challenge, "{path}");
        assert!(!reply.text().contains("media\""), "{}", reply.text());
    }
    let seen_by = server.cubes.seen_by.lock().unwrap().clone();
    assert_eq!(seen_by, Vec::<String>::new(), "serving was asked");
}

async fn check_let_in(server: &TestServer, headers: &[(&str, &str)], who: &str) {
    for (method, path, status) in PATHS {
        server.cubes.seen_by.lock().unwrap().clear();
        let reply = ask(server, method, path, headers).await;
        assert_eq!(reply.status, status, "{path} {headers:?}: {:?}", reply.body);
        let seen_by = server.cubes.seen_by.lock().unwrap().clone();
        assert!(seen_by.iter().all(|seen| seen == who), "{path}: {seen_by:?}");
        // There is no folder of previews, and a new socket sends no query yet.
        let is_asked = !path.starts_with("/media") && !path.ends_with("/ws");
        assert!(!is_asked || !seen_by.is_empty() || method == "POST", "{path}");
    }
}

#[tokio::test]
async fn nobody_gets_anything_and_the_pages_are_open() {
    let (ring, _, _) = keys();
    let server = start(AccessConfig { keys: Some(ring), ..access() }).await;
    let key = format!("Bearer clio_{}", "08".repeat(32));
    for shown in [
        "Bearer ",
        "Bearer x",
        "Basic YW5uOnNlY3JldA==",
        "clio_0707",
        &key,
        &format!("Bearer {}", "07".repeat(32)),
    ] {
        check_refused(&server, &[("authorization", shown)], 401).await;
    }
    check_refused(&server, &[], 401).await;
    check_refused(&server, &[("x-forwarded-user", "ann")], 401).await;
    for path in ["/", "/healthz", "/graphiql", "/static/index-DkF3a9xZ.js", "/favicon.svg"] {
        assert_eq!(server.get(path, &[("accept", "text/html")]).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_key_opens_until_it_is_revoked() {
    let (ring, mut file, secret) = keys();
    let server = start(AccessConfig { keys: Some(ring.clone()), ..access() }).await;
    let shown = format!("Bearer {}", secret.reveal());
    check_let_in(&server, &[("authorization", &shown)], "key:etl-bot").await;
    check_let_in(&server, &[("authorization", &shown.replace("Bearer", "bearer"))], "key:etl-bot")
        .await;
    server.cubes.seen_by.lock().unwrap().clear();
    let twice = [("authorization", shown.as_str()), ("authorization", shown.as_str())];
    check_refused(&server, &twice, 401).await;
    file.revoke("etl-bot", now()).unwrap();
    ring.replace(file);
    check_refused(&server, &[("authorization", &shown)], 401).await;
}

#[tokio::test]
async fn tokens_of_the_provider_open_and_all_others_do_not() {
    let provider = Provider::start().await;
    let tokens = Some(TokenConfig::new(&provider.issuer, "clio"));
    let (ring, _, _) = keys();
    let access = AccessConfig { keys: Some(ring), tokens, ..access() };
    let server = start(access).await;
    let bearer = |token: String| format!("Bearer {token}");
    let good = bearer(provider.token(&json!({})));
    let other = Provider::start().await;
    let none = {
        let payload = good.split('.').nth(1).unwrap().to_owned();
        // {"alg":"none"}
        format!("Bearer eyJhbGciOiJub25lIn0.{payload}.")
    };
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    for (attack, shown) in [
        ("expired", bearer(provider.token(&json!({ "exp": now().as_second() - 31 })))),
        ("not begun", bearer(provider.token(&json!({ "nbf": now().as_second() + 31 })))),
        ("another audience", bearer(provider.token(&json!({ "aud": "payroll" })))),
        ("another issuer", bearer(provider.token(&json!({ "iss": other.issuer })))),
        ("a key of another issuer", bearer(other.token(&json!({ "iss": provider.issuer })))),
        ("alg: none", none),
        ("no signature", unsigned),
    ] {
        tracing::debug!(attack);
        check_refused(&server, &[("authorization", &shown)], 401).await;
    }
    check_let_in(&server, &[("authorization", &good)], "user:ann@example.com").await;
    // An unlisted proxy does not change who they are.
    let both = [("authorization", good.as_str()), ("x-forwarded-user", "root")];
    check_let_in(&server, &both, "user:ann@example.com").await;
}

#[tokio::test]
async fn a_trusted_proxy_names_people_and_a_foreign_page_does_not_use_that() {
    let server = start(AccessConfig { proxies: proxies("127.0.0.0/8"), ..access() }).await;
    let ann = ("x-forwarded-user", "ann@example.com");
    for foreign in [
        ("origin", "https://evil.example.com"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        check_refused(&server, &[ann, foreign], 403).await;
    }
    check_refused(&server, &[], 401).await;
    check_refused(&server, &[ann, ("x-forwarded-user", "bob")], 401).await;
    let own = format!("http://{}", server.address);
    for same in
        [("origin", own.as_str()), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")]
    {
        check_let_in(&server, &[ann, same], "user:ann@example.com").await;
    }
    // What a proxy passes on of its own authentication is ignored.
    let basic = [ann, ("authorization", "Basic YW5uOnNlY3JldA==")];
    check_let_in(&server, &basic, "user:ann@example.com").await;
}

#[tokio::test]
async fn a_header_from_elsewhere_names_nobody() {
    let (ring, _, secret) = keys();
    let access = AccessConfig { keys: Some(ring), proxies: proxies("10.0.0.0/8"), ..access() };
    let server = start(access).await;
    let ann = ("x-forwarded-user", "ann@example.com");
    check_refused(&server, &[ann], 401).await;
    check_refused(&server, &[ann, ("x-forwarded-for", "10.0.0.1")], 401).await;
    check_refused(&server, &[ann, ("forwarded", "for=10.0.0.1")], 401).await;
    let shown = format!("Bearer {}", secret.reveal());
    check_let_in(&server, &[ann, ("authorization", &shown)], "key:etl-bot").await;
}

#[tokio::test]
async fn a_key_that_does_not_hold_is_refused_whatever_a_proxy_says() {
    let (ring, _, _) = keys();
    let access = AccessConfig { keys: Some(ring), proxies: proxies("127.0.0.0/8"), ..access() };
    let server = start(access).await;
    let shown = format!("Bearer clio_{}", "08".repeat(32));
    check_refused(&server, &[("x-forwarded-user", "ann"), ("authorization", &shown)], 401).await;
}

#[tokio::test]
async fn each_sees_the_schema_of_what_they_may_see() {
    let server = start(AccessConfig { proxies: proxies("127.0.0.0/8"), ..access() }).await;
    let introspection = r#"{"query":"{ __type(name: \"Measure\") { enumValues { name } } dataset { measures { name } } }"}"#;
    for (groups, has_rate) in [("analysts", true), ("few", false), ("analysts", true)] {
        let headers = [
            ("x-forwarded-user", "ann"),
            ("x-forwarded-groups", groups),
            ("content-type", "application/json"),
        ];
        let reply = server.send("POST", "/graphql", &headers, introspection.as_bytes()).await;
        let text = reply.text().to_ascii_uppercase();
        assert!(text.contains("VIEWERS"), "{text}");
        assert_eq!(text.contains("TAKE_RATE"), has_rate, "{groups}: {text}");
        let asked = r#"{"query":"{ cube(query: { measures: [TAKE_RATE] }) { elapsedMs } }"}"#;
        let reply = server.send("POST", "/graphql", &headers, asked.as_bytes()).await;
        assert_eq!(reply.json().get("errors").is_none(), has_rate, "{}", reply.text());
    }
    let nobody = [
        ("x-forwarded-user", "eve"),
        ("x-forwarded-groups", "none"),
        ("content-type", "application/json"),
    ];
    let reply = server.send("POST", "/graphql", &nobody, DATASET.as_bytes()).await;
    let error = &reply.json()["errors"][0];
    assert_eq!(error["extensions"]["code"], "PERMISSION_DENIED", "{error}");
    assert!(error["message"].as_str().unwrap().contains("no role"), "{error}");
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_ask_again() {
    let number = |number| NonZeroU32::new(number).unwrap();
    let queries = Some(QueryRate { per_second: number(1), burst: number(3) });
    let server = start(AccessConfig { proxies: proxies("127.0.0.0/8"), queries, ..access() }).await;
    let ann = [("x-forwarded-user", "ann")];
    let bob = [("x-forwarded-user", "bob")];
    for _ in 0..3 {
        assert_eq!(ask(&server, "POST", "/graphql", &ann).await.status, 200);
    }
    for (method, path) in [("POST", "/graphql"), ("GET", PATHS[2].1)] {
        let reply = ask(&server, method, path, &ann).await;
        assert_eq!(reply.status, 429, "{}", reply.text());
        assert_eq!(reply.header("retry-after"), "1");
        assert_eq!(reply.json()["errors"][0]["extensions"]["code"], "RESOURCE_EXHAUSTED");
    }
    // The same field under another alias is another query.
    let three = r#"{"query":"{ a: insecure b: insecure c: insecure }"}"#;
    let headers = [bob[0], ("content-type", "application/json")];
    let reply = server.send("POST", "/graphql", &headers, three.as_bytes()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(ask(&server, "POST", "/graphql", &bob).await.status, 429);
}

#[derive(Debug, Default)]
struct Noted(Mutex<Vec<AuditEntry>>);

impl AuditSink for Noted {
    fn note(&self, entry: AuditEntry) {
        self.0.lock().unwrap().push(entry);
    }
}

#[tokio::test]
async fn it_is_noted_who_asked_what_and_no_secret_is() {
    let (ring, _, secret) = keys();
    let noted = Arc::new(Noted::default());
    let audit: Option<Arc<dyn AuditSink>> = Some(Arc::<Noted>::clone(&noted));
    let server = start(AccessConfig { keys: Some(ring), audit, ..access() }).await;
    let shown = format!("Bearer {}", secret.reveal());
    let headers = [("authorization", shown.as_str()), ("content-type", "application/json")];
    let asked = r#"{"query":"{ cube(query: { measures: [PLAYS], groupBy: [COUNTRY], where: { country: { anyOf: [\"KR\"] } } }) { elapsedMs } }"}"#;
    assert_eq!(server.send("POST", "/graphql", &headers, asked.as_bytes()).await.status, 200);
    assert_eq!(ask(&server, "GET", PATHS[2].1, &headers[..1]).await.status, 200);
    server.cubes.fail_with(Some(ServiceError::new(Code::InvalidArgument, "no such day")));
    server.send("POST", "/graphql", &headers, asked.as_bytes()).await;
    let entries = noted.0.lock().unwrap().clone();
    let lines: Vec<_> = entries.iter().map(|entry| entry.json(now())).collect();
    let short: Vec<_> = lines
        .iter()
        .map(|line| (line["who"].clone(), line["what"].clone(), line["outcome"].clone()))
        .collect();
    let line = |what: &str, outcome: &str| (json!("key:etl-bot"), json!(what), json!(outcome));
    let expected = [line("query", "OK"), line("export", "OK"), line("query", "INVALID_ARGUMENT")];
    assert_eq!(short, expected);
    assert_eq!(lines[0]["question"]["where"], "country anyOf (\"KR\")");
    assert_eq!(lines[0]["question"]["groupBy"], json!(["country"]));
    assert!(lines[0]["snapshot"].is_u64() && lines[0]["rows"].is_u64(), "{}", lines[0]);
    assert_eq!(lines[2]["error"], "no such day");
    let all = format!("{entries:?} {lines:?} {:?}", server.gateway.config);
    assert!(!all.contains("0707"), "a secret shows");
}
