//! What is said of one committed version of the lake.

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
    /// The model it was made with.
    pub fingerprint: Fingerprint,
    /// The first and the last day it holds, those of retired months among them; `None` where it holds none.
    pub days: Option<(Date, Date)>,
    /// How many days it holds, those of retired months among them.
    pub n_days: u32,
    /// Cells of all periods.
    pub n_cells: u64,
    /// Events that its run read.
    pub rows_in: u64,
    /// Events without one to be credited to, by source and day; shared, since every answer carries it.
    pub unattributed: Arc<[Unattributed]>,
    /// What the last exact recount of some of its days found; `None` where nobody verified it.
    pub verification: Option<VerificationInfo>,
}

/// A version of the lake that is no snapshot that may be served: what its commit says cannot be read, what it holds is not
/// what its commit says, or somebody marked it as bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedSnapshot {
    /// The version.
    pub id: SnapshotId,
    /// When it was committed, as its commit says, or else as the storage says of the commit's file.
    pub committed_at: Option<Timestamp>,
    /// Why it is refused, in words.
    pub reason: String,
    /// Somebody decided so, and `reason` says who; nothing is wrong with it otherwise.
    pub is_marked_bad: bool,
}

/// The decision to serve one snapshot, whatever is newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The snapshot.
    pub id: SnapshotId,
    /// When it was pinned.
    pub pinned_at: Timestamp,
    /// By whom, as they call themselves.
    pub by: String,
    /// Why, in their words; empty where they did not say.
    pub reason: String,
}

/// Versions of the lake, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SnapshotList {
    /// Those that are snapshots.
    pub snapshots: Vec<SnapshotInfo>,
    /// Those among them, and newer ones, that are none.
    pub refused: Vec<RefusedSnapshot>,
}

/// Events of a day that the model credits to others, and that found none: no cell counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unattributed {
    /// The source.
    pub source: String,
    /// The day on which they happened.
    pub day: Date,
    /// How many, at least one.
    pub rows: u64,
}

/// What an exact recount of some of a snapshot's days found.
#[derive(Debug, Clone, PartialEq)]
pub struct VerificationInfo {
    /// When it was made.
    pub verified_at: Timestamp,
    /// The first and the last day that was recounted.
    pub days: (Date, Date),
    /// How many numbers were compared.
    pub n_compared: u64,
    /// How many of them are wrong.
    pub n_mismatches: u64,
    /// The largest error of a distinct count, in standard errors.
    pub max_error: f64,
    /// The root mean square of these errors.
    pub rms_error: f64,
    /// The share of distinct counts within their 95 % bounds.
    pub share_within_bounds: f64,
}
