//! What a run of the etl says of itself when it has ended, for those who look at the runs of a lake.
//!
//! ```text
//! LAKE/runs/RUN.json    a RunRecord, written once at the run's end, whether it succeeded or not
//! ```
//!
//! Names of runs begin with their time, so that a listing in the order of names is one in time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{Fingerprint, RunId, SnapshotId};

/// The version of a run's record.
pub const RUN_RECORD_VERSION: u32 = 1;
/// The folder of run records, below the lake.
pub const RUNS_FOLDER: &str = "runs";

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
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
    pub const ALL: [Self; 4] = [Self::Committed, Self::Unchanged, Self::Failed, Self::Died];

    /// The name: `committed`, `unchanged`, `failed`, `died`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Died => "died",
        }
    }
}

/// What a run did, as the lake keeps it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunRecord {
    /// [`RUN_RECORD_VERSION`] of the writer.
    pub format_version: u32,
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; of one that was killed, when that was found.
    pub ended_at: Timestamp,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The snapshot that it committed, or found to hold all already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotId>,
    /// The model it ran with; unknown of a run that was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The days that it rebuilt, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Date>,
    /// Events that it read and counted, by source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows_in: BTreeMap<String, u64>,
    /// Bad rows that it left out and wrote to the table `quarantine`, by source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows_quarantined: BTreeMap<String, u64>,
    /// Files beside those of sources and lookups that it did not read, for how their names end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<FilesLeftOut>,
    /// Its steps, in the order in which they first began; those of one name as one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRecord>,
}

/// The most files that a record names of one source or lookup.
pub const MAX_FILES_LEFT_OUT: usize = 20;

/// Files of one source or lookup that a run did not read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FilesLeftOut {
    /// Such as ``source `plays` ``.
    pub table: String,
    /// How many they are.
    pub n_files: u64,
    /// The first [`MAX_FILES_LEFT_OUT`] of them: below the model's folder, or their names alone.
    pub files: Vec<String>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StepRecord {
    /// The step: `look`, `open`, `roll up`, `check`, `fold`, `lookups`, `commit`.
    pub step: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` for the step that the run failed or died in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Rows that it made or read: events rolled up, cells folded.
    pub n_rows: u64,
    /// How often it was tried; 1 where nothing failed.
    pub n_attempts: u32,
    /// What failed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
