//! What a run of the etl says of itself when it has ended, for those who ask serving. How the lake keeps it is the lake's
//! own matter.

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
    /// The lake held all of it already.
    Unchanged,
    /// It failed, and committed nothing.
    Failed,
    /// It was killed, which a later run found.
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
    /// The lake, its files and what the model names are looked at, and it is found what is to be done.
    Look,
    /// Everything that is read is opened.
    Open,
    /// The days' events become cells.
    RollUp,
    /// The declared checks are asked.
    Check,
    /// Days that are not rebuilt are written again, where a sum needs a wider type.
    Recast,
    /// Months, years and all time are folded.
    Fold,
    /// The tables of members are stored.
    Lookups,
    /// All of it is committed.
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
    /// When it ended; of one that was killed, when that was found.
    pub ended_at: Timestamp,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Why it failed.
    pub error: Option<String>,
    /// The snapshot that it committed, or found to hold all already.
    pub snapshot: Option<SnapshotId>,
    /// The model it ran with; unknown of a run that was killed.
    pub fingerprint: Option<Fingerprint>,
    /// The days that it rebuilt, in order.
    pub days: Vec<Date>,
    /// Events that it read and counted, by source.
    pub rows_in: BTreeMap<String, u64>,
    /// Bad rows that it left out and wrote to the table `quarantine`, by source.
    pub rows_quarantined: BTreeMap<String, u64>,
    /// Files beside those of sources and lookups that it did not read, for how their names end.
    pub left_out: Vec<FilesLeftOut>,
    /// Its steps, in the order in which they first began; those of one name as one.
    pub steps: Vec<StepInfo>,
}

/// Files of one source or lookup that a run did not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesLeftOut {
    /// Such as ``source `plays` ``.
    pub table: String,
    /// How many they are.
    pub n_files: u64,
    /// The first of them: below the model's folder, or their names alone.
    pub files: Vec<String>,
}

/// What a run says of one of its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepInfo {
    /// The name of a [`RunStep`]; of a newer etl perhaps of none that is known here.
    pub step: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` for the step that the run failed or died in.
    pub ended_at: Option<Timestamp>,
    /// Rows that it made or read: events rolled up, cells folded.
    pub n_rows: u64,
    /// How often it was tried; 1 where nothing failed.
    pub n_attempts: u32,
    /// What failed last.
    pub error: Option<String>,
}
