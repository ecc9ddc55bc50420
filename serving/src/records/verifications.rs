//! Exact recounts of snapshots, as `etl verify` stores them in the lake: the last one of each is shown.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use clio_lake::{Lake, VerificationFile};
use clio_proto::{SnapshotId, VerificationInfo};
use tracing::warn;

use crate::error::ServingError;

/// The last verification of each version, read so far. A file never changes, so that it is read once.
#[derive(Debug)]
pub(super) struct Verifications {
    lake: Lake,
    known: Mutex<BTreeMap<SnapshotId, Known>>,
}

/// The last file of a version.
#[derive(Debug)]
struct Known {
    file: VerificationFile,
    /// `None` where it cannot be read.
    info: Option<VerificationInfo>,
}

impl Verifications {
    pub(super) fn new(lake: Lake) -> Self {
        Self { lake, known: Mutex::default() }
    }

    pub(super) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The last one of a snapshot, read so far.
    pub(super) fn of(&self, id: SnapshotId) -> Option<VerificationInfo> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id)?.info.clone()
    }

    /// Looks for those of a snapshot and of all newer ones. Errors are logged: numbers are served whether verified or
    /// not.
    pub(super) async fn look(&self, from: SnapshotId) {
        if let Err(error) = self.try_look(from).await {
            warn!(%error, "verifications cannot be listed");
        }
    }

    async fn try_look(&self, from: SnapshotId) -> Result<(), ServingError> {
        for file in self.lake.last_verifications(from).await? {
            if self.is_known(&file) {
                continue;
            }
            let info = match self.lake.verification(&file).await? {
                Ok(verification) => verification.info(),
                Err(error) => {
                    warn!(%error, "verification left out");
                    None
                }
            };
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(file.snapshot(), Known { file, info });
        }
        Ok(())
    }

    fn is_known(&self, file: &VerificationFile) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&file.snapshot()).is_some_and(|known| known.file == *file)
    }
}
