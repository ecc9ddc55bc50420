//! Distinct counts by group: those estimated so far, and how to estimate the others.

use clio_lake::StoredType;
use clio_proto::{Code, ServiceError, Value};
use clio_sketch::{Estimate, Sketch};

use super::Cancel;
use super::batch::Batch;
use super::groups::Groups;
use super::kernel::Kernel;
use super::members::{Made, Members};
use super::scratch::{Scratch, Unions};
use crate::plan::Plan;
use crate::snapshot::{ColumnUnion, MeasureColumn, SketchArena, Snapshot};

/// The distinct measures of one query, by position among the plan's measures.
#[derive(Debug)]
pub(super) struct Estimates<'a> {
    batches: &'a [Batch<'a>],
    groups: &'a Groups<'a>,
    /// The groups that were asked for so far.
    members: Option<Members>,
    measures: Vec<Option<Distinct<'a>>>,
    cancel: &'a Cancel,
}

/// One distinct measure.
#[derive(Debug)]
struct Distinct<'a> {
    kernel: Kernel<'a>,
    /// For requests for whole sketches.
    scratch: Scratch,
    known: Known,
    /// The work outside of the scratch.
    unions: Unions,
}

/// The estimates so far, by group.
#[derive(Debug)]
struct Known {
    /// One more than the position among the estimates, 0 for none. Untouched zeroed memory costs nothing.
    places: Vec<u32>,
    estimates: Vec<Estimate>,
}

impl Known {
    fn get(&self, group: u32) -> Option<Estimate> {
        let place = self.places[group as usize].checked_sub(1)?;
        Some(self.estimates[place as usize])
    }

    fn set(&mut self, group: u32, estimate: Estimate) {
        self.estimates.push(estimate);
        // There are no more groups than 32-bit numbers.
        self.places[group as usize] = u32::try_from(self.estimates.len()).unwrap_or(u32::MAX);
    }
}

