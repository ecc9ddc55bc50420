//! The records of runs in the lake: written once at a run's end, read by whoever asks what happened.

use clio_proto::{RUNS_FOLDER, RunRecord};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload};
use url::Url;

use crate::error::LakeError;
use crate::is_transient;
use crate::staging::plain;
use crate::table::DeltaFolder;

/// How many records are read at once.
const N_CONCURRENT: usize = 16;

/// Writes a run's record; one that is there already stays.
///
/// # Errors
///
/// Where the lake cannot be written.
pub async fn write_run(lake: &Url, record: &RunRecord) -> Result<(), LakeError> {
    let folder = DeltaFolder::open(lake, RUNS_FOLDER)?;
    let failed = |error: &(dyn std::error::Error + 'static)| LakeError::Storage {
        url: format!("{lake}{RUNS_FOLDER}/"),
        reason: format!("the record of run {} cannot be written: {error}", record.run),
        is_transient: is_transient(error),
    };
    let text = serde_json::to_vec_pretty(record).map_err(|error| failed(&error))?;
    let path = Path::from(format!("{}.json", plain(record.run.as_str())));
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match folder.store().put_opts(&path, PutPayload::from(text), options).await {
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(failed(&error)),
    }
}

/// The newest runs of a lake that have ended, newest first. A lake that is not there has none.
///
/// # Errors
///
/// Where the lake does not answer, or a record cannot be read.
pub async fn runs(lake: &Url, n_most: usize) -> Result<Vec<RunRecord>, LakeError> {
    let folder = DeltaFolder::open(lake, RUNS_FOLDER)?;
    let failed = |reason: String, is_transient| LakeError::Storage {
        url: format!("{lake}{RUNS_FOLDER}/"),
        reason,
        is_transient,
    };
    let unread = |error: object_store::Error| failed(error.to_string(), is_transient(&error));
    let mut names: Vec<Path> = folder
        .store()
        .list(None)
        .map_ok(|meta| meta.location)
        .try_filter(|path| std::future::ready(path.extension() == Some("json")))
        .try_collect()
        .await
        .map_err(unread)?;
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.truncate(n_most);
    let store = folder.store();
    let records = futures::stream::iter(names).map(|name| async move {
        let bytes = async { store.get(&name).await?.bytes().await };
        let bytes = bytes.await.map_err(unread)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| failed(format!("{name} is no record of a run: {error}"), false))
    });
    records.buffered(N_CONCURRENT).try_collect().await
}
