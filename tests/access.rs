//! Attacks on a gateway, each on every path: hidden data stays hidden. Authorised callers get in, under their own
//! identities.

mod provider;

use std::io::{Read, Write};
use std::net::TcpStream;

use clio_tests::{Sandbox, Server, until};
use serde_json::json;

use self::provider::{Provider, now};

const QUESTION: &str =
    "query=%7B%22measures%22%3A%5B%22PLAYS%22%5D%2C%22groupBy%22%3A%5B%22COUNTRY%22%5D%7D";
/// Everything that serves data: method, path, and the status for callers who may see everything.
const PATHS: [(&str, &str, u16); 6] = [
    ("POST", "/graphql", 200),
    ("GET", "/graphql", 405),
    ("GET", "/graphql/ws", 101),
    ("GET", "/export.csv", 200),
    ("GET", "/export.parquet", 200),
    ("GET", "/media/nothing.png", 404),
];

struct World {
    _serving: Server,
    gateway: Server,
    provider: Provider,
    key: String,
    sandbox: Sandbox,
}

impl World {
    /// A replica, and a gateway before it that accepts keys, tokens, and the headers of proxies at an address.
    fn new(proxies: &str) -> Self {
        let sandbox = Sandbox::new();
        let synth = "synth --out events --events 20000 --days 2 --people 2000 --assets 20";
        sandbox.ok(synth.split(' '));
        sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
        let key =
            sandbox.ok(["keys", "create", "etl-bot", "--keys", "keys.toml"]).trim().to_owned();
        let provider = Provider::start();
        let serving = sandbox.serve(&["serve", "--lake", "lake", "--grpc", "127.0.0.1:0"]);
        let mut args = vec!["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"];
        args.extend(["--issuer", &provider.issuer, "--audience", "clio"]);
        args.extend(["--trusted-proxies", proxies, "--keys", "keys.toml"]);
        args.extend(["--audit-log", "audit.log", "--log", "debug"]);
        let gateway = sandbox.serve(&args);
        let world = Self { _serving: serving, gateway, provider, key, sandbox };
        let shown = format!("Bearer {}", world.key);
        until("the schema", || {
            (world.ask("POST", "/graphql", &[("authorization", &shown)]).status == 200)
                .then_some(())
        });
        world
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let body = r#"{"query":"{ dataset { name } cube(query: { measures: [PLAYS], groupBy: [COUNTRY] }) { rows { country { value } } } }"}"#;
        self.send(method, path, headers, body)
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let host = self.gateway.url.strip_prefix("http://").unwrap();
        let question =
            if path.starts_with("/export") { format!("?{QUESTION}") } else { String::new() };
        let mut request = format!("{method} {path}{question} HTTP/1.1\r\nhost: {host}\r\n");
        if path.ends_with("/ws") {
            request += "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n";
        } else {
            request += "connection: close\r\n";
        }
        if method == "POST" {
            request +=
                &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        if method == "POST" {
            request += body;
        }
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        if path.ends_with("/ws") {
            // A masked close frame, to end an open socket.
            let _ = stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]);
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Reply { status, text }
    }

    fn check_refused(&self, attack: &str, headers: &[(&str, &str)], status: u16) {
        for (method, path, _) in PATHS {
            let reply = self.ask(method, path, headers);
            assert_eq!(reply.status, status, "{attack} at {path}: {}", reply.text);
            let has_challenge = reply.text.contains("www-authenticate: Bearer");
            assert_eq!(has_challenge, status == 401, "{attack} at {path}: {}", reply.text);
            // Names of the dataset, its fields and members.
            for secret in ["media\"", "\"KR\"", "country,plays", "snapshot"] {
                assert!(!reply.text.contains(secret), "{attack} at {path}: {}", reply.text);
            }
        }
    }

    fn check_let_in(&self, headers: &[(&str, &str)]) {
        for (method, path, status) in PATHS {
            let reply = self.ask(method, path, headers);
            assert_eq!(reply.status, status, "{path}: {}", reply.text);
            assert!(!reply.text.contains("\"errors\"") || status == 405, "{path}: {}", reply.text);
        }
    }
}

struct Reply {
    status: u16,
    text: String,
}

fn bearer(shown: &str) -> String {
    format!("Bearer {shown}")
}

