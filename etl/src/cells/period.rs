//! The cells of one period, sorted: in memory, or in a temporary file that is deleted when its last user drops it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Date32Type, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::prelude::SessionContext;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

use super::SortedCells;
use super::sorter::Sorted;
use crate::engine::spilled::{Spilled, Writer};

/// The cells of one period.
#[derive(Clone)]
pub(crate) struct PeriodCells {
    held: Held,
    n_cells: usize,
    /// The column of the first dimension.
    first_column: usize,
}

#[derive(Clone)]
enum Held {
    /// A range of cells that may belong to several periods.
    InMemory(Arc<InMemory>, Range<usize>),
    /// All rows of a file.
    Spilled(Arc<Spilled>),
}

struct InMemory {
    cells: Arc<SortedCells>,
    /// The engine's memory that the cells hold.
    _reservation: MemoryReservation,
}

/// Consecutive cells of a period.
pub(crate) struct Piece {
    cells: Arc<SortedCells>,
    range: Range<usize>,
    first_column: usize,
}

impl fmt::Debug for PeriodCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodCells").field("n_cells", &self.n_cells).finish_non_exhaustive()
    }
}

impl PeriodCells {
    /// Cells of one period, with the columns of its file.
    pub(crate) fn in_memory(cells: SortedCells, reservation: MemoryReservation) -> Self {
        let n_cells = cells.len();
        let held = InMemory { cells: Arc::new(cells), _reservation: reservation };
        Self { held: Held::InMemory(Arc::new(held), 0..n_cells), n_cells, first_column: 0 }
    }

    /// Cells of one period, with the columns of its file.
    pub(crate) async fn of(ctx: &SessionContext, sorted: Sorted) -> Result<Self> {
        match sorted {
            Sorted::InMemory(cells, reservation) => Ok(Self::in_memory(cells, reservation)),
            Sorted::Merged(mut merged) => {
                let mut file = OneFile::new(ctx, merged.schema());
                while let Some(cells) = merged.try_next().await? {
                    file.writer.write(&cells)?;
                }
                file.finish(0)
            }
        }
    }

    /// Cells of several days, given in the first column; the columns of a file follow.
    pub(crate) async fn of_days(ctx: &SessionContext, sorted: Sorted) -> Result<Vec<(i32, Self)>> {
        match sorted {
            Sorted::InMemory(cells, reservation) => Ok(days_in_memory(cells, reservation)?),
            Sorted::Merged(merged) => days_in_files(ctx, merged).await,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.n_cells
    }

    /// The cells in pieces that end after every `n_cells`, and after the cell that brings a piece's sketch bytes
    /// to `n_bytes`: the pieces are the same wherever the cells are held.
    pub(crate) fn pieces(
        &self,
        n_cells: usize,
        n_bytes: usize,
    ) -> BoxStream<'static, Result<Piece>> {
        let first_column = self.first_column;
        match &self.held {
            Held::InMemory(held, range) => {
                let ranges = held.cells.split(range.clone(), n_cells, n_bytes);
                let held = Arc::clone(held);
                let piece =
                    move |range| Ok(Piece { cells: Arc::clone(&held.cells), range, first_column });
                futures::stream::iter(ranges.into_iter().map(piece)).boxed()
            }
            Held::Spilled(rows) => {
                let files = match rows.streams() {
                    Ok(files) => futures::stream::iter(files).flatten().boxed(),
                    Err(error) => futures::stream::iter([Err(error)]).boxed(),
                };
                let cutter = Cutter { files, rest: None, n_cells, n_bytes };
                let pieces = futures::stream::try_unfold(cutter, move |mut cutter| async move {
                    let Some(batches) = cutter.next().await? else { return Ok(None) };
                    let cells = SortedCells::in_order(batches);
                    let range = 0..cells.len();
                    Ok(Some((Piece { cells: Arc::new(cells), range, first_column }, cutter)))
                });
                pieces.boxed()
            }
        }
    }
}

impl Piece {
    /// The cells in batches of bounded size, with the columns of a file.
    pub(crate) fn chunks<'a>(
        &'a self,
        schema: &'a SchemaRef,
    ) -> impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + 'a {
        self.cells.chunks(self.range.clone(), self.first_column, schema)
    }
}

