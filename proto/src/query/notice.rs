//! Values of the filter that do not exist.

use std::fmt;

use crate::field::FieldRef;

/// A value of the filter that the field does not have: perhaps a typing mistake, since it finds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The field that the filter tests.
    pub field: FieldRef,
    /// The value, or the prefix that no value starts with.
    pub value: String,
    /// It is a prefix.
    pub is_prefix: bool,
    /// Up to three similarly spelled values of the field, the closest first.
    pub nearest: Vec<String>,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, is_prefix, nearest } = self;
        match is_prefix {
            false => write!(f, "`{field}` has no value `{value}`")?,
            true => write!(f, "`{field}` has no value that starts with `{value}`")?,
        }
        if let Some((last, others)) = nearest.split_last() {
            f.write_str("; did you mean ")?;
            for other in others {
                write!(f, "`{other}` or ")?;
            }
            write!(f, "`{last}`?")?;
        }
        Ok(())
    }
}
