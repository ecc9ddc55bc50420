//! An identity provider: its public keys, fetched on demand, and the verification of its tokens.
//!
//! ```text
//! token ──▶ a cached key matches? ──yes, fetched within 10 min──▶ verified
//!                     │ no, or older
//!                     ▼
//!           fetched again: one fetch at a time, at most one in 10 s; after failures 20 s, 40 s … up to 5 min
//! ```
//!
//! So a provider may rotate its keys at any time, and tokens with made-up keys cost it one request per 10 s. While it
//! does not answer, the keys fetched last stay valid for a day.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Uri;
use clio_proto::{Code, ServiceError};
use jiff::Timestamp;
use reqwest::redirect::Policy;
use serde::Deserialize;
use tokio::time::Instant;

use super::claims::Claims;
use super::config::TokenConfig;
use super::jwk::{PublicKey, key_set};
use super::jwt::{TokenError, Unverified};
use crate::error::WebError;

/// How long fetched keys are used without a new fetch: a key that the provider withdraws stays valid this long.
const FRESH: Duration = Duration::from_mins(10);
/// How long they are used while the provider does not answer.
const STALE: Duration = Duration::from_hours(24);
/// The shortest time between fetches; each failure doubles it, up to the longest.
const PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The timeout and the maximum size of the provider's answers.
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A provider whose tokens are accepted.
#[derive(Debug)]
pub(super) struct Issuer {
    config: TokenConfig,
    client: reqwest::Client,
    state: Mutex<State>,
    /// Held during a fetch.
    fetching: tokio::sync::Mutex<()>,
    pace: Pace,
}

/// How often keys are fetched.
#[derive(Debug, Clone, Copy)]
struct Pace {
    fresh: Duration,
    stale: Duration,
    pause: Duration,
}

#[derive(Debug, Clone, Default)]
struct State {
    keys: Arc<Vec<PublicKey>>,
    fetched_at: Option<Instant>,
    /// When the last fetch ended, successfully or not.
    tried_at: Option<Instant>,
    n_failures: u32,
}

impl State {
    fn is_younger(&self, age: Duration) -> bool {
        self.fetched_at.is_some_and(|at| at.elapsed() < age)
    }

    /// Whether a new fetch is allowed.
    fn is_due(&self, pause: Duration) -> bool {
        let pause = pause.saturating_mul(1 << self.n_failures.min(8)).min(LONGEST_PAUSE);
        self.tried_at.is_none_or(|at| at.elapsed() >= pause)
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// # Errors
    ///
    /// An invalid address, or one whose answers could be forged on the way.
    pub(super) fn new(config: TokenConfig) -> Result<Self, WebError> {
        for address in [Some(&config.issuer), config.jwks_url.as_ref()].into_iter().flatten() {
            check_address(address)
                .map_err(|why| WebError::Provider { address: address.clone(), why })?;
        }
        // Redirects could lead to the keys of somebody else.
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        let client = client.map_err(|error| WebError::Provider {
            address: config.issuer.clone(),
            why: error.to_string(),
        })?;
        Ok(Self {
            config,
            client,
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
            pace: Pace { fresh: FRESH, stale: STALE, pause: PAUSE },
        })
    }

    /// Fetches the keys for the first time.
    pub(super) async fn warm(&self) {
        self.refresh(|_| false).await;
    }

    /// The claims of a token, if this provider issued it for us and it is valid now.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`], or [`Code::Unavailable`] if the provider's keys cannot be fetched.
    pub(super) async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, ServiceError> {
        let refused = |error: TokenError| {
            let message = format!("the token does not hold: {error}; sign in again");
            ServiceError::new(Code::Unauthenticated, message)
        };
        let token = Unverified::parse(token).map_err(refused)?;
        let knows = |state: &State| {
            state.is_younger(self.pace.fresh) && state.keys.iter().any(|key| token.may_be_of(key))
        };
        if !knows(&self.state()) {
            self.refresh(knows).await;
        }
        let state = self.state().clone();
        if !state.is_younger(self.pace.stale) {
            let message = "the provider of identities does not answer; try again in a moment";
            return Err(ServiceError::new(Code::Unavailable, message));
        }
        let said = token.verify(&state.keys).map_err(refused)?;
        Claims::of(&self.config, &said, now)
    }

    /// Fetches the keys, unless another fetch has done so during the wait for the lock, or the last one is too recent.
    async fn refresh(&self, is_enough: impl Fn(&State) -> bool) {
        let _turn = self.fetching.lock().await;
        {
            let state = self.state();
            if is_enough(&state) || !state.is_due(self.pace.pause) {
                return;
            }
        }
        let fetched = self.fetch().await;
        let mut state = self.state();
        state.tried_at = Some(Instant::now());
        match fetched {
            Ok(keys) => {
                if *state.keys != keys {
                    let n_keys = keys.len();
                    tracing::info!(
                        issuer = self.config.issuer,
                        n_keys,
                        "keys of the provider changed"
                    );
                }
                state.keys = Arc::new(keys);
                state.fetched_at = state.tried_at;
                state.n_failures = 0;
            }
            Err(why) => {
                state.n_failures = state.n_failures.saturating_add(1);
                tracing::warn!(issuer = self.config.issuer, why, "no keys of the provider");
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<PublicKey>, String> {
        let address = match &self.config.jwks_url {
            Some(address) => address.clone(),
            None => {
                let issuer = self.config.issuer.trim_end_matches('/');
                let address = format!("{issuer}/.well-known/openid-configuration");
                let found = self.get(&address).await?;
                let found: Discovery = serde_json::from_slice(&found)
                    .map_err(|error| format!("`{address}` describes no provider: {error}"))?;
                if found.issuer != self.config.issuer {
                    return Err(format!("`{address}` describes `{}`", found.issuer));
                }
                check_address(&found.jwks_uri)
                    .map_err(|why| format!("`{}`: {why}", found.jwks_uri))?;
                found.jwks_uri
            }
        };
        let keys = self.get(&address).await?;
        let keys = key_set(&keys).map_err(|error| format!("`{address}` has no keys: {error}"))?;
        if keys.is_empty() {
            return Err(format!("`{address}` has no key for RS256 or ES256"));
        }
        Ok(keys)
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, String> {
        let failed = |error: reqwest::Error| format!("`{address}`: {error:?}");
        let mut answer = self.client.get(address).send().await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(format!("`{address}` answers {}", answer.status()));
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_ANSWER_BYTES {
                return Err(format!("`{address}` answers with more than {MAX_ANSWER_BYTES} bytes"));
            }
        }
        Ok(body)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keys fetched over an unencrypted network could be anybody's.
fn check_address(address: &str) -> Result<(), String> {
    let uri: Uri = address.parse().map_err(|_| "it is no address".to_owned())?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse().is_ok_and(crate::origin::is_loopback);
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_here => Ok(()),
        _ => Err("it is not `https://…`, by which alone keys are believed".to_owned()),
    }
}

#[cfg(test)]
mod tests;
