//! Distributions of values: quantile sketches, validated and held as their bytes.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray};
use clio_sketch::{Buckets, QuantileSketch, QuantileUnion, Scale};

use super::bytes::Rows;
use super::{MeasureColumn, Off};
use crate::error::FileProblem;
use crate::snapshot::histograms::QuantileArena;

pub(super) fn without_events(buckets: Buckets, n_rows: usize) -> ArrayRef {
    let empty = QuantileSketch::new(&Scale::new(buckets)).encode();
    Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(empty, n_rows)))
}

pub(super) fn decode(
    column: &str,
    buckets: Buckets,
    arrays: &[ArrayRef],
    n_rows: u32,
) -> Result<MeasureColumn, FileProblem> {
    let columns: Vec<&BinaryArray> = arrays.iter().map(|array| array.as_binary()).collect();
    let arena = QuantileArena::decode(column, buckets, Rows::new(&columns, n_rows))?;
    Ok(MeasureColumn::Quantiles(arena))
}

/// The union of some columns.
pub(super) fn total<'a>(
    buckets: Buckets,
    columns: impl Iterator<Item = &'a MeasureColumn>,
) -> QuantileSketch {
    let mut union = QuantileUnion::new(&Scale::new(buckets));
    for column in columns {
        match column {
            MeasureColumn::Quantiles(arena) => {
                // Beyond what can be counted there is no total; a parent then does not match its children.
                if union.union(arena.total()).is_err() {
                    break;
                }
            }
            MeasureColumn::Int { .. }
            | MeasureColumn::Float { .. }
            | MeasureColumn::Sketch { .. } => {}
        }
    }
    union.to_sketch()
}

/// A parent is the sum of its children, bucket by bucket.
pub(super) fn check<'a>(
    found: &QuantileSketch,
    mut children: impl Iterator<Item = &'a QuantileSketch>,
) -> Result<(), Off> {
    let mut expected = QuantileUnion::new(&Scale::new(found.buckets()));
    let is_counted = children.all(|child| expected.union(child).is_ok());
    let expected = expected.to_sketch();
    if is_counted && *found == expected {
        return Ok(());
    }
    let (found, expected) = (found.n_values(), expected.n_values());
    let relation = if found == expected { "spread otherwise than the" } else { "not the" };
    Err(Off { found: found as f64, relation, expected: expected as f64 })
}
