//! Distinct counts: sketches united by group in one scratch, and estimated once.

use clio_lake::StoredType;
use clio_proto::{Code, ServiceError, Value};
use clio_sketch::{Estimate, Sketch};

use super::Cancel;
use super::batch::Batch;
use super::groups::{BatchGroups, Groups};
use super::scratch::{Scratch, Unions};
use crate::plan::Plan;
use crate::snapshot::{ColumnUnion, MeasureColumn, SketchArena, Snapshot};

/// The fewest cells that are worth a thread: some ten microseconds to start it, against a millisecond
/// or so of work.
const MIN_ROWS_PER_THREAD: usize = 10_000;

/// Groups between two looks at whether anybody still waits: a millisecond or so of work.
const GROUPS_PER_CHECK: usize = 256;

/// The distinct measures of one query, by position among the plan's measures.
#[derive(Debug)]
pub(super) struct Estimates<'a> {
    batches: &'a [Batch<'a>],
    members: Members,
    measures: Vec<Option<Distinct>>,
    n_threads: usize,
    cancel: &'a Cancel,
}

/// One distinct measure.
#[derive(Debug)]
struct Distinct {
    /// The position among the snapshot's stored measures.
    column: usize,
    scratch: Scratch,
    /// What was estimated so far, by group.
    by_group: Vec<Option<Estimate>>,
}

