//! Roles: who may see which rows and measures, and do what, as one file says. Serving makes a [`Policy`] of them for whoever asks, and
//! answers nothing beyond it.

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
/// Always true: every filter is one, and names of rights and keys exist. Whether fields and measures do, [`check`](Self::check) says of a
/// model.
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

/// What whoever has it may see and do.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// The name.
    pub name: String,
    /// Who has it: everybody of whom one of these holds.
    pub who: Vec<Who>,
    /// The datasets that it is of; `None` for all.
    pub datasets: Option<BTreeSet<String>>,
    /// Which rows it sees; `None` for all.
    pub rows: Option<Filter>,
    /// Which measures it sees.
    pub measures: MeasureRule,
    /// What it may do beside asking.
    pub rights: BTreeSet<Right>,
    /// What its questions may cost.
    pub limits: RoleLimits,
    lines: Lines,
}

/// Where the file says what a model can contradict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lines {
    rows: usize,
    measures: usize,
}

/// The measures that a role sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MeasureRule {
    /// All.
    All,
    /// These, and no others.
    Only(BTreeSet<String>),
    /// All but these, and but what is computed of them, from which they might follow.
    AllBut(BTreeSet<String>),
}

/// What a principal may do beside asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum Right {
    /// Keep annotations that others see.
    Annotate,
    /// Take all rows of a question away as a file.
    Export,
    /// See how the lake is made and how it does: runs, bad rows, events that no cell has, recounts, why a snapshot is refused.
    Operate,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; Self::COUNT] = [Self::Annotate, Self::Export, Self::Operate];

    /// The word: `annotate`, `export`, `operate`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Annotate => "annotate",
            Self::Export => "export",
            Self::Operate => "operate",
        }
    }
}

/// What questions may cost; `None` where a role says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleLimits {
    /// The questions a second, in the long run. The gateway counts them.
    pub queries_per_second: Option<u32>,
    /// The questions that may come at once before that holds; those of one second where a role does not say.
    pub burst: Option<u32>,
    /// The most groups that a question may form.
    pub max_groups: Option<u32>,
    /// The longest that a question may wait and compute, in seconds.
    pub max_seconds: Option<u32>,
}

/// A file of roles that does not hold; its text lists every problem, one a line.
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
    /// Reads a file of roles; `file` is named in errors.
    ///
    /// # Errors
    ///
    /// Every problem found, each with its place and the mend.
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

    /// What a principal may see of a dataset and do with it: all that any of its roles may. `None` for one that has no role there, who may
    /// see nothing.
    ///
    /// Costs a comparison for each group and claim of each role.
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
