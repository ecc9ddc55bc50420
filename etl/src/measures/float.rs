//! Sums that are not integers: added up as decimals with nine decimal places, and rounded once per period.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{Expr, cast};

use super::whole::{SameOrNot, total};
use super::{BadCell, CompareCells, MeasureRules, Place, Tally, Total};
use crate::error::EtlError;

/// The type that events are summed in: nineteen digits before the decimal point, nine after.
const FRACTION: DataType = DataType::Decimal128(28, 9);
/// The type that cells are summed in: a day's sum may have more digits than any of its values.
const FRACTION_OF_CELLS: DataType = DataType::Decimal128(38, 9);

/// The sum of a column of any numbers.
#[derive(Debug)]
pub(super) struct FloatSumRules;

impl MeasureRules for FloatSumRules {
    fn counts_events(&self) -> bool {
        false
    }

    fn is_rounded(&self) -> bool {
        true
    }

    fn input_type(&self) -> Option<DataType> {
        Some(FRACTION)
    }

    fn of_events(&self, input: Expr) -> Option<Expr> {
        Some(sum(input))
    }

    fn summand(&self, column: Expr) -> Expr {
        cast(column, FRACTION_OF_CELLS)
    }

    fn of_cells(&self, summand: Expr) -> Expr {
        sum(summand)
    }

    fn stored(&self, values: &ArrayRef, measure: &str) -> Result<ArrayRef, EtlError> {
        total(values, &DataType::Float64, measure)
    }

    fn is_whole(&self) -> bool {
        false
    }

    fn whole(&self, _total: &ArrayRef) -> Result<i128, EtlError> {
        unreachable!("a sum of other than whole numbers is none")
    }

    fn adds_exactly(&self) -> bool {
        false
    }

    fn growth(
        &self,
        _measure: &str,
        new: &ArrayRef,
        _old: &[Option<Place<'_>>],
    ) -> Result<ArrayRef, EtlError> {
        Ok(ArrayRef::clone(new))
    }

    fn grown(
        &self,
        _measure: &str,
        _columns: &[&ArrayRef],
        _parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError> {
        unreachable!("a cell with a rounded sum never just grows")
    }

    fn comparison(&self) -> Box<dyn CompareCells> {
        Box::new(SameOrNot)
    }

    /// Values rounded once per period have no exact total to check a parent against.
    fn tally(&self) -> Tally {
        Tally::default()
    }

    fn add_cells(
        &self,
        _tally: &mut Tally,
        _cells: &ArrayRef,
        _n_events: Option<&Int64Array>,
    ) -> Result<(), BadCell> {
        Ok(())
    }

    fn total(&self) -> Box<dyn Total> {
        Box::new(FloatTotal(0.0))
    }
}

/// The total of cells, for a check.
struct FloatTotal(f64);

impl Total for FloatTotal {
    fn add(&mut self, cells: &ArrayRef, row: usize) -> Result<(), EtlError> {
        let values = cells.as_primitive::<Float64Type>();
        if values.is_valid(row) {
            self.0 += values.value(row);
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.0 = 0.0;
    }

    fn value(&mut self) -> (f64, f64) {
        (self.0, 0.0)
    }
}
