//! What a run did, for people and programs.

use std::collections::BTreeMap;

use clio_lake::CheckOutcome;
use clio_proto::{RunId, SnapshotId};
use jiff::civil::Date;

use crate::input::columns::AbsentColumn;
use crate::input::left_out::LeftOut;
use crate::run::damaged::DamagedFile;
use crate::run::plan::PlannedMonth;

/// What a run did.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// The snapshot that holds the result: a new one, or, if `unchanged`, the one that already did.
    pub snapshot: SnapshotId,
    /// Whether nothing differed from what the lake held, so that nothing was committed.
    pub unchanged: bool,
    /// The days that have cells, in order.
    pub days: Vec<Date>,
    /// Days that had cells and are left without events, in order.
    pub days_removed: Vec<Date>,
    /// Events that were read and counted, by source.
    pub rows_in: BTreeMap<String, u64>,
    /// Events that were read but happened on another day, by source.
    pub rows_out_of_day: BTreeMap<String, u64>,
    /// Events that were read and could not be credited to any other, by source and by the day on which they
    /// happened: no cell counts them.
    pub rows_unattributed: BTreeMap<String, BTreeMap<Date, u64>>,
    /// Bad rows that were left out and written to the table `quarantine`, by source.
    pub rows_quarantined: BTreeMap<String, u64>,
    /// Columns that the lake knows and files of the run lack, so that they are null there.
    pub columns_absent: Vec<AbsentColumn>,
    /// Days far away from all others, more likely wrong times than events.
    pub far_days: Vec<Date>,
    /// Days of the snapshot to which future events may still be credited, in order.
    pub provisional_days: Vec<Date>,
    /// Files that are not read, since their names do not end like those of the format.
    pub left_out: Vec<LeftOut>,
    /// Rebuilt days before the first state of a lookup with a history, by lookup: its dimensions have no value
    /// on them.
    pub days_without_state: BTreeMap<String, Vec<Date>>,
    /// Retired months with days that were requested or out of date: rebuilt as a whole, or left as they are.
    pub retired_months: Vec<PlannedMonth>,
    /// What was damaged in the lake and has been rebuilt.
    pub mended: Vec<DamagedFile>,
    /// Cells of rebuilt periods, by grain.
    pub cells: BTreeMap<String, u64>,
    /// How many partitions of the lake changed.
    pub n_periods_changed: u64,
    /// The size of the committed files.
    pub bytes_written: u64,
    /// Versions of the lookup tables that belong to the snapshot, by lookup.
    pub lookups: BTreeMap<String, u64>,
    /// The outcomes of the checks before the commit.
    pub checks: Vec<CheckOutcome>,
    /// Why it was committed although checks failed.
    pub accepted: Option<String>,
    /// How long each step took, in order.
    pub steps: Vec<StepTime>,
}

/// How long a step took.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StepTime {
    /// The step's name.
    pub step: String,
    /// The seconds it took.
    pub seconds: f64,
}
