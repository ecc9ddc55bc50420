//! The bytes of sketches, batch after batch.

use arrow::array::{Array as _, BinaryArray};

/// The rows of a column of bytes, as an iterator of known length.
pub(super) struct Rows<'a> {
    columns: &'a [&'a BinaryArray],
    n_left: usize,
    batch: usize,
    at: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(columns: &'a [&'a BinaryArray], n_rows: u32) -> Self {
        Self { columns, n_left: n_rows as usize, batch: 0, at: 0 }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.columns.get(self.batch).is_some_and(|column| self.at == column.len()) {
            (self.batch, self.at) = (self.batch + 1, 0);
        }
        let bytes = self.columns.get(self.batch)?.value(self.at);
        self.at += 1;
        self.n_left -= 1;
        Some(bytes)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.n_left, Some(self.n_left))
    }
}

impl ExactSizeIterator for Rows<'_> {}
