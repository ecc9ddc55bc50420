//! The record of a run, as a file of the lake.

use std::collections::BTreeMap;

use clio_proto::{FilesLeftOut, Fingerprint, RunId, RunInfo, RunOutcome, SnapshotId, StepInfo};
use jiff::Timestamp;
use jiff::civil::Date;

/// The version of a run's record.
pub const RUN_RECORD_VERSION: u32 = 1;
/// The folder of run records, below the lake.
pub const RUNS_FOLDER: &str = "runs";

/// What a run did, as the lake keeps it: `LAKE/runs/RUN.json`, written once when the run ends, successfully or not.
///
/// Names of runs begin with their time, so that a listing sorted by name is chronological.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunRecord {
    /// [`RUN_RECORD_VERSION`] of the writer.
    pub format_version: u32,
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; for a run that was killed, when that was noticed.
    pub ended_at: Timestamp,
    /// How it ended.
    #[serde(with = "outcome")]
    pub outcome: RunOutcome,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The snapshot that it committed, or that already held everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotId>,
    /// The fingerprint of its model; unknown for a run that was killed.
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
    /// Files among those of sources and lookups that it skipped because of how their names end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutRecord>,
    /// Its steps, in the order in which they first began; steps of the same name are merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRecord>,
}

/// The most skipped files that a record names per source or lookup.
pub const MAX_FILES_LEFT_OUT: usize = 20;

/// Files of one source or lookup that a run skipped.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeftOutRecord {
    /// The source or lookup, such as ``source `plays` ``.
    pub table: String,
    /// How many there are.
    pub n_files: u64,
    /// The first [`MAX_FILES_LEFT_OUT`] of them: below the model's folder, or just their names.
    pub files: Vec<String>,
}

/// One of a run's steps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StepRecord {
    /// The name of a [`clio_proto::RunStep`]; a newer etl may write names that are unknown here.
    pub step: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` for the step in which the run failed or died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Rows that it produced or read: events rolled up, cells folded.
    pub n_rows: u64,
    /// How many attempts it took; 1 where nothing failed.
    pub n_attempts: u32,
    /// The last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// (De)serialises an outcome by its name.
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

/// A run's record, as serving reports it.
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
