//! What an exact recount of a snapshot's days found, as the lake keeps it beside the snapshot.

use jiff::Timestamp;
use jiff::civil::Date;

use clio_proto::{RunId, SnapshotId, VerificationInfo};

/// The folder of verifications, below the lake: `VERSION-RUN.json`, with the snapshot's version in twenty
/// digits, so that names in order are snapshots in order.
pub const VERIFICATIONS_FOLDER: &str = "verifications";

/// The version of a verification's file.
pub const VERIFICATION_VERSION: u32 = 1;

/// The most mismatches that a verification names.
pub const MAX_MISMATCHES: usize = 1_000;

/// What a recount from the sources found when compared with the cells of a snapshot: one JSON file.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Verification {
    /// [`VERIFICATION_VERSION`] of the writer.
    pub format_version: u32,
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// The verification's own run.
    pub run: RunId,
    /// When it was made.
    pub verified_at: Timestamp,
    /// The days that were recounted, in order, at least one.
    pub days: Vec<Date>,
    /// The seed that the cells were sampled with.
    pub seed: u64,
    /// How many cells were recounted, over all days.
    pub n_cells: u64,
    /// How many counts, sums and quantile measures were compared: counts and sums must be equal, quantiles within their
    /// bounds.
    pub n_additive: u64,
    /// How many distinct counts were compared.
    pub n_distinct: u64,
    /// The largest error of a distinct count, in standard errors; 0 where none was compared.
    pub max_error: f64,
    /// The root mean square of these errors: about 1 for a healthy sketch, less for small counts.
    pub rms_error: f64,
    /// The share of distinct counts within their 95 % bounds; 1 where none was compared.
    pub share_within_bounds: f64,
    /// What the independent sketch found; `None` where no measure has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceErrors>,
    /// How many comparisons were too far off.
    pub n_mismatches: u64,
    /// The first [`MAX_MISMATCHES`] of them.
    pub mismatches: Vec<Mismatch>,
    /// What could not be recounted and why, in sentences.
    pub not_compared: Vec<String>,
}

impl Verification {
    /// Whether nothing was too far off.
    pub fn is_ok(&self) -> bool {
        self.n_mismatches == 0
    }

    /// How many numbers were compared.
    pub fn n_compared(&self) -> u64 {
        self.n_additive + self.n_distinct
    }

    /// The verification, as serving reports it; `None` where it names no day.
    pub fn info(&self) -> Option<VerificationInfo> {
        Some(VerificationInfo {
            verified_at: self.verified_at,
            days: (*self.days.first()?, *self.days.last()?),
            n_compared: self.n_compared(),
            n_mismatches: self.n_mismatches,
            max_error: self.max_error,
            rms_error: self.rms_error,
            share_within_bounds: self.share_within_bounds,
        })
    }

    /// The file's name in [`VERIFICATIONS_FOLDER`].
    pub fn file_name(&self) -> String {
        format!("{}{}.json", verification_prefix(self.snapshot), self.run)
    }
}

/// The prefix of the names of a snapshot's verifications.
pub(crate) fn verification_prefix(snapshot: SnapshotId) -> String {
    format!("{:020}-", snapshot.0)
}

/// How far the independent sketch was from the truth.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ReferenceErrors {
    /// How many distinct counts were compared with it.
    pub n_compared: u64,
    /// Its largest error, in standard errors.
    pub max_error: f64,
    /// The root mean square of its errors.
    pub rms_error: f64,
}

/// A number that was too far off.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mismatch {
    /// The day.
    pub day: Date,
    /// Where: `total`, `country=US`, or a cell's whole key.
    pub place: String,
    /// The measure.
    pub measure: String,
    /// What the lake has; an estimate for a distinct count.
    pub stored: f64,
    /// What the sources give.
    pub exact: f64,
    /// The error of a distinct count, in standard errors; `None` for a count or sum, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_errors: Option<f64>,
    /// What the independent sketch estimates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<f64>,
}