#[test]
fn no_attack_gets_anything_on_any_path() {
    let world = World::new("10.0.0.0/8");
    let (provider, other) = (&world.provider, Provider::start());
    let good = provider.token(&json!({}));
    let payload = good.split('.').nth(1).unwrap();
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    world.check_refused("no token", &[], 401);
    for (attack, shown) in [
        ("an empty token", String::new()),
        ("expired", provider.token(&json!({ "exp": now() - 60 }))),
        ("not begun", provider.token(&json!({ "nbf": now() + 600 }))),
        ("another audience", provider.token(&json!({ "aud": "payroll" }))),
        ("another issuer", provider.token(&json!({ "iss": other.issuer }))),
        ("a key of another issuer", other.token(&json!({ "iss": provider.issuer }))),
        // {"alg":"none"} and {"alg":"HS256"}
        ("alg: none", format!("eyJhbGciOiJub25lIn0.{payload}.")),
        ("alg: HS256", format!("eyJhbGciOiJIUzI1NiJ9.{payload}.c2lnbmF0dXJl")),
        ("no signature", unsigned),
        ("a made-up key", format!("clio_{}", "0".repeat(64))),
    ] {
        world.check_refused(attack, &[("authorization", &bearer(&shown))], 401);
    }
    let ann = ("x-forwarded-user", "ann@example.com");
    world.check_refused("a proxy's header from elsewhere", &[ann], 401);
    let said = [ann, ("x-forwarded-for", "10.0.0.1"), ("x-forwarded-groups", "analysts")];
    world.check_refused("an address that is only said", &said, 401);
    // Metadata that only gateways send, sent to a gateway.
    let forged = [("clio-principal-bin", "CgNhbm4QAQ=="), ("clio-gateway-token", "guessed")];
    world.check_refused("a principal in a header", &forged, 401);
    world.check_let_in(&[("authorization", &bearer(&good))]);
    world.check_let_in(&[("authorization", &bearer(&world.key))]);

    // A rotated key: the new one is valid at once, and then the old one no longer.
    provider.rotate();
    let rotated = bearer(&provider.token(&json!({})));
    until("the rotated key", || {
        (world.ask("POST", "/graphql", &[("authorization", &rotated)]).status == 200).then_some(())
    });
    world.check_refused("a key that was taken back", &[("authorization", &bearer(&good))], 401);

    // A revoked key.
    world.sandbox.ok(["keys", "revoke", "etl-bot", "--keys", "keys.toml"]);
    let key = bearer(&world.key);
    until("the revocation", || {
        (world.ask("POST", "/graphql", &[("authorization", &key)]).status == 401).then_some(())
    });
    world.check_refused("a revoked key", &[("authorization", &key)], 401);

    // Neither the log nor the audit log contains credentials.
    let audit = std::fs::read_to_string(world.sandbox.path("audit.log")).unwrap();
    let logs = [world.gateway.said().join("\n"), audit].join("\n");
    assert!(logs.contains("key:etl-bot") && logs.contains("user:ann@example.com"), "{logs}");
    for secret in [&world.key["clio_".len()..], good.rsplit('.').next().unwrap()] {
        assert!(!logs.contains(secret), "a log shows a secret");
    }
}

#[test]
fn a_foreign_page_gets_nothing_of_whom_a_proxy_signed_in() {
    let world = World::new("127.0.0.1");
    let ann = ("x-forwarded-user", "ann@example.com");
    let groups = ("x-forwarded-groups", "analysts");
    for foreign in [
        ("origin", "https://evil.example.com"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        world.check_refused("replay from another origin", &[ann, groups, foreign], 403);
    }
    world.check_refused("two names", &[ann, ("x-forwarded-user", "bob"), groups], 401);
    let both = [ann, groups, ("authorization", "Bearer clio_00")];
    world.check_refused("a bad key beside a proxy's word", &both, 401);
    world.check_let_in(&[ann, groups, ("origin", &world.gateway.url)]);

    let me = world.send(
        "POST",
        "/graphql",
        &[ann, groups],
        r#"{"query":"{ me { name kind groups } keeping { person } }"}"#,
    );
    let expected = r#""me":{"name":"ann@example.com","kind":"user","groups":["analysts"]}"#;
    assert!(me.text.contains(expected) && me.text.contains("user:ann@example.com"), "{}", me.text);
}
