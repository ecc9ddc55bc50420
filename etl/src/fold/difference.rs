//! A parent from its old cells and the changes below it, without reading everything else.
//!
//! ```text
//! child, old ─┐               ┌▶ cells that only grew: what they grew by ─▶ added to the old parent's
//!             ├─▶ difference ─┤
//! child, new ─┘               └▶ cells that lost something ─▶ all children united again, for these cells only
//! ```
//!
//! Counts and integer sums can be subtracted, sketches cannot: a cell whose child has lost values is made of all
//! children again. So is a cell that has vanished from a child (another child may still have it), and any cell
//! with a sum that is not an integer, which is rounded once per period. The rest of the parent stays. The result
//! is, to the byte, the union of all children. Cost: the parent is read and written once, the changed cells are
//! read, and the children are read once more if cells lost something.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::compute::interleave;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::ident;

use crate::cells::{CellShape, KeyedCells, PeriodCells, Union};
use crate::error::{During, EtlError};
use crate::functions::one_of;
use crate::key_order::KeyOrder;
use crate::measures::{Changed, CompareCells};
use clio_lake::LakeFile;

const STEP: &str = "folding what changed";
/// Files up to this size may be in memory as a whole, if the engine has enough.
const MAX_BYTES_AT_ONCE: u64 = 256 << 20;
/// What a cell takes in memory besides its sketches: its key twice, numbers, positions. Files compress these to
/// almost nothing.
const CELL_BYTES: u64 = 128;
/// How many cells a thread takes at once.
const N_CELLS_AT_ONCE: usize = 512;

/// The difference between two states of a period.
#[derive(Debug)]
pub(super) struct Difference {
    /// What cells grew by: differences of sums, which may be negative, and sketches that hold everything new. A
    /// cell may occur in several of these.
    grown: Vec<KeyedCells>,
    /// The keys of cells that lost something, so that they have to be united again.
    lost: Vec<Box<[u8]>>,
}

impl Difference {
    /// The number of cells that differ.
    pub(super) fn n_cells(&self) -> u64 {
        let n_grown: usize = self.grown.iter().map(KeyedCells::len).sum();
        (n_grown + self.lost.len()) as u64
    }
}

