//! The record of a run, as a file of the lake.

use std::collections::BTreeMap;

use clio_proto::{FilesLeftOut, Fingerprint, RunId, RunInfo, RunOutcome, SnapshotId, StepInfo};
use jiff::Timestamp;
use jiff::civil::Date;

/// The version of a run's record.
pub const RUN_RECORD_VERSION: u32 = 1;
/// The folder of run records, below the lake.
pub const RUNS_FOLDER: &str = "runs";

/// What a run did, as the lake keeps it: `LAKE/runs/RUN.json`, written once at the run's end, whether it succeeded or not.
///
/// Names of runs begin with their time, so that a listing in the order of names is one in time.
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
    #[serde(with = "outcome")]
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
    pub left_out: Vec<LeftOutRecord>,
    /// Its steps, in the order in which they first began; those of one name as one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRecord>,
}

/// The most files that a record names of one source or lookup.
pub const MAX_FILES_LEFT_OUT: usize = 20;

/// Files of one source or lookup that a run did not read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeftOutRecord {
    /// Such as ``source `plays` ``.
    pub table: String,
    /// How many they are.
    pub n_files: u64,
    /// The first [`MAX_FILES_LEFT_OUT`] of them: below the model's folder, or their names alone.
    pub files: Vec<String>,
}

/// What a run says of one of its steps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StepRecord {
    /// The name of a [`clio_proto::RunStep`]; of a newer etl perhaps of none that is known here.
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

/// An outcome by its name.
mod outcome {
    use clio_proto::RunOutcome;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        outcome: &RunOutcome,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(outcome.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<RunOutcome, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = RunOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        found.ok_or_else(|| D::Error::unknown_variant(&text, &RunOutcome::NAMES))
    }
}

/// What serving says of a run.
impl From<RunRecord> for RunInfo {
    fn from(record: RunRecord) -> Self {
        Self {
            run: record.run,
            started_at: record.started_at,
            ended_at: record.ended_at,
            outcome: record.outcome,
            error: record.error,
            snapshot: record.snapshot,
            fingerprint: record.fingerprint,
            days: record.days,
            rows_in: record.rows_in,
            rows_quarantined: record.rows_quarantined,
            left_out: record.left_out.into_iter().map(FilesLeftOut::from).collect(),
            steps: record.steps.into_iter().map(StepInfo::from).collect(),
        }
    }
}

impl From<LeftOutRecord> for FilesLeftOut {
    fn from(record: LeftOutRecord) -> Self {
        let LeftOutRecord { table, n_files, files } = record;
        Self { table, n_files, files }
    }
}

impl From<StepRecord> for StepInfo {
    fn from(record: StepRecord) -> Self {
        let StepRecord { step, started_at, ended_at, n_rows, n_attempts, error } = record;
        Self { step, started_at, ended_at, n_rows, n_attempts, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"format_version":1,"run":"a","started_at":"2026-03-01T12:00:00Z","ended_at":"2026-03-01T12:00:05Z","outcome":"died","left_out":[{"table":"source `plays`","n_files":1,"files":["a.txt"]}],"steps":[{"step":"look","started_at":"2026-03-01T12:00:00Z","n_rows":0,"n_attempts":2,"error":"no answer"}]}"#;

    #[test]
    fn a_record_is_written_as_it_is_read_and_told_whole() {
        let record: RunRecord = serde_json::from_str(TEXT).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), TEXT);
        let info = RunInfo::from(record);
        assert_eq!((info.outcome, info.left_out[0].n_files), (RunOutcome::Died, 1));
        assert_eq!((info.steps[0].n_attempts, info.steps[0].ended_at), (2, None));
    }

    #[test]
    fn every_outcome_has_a_name_in_a_record() {
        for outcome in RunOutcome::ALL {
            let text = TEXT.replace("died", outcome.as_str());
            let record: RunRecord = serde_json::from_str(&text).unwrap();
            assert_eq!(record.outcome, outcome);
        }
        let error = serde_json::from_str::<RunRecord>(&TEXT.replace("died", "lost")).unwrap_err();
        assert!(error.to_string().contains("unknown variant `lost`, expected one of `committed`"));
    }
}
