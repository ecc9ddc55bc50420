//! Small JSON files beside the tables: records of runs, verifications, and decisions.
//!
//! Each stands alone: one that cannot be read is reported by name, and does not keep others from
//! being read.

use std::fmt;

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::de::DeserializeOwned;

use crate::format::{
    DECISION_VERSION, DECISIONS_FOLDER, Decision, RUN_RECORD_VERSION, RUNS_FOLDER, RunRecord,
    VERIFICATION_VERSION, VERIFICATIONS_FOLDER, Verification,
};

/// How many records are read at once.
const N_CONCURRENT: usize = 16;

/// A kind of record.
pub(crate) trait Record: DeserializeOwned + Send {
    /// Its folder below the lake.
    const FOLDER: &'static str;
    /// What people call a record of this kind.
    const NAME: &'static str;
    /// The version of its format that this program reads.
    const VERSION: u32;
    /// What people can do about an unreadable one.
    const MEND: &'static str;
}

impl Record for RunRecord {
    const FOLDER: &'static str = RUNS_FOLDER;
    const NAME: &'static str = "record of a run";
    const VERSION: u32 = RUN_RECORD_VERSION;
    const MEND: &'static str = "delete it: nothing but lists of runs needs it";
}

impl Record for Verification {
    const FOLDER: &'static str = VERIFICATIONS_FOLDER;
    const NAME: &'static str = "verification";
    const VERSION: u32 = VERIFICATION_VERSION;
    const MEND: &'static str = "delete it; `clio etl verify` makes another one";
}

impl Record for Decision {
    const FOLDER: &'static str = DECISIONS_FOLDER;
    const NAME: &'static str = "decision";
    const VERSION: u32 = DECISION_VERSION;
    const MEND: &'static str = "bring it back from a copy, or delete it and decide again with `clio lake pin` or `clio lake mark-bad`: \
         until then no service serves a newer snapshot";
}

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} is not a {kind} that can be read: {problem}; {mend}")]
pub struct UnreadableRecord {
    /// The file, below the lake.
    pub file: String,
    /// The kind of record that it should be.
    pub kind: &'static str,
    /// Why it cannot be read.
    pub problem: String,
    /// What people can do about it.
    pub mend: &'static str,
}

impl UnreadableRecord {
    pub(crate) fn new<R: Record>(name: &Path, problem: &dyn fmt::Display) -> Self {
        Self {
            file: format!("{}/{name}", R::FOLDER),
            kind: R::NAME,
            problem: problem.to_string(),
            mend: R::MEND,
        }
    }
}

/// Parses the contents of a record's file.
pub(crate) fn parse_record<R: Record>(name: &Path, bytes: &[u8]) -> Result<R, UnreadableRecord> {
    let unreadable = |problem: &dyn fmt::Display| UnreadableRecord::new::<R>(name, problem);
    // The version first: the rest of a newer one may not match our type.
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
    if let Some(found) = value["format_version"].as_u64()
        && found != u64::from(R::VERSION)
    {
        let known = R::VERSION;
        return Err(unreadable(&format_args!("its format version is {found}, not {known}")));
    }
    serde_json::from_value(value).map_err(|error| unreadable(&error))
}

/// The names of the records in a folder, newest first: names begin with a time or a version.
pub(crate) async fn record_names(store: &dyn ObjectStore) -> object_store::Result<Vec<Path>> {
    let listed = store
        .list(None)
        .map_ok(|meta| meta.location)
        .try_filter(|path| std::future::ready(path.extension() == Some("json")))
        .try_collect::<Vec<_>>()
        .await;
    let mut names = match listed {
        Err(object_store::Error::NotFound { .. }) => Vec::new(),
        listed => listed?,
    };
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}

/// Reads some records, in the order of their names.
pub(crate) async fn read_records<R: Record>(
    store: &dyn ObjectStore,
    names: Vec<Path>,
) -> object_store::Result<Vec<(Path, Result<R, UnreadableRecord>)>> {
    let records = futures::stream::iter(names).map(|name| async move {
        let bytes = store.get(&name).await?.bytes().await?;
        let record = parse_record(&name, &bytes);
        Ok((name, record))
    });
    records.buffered(N_CONCURRENT).try_collect().await
}
