//! The runs of the etl, from the records that they leave in the lake.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use clio_lake::{Lake, RunName};
use clio_proto::RunInfo;
use tracing::warn;

use crate::error::ServingError;

/// The largest number of runs in a list.
const MAX_RUNS: usize = 1_000;

/// The runs of a lake read so far. A record never changes, so that it is read once.
#[derive(Debug)]
pub(super) struct RunList {
    lake: Lake,
    /// By name; `None` for one that cannot be read.
    records: Mutex<BTreeMap<RunName, Option<Arc<RunInfo>>>>,
}

impl RunList {
    pub(super) fn new(lake: Lake) -> Self {
        Self { lake, records: Mutex::default() }
    }

    pub(super) fn forget(&self) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The newest finished runs, newest first.
    pub(super) async fn newest(&self, n_most: usize) -> Result<Vec<RunInfo>, ServingError> {
        let mut names = self.lake.run_names().await?;
        names.truncate(n_most.min(MAX_RUNS));
        let is_new = |name: &&RunName| self.get(name).is_none();
        let new: Vec<RunName> = names.iter().filter(is_new).cloned().collect();
        for (name, record) in self.lake.run_records(new).await? {
            let record = record.map(|record| Arc::new(RunInfo::from(record))).map_err(|error| {
                warn!(%error, "run record left out of the list");
            });
            self.put(name, record.ok());
        }
        let known = names.iter().filter_map(|name| self.get(name)?);
        Ok(known.map(|record| RunInfo::clone(&record)).collect())
    }

    fn get(&self, name: &RunName) -> Option<Option<Arc<RunInfo>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps a record as long as it is one of the newest.
    fn put(&self, name: RunName, record: Option<Arc<RunInfo>>) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.insert(name, record);
        while records.len() > MAX_RUNS {
            records.pop_first();
        }
    }
}
