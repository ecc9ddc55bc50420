//! The table of cells as serving follows it: a version, what commits say of it, and its files.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use clio_proto::Period;
use deltalake::DeltaTable;
use deltalake::logstore::{commit_uri_from_version, read_commit_entry};
use jiff::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::cell_file::{CellFile, cell_files};
use crate::checksum::Checksum;
use crate::commit::Commit;
use crate::damage::Damage;
use crate::error::LakeError;
use crate::format::{CELLS_TABLE, SnapshotMetadata};
use crate::lake::Lake;
use crate::log;
use crate::sound::SoundFile;

/// The table of cells, opened at one of its versions.
///
/// Always true: everything it returns is of that version, until it moves to another. Holds what the log says of the
/// version's files, and none of their bytes.
#[derive(Debug)]
pub struct CellTable {
    lake: Lake,
    table: DeltaTable,
}

/// Identifies a commit's file, to notice that another took its place because a lake was recreated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFile {
    e_tag: Option<String>,
    size_bytes: u64,
}

/// What commits say of a version.
#[derive(Debug, Clone)]
pub struct Said {
    /// When the version was committed; the Unix epoch where its commit does not say.
    pub committed_at: Timestamp,
    /// What the newest commit at or before the version that carries metadata says.
    pub metadata: Arc<SnapshotMetadata>,
    /// Whether another engine has since put the same cells into other files.
    pub is_rearranged: bool,
}

/// A file as the storage returned it, not yet compared with the log.
#[derive(Debug)]
pub struct FetchedFile {
    path: String,
    period: Period,
    size_bytes: u64,
    checksum: Option<Checksum>,
    /// `None` where it is gone.
    bytes: Option<Bytes>,
}

impl CellTable {
    pub(crate) fn new(lake: Lake, table: DeltaTable) -> Self {
        Self { lake, table }
    }

    /// The version.
    pub fn version(&self) -> u64 {
        self.table.version().unwrap_or_default()
    }

    /// Moves on to a later version, or to the newest, by the commits between.
    ///
    /// # Errors
    ///
    /// Where the storage fails or the log cannot be read: the table's version is then undefined.
    pub async fn move_on(&mut self, version: Option<u64>) -> Result<(), LakeError> {
        let moved = self.table.update_incremental(version).await;
        moved.map_err(|error| self.lake.delta_error(&error))
    }

    /// The file of a version's commit; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn commit_file(&self, version: u64) -> Result<Option<CommitFile>, LakeError> {
        let store = self.table.object_store();
        match store.head(&commit_uri_from_version(Some(version))).await {
            Ok(meta) => Ok(Some(CommitFile { e_tag: meta.e_tag, size_bytes: meta.size })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.lake.silent(&error)),
        }
    }

    /// What the newest commit at or before the version says of the snapshot, and when the version was committed.
    ///
    /// # Errors
    ///
    /// Where the storage fails; [`LakeError::NoSnapshot`] where nothing has been committed to the table yet,
    /// [`LakeError::NoMetadata`] where the log does not go back far enough, and [`LakeError::Metadata`] or
    /// [`LakeError::FormatVersion`] for a version that is not a snapshot.
    pub async fn said(&self) -> Result<Said, LakeError> {
        let version = self.version();
        let (mut committed_at, mut is_rearranged) = (None, false);
        for at in (0..=version).rev() {
            let Some(commit) = self.commit(at).await? else {
                let url = self.lake.url().to_string();
                return Err(LakeError::NoMetadata { url, version });
            };
            let when = commit.committed_at.unwrap_or(Timestamp::UNIX_EPOCH);
            let committed_at = *committed_at.get_or_insert(when);
            if let Some(metadata) = commit.metadata {
                return Ok(Said { committed_at, metadata, is_rearranged });
            }
            is_rearranged |= commit.changes_files;
        }
        // The table was created, but nothing has been committed to it yet.
        Err(self.lake.missing())
    }

    /// When the version was committed, even if its commit cannot be read: as the commit says, or else the storage's
    /// time of the commit's file.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn committed_at(&self) -> Result<Option<Timestamp>, LakeError> {
        let found = log::time_of(self.table.object_store().as_ref(), self.version()).await;
        found.map_err(|error| self.lake.silent(&error))
    }

    /// Reads one commit; `None` where the log does not go back that far.
    async fn commit(&self, version: u64) -> Result<Option<Commit>, LakeError> {
        let entry = read_commit_entry(self.table.object_store().as_ref(), version).await;
        let Some(bytes) = entry.map_err(|error| self.lake.silent(&error))? else {
            return Ok(None);
        };
        let commit = Commit::read(self.lake.url(), version, &bytes)?;
        commit.refuse_fault(self.lake.url(), version)?;
        Ok(Some(commit))
    }

    /// The columns, including the partition columns.
    ///
    /// # Errors
    ///
    /// Where no version is loaded.
    pub fn schema(&self) -> Result<SchemaRef, LakeError> {
        let state = self.table.snapshot().map_err(|error| self.lake.silent(&error))?;
        Ok(state.snapshot().arrow_schema())
    }

    /// The files of the version, by path.
    ///
    /// # Errors
    ///
    /// [`LakeError::File`] for a file outside of any period's partition, or with rows that another engine deleted in
    /// place.
    pub fn files(&self) -> Result<Vec<CellFile>, LakeError> {
        cell_files(&self.table)
    }

    /// Fetches a whole file.
    ///
    /// # Errors
    ///
    /// Where the storage fails. A missing file is not an error here: [`FetchedFile::check`] reports it.
    pub async fn fetch(&self, file: &CellFile) -> Result<FetchedFile, LakeError> {
        let store: Arc<dyn ObjectStore> = self.table.object_store();
        Ok(FetchedFile {
            path: file.path.clone(),
            period: file.period,
            size_bytes: u64::try_from(file.size_bytes).unwrap_or_default(),
            checksum: file.checksum,
            bytes: self.lake.read(store.as_ref(), &file.location).await?,
        })
    }
}

impl FetchedFile {
    /// Compares the bytes with what the log says of them. This hashes the whole file, so it belongs on a thread that
    /// may block.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn check(self) -> Result<SoundFile, Damage> {
        let Self { path, period, size_bytes, checksum, bytes } = self;
        SoundFile::check(bytes, size_bytes, checksum).map_err(|problem| Damage {
            table: CELLS_TABLE.to_owned(),
            path,
            period: Some(period),
            problem,
        })
    }
}
