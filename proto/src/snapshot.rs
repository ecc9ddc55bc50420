//! The description of one committed version of the lake.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{Fingerprint, RunId, SnapshotId};

/// One committed version of the lake.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotInfo {
    /// The version.
    pub id: SnapshotId,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// The run that committed it.
    pub run: RunId,
    /// The fingerprint of its model.
    pub fingerprint: Fingerprint,
    /// The first and the last day that it holds, including those of retired months; `None` if it holds none.
    pub days: Option<(Date, Date)>,
    /// The number of days that it holds, including those of retired months.
    pub n_days: u32,
    /// The number of cells of all periods.
    pub n_cells: u64,
    /// The number of events that its run read.
    pub rows_in: u64,
    /// Events without a target, by source and day; shared, since every answer carries it.
    pub unattributed: Arc<[Unattributed]>,
    /// The result of the last exact recount of some of its days; `None` if it was never verified.
    pub verification: Option<VerificationInfo>,
    /// Whoever asks does not operate the lake: of its cells, events, unattributed ones and recounts nothing is told, and the
    /// numbers of them here are 0.
    pub is_withheld: bool,
}

/// A version of the lake that is refused as a snapshot: its commit is not readable, its contents are not what the
/// commit says, or somebody marked it as bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedSnapshot {
    /// The version.
    pub id: SnapshotId,
    /// When it was committed according to its commit, or otherwise to the storage's time of the commit's file.
    pub committed_at: Option<Timestamp>,
    /// Why it is refused.
    pub reason: String,
    /// Somebody marked it as bad, and `reason` says who; otherwise nothing is wrong with it.
    pub is_marked_bad: bool,
}

/// The decision to serve one snapshot, even if there are newer ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The snapshot.
    pub id: SnapshotId,
    /// When it was pinned.
    pub pinned_at: Timestamp,
    /// By whom, in the name that they gave.
    pub by: String,
    /// Why, in their words; empty if they gave no reason.
    pub reason: String,
}

/// Versions of the lake, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SnapshotList {
    /// The snapshots among them.
    pub snapshots: Vec<SnapshotInfo>,
    /// The refused versions among them, and newer ones.
    pub refused: Vec<RefusedSnapshot>,
}

/// Unattributed events of a day: the model credits them to others, and they have no target, so no cell counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unattributed {
    /// The source.
    pub source: String,
    /// The day on which they happened.
    pub day: Date,
    /// The number of events, at least one.
    pub rows: u64,
}

/// The result of an exact recount of some of a snapshot's days.
#[derive(Debug, Clone, PartialEq)]
pub struct VerificationInfo {
    /// When it was made.
    pub verified_at: Timestamp,
    /// The first and the last day that was recounted.
    pub days: (Date, Date),
    /// The number of numbers compared.
    pub n_compared: u64,
    /// The number of wrong ones.
    pub n_mismatches: u64,
    /// The largest error of a distinct count, in standard errors.
    pub max_error: f64,
    /// The root mean square of these errors.
    pub rms_error: f64,
    /// The fraction of distinct counts within their 95 % bounds.
    pub share_within_bounds: f64,
}
