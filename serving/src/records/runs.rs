//! The runs of the etl, from the records that they leave in the lake.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use clio_lake::{Lake, RUNS_FOLDER, RunRecord, read_records, record_names};
use clio_proto::RunInfo;
use object_store::path::Path;
use tracing::warn;

use crate::error::ServingError;

/// The most runs that are listed at once.
const MAX_RUNS: usize = 1_000;

/// The runs of a lake, as far as they were read. A record never changes, so that it is read once.
#[derive(Debug)]
pub(super) struct RunList {
    lake: Lake,
    /// By name; `None` for one that cannot be read.
    records: Mutex<BTreeMap<Path, Option<Arc<RunInfo>>>>,
}

impl RunList {
    pub(super) fn new(lake: Lake) -> Self {
        Self { lake, records: Mutex::default() }
    }

    pub(super) fn forget(&self) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The newest runs that have ended, newest first.
    pub(super) async fn newest(&self, n_most: usize) -> Result<Vec<RunInfo>, ServingError> {
        let store = self.lake.store(RUNS_FOLDER)?;
        let silent = |error: object_store::Error| self.lake.silent(&error);
        let mut names = record_names(store.as_ref()).await.map_err(silent)?;
        names.truncate(n_most.min(MAX_RUNS));
        let is_new = |name: &&Path| self.get(name).is_none();
        let new: Vec<Path> = names.iter().filter(is_new).cloned().collect();
        for (name, record) in read_records(store.as_ref(), new).await.map_err(silent)? {
            let record = record.map(|it: RunRecord| Arc::new(RunInfo::from(it))).map_err(|error| {
                warn!(%error, "a record is left out of the list of runs");
            });
            self.put(name, record.ok());
        }
        let known = names.iter().filter_map(|name| self.get(name)?);
        Ok(known.map(|record| RunInfo::clone(&record)).collect())
    }

    fn get(&self, name: &Path) -> Option<Option<Arc<RunInfo>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps a record as long as it is one of the newest.
    fn put(&self, name: Path, record: Option<Arc<RunInfo>>) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.insert(name, record);
        while records.len() > MAX_RUNS {
            records.pop_first();
        }
    }
}
