//! Checks everything in a lake: every file, every entry of the logs, every checkpoint and record; and says what would
//! mend each fault. Writes nothing.

mod files;
mod log;

use std::collections::BTreeSet;

use clio_proto::{Period, RunOutcome};
use jiff::Timestamp;
use object_store::ObjectStore as _;
use url::Url;

use crate::error::LakeError;
use crate::format::{
    CELLS_TABLE, Decision, LOOKUPS_FOLDER, QUARANTINE_TABLE, RunRecord, SnapshotMetadata,
    Verification,
};
use crate::records::{Record, read_records, record_names};
use crate::table::{DeltaFolder, TableState, absent_parents};

/// What a check of a lake found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct CheckReport {
    /// How many data files were read, of all tables and all snapshots.
    pub n_files: usize,
    /// Their bytes.
    pub n_bytes: u64,
    /// How many of them have no checksum, since format version 1 wrote them: they are known to be readable, and no
    /// more.
    pub n_without_checksum: usize,
    /// How many entries of logs were read.
    pub n_commits: usize,
    /// How many checkpoints of logs were read.
    pub n_checkpoints: usize,
    /// How many records of runs and verifications were read.
    pub n_records: usize,
    /// What is wrong, ordered by table and path.
    pub faults: Vec<Fault>,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, kind: FaultKind, place: impl Into<String>, what: String, mend: String) {
        self.faults.push(Fault { kind, place: place.into(), period: None, what, mend });
    }
}

/// A fault of a lake.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// What kind of thing is faulty.
    pub kind: FaultKind,
    /// The file or the partition, below the lake.
    pub place: String,
    /// The period of its partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What would mend it.
    pub mend: String,
}

/// The kind of thing that is faulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A file that the newest version of a table needs.
    File,
    /// A partition that other partitions depend on.
    Partition,
    /// A file that only older versions need.
    OldFile,
    /// An entry of a log.
    Commit,
    /// A checkpoint of a log, or the file that names the newest one.
    Checkpoint,
    /// A version that does not say what it holds.
    Snapshot,
    /// A table that cannot be opened.
    Table,
    /// A record of a run, a verification, or a decision.
    Record,
}

/// Checks everything in a lake.
///
/// Reads everything in it once, eight files at a time.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] where there is no lake, [`LakeError::FormatVersion`] for a lake of a newer program, and
/// others where the storage does not answer. Faults of the lake are not errors here: the report lists them.
pub async fn check(lake: &Url) -> Result<CheckReport, LakeError> {
    let mut report = CheckReport::default();
    let cells = DeltaFolder::open(lake, CELLS_TABLE)?;
    let Some(look) = log::look(&cells, &mut report).await? else {
        let runs = records::<RunRecord>(lake, &mut report).await?;
        lost_commits(&runs, None, &mut report);
        return if report.is_ok() {
            Err(LakeError::NoSnapshot { url: lake.to_string() })
        } else {
            Ok(report)
        };
    };
    let known = match &look.state {
        Some(state) => cells.known(state).await?,
        None => None,
    };
    let (metadata, fault) = known.map(|known| (known.metadata, known.fault)).unzip();
    if let Some(what) = fault.flatten()
        && report.is_ok()
    {
        let mend = "`clio etl run` rebuilds all days".to_owned();
        report.fault(FaultKind::Snapshot, CELLS_TABLE, what, mend);
    }
    files::look(&cells, &look, metadata.as_ref(), &mut report).await?;
    if let Some(state) = &look.state {
        partitions(state, metadata.as_ref(), &mut report);
    }
    let mut folders = lookups(lake).await?;
    folders.extend(metadata.iter().flat_map(|metadata| metadata.lookups.keys().cloned()));
    let mut folders: Vec<String> =
        folders.into_iter().map(|name| format!("{LOOKUPS_FOLDER}/{name}")).collect();
    folders.push(QUARANTINE_TABLE.to_owned());
    for name in folders {
        let folder = DeltaFolder::open(lake, &name)?;
        if let Some(look) = log::look(&folder, &mut report).await? {
            files::look(&folder, &look, None, &mut report).await?;
        } else if name != QUARANTINE_TABLE {
            let mend = "`clio etl run` writes it again from its source".to_owned();
            report.fault(FaultKind::Table, name, "it is not there".to_owned(), mend);
        }
    }
    let runs = records::<RunRecord>(lake, &mut report).await?;
    if let Some(state) = &look.state
        && let Some(commit) = cells.commit_of(state.version).await?
        && let Some(committed_at) = commit.committed_at
    {
        lost_commits(&runs, Some((state.version, committed_at)), &mut report);
    }
    records::<Verification>(lake, &mut report).await?;
    records::<Decision>(lake, &mut report).await?;
    Ok(report)
}

