//! Exact recounts of snapshots, as `etl verify` leaves them in the lake: the last one of each is shown.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use clio_lake::{Lake, VERIFICATIONS_FOLDER, Verification, parse_record, verification_prefix};
use clio_proto::{SnapshotId, VerificationInfo};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tracing::warn;

use crate::error::ServingError;

/// The last verification of each version, as far as was looked. A file never changes, so that it is read once.
#[derive(Debug)]
pub(super) struct Verifications {
    lake: Lake,
    known: Mutex<BTreeMap<u64, Known>>,
}

/// The last file of a version.
#[derive(Debug)]
struct Known {
    file: FileName,
    /// `None` where it cannot be read.
    info: Option<VerificationInfo>,
}

/// What tells one file from another, the later one greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FileName {
    modified: Timestamp,
    location: Path,
}

impl Verifications {
    pub(super) fn new(lake: Lake) -> Self {
        Self { lake, known: Mutex::default() }
    }

    pub(super) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The last one of a snapshot, as far as was looked.
    pub(super) fn of(&self, id: SnapshotId) -> Option<VerificationInfo> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id.0)?.info.clone()
    }

    /// Looks for those of a snapshot and of all newer ones. What goes wrong is logged: numbers are served
    /// whether somebody verified them or not.
    pub(super) async fn look(&self, from: SnapshotId) {
        if let Err(error) = self.try_look(from).await {
            warn!(%error, "verifications cannot be listed");
        }
    }

    async fn try_look(&self, from: SnapshotId) -> Result<(), ServingError> {
        let store = self.lake.store(VERIFICATIONS_FOLDER)?;
        let offset = Path::from(verification_prefix(from));
        let found: Result<Vec<ObjectMeta>, _> =
            store.list_with_offset(None, &offset).try_collect().await;
        let files = match found {
            Ok(files) => files,
            // Nobody verified anything yet.
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(self.lake.silent(&error).into()),
        };
        let mut last: BTreeMap<u64, FileName> = BTreeMap::new();
        for file in files {
            let Some(version) = version_of(&file.location) else { continue };
            let name = FileName {
                modified: Timestamp::from_microsecond(file.last_modified.timestamp_micros())
                    .unwrap_or_default(),
                location: file.location,
            };
            let last = last.entry(version).or_insert_with(|| name.clone());
            if name > *last {
                *last = name;
            }
        }
        for (version, file) in last {
            if !self.is_known(version, &file) {
                let info = read(store.as_ref(), SnapshotId(version), &file.location).await;
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                known.insert(version, Known { file, info });
            }
        }
        Ok(())
    }

    fn is_known(&self, version: u64, file: &FileName) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&version).is_some_and(|known| known.file == *file)
    }
}

/// The version in a file's name; `None` for a file of somebody else.
fn version_of(location: &Path) -> Option<u64> {
    let (version, _) = location.filename()?.strip_suffix(".json")?.split_once('-')?;
    version.parse().ok()
}

async fn read(
    store: &dyn ObjectStore,
    id: SnapshotId,
    location: &Path,
) -> Option<VerificationInfo> {
    let bytes = async { store.get(location).await?.bytes().await };
    let bytes = match bytes.await {
        Ok(bytes) => bytes,
        Err(error) => {
            warn!(%location, %error, "a verification cannot be read");
            return None;
        }
    };
    match parse_record::<Verification>(location, &bytes) {
        Ok(verification) if verification.snapshot == id => verification.info(),
        Ok(_) => {
            warn!(%location, "a verification is of another snapshot");
            None
        }
        Err(error) => {
            warn!(%error, "a verification is left out");
            None
        }
    }
}
