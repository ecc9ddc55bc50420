//! The lake as serving reads it: versions of the log, what commits say, files, lookups.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use clio_proto::Period;
use deltalake::logstore::{LogStore, LogStoreRef, commit_uri_from_version, read_commit_entry};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use url::Url;

use crate::error::LakeError;
use crate::format::{
    CELLS_TABLE, GRAIN_COLUMN, LOOKUPS_FOLDER, PERIOD_COLUMN, SNAPSHOT_KEY, SnapshotMetadata,
};

/// A lake's address and the ways to read it.
#[derive(Debug, Clone)]
pub struct Lake {
    /// Ends in a slash, so that paths can be joined to it.
    url: Url,
}

/// What a commit of the table of cells says.
#[derive(Debug)]
pub struct Commit {
    /// When it was made.
    pub committed_at: Timestamp,
    /// What it says of the snapshot; another engine's commits say nothing.
    pub metadata: Option<Arc<SnapshotMetadata>>,
}

/// Tells a commit's file from another that took its place, when a lake was made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFile {
    e_tag: Option<String>,
    size_bytes: u64,
}

/// A file of cells that a version holds. Equal ones have equal content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFile {
    /// The path below the table, as people read it.
    pub path: String,
    /// Its size.
    pub size_bytes: i64,
    /// When it was added, says the log.
    pub modified_millis: i64,
    /// The path below the table, as the store takes it.
    pub location: Path,
    /// The period of its partition.
    pub period: Period,
    /// What the log says; another engine may not have counted.
    pub n_rows: Option<usize>,
}

impl Lake {
    /// Takes a lake's address; the error says that no storage is known for it.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub fn try_new(url: &Url) -> Result<Self, LakeError> {
        let mut url = url.clone();
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let lake = Self { url };
        lake.open_log()?;
        Ok(lake)
    }

    /// The log of the table of cells, whether or not there is one.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub fn open_log(&self) -> Result<LogStoreRef, LakeError> {
        self.builder(CELLS_TABLE)?.build_storage().map_err(|error| self.silent(&error))
    }

    /// The files of a folder of the lake.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub fn store(&self, folder: &str) -> Result<Arc<dyn ObjectStore>, LakeError> {
        let log = self.builder(folder)?.build_storage().map_err(|error| self.silent(&error))?;
        Ok(log.object_store(None))
    }

    /// Its address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The error that says that the lake does not answer.
    pub fn silent(&self, problem: &dyn fmt::Display) -> LakeError {
        LakeError::Storage {
            url: self.url.to_string(),
            reason: problem.to_string(),
            is_transient: true,
        }
    }

    /// The error that says that there is no snapshot.
    pub fn missing(&self) -> LakeError {
        LakeError::NoSnapshot { url: self.url.to_string() }
    }

    fn builder(&self, table: &str) -> Result<DeltaTableBuilder, LakeError> {
        let url = self.url.join(&format!("{table}/")).map_err(|error| self.silent(&error))?;
        DeltaTableBuilder::from_url(url).map_err(|error| self.silent(&error))
    }

    /// Opens the table of cells at its newest version, or at the one given.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub async fn open_cells(&self, version: Option<u64>) -> Result<DeltaTable, LakeError> {
        let mut table = self.builder(CELLS_TABLE)?.build().map_err(|error| self.silent(&error))?;
        let exists = table.verify_deltatable_existence().await;
        if !exists.map_err(|error| self.silent(&error))? {
            return Err(self.missing());
        }
        table.update_incremental(version).await.map_err(|error| self.delta_error(&error))?;
        Ok(table)
    }

    /// What the Delta library says, in our words.
    pub fn delta_error(&self, error: &DeltaTableError) -> LakeError {
        match error {
            DeltaTableError::NotATable(_) => self.missing(),
            error => self.silent(error),
        }
    }

    /// The file of a version's commit; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub async fn commit_file(
        &self,
        log: &LogStoreRef,
        version: u64,
    ) -> Result<Option<CommitFile>, LakeError> {
        match log.object_store(None).head(&commit_uri_from_version(Some(version))).await {
            Ok(meta) => Ok(Some(CommitFile { e_tag: meta.e_tag, size_bytes: meta.size })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.silent(&error)),
        }
    }

    /// Reads one commit; `None` where the log does not go back so far, or not yet that far.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub async fn commit(
        &self,
        log: &LogStoreRef,
        version: u64,
    ) -> Result<Option<Commit>, LakeError> {
        let entry = read_commit_entry(log.object_store(None).as_ref(), version)
            .await
            .map_err(|error| self.silent(&error))?;
        entry.map(|bytes| parse_commit(&self.url, version, &bytes)).transpose()
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub async fn read(&self, store: &dyn ObjectStore, location: &Path) -> Result<Bytes, LakeError> {
        let read = async { store.get(location).await?.bytes().await };
        read.await.map_err(|error| self.silent(&error))
    }

    /// The bytes of each file of a version of a lookup, in the order of their names.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub async fn lookup_files(&self, name: &str, version: u64) -> Result<Vec<Bytes>, LakeError> {
        let table = self
            .builder(&format!("{LOOKUPS_FOLDER}/{name}"))?
            .with_version(version)
            .load()
            .await
            .map_err(|error| self.silent(&format_args!("lookup `{name}`: {error}")))?;
        let state = table.snapshot().map_err(|error| self.silent(&error))?;
        let mut locations: Vec<Path> =
            state.log_data().iter().map(|file| file.object_store_path()).collect();
        locations.sort_unstable();
        let store = table.object_store();
        let mut files = Vec::with_capacity(locations.len());
        for location in &locations {
            files.push(self.read(store.as_ref(), location).await?);
        }
        Ok(files)
    }
}

