//! What all kinds of sketches share: columns of bytes, united cell by cell.

use std::sync::Arc;

use clio_sketch::SketchError;
use datafusion::arrow::array::{ArrayRef, AsArray, LargeBinaryBuilder};

/// A column with a union of sketches for each cell; each sketch is given by its column and row.
///
/// `unite` appends the bytes of the union of some sketches.
///
/// # Errors
///
/// Those of `unite`.
pub(super) fn united(
    columns: &[&ArrayRef],
    parts: &[Vec<(usize, usize)>],
    mut unite: impl FnMut(&[&[u8]], &mut Vec<u8>) -> Result<(), SketchError>,
) -> Result<ArrayRef, SketchError> {
    let values: Vec<_> = columns.iter().map(|column| column.as_binary::<i64>()).collect();
    let value = |&(column, row): &(usize, usize)| values[column].value(row);
    // A union is rarely larger than its parts together.
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
