//! Opening a table by its log, even if a checkpoint of it is damaged.
//!
//! A checkpoint repeats what the commits before it say, to be read instead of them. As long as those are still there,
//! the log can be read without a damaged checkpoint.

use std::collections::BTreeSet;
use std::sync::Arc;

use deltalake::logstore::{LogStoreRef, commit_uri_from_version};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use url::Url;

use crate::commit::Commit;
use crate::guarded::{Guard, Guarded};
use crate::is_transient;

pub(crate) const LOG_FOLDER: &str = "_delta_log";
/// The file that names the newest checkpoint.
pub(crate) const HINT: &str = "_last_checkpoint";

/// A table as read from its log.
pub(crate) struct Loaded {
    pub(crate) table: DeltaTable,
    /// The checkpoints that were ignored, below the table's folder; the log store of the table hides them.
    pub(crate) passed_over: Vec<String>,
}

/// Opens a table at a version, or at the newest.
pub(crate) async fn load(
    log: &LogStoreRef,
    url: &Url,
    version: Option<u64>,
) -> Result<Loaded, DeltaTableError> {
    let error = match open(log, version).await {
        Ok(table) => return Ok(Loaded { table, passed_over: Vec::new() }),
        Err(error @ DeltaTableError::NotATable(_)) => return Err(error),
        Err(error) if is_transient(&error) => return Err(error),
        Err(error) => error,
    };
    let Ok(names) = list(log.object_store(None).as_ref()).await else { return Err(error) };
    let checkpoints: BTreeSet<u64> = names.iter().filter_map(|name| checkpoint_of(name)).collect();
    if checkpoints.is_empty() && names.iter().all(|name| name != HINT) {
        return Err(error);
    }
    // First without the file that names the newest checkpoint, then without the newest checkpoint, the one before, and
    // so on.
    for first_hidden in std::iter::once(u64::MAX).chain(checkpoints.into_iter().rev()) {
        let without = without_checkpoints(log, url, first_hidden)?;
        let Ok(table) = open(&without, version).await else { continue };
        let is_hidden = |name: &&String| is_hidden(name, first_hidden);
        let passed_over: Vec<String> =
            names.iter().filter(is_hidden).map(|name| format!("{LOG_FOLDER}/{name}")).collect();
        tracing::warn!(
            table = %url, %error, checkpoints = ?passed_over,
            "a checkpoint is damaged: the log is read from its commits, of which `clio etl run` writes a new checkpoint"
        );
        return Ok(Loaded { table, passed_over });
    }
    Err(error)
}

async fn open(log: &LogStoreRef, version: Option<u64>) -> Result<DeltaTable, DeltaTableError> {
    let mut table = DeltaTable::new(Arc::clone(log));
    match version {
        None => table.load().await?,
        Some(version) => table.load_version(version).await?,
    }
    Ok(table)
}

/// The names of the files of a log, in order.
pub(crate) async fn list(store: &dyn ObjectStore) -> object_store::Result<Vec<String>> {
    let folder = Path::from(LOG_FOLDER);
    let listed: Result<Vec<Path>, _> =
        store.list(Some(&folder)).map_ok(|meta| meta.location).try_collect().await;
    let listed = match listed {
        Err(object_store::Error::NotFound { .. }) => Vec::new(),
        listed => listed?,
    };
    let mut names: Vec<String> =
        listed.iter().filter_map(|path| Some(path.filename()?.to_owned())).collect();
    names.sort_unstable();
    Ok(names)
}

/// The version of a checkpoint's file, from its name.
pub(crate) fn checkpoint_of(name: &str) -> Option<u64> {
    let (version, rest) = name.split_once('.')?;
    let is_checkpoint = rest.starts_with("checkpoint.") && version.len() == 20;
    is_checkpoint.then(|| version.parse().ok())?
}

/// The version of a commit's file, from its name.
pub(crate) fn commit_of(name: &str) -> Option<u64> {
    let version = name.strip_suffix(".json")?;
    (version.len() == 20).then(|| version.parse().ok())?
}

/// When a version was committed, even if it cannot be read: as its commit says, or else the storage's time of the
/// commit's file; `None` where the file does not exist.
pub(crate) async fn time_of(
    store: &dyn ObjectStore,
    version: u64,
) -> object_store::Result<Option<Timestamp>> {
    let found = match store.get(&commit_uri_from_version(Some(version))).await {
        Ok(found) => found,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let modified = Timestamp::from_microsecond(found.meta.last_modified.timestamp_micros()).ok();
    Ok(Commit::time_of(&found.bytes().await?).or(modified))
}

fn is_hidden(name: &str, first_hidden: u64) -> bool {
    name == HINT || checkpoint_of(name).is_some_and(|version| version >= first_hidden)
}

/// Hides checkpoints.
#[derive(Debug)]
struct WithoutCheckpoints {
    first_hidden: u64,
}

impl Guard for WithoutCheckpoints {
    fn hides(&self, path: &Path) -> bool {
        path.filename().is_some_and(|name| is_hidden(name, self.first_hidden))
    }
}

/// The same log, without its checkpoints from a version on.
pub(crate) fn without_checkpoints(
    log: &LogStoreRef,
    url: &Url,
    first_hidden: u64,
) -> Result<LogStoreRef, DeltaTableError> {
    behind(log, url, Arc::new(WithoutCheckpoints { first_hidden }))
}

/// The same log behind a guard.
pub(crate) fn behind<G: Guard>(
    log: &LogStoreRef,
    url: &Url,
    guard: Arc<G>,
) -> Result<LogStoreRef, DeltaTableError> {
    let store = Arc::new(Guarded::new(log.root_object_store(None), guard));
    DeltaTableBuilder::from_url(url.clone())?
        .with_storage_backend(store, url.clone())
        .build_storage()
}

/// Why a checkpoint's bytes cannot be read, if so.
pub(crate) fn checkpoint_fault(bytes: bytes::Bytes) -> Option<String> {
    let read = || {
        for batch in ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()? {
            batch?;
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    read().err().map(|error| error.to_string())
}
