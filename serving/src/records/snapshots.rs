//! The snapshots of the lake, from its log: including those that are not held.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use clio_lake::{CellFile, Decision, Lake, Said, SnapshotMetadata, Standing};
use clio_proto::{Period, RefusedSnapshot, SnapshotId, SnapshotInfo, SnapshotList};
use jiff::Timestamp;
use jiff::civil::Date;
use tracing::warn;

use crate::error::ServingError;
use crate::snapshot::Snapshot;

/// The largest number of snapshots in a list.
const MAX_SNAPSHOTS: usize = 1_000;

/// The snapshots of a lake read so far. A version never changes, so that it is read once.
#[derive(Debug)]
pub(super) struct Versions {
    lake: Lake,
    known: Mutex<BTreeMap<u64, Version>>,
}

/// The kind of a version.
#[derive(Debug, Clone)]
enum Version {
    Snapshot(SnapshotInfo),
    /// Its commit cannot be read.
    Refused(RefusedSnapshot),
    /// Nothing was committed to the table yet.
    Nothing,
}

impl Versions {
    pub(super) fn new(lake: Lake) -> Self {
        Self { lake, known: Mutex::default() }
    }

    pub(super) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn get(&self, version: u64) -> Option<Version> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&version).cloned()
    }

    fn put(&self, version: u64, known: Version) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(version, known);
    }

    /// The newest snapshots, newest first, with the refused versions back to the last of them; held snapshots are known
    /// without reading anything.
    pub(super) async fn newest(
        &self,
        n_most: usize,
        held: &[Arc<Snapshot>],
        standing: &Standing,
    ) -> Result<SnapshotList, ServingError> {
        let n_most = n_most.min(MAX_SNAPSHOTS);
        let table = self.lake.open_cells(None).await?;
        for snapshot in held {
            self.put(snapshot.info.id.0, Version::Snapshot(snapshot.info.clone()));
        }
        let mut list = SnapshotList::default();
        let mut end = table.version() + 1;
        while list.snapshots.len() < n_most && end > 0 {
            // Most versions are snapshots, so that about as many must be read as are missing.
            let mut start = end.saturating_sub((n_most - list.snapshots.len()) as u64);
            let mut is_whole = true;
            for version in (start..end).rev() {
                let is_known = self.get(version).is_some();
                if !is_known && table.commit_file(version).await?.is_none() {
                    // The log was cleaned up to here.
                    (start, is_whole) = (version + 1, false);
                    break;
                }
            }
            self.read_versions(start, end).await?;
            for known in (start..end).rev().filter_map(|version| self.get(version)) {
                match known {
                    Version::Snapshot(info) => match standing.marked_bad(info.id) {
                        None => list.snapshots.push(info),
                        Some(decision) => {
                            let committed_at = Some(info.committed_at);
                            list.refused.push(bad(info.id, committed_at, decision));
                        }
                    },
                    Version::Refused(refused) => list.refused.push(refused),
                    Version::Nothing => {}
                }
            }
            if !is_whole {
                break;
            }
            end = start;
        }
        list.refused.truncate(MAX_SNAPSHOTS);
        Ok(list)
    }

    /// Reads those versions of a range that were not read before.
    async fn read_versions(&self, start: u64, end: u64) -> Result<(), ServingError> {
        let missing: Vec<u64> =
            (start..end).filter(|version| self.get(*version).is_none()).collect();
        let Some(oldest) = missing.first() else { return Ok(()) };
        // One replay of the log, then a step from version to version.
        let mut table = self.lake.open_cells(Some(*oldest)).await?;
        for version in missing {
            table.move_on(Some(version)).await?;
            let known = match table.said().await.map_err(ServingError::from) {
                Ok(Said { committed_at, metadata, .. }) => {
                    let files = table.files().unwrap_or_default();
                    Version::Snapshot(describe(version, committed_at, &metadata, &files))
                }
                // Before the first snapshot there is none.
                Err(ServingError::NoSnapshot { .. }) => Version::Nothing,
                Err(ServingError::Refused { refusal, .. }) => {
                    let reason = refusal.to_string();
                    warn!(version, reason, "version is not a snapshot");
                    let committed_at = table.committed_at().await?;
                    let id = SnapshotId(version);
                    let is_marked_bad = false;
                    Version::Refused(RefusedSnapshot { id, committed_at, reason, is_marked_bad })
                }
                Err(error) => return Err(error),
            };
            self.put(version, known);
        }
        Ok(())
    }
}

/// A version that somebody marked as bad, with their reason.
pub(crate) fn bad(
    id: SnapshotId,
    committed_at: Option<Timestamp>,
    decision: &Decision,
) -> RefusedSnapshot {
    let reason = format!("{} marked it as bad{}", decision.by, decision.because());
    RefusedSnapshot { id, committed_at, reason, is_marked_bad: true }
}

/// A version as described by its log.
fn describe(
    version: u64,
    committed_at: Timestamp,
    metadata: &SnapshotMetadata,
    files: &[CellFile],
) -> SnapshotInfo {
    let days: BTreeSet<Date> = files
        .iter()
        .filter_map(|file| if let Period::Day(day) = file.period { Some(day) } else { None })
        .chain(metadata.retired.days())
        .collect();
    SnapshotInfo {
        id: SnapshotId(version),
        committed_at,
        run: metadata.run.clone(),
        fingerprint: metadata.fingerprint.clone(),
        days: days.first().copied().zip(days.last().copied()),
        n_days: u32::try_from(days.len()).unwrap_or(u32::MAX),
        n_cells: files.iter().filter_map(|file| file.n_rows).sum::<usize>() as u64,
        rows_in: metadata.rows_in.values().sum(),
        unattributed: metadata.unattributed().into(),
        verification: None,
        is_withheld: false,
    }
}
