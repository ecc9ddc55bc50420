//! Who is let in, as settings say it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::http::HeaderName;
use clio_proto::{AuditSink, KeyRing, Roles, Secret};
use ipnet::IpNet;
use jiff::Timestamp;

use super::rate::QueryRate;

/// Who is let in, and how they show who they are. At least one way is given.
#[derive(Debug, Clone)]
pub struct AccessConfig {
    /// The API keys of programs.
    pub keys: Option<KeyRing>,
    /// Tokens of a provider of identities.
    pub tokens: Option<TokenConfig>,
    /// Proxies that sign people in.
    pub proxies: Option<ProxyConfig>,
    /// What each may, as serving knows it too: of it the gateway takes rates and who may annotate. Whoever changes the file puts
    /// what it says here. Without it everybody who is let in may annotate. Default: none.
    pub roles: Option<Arc<ArcSwap<Roles>>>,
    /// How many questions each may ask who has no rate by a role; as many as they like, if there is none. Default: none.
    pub queries: Option<QueryRate>,
    /// Where it is noted what each asks. Default: nowhere.
    pub audit: Option<Arc<dyn AuditSink>>,
    /// The wall clock, by which tokens end.
    pub now: fn() -> Timestamp,
}

/// Tokens of a provider of identities (OpenID Connect): signed by RS256 or ES256, and for us.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// The provider, exactly as its tokens name it: `https://id.example.com/realms/main`.
    pub issuer: String,
    /// Whom its tokens have to be for.
    pub audience: String,
    /// Where its keys are; without it the provider's own description says so.
    pub jwks_url: Option<String>,
    /// The claim that holds the name of a person. A token without it is a program's, whose name is its `sub`. Default: `email`.
    pub name_claim: String,
    /// The claim that holds the groups. Default: `groups`.
    pub groups_claim: String,
    /// How far the clocks of provider and gateway may be apart. Default: 30 s.
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

/// Proxies that sign people in, and say who they are in headers.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// The addresses that these headers are believed of. Every process at such an address can be anybody.
    pub trusted: Vec<IpNet>,
    /// What a trusted proxy also has to show, in `clio-proxy-secret`. Needed where others share its address. Default: none.
    pub secret: Option<Secret>,
    /// The header with the name. Default: `x-forwarded-user`.
    pub user_header: HeaderName,
    /// The header with the groups, separated by commas. Default: `x-forwarded-groups`.
    pub groups_header: HeaderName,
}

impl ProxyConfig {
    /// Proxies at some addresses, with the usual headers.
    pub fn new(trusted: Vec<IpNet>) -> Self {
        Self {
            trusted,
            secret: None,
            user_header: HeaderName::from_static("x-forwarded-user"),
            groups_header: HeaderName::from_static("x-forwarded-groups"),
        }
    }
}
