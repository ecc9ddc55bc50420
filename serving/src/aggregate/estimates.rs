//! Distinct counts: sketches united by group in one scratch, and estimated once.

use clio_proto::{ServiceError, Value};
use clio_sketch::{Estimate, Union};

use super::batch::Batch;
use super::groups::{BatchGroups, Groups};
use super::{Cancel, stored_of};
use crate::plan::Plan;
use crate::snapshot::{MeasureColumn, SketchArena, Snapshot, Stored};

/// Groups between two looks at whether anybody still waits: a millisecond or so of work.
const GROUPS_PER_CHECK: usize = 256;

/// The distinct measures of one query, by position among the plan's measures.
#[derive(Debug)]
pub(super) struct Estimates<'a> {
    batches: &'a [Batch<'a>],
    members: Members,
    measures: Vec<Option<Distinct>>,
    cancel: &'a Cancel,
}

/// One distinct measure.
#[derive(Debug)]
struct Distinct {
    /// The position among the snapshot's stored measures.
    column: usize,
    scratch: Union,
    /// What was estimated so far, by group.
    by_group: Vec<Option<Estimate>>,
}

/// What each group is made of.
#[derive(Debug)]
enum Members {
    /// Whole batches, by group.
    Batches(Vec<Vec<u32>>),
    /// The rows of group `g` are `rows[offsets[g]..offsets[g + 1]]`: a batch's number and its row.
    Rows { offsets: Vec<usize>, rows: Vec<(u32, u32)> },
}

impl<'a> Estimates<'a> {
    pub(super) fn new(
        snapshot: &Snapshot,
        plan: &Plan,
        batches: &'a [Batch<'a>],
        groups: &Groups<'_>,
        cancel: &'a Cancel,
    ) -> Self {
        let measures: Vec<Option<Distinct>> = (0..plan.measures.len())
            .map(|at| match stored_of(snapshot, plan, at) {
                Stored::Distinct { family, precision } => Some(Distinct {
                    column: plan.measures[at],
                    scratch: Union::new(family, precision),
                    by_group: vec![None; groups.n_groups()],
                }),
                Stored::Count | Stored::IntSum | Stored::FloatSum => None,
            })
            .collect();
        let is_needed = measures.iter().any(Option::is_some);
        let members = if is_needed { Members::new(groups) } else { Members::Batches(Vec::new()) };
        Self { batches, members, measures, cancel }
    }

    /// The distinct count over everything selected.
    pub(super) fn total(&mut self, measure: usize) -> Result<Value, ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Ok(Value::undefined()) };
        distinct.scratch.clear();
        for batch in self.batches {
            self.cancel.check()?;
            distinct.add_batch(batch);
        }
        Ok(value_of(distinct.scratch.estimate()))
    }

    /// The distinct count of a group.
    pub(super) fn of(&mut self, measure: usize, group: u32) -> Result<Value, ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Ok(Value::undefined()) };
        if let Some(known) = distinct.by_group[group as usize] {
            return Ok(value_of(known));
        }
        let estimate = distinct.unite(self.batches, &self.members, group);
        distinct.by_group[group as usize] = Some(estimate);
        Ok(value_of(estimate))
    }

    /// Estimates a measure of every group.
    pub(super) fn all_groups(&mut self, measure: usize) -> Result<(), ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Ok(()) };
        for (at, group) in (0..distinct.by_group.len()).zip(0_u32..) {
            if at % GROUPS_PER_CHECK == 0 {
                self.cancel.check()?;
            }
            let estimate = distinct.unite(self.batches, &self.members, group);
            distinct.by_group[at] = Some(estimate);
        }
        Ok(())
    }
}

impl Distinct {
    /// The estimate over a group's cells.
    fn unite(&mut self, batches: &[Batch<'_>], members: &Members, group: u32) -> Estimate {
        self.scratch.clear();
        let group = group as usize;
        match members {
            Members::Batches(by_group) => {
                for batch in &by_group[group] {
                    self.add_batch(&batches[*batch as usize]);
                }
            }
            Members::Rows { offsets, rows } => {
                for (batch, row) in &rows[offsets[group]..offsets[group + 1]] {
                    let column = &batches[*batch as usize].chunk.measures[self.column];
                    if let MeasureColumn::Sketch { arena, .. } = column {
                        arena.union_into(*row, &mut self.scratch);
                    }
                }
            }
        }
        self.scratch.estimate()
    }

    /// Adds all that a batch selects.
    fn add_batch(&mut self, batch: &Batch<'_>) {
        let MeasureColumn::Sketch { arena, total } = &batch.chunk.measures[self.column] else {
            return;
        };
        match &batch.rows {
            None => total.union_into(&mut self.scratch),
            Some(rows) => add_rows(arena, rows.iter(), &mut self.scratch),
        }
    }
}

fn add_rows(arena: &SketchArena, rows: impl Iterator<Item = u32>, scratch: &mut Union) {
    for row in rows {
        arena.union_into(row, scratch);
    }
}

impl Members {
    /// Sorts batches or rows by group, keeping their order within each.
    fn new(groups: &Groups<'_>) -> Self {
        let n_groups = groups.n_groups();
        let is_whole = |batch: &BatchGroups| matches!(batch, BatchGroups::Whole(_));
        if groups.batches().iter().all(is_whole) {
            let mut by_group = vec![Vec::new(); n_groups];
            for (at, batch) in (0_u32..).zip(groups.batches()) {
                if let BatchGroups::Whole(Some(group)) = batch {
                    by_group[*group as usize].push(at);
                }
            }
            return Self::Batches(by_group);
        }
        let mut offsets = vec![0_usize; n_groups + 1];
        for id in groups.batches().iter().flat_map(BatchGroups::ids) {
            offsets[*id as usize + 1] += 1;
        }
        for group in 0..n_groups {
            offsets[group + 1] += offsets[group];
        }
        let mut next = offsets.clone();
        let mut sorted = vec![(0, 0); offsets[n_groups]];
        for (at, batch) in (0_u32..).zip(groups.batches()) {
            let BatchGroups::Rows { rows, ids } = batch else { continue };
            for (row, id) in rows.iter().zip(ids) {
                let place = &mut next[*id as usize];
                sorted[*place] = (at, *row);
                *place += 1;
            }
        }
        Self::Rows { offsets, rows: sorted }
    }
}

fn value_of(estimate: Estimate) -> Value {
    Value {
        value: Some(estimate.value),
        lower: Some(estimate.lower),
        upper: Some(estimate.upper),
        exact: estimate.exact,
    }
}
