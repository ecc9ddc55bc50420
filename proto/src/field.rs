//! A field of the cube, by name: what queries, models and answers refer to.

use std::fmt;

/// A field of the cube: a dimension (`asset`) or an attribute of one (`asset.title`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// The dimension's name.
    pub dimension: String,
    /// The attribute's name; `None` for the dimension itself.
    pub attribute: Option<String>,
}

impl FieldRef {
    /// Splits `asset.title` at its first dot.
    pub fn parse(text: &str) -> Self {
        match text.split_once('.') {
            Some((dimension, attribute)) => {
                Self { dimension: dimension.to_owned(), attribute: Some(attribute.to_owned()) }
            }
            None => Self { dimension: text.to_owned(), attribute: None },
        }
    }
}

impl fmt::Display for FieldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attribute {
            Some(attribute) => write!(f, "{}.{attribute}", self.dimension),
            None => f.write_str(&self.dimension),
        }
    }
}
