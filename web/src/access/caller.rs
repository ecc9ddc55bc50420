//! The caller, as handlers and resolvers pass it on: it determines whose limits apply, and on whose behalf serving
//! answers.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use clio_proto::{Audited, CubeService, Principal, Right};

use super::{NoRoles, SignedIn};
use crate::clients::{Client, Ends};

/// The caller of a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Whose share of the limits a request uses: that of the principal, from any address, or else of the address.
    pub(crate) client: Client,
    pub(crate) signed_in: Option<SignedIn>,
}

impl Caller {
    /// The gateway itself, on its own account.
    pub(crate) fn nobody() -> Self {
        Self { client: Client::nobody(), signed_in: None }
    }

    pub(crate) fn principal(&self) -> Option<&Arc<Principal>> {
        self.signed_in.as_ref().map(|signed_in| &signed_in.principal)
    }

    /// Whether their roles grant a right; all do if there are no roles here.
    pub(crate) fn may(&self, right: Right) -> bool {
        let Some(signed_in) = &self.signed_in else { return true };
        match signed_in.policy() {
            Err(NoRoles) => true,
            Ok(policy) => policy.is_some_and(|policy| policy.may(right)),
        }
    }

    /// Whether nothing can be hidden from them: roles are of people and programs that sign in. Serving may have roles
    /// although the gateway has none.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.signed_in.is_none()
    }

    /// The service as it answers this caller.
    pub(crate) fn seen_by(&self, service: &Arc<dyn CubeService>) -> Arc<dyn CubeService> {
        let Some(signed_in) = &self.signed_in else { return Arc::clone(service) };
        let who = Arc::clone(&signed_in.principal);
        let seen = Arc::clone(service).seen_by(Arc::clone(&who));
        let Some(sink) = signed_in.audit.clone() else { return seen };
        let policy = signed_in.policy().ok().flatten().map(|policy| policy.digest());
        Arc::new(Audited::new(seen, who, policy, sink))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let signed_in = parts.extensions.get::<SignedIn>().cloned();
        let address = parts.extensions.get::<Ends>().map(|ends| ends.client);
        let client = match &signed_in {
            Some(signed_in) => Client::of(&signed_in.principal),
            None => address.unwrap_or(Client::nobody()),
        };
        Ok(Self { client, signed_in })
    }
}
