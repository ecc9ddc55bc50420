//! Sums of integers, and what counts share with them: added up as decimals, whose order does not matter, and stored in
//! 64 bits.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::compute::{CastOptions, cast_with_options, is_not_null};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{Expr, cast};
use datafusion::scalar::ScalarValue;

use super::{BadCell, Changed, CompareCells, MeasureRules, Place, Tally, Total};
use crate::engine::root_message;
use crate::error::{During, EngineError, EtlError};

/// The type that integers are summed in.
const WHOLE: DataType = DataType::Decimal128(20, 0);

/// The sum of a column of integers.
#[derive(Debug)]
pub(super) struct WholeSumRules;

impl MeasureRules for WholeSumRules {
    fn counts_events(&self) -> bool {
        false
    }

    fn is_rounded(&self) -> bool {
        false
    }

    fn input_type(&self) -> Option<DataType> {
        Some(WHOLE)
    }

    fn of_events(&self, input: Expr) -> Option<Expr> {
        Some(sum(input))
    }

    fn summand(&self, column: Expr) -> Expr {
        summand(column)
    }

    fn of_cells(&self, summand: Expr) -> Expr {
        of_cells(summand)
    }

    fn stored(&self, values: &ArrayRef, measure: &str) -> Result<ArrayRef, EtlError> {
        stored(values, measure)
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn whole(&self, total: &ArrayRef) -> Result<i128, EtlError> {
        Ok(whole(total))
    }

    fn adds_exactly(&self) -> bool {
        true
    }

    fn growth(
        &self,
        measure: &str,
        new: &ArrayRef,
        old: &[Option<Place<'_>>],
    ) -> Result<ArrayRef, EtlError> {
        growth(measure, new, old)
    }

    fn grown(
        &self,
        measure: &str,
        columns: &[&ArrayRef],
        parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError> {
        grown(measure, columns, parts)
    }

    fn comparison(&self) -> Box<dyn CompareCells> {
        Box::new(SameOrNot)
    }

    fn tally(&self) -> Tally {
        Tally::of_whole()
    }

    fn add_cells(
        &self,
        tally: &mut Tally,
        cells: &ArrayRef,
        _n_events: Option<&Int64Array>,
    ) -> Result<(), BadCell> {
        add_cells(tally, cells);
        Ok(())
    }

    fn total(&self) -> Box<dyn Total> {
        Box::new(WholeTotal::default())
    }
}

/// The part of a cell's column that is added up.
pub(super) fn summand(column: Expr) -> Expr {
    cast(column, WHOLE)
}

/// The aggregate of cells' summands.
pub(super) fn of_cells(summand: Expr) -> Expr {
    sum(summand)
}

/// Converts the result of an aggregate to its stored form.
pub(super) fn stored(values: &ArrayRef, measure: &str) -> Result<ArrayRef, EtlError> {
    total(values, &DataType::Int64, measure)
}

/// The integer from an aggregate of cells with one row; 0 if there is none.
pub(super) fn whole(total: &ArrayRef) -> i128 {
    let total = total.as_primitive::<Decimal128Type>();
    if total.is_valid(0) { total.value(0) } else { 0 }
}

/// What cells grew by; negative where one shrank.
pub(super) fn growth(
    measure: &str,
    new: &ArrayRef,
    old: &[Option<Place<'_>>],
) -> Result<ArrayRef, EtlError> {
    let before = |place: &Option<Place<'_>>| {
        place.map_or(0, |(column, row)| column.as_primitive::<Int64Type>().value(row))
    };
    let grown = old
        .iter()
        .zip(new.as_primitive::<Int64Type>().values())
        .map(|(old, &value)| as_stored(measure, i128::from(value) - i128::from(before(old))));
    Ok(Arc::new(grown.collect::<Result<Int64Array, _>>()?))
}

/// For each cell the sum over several places.
pub(super) fn grown(
    measure: &str,
    columns: &[&ArrayRef],
    parts: &[Vec<(usize, usize)>],
) -> Result<ArrayRef, EtlError> {
    let values: Vec<_> = columns.iter().map(|column| column.as_primitive::<Int64Type>()).collect();
    let value = |&(column, row): &(usize, usize)| i128::from(values[column].value(row));
    let sums = parts.iter().map(|parts| as_stored(measure, parts.iter().map(value).sum()));
    Ok(Arc::new(sums.collect::<Result<Int64Array, _>>()?))
}

/// Adds a column of a file's cells to a tally.
pub(super) fn add_cells(tally: &mut Tally, cells: &ArrayRef) {
    let values = cells.as_primitive::<Int64Type>();
    tally.add_whole(values.values().iter().map(|&value| i128::from(value)).sum());
}

/// The total of integer cells, for a check.
#[derive(Debug, Default)]
pub(super) struct WholeTotal(i128);

impl Total for WholeTotal {
    fn add(&mut self, cells: &ArrayRef, row: usize) -> Result<(), EtlError> {
        let values = cells.as_primitive::<Int64Type>();
        if values.is_valid(row) {
            self.0 += i128::from(values.value(row));
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.0 = 0;
    }

    fn value(&mut self) -> (f64, f64) {
        (self.0 as f64, 0.0)
    }
}

/// Compares numbers: a decrease can be computed from the old value, just like growth.
#[derive(Debug)]
pub(super) struct SameOrNot;

impl CompareCells for SameOrNot {
    fn compare(
        &mut self,
        (old, old_row): Place<'_>,
        (new, new_row): Place<'_>,
        _is_lost: bool,
    ) -> Result<Changed, EtlError> {
        let is_same = old.slice(old_row, 1) == new.slice(new_row, 1);
        Ok(if is_same { Changed::Not } else { Changed::Grown })
    }
}

/// A decimal sum in its stored form; null counts as 0.
pub(super) fn total(
    sums: &ArrayRef,
    stored: &DataType,
    measure: &str,
) -> Result<ArrayRef, EtlError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let step = "adding up";
    let values = cast_with_options(sums, stored, &strict).map_err(|error| {
        let (measure, reason) = (measure.to_owned(), root_message(&error.into()));
        EngineError::SumTooLarge { measure, reason }
    })?;
    if values.null_count() == 0 {
        return Ok(values);
    }
    let zero = ScalarValue::new_zero(stored).during(step)?;
    let zero = zero.to_scalar().during(step)?;
    let known = is_not_null(&values).during(step)?;
    zip(&known, &values, &zero).during(step)
}

/// A sum in its stored form.
fn as_stored(measure: &str, sum: i128) -> Result<i64, EngineError> {
    i64::try_from(sum).map_err(|_| EngineError::SumTooLarge {
        measure: measure.to_owned(),
        reason: format!("{sum} does not fit 64 bits"),
    })
}
