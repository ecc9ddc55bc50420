//! What all kinds of sketches have in common: columns of bytes, united cell by cell.

use std::sync::Arc;

use clio_sketch::SketchError;
use datafusion::arrow::array::{ArrayRef, AsArray, LargeBinaryBuilder};

/// A column with the union of several sketches for each cell, each of them given by its column and row.
///
/// `unite` appends the bytes of a union of some sketches.
///
/// # Errors
///
/// That of `unite`.
pub(super) fn united(
    columns: &[&ArrayRef],
    parts: &[Vec<(usize, usize)>],
    mut unite: impl FnMut(&[&[u8]], &mut Vec<u8>) -> Result<(), SketchError>,
) -> Result<ArrayRef, SketchError> {
    let values: Vec<_> = columns.iter().map(|column| column.as_binary::<i64>()).collect();
    let value = |&(column, row): &(usize, usize)| values[column].value(row);
    // A union is seldom longer than what it is of.
    let n_bytes = parts.iter().flatten().map(|part| value(part).len()).sum();
    let mut sketches = LargeBinaryBuilder::with_capacity(parts.len(), n_bytes);
    let (mut of_cell, mut bytes) = (Vec::new(), Vec::new());
    for parts in parts {
        of_cell.clear();
        of_cell.extend(parts.iter().map(value));
        bytes.clear();
        unite(&of_cell, &mut bytes)?;
        sketches.append_value(&bytes);
    }
    Ok(Arc::new(sketches.finish()))
}