impl Union<'_> {
    /// Reserves about as much of the engine's memory as the cells of some files take; `None` if that is not
    /// available.
    pub(super) fn reserve<'f>(
        &self,
        files: impl IntoIterator<Item = &'f LakeFile>,
    ) -> Option<MemoryReservation> {
        let n_bytes = |file: &LakeFile| file.size_bytes.saturating_add(file.n_rows * CELL_BYTES);
        let n_bytes: u64 = files.into_iter().map(n_bytes).sum();
        let pool = &self.ctx.runtime_env().memory_pool;
        let reservation = MemoryConsumer::new("cells of a fold").register(pool);
        reservation.try_grow(usize::try_from(n_bytes).ok()?).ok()?;
        Some(reservation)
    }

    /// The difference between two states of a period; `None` where cells lack a measure, since they were made
    /// before it was added to the model.
    pub(super) async fn difference(
        &self,
        old: &[LakeFile],
        new: &[LakeFile],
    ) -> Result<Option<Difference>, EtlError> {
        let (Some(old), Some(new)) = (self.keyed(old).await?, self.keyed(new).await?) else {
            return Ok(None);
        };
        self.between(&old, &new).map(Some)
    }

    fn between(&self, old: &KeyedCells, new: &KeyedCells) -> Result<Difference, EtlError> {
        // For each key, the positions of its old and its new cell.
        let mut pairs: Vec<(Option<usize>, Option<usize>)> = Vec::new();
        let (mut at_old, mut at_new) = (0, 0);
        while at_old < old.len() || at_new < new.len() {
            let is_old =
                at_new == new.len() || at_old < old.len() && old.key(at_old) <= new.key(at_new);
            let is_new =
                at_old == old.len() || at_new < new.len() && new.key(at_new) <= old.key(at_old);
            pairs.push((is_old.then_some(at_old), is_new.then_some(at_new)));
            at_old += usize::from(is_old);
            at_new += usize::from(is_new);
        }
        let compared = self.shared_out(&pairs, |pairs| {
            let mut comparison = Comparison::new(self.shape);
            let compare = |&(at_old, at_new): &(Option<usize>, Option<usize>)| {
                let has_lost = match (at_old, at_new) {
                    (Some(at_old), Some(at_new)) => {
                        comparison.of(old.place(at_old), new.place(at_new))?
                    }
                    (Some(_), None) => Some(true),
                    (None, _) => Some(!self.shape.adds_exactly()),
                };
                Ok::<_, EtlError>((at_old, at_new, has_lost))
            };
            pairs.iter().map(compare).collect::<Result<Vec<_>, _>>()
        })?;
        let (mut grown, mut lost) = (Vec::new(), Vec::new());
        for (at_old, at_new, has_lost) in compared.into_iter().flatten() {
            match (has_lost, at_old, at_new) {
                (Some(false), _, Some(at_new)) => grown.push((at_old, at_new)),
                (Some(_), Some(at_old), _) => lost.push(old.key(at_old).into()),
                (Some(_), None, Some(at_new)) => lost.push(new.key(at_new).into()),
                _ => {}
            }
        }
        let grown = self.growth(old, new, &grown)?;
        Ok(Difference { grown: grown.into_iter().collect(), lost })
    }

    /// What cells grew by; each cell is given by its positions among the old and the new ones.
    fn growth(
        &self,
        old: &KeyedCells,
        new: &KeyedCells,
        grown: &[(Option<usize>, usize)],
    ) -> Result<Option<KeyedCells>, EtlError> {
        let positions: Vec<usize> = grown.iter().map(|&(_, new)| new).collect();
        let Some(cells) = new.take(&positions).during(STEP)? else { return Ok(None) };
        let mut columns = cells.columns().to_vec();
        let places: Vec<_> = grown.iter().map(|&(at, _)| at.map(|at| old.place(at))).collect();
        for (index, measure) in self.shape.measures.iter().enumerate() {
            let column = self.shape.n_dimensions + index;
            let before: Vec<_> = places
                .iter()
                .map(|place| place.map(|(batch, row)| (batch.column(column), row)))
                .collect();
            let grown = measure.rules.growth(&measure.name, &columns[column], &before)?;
            columns[column] = grown;
        }
        let cells = RecordBatch::try_new(cells.schema(), columns).during(STEP)?;
        KeyedCells::sort(vec![cells], &self.order()?).during(STEP).map(Some)
    }

    /// The cells of a parent, sorted, made of its old file and the changes in its children; and the parent's own
    /// difference, if it has a parent. `children` are the current files of all children.
    pub(super) async fn replaced(
        &self,
        parent: &[LakeFile],
        differences: &[&Difference],
        children: &[LakeFile],
        has_parent: bool,
        reservation: MemoryReservation,
    ) -> Result<Option<(PeriodCells, Option<Difference>)>, EtlError> {
        let Some(parent) = self.keyed(parent).await? else { return Ok(None) };
        let order = self.order()?;
        let lost: HashSet<Box<[u8]>> =
            differences.iter().flat_map(|child| &child.lost).cloned().collect();
        let mut growths = Vec::new();
        for growth in differences.iter().flat_map(|child| &child.grown) {
            let stays = |&position: &usize| !lost.contains(growth.key(position));
            let positions: Vec<usize> = (0..growth.len()).filter(stays).collect();
            let cells: Vec<RecordBatch> =
                growth.take(&positions).during(STEP)?.into_iter().collect();
            growths.push(KeyedCells::sort(cells, &order).during(STEP)?);
        }

        let grown = Grown::of(&parent, &growths);
        let mut others = self.grow_all(&parent, &growths, &grown)?;
        let mut gone: Vec<usize> = grown.iter().filter_map(|cell| cell.in_parent).collect();
        let mut difference = has_parent.then(|| Difference { grown: Vec::new(), lost: Vec::new() });
        if !lost.is_empty() {
            let is_lost = |&position: &usize| lost.contains(parent.key(position));
            let before: Vec<usize> = (0..parent.len()).filter(is_lost).collect();
            let made = self.united(children, lost.clone()).await?;
            if let Some(difference) = &mut difference {
                let old = parent.take(&before).during(STEP)?.into_iter().collect();
                let old = KeyedCells::sort(old, &order).during(STEP)?;
                let new = KeyedCells::sort(made.clone(), &order).during(STEP)?;
                *difference = self.between(&old, &new)?;
            }
            others.extend(made);
            gone.extend(before);
            gone.sort_unstable();
        }
        let others = KeyedCells::sort(others, &order).during(STEP)?;
        drop(grown);
        if let Some(difference) = &mut difference {
            difference.grown.extend(growths);
        }
        let cells = PeriodCells::in_memory(parent.replace(&gone, others), reservation);
        Ok(Some((cells, difference)))
    }

    /// Some cells of the union of files.
    async fn united(
        &self,
        files: &[LakeFile],
        keys: HashSet<Box<[u8]>>,
    ) -> Result<Vec<RecordBatch>, EtlError> {
        let dimensions = &self.read_schema.fields()[..self.shape.n_dimensions];
        let key = dimensions.iter().map(|field| ident(field.name())).collect();
        let is_wanted = one_of(keys, self.order()?).call(key);
        let cells = self.frame(files)?.filter(is_wanted).during(STEP)?;
        let n_bytes: u64 = files.iter().map(|file| file.size_bytes).sum();
        let reservation = self.reserve(files).filter(|_| n_bytes <= MAX_BYTES_AT_ONCE);
        if !self.shape.adds_exactly() || reservation.is_none() {
            return self.grouped(self.summands(cells)?).await;
        }
        // In a single pass; the engine would take two, since it aggregates parts of each group first.
        let order = self.order()?;
        let cells = KeyedCells::sort(cells.collect().await.during(STEP)?, &order).during(STEP)?;
        let nothing = KeyedCells::sort(Vec::new(), &order).during(STEP)?;
        let cells = [cells];
        self.grow_all(&nothing, &cells, &Grown::of(&nothing, &cells))
    }

    /// The parent's cells, with their growth added.
    fn grow_all(
        &self,
        parent: &KeyedCells,
        growths: &[KeyedCells],
        grown: &[Grown],
    ) -> Result<Vec<RecordBatch>, EtlError> {
        self.shared_out(grown, |cells| self.grow(parent, growths, cells))
    }

    /// Processes cells piece by piece on all threads; returns the results of the pieces, in order.
    fn shared_out<C: Sync, T: Send>(
        &self,
        cells: &[C],
        of_piece: impl Fn(&[C]) -> Result<T, EtlError> + Sync,
    ) -> Result<Vec<T>, EtlError> {
        // Some cells have large sketches: an idle thread takes the next piece.
        let pieces = Mutex::new(cells.chunks(N_CELLS_AT_ONCE).enumerate());
        let work = || {
            let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
            std::iter::from_fn(next)
                .map(|(index, piece)| Ok((index, of_piece(piece)?)))
                .collect::<Result<Vec<_>, EtlError>>()
        };
        let mut made = Vec::new();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.n_threads).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                let of_worker = worker.join();
                made.extend(of_worker.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok::<_, EtlError>(())
        })?;
        made.sort_unstable_by_key(|(index, _)| *index);
        Ok(made.into_iter().map(|(_, of_piece)| of_piece).collect())
    }

    /// Some of the parent's cells, with their growth added.
    fn grow(
        &self,
        parent: &KeyedCells,
        growths: &[KeyedCells],
        grown: &[Grown],
    ) -> Result<RecordBatch, EtlError> {
        let n_dimensions = self.shape.n_dimensions;
        let sources: Vec<&KeyedCells> = std::iter::once(parent).chain(growths).collect();
        // For each source, the index of its first batch among all batches.
        let mut batches: Vec<&RecordBatch> = Vec::new();
        let mut first_batch = Vec::with_capacity(sources.len());
        for source in &sources {
            first_batch.push(batches.len());
            batches.extend(source.batches());
        }
        let place = |(source, position): (usize, usize)| {
            let (batch, row) = sources[source].index(position);
            (first_batch[source] + batch, row)
        };
        let parts: Vec<Vec<(usize, usize)>> =
            grown.iter().map(|cell| cell.parts().map(place).collect()).collect();

        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.read_schema.fields().len());
        let keys: Vec<(usize, usize)> = parts.iter().map(|parts| parts[0]).collect();
        for dimension in 0..n_dimensions {
            let values: Vec<_> =
                batches.iter().map(|batch| batch.column(dimension).as_ref()).collect();
            columns.push(interleave(&values, &keys).during(STEP)?);
        }
        for (index, measure) in self.shape.measures.iter().enumerate() {
            let values: Vec<_> =
                batches.iter().map(|batch| batch.column(n_dimensions + index)).collect();
            columns.push(measure.rules.grown(&measure.name, &values, &parts)?);
        }
        RecordBatch::try_new(Arc::clone(&self.read_schema), columns).during(STEP)
    }

    /// The cells of a period's files; `None` if a measure is missing in any.
    async fn keyed(&self, files: &[LakeFile]) -> Result<Option<KeyedCells>, EtlError> {
        let batches = match files {
            [] => Vec::new(),
            // Keys are unique within a file.
            [_] => self.frame(files)?.collect().await.during(STEP)?,
            files => self.grouped(self.summands(self.frame(files)?)?).await?,
        };
        let lacks_some = |batch: &RecordBatch| {
            batch.columns()[self.shape.n_dimensions..].iter().any(|column| column.null_count() > 0)
        };
        if batches.iter().any(lacks_some) {
            return Ok(None);
        }
        KeyedCells::sort(batches, &self.order()?).during(STEP).map(Some)
    }

    fn order(&self) -> Result<KeyOrder, EtlError> {
        KeyOrder::new(&self.read_schema, self.shape.n_dimensions).during(STEP)
    }
}

