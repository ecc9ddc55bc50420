//! The log of a table: every entry, every checkpoint, and whether they agree.

use std::collections::BTreeMap;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde_json::Value;

use super::{CheckReport, FaultKind};
use crate::checksum::{CHECKSUM_TAG, Checksum};
use crate::commit::Commit;
use crate::error::LakeError;
use crate::file::LakeFile;
use crate::format::{CELLS_TABLE, QUARANTINE_TABLE, SNAPSHOT_KEY};
use crate::log::{self, HINT, LOG_FOLDER};
use crate::table::{DeltaFolder, TableState};

/// What the log of a table holds.
pub(super) struct Look {
    /// The newest version, if the table can be opened.
    pub(super) state: Option<TableState>,
    /// Every file that an entry of the log adds.
    pub(super) added: BTreeMap<String, LakeFile>,
}

/// Reads the whole log of a table; `None` where there is no table.
pub(super) async fn look(
    folder: &DeltaFolder,
    report: &mut CheckReport,
) -> Result<Option<Look>, LakeError> {
    let failed = |error: object_store::Error| LakeError::storage(folder.url(), &error);
    let names = log::list(folder.files().as_ref()).await.map_err(failed)?;
    if names.is_empty() {
        return Ok(None);
    }
    let mut added = BTreeMap::new();
    let mut faults_of_snapshots = Vec::new();
    let commits: Vec<u64> = names.iter().filter_map(|name| log::commit_of(name)).collect();
    for &version in &commits {
        report.n_commits += 1;
        let place = format!("{}/{LOG_FOLDER}/{version:020}.json", folder.name());
        let bytes = read(folder.files().as_ref(), &format!("{version:020}.json")).await;
        let bytes = bytes.map_err(failed)?;
        if let Err(what) = adds(&bytes, &mut added) {
            report.fault(FaultKind::Commit, place, what, mend_of_commit());
        } else if folder.name() == CELLS_TABLE
            && let Some(what) = Commit::read(folder.url(), version, &bytes)?.fault
        {
            faults_of_snapshots.push((version, place, what));
        }
    }
    for pair in commits.windows(2) {
        for missing in pair[0] + 1..pair[1] {
            let place = format!("{}/{LOG_FOLDER}/{missing:020}.json", folder.name());
            let what = "it is gone, and newer ones are there".to_owned();
            report.fault(FaultKind::Commit, place, what, mend_of_commit());
        }
    }
    checkpoints(folder, &names, report).await?;
    let state = match folder.state().await {
        Ok(state) => state,
        Err(error) if error.is_transient() => return Err(error),
        Err(error) => {
            report.fault(FaultKind::Table, folder.name(), error.to_string(), mend_of_table(folder));
            None
        }
    };
    snapshots(folder, state.as_ref(), faults_of_snapshots, report).await?;
    Ok(Some(Look { state, added }))
}

fn mend_of_table(folder: &DeltaFolder) -> String {
    let without = match folder.name() {
        CELLS_TABLE => "move the lake's folder away and make a new lake",
        QUARANTINE_TABLE => "delete its folder, and have bad rows found again",
        _ => "delete its folder, and have it written again from its source",
    };
    format!(
        "bring back what is damaged in its `{LOG_FOLDER}` from a copy; without one, {without}: `clio etl run --all`"
    )
}

fn mend_of_commit() -> String {
    "bring it back from a copy of the lake; a newer checkpoint, if there is one, keeps newer snapshots from needing it"
        .to_owned()
}

/// Reports versions of the table of cells that do not say what they hold.
async fn snapshots(
    folder: &DeltaFolder,
    state: Option<&TableState>,
    faults: Vec<(u64, String, String)>,
    report: &mut CheckReport,
) -> Result<(), LakeError> {
    let mut said = None;
    for version in (0..=state.map_or(0, |state| state.version)).rev() {
        if folder.name() != CELLS_TABLE || faults.is_empty() {
            break;
        }
        let Some(commit) = folder.commit_of(version).await? else { break };
        if commit.metadata.is_some() {
            said = Some(version);
            break;
        }
    }
    for (version, place, what) in faults {
        let mend = if said.is_some_and(|said| said > version) {
            "none is needed: a newer snapshot says what it holds, and this one cannot be asked for"
                .to_owned()
        } else {
            "`clio etl run` rebuilds the days, and commits a snapshot that says what it holds"
                .to_owned()
        };
        let what = format!("version {version} is no snapshot; its `{SNAPSHOT_KEY}` entry: {what}");
        report.fault(FaultKind::Snapshot, place, what, mend);
    }
    Ok(())
}

