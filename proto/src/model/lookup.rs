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
    /// Whether it has a history: a day then takes the rows in force on it.
    pub as_of: Option<AsOf>,
    /// What becomes of days that took values from a lookup without history, once it changes.
    pub on_change: OnChange,
}

/// Where a lookup's history is: which of its rows are in force on a day. Days are those of the
/// dataset's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsOf {
    /// In folders `dt=YYYY-MM-DD`: each is a whole state, in force from its day on until the day before
    /// the next folder's.
    Folders,
    /// In its rows: each is in force from the day of `valid_from`, that day included, until the day of
    /// `valid_to`, that day not included.
    Rows {
        /// A column or an SQL expression; a date, or an instant, of which the day counts.
        valid_from: SqlColumn,
        /// As `valid_from`; null, or without it, a row stays in force.
        valid_to: Option<SqlColumn>,
    },
}

/// What a changed lookup without history does to the days that took values from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumCount)]
pub enum OnChange {
    /// They are rebuilt.
    #[default]
    Rebuild,
    /// They keep what they were made with; days that are made or rebuilt from then on, for whatever
    /// reason, take the lookup as it is.
    NewDays,
}

impl OnChange {
    /// Every way.
    pub const ALL: [Self; Self::COUNT] = [Self::Rebuild, Self::NewDays];

    /// The name in the model: `rebuild`, `new_days`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::NewDays => "new_days",
        }
    }
}
