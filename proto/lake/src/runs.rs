//! The records of runs in the lake: written once at a run's end, read by whoever asks what happened.

use object_store::path::Path;
use object_store::{ObjectStore as _, PutMode, PutOptions, PutPayload};
use url::Url;

use crate::error::LakeError;
use crate::format::{RUNS_FOLDER, RunRecord};
use crate::housekeeping::{open, refuse_newer};
use crate::is_transient;
use crate::lake::Lake;
use crate::records::{UnreadableRecord, read_records, record_names};
use crate::staging::plain;
use crate::table::DeltaFolder;

/// The name of a run's record; names compare by the time when their runs began.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunName(Path);

impl Lake {
    /// The names of the records of runs that have ended, newest first.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn run_names(&self) -> Result<Vec<RunName>, LakeError> {
        let store = self.store(RUNS_FOLDER)?;
        let names = record_names(store.as_ref()).await.map_err(|error| self.silent(&error))?;
        Ok(names.into_iter().map(RunName).collect())
    }

    /// Reads the records of some runs, in the order of their names; an unreadable record yields an error in its place.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn run_records(
        &self,
        names: Vec<RunName>,
    ) -> Result<Vec<(RunName, Result<RunRecord, UnreadableRecord>)>, LakeError> {
        let store = self.store(RUNS_FOLDER)?;
        let names = names.into_iter().map(|name| name.0).collect();
        let read =
            read_records(store.as_ref(), names).await.map_err(|error| self.silent(&error))?;
        Ok(read.into_iter().map(|(name, record)| (RunName(name), record)).collect())
    }
}

/// Writes a run's record; an existing one stays as it is.
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

/// The newest runs of a lake that have ended, newest first; an unreadable record yields an error in its place. A lake
/// that does not exist has none.
///
/// # Errors
///
/// Where the lake does not answer, or was written by a newer program.
pub async fn runs(
    lake: &Url,
    n_most: usize,
) -> Result<Vec<Result<RunRecord, UnreadableRecord>>, LakeError> {
    if let Ok((cells, state)) = open(lake).await {
        refuse_newer(&cells, &state).await?;
    }
    let folder = DeltaFolder::open(lake, RUNS_FOLDER)?;
    let failed =
        |error: object_store::Error| LakeError::storage(format!("{lake}{RUNS_FOLDER}/"), &error);
    let mut names = record_names(folder.store().as_ref()).await.map_err(failed)?;
    names.truncate(n_most);
    let read = read_records(folder.store().as_ref(), names).await.map_err(failed)?;
    Ok(read.into_iter().map(|(_, record)| record).collect())
}