impl<'a> Estimates<'a> {
    pub(super) fn new(
        snapshot: &Snapshot,
        plan: &Plan,
        batches: &'a [Batch<'a>],
        groups: &'a Groups<'a>,
        n_threads: usize,
        cancel: &'a Cancel,
    ) -> Self {
        let measures: Vec<Option<Distinct<'a>>> = (0..plan.measures.len())
            .map(|at| match plan.stored_type(snapshot, at) {
                StoredType::Sketch { family, precision } => {
                    let column = plan.measures[at].column;
                    let places = vec![0; groups.n_groups()];
                    Some(Distinct {
                        kernel: Kernel { family, precision, column, n_threads, cancel },
                        scratch: Scratch::new(family, precision),
                        known: Known { places, estimates: Vec::new() },
                        unions: Unions::default(),
                    })
                }
                StoredType::Count
                | StoredType::WholeSum
                | StoredType::FloatSum
                | StoredType::Quantiles { .. } => None,
            })
            .collect();
        Self { batches, groups, members: None, measures, cancel }
    }

    /// The distinct count over all selected rows.
    pub(super) fn total(&mut self, measure: usize) -> Result<Value, ServiceError> {
        self.united(measure, self.batches)
    }

    /// The distinct count over some batches.
    pub(super) fn united(
        &mut self,
        measure: usize,
        batches: &[Batch<'_>],
    ) -> Result<Value, ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Ok(Value::undefined()) };
        self.cancel.check()?;
        let batches: Vec<_> = batches.iter().collect();
        let (estimate, unions) = distinct.kernel.whole(&batches)?;
        distinct.unions += unions;
        Ok(value_of(estimate))
    }

    /// The distinct count over all selected rows, and its sketch; `measure` must be a distinct one.
    pub(super) fn total_with_sketch(
        &mut self,
        measure: usize,
    ) -> Result<(Value, Sketch), ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Err(no_sketch()) };
        distinct.scratch.clear();
        for batch in self.batches {
            self.cancel.check()?;
            if let Some((arena, total)) = sketches(batch, distinct.kernel.column) {
                distinct.scratch.add_batch(batch, arena, total);
            }
        }
        Ok((value_of(distinct.scratch.estimate()), distinct.scratch.sketch()))
    }

    /// The distinct count of a group.
    pub(super) fn of(&mut self, measure: usize, group: u32) -> Result<Value, ServiceError> {
        self.some_groups(measure, &[group])?;
        let Some(distinct) = &self.measures[measure] else { return Ok(Value::undefined()) };
        Ok(distinct.known.get(group).map_or_else(Value::undefined, value_of))
    }

    /// The sketch of a distinct measure over a group; `measure` must be a distinct one.
    pub(super) fn sketch(&mut self, measure: usize, group: u32) -> Result<Sketch, ServiceError> {
        self.cancel.check()?;
        self.collect(&[group]);
        let (Some(distinct), Some(members)) = (&mut self.measures[measure], &self.members) else {
            return Err(no_sketch());
        };
        let (column, scratch) = (distinct.kernel.column, &mut distinct.scratch);
        scratch.clear();
        match members.get(group) {
            Made::Batches(of) => {
                for batch in of.iter().map(|batch| &self.batches[*batch as usize]) {
                    if let Some((arena, total)) = sketches(batch, column) {
                        scratch.add_batch(batch, arena, total);
                    }
                }
            }
            Made::Rows(rows) => {
                for (batch, row) in rows {
                    if let Some((arena, _)) = sketches(&self.batches[*batch as usize], column) {
                        scratch.add(arena.get(*row));
                    }
                }
            }
        }
        if distinct.known.get(group).is_none() {
            distinct.known.set(group, scratch.estimate());
        }
        Ok(distinct.scratch.sketch())
    }

    /// The rows of some groups; of all groups, if another set was asked for before.
    pub(super) fn members(&mut self, some: &[u32]) -> &Members {
        self.collect(some);
        self.members.get_or_insert_with(|| Members::of(self.groups, some))
    }

    /// The rows of a group.
    pub(super) fn made_of(&mut self, group: u32) -> Made<'_> {
        self.members(&[group]).get(group)
    }

    fn collect(&mut self, some: &[u32]) {
        match &self.members {
            Some(members) if some.iter().all(|group| members.has(*group)) => {}
            Some(_) => {
                let all: Vec<u32> = self.groups.all().collect();
                self.members = Some(Members::of(self.groups, &all));
            }
            None => self.members = Some(Members::of(self.groups, some)),
        }
    }

    /// The work of uniting so far, for all measures.
    pub(super) fn unions(&self) -> Unions {
        let mut all = Unions::default();
        for distinct in self.measures.iter().flatten() {
            all += distinct.scratch.unions();
            all += distinct.unions;
        }
        all
    }

    /// Estimates a measure for those of some groups, in ascending order, that have no estimate yet.
    pub(super) fn some_groups(&mut self, measure: usize, of: &[u32]) -> Result<(), ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Ok(()) };
        let is_unknown = |group: &u32| distinct.known.get(*group).is_none();
        let mut left: Vec<u32> = of.iter().copied().filter(is_unknown).collect();
        if left.is_empty() {
            return Ok(());
        }
        let (batches, groups) = (self.batches, self.groups);
        let (kernel, n_groups) = (distinct.kernel, groups.n_groups());
        let mut is_again = false;
        if left.len() == n_groups
            && let Some((estimates, unions)) =
                kernel.few_groups(batches, groups.batches(), n_groups)?
        {
            distinct.unions += unions;
            left.retain(|group| match estimates[*group as usize] {
                Some(estimate) => {
                    distinct.known.set(*group, estimate);
                    false
                }
                None => true,
            });
            is_again = true;
        }
        if left.is_empty() {
            return Ok(());
        }
        self.collect(&left);
        let (Some(distinct), Some(members)) = (&mut self.measures[measure], &self.members) else {
            return Ok(());
        };
        let (estimates, unions) = kernel.one_by_one(batches, members, &left)?;
        // The work of rows that are read again is counted.
        distinct.unions += if is_again { unions.estimates_alone() } else { unions };
        estimates.into_iter().for_each(|(group, estimate)| distinct.known.set(group, estimate));
        Ok(())
    }
}

fn no_sketch() -> ServiceError {
    ServiceError::new(Code::Internal, "only distinct measures have sketches")
}

/// The sketches of a measure in a batch's file, and their union.
fn sketches<'a>(batch: &'a Batch<'a>, column: usize) -> Option<(&'a SketchArena, &'a ColumnUnion)> {
    match &batch.chunk.measures[column] {
        MeasureColumn::Sketch { arena, total } => Some((arena, total)),
        MeasureColumn::Int { .. } | MeasureColumn::Float { .. } | MeasureColumn::Quantiles(_) => {
            None
        }
    }
}

pub(super) fn value_of(estimate: Estimate) -> Value {
    Value::estimate(estimate.value, estimate.lower, estimate.upper, estimate.exact)
}
