//! Why files of a source or a lookup cannot be found or read.

use std::fmt;

use super::TableName;

/// A place in a file: its line where the format has lines, else its row, both counted from 1.
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
    /// An address that cannot be used.
    #[error("{what}: `{url}` cannot be used as an address: {reason}")]
    Address {
        /// What has the address.
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
    /// A folder with files, but none that fits.
    #[error("{table}: none of the files at {url} is named {expected} ({n_files} have other names); check `{key}`", key = table.key("files"))]
    NoFileMatches {
        /// The source or lookup.
        table: TableName,
        /// Where the files are.
        url: String,
        /// How many there are.
        n_files: usize,
        /// What their names should be like.
        expected: String,
    },
    /// A storage that cannot be read.
    #[error("{table}: {url} cannot be read: {reason}")]
    Storage {
        /// The source or lookup.
        table: TableName,
        /// Where.
        url: String,
        /// What the storage says.
        reason: String,
        /// Whether a retry may succeed.
        is_transient: bool,
    },
    /// A file that is not what the model says, or is damaged.
    #[error("{table}: {file} is no {format} file: {reason}")]
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
    /// A file that is not what was listed: it was rewritten, cut, appended to or removed meanwhile.
    #[error(
        "{table}: {file}: the file changed while it was read; nothing was committed, run again"
    )]
    FileChanged {
        /// The source or lookup.
        table: TableName,
        /// The file's path.
        file: String,
    },
    /// A row that cannot be read or computed with.
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
    /// More bad rows than the model allows, although it sets them aside.
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
