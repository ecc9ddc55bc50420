//! The versions of the table of cells, newest first, and what they say of their snapshots.

use clio_proto::RunId;
use jiff::Timestamp;

use super::{DeltaFolder, TableState};
use crate::commit::Commit;
use crate::error::LakeError;
use crate::format::{DayInputs, SnapshotMetadata};

/// One commit of a table.
#[derive(Debug)]
pub struct Version {
    /// Its number.
    pub version: u64,
    /// When, if the commit says so.
    pub committed_at: Option<Timestamp>,
    /// What Delta calls it.
    pub operation: String,
    /// What a run says of its snapshot, or why that cannot be read; other commits say nothing.
    pub metadata: Option<Result<SnapshotMetadata, LakeError>>,
}

impl DeltaFolder {
    /// The newest versions of a table, at most so many, the newest first.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn history(
        &self,
        state: &TableState,
        limit: Option<usize>,
    ) -> Result<Vec<Version>, LakeError> {
        let mut versions = Vec::new();
        for version in (0..=state.version).rev().take(limit.unwrap_or(usize::MAX)) {
            let commit = match self.commit_of(version).await {
                // What was cleaned up is missing at the log's old end.
                Ok(None) => break,
                Ok(Some(commit)) => commit,
                Err(error @ LakeError::FormatVersion { .. }) => Commit {
                    committed_at: None,
                    operation: String::new(),
                    metadata: None,
                    fault: Some(error.to_string()),
                },
                Err(error) => return Err(error),
            };
            let metadata = match commit.refuse_fault(&self.url, version) {
                Err(error) => Some(Err(error)),
                Ok(()) => commit.metadata.map(|metadata| Ok(SnapshotMetadata::clone(&metadata))),
            };
            let Commit { committed_at, operation, .. } = commit;
            versions.push(Version { version, committed_at, operation, metadata });
        }
        Ok(versions)
    }

    /// What the newest commit that says anything says of its snapshot.
    ///
    /// Where commits after it change files and do not say in a readable way what they are, this is said in the log, and
    /// what the days were made of is no longer known: so a run makes them anew.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or the lake is of a newer program.
    pub async fn metadata(
        &self,
        state: &TableState,
    ) -> Result<Option<SnapshotMetadata>, LakeError> {
        let mut is_known = true;
        for version in (0..=state.version).rev() {
            let Some(commit) = self.commit_of(version).await? else { break };
            if let Some(problem) = &commit.fault {
                tracing::warn!(
                    table = self.name,
                    version,
                    problem,
                    "a version is no snapshot, its `clio` entry is not sound"
                );
                is_known = false;
            }
            if let Some(metadata) = commit.metadata {
                let mut metadata = SnapshotMetadata::clone(&metadata);
                if !is_known {
                    metadata.inputs = DayInputs::default();
                }
                return Ok(Some(metadata));
            }
        }
        Ok(None)
    }

    /// The version that a run has committed, if it is the newest that says anything.
    pub(super) async fn is_newest(
        &self,
        state: &TableState,
        run: &RunId,
    ) -> Result<bool, LakeError> {
        Ok(self.metadata(state).await?.is_some_and(|known| known.run == *run))
    }

    pub(crate) async fn commit_of(&self, version: u64) -> Result<Option<Commit>, LakeError> {
        Commit::of(self.log_store.as_ref(), &self.url, version).await
    }
}
