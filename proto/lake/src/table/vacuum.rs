//! Deleting what no kept version of a table needs.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use deltalake::DeltaTable;
use deltalake::operations::vacuum::{Clock, VacuumMode};
use futures::TryStreamExt;
use object_store::path::Path;

use super::{DeltaFolder, TableState};
use crate::error::LakeError;
use crate::guarded::Guard;
use crate::log;

/// A clock that stands still.
#[derive(Debug)]
struct At(i64);

impl Clock for At {
    fn current_timestamp_millis(&self) -> i64 {
        self.0
    }
}

/// Hides the files of runs from a vacuum.
#[derive(Debug)]
struct Spared {
    /// The table's folder and the files, relative to the root of the store.
    paths: HashSet<Path>,
}

impl Guard for Spared {
    fn hides(&self, path: &Path) -> bool {
        self.paths.contains(path)
    }
}

impl DeltaFolder {
    /// Deletes the files that no version of the last `keep` needs and those that no version ever had, except spared
    /// ones; returns their paths below the table's folder.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or its contents cannot be read.
    pub async fn vacuum(
        &self,
        state: &TableState,
        keep: chrono::Duration,
        (now_millis, dry_run): (i64, bool),
        spared: &BTreeSet<String>,
    ) -> Result<Vec<String>, LakeError> {
        let table = self.without(state, spared).await?;
        let vacuum = |dry_run| {
            let builder = table.clone().vacuum().with_mode(VacuumMode::Full);
            let builder = builder.with_retention_period(keep).with_clock(Arc::new(At(now_millis)));
            // The caller decides; the library would refuse less than a week.
            builder.with_enforce_retention_duration(false).with_dry_run(dry_run)
        };
        let (_, found) = vacuum(true).await.map_err(|error| self.failed(&error))?;
        // The log still lists files that an earlier vacuum deleted.
        let there: HashSet<String> = table
            .object_store()
            .list(None)
            .map_ok(|meta| meta.location.to_string())
            .try_collect()
            .await
            .map_err(|error| self.failed(&error.into()))?;
        let mut files = found.files_deleted;
        files.retain(|file| there.contains(file));
        if !dry_run && !files.is_empty() {
            vacuum(false).await.map_err(|error| self.failed(&error))?;
        }
        Ok(files)
    }

    /// The table as if some files did not exist.
    async fn without(
        &self,
        state: &TableState,
        spared: &BTreeSet<String>,
    ) -> Result<DeltaTable, LakeError> {
        if spared.is_empty() {
            return Ok(state.table.clone());
        }
        let folder = Path::from_url_path(self.url.path())
            .map_err(|error| self.refused(error.to_string()))?;
        let in_root = |path: &String| {
            let below = Path::from(path.as_str());
            folder.parts().chain(below.parts()).collect::<Path>()
        };
        let guard = Arc::new(Spared { paths: spared.iter().map(in_root).collect() });
        let log = log::behind(&state.table.log_store(), &self.url, guard)
            .map_err(|error| self.failed(&error))?;
        let loaded = log::load(&log, &self.url, Some(state.version)).await;
        Ok(loaded.map_err(|error| self.failed(&error))?.table)
    }
}
