//! Distinct counts: sketches, decoded into an arena.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray};
use clio_sketch::{Family, Precision, Sketch, Union, relative_standard_error_at};

use super::bytes::Rows;
use super::{MeasureColumn, Off};
use crate::error::FileProblem;
use crate::snapshot::arena::{ColumnUnion, SketchArena};

/// The largest number of dense sketches of a column and file that are compared with their counts; of more, every n-th.
/// Each takes some microseconds.
const MAX_DENSE_CHECKED: usize = 1_000;

/// How many standard errors an estimate may exceed its count, and a child's a parent's: cells in which every event is
/// another person's are common, so that the 95 % bound would refuse one in forty of them.
const N_STANDARD_ERRORS: f64 = 6.0;

pub(super) fn without_events(family: Family, precision: Precision, n_rows: usize) -> ArrayRef {
    let empty = Sketch::new(family, precision).encode();
    Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(empty, n_rows)))
}

pub(super) fn decode(
    column: &str,
    family: Family,
    precision: Precision,
    arrays: &[ArrayRef],
    n_rows: u32,
) -> Result<MeasureColumn, FileProblem> {
    let columns: Vec<&BinaryArray> = arrays.iter().map(|array| array.as_binary()).collect();
    let arena = SketchArena::decode(column, family, precision, Rows::new(&columns, n_rows))?;
    let total = ColumnUnion::of(&arena, n_rows)?;
    Ok(MeasureColumn::Sketch { arena, total })
}

/// The estimate over some columns, and its relative standard error.
pub(super) fn total<'a>(
    family: Family,
    precision: Precision,
    columns: impl Iterator<Item = &'a MeasureColumn>,
) -> (f64, f64) {
    let mut union = Union::new(family, precision);
    for column in columns {
        match column {
            MeasureColumn::Sketch { total, .. } => total.union_into(&mut union),
            MeasureColumn::Int { .. }
            | MeasureColumn::Float { .. }
            | MeasureColumn::Quantiles(_) => {}
        }
    }
    let value = union.estimate().value;
    (value, relative_standard_error_at(family, precision, value))
}

/// A parent's distinct count is at least that of every child.
pub(super) fn check(
    found: f64,
    error: f64,
    children: impl Iterator<Item = f64>,
) -> Result<(), Off> {
    for expected in children {
        // Plus one, for the one collision that small sketches may have.
        let least = expected * (1.0 - N_STANDARD_ERRORS * error) - 1.0;
        if found < least {
            return Err(Off { found, relation: "below the", expected });
        }
    }
    Ok(())
}

/// The first row whose sketch almost certainly counts more different values than there are events, and the lower bound
/// of its count.
pub(super) fn above_count(arena: &SketchArena, n_rows: u32, counts: &[i64]) -> Option<(u32, f64)> {
    let mut scratch = Union::new(arena.family(), arena.precision());
    let stride = arena.n_dense().div_ceil(MAX_DENSE_CHECKED).max(1);
    let mut n_dense = 0;
    for row in 0..n_rows {
        if arena.is_dense(row) {
            n_dense += 1;
            if n_dense % stride != 0 {
                continue;
            }
        }
        let lower = least_distinct(arena, row, &mut scratch);
        if lower > counts[row as usize] as f64 {
            return Some((row, lower));
        }
    }
    None
}

/// The smallest number of different values that a row's sketch can stand for, almost certainly.
fn least_distinct(arena: &SketchArena, row: u32, scratch: &mut Union) -> f64 {
    if !arena.is_dense(row) {
        // Each coupon came from some value.
        return arena.n_coupons(row) as f64;
    }
    scratch.clear();
    arena.union_into(row, scratch);
    let value = scratch.estimate().value;
    let error = relative_standard_error_at(arena.family(), arena.precision(), value);
    value / (1.0 + N_STANDARD_ERRORS * error)
}
