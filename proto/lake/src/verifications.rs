//! Exact recounts of snapshots: written once by the recount; the latest of each version is read by serving.

use std::collections::BTreeMap;

use clio_proto::SnapshotId;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore as _, ObjectStoreExt as _};
use url::Url;

use crate::error::LakeError;
use crate::format::{VERIFICATIONS_FOLDER, Verification, verification_prefix};
use crate::is_transient;
use crate::lake::Lake;
use crate::records::{UnreadableRecord, parse_record};
use crate::table::DeltaFolder;

/// The file of a verification. Equal values have equal content; among those of one version, the later one is
/// greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerificationFile {
    version: u64,
    modified: Timestamp,
    location: Path,
}

impl VerificationFile {
    /// The snapshot that was verified.
    pub fn snapshot(&self) -> SnapshotId {
        SnapshotId(self.version)
    }

    /// `None` for a file that is not ours.
    fn of(meta: ObjectMeta) -> Option<Self> {
        let (version, _) = meta.location.filename()?.strip_suffix(".json")?.split_once('-')?;
        let modified = Timestamp::from_microsecond(meta.last_modified.timestamp_micros());
        Some(Self {
            version: version.parse().ok()?,
            modified: modified.unwrap_or_default(),
            location: meta.location,
        })
    }
}

impl Lake {
    /// The latest verification of a snapshot, and of each newer one that has any.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn last_verifications(
        &self,
        from: SnapshotId,
    ) -> Result<Vec<VerificationFile>, LakeError> {
        let store = self.store(VERIFICATIONS_FOLDER)?;
        let offset = Path::from(verification_prefix(from));
        let found: Result<Vec<ObjectMeta>, _> =
            store.list_with_offset(None, &offset).try_collect().await;
        let files = match found {
            // Nothing has been verified yet.
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            found => found.map_err(|error| self.silent(&error))?,
        };
        let mut last: BTreeMap<u64, VerificationFile> = BTreeMap::new();
        for file in files.into_iter().filter_map(VerificationFile::of) {
            let last = last.entry(file.version).or_insert_with(|| file.clone());
            if file > *last {
                *last = file;
            }
        }
        Ok(last.into_values().collect())
    }

    /// Reads a verification, or returns why it cannot be read.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn verification(
        &self,
        file: &VerificationFile,
    ) -> Result<Result<Verification, UnreadableRecord>, LakeError> {
        let store = self.store(VERIFICATIONS_FOLDER)?;
        let bytes = async { store.get(&file.location).await?.bytes().await };
        let bytes = bytes.await.map_err(|error: object_store::Error| self.silent(&error))?;
        let read = parse_record::<Verification>(&file.location, &bytes);
        Ok(read.and_then(|verification| match verification.snapshot {
            found if found == file.snapshot() => Ok(verification),
            found => Err(UnreadableRecord::new::<Verification>(
                &file.location,
                &format_args!("it is of snapshot {found}"),
            )),
        }))
    }
}

/// Writes a verification beside the existing ones.
///
/// # Errors
///
/// Where the lake cannot be written.
pub async fn write_verification(lake: &Url, verification: &Verification) -> Result<(), LakeError> {
    let folder = DeltaFolder::open(lake, VERIFICATIONS_FOLDER)?;
    let failed = |error: &(dyn std::error::Error + 'static)| LakeError::Storage {
        url: format!("{lake}{VERIFICATIONS_FOLDER}/"),
        reason: format!("the verification cannot be written: {error}"),
        is_transient: is_transient(error),
    };
    let text = serde_json::to_vec_pretty(verification).map_err(|error| failed(&error))?;
    let path = Path::from(verification.file_name());
    folder.store().put(&path, text.into()).await.map_err(|error| failed(&error))?;
    Ok(())
}
