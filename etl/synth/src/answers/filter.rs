//! Filters: as written in the answers, and as tested on events.

use serde::Serialize;

use super::fields::{Fact, Field, Members};

/// A filter in the words of the query language.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Filter {
    AnyOf { field: &'static str, any_of: Vec<String> },
    AllOf { field: &'static str, all_of: Vec<String> },
    NoneOf { field: &'static str, none_of: Vec<String> },
    And { and: Vec<Self> },
    Or { or: Vec<Self> },
    Not { not: Box<Self> },
}

impl Filter {
    pub(super) fn any_of(field: Field, values: &[&str]) -> Self {
        Self::AnyOf { field: field.name(), any_of: owned(values) }
    }

    pub(super) fn all_of(field: Field, values: &[&str]) -> Self {
        Self::AllOf { field: field.name(), all_of: owned(values) }
    }

    pub(super) fn none_of(field: Field, values: &[&str]) -> Self {
        Self::NoneOf { field: field.name(), none_of: owned(values) }
    }

    pub(super) fn and(parts: impl Into<Vec<Self>>) -> Self {
        Self::And { and: parts.into() }
    }

    pub(super) fn or(parts: impl Into<Vec<Self>>) -> Self {
        Self::Or { or: parts.into() }
    }

    pub(super) fn not(part: Self) -> Self {
        Self::Not { not: Box::new(part) }
    }

    /// The values of a field that the filter requires: grouping by that field shows only these.
    /// `None` if it names none.
    pub(super) fn named(&self, field: Field) -> Option<&[String]> {
        match self {
            Self::AnyOf { field: of, any_of: values }
            | Self::AllOf { field: of, all_of: values } => (*of == field.name()).then_some(values),
            Self::And { and: parts } => parts.iter().find_map(|part| part.named(field)),
            Self::NoneOf { .. } | Self::Or { .. } | Self::Not { .. } => None,
        }
    }

    /// Resolves the values to members. Every test reads one field with few members, so it becomes a
    /// table from the member to its outcome.
    pub(super) fn compile(&self, members: &Members) -> Compiled {
        let all = |parts: &[Self]| parts.iter().map(|part| part.compile(members)).collect();
        match self {
            Self::AnyOf { field, any_of } => Compiled::table(members, field, |names| {
                any_of.iter().any(|value| names.contains(&value.as_str()))
            }),
            Self::AllOf { field, all_of } => Compiled::table(members, field, |names| {
                all_of.iter().all(|value| names.contains(&value.as_str()))
            }),
            Self::NoneOf { field, none_of } => Compiled::table(members, field, |names| {
                !none_of.iter().any(|value| names.contains(&value.as_str()))
            }),
            Self::And { and } => Compiled::And(all(and)),
            Self::Or { or } => Compiled::Or(all(or)),
            Self::Not { not } => Compiled::Not(Box::new(not.compile(members))),
        }
    }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// A filter ready to test events.
#[derive(Debug)]
pub(super) enum Compiled {
    /// By the key that decides the field: asset, country, device or persona.
    Table(Field, Vec<bool>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

impl Compiled {
    fn table(members: &Members, field: &str, holds: impl Fn(&[&str]) -> bool) -> Self {
        let field = Field::of_name(field);
        let outcomes = members.values_by_decider(field).iter().map(|names| holds(names)).collect();
        Self::Table(field, outcomes)
    }

    pub(super) fn holds(&self, fact: &Fact) -> bool {
        match self {
            Self::Table(field, outcomes) => outcomes[fact.decider(*field)],
            Self::And(parts) => parts.iter().all(|part| part.holds(fact)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(fact)),
            Self::Not(part) => !part.holds(fact),
        }
    }
}
