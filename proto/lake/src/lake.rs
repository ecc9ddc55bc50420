//! A lake by its address: what serving opens in it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use deltalake::{DeltaTableBuilder, DeltaTableError};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use url::Url;

use crate::cell_table::CellTable;
use crate::damage::Damage;
use crate::error::{LakeError, in_words};
use crate::format::{CELLS_TABLE, LOOKUPS_FOLDER};
use crate::log;
use crate::sound::SoundFile;
use crate::table::checksum_of;

/// A lake's address, with access to what is below it.
#[derive(Debug, Clone)]
pub struct Lake {
    /// Ends in a slash, so that paths can be joined to it.
    url: Url,
}

impl Lake {
    /// Takes a lake's address, whether or not anything is there.
    ///
    /// # Errors
    ///
    /// Where no storage is known for the address.
    pub fn try_new(url: &Url) -> Result<Self, LakeError> {
        let mut url = url.clone();
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let lake = Self { url };
        lake.store(CELLS_TABLE)?;
        Ok(lake)
    }

    /// Its address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Opens the table of cells at its newest version, or at the one given.
    ///
    /// # Errors
    ///
    /// [`LakeError::NoSnapshot`] where there is no table, others where the storage fails or the log cannot be read.
    pub async fn open_cells(&self, version: Option<u64>) -> Result<CellTable, LakeError> {
        let log = self.builder(CELLS_TABLE)?.build_storage();
        let log = log.map_err(|error| self.silent(&error))?;
        let exists = log.is_delta_table_location().await;
        if !exists.map_err(|error| self.silent(&error))? {
            return Err(self.missing());
        }
        let loaded = log::load(&log, &self.folder(CELLS_TABLE)?, version).await;
        let table = loaded.map_err(|error| self.delta_error(&error))?.table;
        Ok(CellTable::new(self.clone(), table))
    }

    /// The files of a version of a lookup, in the order of their names.
    ///
    /// # Errors
    ///
    /// Where the storage fails, and [`LakeError::Damaged`] for a file that differs from what the log says.
    pub async fn lookup_files(
        &self,
        name: &str,
        version: u64,
    ) -> Result<Vec<SoundFile>, LakeError> {
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
        let store: Arc<dyn ObjectStore> = table.object_store();
        let mut files = Vec::with_capacity(found.len());
        for (location, size_bytes, checksum) in found {
            let bytes = self.read(store.as_ref(), &location).await?;
            let file = SoundFile::check(bytes, size_bytes, checksum);
            files.push(file.map_err(|problem| {
                let (table, path) = (folder.clone(), location.to_string());
                LakeError::Damaged(Damage { table, path, period: None, problem })
            })?);
        }
        Ok(files)
    }

    /// The files of a folder of the lake.
    pub(crate) fn store(&self, folder: &str) -> Result<Arc<dyn ObjectStore>, LakeError> {
        let log = self.builder(folder)?.build_storage().map_err(|error| self.silent(&error))?;
        Ok(log.object_store(None))
    }

    /// The bytes of a file; `None` where it does not exist.
    pub(crate) async fn read(
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

    /// The error for a lake that does not answer.
    pub(crate) fn silent(&self, problem: &dyn fmt::Display) -> LakeError {
        LakeError::Storage {
            url: self.url.to_string(),
            reason: in_words(&problem.to_string()),
            is_transient: true,
        }
    }

    /// The error for a lake without a snapshot.
    pub(crate) fn missing(&self) -> LakeError {
        LakeError::NoSnapshot { url: self.url.to_string() }
    }

    /// The Delta library's error, in our words.
    pub(crate) fn delta_error(&self, error: &DeltaTableError) -> LakeError {
        match error {
            DeltaTableError::NotATable(_) => self.missing(),
            error => self.silent(error),
        }
    }

    fn builder(&self, table: &str) -> Result<DeltaTableBuilder, LakeError> {
        DeltaTableBuilder::from_url(self.folder(table)?).map_err(|error| self.silent(&error))
    }

    fn folder(&self, table: &str) -> Result<Url, LakeError> {
        self.url.join(&format!("{table}/")).map_err(|error| self.silent(&error))
    }
}
