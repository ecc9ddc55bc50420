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
    /// The snapshot that holds the result: a new one, or, if `unchanged`, the one that did already.
    pub snapshot: SnapshotId,
    /// Nothing differed from what the lake held, so nothing was committed.
    pub unchanged: bool,
    /// The days that have cells, in order.
    pub days: Vec<Date>,
    /// Days that had cells and are left without events, in order.
    pub days_removed: Vec<Date>,
    /// Events that were read and counted, by source.
    pub rows_in: BTreeMap<String, u64>,
    /// Events that were read but happened on another day, by source.
    pub rows_out_of_day: BTreeMap<String, u64>,
    /// Events that were read but have no event to be credited to, by source and by the day on which they
    /// happened: no cell counts them.
    pub rows_unattributed: BTreeMap<String, BTreeMap<Date, u64>>,
    /// Bad rows that were left out and written to the table `quarantine`, by source.
    pub rows_quarantined: BTreeMap<String, u64>,
    /// Columns that the lake knows and that files of the run lack, so that they are null there.
    pub columns_absent: Vec<AbsentColumn>,
    /// Days far from all others, which a wrong time is likelier to have than an event.
    pub far_days: Vec<Date>,
    /// Days of the snapshot to which events to come may still be credited, in order.
    pub provisional_days: Vec<Date>,
    /// Files that are not read, since their names end in another way than those of the format.
    pub left_out: Vec<LeftOut>,
    /// Rebuilt days that lie before the first state of a lookup with a history, by lookup: its dimensions have
    /// no value on them.
    pub days_without_state: BTreeMap<String, Vec<Date>>,
    /// Retired months with days that were asked for or out of date: rebuilt whole, or kept as they are.
    pub retired_months: Vec<PlannedMonth>,
    /// What of the lake was damaged, and was rebuilt.
    pub mended: Vec<DamagedFile>,
    /// Cells of rebuilt periods, by grain.
    pub cells: BTreeMap<String, u64>,
    /// How many partitions of the lake changed.
    pub n_periods_changed: u64,
    /// Bytes of the files that were committed.
    pub bytes_written: u64,
    /// Versions of the lookup tables that belong to the snapshot, by lookup.
    pub lookups: BTreeMap<String, u64>,
    /// What was checked before the commit.
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
