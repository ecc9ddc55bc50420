//! Why files of a source or a lookup cannot be found or read.

use std::fmt;

use super::TableName;

/// A place in a file: its line if the format has lines, otherwise its row, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A line of a text file.
    Line(u64),
    /// A row of a file without lines.
    Row(u64),
    /// Somewhere in the file.
    Unknown,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, ":{line}"),
            Self::Row(row) => write!(f, ", row {row}"),
            Self::Unknown => Ok(()),
        }
    }
}

/// Why files of a source or a lookup cannot be found or read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// An unusable address.
    #[error("{what}: `{url}` cannot be used as an address: {reason}")]
    Address {
        /// What the address belongs to.
        what: String,
        /// The address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// A source or lookup without any file.
    #[error("{table}: nothing found at {url}; check `{key}`", key = table.key("url"))]
    NoFiles {
        /// The source or lookup.
        table: TableName,
        /// Where it should be.
        url: String,
    },
    /// A folder without a file of a matching name.
    #[error("{table}: none of the files at {url} is named {expected} ({n_files} have other names); check `{key}`", key = table.key("files"))]
    NoFileMatches {
        /// The source or lookup.
        table: TableName,
        /// Where the files are.
        url: String,
        /// How many files there are.
        n_files: usize,
        /// The expected form of their names.
        expected: String,
    },
    /// An unreadable storage.
    #[error("{table}: {url} cannot be read: {reason}")]
    Storage {
        /// The source or lookup.
        table: TableName,
        /// The address.
        url: String,
        /// What the storage reports.
        reason: String,
        /// Whether a retry may succeed.
        is_transient: bool,
    },
    /// A file that is damaged, or not of the model's format.
    #[error("{table}: {file} is not valid {format}: {reason}")]
    BadFile {
        /// The source or lookup.
        table: TableName,
        /// The file's path.
        file: String,
        /// The format in the model.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that differs from what was listed: it was rewritten, truncated, appended to or
    /// removed in the meantime.
    #[error(
        "{table}: {file}: the file changed while it was read; nothing was committed, run again"
    )]
    FileChanged {
        /// The source or lookup.
        table: TableName,
        /// The file's path.
        file: String,
    },
    /// A row that cannot be read, or whose values cannot be used.
    #[error("{table}: {file}{place}: {reason}")]
    BadRow {
        /// The source or lookup.
        table: TableName,
        /// The file's path.
        file: String,
        /// Where in the file.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// More bad rows than the model allows to be set aside.
    #[error(
        "{table}: {n_bad} rows cannot be read or computed with, more than `max_bad_rows` allows; the first is \
         {first}; correct them, or the model, or raise the share; those that were found are in the lake's table \
         `quarantine`"
    )]
    TooManyBadRows {
        /// The source.
        table: TableName,
        /// How many are bad, such as `2 of 5`.
        n_bad: String,
        /// The first of them.
        first: String,
    },
}
