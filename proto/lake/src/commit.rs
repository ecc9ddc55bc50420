//! What a single commit of the log says.

use std::sync::Arc;

use deltalake::logstore::LogStore;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::checksum::{CHECKSUM_TAG, Checksum};
use crate::error::LakeError;
use crate::format::{SNAPSHOT_KEY, SnapshotMetadata};

/// What a commit of a table says.
#[derive(Debug, Default)]
pub struct Commit {
    /// When it was made, if it says so.
    pub committed_at: Option<Timestamp>,
    /// Delta's name for the operation.
    pub operation: String,
    /// What it says of the snapshot. `None` for a commit that changes no data, such as another engine's maintenance:
    /// the metadata of the previous commit still holds.
    pub metadata: Option<Arc<SnapshotMetadata>>,
    /// Whether it adds or removes files.
    pub changes_files: bool,
    /// What is wrong with its metadata, if anything; its version is not a snapshot then. Set when a commit changes
    /// files and does not say readably what they are.
    pub fault: Option<String>,
}

impl Commit {
    /// Reads a commit of the table of cells.
    ///
    /// # Errors
    ///
    /// [`LakeError::FormatVersion`] for a commit of a newer program.
    pub(crate) fn read(url: &Url, version: u64, bytes: &[u8]) -> Result<Self, LakeError> {
        let mut commit = Self::default();
        // Truncated at its beginning: every commit has entries.
        if bytes.trim_ascii().is_empty() {
            commit.fault = Some("the commit is empty".to_owned());
            return Ok(commit);
        }
        let mut changes_data = false;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let mut action: Value = match serde_json::from_slice(line) {
                Ok(action) => action,
                Err(error) => {
                    commit.fault.get_or_insert_with(|| {
                        format!("a line of the commit is not JSON: {error}")
                    });
                    continue;
                }
            };
            for action in ["add", "remove"].iter().filter_map(|kind| action.get(kind)) {
                commit.changes_files = true;
                // An action that does not say is assumed to change data.
                changes_data |= action["dataChange"] != false;
            }
            let Some(info) = action.get_mut("commitInfo") else { continue };
            commit.committed_at = when(info);
            commit.operation = info["operation"].as_str().unwrap_or_default().to_owned();
            let Some(value) = info.get(SNAPSHOT_KEY) else { continue };
            if let Some(fault) = fault_of_text(info, value) {
                commit.fault.get_or_insert(fault);
            }
            match SnapshotMetadata::read(url, version, value) {
                Ok(metadata) => commit.metadata = Some(Arc::new(metadata)),
                Err(LakeError::Metadata { problem, .. }) => {
                    commit.fault.get_or_insert(problem);
                }
                Err(error) => return Err(error),
            }
        }
        if commit.metadata.is_none() && changes_data {
            let fault = "there is none, and the commit changes files";
            commit.fault.get_or_insert_with(|| fault.to_owned());
        }
        if commit.fault.is_some() {
            commit.metadata = None;
        }
        Ok(commit)
    }

    /// When a commit was made, if it says so, even if the rest of it cannot be read.
    pub(crate) fn time_of(bytes: &[u8]) -> Option<Timestamp> {
        let lines = bytes.split(|byte| *byte == b'\n');
        let actions = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        actions.filter_map(|action| when(action.get("commitInfo")?)).next_back()
    }

    /// Reads a version's commit of the table of cells from its log; `None` where the log does not go back that far, or
    /// has not got that far yet.
    pub(crate) async fn of(
        log: &dyn LogStore,
        url: &Url,
        version: u64,
    ) -> Result<Option<Self>, LakeError> {
        let bytes = log.read_commit_entry(version).await;
        let bytes = bytes.map_err(|error| LakeError::delta(url, &error))?;
        bytes.map(|bytes| Self::read(url, version, &bytes)).transpose()
    }

    /// Returns [`LakeError::Metadata`] if the commit does not say readably what the version's files are.
    pub(crate) fn refuse_fault(&self, url: &Url, version: u64) -> Result<(), LakeError> {
        match &self.fault {
            None => Ok(()),
            Some(problem) => {
                Err(LakeError::Metadata { url: url.to_string(), version, problem: problem.clone() })
            }
        }
    }
}

fn when(info: &Value) -> Option<Timestamp> {
    let millis = ["inCommitTimestamp", "timestamp"].iter().find_map(|key| info[key].as_i64())?;
    Timestamp::from_millisecond(millis).ok()
}

/// What is wrong with an entry's text, if its checksum differs from the one that the commit gives.
fn fault_of_text(info: &Value, entry: &Value) -> Option<String> {
    let (expected, text) = (info.get(CHECKSUM_TAG)?, entry.as_str()?);
    let expected = expected.as_str().unwrap_or("nothing of the kind");
    let found = Checksum::of(text.as_bytes());
    (Checksum::parse(expected) != Some(found))
        .then(|| format!("its checksum is {found}, the commit says {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_cannot_be_read_still_says_when_it_was_made() {
        let at = |text: &str| Commit::time_of(text.as_bytes()).map(|at| at.to_string());
        let info = r#"{"commitInfo":{"timestamp":1767225600000,"clio":"no json"}}"#;
        let when = Some("2026-01-01T00:00:00Z".to_owned());
        assert_eq!(at(info), when);
        assert_eq!(at(&format!("{{\"add\":\n{info}\n")), when);
        for nothing in
            ["", "no json", r#"{"commitInfo":{}}"#, r#"{"commitInfo":{"timestamp":"x"}}"#]
        {
            assert_eq!(at(nothing), None, "{nothing}");
        }
    }
}
