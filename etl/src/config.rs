//! The configuration of a run: the binary reads files, environment and clock, and passes them in here.

use std::path::PathBuf;
use std::time::Duration;

use clio_proto::{DayRange, Model, RunId, RunOutcome};
use url::Url;

use crate::error::EtlError;

/// Everything that a run depends on besides its input.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of the lake; a local one is created if it does not exist yet.
    pub lake: Url,
    /// The dataset model.
    pub model: Model,
    /// The folder of the model file, against which the model's relative addresses are resolved. Ends in `/`.
    pub base: Url,
    /// The run's name, which must be unique.
    pub run: RunId,
    /// The time of the run, as the commit records it.
    pub now: jiff::Timestamp,
    /// How many threads compute; at least 1. Does not affect the result.
    pub n_threads: usize,
    /// How many bytes a run may take; `None` for no limit. Half of it is for sorting and grouping, which spill to disk
    /// beyond that; half is for files being read and the cells of two days, which do not spill.
    pub memory_bytes: Option<usize>,
    /// Why failing checks of the model are accepted; the commit records it. `None` does not accept them.
    pub accept: Option<String>,
    /// The folder of the journal, from which a run resumes one that was killed; created if it does not exist. `None`
    /// keeps no journal: a killed run then leaves files behind, and its work is done again.
    pub state: Option<PathBuf>,
    /// How often a step is retried after a storage or network failure.
    pub retry: Retry,
}

/// How often a step is attempted, and how long to wait in between. Bad input is never retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all; at least 1.
    pub max_attempts: u32,
    /// The longest wait before the second attempt. It doubles with each attempt.
    pub first_wait: Duration,
    /// The longest wait overall.
    pub max_wait: Duration,
}

impl Default for Retry {
    /// Five attempts over at most half a minute: about as long as a storage node takes to restart.
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
    /// These days; a day without events is removed from the lake.
    Range(DayRange),
}

impl Days {
    /// Whether a day is requested.
    pub(crate) fn contains(self, day: jiff::civil::Date) -> bool {
        match self {
            Self::All | Self::OutOfDate => true,
            Self::Range(range) => range.contains(day),
        }
    }

    /// The first requested day, if there is one.
    pub(crate) fn first(self) -> Option<jiff::civil::Date> {
        match self {
            Self::All | Self::OutOfDate => None,
            Self::Range(range) => Some(range.first()),
        }
    }

    pub(crate) fn is_one_day(self) -> bool {
        matches!(self, Self::Range(range) if range.n_days() == 1)
    }

    /// A single day.
    pub(crate) fn one(day: jiff::civil::Date) -> Self {
        DayRange::try_new(day, day).map_or(Self::All, Self::Range)
    }
}

/// Receives the progress of a run. Called from one task at a time.
pub trait Progress: Send + Sync {
    /// A step begins, with this many parts (days, periods, lookups).
    fn step(&self, step: &str, n_total: u64);
    /// This many more parts of the step are done.
    fn advance(&self, n: u64);
    /// The step is done.
    fn done(&self, step: &str);
    /// Something that people should know before the work begins, in a sentence.
    fn say(&self, _text: &str) {}
    /// The run is over, including its cleanup and its record; called once, last. An error with an outcome other than
    /// [`RunOutcome::Failed`] means that recording the end failed: the lake is as the outcome says.
    fn ended(&self, _outcome: RunOutcome, _error: Option<&EtlError>) {}
}

/// Ignores all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _step: &str, _n_total: u64) {}
    fn advance(&self, _n: u64) {}
    fn done(&self, _step: &str) {}
}
