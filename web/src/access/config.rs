//! The access configuration.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::http::HeaderName;
use clio_proto::{AuditSink, KeyRing, Roles, Secret};
use ipnet::IpNet;
use jiff::Timestamp;

use super::rate::QueryRate;

/// Who may access the gateway, and how they authenticate. At least one way is configured.
#[derive(Debug, Clone)]
pub struct AccessConfig {
    /// The API keys of programs.
    pub keys: Option<KeyRing>,
    /// Tokens of an identity provider.
    pub tokens: Option<TokenConfig>,
    /// Proxies that authenticate people.
    pub proxies: Option<ProxyConfig>,
    /// The roles, which serving has as well: the gateway uses their rates and the right to annotate. The reader of the
    /// file updates them here. Without roles every authenticated caller may annotate. Default: none.
    pub roles: Option<Arc<ArcSwap<Roles>>>,
    /// The rate for those without one in their roles; unlimited if `None`. Default: none.
    pub queries: Option<QueryRate>,
    /// The audit log. Default: none.
    pub audit: Option<Arc<dyn AuditSink>>,
    /// The wall clock, by which tokens expire.
    pub now: fn() -> Timestamp,
}

/// Tokens of an identity provider (OpenID Connect): signed by RS256 or ES256, and issued for our audience.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// The provider, exactly as in its tokens: `https://id.example.com/realms/main`.
    pub issuer: String,
    /// The audience that its tokens must have.
    pub audience: String,
    /// The address of its keys; by default the one in the provider's discovery document.
    pub jwks_url: Option<String>,
    /// The claim with a person's name. A token without it belongs to a program, named by its `sub`. Default: `email`.
    pub name_claim: String,
    /// The claim with the groups. Default: `groups`.
    pub groups_claim: String,
    /// The maximum clock difference between provider and gateway. Default: 30 s.
    pub leeway: Duration,
}

impl TokenConfig {
    /// Tokens of a provider for an audience, with the defaults.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            jwks_url: None,
            name_claim: "email".to_owned(),
            groups_claim: "groups".to_owned(),
            leeway: Duration::from_secs(30),
        }
    }
}

/// Proxies that authenticate people and name them in headers.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// The addresses from which these headers are trusted. Any process at such an address can impersonate anybody.
    pub trusted: Vec<IpNet>,
    /// The secret that a trusted proxy must also send, in `clio-proxy-secret`. Needed where others share its address.
    /// Default: none.
    pub secret: Option<Secret>,
    /// The header with the name. Default: `x-forwarded-user`.
    pub user_header: HeaderName,
    /// The header with the groups, separated by commas. Default: `x-forwarded-groups`.
    pub groups_header: HeaderName,
}

impl ProxyConfig {
    /// Proxies at these addresses, with the usual headers.
    pub fn new(trusted: Vec<IpNet>) -> Self {
        Self {
            trusted,
            secret: None,
            user_header: HeaderName::from_static("x-forwarded-user"),
            groups_header: HeaderName::from_static("x-forwarded-groups"),
        }
    }
}
