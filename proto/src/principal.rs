//! The one who asks: a person, a key or a program, as identified to serving by the gateway.

use std::collections::BTreeMap;

use strum::EnumCount;

/// The metadata key of a gRPC call for the principal, as the bytes of a message `Principal`. Serving only believes it
/// from a gateway that sends [`GATEWAY_TOKEN`].
pub const PRINCIPAL_METADATA: &str = "clio-principal-bin";

/// The metadata key of a gRPC call for the secret that gateway and serving share.
pub const GATEWAY_TOKEN: &str = "clio-gateway-token";

/// The one who asks.
///
/// Always true: whoever made one has verified who it is. What it may see depends on [`Roles`](crate::Roles).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    /// The name: for a person usually an e-mail address, for a key the name under which it was made.
    pub name: String,
    /// The kind of principal that has the name.
    pub kind: PrincipalKind,
    /// Its groups, according to the identity provider.
    pub groups: Vec<String>,
    /// Other claims of the identity provider: the values of each.
    pub claims: BTreeMap<String, Vec<String>>,
}

/// The kind of a principal. Names of different kinds are different, even if they read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// An API key.
    Key,
    /// A program with an identity of its own.
    Service,
    /// A gateway on its own account: it asks for the description of a dataset and the status of serving, and for no
    /// cells. No role applies to it.
    Gateway,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [Self::User, Self::Key, Self::Service, Self::Gateway];

    /// The word: `user`, `key`, `service`, `gateway`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Key => "key",
            Self::Service => "service",
            Self::Gateway => "gateway",
        }
    }
}

impl Principal {
    /// A principal of a kind and name, without groups and claims.
    ///
    /// ```
    /// use clio_proto::{Principal, PrincipalKind};
    ///
    /// let key = Principal::new(PrincipalKind::Key, "etl-bot");
    /// assert_eq!(key.to_string(), "key:etl-bot");
    /// ```
    pub fn new(kind: PrincipalKind, name: impl Into<String>) -> Self {
        Self { name: name.into(), kind, groups: Vec::new(), claims: BTreeMap::new() }
    }

    /// A gateway on its own account.
    pub fn gateway() -> Self {
        Self::new(PrincipalKind::Gateway, "gateway")
    }

    /// Whether it is a gateway on its own account.
    pub fn is_gateway(&self) -> bool {
        self.kind == PrincipalKind::Gateway
    }
}

/// Kind and name, as roles name them: `user:ann@example.com`.
impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}
