//! Invariants: what must hold before every commit. A violation is an error that explains itself. The checks that a
//! model declares are in `declared.rs`.

use clio_lake::CheckOutcome;
use clio_proto::Period;
use datafusion::arrow::array::RecordBatch;

use crate::cells::{CellShape, Totals};
use crate::error::CheckError;
use crate::measures::BadCell;

/// No cell has more values, distinct ones or those behind quantiles, than events.
pub(crate) const DISTINCT_WITHIN_COUNT: &str = "distinct within count";
/// The counts of a day's cells add up to the number of events read.
pub(crate) const COUNTS_ARE_ROWS: &str = "counts are the rows read";
/// The counts of a period are the sums of those of its children.
pub(crate) const PARENT_IS_SUM: &str = "a parent counts what its children count";
/// All time has at least as many distinct values as any day.
pub(crate) const ALL_TIME_HOLDS_DAYS: &str = "all time holds each day";

/// What holds for every lake, whatever the model says; a violation cannot be accepted.
pub const INVARIANTS: [&str; 4] =
    [DISTINCT_WITHIN_COUNT, COUNTS_ARE_ROWS, PARENT_IS_SUM, ALL_TIME_HOLDS_DAYS];

/// Adds cells to the totals of their period, checking each against the invariants.
pub(crate) fn hold(
    shape: &CellShape,
    period: Period,
    cells: &RecordBatch,
    totals: &mut Totals,
) -> Result<(), CheckError> {
    totals.add(shape, cells).map_err(|(measure, BadCell { row, reason })| CheckError::Invariant {
        invariant: DISTINCT_WITHIN_COUNT,
        period,
        reason: format!("cell {row}, measure `{measure}`: {reason}"),
    })
}

/// Compares a day's counts with the number of events read for it, source by source.
pub(crate) fn counts_are_rows(
    shape: &CellShape,
    period: Period,
    totals: &Totals,
    rows_in: impl Fn(&str) -> u64,
) -> Result<(), CheckError> {
    for (measure, total) in shape.measures.iter().zip(totals.wholes()) {
        let n_rows = rows_in(&measure.source);
        if measure.rules.counts_events() && total != Some(i128::from(n_rows)) {
            let found = total.unwrap_or_default();
            return Err(CheckError::Invariant {
                invariant: COUNTS_ARE_ROWS,
                period,
                reason: format!("`{}` comes to {found}, {n_rows} rows were read", measure.name),
            });
        }
    }
    Ok(())
}

/// Compares a parent's totals with the sum over its children, computed separately.
pub(crate) fn parent_is_sum(
    shape: &CellShape,
    period: Period,
    totals: &Totals,
    children: &[Option<i128>],
) -> Result<(), CheckError> {
    for ((measure, total), expected) in shape.measures.iter().zip(totals.wholes()).zip(children) {
        if total != *expected {
            let (found, expected) = (total.unwrap_or_default(), expected.unwrap_or_default());
            return Err(CheckError::Invariant {
                invariant: PARENT_IS_SUM,
                period,
                reason: format!("`{}` comes to {found}, its parts to {expected}", measure.name),
            });
        }
    }
    Ok(())
}

/// Compares all time with one of its days.
pub(crate) fn all_time_holds(
    shape: &CellShape,
    all: &mut Totals,
    period: Period,
    day: &mut Totals,
) -> Result<(), CheckError> {
    for (index, measure) in shape.measures.iter().enumerate() {
        let (all, day) = (&mut all.tallies[index], &mut day.tallies[index]);
        let (Some(all), Some(day)) = (all.estimate(), day.estimate()) else { continue };
        if all.upper < day.lower {
            let (upper, lower) = (all.upper, day.lower);
            return Err(CheckError::Invariant {
                invariant: ALL_TIME_HOLDS_DAYS,
                period,
                reason: format!(
                    "`{}` has at most {upper:.0} values in all time, but at least {lower:.0} on the day",
                    measure.name
                ),
            });
        }
    }
    Ok(())
}

/// The invariants that were checked, and the outcomes of the declared checks: both go into the commit's metadata.
#[derive(Debug, Default, Clone)]
pub(crate) struct Checked {
    pub(crate) n_cells: u64,
    pub(crate) n_days: u64,
    pub(crate) n_parents: u64,
    /// The outcomes of the declared checks.
    pub(crate) declared: Vec<CheckOutcome>,
}

impl Checked {
    /// Whether a declared check failed, which means that the failure was accepted.
    pub(crate) fn has_failures(&self) -> bool {
        self.declared.iter().flat_map(|check| &check.findings).any(|finding| finding.is_failure)
    }

    pub(crate) fn outcomes(&self) -> Vec<CheckOutcome> {
        let n_checked = [self.n_cells, self.n_days, self.n_parents, self.n_days];
        let outcome = |(name, n_checked): (&str, u64)| CheckOutcome {
            name: name.to_owned(),
            n_checked,
            findings: Vec::new(),
        };
        let invariants = INVARIANTS.into_iter().zip(n_checked).map(outcome);
        invariants.chain(self.declared.iter().cloned()).collect()
    }
}
