//! How messages name a source or a lookup, and its keys in the model.

use std::fmt;

/// A source or a lookup, as messages name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TableName {
    /// A source of events.
    Source(String),
    /// A lookup.
    Lookup(String),
}

impl TableName {
    /// The path of one of the table's keys in the model file: `source.plays.time`.
    pub(crate) fn key(&self, key: &str) -> String {
        match self {
            Self::Source(name) => format!("source.{name}.{key}"),
            Self::Lookup(name) => format!("lookup.{name}.{key}"),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(name) => write!(f, "source `{name}`"),
            Self::Lookup(name) => write!(f, "lookup `{name}`"),
        }
    }
}
