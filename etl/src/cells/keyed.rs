//! Cells with their keys as bytes that compare like the keys: for merging several sets of cells.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::interleave_record_batch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::Rows;

use super::SortedCells;
use crate::key_order::KeyOrder;

/// Sorted cells. Keys are unique within a period, not across periods.
#[derive(Debug)]
pub(crate) struct KeyedCells {
    cells: SortedCells,
    /// The keys of each batch.
    keys: Vec<Rows>,
}

impl KeyedCells {
    /// Sorts cells by their keys.
    pub(crate) fn sort(batches: Vec<RecordBatch>, order: &KeyOrder) -> Result<Self, ArrowError> {
        let mut keyed = batches
            .into_iter()
            .filter(|batch| batch.num_rows() > 0)
            .map(|batch| Ok((order.keys(batch.columns())?, batch)))
            .collect::<Result<Vec<_>, ArrowError>>()?;
        // Pieces of a file are sorted, but threads read them in any order.
        keyed.sort_by(|(a, _), (b, _)| a.row(0).cmp(&b.row(0)));
        let (keys, batches): (Vec<Rows>, Vec<RecordBatch>) = keyed.into_iter().unzip();
        let key = |&(batch, row): &(u32, u32)| keys[batch as usize].row(row as usize);
        let mut order: Vec<(u32, u32)> = rows_of(&batches).collect();
        if !order.is_sorted_by_key(key) {
            order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        }
        Ok(Self { cells: SortedCells { batches, order }, keys })
    }

    pub(crate) fn into_cells(self) -> SortedCells {
        self.cells
    }

    pub(crate) fn batches(&self) -> &[RecordBatch] {
        &self.cells.batches
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The key of a cell, as bytes that compare like keys.
    pub(crate) fn key(&self, position: usize) -> &[u8] {
        let (batch, row) = self.cells.order[position];
        self.keys[batch as usize].row(row as usize).data()
    }

    /// A cell's batch number, and its row there.
    pub(crate) fn index(&self, position: usize) -> (usize, usize) {
        let (batch, row) = self.cells.order[position];
        (batch as usize, row as usize)
    }

    /// A cell's batch, and its row there.
    pub(crate) fn place(&self, position: usize) -> (&RecordBatch, usize) {
        let (batch, row) = self.cells.order[position];
        (&self.cells.batches[batch as usize], row as usize)
    }

    /// A copy of some of the cells, in the requested order; `None` for none.
    pub(crate) fn take(&self, positions: &[usize]) -> Result<Option<RecordBatch>, ArrowError> {
        if positions.is_empty() {
            return Ok(None);
        }
        let indices: Vec<(usize, usize)> =
            positions.iter().map(|&position| self.index(position)).collect();
        let batches: Vec<&RecordBatch> = self.cells.batches.iter().collect();
        interleave_record_batch(&batches, &indices).map(Some)
    }

    /// These cells without some (given in order), merged with others. The cells that stay and the others
    /// share no key.
    pub(crate) fn replace(self, gone: &[usize], others: Self) -> SortedCells {
        let offset = u32::try_from(self.cells.batches.len()).expect("batches in memory");
        let place = |next: usize| {
            let (batch, row) = others.cells.order[next];
            (batch + offset, row)
        };
        let mut order = Vec::with_capacity(self.len() - gone.len() + others.len());
        let (mut gone, mut next) = (gone.iter().copied().peekable(), 0);
        for position in 0..self.len() {
            if gone.next_if_eq(&position).is_some() {
                continue;
            }
            while next < others.len() && others.key(next) < self.key(position) {
                order.push(place(next));
                next += 1;
            }
            order.push(self.cells.order[position]);
        }
        order.extend((next..others.len()).map(place));
        let mut batches = self.cells.batches;
        batches.extend(others.cells.batches);
        SortedCells { batches, order }
    }
}

/// Every row of some batches, as batch and row.
pub(super) fn rows_of(batches: &[RecordBatch]) -> impl Iterator<Item = (u32, u32)> + '_ {
    (0..)
        .zip(batches)
        .flat_map(|(batch, rows)| (0..).take(rows.num_rows()).map(move |row| (batch, row)))
}
