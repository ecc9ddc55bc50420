//! Roles: one file says who may see which rows and measures, and do what. Serving derives a [`Policy`] from them for
//! each principal and enforces it in every answer.

mod check;
mod parse;
mod policy;
mod who;

use std::collections::BTreeSet;
use std::fmt;

use strum::EnumCount;

use crate::filter::Filter;
use crate::principal::Principal;
use crate::toml_file::TomlProblem;
pub use policy::Policy;
pub use who::Who;

/// The roles of one file.
///
/// Always true: every filter parses, and the names of rights and keys are known. [`check`](Self::check) says whether a
/// model has the fields and measures.
///
/// ```
/// use clio_proto::{Principal, PrincipalKind, Roles};
///
/// let roles = Roles::parse("roles.toml", "[role.korea]\nwho = [\"group:kr\"]\nrows = \"country anyOf (KR)\"").unwrap();
/// let mut ann = Principal::new(PrincipalKind::User, "ann@example.com");
/// assert!(roles.policy(&ann, "media").is_none());
/// ann.groups.push("kr".to_owned());
/// assert_eq!(roles.policy(&ann, "media").unwrap().rows().unwrap().to_string(), r#"country anyOf ("KR")"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Roles {
    file: String,
    roles: Vec<Role>,
}

/// What its holders may see and do.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// The name.
    pub name: String,
    /// Its holders: every principal that matches one of these.
    pub who: Vec<Who>,
    /// The datasets that it applies to; `None` for all.
    pub datasets: Option<BTreeSet<String>>,
    /// The visible rows; `None` for all.
    pub rows: Option<Filter>,
    /// The visible measures.
    pub measures: MeasureRule,
    /// What its holders may do besides querying.
    pub rights: BTreeSet<Right>,
    /// Limits on the cost of queries.
    pub limits: RoleLimits,
    lines: Lines,
}

/// Positions in the file of what a model may contradict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lines {
    rows: usize,
    measures: usize,
}

/// The measures that a role shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MeasureRule {
    /// All.
    All,
    /// Only these.
    Only(BTreeSet<String>),
    /// All except these and the measures derived from them, which might reveal them.
    AllBut(BTreeSet<String>),
}

/// What a principal may do besides querying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum Right {
    /// Write annotations that others see.
    Annotate,
    /// Export all rows of a query as a file.
    Export,
    /// See how the lake is built and its state: runs, bad rows, events that match no cell, recounts, why a snapshot is
    /// rejected.
    Operate,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; Self::COUNT] = [Self::Annotate, Self::Export, Self::Operate];

    /// The name in files: `annotate`, `export`, `operate`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Annotate => "annotate",
            Self::Export => "export",
            Self::Operate => "operate",
        }
    }
}

/// Limits on the cost of queries; `None` where a role sets none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleLimits {
    /// Queries per second in the long run. The gateway enforces it.
    pub queries_per_second: Option<u32>,
    /// The queries that may arrive at once before that rate applies; by default those of one second.
    pub burst: Option<u32>,
    /// The maximum number of groups of a query.
    pub max_groups: Option<u32>,
    /// The maximum time that a query may wait and compute, in seconds.
    pub max_seconds: Option<u32>,
}

/// An invalid file of roles; its text lists every problem, one per line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RolesError {
    /// The file's name.
    pub file: String,
    /// At least one problem, in the file's order.
    pub problems: Vec<TomlProblem>,
}

impl fmt::Display for RolesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, TomlProblem { line, key, what, mend }) in self.problems.iter().enumerate() {
            let before = if at == 0 { "" } else { "\n" };
            let key = if key.is_empty() { String::new() } else { format!("`{key}`: ") };
            write!(f, "{before}{}:{line}: {key}{what}; {mend}", self.file)?;
        }
        Ok(())
    }
}

impl Roles {
    /// Parses a file of roles; errors mention `file`.
    ///
    /// # Errors
    ///
    /// Every problem, each with its position and the mend.
    pub fn parse(file: &str, text: &str) -> Result<Self, RolesError> {
        match parse::parse(text) {
            Ok(roles) => Ok(Self { file: file.to_owned(), roles }),
            Err(problems) => Err(RolesError { file: file.to_owned(), problems }),
        }
    }

    /// The roles, in the file's order.
    pub fn all(&self) -> &[Role] {
        &self.roles
    }

    /// What a principal may see of a dataset and do with it: the union of its roles. `None` for a principal without a
    /// role for the dataset, which may see nothing.
    ///
    /// Costs one comparison per group and claim for each role.
    pub fn policy(&self, principal: &Principal, dataset: &str) -> Option<Policy> {
        let is_of = |role: &&Role| {
            role.datasets.as_ref().is_none_or(|datasets| datasets.contains(dataset))
                && role.who.iter().any(|who| who.is(principal))
        };
        Policy::of(self.roles.iter().filter(is_of))
    }
}

#[cfg(test)]
mod tests;
