//! Access to the cubes: roles, and the authentication of gRPC callers.
//!
//! ```text
//! gateway    clio-gateway-token, a shared secret ─▶ clio-principal-bin is trusted ──┐
//! program    authorization: Bearer KEY ─▶ the key of that name                      ├─▶ roles ─▶ policy
//! others     UNAUTHENTICATED                                                        ┘
//! ```

use std::sync::Arc;

use arc_swap::ArcSwap;
use clio_proto::{
    AuditSink, Code, GATEWAY_TOKEN, KeyRing, PRINCIPAL_METADATA, Policy, Principal, Roles, Secret,
    ServiceError, principal_from_bytes,
};
use tonic::metadata::MetadataMap;

/// The metadata key of API keys.
const AUTHORIZATION: &str = "authorization";

/// Who may see which parts of the cubes.
///
/// Always true: principals without a role see nothing, and unauthenticated callers have no role.
#[derive(Debug)]
pub struct Access {
    roles: Arc<ArcSwap<Roles>>,
    gateway_token: Option<Secret>,
    keys: Option<KeyRing>,
    audit: Option<Arc<dyn AuditSink>>,
}

impl Access {
    /// With fixed roles. No gRPC caller can authenticate until there are keys or a gateway token.
    pub fn new(roles: Roles) -> Self {
        Self::following(Arc::new(ArcSwap::from_pointee(roles)))
    }

    /// With roles that may change: each request uses the current ones, and running requests keep theirs.
    pub fn following(roles: Arc<ArcSwap<Roles>>) -> Self {
        Self { roles, gateway_token: None, keys: None, audit: None }
    }

    /// Trusts the principals that a gateway sends with this token.
    #[must_use]
    pub fn with_gateway_token(self, token: Secret) -> Self {
        Self { gateway_token: Some(token), ..self }
    }

    /// Accepts programs with these API keys.
    #[must_use]
    pub fn with_keys(self, keys: KeyRing) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// Audits requests over gRPC.
    #[must_use]
    pub fn with_audit(self, audit: Arc<dyn AuditSink>) -> Self {
        Self { audit: Some(audit), ..self }
    }

    /// Replaces the roles.
    #[cfg(test)]
    pub(crate) fn replace_roles(&self, roles: Roles) {
        self.roles.store(Arc::new(roles));
    }

    /// The sink for requests over gRPC.
    pub(crate) fn audit(&self) -> Option<&Arc<dyn AuditSink>> {
        self.audit.as_ref()
    }

    /// The policy of a principal for a dataset.
    ///
    /// # Errors
    ///
    /// [`Code::PermissionDenied`] without a role for it.
    pub(crate) fn policy(
        &self,
        principal: &Principal,
        dataset: &str,
    ) -> Result<Arc<Policy>, ServiceError> {
        let policy = self.roles.load().policy(principal, dataset);
        policy.map(Arc::new).ok_or_else(|| {
            let message = format!(
                "`{principal}` has no role for this dataset, and so may see nothing of it; whoever keeps the roles can give one"
            );
            ServiceError::new(Code::PermissionDenied, message)
        })
    }

    /// The principal of a call.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`] for callers without valid credentials, with the same message whether a token is wrong
    /// or none is configured.
    pub(crate) fn principal(&self, metadata: &MetadataMap) -> Result<Principal, ServiceError> {
        let names_somebody = metadata.contains_key(PRINCIPAL_METADATA);
        if names_somebody || metadata.contains_key(GATEWAY_TOKEN) {
            let shown = only(metadata.get_all(GATEWAY_TOKEN).iter());
            let shown = shown.and_then(|token| token.to_str().ok()).unwrap_or_default();
            let is_known = self.gateway_token.as_ref().is_some_and(|own| own.matches(shown));
            if !is_known {
                return Err(nobody(
                    "who asks is believed of a gateway alone that shows the token of this replica; both are given one file \
                     (`--gateway-token-file`)",
                ));
            }
            let bytes = only(metadata.get_all_bin(PRINCIPAL_METADATA).iter());
            let bytes = bytes.and_then(|bytes| bytes.to_bytes().ok());
            let bytes = bytes.ok_or_else(|| nobody("a gateway says who asks, once"))?;
            return principal_from_bytes(&bytes);
        }
        let shown = only(metadata.get_all(AUTHORIZATION).iter());
        let shown = shown.and_then(|shown| shown.to_str().ok()).and_then(key);
        let message = "nobody in particular asks: show an API key, as `authorization: Bearer KEY`";
        let shown = shown.ok_or_else(|| nobody(message))?;
        match &self.keys {
            Some(keys) => keys.verify(shown),
            None => Err(nobody("this replica knows no API keys; give it their file (`--keys`)")),
        }
    }
}

/// The key after `Bearer`.
fn key(shown: &str) -> Option<&str> {
    let (scheme, key) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn nobody(message: &str) -> ServiceError {
    ServiceError::new(Code::Unauthenticated, message)
}

/// Refuses calls that name a principal where there are no roles, since they would be answered without restrictions.
///
/// # Errors
///
/// The call names a principal.
pub(crate) fn without_roles(metadata: &MetadataMap) -> Result<(), ServiceError> {
    if !metadata.contains_key(PRINCIPAL_METADATA) {
        return Ok(());
    }
    let message =
        "who asks is told, and no roles say what they may see; start `clio serve` with `--roles`";
    Err(ServiceError::new(Code::PermissionDenied, message))
}
