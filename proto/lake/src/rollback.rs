//! Going back: a lake holds again what an earlier snapshot of it held.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use clio_proto::{RunId, SnapshotId};
use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

use crate::decisions::readable;
use crate::error::LakeError;
use crate::file::LakeFile;
use crate::format::SnapshotMetadata;
use crate::housekeeping::{open, refuse_newer};
use crate::table::{Change, Outcome, Purpose, TableState};
use crate::version::{FORMAT_VERSION, WRITER};

/// How often the lake is looked at again after another's commit.
const MAX_ATTEMPTS: usize = 5;

/// Where to go back to, and as whose commit.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// The snapshot whose cells and lookups are to be the newest again.
    pub to: SnapshotId,
    /// The name of the commit; no run has the same one.
    pub run: RunId,
    /// The time of the commit.
    pub now: Timestamp,
    /// Only tells what would change.
    pub dry_run: bool,
}

/// What a rollback changed, or would.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RollbackReport {
    /// Nothing was committed: this would change.
    pub dry_run: bool,
    /// The snapshot whose cells are the newest again.
    pub to: SnapshotId,
    /// The newest snapshot before.
    pub from: SnapshotId,
    /// The snapshot that was committed; `None` where nothing was, since the newest holds the same.
    pub snapshot: Option<SnapshotId>,
    /// The files that came back.
    pub n_files_back: usize,
    /// The files that left, which a vacuum deletes once no recent snapshot needs them.
    pub n_files_gone: usize,
    /// The days whose cells are others now, in order.
    pub days: Vec<Date>,
}

/// Commits what an earlier snapshot held: its cells, its lookups, and what it knew of its days.
///
/// All that came between stays in the log. A run afterwards finds what differs from the sources, and rebuilds it: whoever
/// goes back because of wrong events mends those first, or pins the earlier snapshot instead. Safe beside runs, which are
/// found out by their commits, and beside services. Costs a read of the earlier snapshot's files.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read or written, or the earlier snapshot cannot be
/// read; nothing was committed then.
pub async fn roll_back(lake: &Url, asked: &Rollback) -> Result<RollbackReport, LakeError> {
    for _ in 0..MAX_ATTEMPTS {
        let (cells, newest) = open(lake).await?;
        refuse_newer(&cells, &newest).await?;
        let earlier = readable(lake, &cells, &newest, asked.to).await?;
        let known = cells.known(&earlier).await?;
        let refuse = |reason: &dyn std::fmt::Display| {
            LakeError::refused(
                lake,
                format!("snapshot {} cannot be gone back to: {reason}", asked.to),
            )
        };
        let known = known.ok_or_else(|| refuse(&"no commit says what it holds"))?;
        if let Some(fault) = known.fault {
            return Err(refuse(&fault));
        }
        let before = cells.known(&newest).await?.map(|known| known.metadata);
        let (added, removed) = (missing_in(&newest, &earlier), missing_in(&earlier, &newest));
        let days: BTreeSet<Date> =
            added.iter().chain(&removed).filter_map(|file| file.period?.day()).collect();
        let mut report = RollbackReport {
            dry_run: asked.dry_run,
            to: asked.to,
            from: SnapshotId(newest.version),
            snapshot: None,
            n_files_back: added.len(),
            n_files_gone: removed.len(),
            days: days.into_iter().collect(),
        };
        let metadata = metadata(known.metadata, &report.days, asked);
        let is_same = added.is_empty()
            && removed.is_empty()
            && before.is_some_and(|before| self::metadata(before, &report.days, asked) == metadata);
        if is_same || asked.dry_run {
            return Ok(report);
        }
        let change = Change {
            added,
            removed,
            metadata: Some(metadata),
            purpose: Purpose::Restores(asked.to),
        };
        let now = asked.now.as_millisecond();
        match cells.commit(Some(&newest), &earlier.schema, &change, now).await? {
            Outcome::Committed(version) => {
                report.snapshot = Some(SnapshotId(version));
                return Ok(report);
            }
            Outcome::Unclear => return Err(cells.unclear()),
            Outcome::Overtaken => {
                tracing::info!("another commit came first; the lake is read again");
            }
        }
    }
    Err(LakeError::Storage {
        url: lake.to_string(),
        reason: format!("others committed {MAX_ATTEMPTS} times in the meantime; try again"),
        is_transient: true,
    })
}

/// The files of one state that another has not.
fn missing_in(state: &TableState, of: &TableState) -> Vec<LakeFile> {
    let there: HashSet<&str> = state.files.iter().map(|file| file.path.as_str()).collect();
    let missing = of.files.iter().filter(|file| !there.contains(file.path.as_str()));
    let mut missing: Vec<LakeFile> = missing.cloned().collect();
    missing.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    missing
}

/// What the earlier snapshot said of what it held still holds; of its run, nothing does.
fn metadata(earlier: SnapshotMetadata, days: &[Date], asked: &Rollback) -> SnapshotMetadata {
    SnapshotMetadata {
        format_version: FORMAT_VERSION,
        writer: WRITER.to_owned(),
        files: None,
        run: asked.run.clone(),
        days: days.to_vec(),
        rows_in: BTreeMap::new(),
        rows_out_of_day: BTreeMap::new(),
        rows_quarantined: BTreeMap::new(),
        cells: BTreeMap::new(),
        checks: Vec::new(),
        accepted: None,
        ..earlier
    }
}
