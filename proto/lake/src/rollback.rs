//! Going back: a lake again holds what an earlier snapshot of it held.

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

/// How many times to start over after another writer's commit.
const MAX_ATTEMPTS: usize = 5;

/// Where to go back to, and the identity of the commit.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// The snapshot whose cells and lookups are to become the newest again.
    pub to: SnapshotId,
    /// The name of the commit, which no run shares.
    pub run: RunId,
    /// The time of the commit.
    pub now: Timestamp,
    /// Only report what would change.
    pub dry_run: bool,
}

/// What a rollback changed, or would.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RollbackReport {
    /// Whether this was a dry run, which commits nothing.
    pub dry_run: bool,
    /// The snapshot whose cells are the newest again.
    pub to: SnapshotId,
    /// The snapshot that was the newest before.
    pub from: SnapshotId,
    /// The committed snapshot; `None` where nothing was committed, since the newest snapshot already holds the same.
    pub snapshot: Option<SnapshotId>,
    /// The number of files restored.
    pub n_files_back: usize,
    /// The number of files removed; a vacuum deletes them once no recent snapshot needs them.
    pub n_files_gone: usize,
    /// The days whose cells change, in order.
    pub days: Vec<Date>,
}

/// Commits what an earlier snapshot held: its cells, its lookups, and the inputs of its days.
///
/// Everything in between stays in the log. The next run finds what differs from the sources and rebuilds it: so someone
/// who goes back because of wrong events should mend those first, or pin the earlier snapshot instead. Safe beside
/// runs, since their commits are noticed, and beside services. Costs a read of the earlier snapshot's files.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read or written, or the earlier snapshot
/// cannot be read; on error, nothing has been committed.
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

/// The files of one state that another lacks.
fn missing_in(state: &TableState, of: &TableState) -> Vec<LakeFile> {
    let there: HashSet<&str> = state.files.iter().map(|file| file.path.as_str()).collect();
    let missing = of.files.iter().filter(|file| !there.contains(file.path.as_str()));
    let mut missing: Vec<LakeFile> = missing.cloned().collect();
    missing.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    missing
}

/// What the earlier snapshot said of its contents still holds; what it said of its run does not.
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
