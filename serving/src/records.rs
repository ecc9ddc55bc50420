//! What a lake tells beside its cells: the snapshots in its log, which of them may be served, the runs that ended, the recounts
//! of snapshots.

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

/// What was read so far of one lake beside its cells. None of it ever changes there, so that each is read once.
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

    /// Forgets everything: the lake is another one.
    pub(crate) fn forget(&self) {
        self.versions.forget();
        self.decisions.forget();
        self.runs.forget();
        self.verifications.forget();
    }

    /// Looks whether anybody decided which snapshot is served, by one question to the storage, or at all decisions.
    pub(crate) async fn look_for_decisions(&self, at_all: bool) -> Result<(), ServingError> {
        self.decisions.look(at_all).await
    }

    /// What all decisions come to, as far as was looked.
    pub(crate) fn standing(&self) -> Arc<Standing> {
        self.decisions.standing()
    }

    /// The newest snapshots of the lake, newest first, whether held or not, and the versions as new as they that are none,
    /// or bad.
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

    /// The newest runs that have ended in the lake, newest first.
    pub(crate) async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        self.runs.newest(n_most).await.map_err(|error| unreadable(&error))
    }

    /// Looks for the verifications of a snapshot and of all newer ones.
    pub(crate) async fn look_for_verifications(&self, from: SnapshotId) {
        self.verifications.look(from).await;
    }

    /// A snapshot with what its last verification found, as far as was looked.
    pub(crate) fn with_verification(&self, info: SnapshotInfo) -> SnapshotInfo {
        SnapshotInfo { verification: self.verifications.of(info.id), ..info }
    }
}

/// Says that a list cannot be read.
fn unreadable(error: &ServingError) -> ServiceError {
    let code = if error.is_retryable() { Code::Unavailable } else { Code::Internal };
    ServiceError::new(code, error.to_string())
}
