//! Whether the files of a table match its log, and the log its checkpoints.

use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::Period;
use deltalake::{DeltaTable, DeltaTableError};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde_json::Value;
use url::Url;

use super::{DeltaFolder, LakeFile, TableState, checksum_of};
use crate::checksum::Checksum;
use crate::damage::Damage;
use crate::error::LakeError;
use crate::{is_transient, log};

/// What a log says of a version: files, columns and the like, and the protocol needed to read it.
type SaidByLog = (BTreeSet<(String, i64, Option<Checksum>)>, Value, Value);

impl DeltaFolder {
    /// Reads some files to their end; returns what is wrong with them, ordered by path. Files already read through the
    /// same folder are not read again.
    ///
    /// # Errors
    ///
    /// Where the storage fails, so that the answer is unknown.
    pub async fn damaged(&self, files: &[LakeFile]) -> Result<Vec<Damage>, LakeError> {
        let found = self.sums.damaged(&self.raw, files).await;
        found.map_err(|error| LakeError::storage(&self.url, &error))
    }

    /// The first damaged file that a reader of [`store`](Self::store) ran into. An engine may wrap the failure in its
    /// own words.
    pub fn met_damage(&self) -> Option<Damage> {
        self.sums.met()
    }

    /// Replaces damaged checkpoints by a new one; returns the names of those deleted.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn renew_checkpoint(&self, state: &TableState) -> Result<Vec<String>, LakeError> {
        if state.passed_over.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |error: &DeltaTableError| LakeError::delta(&self.url, error);
        let mut broken = Vec::new();
        for path in &state.passed_over {
            let Some(version) = path.rsplit('/').next().and_then(log::checkpoint_of) else {
                // The file that names the newest checkpoint is rewritten with it.
                broken.push(path.clone());
                continue;
            };
            let by_commits =
                self.files_by_log(version, version).await.map_err(|error| failed(&error))?;
            let is_sound = match self.files_by_log(version, version + 1).await {
                Ok(said) => said == by_commits,
                Err(error) => is_transient(&error),
            };
            if !is_sound {
                broken.push(path.clone());
            }
        }
        // They are deleted first, since the new one may have the name of one of them.
        for path in &broken {
            match self.raw.delete(&Path::from(path.as_str())).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(LakeError::storage(&self.url, &error)),
            }
        }
        // The state's table hides the checkpoints it was opened without, and would hide the new one too.
        let loaded = log::load(&self.log_store, &self.url, Some(state.version)).await;
        let table = loaded.map_err(|error| failed(&error))?.table;
        let created = deltalake::checkpoints::create_checkpoint(&table, None).await;
        created.map_err(|error| failed(&error))?;
        Ok(broken)
    }

    /// Whether the file that names the newest checkpoint exists but names none.
    pub(crate) async fn has_wrong_hint(&self) -> Result<bool, LakeError> {
        let failed = |error: object_store::Error| LakeError::storage(&self.url, &error);
        let folder = Path::from(log::LOG_FOLDER);
        let hint = match self.raw.get(&folder.clone().join(log::HINT)).await {
            Ok(found) => found.bytes().await.map_err(failed)?,
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        let hint: Option<Value> = serde_json::from_slice(&hint).ok();
        let Some(version) = hint.and_then(|hint| hint["version"].as_u64()) else { return Ok(true) };
        let names = log::list(self.raw.as_ref()).await.map_err(failed)?;
        Ok(!names.iter().any(|name| log::checkpoint_of(name) == Some(version)))
    }

    /// Its folder below the lake.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The files, unchecked.
    pub(crate) fn files(&self) -> &Arc<dyn ObjectStore> {
        &self.raw
    }

    /// The files of a version with their checksums, and its columns and the like, as the log gives them without the
    /// checkpoints from one on.
    pub(crate) async fn files_by_log(
        &self,
        version: u64,
        first_hidden: u64,
    ) -> Result<SaidByLog, DeltaTableError> {
        let without = log::without_checkpoints(&self.log_store, &self.url, first_hidden)?;
        let mut table = DeltaTable::new(without);
        table.load_version(version).await?;
        let snapshot = table.snapshot()?;
        let data = snapshot.log_data();
        let files =
            data.iter().map(|file| (file.path().into_owned(), file.size(), checksum_of(&file)));
        let metadata = serde_json::to_value(snapshot.metadata())?;
        Ok((files.collect(), metadata, serde_json::to_value(snapshot.protocol())?))
    }
}

/// The ancestors of a state's periods that the state lacks.
pub fn absent_parents(state: &TableState) -> BTreeSet<Period> {
    let present: BTreeSet<Period> = state.files.iter().filter_map(|file| file.period).collect();
    let mut absent = BTreeSet::new();
    for period in &present {
        let mut at = *period;
        while let Some(parent) = at.parent() {
            if !present.contains(&parent) {
                absent.insert(parent);
            }
            at = parent;
        }
    }
    absent
}