/// What each group is made of.
#[derive(Debug)]
pub(super) enum Members {
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
        n_threads: usize,
        cancel: &'a Cancel,
    ) -> Self {
        let measures: Vec<Option<Distinct>> = (0..plan.measures.len())
            .map(|at| match plan.stored_type(snapshot, at) {
                StoredType::Sketch { family, precision } => Some(Distinct {
                    column: plan.measures[at].column,
                    scratch: Scratch::new(family, precision),
                    by_group: vec![None; groups.n_groups()],
                }),
                StoredType::Count
                | StoredType::WholeSum
                | StoredType::FloatSum
                | StoredType::Quantiles { .. } => None,
            })
            .collect();
        let is_united = |at| match plan.stored_type(snapshot, at) {
            StoredType::Sketch { .. } | StoredType::Quantiles { .. } => true,
            StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => false,
        };
        let is_needed = (0..plan.measures.len()).any(is_united);
        let members = if is_needed { Members::new(groups) } else { Members::Batches(Vec::new()) };
        Self { batches, members, measures, n_threads, cancel }
    }

    /// The distinct count over everything selected.
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
        distinct.scratch.clear();
        for batch in batches {
            self.cancel.check()?;
            if let Some((arena, total)) = sketches(batch, distinct.column) {
                distinct.scratch.add_batch(batch, arena, total);
            }
        }
        Ok(value_of(distinct.scratch.estimate()))
    }

    /// The distinct count over everything selected, and its sketch; `measure` is one.
    pub(super) fn total_with_sketch(
        &mut self,
        measure: usize,
    ) -> Result<(Value, Sketch), ServiceError> {
        let value = self.total(measure)?;
        let Some(distinct) = &mut self.measures[measure] else { return Err(no_sketch()) };
        Ok((value, distinct.scratch.sketch()))
    }

    /// The distinct count of a group.
    pub(super) fn of(&mut self, measure: usize, group: u32) -> Result<Value, ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Ok(Value::undefined()) };
        let at = group as usize;
        if let Some(known) = distinct.by_group[at] {
            return Ok(value_of(known));
        }
        let estimate = self.members.unite(at, self.batches, distinct.column, &mut distinct.scratch);
        distinct.by_group[at] = Some(estimate);
        Ok(value_of(estimate))
    }

    /// The sketch of a distinct measure over a group; `measure` is one.
    pub(super) fn sketch(&mut self, measure: usize, group: u32) -> Result<Sketch, ServiceError> {
        self.cancel.check()?;
        let Some(distinct) = &mut self.measures[measure] else { return Err(no_sketch()) };
        let (column, scratch) = (distinct.column, &mut distinct.scratch);
        let estimate = self.members.unite(group as usize, self.batches, column, scratch);
        distinct.by_group[group as usize] = Some(estimate);
        Ok(distinct.scratch.sketch())
    }

    /// What each group is made of, where anything is united.
    pub(super) fn members(&self) -> &Members {
        &self.members
    }

    /// How much was united so far, of all measures.
    pub(super) fn unions(&self) -> Unions {
        let mut all = Unions::default();
        self.measures.iter().flatten().for_each(|distinct| all += distinct.scratch.unions());
        all
    }

    /// Estimates a measure of some groups, which come upwards, on several threads where there is enough to do.
    pub(super) fn some_groups(&mut self, measure: usize, of: &[u32]) -> Result<(), ServiceError> {
        let Some(distinct) = &mut self.measures[measure] else { return Ok(()) };
        let (batches, members, cancel) = (self.batches, &self.members, self.cancel);
        let (column, scratch) = (distinct.column, &mut distinct.scratch);
        let estimate = |first: usize, out: &mut [Option<Estimate>], scratch: &mut Scratch| {
            let place = |group: usize| of.partition_point(|own| (*own as usize) < group);
            let own = &of[place(first)..place(first + out.len())];
            for (n_done, group) in own.iter().map(|group| *group as usize).enumerate() {
                if n_done % GROUPS_PER_CHECK == 0 {
                    cancel.check()?;
                }
                let estimate = &mut out[group - first];
                if estimate.is_none() {
                    *estimate = Some(members.unite(group, batches, column, scratch));
                }
            }
            Ok(())
        };
        let ends = members.split(distinct.by_group.len(), self.n_threads);
        std::thread::scope(|scope| {
            let (mut rest, mut start) = (distinct.by_group.as_mut_slice(), 0);
            let mut others = Vec::new();
            for end in &ends[..ends.len() - 1] {
                let (out, more) = rest.split_at_mut(end - start);
                let (first, mut scratch) = (start, scratch.like());
                let estimate = &estimate;
                others.push(
                    scope.spawn(move || {
                        estimate(first, out, &mut scratch).map(|()| scratch.unions())
                    }),
                );
                (rest, start) = (more, *end);
            }
            let mut done = estimate(start, rest, scratch);
            for other in others {
                let joined = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                done = done.and(joined.map(|unions| scratch.count(unions)));
            }
            done
        })
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

impl Members {
    /// The estimate over a group's cells.
    fn unite(
        &self,
        group: usize,
        batches: &[Batch<'_>],
        column: usize,
        scratch: &mut Scratch,
    ) -> Estimate {
        scratch.clear();
        match self {
            Self::Batches(by_group) => {
                for batch in &by_group[group] {
                    let batch = &batches[*batch as usize];
                    if let Some((arena, total)) = sketches(batch, column) {
                        scratch.add_batch(batch, arena, total);
                    }
                }
                scratch.estimate()
            }
            Self::Rows { offsets, rows } => {
                let rows = &rows[offsets[group]..offsets[group + 1]];
                let cells = rows.iter().filter_map(|(batch, row)| {
                    sketches(&batches[*batch as usize], column).map(|(arena, _)| arena.get(*row))
                });
                scratch.estimate_of(cells)
            }
        }
    }

    /// The ends of at most `n_parts` runs of groups with about equal work, the last of them the end
    /// of all.
    fn split(&self, n_groups: usize, n_parts: usize) -> Vec<usize> {
        let Self::Rows { offsets, rows } = self else { return vec![n_groups] };
        let n_parts = n_parts.min(rows.len() / MIN_ROWS_PER_THREAD).max(1);
        let mut ends: Vec<usize> = (1..n_parts)
            .map(|part| offsets.partition_point(|offset| *offset < rows.len() * part / n_parts))
            .collect();
        ends.push(n_groups);
        ends
    }

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

pub(super) fn value_of(estimate: Estimate) -> Value {
    Value::estimate(estimate.value, estimate.lower, estimate.upper, estimate.exact)
}
