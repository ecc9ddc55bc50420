//! The rows of one file that a query selects.

use std::iter::Sum;

use clio_proto::Period;
use roaring::RoaringBitmap;

use crate::plan::RowFilter;
use crate::snapshot::Chunk;

/// The selected rows of one file; at least one.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) chunk: &'a Chunk,
    /// `None` for all rows: then the file's own totals answer.
    pub(super) rows: Option<RoaringBitmap>,
    /// The period of the file.
    pub(super) period: Period,
}

impl<'a> Batch<'a> {
    /// Selects rows; `None` if none pass the filter.
    pub(super) fn select(
        chunk: &'a Chunk,
        period: Period,
        filter: Option<&RowFilter>,
    ) -> Option<Self> {
        if chunk.n_rows == 0 {
            return None;
        }
        let rows = filter.map(|filter| filter.rows(chunk, period));
        match rows {
            Some(rows) if rows.is_empty() => None,
            Some(rows) if rows.len() == u64::from(chunk.n_rows) => {
                Some(Self { chunk, rows: None, period })
            }
            rows => Some(Self { chunk, rows, period }),
        }
    }

    /// Whether it selects the same rows of the same file.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.chunk, other.chunk) && self.rows == other.rows
    }

    /// The number of selected rows.
    pub(super) fn n_rows(&self) -> u64 {
        self.rows.as_ref().map_or(u64::from(self.chunk.n_rows), RoaringBitmap::len)
    }

    /// The sum of a value over the selected rows: `all` if these are all of the file's; or the value of one `row`.
    pub(super) fn sum<N: Sum>(&self, row: Option<u32>, all: N, of_row: impl Fn(u32) -> N) -> N {
        match (row, &self.rows) {
            (Some(row), _) => of_row(row),
            (None, None) => all,
            (None, Some(rows)) => rows.iter().map(of_row).sum(),
        }
    }

    /// The selected rows, in ascending order.
    pub(super) fn row_list(&self) -> Vec<u32> {
        match &self.rows {
            Some(rows) => rows.iter().collect(),
            None => (0..self.chunk.n_rows).collect(),
        }
    }
}
