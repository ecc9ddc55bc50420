//! Counts and sums of whole numbers: added up as decimals, whose order does not matter, and stored in 64 bits.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::compute::{CastOptions, cast_with_options, is_not_null};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{Expr, cast};
use datafusion::scalar::ScalarValue;

use super::{Changed, CompareCells, MeasureRules, Place};
use crate::engine::root_message;
use crate::error::{During, EngineError, EtlError};

/// The type that whole numbers are summed in.
const WHOLE: DataType = DataType::Decimal128(20, 0);

/// The number of events, or the sum of a column of whole numbers.
#[derive(Debug)]
pub(super) struct WholeRules {
    pub(super) counts_events: bool,
}

impl MeasureRules for WholeRules {
    fn input_type(&self) -> Option<DataType> {
        (!self.counts_events).then_some(WHOLE)
    }

    fn of_events(&self, input: Expr) -> Option<Expr> {
        (!self.counts_events).then(|| sum(input))
    }

    fn summand(&self, column: Expr) -> Expr {
        cast(column, WHOLE)
    }

    fn of_cells(&self, summand: Expr) -> Expr {
        sum(summand)
    }

    fn stored(&self, values: &ArrayRef, measure: &str) -> Result<ArrayRef, EtlError> {
        total(values, &DataType::Int64, measure)
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn whole(&self, total: &ArrayRef) -> Result<i128, EtlError> {
        let total = total.as_primitive::<Decimal128Type>();
        Ok(if total.is_valid(0) { total.value(0) } else { 0 })
    }

    fn adds_exactly(&self) -> bool {
        true
    }

    /// Below zero, even, where it shrank.
    fn growth(
        &self,
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
            .map(|(old, &value)| whole(measure, i128::from(value) - i128::from(before(old))));
        Ok(Arc::new(grown.collect::<Result<Int64Array, _>>()?))
    }

    fn grown(
        &self,
        measure: &str,
        columns: &[&ArrayRef],
        parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError> {
        let values: Vec<_> =
            columns.iter().map(|column| column.as_primitive::<Int64Type>()).collect();
        let value = |&(column, row): &(usize, usize)| i128::from(values[column].value(row));
        let sums = parts.iter().map(|parts| whole(measure, parts.iter().map(value).sum()));
        Ok(Arc::new(sums.collect::<Result<Int64Array, _>>()?))
    }

    fn comparison(&self) -> Box<dyn CompareCells> {
        Box::new(SameOrNot)
    }
}

/// Compares numbers: what one lost is told from what it was, as what it grew by is.
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

/// A decimal sum as it is stored; none is 0.
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

/// A sum as it is stored.
fn whole(measure: &str, sum: i128) -> Result<i64, EngineError> {
    i64::try_from(sum).map_err(|_| EngineError::SumTooLarge {
        measure: measure.to_owned(),
        reason: format!("{sum} does not fit 64 bits"),
    })
}
