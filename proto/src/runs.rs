//! What a finished run of the etl reports, as serving shows it. How the lake stores it is up to the lake.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use strum::EnumCount;

use crate::id::{Fingerprint, RunId, SnapshotId};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum RunOutcome {
    /// It committed a snapshot.
    Committed,
    /// The lake already held all of it.
    Unchanged,
    /// It failed, and committed nothing.
    Failed,
    /// It was killed, as a later run noticed.
    Died,
}

impl RunOutcome {
    /// Every outcome.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Committed, Self::Unchanged, Self::Failed, Self::Died];
    /// The names, in the same order.
    pub const NAMES: [&str; Self::COUNT] = {
        let mut names = [""; Self::COUNT];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].as_str();
            at += 1;
        }
        names
    };

    /// The name: `committed`, `unchanged`, `failed`, `died`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Died => "died",
        }
    }
}

/// A step of a run of the etl, in the order in which they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum RunStep {
    /// Look at the lake, its files and what the model names, and find out what is to be done.
    Look,
    /// Open everything that is read.
    Open,
    /// Turn the days' events into cells.
    RollUp,
    /// Evaluate the declared checks.
    Check,
    /// Rewrite days that are not rebuilt, if a sum needs a wider type.
    Recast,
    /// Fold months, years and all time.
    Fold,
    /// Store the tables of members.
    Lookups,
    /// Commit all of it.
    Commit,
}

impl RunStep {
    /// Every step, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Look,
        Self::Open,
        Self::RollUp,
        Self::Check,
        Self::Recast,
        Self::Fold,
        Self::Lookups,
        Self::Commit,
    ];

    /// The name: `look`, `open`, `roll up`, `check`, `recast`, `fold`, `lookups`, `commit`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Open => "open",
            Self::RollUp => "roll up",
            Self::Check => "check",
            Self::Recast => "recast",
            Self::Fold => "fold",
            Self::Lookups => "lookups",
            Self::Commit => "commit",
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; for a run that was killed, when that was noticed.
    pub ended_at: Timestamp,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Why it failed.
    pub error: Option<String>,
    /// The snapshot that it committed, or that already held everything.
    pub snapshot: Option<SnapshotId>,
    /// The model that it ran with; unknown for a run that was killed.
    pub fingerprint: Option<Fingerprint>,
    /// The days that it rebuilt, in order.
    pub days: Vec<Date>,
    /// Events that it read and counted, by source.
    pub rows_in: BTreeMap<String, u64>,
    /// Bad rows that it left out and wrote to the table `quarantine`, by source.
    pub rows_quarantined: BTreeMap<String, u64>,
    /// Files beside those of sources and lookups that it did not read because of their extensions.
    pub left_out: Vec<FilesLeftOut>,
    /// Its steps, in the order in which they first began; those of one name are combined.
    pub steps: Vec<StepInfo>,
}

/// Files of one source or lookup that a run did not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesLeftOut {
    /// Such as ``source `plays` ``.
    pub table: String,
    /// The number of files.
    pub n_files: u64,
    /// The first of them: paths relative to the model's folder, or names alone.
    pub files: Vec<String>,
}

/// The report of one step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepInfo {
    /// The name of a [`RunStep`]; from a newer etl perhaps an unknown one.
    pub step: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` for the step that the run failed or died in.
    pub ended_at: Option<Timestamp>,
    /// Rows that it produced or read: events rolled up, cells folded.
    pub n_rows: u64,
    /// The number of attempts; 1 if nothing failed.
    pub n_attempts: u32,
    /// The last failure.
    pub error: Option<String>,
}
