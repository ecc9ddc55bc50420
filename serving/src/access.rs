//! Who may see what of the cubes: roles, and how callers of gRPC show who they are.
//!
//! ```text
//! gateway    clio-gateway-token, which both know ─▶ clio-principal-bin is believed ─┐
//! program    authorization: Bearer KEY ─▶ the key of that name                      ├─▶ roles ─▶ policy
//! nobody     UNAUTHENTICATED                                                        ┘
//! ```

use std::sync::Arc;

use arc_swap::ArcSwap;
use clio_proto::{
    AuditSink, Code, GATEWAY_TOKEN, KeyRing, PRINCIPAL_METADATA, Policy, Principal, Roles, Secret,
    ServiceError, principal_from_bytes,
};
use tonic::metadata::MetadataMap;

/// The metadata by which programs show their keys.
const AUTHORIZATION: &str = "authorization";

/// Who may see what of the cubes.
///
/// Always true: whoever has no role sees nothing, and whoever does not show who they are has none.
#[derive(Debug)]
pub struct Access {
    roles: Arc<ArcSwap<Roles>>,
    gateway_token: Option<Secret>,
    keys: Option<KeyRing>,
    audit: Option<Arc<dyn AuditSink>>,
}

impl Access {
    /// As these roles say. Over gRPC nobody can show who they are until there are keys or a gateway's token.
    pub fn new(roles: Roles) -> Self {
        Self::following(Arc::new(ArcSwap::from_pointee(roles)))
    }

    /// As these roles say at the time of each question. What is being answered goes on as it began.
    pub fn following(roles: Arc<ArcSwap<Roles>>) -> Self {
        Self { roles, gateway_token: None, keys: None, audit: None }
    }

    /// Believes what a gateway says of who asks, if it shows this token.
    #[must_use]
    pub fn with_gateway_token(self, token: Secret) -> Self {
        Self { gateway_token: Some(token), ..self }
    }

    /// Knows programs by these keys.
    #[must_use]
    pub fn with_keys(self, keys: KeyRing) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// Notes what is asked over gRPC.
    #[must_use]
    pub fn with_audit(self, audit: Arc<dyn AuditSink>) -> Self {
        Self { audit: Some(audit), ..self }
    }

    /// From here on as these roles say.
    #[cfg(test)]
    pub(crate) fn replace_roles(&self, roles: Roles) {
        self.roles.store(Arc::new(roles));
    }

    /// Where what is asked over gRPC is noted.
    pub(crate) fn audit(&self) -> Option<&Arc<dyn AuditSink>> {
        self.audit.as_ref()
    }

    /// What a principal may see of a dataset.
    ///
    /// # Errors
    ///
    /// [`Code::PermissionDenied`] for one that has no role there.
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

    /// Who calls.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`] for whoever does not show it: in the same words whether a token is wrong or nobody knows of one.
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

/// What stands behind the word `Bearer`.
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

/// Refuses a call that says who asks where there are no roles, since it would be answered as if they might see all.
///
/// # Errors
///
/// Such a call.
pub(crate) fn without_roles(metadata: &MetadataMap) -> Result<(), ServiceError> {
    if !metadata.contains_key(PRINCIPAL_METADATA) {
        return Ok(());
    }
    let message =
        "who asks is told, and no roles say what they may see; start `clio serve` with `--roles`";
    Err(ServiceError::new(Code::PermissionDenied, message))
}
