//! What a run is told: the binary reads files, environment and clock, and passes them in here.

use std::path::PathBuf;
use std::time::Duration;

use clio_proto::{DayRange, Model, RunId, RunOutcome};
use url::Url;

use crate::error::EtlError;

/// Everything a run depends on besides its input.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of the lake; made where it is a local one that does not exist yet.
    pub lake: Url,
    /// The dataset model.
    pub model: Model,
    /// The folder of the model file, which relative addresses of the model are resolved against. Ends
    /// in `/`.
    pub base: Url,
    /// The run's name; no two runs have the same one.
    pub run: RunId,
    /// The time of the run, as the commit records it.
    pub now: jiff::Timestamp,
    /// How many threads compute; at least 1. The result does not depend on it.
    pub n_threads: usize,
    /// How many bytes a run may take; `None` for no limit. Half of it is for sorting and grouping, which spill
    /// to disk beyond that, half for files being read and the cells of two days, which do not.
    pub memory_bytes: Option<usize>,
    /// Why checks of the model that fail are accepted; the commit says so. `None`: they are not.
    pub accept: Option<String>,
    /// The folder of the journal, by which a run takes up where one that was killed stopped; made if
    /// absent. `None` keeps no journal: a run that is killed leaves files behind and is done again.
    pub state: Option<PathBuf>,
    /// How often what a storage or network failed at is tried again.
    pub retry: Retry,
}

/// How often a step is tried, and how long it waits in between. Bad input is never tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all; at least 1.
    pub max_attempts: u32,
    /// The longest wait before the second attempt. It doubles from attempt to attempt.
    pub first_wait: Duration,
    /// The longest wait at all.
    pub max_wait: Duration,
}

impl Default for Retry {
    /// Five attempts over half a minute at most: what a restart of a storage's node takes.
    fn default() -> Self {
        Self {
            max_attempts: 5,
            first_wait: Duration::from_millis(500),
            max_wait: Duration::from_secs(15),
        }
    }
}

/// The days that a run rebuilds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// The days whose files, lookups or model changed since the lake's last commit.
    OutOfDate,
    /// Every day found in the sources.
    All,
    /// These days; one of them without events leaves the lake.
    Range(DayRange),
}

impl Days {
    /// Whether a day is asked for.
    pub(crate) fn contains(self, day: jiff::civil::Date) -> bool {
        match self {
            Self::All | Self::OutOfDate => true,
            Self::Range(range) => range.contains(day),
        }
    }

    /// The first of them, if there is a first one.
    pub(crate) fn first(self) -> Option<jiff::civil::Date> {
        match self {
            Self::All | Self::OutOfDate => None,
            Self::Range(range) => Some(range.first()),
        }
    }

    pub(crate) fn is_one_day(self) -> bool {
        matches!(self, Self::Range(range) if range.n_days() == 1)
    }

    /// One day.
    pub(crate) fn one(day: jiff::civil::Date) -> Self {
        DayRange::try_new(day, day).map_or(Self::All, Self::Range)
    }
}

/// Receives the progress of a run. Called from one task at a time.
pub trait Progress: Send + Sync {
    /// A step begins, of so many parts (days, periods, lookups).
    fn step(&self, step: &str, n_total: u64);
    /// So many further parts of the step are done.
    fn advance(&self, n: u64);
    /// The step is done.
    fn done(&self, step: &str);
    /// Something that people should know before the work begins, as a sentence.
    fn say(&self, _text: &str) {}
    /// The run is over, with all that it cleans up and writes down; called once, last. An error beside an outcome other than
    /// [`RunOutcome::Failed`] is one of writing the end down: the lake is as the outcome says.
    fn ended(&self, _outcome: RunOutcome, _error: Option<&EtlError>) {}
}

/// Nobody wants to know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _step: &str, _n_total: u64) {}
    fn advance(&self, _n: u64) {}
    fn done(&self, _step: &str) {}
}
