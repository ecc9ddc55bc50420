//! Distinct counts of many groups: sketches are read in place, and estimated without storing their unions.
//!
//! ```text
//! few groups of many rows    rows in storage order ─▶ registers of each group, all in the second cache
//! any others                 rows group by group  ─▶ one scratch in the first cache
//! ```
//!
//! In both cases some hundreds of rows are looked up before they are united, so that their cache misses overlap.
//! Threads take the next piece of work from a shared counter, so that none waits for a large group of another's.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use clio_proto::ServiceError;
use clio_sketch::{Estimate, Family, Parts, Precision, Union, UnionEstimator};

use super::Cancel;
use super::batch::Batch;
use super::groups::BatchGroups;
use super::members::{Made, Members};
use super::scratch::Unions;
use crate::snapshot::{MeasureColumn, SketchArena, SketchParts};

/// The number of rows looked up together: what they hold stays in the second cache, and checking for cancellation costs
/// nothing noticeable. For dense sketches it is half a millisecond of work.
const ROWS_AT_ONCE: usize = 256;

/// The number of rows in storage order that a thread takes at once.
const ROWS_PER_STRETCH: usize = 4_096;

/// The number of groups that a thread takes at once.
const GROUPS_PER_STRETCH: usize = 16;

/// The smallest number of rows that is worth a thread: starting one takes some twenty microseconds, against a quarter
/// of a millisecond of work.
const MIN_ROWS_PER_THREAD: usize = 4_096;

/// The largest size in bytes of registers that rows in storage order are added to: the second caches of two cores.
const MAX_REGISTER_BYTES: usize = 1 << 20;

/// Coupons per cache line.
const COUPONS_PER_LINE: usize = 16;

/// One distinct measure of some batches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernel<'a> {
    pub(super) family: Family,
    pub(super) precision: Precision,
    /// The position among the snapshot's stored measures.
    pub(super) column: usize,
    pub(super) n_threads: usize,
    pub(super) cancel: &'a Cancel,
}

/// Some rows of a batch in storage order, with their groups; without groups if all belong to one.
#[derive(Debug, Clone, Copy)]
struct Stretch<'r> {
    batch: usize,
    rows: &'r [u32],
    ids: &'r [u32],
}

/// The estimates of all groups that are dense, in the order of their numbers.
type Dense = Vec<Option<Estimate>>;

/// The working memory of one thread.
struct Worker<'s> {
    estimator: UnionEstimator,
    parts: Vec<Parts<'s>>,
    /// The sketches looked up so far.
    unions: Unions,
}

impl<'s> Worker<'s> {
    fn new(kernel: Kernel<'_>) -> Self {
        let estimator = UnionEstimator::new(kernel.family, kernel.precision);
        Self { estimator, parts: Vec::with_capacity(ROWS_AT_ONCE), unions: Unions::default() }
    }

    /// Looks up some sketches. No lookup depends on another one, so that a core does many at the same time.
    fn look_up(&mut self, sketches: impl Iterator<Item = SketchParts<'s>>) {
        self.parts.clear();
        let mut touched = 0_u32;
        for sketch in sketches {
            self.unions.add(sketch);
            if let SketchParts::Coupons(coupons) = sketch {
                for line in coupons.chunks(COUPONS_PER_LINE).skip(1) {
                    touched ^= line[0];
                }
            }
            self.parts.push(sketch.into());
        }
        black_box(touched);
    }
}

