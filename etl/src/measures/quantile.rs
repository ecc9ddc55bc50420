//! Distributions of values: quantile sketches, whose counts are added.

use std::sync::Arc;

use clio_proto::{MeasureKind, SqlColumn};
use clio_sketch::{Buckets, QuantileRef, QuantileSketch, QuantileUnion, Scale, SketchError};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, LargeBinaryBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::Expr;

use super::{
    BadCell, Changed, CompareCells, Kind, MeaningChange, MeasureRules, Place, Tally, Total,
    sketches,
};
use crate::error::EtlError;
use crate::functions;

const STEP: &str = "uniting sketches of quantiles";

/// The distribution of a column's values over a source's events.
pub(super) struct Quantile<'a> {
    pub(super) source: &'a str,
    pub(super) of: &'a SqlColumn,
    pub(super) buckets: Buckets,
}

impl Kind for Quantile<'_> {
    fn counts_events_of(&self) -> Option<&str> {
        None
    }

    fn counts_values_of(&self) -> Option<&str> {
        Some(self.source)
    }

    fn change_from(&self, name: &str, known: &MeasureKind) -> MeaningChange {
        let MeasureKind::Quantile { source, of, buckets } = known else {
            return MeaningChange::Other;
        };
        if source != self.source || of != self.of {
            return MeaningChange::Other;
        }
        let others = self.buckets;
        MeaningChange::Cells(format!(
            "`{name}` had buckets with {buckets} and has some with {others}"
        ))
    }
}

/// Unites quantile sketches.
#[derive(Debug)]
pub(super) struct QuantileRules {
    pub(super) scale: Scale,
}

impl MeasureRules for QuantileRules {
    fn counts_events(&self) -> bool {
        false
    }

    fn is_rounded(&self) -> bool {
        false
    }

    fn input_type(&self) -> Option<DataType> {
        Some(DataType::Float64)
    }

    fn of_events(&self, input: Expr) -> Option<Expr> {
        Some(functions::quantiles(&self.scale).call(vec![input]))
    }

    fn summand(&self, column: Expr) -> Expr {
        column
    }

    fn of_cells(&self, summand: Expr) -> Expr {
        functions::union_of_quantiles(&self.scale).call(vec![summand])
    }

    fn stored(&self, values: &ArrayRef, _measure: &str) -> Result<ArrayRef, EtlError> {
        Ok(ArrayRef::clone(values))
    }

    /// The number of values is an integer: a parent's is the sum over its parts.
    fn is_whole(&self) -> bool {
        true
    }

    fn whole(&self, total: &ArrayRef) -> Result<i128, EtlError> {
        let total = total.as_binary::<i64>();
        if total.is_null(0) {
            return Ok(0);
        }
        let sketch = QuantileRef::parse(&self.scale, total.value(0)).map_err(refused)?;
        Ok(i128::from(sketch.n_values()))
    }

    fn adds_exactly(&self) -> bool {
        true
    }

    /// What the new sketches have beyond the old ones.
    fn growth(
        &self,
        _measure: &str,
        new: &ArrayRef,
        old: &[Option<Place<'_>>],
    ) -> Result<ArrayRef, EtlError> {
        let new = new.as_binary::<i64>();
        let mut growths = LargeBinaryBuilder::with_capacity(new.len(), new.value_data().len());
        for (row, old) in old.iter().enumerate() {
            let Some((old, old_row)) = old else {
                growths.append_value(new.value(row));
                continue;
            };
            let old = self.sketch(old.as_binary::<i64>().value(*old_row))?;
            let growth = self.sketch(new.value(row))?.without(&old).map_err(refused)?;
            growths.append_value(growth.expect("a cell that grew has all that it had").encode());
        }
        Ok(Arc::new(growths.finish()))
    }

    fn grown(
        &self,
        _measure: &str,
        columns: &[&ArrayRef],
        parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError> {
        let mut union = QuantileUnion::new(&self.scale);
        sketches::united(columns, parts, |parts, bytes| {
            union.clear();
            parts.iter().try_for_each(|part| union.union_bytes(part))?;
            union.encode_into(bytes);
            Ok(())
        })
        .map_err(refused)
    }

    fn comparison(&self) -> Box<dyn CompareCells> {
        Box::new(CompareQuantiles { scale: self.scale.clone() })
    }

    fn tally(&self) -> Tally {
        Tally::of_whole()
    }

    fn add_cells(
        &self,
        tally: &mut Tally,
        cells: &ArrayRef,
        n_events: Option<&Int64Array>,
    ) -> Result<(), BadCell> {
        let mut n_all = 0;
        for (row, bytes) in cells.as_binary::<i32>().iter().flatten().enumerate() {
            let sketch = QuantileRef::parse(&self.scale, bytes)
                .map_err(|error| BadCell { row, reason: error.to_string() })?;
            let n_values = i128::from(sketch.n_values());
            if let Some(n_events) = n_events.map(|n_events| n_events.value(row))
                && n_values > i128::from(n_events)
            {
                return Err(BadCell {
                    row,
                    reason: format!("{n_values} values in {n_events} events"),
                });
            }
            n_all += n_values;
        }
        tally.add_whole(n_all);
        Ok(())
    }

    fn total(&self) -> Box<dyn Total> {
        Box::new(ValuesTotal(QuantileUnion::new(&self.scale)))
    }
}

/// The total of cells, for a check: the number of their values.
struct ValuesTotal(QuantileUnion);

impl Total for ValuesTotal {
    fn add(&mut self, cells: &ArrayRef, row: usize) -> Result<(), EtlError> {
        let sketches = cells.as_binary::<i64>();
        if sketches.is_valid(row) {
            self.0.union_bytes(sketches.value(row)).map_err(refused)?;
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn value(&mut self) -> (f64, f64) {
        (self.0.n_values() as f64, 0.0)
    }
}

impl QuantileRules {
    fn sketch(&self, bytes: &[u8]) -> Result<QuantileSketch, EtlError> {
        QuantileSketch::decode(&self.scale, bytes).map_err(refused)
    }
}

/// Compares sketches: if no bucket has fewer values, none were lost.
struct CompareQuantiles {
    scale: Scale,
}

impl CompareCells for CompareQuantiles {
    fn compare(
        &mut self,
        (old, old_row): Place<'_>,
        (new, new_row): Place<'_>,
        is_lost: bool,
    ) -> Result<Changed, EtlError> {
        let old = old.as_binary::<i64>().value(old_row);
        let new = new.as_binary::<i64>().value(new_row);
        if old == new {
            return Ok(Changed::Not);
        }
        if is_lost {
            return Ok(Changed::Lost);
        }
        let [old, new] = [old, new].map(|bytes| QuantileSketch::decode(&self.scale, bytes));
        let growth = new.and_then(|new| new.without(&old?)).map_err(refused)?;
        Ok(if growth.is_some() { Changed::Grown } else { Changed::Lost })
    }
}

fn refused(error: SketchError) -> EtlError {
    EtlError::engine(STEP, DataFusionError::External(Box::new(error)))
}
