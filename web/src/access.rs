//! Authentication: every request for data is authenticated before anything else happens.
//!
//! ```text
//! authorization: Bearer clio_…  ──▶ an API key ───────────────┐
//! authorization: Bearer eyJ…    ──▶ a token of the provider ──┤
//! X-Forwarded-User, from a listed proxy, no foreign page ─────┼──▶ Principal ──▶ serving, with our token
//! anything else                 ──▶ 401                       │
//!                                                             └──▶ its rate limit ──▶ 429
//! ```
//!
//! Credentials take precedence over a proxy's headers, and invalid credentials are refused whatever a proxy says.

mod caller;
mod claims;
mod config;
mod issuer;
mod jwk;
mod jwt;
mod proxy;
mod rate;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use clio_proto::{AuditSink, Code, KEY_PREFIX, Policy, Principal, Roles, Secret, ServiceError};
use jiff::Timestamp;

pub(crate) use self::caller::Caller;
pub use self::config::{AccessConfig, ProxyConfig, TokenConfig};
use self::issuer::Issuer;
pub use self::rate::QueryRate;
pub(crate) use self::rate::{Rates, Throttled};
use crate::error::WebError;

/// The maximum size of the header with the principal for serving: connections allow 16 KiB for all headers of a call.
const MAX_PRINCIPAL_BYTES: usize = 8 << 10;

/// The authenticated principal, which `sign_in.rs` attaches to every request that it lets through.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) principal: Arc<Principal>,
    credential: Credential,
    /// The sink for audit entries.
    audit: Option<Arc<dyn AuditSink>>,
    roles: Option<Arc<ArcSwap<Roles>>>,
    /// The dataset that they query.
    dataset: Arc<str>,
}

impl SignedIn {
    /// The policy of their roles; `Err` if there are no roles here.
    fn policy(&self) -> Result<Option<Policy>, NoRoles> {
        let roles = self.roles.as_ref().ok_or(NoRoles)?;
        Ok(roles.load().policy(&self.principal, &self.dataset))
    }

    /// Whether every page in their browser is authenticated as them.
    pub(crate) fn is_of_browser(&self) -> bool {
        matches!(self.credential, Credential::Proxy)
    }

    /// The rate that their roles give them.
    pub(crate) fn rate(&self) -> Option<QueryRate> {
        let policy = self.policy().ok()??;
        let limits = policy.limits();
        let per_second = limits.queries_per_second.and_then(NonZeroU32::new)?;
        let burst = limits.burst.and_then(NonZeroU32::new).unwrap_or(per_second);
        Some(QueryRate { per_second, burst })
    }
}

/// The gateway has no roles.
struct NoRoles;

/// What must remain valid for the duration of a connection.
#[derive(Debug, Clone)]
enum Credential {
    /// Keys may be revoked.
    Key(Secret),
    /// Tokens expire.
    Token { until: Timestamp },
    /// Proxies are asked only once.
    Proxy,
}

/// Decides who is authenticated.
#[derive(Debug)]
pub(crate) struct Access {
    config: AccessConfig,
    issuer: Option<Issuer>,
    pub(crate) rates: Rates,
}

impl Access {
    pub(crate) fn new(config: AccessConfig) -> Result<Self, WebError> {
        let issuer = config.tokens.clone().map(Issuer::new).transpose()?;
        let rates = Rates::new(config.queries);
        Ok(Self { config, issuer, rates })
    }

    /// Fetches the provider's keys, so that a wrong address shows in the log before anybody signs in.
    pub(crate) async fn warm(&self) {
        if let Some(issuer) = &self.issuer {
            issuer.warm().await;
        }
    }

    /// Authenticates a request for a dataset, from an address.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`] without a valid identity, [`Code::PermissionDenied`] if its groups and claims are too
    /// large, and [`Code::Unavailable`] if the identity provider is needed and does not answer.
    pub(crate) async fn sign_in(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        dataset: &str,
    ) -> Result<SignedIn, ServiceError> {
        let (principal, credential) = self.identify(headers, peer).await?;
        check_size(&principal)?;
        let (audit, roles) = (self.config.audit.clone(), self.config.roles.clone());
        let principal = Arc::new(principal);
        Ok(SignedIn { principal, credential, audit, roles, dataset: dataset.into() })
    }

    async fn identify(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<(Principal, Credential), ServiceError> {
        match bearer(headers)? {
            Some(shown) if shown.starts_with(KEY_PREFIX) && self.config.keys.is_some() => {
                return Ok((self.key(&shown)?, Credential::Key(Secret::new(shown))));
            }
            Some(shown) if self.issuer.is_some() => return self.token(&shown).await,
            _ => {}
        }
        let Some(proxies) = &self.config.proxies else { return Err(nobody("")) };
        match proxies.named(headers, peer)? {
            Some(principal) => Ok((principal, Credential::Proxy)),
            None => Err(nobody("")),
        }
    }

    fn key(&self, shown: &str) -> Result<Principal, ServiceError> {
        self.config.keys.as_ref().ok_or_else(|| nobody(""))?.verify(shown)
    }

    async fn token(&self, shown: &str) -> Result<(Principal, Credential), ServiceError> {
        let issuer = self.issuer.as_ref().ok_or_else(|| nobody(""))?;
        let claims = issuer.verify(shown, (self.config.now)()).await?;
        Ok((claims.principal, Credential::Token { until: claims.until }))
    }

    /// Whether a sign-in is still valid: for whatever outlasts a request.
    pub(crate) fn holds(&self, signed_in: &SignedIn) -> bool {
        match &signed_in.credential {
            Credential::Key(shown) => self.key(shown.reveal()).is_ok(),
            Credential::Token { until } => (self.config.now)() < *until,
            Credential::Proxy => true,
        }
    }
}

/// The token after `Bearer`; `None` without the header, and for other schemes, which belong to proxies.
fn bearer(headers: &HeaderMap) -> Result<Option<String>, ServiceError> {
    let mut found = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (found.next(), found.next()) else {
        let is_none = headers.get(AUTHORIZATION).is_none();
        return if is_none { Ok(None) } else { Err(nobody("`authorization` is there twice; ")) };
    };
    let Some((scheme, shown)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return Ok(None);
    };
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| shown.trim().to_owned()))
}

/// Refuses principals that are too large for a header to serving.
fn check_size(principal: &Principal) -> Result<(), ServiceError> {
    let claims = principal.claims.iter();
    let of_claims = claims.flat_map(|(claim, values)| values.iter().chain([claim]));
    let n_bytes: usize = principal.groups.iter().chain(of_claims).map(|text| text.len() + 4).sum();
    if n_bytes <= MAX_PRINCIPAL_BYTES {
        return Ok(());
    }
    let message = format!(
        "your sign-in names more groups and claims than can be passed on ({n_bytes} bytes of {MAX_PRINCIPAL_BYTES}); ask those who \
         run the provider of identities to put fewer into it"
    );
    Err(ServiceError::new(Code::PermissionDenied, message))
}

fn nobody(why: &str) -> ServiceError {
    let message = format!(
        "{why}sign in first: send `authorization: Bearer …` with an API key or a token of your provider of identities, or come by the \
         company's sign-in page"
    );
    ServiceError::new(Code::Unauthenticated, message)
}

#[cfg(test)]
mod tests;
