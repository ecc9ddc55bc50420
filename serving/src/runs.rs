//! The runs of the etl, from the records that they leave in the lake.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use clio_proto::{Code, RUNS_FOLDER, RunRecord, ServiceError};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;

use crate::cubes::Cubes;
use crate::error::ServingError;

/// The most runs that are listed at once.
const MAX_RUNS: usize = 1_000;
/// How many records are read at once.
const N_CONCURRENT: usize = 16;

/// The records that were read so far, by name. One never changes, so that it is read once.
#[derive(Debug, Default)]
pub(crate) struct RunHistory {
    records: Mutex<BTreeMap<Path, Arc<RunRecord>>>,
}

impl RunHistory {
    /// Forgets everything: the lake is another one.
    pub(crate) fn clear(&self) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn get(&self, name: &Path) -> Option<Arc<RunRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps a record as long as it is one of the newest.
    fn put(&self, name: Path, record: Arc<RunRecord>) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.insert(name, record);
        while records.len() > MAX_RUNS {
            records.pop_first();
        }
    }
}

impl Cubes {
    /// The newest runs that have ended in the lake, newest first.
    pub(crate) async fn run_history(&self, n_most: usize) -> Result<Vec<RunRecord>, ServiceError> {
        self.read_runs(n_most.min(MAX_RUNS)).await.map_err(|error| {
            let code = if error.is_retryable() { Code::Unavailable } else { Code::Internal };
            ServiceError::new(code, error.to_string())
        })
    }

    async fn read_runs(&self, n_most: usize) -> Result<Vec<RunRecord>, ServingError> {
        let store = self.lake().store(RUNS_FOLDER)?;
        // Names begin with the run's time.
        let mut names: Vec<Path> = store
            .list(None)
            .map_ok(|meta| meta.location)
            .try_filter(|path| std::future::ready(path.extension() == Some("json")))
            .try_collect()
            .await
            .map_err(|error| self.lake().silent(&error))?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        names.truncate(n_most);
        let store = &store;
        let records = futures::stream::iter(names).map(|name| async move {
            if let Some(known) = self.run_cache().get(&name) {
                return Ok(RunRecord::clone(&known));
            }
            let bytes = self.lake().read(store.as_ref(), &name).await?;
            let record: RunRecord = serde_json::from_slice(&bytes).map_err(|error| {
                self.lake().silent(&format_args!("{name} is no record of a run: {error}"))
            })?;
            self.run_cache().put(name, Arc::new(record.clone()));
            Ok(record)
        });
        records.buffered(N_CONCURRENT).try_collect().await
    }
}
