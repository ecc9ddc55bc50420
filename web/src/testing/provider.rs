//! A provider of identities on a port of its own: its description, its keys, and the tokens that it signs.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The time of tests: the wall clock is none of theirs.
pub(crate) fn now() -> Timestamp {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

pub(crate) struct Provider {
    pub(crate) issuer: String,
    state: Arc<Mutex<Served>>,
    _server: JoinSet<()>,
}

struct Served {
    issuer: String,
    key: (String, EcdsaKeyPair),
    n_asked: usize,
    is_away: bool,
}

fn new_key() -> EcdsaKeyPair {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap()
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let served = Served {
            issuer: issuer.clone(),
            key: ("first".to_owned(), new_key()),
            n_asked: 0,
            is_away: false,
        };
        let state = Arc::new(Mutex::new(served));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&state));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { issuer, state, _server: server }
    }

    /// Signs by a new key from here on.
    pub(crate) fn rotate(&self, id: &str) {
        self.state.lock().unwrap().key = (id.to_owned(), new_key());
    }

    pub(crate) fn go_away(&self, is_away: bool) {
        self.state.lock().unwrap().is_away = is_away;
    }

    /// How often it was asked for its keys.
    pub(crate) fn n_asked(&self) -> usize {
        self.state.lock().unwrap().n_asked
    }

    /// A token of somebody for `clio` that holds, with some claims changed.
    pub(crate) fn token(&self, changed: &Value) -> String {
        let state = self.state.lock().unwrap();
        let (id, key) = &state.key;
        let mut said = json!({
            "iss": self.issuer, "aud": "clio", "exp": now().as_second() + 60, "sub": "7",
            "email": "ann@example.com", "groups": ["analysts"],
        });
        for (claim, value) in changed.as_object().unwrap() {
            said[claim] = value.clone();
        }
        signed(&json!({ "alg": "ES256", "kid": id }), &said, key)
    }
}

fn signed(header: &Value, said: &Value, key: &EcdsaKeyPair) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(said));
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", BASE64.encode(signature))
}

async fn describe(State(state): State<Arc<Mutex<Served>>>) -> String {
    let issuer = &state.lock().unwrap().issuer;
    json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }).to_string()
}

async fn keys(State(state): State<Arc<Mutex<Served>>>) -> Result<String, axum::http::StatusCode> {
    let mut state = state.lock().unwrap();
    state.n_asked += 1;
    if state.is_away {
        return Err(axum::http::StatusCode::BAD_GATEWAY);
    }
    let (id, key) = &state.key;
    let point = key.public_key().as_ref();
    let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..65]));
    let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": id, "x": x, "y": y });
    Ok(json!({ "keys": [key] }).to_string())
}
