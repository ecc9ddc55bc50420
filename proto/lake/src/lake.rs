//! The lake as serving reads it: versions of the log, what commits say, files, lookups.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use clio_proto::Period;
use deltalake::logstore::{LogStoreRef, commit_uri_from_version, read_commit_entry};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use url::Url;

use crate::checksum::{Checksum, sum_of_files};
use crate::commit::Commit;
use crate::damage::{Damage, DamageProblem};
use crate::error::{LakeError, in_words};
use crate::format::{CELLS_TABLE, GRAIN_COLUMN, LOOKUPS_FOLDER, PERIOD_COLUMN};
use crate::log;
use crate::staging::{PARTITION_FOLDER, folder_of};
use crate::table::checksum_of;

/// A lake's address and the ways to read it.
#[derive(Debug, Clone)]
pub struct Lake {
    /// Ends in a slash, so that paths can be joined to it.
    url: Url,
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
    /// The sum of its bytes, says the log; one that format version 1 has added has none.
    pub checksum: Option<Checksum>,
}

impl CellFile {
    /// Compares the file's bytes with what the log says of them.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), DamageProblem> {
        let expected = u64::try_from(self.size_bytes).unwrap_or_default();
        verify(bytes, expected, self.checksum)
    }
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
            reason: in_words(&problem.to_string()),
            is_transient: true,
        }
    }

    /// The error that says that there is no snapshot.
    pub fn missing(&self) -> LakeError {
        LakeError::NoSnapshot { url: self.url.to_string() }
    }

    fn builder(&self, table: &str) -> Result<DeltaTableBuilder, LakeError> {
        DeltaTableBuilder::from_url(self.folder(table)?).map_err(|error| self.silent(&error))
    }

    fn folder(&self, table: &str) -> Result<Url, LakeError> {
        self.url.join(&format!("{table}/")).map_err(|error| self.silent(&error))
    }

    /// Opens the table of cells at its newest version, or at the one given.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or what it holds cannot be read.
    pub async fn open_cells(&self, version: Option<u64>) -> Result<DeltaTable, LakeError> {
        let log = self.open_log()?;
        let exists = log.is_delta_table_location().await;
        if !exists.map_err(|error| self.silent(&error))? {
            return Err(self.missing());
        }
        let loaded = log::load(&log, &self.folder(CELLS_TABLE)?, version).await;
        Ok(loaded.map_err(|error| self.delta_error(&error))?.table)
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
    /// Where the storage fails, and [`LakeError::Metadata`] for one whose version is no snapshot.
    pub async fn commit(
        &self,
        log: &LogStoreRef,
        version: u64,
    ) -> Result<Option<Commit>, LakeError> {
        let entry = read_commit_entry(log.object_store(None).as_ref(), version)
            .await
            .map_err(|error| self.silent(&error))?;
        let Some(bytes) = entry else { return Ok(None) };
        let commit = Commit::read(&self.url, version, &bytes)?;
        commit.refuse_fault(&self.url, version)?;
        Ok(Some(commit))
    }

    /// The bytes of a file; `None` where it is gone.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn read(
        &self,
        store: &dyn ObjectStore,
        location: &Path,
    ) -> Result<Option<Bytes>, LakeError> {
        match async { store.get(location).await?.bytes().await }.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.silent(&error)),
        }
    }

    /// The bytes of each file of a version of a lookup, in the order of their names.
    ///
    /// # Errors
    ///
    /// Where the storage fails, and [`LakeError::Damaged`] for a file that is not what the log says.
    pub async fn lookup_files(&self, name: &str, version: u64) -> Result<Vec<Bytes>, LakeError> {
        let folder = format!("{LOOKUPS_FOLDER}/{name}");
        let log = self.builder(&folder)?.build_storage().map_err(|error| self.silent(&error))?;
        let loaded = log::load(&log, &self.folder(&folder)?, Some(version)).await;
        let silent = |error| self.silent(&format_args!("lookup `{name}`: {error}"));
        let table = loaded.map_err(silent)?.table;
        let state = table.snapshot().map_err(|error| self.silent(&error))?;
        let mut found: Vec<_> = state
            .log_data()
            .iter()
            .map(|file| {
                let size_bytes = u64::try_from(file.size()).unwrap_or_default();
                (file.object_store_path(), size_bytes, checksum_of(&file))
            })
            .collect();
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let store = table.object_store();
        let mut files = Vec::with_capacity(found.len());
        for (location, size_bytes, checksum) in found {
            let damaged = |problem| {
                let (table, path) = (folder.clone(), location.to_string());
                LakeError::Damaged(Damage { table, path, period: None, problem })
            };
            let bytes = self.read(store.as_ref(), &location).await?;
            let bytes = bytes.ok_or_else(|| damaged(DamageProblem::Missing))?;
            verify(&bytes, size_bytes, checksum).map_err(damaged)?;
            files.push(bytes);
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
        if path.starts_with(PARTITION_FOLDER) && !path.starts_with(&folder_of(parsed)) {
            return Err(refuse(format!("the log says that it is of period {parsed}")));
        }
        files.push(CellFile {
            location: file.object_store_path(),
            period: parsed,
            n_rows: file.num_records(),
            size_bytes: file.size(),
            modified_millis: file.modification_time(),
            checksum: checksum_of(&file),
            path,
        });
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The sum of what the log says of files, as the metadata of their snapshot has it.
pub fn sum_of_cell_files(files: &[CellFile]) -> Checksum {
    sum_of_files(files.iter().map(|file| {
        let size_bytes = u64::try_from(file.size_bytes).unwrap_or_default();
        (file.path.as_str(), Some(file.period), size_bytes, file.checksum)
    }))
}

/// Compares bytes with what the log says of them; of a file of format version 1, it says their number.
fn verify(bytes: &[u8], size_bytes: u64, checksum: Option<Checksum>) -> Result<(), DamageProblem> {
    let found = bytes.len() as u64;
    if found != size_bytes {
        return Err(DamageProblem::Size { expected: size_bytes, found });
    }
    let Some(expected) = checksum else { return Ok(()) };
    let found = Checksum::of(bytes);
    if found == expected { Ok(()) } else { Err(DamageProblem::Checksum { expected, found }) }
}
