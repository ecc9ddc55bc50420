//! Who asks: a person, a key or a program, as the gateway that knows them tells serving.

use std::collections::BTreeMap;

use strum::EnumCount;

/// The metadata of a gRPC call that holds who asks, as the bytes of a message `Principal`. Serving believes it only of a gateway that
/// shows [`GATEWAY_TOKEN`].
pub const PRINCIPAL_METADATA: &str = "clio-principal-bin";

/// The metadata of a gRPC call that holds the secret which gateway and serving share.
pub const GATEWAY_TOKEN: &str = "clio-gateway-token";

/// Who asks.
///
/// Always true: whoever made one knows that it is they. What it may see, [`Roles`](crate::Roles) say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    /// The name: of a person mostly an e-mail address, of a key the name under which it was made.
    pub name: String,
    /// What it is a name of.
    pub kind: PrincipalKind,
    /// The groups that it is in, as the provider of identities says.
    pub groups: Vec<String>,
    /// What else the provider says of it: the values of each claim.
    pub claims: BTreeMap<String, Vec<String>>,
}

/// What a principal's name is of. Names of different kinds are different, even where they read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// An API key.
    Key,
    /// A program with an identity of its own.
    Service,
    /// A gateway on its own account: it asks for what a dataset offers and how serving does, and for no cell. No role is one's.
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
    /// One of a kind by its name, in no groups and with no claims.
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
