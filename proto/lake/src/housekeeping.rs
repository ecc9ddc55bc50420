//! What a lake holds, and what of it may go.

use clio_proto::RunId;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::error::LakeError;
use crate::format::{CELLS_TABLE, LOOKUPS_FOLDER};
use crate::table::{DeltaFolder, TableState};

/// One snapshot in the lake's history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LakeSnapshot {
    /// The version of the table of cells.
    pub version: u64,
    /// When it was committed, if the commit says so.
    pub committed_at: Option<Timestamp>,
    /// What Delta calls the commit: `WRITE` of a run, `DELETE` where months were retired, `VACUUM START` and
    /// `VACUUM END` of housekeeping, which changes no cell.
    pub operation: String,
    /// The run that committed it, or the retirement; `None` of other commits.
    pub run: Option<RunId>,
    /// The days that the run rebuilt, in order.
    pub days: Vec<Date>,
    /// Why what the commit says of its snapshot cannot be read, if so: it is damaged, or of a newer version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// What a vacuum deleted, or would.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VacuumReport {
    /// Nothing was deleted: these files would be.
    pub dry_run: bool,
    /// Files that no snapshot needs any more, below the lake's folder, in order.
    pub files: Vec<String>,
}

/// Lists a lake's snapshots, the newest first, at most `limit`.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read.
pub async fn snapshots(lake: &Url, limit: Option<usize>) -> Result<Vec<LakeSnapshot>, LakeError> {
    let (cells, state) = open(lake).await?;
    let versions = cells.history(&state, limit).await?;
    let snapshots = versions.into_iter().map(|version| {
        let at = version.committed_millis;
        let (metadata, unreadable) = match version.metadata.transpose() {
            Ok(metadata) => (metadata, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let (run, days) = metadata.map(|clio| (clio.run, clio.days)).unzip();
        LakeSnapshot {
            version: version.version,
            committed_at: at.and_then(|millis| Timestamp::from_millisecond(millis).ok()),
            operation: version.operation,
            run,
            days: days.unwrap_or_default(),
            unreadable,
        }
    });
    Ok(snapshots.collect())
}

/// Deletes the files of cells and lookups that no snapshot of the last `keep` before `now` needs, and what dead runs left
/// behind before that.
///
/// Safe beside runs and readers that are younger than `keep`: a service holds its snapshot in memory, and a file
/// that a run has just written is young. Older snapshots can no longer be read.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read, or a file cannot be deleted; what was deleted
/// until then was needed by nobody.
pub async fn vacuum(
    lake: &Url,
    keep: SignedDuration,
    now: Timestamp,
    dry_run: bool,
) -> Result<VacuumReport, LakeError> {
    let (cells, state) = open(lake).await?;
    let keep = chrono::Duration::milliseconds(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX));
    let now = now.as_millisecond();
    let lookups = cells.metadata(&state).await?.map(|metadata| metadata.lookups);
    let mut files = below(CELLS_TABLE, cells.vacuum(&state, keep, now, dry_run).await?);
    for name in lookups.unwrap_or_default().into_keys() {
        let folder = format!("{LOOKUPS_FOLDER}/{name}");
        let table = DeltaFolder::open(lake, &folder)?;
        if let Some(state) = table.state().await? {
            files.extend(below(&folder, table.vacuum(&state, keep, now, dry_run).await?));
        }
    }
    files.sort_unstable();
    Ok(VacuumReport { dry_run, files })
}

/// The table of cells of a lake that is there.
pub(crate) async fn open(lake: &Url) -> Result<(DeltaFolder, TableState), LakeError> {
    let cells = DeltaFolder::open(lake, CELLS_TABLE)?;
    match cells.state().await? {
        Some(state) => Ok((cells, state)),
        None => Err(LakeError::NoSnapshot { url: lake.to_string() }),
    }
}

fn below(folder: &str, files: Vec<String>) -> Vec<String> {
    files.into_iter().map(|file| format!("{folder}/{file}")).collect()
}