/// The files that the loaded version of the table of cells holds, by path.
///
/// # Errors
///
/// [`LakeError::File`] for a file of no period, or with rows that another engine has deleted in place.
pub fn cell_files(table: &DeltaTable) -> Result<Vec<CellFile>, LakeError> {
    let Ok(state) = table.snapshot() else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for file in state.log_data().iter() {
        let path = file.path().into_owned();
        let refuse = |problem| LakeError::File { path: path.clone(), problem };
        if file.deletion_vector_descriptor().is_some() {
            return Err(refuse(
                "it has a deletion vector, which is not read: rewrite the file".to_owned(),
            ));
        }
        let partition = file.partition_values_map();
        let value = |column: &str| partition.get(column).cloned().flatten().unwrap_or_default();
        let (grain, period) = (value(GRAIN_COLUMN), value(PERIOD_COLUMN));
        let parsed = period.parse::<Period>().ok();
        let Some(parsed) = parsed.filter(|parsed| parsed.grain().as_str() == grain) else {
            return Err(refuse(format!(
                "grain `{grain}` and period `{period}` are no partition of cells"
            )));
        };
        files.push(CellFile {
            location: file.object_store_path(),
            period: parsed,
            n_rows: file.num_records(),
            size_bytes: file.size(),
            modified_millis: file.modification_time(),
            path,
        });
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads what a commit says of itself; its actions are left to the Delta library.
fn parse_commit(url: &Url, version: u64, bytes: &[u8]) -> Result<Commit, LakeError> {
    let refuse = |problem: String| LakeError::Metadata { url: url.to_string(), version, problem };
    let mut commit = Commit { committed_at: Timestamp::UNIX_EPOCH, metadata: None };
    for line in bytes.split(|byte| *byte == b'\n') {
        // Only one line is of interest, and the others can be many.
        if !line.trim_ascii_start().starts_with(b"{\"commitInfo\"") {
            continue;
        }
        let mut action: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(line).map_err(|error| refuse(error.to_string()))?;
        let info = action.remove("commitInfo").unwrap_or_default();
        let millis = ["inCommitTimestamp", "timestamp"].iter().find_map(|key| info[key].as_i64());
        commit.committed_at = millis
            .and_then(|millis| Timestamp::from_millisecond(millis).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        if let Some(value) = info.get(SNAPSHOT_KEY) {
            commit.metadata = Some(Arc::new(SnapshotMetadata::read(url, version, value)?));
        }
    }
    Ok(commit)
}