/// The index of the first column of a file: the day before it is not in the file.
const FIRST_COLUMN_OF_DAY: usize = 1;

fn days_in_memory(
    cells: SortedCells,
    reservation: MemoryReservation,
) -> Result<Vec<(i32, PeriodCells)>> {
    let Some(days) = cells.column(0)? else { return Ok(Vec::new()) };
    let days = days.as_primitive::<Date32Type>().values().to_vec();
    let held = Arc::new(InMemory { cells: Arc::new(cells), _reservation: reservation });
    let mut start = 0;
    let day = |same: &[i32]| {
        let range = start..start + same.len();
        start = range.end;
        let cells = PeriodCells {
            n_cells: same.len(),
            held: Held::InMemory(Arc::clone(&held), range),
            first_column: FIRST_COLUMN_OF_DAY,
        };
        (same[0], cells)
    };
    Ok(days.chunk_by(|a, b| a == b).map(day).collect())
}

async fn days_in_files(
    ctx: &SessionContext,
    mut merged: SendableRecordBatchStream,
) -> Result<Vec<(i32, PeriodCells)>> {
    let mut days = Vec::new();
    let mut open: Option<(i32, OneFile)> = None;
    while let Some(cells) = merged.try_next().await? {
        let day_of = cells.column(0).as_primitive::<Date32Type>().values();
        let mut start = 0;
        for same in day_of.chunk_by(|a, b| a == b) {
            let day = same[0];
            if let Some((before, file)) = open.take_if(|(before, _)| *before != day) {
                days.push((before, file.finish(FIRST_COLUMN_OF_DAY)?));
            }
            let (_, file) = open.get_or_insert_with(|| (day, OneFile::new(ctx, merged.schema())));
            file.writer.write(&cells.slice(start, same.len()))?;
            start += same.len();
        }
    }
    if let Some((day, file)) = open {
        days.push((day, file.finish(FIRST_COLUMN_OF_DAY)?));
    }
    Ok(days)
}

/// A temporary file of one period.
struct OneFile {
    rows: Spilled,
    writer: Writer,
}

impl OneFile {
    fn new(ctx: &SessionContext, schema: SchemaRef) -> Self {
        let rows = Spilled::new(&ctx.runtime_env(), schema);
        Self { writer: rows.writer(), rows }
    }

    fn finish(self, first_column: usize) -> Result<PeriodCells> {
        let Self { mut rows, writer } = self;
        rows.add(writer)?;
        let n_cells = usize::try_from(rows.n_rows()).unwrap_or(usize::MAX);
        Ok(PeriodCells { held: Held::Spilled(Arc::new(rows)), n_cells, first_column })
    }
}

/// Cuts a stream of cells into pieces as [`SortedCells::split`] does.
struct Cutter {
    files: BoxStream<'static, Result<RecordBatch>>,
    /// Cells that have been read and are in no piece yet.
    rest: Option<RecordBatch>,
    n_cells: usize,
    n_bytes: usize,
}

impl Cutter {
    async fn next(&mut self) -> Result<Option<Vec<RecordBatch>>> {
        let (mut piece, mut n_cells, mut n_bytes) = (Vec::new(), 0, 0);
        loop {
            let cells = match self.rest.take() {
                Some(cells) => cells,
                None => match self.files.try_next().await? {
                    Some(cells) => cells,
                    None => break,
                },
            };
            let sketches: Vec<_> =
                cells.columns().iter().filter_map(|column| column.as_binary_opt::<i64>()).collect();
            let mut is_full = false;
            let mut end = 0;
            while end < cells.num_rows() && !is_full {
                n_bytes += sketches.iter().map(|column| column.value(end).len()).sum::<usize>();
                n_cells += 1;
                end += 1;
                is_full = n_cells == self.n_cells || n_bytes >= self.n_bytes;
            }
            if end < cells.num_rows() {
                self.rest = Some(cells.slice(end, cells.num_rows() - end));
            }
            piece.push(cells.slice(0, end));
            if is_full {
                break;
            }
        }
        Ok((!piece.is_empty()).then_some(piece))
    }
}
