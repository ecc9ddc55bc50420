//! The versions of the table of cells, newest first, and what they say of their snapshots.

use clio_proto::RunId;
use jiff::Timestamp;

use super::{DeltaFolder, TableState};
use crate::commit::Commit;
use crate::error::LakeError;
use crate::format::{DayInputs, SnapshotMetadata};
use crate::log;

/// One commit of a table.
#[derive(Debug)]
pub struct Version {
    /// Its version number.
    pub version: u64,
    /// When it was made, if the commit says so; for an unreadable commit, when its file was written.
    pub committed_at: Option<Timestamp>,
    /// Delta's name for the operation.
    pub operation: String,
    /// The metadata of its snapshot, or why that cannot be read; `None` for commits that carry none.
    pub metadata: Option<Result<SnapshotMetadata, LakeError>>,
}

/// What a log says of its newest snapshot.
pub(crate) struct Known {
    pub(crate) metadata: SnapshotMetadata,
    /// Why the metadata does not match the files that the log gives, if so.
    pub(crate) fault: Option<String>,
}

impl DeltaFolder {
    /// The newest versions of a table, at most this many, newest first.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn versions(
        &self,
        state: &TableState,
        limit: Option<usize>,
    ) -> Result<Vec<Version>, LakeError> {
        let mut versions = Vec::new();
        for version in (0..=state.version).rev().take(limit.unwrap_or(usize::MAX)) {
            let commit = match self.commit_of(version).await {
                // Cleaned-up commits are missing at the log's old end.
                Ok(None) => break,
                Ok(Some(commit)) => commit,
                Err(error @ LakeError::FormatVersion { .. }) => {
                    Commit { fault: Some(error.to_string()), ..Commit::default() }
                }
                Err(error) => return Err(error),
            };
            let fault = commit.refuse_fault(&self.url, version).err();
            let Commit { mut committed_at, operation, metadata, .. } = commit;
            if fault.is_some() && committed_at.is_none() {
                let found = log::time_of(self.raw.as_ref(), version).await;
                committed_at = found.map_err(|error| LakeError::storage(&self.url, &error))?;
            }
            let metadata = match fault {
                Some(error) => Some(Err(error)),
                None => metadata.map(|metadata| Ok(SnapshotMetadata::clone(&metadata))),
            };
            versions.push(Version { version, committed_at, operation, metadata });
        }
        Ok(versions)
    }

    /// What the newest commit that carries metadata says of its snapshot.
    ///
    /// Where later commits change files without readable metadata, or the log gives other files than the commit did,
    /// the inputs of the days are unknown: so a run rebuilds them.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or the lake was written by a newer program.
    pub async fn metadata(
        &self,
        state: &TableState,
    ) -> Result<Option<SnapshotMetadata>, LakeError> {
        let Some(Known { mut metadata, fault }) = self.known(state).await? else {
            return Ok(None);
        };
        if let Some(fault) = fault {
            tracing::warn!(table = self.name, "what is known of days does not hold: {fault}");
            metadata.inputs = DayInputs::default();
        }
        Ok(Some(metadata))
    }

    /// The same, with the reason why it is incomplete.
    pub(crate) async fn known(&self, state: &TableState) -> Result<Option<Known>, LakeError> {
        let (mut fault, mut is_rearranged) = (None, false);
        for version in (0..=state.version).rev() {
            let Some(commit) = self.commit_of(version).await? else { break };
            if let Some(problem) = &commit.fault {
                fault.get_or_insert_with(|| {
                    format!("version {version} is no snapshot; its `clio` entry: {problem}")
                });
            }
            let Some(metadata) = commit.metadata else {
                is_rearranged |= commit.changes_files;
                continue;
            };
            let metadata = SnapshotMetadata::clone(&metadata);
            if !is_rearranged && metadata.files.is_some_and(|sum| sum != state.sum()) {
                fault.get_or_insert_with(|| {
                    format!("the log gives other files than snapshot {version} had")
                });
            }
            return Ok(Some(Known { metadata, fault }));
        }
        Ok(None)
    }

    /// The version that a run has committed, if it is the newest with metadata.
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
