//! What a lake records besides its cells: the snapshots in its log, which of them may be served, finished runs, and
//! recounts of snapshots.

mod decisions;
mod runs;
mod snapshots;
mod verifications;

use std::sync::Arc;

use clio_lake::{Lake, Standing};
use clio_proto::{Code, RunInfo, ServiceError, SnapshotId, SnapshotInfo, SnapshotList};

use crate::error::ServingError;
use crate::snapshot::Snapshot;
use decisions::Decisions;
use runs::RunList;
use snapshots::Versions;
pub(crate) use snapshots::bad;
use verifications::Verifications;

/// What was read of one lake besides its cells. None of it ever changes in the lake, so that each record is read once.
#[derive(Debug)]
pub(crate) struct Records {
    versions: Versions,
    decisions: Decisions,
    runs: RunList,
    verifications: Verifications,
}

impl Records {
    pub(crate) fn new(lake: &Lake) -> Self {
        Self {
            versions: Versions::new(lake.clone()),
            decisions: Decisions::new(lake.clone()),
            runs: RunList::new(lake.clone()),
            verifications: Verifications::new(lake.clone()),
        }
    }

    /// Drops everything: the lake is another one.
    pub(crate) fn forget(&self) {
        self.versions.forget();
        self.decisions.forget();
        self.runs.forget();
        self.verifications.forget();
    }

    /// Looks whether anybody decided which snapshot is served, by one request to the storage, or rereads all decisions.
    pub(crate) async fn look_for_decisions(&self, at_all: bool) -> Result<(), ServingError> {
        self.decisions.look(at_all).await
    }

    /// The combined effect of all decisions read so far.
    pub(crate) fn standing(&self) -> Arc<Standing> {
        self.decisions.standing()
    }

    /// The newest snapshots of the lake, newest first, held or not, and the versions in their range that are refused or
    /// bad.
    pub(crate) async fn snapshots(
        &self,
        n_most: usize,
        held: &[Arc<Snapshot>],
    ) -> Result<SnapshotList, ServiceError> {
        let list = self.versions.newest(n_most, held, &self.standing()).await;
        let SnapshotList { snapshots, refused } = list.map_err(|error| unreadable(&error))?;
        if let Some(oldest) = snapshots.last() {
            self.look_for_verifications(oldest.id).await;
        }
        let snapshots = snapshots.into_iter().map(|info| self.with_verification(info)).collect();
        Ok(SnapshotList { snapshots, refused })
    }

    /// The newest finished runs in the lake, newest first.
    pub(crate) async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        self.runs.newest(n_most).await.map_err(|error| unreadable(&error))
    }

    /// Looks for the verifications of a snapshot and of all newer ones.
    pub(crate) async fn look_for_verifications(&self, from: SnapshotId) {
        self.verifications.look(from).await;
    }

    /// A snapshot with the result of its last verification read so far.
    pub(crate) fn with_verification(&self, info: SnapshotInfo) -> SnapshotInfo {
        SnapshotInfo { verification: self.verifications.of(info.id), ..info }
    }
}

/// The error for a list that cannot be read.
fn unreadable(error: &ServingError) -> ServiceError {
    let code = if error.is_retryable() { Code::Unavailable } else { Code::Internal };
    ServiceError::new(code, error.to_string())
}
