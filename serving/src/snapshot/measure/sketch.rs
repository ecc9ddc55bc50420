//! Different values: sketches, decoded into an arena.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray, BinaryArray};
use clio_sketch::{Family, Precision, Sketch, Union, relative_standard_error_at};

use super::{MeasureColumn, Off};
use crate::error::FileProblem;
use crate::snapshot::arena::{ColumnUnion, SketchArena};
use crate::snapshot::layout::Layout;

/// The most dense sketches of a column and file that are compared with their counts; of more, every
/// n-th. Each takes some microseconds.
const MAX_DENSE_CHECKED: usize = 1_000;

/// How many standard errors an estimate may lie above its count, and a parent's below a child's: cells where every
/// event is another person's are common, so that the 95 % bound would refuse one in forty of them.
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
    let sketches = Sketches { columns: &columns, n_left: n_rows as usize, batch: 0, at: 0 };
    let arena = SketchArena::decode(column, family, precision, sketches)?;
    let total = ColumnUnion::of(&arena, n_rows)?;
    Ok(MeasureColumn::Sketch { arena, total })
}

/// The sketches of a column, batch after batch; it knows how many are left.
struct Sketches<'a> {
    columns: &'a [&'a BinaryArray],
    n_left: usize,
    batch: usize,
    at: usize,
}

impl<'a> Iterator for Sketches<'a> {
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

impl ExactSizeIterator for Sketches<'_> {}

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
            MeasureColumn::Int { .. } | MeasureColumn::Float { .. } => {}
        }
    }
    let value = union.estimate().value;
    (value, relative_standard_error_at(family, precision, value))
}

/// A parent has no fewer different values than any child.
pub(super) fn check(
    found: f64,
    error: f64,
    children: impl Iterator<Item = f64>,
) -> Result<(), Off> {
    for expected in children {
        // A whole value more, for the one collision that small sketches may have.
        let least = expected * (1.0 - N_STANDARD_ERRORS * error) - 1.0;
        if found < least {
            return Err(Off { found, relation: "below the", expected });
        }
    }
    Ok(())
}

/// Checks that no cell has more different values than events.
pub(in crate::snapshot) fn check_distincts(
    layout: &Layout,
    measures: &[MeasureColumn],
    n_rows: u32,
) -> Result<(), FileProblem> {
    for (measure, column) in layout.measures.iter().zip(measures) {
        let (Some(count), MeasureColumn::Sketch { arena, .. }) = (measure.at_most, column) else {
            continue;
        };
        let MeasureColumn::Int { values, .. } = &measures[count] else { continue };
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
            let found = values[row as usize];
            if lower > found as f64 {
                return Err(FileProblem::DistinctAboveCount {
                    row: row as usize,
                    distinct: measure.name.clone(),
                    lower,
                    count: layout.measures[count].name.clone(),
                    found,
                });
            }
        }
    }
    Ok(())
}

/// The least number of different values that a row's sketch can stand for, all but certainly.
fn least_distinct(arena: &SketchArena, row: u32, scratch: &mut Union) -> f64 {
    if !arena.is_dense(row) {
        // Each coupon was some value's.
        return arena.n_coupons(row) as f64;
    }
    scratch.clear();
    arena.union_into(row, scratch);
    let value = scratch.estimate().value;
    let error = relative_standard_error_at(arena.family(), arena.precision(), value);
    value / (1.0 + N_STANDARD_ERRORS * error)
}
