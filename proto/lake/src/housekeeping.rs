//! What a lake holds, and which of it may be deleted.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::RunId;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::error::LakeError;
use crate::format::{CELLS_TABLE, LOOKUPS_FOLDER};
use crate::lake::Lake;
use crate::table::{DeltaFolder, TableState};

/// One of the snapshots of a lake.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LakeSnapshot {
    /// The version of the table of cells.
    pub version: u64,
    /// When it was committed, if the commit says so; for an unreadable commit, when its file was written.
    pub committed_at: Option<Timestamp>,
    /// Delta's name for the operation: `WRITE` for a run, `DELETE` where months were retired, `VACUUM START` and
    /// `VACUUM END` for housekeeping, which changes no cell.
    pub operation: String,
    /// The run or the retirement that committed it; `None` for other commits.
    pub run: Option<RunId>,
    /// The days that the run rebuilt, in order.
    pub days: Vec<Date>,
    /// Why its metadata cannot be read, if so: it is damaged, or of a newer version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// What a vacuum deleted, or would delete.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VacuumReport {
    /// Whether this was a dry run, which deletes nothing.
    pub dry_run: bool,
    /// Files that no snapshot needs, below the lake's folder, in order.
    pub files: Vec<String>,
}

/// Lists a lake's snapshots, the newest first, at most `limit`.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read.
pub async fn snapshots(lake: &Url, limit: Option<usize>) -> Result<Vec<LakeSnapshot>, LakeError> {
    let (cells, state) = open(lake).await?;
    refuse_newer(&cells, &state).await?;
    let versions = cells.versions(&state, limit).await?;
    let snapshots = versions.into_iter().map(|version| {
        let (metadata, unreadable) = match version.metadata.transpose() {
            Ok(metadata) => (metadata, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let (run, days) = metadata.map(|clio| (clio.run, clio.days)).unzip();
        LakeSnapshot {
            version: version.version,
            committed_at: version.committed_at,
            operation: version.operation,
            run,
            days: days.unwrap_or_default(),
            unreadable,
        }
    });
    Ok(snapshots.collect())
}

/// The shortest time that a vacuum may keep. A run writes its files long before it commits them, and the journal here
/// does not know of runs on other machines: only their age tells their files from those of a dead run.
pub const MIN_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How to vacuum.
#[derive(Debug, Clone)]
pub struct Vacuum {
    /// Keep what snapshots of this time span need; at least [`MIN_KEPT`].
    pub keep: SignedDuration,
    /// The time from which ages are measured.
    pub now: Timestamp,
    /// Only report what would be deleted.
    pub dry_run: bool,
    /// Files that runs are writing, by folder of the lake: they stay, however old they are.
    pub spared: BTreeMap<String, BTreeSet<String>>,
}

/// Deletes the files of cells and lookups that no kept snapshot needs, and older leftovers of dead runs.
///
/// Safe beside runs and readers: a service holds its snapshot in memory, and what a run is writing is young, or among
/// the spared files. The pinned snapshot stays whole; other snapshots older than the time kept can no longer be read.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake; others when it cannot be read, or a file cannot be deleted, in
/// which case only unneeded files have been deleted until then. Nothing is deleted if less than [`MIN_KEPT`] is to be
/// kept.
pub async fn vacuum(lake: &Url, asked: &Vacuum) -> Result<VacuumReport, LakeError> {
    if asked.keep < MIN_KEPT {
        let reason = format!(
            "a vacuum keeps {} hours at least, not {:#}: what a run on any machine has written and not committed yet \
             is told from what is left over by its age alone; give --older-than 24h or more",
            MIN_KEPT.as_hours(),
            asked.keep
        );
        return Err(LakeError::refused(lake, reason));
    }
    let Vacuum { keep, now, dry_run, ref spared } = *asked;
    let (cells, state) = open(lake).await?;
    refuse_newer(&cells, &state).await?;
    let mut spared = spared.clone();
    for (folder, files) in pinned(lake, &cells).await? {
        spared.entry(folder).or_default().extend(files);
    }
    let none = BTreeSet::new();
    let spared = |folder: &str| spared.get(folder).unwrap_or(&none);
    let keep = chrono::Duration::milliseconds(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX));
    let now = now.as_millisecond();
    let lookups = cells.metadata(&state).await?.map(|metadata| metadata.lookups);
    let gone = cells.vacuum(&state, keep, (now, dry_run), spared(CELLS_TABLE)).await?;
    let mut files = below(CELLS_TABLE, gone);
    let lookups = lookups.unwrap_or_default().into_keys();
    for folder in lookups.map(|name| format!("{LOOKUPS_FOLDER}/{name}")) {
        let table = DeltaFolder::open(lake, &folder)?;
        if let Some(state) = table.state().await? {
            let gone = table.vacuum(&state, keep, (now, dry_run), spared(&folder)).await?;
            files.extend(below(&folder, gone));
        }
    }
    files.sort_unstable();
    Ok(VacuumReport { dry_run, files })
}

/// The files of the pinned snapshot, by folder of the lake: services load it whenever they start.
async fn pinned(
    lake: &Url,
    cells: &DeltaFolder,
) -> Result<BTreeMap<String, BTreeSet<String>>, LakeError> {
    let mut files = BTreeMap::new();
    let standing = Lake::try_new(lake)?.standing().await?;
    let Some((snapshot, _)) = standing.pinned() else { return Ok(files) };
    let Some(state) = cells.state_at(Some(snapshot.0)).await? else { return Ok(files) };
    let lookups = cells.metadata(&state).await?.map(|metadata| metadata.lookups);
    let paths = |state: TableState| state.files.into_iter().map(|file| file.path).collect();
    files.insert(CELLS_TABLE.to_owned(), paths(state));
    for (name, version) in lookups.unwrap_or_default() {
        let folder = format!("{LOOKUPS_FOLDER}/{name}");
        if let Some(state) = DeltaFolder::open(lake, &folder)?.state_at(Some(version)).await? {
            files.insert(folder, paths(state));
        }
    }
    Ok(files)
}

/// The table of cells of an existing lake.
pub(crate) async fn open(lake: &Url) -> Result<(DeltaFolder, TableState), LakeError> {
    let cells = DeltaFolder::open(lake, CELLS_TABLE)?;
    match cells.state().await? {
        Some(state) => Ok((cells, state)),
        None => Err(LakeError::NoSnapshot { url: lake.to_string() }),
    }
}

/// Refuses a lake whose newest snapshot was written by a newer program. A lake that is unreadable for other reasons
/// passes; later steps report that.
pub(crate) async fn refuse_newer(cells: &DeltaFolder, state: &TableState) -> Result<(), LakeError> {
    match cells.metadata(state).await {
        Err(error @ LakeError::FormatVersion { .. }) => Err(error),
        _ => Ok(()),
    }
}

fn below(folder: &str, files: Vec<String>) -> Vec<String> {
    files.into_iter().map(|file| format!("{folder}/{file}")).collect()
}
