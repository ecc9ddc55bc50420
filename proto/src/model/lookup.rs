//! Lookups: tables that know more about a key, with or without a history.

use strum::EnumCount;

use super::SqlColumn;
use super::files::FileSet;

/// The column of a lookup's table in the lake that identifies a row.
pub const LOOKUP_KEY_COLUMN: &str = "key";

/// A table that knows more about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The name.
    pub name: String,
    /// Where its files are.
    pub files: FileSet,
    /// What identifies a row: a column or an SQL expression.
    pub key: SqlColumn,
    /// Whether it has a history: a day then uses the rows in force on it.
    pub as_of: Option<AsOf>,
    /// What happens to days that took values from a lookup without history when it changes.
    pub on_change: OnChange,
}

/// Where a lookup's history is: which of its rows are in force on a day. Days are those of the dataset's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsOf {
    /// In folders `dt=YYYY-MM-DD`: each is a complete state, in force from its day until the day before the next
    /// folder's.
    Folders,
    /// In its rows: each is in force from the day of `valid_from`, inclusive, to the day of `valid_to`, exclusive.
    Rows {
        /// A column or an SQL expression; a date, or a timestamp, whose day counts.
        valid_from: SqlColumn,
        /// As for `valid_from`; if null or missing, a row stays in force.
        valid_to: Option<SqlColumn>,
    },
}

/// What a changed lookup without history does to the days that took values from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumCount)]
pub enum OnChange {
    /// They are rebuilt.
    #[default]
    Rebuild,
    /// They keep their values; days that are made or rebuilt afterwards, for whatever reason, use the current lookup.
    NewDays,
}

impl OnChange {
    /// Every choice.
    pub const ALL: [Self; Self::COUNT] = [Self::Rebuild, Self::NewDays];

    /// The name in the model: `rebuild`, `new_days`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::NewDays => "new_days",
        }
    }
}