/// A cell of a parent that grew in some child and lost nothing in any.
struct Grown {
    /// Its position in the parent, if the parent has it.
    in_parent: Option<usize>,
    /// The growths that it occurs in, with its position in each.
    in_growths: Vec<(usize, usize)>,
}

impl Grown {
    /// The cells that occur in any growth, in order.
    fn of(parent: &KeyedCells, growths: &[KeyedCells]) -> Vec<Self> {
        let mut all: Vec<(&[u8], usize, usize)> = Vec::new();
        for (growth, cells) in growths.iter().enumerate() {
            all.extend((0..cells.len()).map(|position| (cells.key(position), growth, position)));
        }
        all.sort_unstable();
        let mut position = 0;
        let cell = |same: &[(&[u8], usize, usize)]| {
            let (key, ..) = same[0];
            while position < parent.len() && parent.key(position) < key {
                position += 1;
            }
            let is_there = position < parent.len() && parent.key(position) == key;
            Self {
                in_parent: is_there.then_some(position),
                in_growths: same.iter().map(|&(_, growth, at)| (growth, at)).collect(),
            }
        };
        all.chunk_by(|a, b| a.0 == b.0).map(cell).collect()
    }

    /// The positions of its summands: source 0 is the parent, the growths follow.
    fn parts(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let in_growths = self.in_growths.iter().map(|&(growth, position)| (growth + 1, position));
        self.in_parent.map(|position| (0, position)).into_iter().chain(in_growths)
    }
}

/// Compares the old and the new cell of a key.
struct Comparison<'a> {
    shape: &'a CellShape,
    /// One per measure.
    measures: Vec<Box<dyn CompareCells>>,
}

impl<'a> Comparison<'a> {
    fn new(shape: &'a CellShape) -> Self {
        let measures = shape.measures.iter().map(|measure| measure.rules.comparison());
        Self { shape, measures: measures.collect() }
    }

    /// Whether the new cell lacks something that the old one has; `None` if they are equal.
    fn of(
        &mut self,
        (old, old_row): (&RecordBatch, usize),
        (new, new_row): (&RecordBatch, usize),
    ) -> Result<Option<bool>, EtlError> {
        let (mut is_same, mut has_lost) = (true, false);
        for (index, measure) in self.measures.iter_mut().enumerate() {
            let column = self.shape.n_dimensions + index;
            let (old, new) = ((old.column(column), old_row), (new.column(column), new_row));
            match measure.compare(old, new, has_lost)? {
                Changed::Not => {}
                Changed::Grown => is_same = false,
                Changed::Lost => (is_same, has_lost) = (false, true),
            }
        }
        Ok((!is_same).then(|| has_lost || !self.shape.adds_exactly()))
    }
}
