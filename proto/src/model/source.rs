//! Sources: where events are, and which of them count.

use strum::EnumCount;

use super::SqlColumn;
use super::attribution::Attribution;
use super::files::FileSet;

/// Rows of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name.
    pub name: String,
    /// Where its files are.
    pub files: FileSet,
    /// When the event happened: a column or an SQL expression that gives a timestamp.
    pub time: SqlColumn,
    /// The time zone of times without one.
    pub times_are: TimesAre,
    /// Only rows for which this SQL predicate holds.
    pub predicate: Option<String>,
    /// How its rows are credited to those of another source; they take the dimensions and the day of their target, and
    /// rows without a target are in no cell.
    pub attribution: Option<Attribution>,
}

impl Source {
    /// Whether its events are a subset of another source's, or the same: both are read alike, and this one may have an
    /// additional `where`.
    pub(crate) fn is_some_of(&self, whole: &Self) -> bool {
        let Self { name: _, files, time, times_are, predicate, attribution } = self;
        (files, time, times_are, attribution)
            == (&whole.files, &whole.time, &whole.times_are, &whole.attribution)
            && (whole.predicate.is_none() || *predicate == whole.predicate)
    }
}

/// The time zone of times without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumCount)]
pub enum TimesAre {
    /// Of UTC, whatever the dataset's time zone.
    #[default]
    Utc,
    /// The dataset's time zone. The day is the one that is written; in the hour that occurs twice when clocks go back,
    /// the first occurrence is meant, and a time skipped by clocks is shifted by as much as they go forward.
    Local,
}

impl TimesAre {
    /// Every choice.
    pub const ALL: [Self; Self::COUNT] = [Self::Utc, Self::Local];

    /// The name in the model: `UTC`, `local`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "local",
        }
    }
}
