//! Why rows of a lookup cannot be looked up.

use jiff::civil::Date;

use super::TableName;

/// Why rows of a lookup cannot be looked up.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// Rows of a lookup without a key.
    #[error("{lookup}: rows without a key: `{key}` is null in {n_rows} of them")]
    KeyMissing {
        /// The lookup.
        lookup: TableName,
        /// The key's column or expression.
        key: String,
        /// How many rows.
        n_rows: usize,
    },
    /// A key with more than one row in a lookup that must have one.
    #[error("{lookup}: key `{key}` has {n_rows} rows; a row's key must be unique")]
    DuplicateKey {
        /// The lookup.
        lookup: TableName,
        /// The key.
        key: String,
        /// How many rows it has.
        n_rows: usize,
    },
    /// A key with more than one row in force on a day, in a lookup that must have one.
    #[error(
        "{lookup}: key `{key}` has {n_rows} rows in force on {day}; on any day a key has one, unless the dimension has `multi = true`"
    )]
    Overlap {
        /// The lookup.
        lookup: TableName,
        /// The key.
        key: String,
        /// How many rows are in force.
        n_rows: usize,
        /// The first day on which they are.
        day: Date,
    },
    /// A file of a lookup with a history that lies in the folder of no day.
    #[error(
        "{lookup}: {file} lies in no folder `dt=YYYY-MM-DD`, so that it is in force on no day; move it into the folder of the first day that it holds for, or name the columns that say so with `valid_from` and `valid_to`"
    )]
    NoState {
        /// The lookup.
        lookup: TableName,
        /// The file.
        file: String,
    },
}
