//! Different values: sketches of hashes, united by keeping what either has.

use std::sync::Arc;

use clio_sketch::{Family, Precision, SketchError, Union};
use datafusion::arrow::array::{ArrayRef, AsArray, LargeBinaryBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::Expr;

use super::{Changed, CompareCells, MeasureRules, Place};
use crate::error::EtlError;
use crate::functions;

const STEP: &str = "uniting sketches";

/// The number of different values.
#[derive(Debug)]
pub(super) struct SketchRules {
    pub(super) family: Family,
    pub(super) precision: Precision,
    /// Events carry sketches, not values.
    pub(super) is_ready_made: bool,
}

impl MeasureRules for SketchRules {
    fn input_type(&self) -> Option<DataType> {
        Some(if self.is_ready_made { DataType::LargeBinary } else { DataType::UInt64 })
    }

    fn of_events(&self, input: Expr) -> Option<Expr> {
        let aggregate = if self.is_ready_made {
            functions::union(self.family, self.precision)
        } else {
            functions::distinct(self.family, self.precision)
        };
        Some(aggregate.call(vec![input]))
    }

    fn summand(&self, column: Expr) -> Expr {
        column
    }

    fn of_cells(&self, summand: Expr) -> Expr {
        functions::union(self.family, self.precision).call(vec![summand])
    }

    fn stored(&self, values: &ArrayRef, _measure: &str) -> Result<ArrayRef, EtlError> {
        Ok(ArrayRef::clone(values))
    }

    fn is_whole(&self) -> bool {
        false
    }

    fn whole(&self, _total: &ArrayRef) -> Result<i128, EtlError> {
        unreachable!("different values do not add up")
    }

    fn adds_exactly(&self) -> bool {
        true
    }

    /// The new sketches: they hold all that is new.
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
        columns: &[&ArrayRef],
        parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError> {
        let values: Vec<_> = columns.iter().map(|column| column.as_binary::<i64>()).collect();
        let value = |&(column, row): &(usize, usize)| values[column].value(row);
        // A union is seldom longer than what it is of.
        let n_bytes = parts.iter().flatten().map(|part| value(part).len()).sum();
        let mut sketches = LargeBinaryBuilder::with_capacity(parts.len(), n_bytes);
        let mut union = Union::new(self.family, self.precision);
        let mut bytes = Vec::new();
        for parts in parts {
            union.clear();
            for part in parts {
                union.union_bytes(value(part)).map_err(refused)?;
            }
            bytes.clear();
            union.encode_into(&mut bytes);
            sketches.append_value(&bytes);
        }
        Ok(Arc::new(sketches.finish()))
    }

    fn comparison(&self) -> Box<dyn CompareCells> {
        let union = Union::new(self.family, self.precision);
        Box::new(CompareSketches { union, bytes: Vec::new() })
    }
}

/// Compares sketches: one that the other's values add nothing to has lost none of them.
struct CompareSketches {
    union: Union,
    /// Working memory of encoding.
    bytes: Vec<u8>,
}

impl CompareCells for CompareSketches {
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
        // The bytes of a sketch are those of its set, whatever way it was filled.
        self.union.clear();
        for bytes in [new, old] {
            self.union.union_bytes(bytes).map_err(refused)?;
        }
        self.bytes.clear();
        self.union.encode_into(&mut self.bytes);
        Ok(if self.bytes == new { Changed::Grown } else { Changed::Lost })
    }
}

fn refused(error: SketchError) -> EtlError {
    EtlError::engine(STEP, DataFusionError::External(Box::new(error)))
}
