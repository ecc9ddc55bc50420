//! What the filter asks for and nothing has.

use std::fmt;

use crate::field::FieldRef;

/// A value of the filter that the field does not have: a slip of the pen, perhaps, since nothing is found by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The field that is tested.
    pub field: FieldRef,
    /// The value, or the prefix with which no value starts.
    pub value: String,
    /// It is a prefix.
    pub is_prefix: bool,
    /// Up to three values of the field that are written alike, the nearest first.
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
