//! The types that a column of a source or lookup may have: declared in a model, or remembered by a lake.

use std::fmt;
use std::str::FromStr;

use strum::EnumCount;

/// The type of a column's values, as far as keys, sums and counts of people depend on it: widths of numbers, units of
/// times and encodings of strings do not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum ColumnType {
    /// Signed integers of up to 64 bits, and narrower unsigned ones.
    Int64,
    /// Unsigned integers of 64 bits.
    UInt64,
    /// Floating-point numbers of up to 64 bits.
    Float64,
    /// Decimal numbers with this many digits after the decimal point.
    Decimal(i8),
    /// True or false.
    Boolean,
    /// Strings.
    Text,
    /// Days.
    Date,
    /// Instants.
    Timestamp,
    /// Bytes.
    Binary,
    /// Lists of one of the others.
    List(Box<ColumnType>),
}

impl ColumnType {
    /// The names that a model may declare, each also of a list's elements: `list<text>`.
    pub const NAMES: [&str; Self::COUNT - Self::N_NOT_DECLARED] =
        ["int64", "uint64", "float64", "boolean", "text", "date", "timestamp"];

    /// Decimals, bytes and lists: the types that files have but models do not name.
    const N_NOT_DECLARED: usize = 3;

    /// Whether the values are numbers.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int64 | Self::UInt64 | Self::Float64 | Self::Decimal(_))
    }
}

/// As declared in a model and stored in a commit: `int64`, `list<text>`.
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int64 => "int64",
            Self::UInt64 => "uint64",
            Self::Float64 => "float64",
            Self::Decimal(scale) => return write!(f, "decimal({scale})"),
            Self::Boolean => "boolean",
            Self::Text => "text",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Binary => "binary",
            Self::List(item) => return write!(f, "list<{item}>"),
        })
    }
}

/// A text that is not a [`ColumnType`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a column type")]
pub struct ColumnTypeError(String);

impl FromStr for ColumnType {
    type Err = ColumnTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ColumnTypeError(text.to_owned());
        Ok(match text {
            "int64" => Self::Int64,
            "uint64" => Self::UInt64,
            "float64" => Self::Float64,
            "boolean" => Self::Boolean,
            "text" => Self::Text,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "binary" => Self::Binary,
            other => {
                let inner = |start: &str, end: char| other.strip_prefix(start)?.strip_suffix(end);
                if let Some(scale) = inner("decimal(", ')') {
                    Self::Decimal(scale.parse().map_err(|_| fail())?)
                } else {
                    let item = inner("list<", '>').ok_or_else(fail)?;
                    Self::List(Box::new(item.parse().map_err(|_| fail())?))
                }
            }
        })
    }
}

impl serde::Serialize for ColumnType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ColumnType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_name() {
        for text in ["int64", "float64", "decimal(-2)", "list<text>", "list<list<date>>", "binary"]
        {
            assert_eq!(text.parse::<ColumnType>().unwrap().to_string(), text);
        }
        for text in ["", "int", "list<>", "list<text", "decimal(x)", "Int64"] {
            assert_eq!(text.parse::<ColumnType>(), Err(ColumnTypeError(text.to_owned())));
        }
        for name in ColumnType::NAMES {
            assert!(name.parse::<ColumnType>().is_ok(), "{name}");
        }
    }
}
