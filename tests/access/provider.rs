//! An identity provider on the local machine: its description, its keys, and the tokens that it signs.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

/// Ends with the process and leaves nothing behind.
pub(super) struct Provider {
    pub(super) issuer: String,
    key: Arc<Mutex<(String, EcdsaKeyPair)>>,
}

fn new_key() -> EcdsaKeyPair {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap()
}

impl Provider {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = Arc::new(Mutex::new(("first".to_owned(), new_key())));
        let (own, served) = (issuer.clone(), Arc::clone(&key));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = answer(&stream, &own, &served);
            }
        });
        Self { issuer, key }
    }

    /// Signs with a new key from here on.
    pub(super) fn rotate(&self) {
        *self.key.lock().unwrap() = ("second".to_owned(), new_key());
    }

    /// A person's token for `clio`, with some claims changed.
    pub(super) fn token(&self, changed: &Value) -> String {
        let key = self.key.lock().unwrap();
        let mut said = json!({
            "iss": self.issuer, "aud": "clio", "exp": now() + 300, "sub": "7",
            "email": "ann@example.com", "groups": ["analysts"],
        });
        for (claim, value) in changed.as_object().unwrap() {
            said[claim] = value.clone();
        }
        let part = |value: &Value| BASE64.encode(value.to_string());
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": key.0 });
        let message = format!("{}.{}", part(&header), part(&said));
        let signature = key.1.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64.encode(signature))
    }
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the binary under test reads the clock, too")]
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn answer(
    stream: &TcpStream,
    issuer: &str,
    key: &Mutex<(String, EcdsaKeyPair)>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let body = if first.contains("/.well-known/openid-configuration") {
        json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") })
    } else {
        let key = key.lock().unwrap();
        let point = key.1.public_key().as_ref();
        let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..65]));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "kid": key.0, "x": x, "y": y }] })
    };
    let body = body.to_string();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
