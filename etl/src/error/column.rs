//! Why a model does not match the columns of its files.

use std::fmt;

use super::TableName;
use super::words::{list, looked};

/// The type that a column has in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeInFile {
    /// The file's path.
    pub file: String,
    /// The type.
    pub data_type: String,
}

impl fmt::Display for TypeInFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.data_type, self.file)
    }
}

/// Why a model does not match the columns of its files, or files do not match each other.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// A column that no file has.
    #[error(
        "`{key}`: {table} has no column `{column}`; it has {} (in {first_file})",
        list(existing)
    )]
    Missing {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The requested column.
        column: Box<str>,
        /// The existing columns, over all files.
        existing: Vec<String>,
        /// The first of the files.
        first_file: Box<str>,
    },
    /// A column whose name differs from file to file only in case.
    #[error(
        "`{key}`: {table}: the column is `{}` in {} and `{}` in {}; spell it the same in all of them",
        names[0], files[0], names[1], files[1]
    )]
    SpelledDifferently {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The spellings.
        names: Box<[String; 2]>,
        /// A file with each spelling.
        files: Box<[String; 2]>,
    },
    /// Files of one source with conflicting types.
    #[error("{table}: column `{column}` is {first} but {second}; write the files with one type")]
    TypesDiffer {
        /// The source or lookup.
        table: TableName,
        /// The column.
        column: String,
        /// A file, with the column's type in it.
        first: Box<TypeInFile>,
        /// Another file, with the column's type in it.
        second: Box<TypeInFile>,
    },
    /// An invalid SQL expression.
    #[error("`{key}`: `{text}` is not an expression over the columns of {table}: {reason}")]
    BadExpression {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The expression.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A column of a type that cannot be used.
    #[error("`{key}`: `{text}` of {table} has the type {found}; {mend}")]
    WrongType {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The column or expression.
        text: String,
        /// Its type.
        found: Box<str>,
        /// What to do about it.
        mend: Box<str>,
    },
    /// A key of an attribution that one of its two sources lacks.
    #[error(
        "`{at}`: {table} has no column `{column}`, and no lookup of a dimension gives it{}; it has {}; \
         give it in the source's `columns`, or as a column of such a lookup",
        looked(looked_in),
        list(existing)
    )]
    KeyNotFound {
        /// The key in the model.
        at: String,
        /// The source.
        table: TableName,
        /// The requested column.
        column: Box<str>,
        /// The existing columns.
        existing: Vec<String>,
        /// The lookups that could have provided it.
        looked_in: Vec<String>,
    },
    /// A key of an attribution taken from a lookup with a history.
    #[error(
        "`{at}`: `{column}` comes from lookup `{lookup}`, which has `as_of`: an event and its target of another day would be compared by different states; have the column in the events, or take `as_of` away"
    )]
    KeyWithHistory {
        /// The key in the model.
        at: String,
        /// The column.
        column: String,
        /// The lookup's name.
        lookup: String,
    },
}
