//! Distinct counts: sketches of hashes, united by keeping what either has.

use clio_proto::{MeasureKind, SqlColumn};
use clio_sketch::{
    Family, Form, Precision, SketchError, SketchRef, Union, relative_standard_error_at,
};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::Expr;

use super::{
    BadCell, Changed, CompareCells, Kind, MeaningChange, MeasureRules, N_STANDARD_ERRORS, Place,
    Tally, Total, sketches,
};
use crate::error::EtlError;
use crate::functions;

const STEP: &str = "uniting sketches";

/// The number of distinct values among a source's events.
pub(super) struct Distinct<'a> {
    pub(super) source: &'a str,
    pub(super) of: &'a [SqlColumn],
    pub(super) family: Family,
    pub(super) precision: Precision,
    pub(super) from_sketch: bool,
}

impl Kind for Distinct<'_> {
    fn counts_events_of(&self) -> Option<&str> {
        None
    }

    fn counts_values_of(&self) -> Option<&str> {
        // A row with a sketch stands for any number of events.
        (!self.from_sketch).then_some(self.source)
    }

    fn change_from(&self, name: &str, known: &MeasureKind) -> MeaningChange {
        let MeasureKind::Distinct { source, of, family, precision, from_sketch } = known else {
            return MeaningChange::Other;
        };
        if source != self.source || of != self.of || *from_sketch != self.from_sketch {
            return MeaningChange::Other;
        }
        MeaningChange::Cells(if *family == self.family {
            let (before, after) = (precision.get(), self.precision.get());
            format!("`{name}` had precision {before} and has {after}")
        } else {
            format!("`{name}` was of family {family} and is of {}", self.family)
        })
    }
}

/// Unites sketches of distinct values.
#[derive(Debug)]
pub(super) struct SketchRules {
    pub(super) family: Family,
    pub(super) precision: Precision,
    /// Whether events carry sketches instead of values.
    pub(super) is_ready_made: bool,
}

impl MeasureRules for SketchRules {
    fn counts_events(&self) -> bool {
        false
    }

    fn is_rounded(&self) -> bool {
        false
    }

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
        unreachable!("distinct counts do not add up")
    }

    fn adds_exactly(&self) -> bool {
        true
    }

    /// The new sketches, which hold everything new.
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
        let mut union = Union::new(self.family, self.precision);
        sketches::united(columns, parts, |parts, bytes| {
            union.clear();
            parts.iter().try_for_each(|part| union.union_bytes(part))?;
            union.encode_into(bytes);
            Ok(())
        })
        .map_err(refused)
    }

    fn comparison(&self) -> Box<dyn CompareCells> {
        let union = Union::new(self.family, self.precision);
        Box::new(CompareSketches { union, bytes: Vec::new() })
    }

    fn tally(&self) -> Tally {
        Tally { whole: None, union: Some(Union::new(self.family, self.precision)) }
    }

    fn add_cells(
        &self,
        tally: &mut Tally,
        cells: &ArrayRef,
        n_events: Option<&Int64Array>,
    ) -> Result<(), BadCell> {
        let Self { family, precision, .. } = *self;
        let Some(union) = &mut tally.union else { return Ok(()) };
        let mut own = Union::new(family, precision);
        let sketches = cells.as_binary::<i32>();
        for row in 0..sketches.len() {
            let bytes = sketches.value(row);
            let failed = |error: SketchError| BadCell { row, reason: error.to_string() };
            union.union_bytes(bytes).map_err(failed)?;
            let Some(n_events) = n_events.map(|n_events| n_events.value(row)) else { continue };
            // There are at least as many values as coupons: small sketches need no estimate.
            let view = SketchRef::parse(family, bytes).map_err(failed)?;
            if view.form() != Form::Registers && view.n_coupons() as u64 <= n_events.unsigned_abs()
            {
                continue;
            }
            own.clear();
            own.union_bytes(bytes).map_err(failed)?;
            // Not the 95 % bound: where every event is from another person, one cell in forty falls
            // below it by chance, and a lake has thousands.
            let value = own.estimate().value;
            let error = relative_standard_error_at(family, precision, value);
            let lower = value * (1.0 - N_STANDARD_ERRORS * error);
            if lower > n_events as f64 {
                let reason = format!("at least {lower:.0} distinct values in {n_events} events");
                return Err(BadCell { row, reason });
            }
        }
        Ok(())
    }

    fn total(&self) -> Box<dyn Total> {
        let Self { family, precision, .. } = *self;
        Box::new(SketchTotal { union: Union::new(family, precision), family, precision })
    }
}

/// The total of cells, for a check.
struct SketchTotal {
    union: Union,
    family: Family,
    precision: Precision,
}

impl Total for SketchTotal {
    fn add(&mut self, cells: &ArrayRef, row: usize) -> Result<(), EtlError> {
        let sketches = cells.as_binary::<i64>();
        if sketches.is_valid(row) {
            self.union.union_bytes(sketches.value(row)).map_err(refused)?;
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.union.clear();
    }

    fn value(&mut self) -> (f64, f64) {
        let value = self.union.estimate().value;
        (value, value * relative_standard_error_at(self.family, self.precision, value))
    }
}

/// Compares sketches: if the old one's values add nothing to the new one, none were lost.
struct CompareSketches {
    union: Union,
    /// Scratch space for encoding.
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
        // The bytes of a sketch depend only on its set, however it was filled.
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
