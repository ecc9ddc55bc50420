//! Counts and sums: of the whole, and by group.

use clio_proto::Value;

use super::batch::Batch;
use super::groups::{BatchGroups, Groups};
use super::stored_of;
use crate::plan::Plan;
use crate::snapshot::{MeasureColumn, Snapshot, Stored};

/// The additive measures of one query, by position among the plan's measures.
#[derive(Debug)]
pub(super) struct Sums {
    measures: Vec<Sum>,
    /// Positions among the snapshot's stored measures.
    columns: Vec<usize>,
}

/// One measure. Whole numbers are added in 128 bits, which cells of 64 cannot overflow.
#[derive(Debug)]
enum Sum {
    Int { total: i128, by_group: Vec<i128> },
    Float { total: f64, by_group: Vec<f64> },
    Sketch,
}

impl Sums {
    pub(super) fn new(snapshot: &Snapshot, plan: &Plan) -> Self {
        let measures = (0..plan.measures.len()).map(|at| match stored_of(snapshot, plan, at) {
            Stored::Count | Stored::IntSum => Sum::Int { total: 0, by_group: Vec::new() },
            Stored::FloatSum => Sum::Float { total: 0.0, by_group: Vec::new() },
            Stored::Distinct { .. } => Sum::Sketch,
        });
        Self { measures: measures.collect(), columns: plan.measures.clone() }
    }

    /// Adds the batch that was grouped last to the total and to its groups.
    pub(super) fn add(&mut self, batch: &Batch<'_>, groups: &Groups<'_>) {
        let n_groups = groups.n_groups();
        let Some(groups) = groups.batches().last() else { return };
        for (sum, column) in self.measures.iter_mut().zip(&self.columns) {
            match (sum, &batch.chunk.measures[*column]) {
                (Sum::Int { total, by_group }, MeasureColumn::Int { values, total: all }) => {
                    let own = match &batch.rows {
                        None => *all,
                        Some(rows) => rows.iter().map(|row| i128::from(values[row as usize])).sum(),
                    };
                    *total += own;
                    add_groups(by_group, own, groups, n_groups, |row| i128::from(values[row]));
                }
                (Sum::Float { total, by_group }, MeasureColumn::Float { values, total: all }) => {
                    let own = match &batch.rows {
                        None => *all,
                        Some(rows) => rows.iter().map(|row| values[row as usize]).sum(),
                    };
                    *total += own;
                    add_groups(by_group, own, groups, n_groups, |row| values[row]);
                }
                _ => {}
            }
        }
    }

    /// The total of a measure; `None` where it is a sketch.
    pub(super) fn total(&self, measure: usize) -> Option<Value> {
        match &self.measures[measure] {
            Sum::Int { total, .. } => Some(Value::whole(*total)),
            Sum::Float { total, .. } => Some(Value::sum(*total)),
            Sum::Sketch => None,
        }
    }

    /// The sum of a measure over a group; `None` where it is a sketch.
    pub(super) fn of(&self, measure: usize, group: u32) -> Option<Value> {
        match &self.measures[measure] {
            Sum::Int { by_group, .. } => Some(Value::whole(by_group[group as usize])),
            Sum::Float { by_group, .. } => Some(Value::sum(by_group[group as usize])),
            Sum::Sketch => None,
        }
    }
}

/// Adds a batch to its groups: `whole` where it is one group's, else each row's number.
fn add_groups<N: Copy + Default + std::ops::AddAssign>(
    by_group: &mut Vec<N>,
    whole: N,
    groups: &BatchGroups,
    n_groups: usize,
    of_row: impl Fn(usize) -> N,
) {
    by_group.resize(n_groups, N::default());
    match groups {
        BatchGroups::Whole(None) => {}
        BatchGroups::Whole(Some(group)) => by_group[*group as usize] += whole,
        BatchGroups::Rows { rows, ids } => {
            for (row, id) in rows.iter().zip(ids) {
                by_group[*id as usize] += of_row(*row as usize);
            }
        }
    }
}
