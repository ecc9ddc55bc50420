//! Counts and sums: of the whole, and by group.

use clio_lake::StoredType;
use clio_proto::Value;

use super::batch::Batch;
use super::groups::{BatchGroups, Groups};
use crate::plan::Plan;
use crate::snapshot::{MeasureColumn, Snapshot};

/// The additive measures of one query, by position among the plan's measures.
#[derive(Debug)]
pub(super) struct Sums {
    measures: Vec<Sum>,
    /// Positions among the snapshot's stored measures.
    columns: Vec<usize>,
}

/// One measure. Whole numbers are added in 128 bits, which cells of 64 bits cannot overflow.
#[derive(Debug)]
enum Sum {
    Int {
        total: i128,
        by_group: Vec<i128>,
    },
    Float {
        total: f64,
        by_group: Vec<f64>,
    },
    /// It is not additive.
    None,
}

impl Sums {
    pub(super) fn new(snapshot: &Snapshot, plan: &Plan) -> Self {
        let measures = (0..plan.measures.len()).map(|at| match plan.stored_type(snapshot, at) {
            StoredType::Count | StoredType::WholeSum => Sum::Int { total: 0, by_group: Vec::new() },
            StoredType::FloatSum => Sum::Float { total: 0.0, by_group: Vec::new() },
            StoredType::Sketch { .. } | StoredType::Quantiles { .. } => Sum::None,
        });
        let columns = plan.measures.iter().map(|measure| measure.column).collect();
        Self { measures: measures.collect(), columns }
    }

    /// Adds the most recently grouped batch to the total and to its groups.
    pub(super) fn add(&mut self, batch: &Batch<'_>, groups: &Groups<'_>) {
        if let Some(of_batch) = groups.batches().last() {
            self.add_to(batch, of_batch, groups.n_groups());
        }
    }

    /// Adds a batch to the total and to its groups.
    pub(super) fn add_to(&mut self, batch: &Batch<'_>, groups: &BatchGroups, n_groups: usize) {
        for (sum, column) in self.measures.iter_mut().zip(&self.columns) {
            let column = &batch.chunk.measures[*column];
            match sum {
                Sum::Int { total, by_group } => {
                    let MeasureColumn::Int { values, total: all } = column else { continue };
                    let own = batch.sum(None, *all, |row| i128::from(values[row as usize]));
                    *total += own;
                    add_groups(by_group, own, groups, n_groups, |row| i128::from(values[row]));
                }
                Sum::Float { total, by_group } => {
                    let MeasureColumn::Float { values, total: all } = column else { continue };
                    let own = batch.sum(None, *all, |row| values[row as usize]);
                    *total += own;
                    add_groups(by_group, own, groups, n_groups, |row| values[row]);
                }
                Sum::None => {}
            }
        }
    }

    /// The total of a measure; undefined if it is not a number.
    pub(super) fn total(&self, measure: usize) -> Value {
        match &self.measures[measure] {
            Sum::Int { total, .. } => Value::whole(*total),
            Sum::Float { total, .. } => Value::sum(*total),
            Sum::None => Value::undefined(),
        }
    }

    /// The sum of a measure over a group; undefined if it is not a number.
    pub(super) fn of(&self, measure: usize, group: u32) -> Value {
        match &self.measures[measure] {
            Sum::Int { by_group, .. } => Value::whole(by_group[group as usize]),
            Sum::Float { by_group, .. } => Value::sum(by_group[group as usize]),
            Sum::None => Value::undefined(),
        }
    }
}

/// Adds a batch to its groups: `whole` if it belongs to one group, otherwise by the number of each row.
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
