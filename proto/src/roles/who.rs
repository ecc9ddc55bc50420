//! Whom a role applies to.

use std::fmt;
use std::str::FromStr;

use crate::principal::{Principal, PrincipalKind};

/// A predicate on principals. Texts are compared as written, case-sensitively.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Everybody who is known by a name.
    Everyone,
    /// The principal with this kind and name.
    Named(PrincipalKind, String),
    /// The members of this group.
    Group(String),
    /// Those with this value among those of a claim.
    Claim {
        /// The claim.
        name: String,
        /// The value.
        value: String,
    },
}

/// The written forms.
pub(super) const FORMS: &str =
    "`user:NAME`, `key:NAME`, `service:NAME`, `group:NAME`, `claim:NAME=VALUE` or `everyone`";

impl Who {
    /// Whether it holds for a principal. None holds for a gateway on its own account.
    pub(super) fn is(&self, principal: &Principal) -> bool {
        if principal.is_gateway() {
            return false;
        }
        match self {
            Self::Everyone => true,
            Self::Named(kind, name) => principal.kind == *kind && principal.name == *name,
            Self::Group(group) => principal.groups.contains(group),
            Self::Claim { name, value } => {
                principal.claims.get(name).is_some_and(|values| values.contains(value))
            }
        }
    }
}

impl FromStr for Who {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "everyone" {
            return Ok(Self::Everyone);
        }
        let (kind, name) = text.split_once(':').ok_or(())?;
        if name.is_empty() {
            return Err(());
        }
        let named = |kind| Ok(Self::Named(kind, name.to_owned()));
        match kind {
            "user" => named(PrincipalKind::User),
            "key" => named(PrincipalKind::Key),
            "service" => named(PrincipalKind::Service),
            "group" => Ok(Self::Group(name.to_owned())),
            "claim" => {
                let (name, value) = name.split_once('=').ok_or(())?;
                let is_whole = !name.is_empty() && !value.is_empty();
                let claim = Self::Claim { name: name.to_owned(), value: value.to_owned() };
                is_whole.then_some(claim).ok_or(())
            }
            _ => Err(()),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Named(kind, name) => write!(f, "{}:{name}", kind.as_str()),
            Self::Group(group) => write!(f, "group:{group}"),
            Self::Claim { name, value } => write!(f, "claim:{name}={value}"),
        }
    }
}