/// Reports commits that runs have made and the log has lost: its newest entries, or all of it. Runs that ended before
/// the newest commit may belong to an earlier lake that this one replaced.
fn lost_commits(runs: &[RunRecord], newest: Option<(u64, Timestamp)>, report: &mut CheckReport) {
    let is_later = |run: &&RunRecord| {
        newest.is_none_or(|(version, committed_at)| {
            run.ended_at >= committed_at && run.snapshot.is_some_and(|found| found.0 > version)
        })
    };
    let committed = runs.iter().filter(|run| run.outcome == RunOutcome::Committed);
    let lost = committed.filter(is_later).filter_map(|run| Some((run.snapshot?, &run.run))).max();
    let Some((snapshot, run)) = lost else { return };
    let ends = match newest {
        Some((version, _)) => format!("the log ends with {version}"),
        None => "there is no log".to_owned(),
    };
    let what = format!("it is gone: run {run} committed snapshot {snapshot}, and {ends}");
    let place = format!("{CELLS_TABLE}/_delta_log/{:020}.json", snapshot.0);
    let mend = "bring it back from a copy; else `clio etl run` rebuilds what its sources allow";
    report.fault(FaultKind::Commit, place, what, mend.to_owned());
}

/// The names of the lookups that have a folder.
async fn lookups(lake: &Url) -> Result<BTreeSet<String>, LakeError> {
    let folder = DeltaFolder::open(lake, LOOKUPS_FOLDER)?;
    match folder.store().list_with_delimiter(None).await {
        Ok(listed) => {
            let names = listed.common_prefixes.iter();
            Ok(names.filter_map(|path| Some(path.filename()?.to_owned())).collect())
        }
        Err(object_store::Error::NotFound { .. }) => Ok(BTreeSet::new()),
        Err(error) => Err(LakeError::storage(lake, &error)),
    }
}

/// Reports periods whose parents are missing, and retired months that are missing.
fn partitions(state: &TableState, metadata: Option<&SnapshotMetadata>, report: &mut CheckReport) {
    for period in absent_parents(state) {
        report.faults.push(Fault {
            kind: FaultKind::Partition,
            place: partition(period),
            period: Some(period.to_string()),
            what: "it is not there, although periods below it are".to_owned(),
            mend: "`clio etl run` rebuilds it from them".to_owned(),
        });
    }
    let is_there = |month: &Period| state.files.iter().any(|file| file.period == Some(*month));
    let retired = metadata.iter().flat_map(|metadata| metadata.retired.months());
    for month in retired.filter(|month| !is_there(month)) {
        report.faults.push(Fault {
            kind: FaultKind::Partition,
            place: partition(month),
            period: Some(month.to_string()),
            what: "the month is retired and its days are gone, but it is missing itself".to_owned(),
            mend: files::mend_of_retired(month),
        });
    }
}

fn partition(period: Period) -> String {
    format!("{CELLS_TABLE}/grain={}/period={period}", period.grain())
}

/// Reads every record of a kind.
async fn records<R: Record>(lake: &Url, report: &mut CheckReport) -> Result<Vec<R>, LakeError> {
    let folder = DeltaFolder::open(lake, R::FOLDER)?;
    let failed = |error: object_store::Error| LakeError::storage(lake, &error);
    let mut names = record_names(folder.store().as_ref()).await.map_err(failed)?;
    names.reverse();
    let read = read_records::<R>(folder.store().as_ref(), names).await.map_err(failed)?;
    report.n_records += read.len();
    let mut sound = Vec::new();
    for (_, record) in read {
        match record {
            Ok(record) => sound.push(record),
            Err(unreadable) => {
                let what =
                    format!("it is not a {} that can be read: {}", R::NAME, unreadable.problem);
                report.fault(FaultKind::Record, unreadable.file, what, R::MEND.to_owned());
            }
        }
    }
    Ok(sound)
}