impl Kernel<'_> {
    /// The estimate over all selected rows of some batches.
    pub(super) fn whole(self, batches: &[&Batch<'_>]) -> Result<(Estimate, Unions), ServiceError> {
        let mut worker = Worker::new(self);
        worker.unions.n_estimates = 1;
        let whole = batches.iter().filter(|batch| batch.rows.is_none());
        worker.look_up(whole.filter_map(|batch| self.sketches(batch)).map(|(_, total)| total));
        let totals = std::mem::take(&mut worker.parts);
        let selected: Vec<Vec<u32>> = batches
            .iter()
            .map(|batch| batch.rows.as_ref().map_or_else(Vec::new, |rows| rows.iter().collect()))
            .collect();
        let n_rows: usize = selected.iter().map(Vec::len).sum();
        let arenas: Vec<_> = batches.iter().map(|batch| self.arena(batch)).collect();
        if n_rows <= ROWS_AT_ONCE {
            let rows = selected.iter().zip(&arenas).flat_map(|(rows, arena)| {
                rows.iter().filter_map(move |row| Some((*arena)?.get(*row)))
            });
            worker.look_up(rows);
            worker.parts.extend(totals);
            return Ok((worker.estimator.estimate(&worker.parts), worker.unions));
        }
        let stretches = selected.iter().enumerate().flat_map(|(batch, rows)| {
            let stretches = rows.chunks(ROWS_PER_STRETCH);
            stretches.map(move |rows| Stretch { batch, rows, ids: &[] })
        });
        let stretches: Vec<_> = stretches.collect();
        let (mut groups, mut unions) = self.in_storage_order(&arenas, &stretches, n_rows, 1)?;
        unions += worker.unions;
        if let Some(raised) = groups.iter_mut().flatten().next() {
            raised.raise(&totals);
            if let Some(estimate) = raised.estimate_raised() {
                return Ok((estimate, unions));
            }
        }
        let rows = stretches.iter().flat_map(|stretch| {
            let arena = arenas[stretch.batch];
            stretch.rows.iter().filter_map(move |row| Some(arena?.get(*row)))
        });
        let mut union = self.united(rows)?;
        totals.into_iter().for_each(|total| SketchParts::from(total).union_into(&mut union));
        Ok((union.estimate(), unions))
    }

    /// The estimates of all groups, in the order of their numbers, if there are few with many rows; otherwise of each
    /// dense one alone.
    pub(super) fn few_groups(
        self,
        batches: &[Batch<'_>],
        groups: &[BatchGroups],
        n_groups: usize,
    ) -> Result<Option<(Dense, Unions)>, ServiceError> {
        let n_rows: usize = groups.iter().map(|batch| batch.ids().len()).sum();
        let register_bytes = n_groups.saturating_mul(self.precision.n_registers());
        if register_bytes > MAX_REGISTER_BYTES || n_rows <= n_groups * ROWS_AT_ONCE {
            return Ok(None);
        }
        let arenas: Vec<_> = batches.iter().map(|batch| self.arena(batch)).collect();
        let stretches: Vec<_> = groups.iter().enumerate().flat_map(stretches).collect();
        let (raised, mut unions) = self.in_storage_order(&arenas, &stretches, n_rows, n_groups)?;
        let told = |group: &Option<UnionEstimator>| group.as_ref()?.estimate_raised();
        let estimates: Vec<_> = raised.iter().map(told).collect();
        unions.n_estimates = estimates.iter().flatten().count() as u64;
        Ok(Some((estimates, unions)))
    }

    /// Estimates some groups one after the other, on several threads if there is enough to do; in any order.
    pub(super) fn one_by_one(
        self,
        batches: &[Batch<'_>],
        members: &Members,
        some: &[u32],
    ) -> Result<(Vec<(u32, Estimate)>, Unions), ServiceError> {
        let mut all = Vec::with_capacity(some.len());
        let mut all_unions = Unions::default();
        if let Members::Batches(_) = members {
            for group in some {
                let Made::Batches(of) = members.get(*group) else { continue };
                let of: Vec<_> = of.iter().map(|batch| &batches[*batch as usize]).collect();
                let (estimate, unions) = self.whole(&of)?;
                all.push((*group, estimate));
                all_unions += unions;
            }
            return Ok((all, all_unions));
        }
        let arenas: Vec<_> = batches.iter().map(|batch| self.arena(batch)).collect();
        let rows_of = |group: u32| match members.get(group) {
            Made::Rows(rows) => rows,
            Made::Batches(_) => &[],
        };
        let n_rows: usize = some.iter().map(|group| rows_of(*group).len()).sum();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = Worker::new(self);
            let mut done = Vec::new();
            while let Some(stretch) =
                some.chunks(GROUPS_PER_STRETCH).nth(next.fetch_add(1, Ordering::Relaxed))
            {
                for group in stretch {
                    done.push((*group, self.of_rows(rows_of(*group), &arenas, &mut worker)?));
                }
            }
            Ok((done, worker.unions))
        };
        for (done, unions) in self.on_threads(n_rows, &work)? {
            all.extend(done);
            all_unions += unions;
        }
        Ok((all, all_unions))
    }

    /// The estimate over some rows.
    fn of_rows<'s>(
        self,
        rows: &[(u32, u32)],
        arenas: &[Option<&'s SketchArena>],
        worker: &mut Worker<'s>,
    ) -> Result<Estimate, ServiceError> {
        let get = |(batch, row): &(u32, u32)| Some(arenas[*batch as usize]?.get(*row));
        worker.unions.n_estimates += 1;
        if rows.len() <= ROWS_AT_ONCE {
            self.cancel.check()?;
            if let [(batch, row)] = rows
                && let Some(known) = arenas[*batch as usize].and_then(|arena| arena.estimate(*row))
            {
                return Ok(known);
            }
            worker.look_up(rows.iter().filter_map(get));
            return Ok(worker.estimator.estimate(&worker.parts));
        }
        worker.estimator.start();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            self.cancel.check()?;
            worker.look_up(rows.iter().filter_map(get));
            worker.estimator.raise(&worker.parts);
        }
        match worker.estimator.estimate_raised() {
            Some(estimate) => Ok(estimate),
            None => Ok(self.united(rows.iter().filter_map(get))?.estimate()),
        }
    }

    /// The union of many sketches of few people, which registers do not distinguish.
    fn united<'s>(
        self,
        sketches: impl Iterator<Item = SketchParts<'s>>,
    ) -> Result<Union, ServiceError> {
        let mut union = Union::new(self.family, self.precision);
        for (n_done, sketch) in sketches.enumerate() {
            if n_done % ROWS_AT_ONCE == 0 {
                self.cancel.check()?;
            }
            sketch.union_into(&mut union);
        }
        Ok(union)
    }

    /// Raises the registers of each group by rows in storage order; `None` for a group without rows.
    fn in_storage_order(
        self,
        arenas: &[Option<&SketchArena>],
        stretches: &[Stretch<'_>],
        n_rows: usize,
        n_groups: usize,
    ) -> Result<(Vec<Option<UnionEstimator>>, Unions), ServiceError> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = Worker::new(self);
            let mut groups: Vec<Option<UnionEstimator>> = vec![None; n_groups];
            while let Some(stretch) = stretches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some(arena) = arenas[stretch.batch] else { continue };
                for (at, rows) in stretch.rows.chunks(ROWS_AT_ONCE).enumerate() {
                    self.cancel.check()?;
                    worker.look_up(rows.iter().map(|row| arena.get(*row)));
                    if stretch.ids.is_empty() {
                        self.started(&mut groups[0]).raise(&worker.parts);
                        continue;
                    }
                    let ids = &stretch.ids[at * ROWS_AT_ONCE..][..rows.len()];
                    let mut parts = worker.parts.as_slice();
                    for run in ids.chunk_by(|one, next| one == next) {
                        let (own, rest) = parts.split_at(run.len());
                        self.started(&mut groups[run[0] as usize]).raise(own);
                        parts = rest;
                    }
                }
            }
            Ok((groups, worker.unions))
        };
        let mut all: Vec<Option<UnionEstimator>> = vec![None; n_groups];
        let mut all_unions = Unions::default();
        for (groups, unions) in self.on_threads(n_rows, &work)? {
            all_unions += unions;
            for (all, own) in all.iter_mut().zip(groups) {
                match (all.as_mut(), own) {
                    (Some(all), Some(own)) => all.raise_by(&own),
                    (None, own) => *all = own,
                    (Some(_), None) => {}
                }
            }
        }
        Ok((all, all_unions))
    }

    /// A group's registers, created at its first row.
    fn started(self, group: &mut Option<UnionEstimator>) -> &mut UnionEstimator {
        group.get_or_insert_with(|| {
            let mut estimator = UnionEstimator::new(self.family, self.precision);
            estimator.start();
            estimator
        })
    }

    /// Does some work on as many threads as its rows are worth, including this one.
    fn on_threads<T: Send>(
        self,
        n_rows: usize,
        work: &(impl Fn() -> Result<T, ServiceError> + Sync),
    ) -> Result<Vec<T>, ServiceError> {
        let n_threads = self.n_threads.min(n_rows / MIN_ROWS_PER_THREAD).max(1);
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
            let own = work();
            let others = others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            std::iter::once(own).chain(others).collect()
        })
    }

    /// The sketches of the measure in a batch's file, and their union.
    fn sketches<'b>(self, batch: &Batch<'b>) -> Option<(&'b SketchArena, SketchParts<'b>)> {
        match &batch.chunk.measures[self.column] {
            MeasureColumn::Sketch { arena, total } => Some((arena, total.get())),
            MeasureColumn::Int { .. }
            | MeasureColumn::Float { .. }
            | MeasureColumn::Quantiles(_) => None,
        }
    }

    fn arena<'b>(self, batch: &Batch<'b>) -> Option<&'b SketchArena> {
        self.sketches(batch).map(|(arena, _)| arena)
    }
}

/// The rows of a batch with their groups, in pieces for threads to take.
fn stretches((batch, groups): (usize, &BatchGroups)) -> impl Iterator<Item = Stretch<'_>> {
    let (rows, ids): (&[u32], &[u32]) = match groups {
        BatchGroups::Rows { rows, ids } => (rows, ids),
        BatchGroups::Whole(_) => (&[], &[]),
    };
    let stretches = rows.chunks(ROWS_PER_STRETCH).zip(ids.chunks(ROWS_PER_STRETCH));
    stretches.map(move |(rows, ids)| Stretch { batch, rows, ids })
}

#[cfg(test)]
mod tests;