/// Collects the files that a commit adds; the error says why it cannot be read.
fn adds(bytes: &[u8], added: &mut BTreeMap<String, LakeFile>) -> Result<(), String> {
    let mut n_actions = 0;
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let action: Value = serde_json::from_slice(line)
            .map_err(|error| format!("a line of it is not JSON: {error}"))?;
        n_actions += 1;
        let add = &action["add"];
        let Some(path) = add["path"].as_str() else { continue };
        let path = Path::from_url_path(path).map_or_else(|_| path.to_owned(), Into::into);
        let stats = add["stats"].as_str().and_then(|text| serde_json::from_str(text).ok());
        let file = LakeFile {
            size_bytes: add["size"].as_u64().unwrap_or_default(),
            n_rows: stats.and_then(|stats: Value| stats["numRecords"].as_u64()).unwrap_or_default(),
            period: add["partitionValues"]["period"].as_str().and_then(|text| text.parse().ok()),
            checksum: add["tags"][CHECKSUM_TAG].as_str().and_then(Checksum::parse),
            path: path.clone(),
        };
        added.insert(path, file);
    }
    if n_actions == 0 { Err("it is empty".to_owned()) } else { Ok(()) }
}

/// Reads every checkpoint, and compares it with the commits that it summarises.
async fn checkpoints(
    folder: &DeltaFolder,
    names: &[String],
    report: &mut CheckReport,
) -> Result<(), LakeError> {
    let failed = |error: object_store::Error| LakeError::storage(folder.url(), &error);
    for name in names {
        let place = format!("{}/{LOG_FOLDER}/{name}", folder.name());
        if name == HINT {
            let bytes = read(folder.files().as_ref(), name).await.map_err(failed)?;
            let hint = serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string());
            let version = hint.and_then(|hint| {
                hint["version"].as_u64().ok_or_else(|| "it names no version".to_owned())
            });
            let is_there =
                |version: &u64| names.iter().any(|it| log::checkpoint_of(it) == Some(*version));
            let what = match version {
                Ok(version) if is_there(&version) => continue,
                Ok(version) => format!("it names checkpoint {version}, which is not there"),
                Err(problem) => format!("it cannot be read: {problem}"),
            };
            let mend = "delete it: the log is found without it".to_owned();
            report.fault(FaultKind::Checkpoint, place, what, mend);
            continue;
        }
        let Some(version) = log::checkpoint_of(name) else { continue };
        report.n_checkpoints += 1;
        let bytes = read(folder.files().as_ref(), name).await.map_err(failed)?;
        let broken = tokio::task::spawn_blocking(move || log::checkpoint_fault(bytes)).await;
        let broken = broken.unwrap_or_else(|error| Some(error.to_string()));
        // What the commits say, if none of them is missing.
        let replayed = folder.files_by_log(version, version).await;
        if let Some(problem) = broken {
            let mend = if replayed.is_ok() {
                "`clio etl run` reads the commits that are beside it, writes a new one and deletes it"
            } else {
                "bring it back from a copy: the commits that it stands for are gone"
            };
            let what = format!("it cannot be read: {problem}");
            report.fault(FaultKind::Checkpoint, place, what, mend.to_owned());
        } else if let Ok(replayed) = replayed
            && folder.files_by_log(version, version + 1).await.map_or(true, |said| said != replayed)
        {
            let what = "it does not say what the commits before it say".to_owned();
            let mend = "delete it: the commits are all there".to_owned();
            report.fault(FaultKind::Checkpoint, place, what, mend);
        }
    }
    Ok(())
}

async fn read(store: &dyn ObjectStore, name: &str) -> object_store::Result<bytes::Bytes> {
    store.get(&Path::from(format!("{LOG_FOLDER}/{name}"))).await?.bytes().await
}
