//! Sums of non-integers.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;

use super::{MeasureColumn, Off};

/// The relative drift of sums that is allowed: the order of addition differs between a day's cells and a year's.
const TOLERANCE: f64 = 1e-6;

pub(super) fn without_events(n_rows: usize) -> ArrayRef {
    Arc::new(Float64Array::from_value(0.0, n_rows))
}

pub(super) fn decode(arrays: &[ArrayRef]) -> MeasureColumn {
    let mut values = Vec::with_capacity(arrays.iter().map(|array| array.len()).sum());
    for array in arrays {
        values.extend_from_slice(array.as_primitive::<Float64Type>().values());
    }
    let total = values.iter().sum();
    MeasureColumn::Float { values, total }
}

pub(super) fn total<'a>(columns: impl Iterator<Item = &'a MeasureColumn>) -> f64 {
    let total = |column: &MeasureColumn| match column {
        MeasureColumn::Float { total, .. } => *total,
        MeasureColumn::Int { .. } | MeasureColumn::Sketch { .. } | MeasureColumn::Quantiles(_) => {
            0.0
        }
    };
    columns.map(total).sum()
}

/// A parent is about the sum of its children.
pub(super) fn check(found: f64, children: impl Iterator<Item = f64>) -> Result<(), Off> {
    let (mut expected, mut size) = (0.0, 0.0);
    for child in children {
        expected += child;
        size += child.abs();
    }
    if (found - expected).abs() > TOLERANCE * f64::max(size, found.abs()) {
        return Err(Off { found, relation: "not the", expected });
    }
    Ok(())
}
