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
    /// A key with several rows in a lookup whose keys must be unique.
    #[error("{lookup}: key `{key}` has {n_rows} rows; a row's key must be unique")]
    DuplicateKey {
        /// The lookup.
        lookup: TableName,
        /// The key.
        key: String,
        /// How many rows it has.
        n_rows: usize,
    },
    /// A key with several rows in force on a day, in a lookup whose keys must be unique.
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
        /// The first such day.
        day: Date,
    },
    /// A file of a lookup with a history that is in no day's folder.
    #[error(
        "{lookup}: {file} is in no folder `dt=YYYY-MM-DD`, so it is in force on no day; move it into the folder of the first day that it holds for, or name the columns that say so with `valid_from` and `valid_to`"
    )]
    NoState {
        /// The lookup.
        lookup: TableName,
        /// The file.
        file: String,
    },
}
