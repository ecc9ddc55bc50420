//! Counts, and sums of whole numbers.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use super::{MeasureColumn, Off};
use crate::error::FileProblem;

pub(super) fn without_events(n_rows: usize) -> ArrayRef {
    Arc::new(Int64Array::from_value(0, n_rows))
}

pub(super) fn decode(arrays: &[ArrayRef]) -> MeasureColumn {
    let mut values = Vec::with_capacity(arrays.iter().map(|array| array.len()).sum());
    for array in arrays {
        values.extend_from_slice(array.as_primitive::<Int64Type>().values());
    }
    let total = values.iter().map(|value| i128::from(*value)).sum();
    MeasureColumn::Int { values, total }
}

/// Reads a count, which is never negative.
pub(super) fn decode_count(
    column: &str,
    arrays: &[ArrayRef],
) -> Result<MeasureColumn, FileProblem> {
    let decoded = decode(arrays);
    if let MeasureColumn::Int { values, .. } = &decoded
        && let Some(row) = values.iter().position(|value| *value < 0)
    {
        let (column, found) = (column.to_owned(), values[row]);
        return Err(FileProblem::NegativeCount { column, row, found });
    }
    Ok(decoded)
}

pub(super) fn total<'a>(columns: impl Iterator<Item = &'a MeasureColumn>) -> i128 {
    let total = |column: &MeasureColumn| match column {
        MeasureColumn::Int { total, .. } => *total,
        MeasureColumn::Float { .. }
        | MeasureColumn::Sketch { .. }
        | MeasureColumn::Quantiles(_) => 0,
    };
    columns.map(total).sum()
}

/// A parent is the sum of its children.
pub(super) fn check(found: i128, children: impl Iterator<Item = i128>) -> Result<(), Off> {
    let expected: i128 = children.sum();
    if found == expected {
        return Ok(());
    }
    Err(Off { found: found as f64, relation: "not the", expected: expected as f64 })
}
