//! What cells of one measure come to for a check, with the error of that.

use clio_lake::StoredType;
use clio_sketch::{Family, Precision, QuantileUnion, Scale, Union, relative_standard_error_at};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, LargeBinaryArray,
};
use datafusion::arrow::datatypes::{Float64Type, Int64Type};
use datafusion::common::DataFusionError;

use crate::error::{During, EtlError};

const STEP: &str = "adding up cells";

/// One measure's column.
pub(crate) enum Values {
    Whole(Int64Array),
    Float(Float64Array),
    Sketches(LargeBinaryArray),
}

impl Values {
    pub(crate) fn new(values: &ArrayRef, stored: StoredType) -> Self {
        match stored {
            StoredType::Count | StoredType::WholeSum => {
                Self::Whole(values.as_primitive::<Int64Type>().clone())
            }
            StoredType::FloatSum => Self::Float(values.as_primitive::<Float64Type>().clone()),
            StoredType::Sketch { .. } | StoredType::Quantiles { .. } => {
                Self::Sketches(values.as_binary::<i64>().clone())
            }
        }
    }
}

/// What some cells of one measure come to.
pub(crate) enum Total {
    Whole(i128),
    Float(f64),
    Sketch(Union, Family, Precision),
    /// Whose total is the number of values.
    Quantiles(QuantileUnion),
}

impl Total {
    /// That of no cell.
    pub(crate) fn new(stored: StoredType) -> Self {
        match stored {
            StoredType::Count | StoredType::WholeSum => Self::Whole(0),
            StoredType::FloatSum => Self::Float(0.0),
            StoredType::Sketch { family, precision } => {
                Self::Sketch(Union::new(family, precision), family, precision)
            }
            StoredType::Quantiles { buckets } => {
                Self::Quantiles(QuantileUnion::new(&Scale::new(buckets)))
            }
        }
    }

    /// Adds a cell; one of a file that is older than the measure has nothing.
    pub(crate) fn add(&mut self, values: &Values, row: usize) -> Result<(), EtlError> {
        match (self, values) {
            (Self::Whole(sum), Values::Whole(values)) => {
                if values.is_valid(row) {
                    *sum += i128::from(values.value(row));
                }
            }
            (Self::Float(sum), Values::Float(values)) => {
                if values.is_valid(row) {
                    *sum += values.value(row);
                }
            }
            (Self::Sketch(union, ..), Values::Sketches(values)) => {
                if values.is_valid(row) {
                    let added = union.union_bytes(values.value(row));
                    added.map_err(|error| DataFusionError::External(error.into())).during(STEP)?;
                }
            }
            (Self::Quantiles(union), Values::Sketches(values)) => {
                if values.is_valid(row) {
                    let added = union.union_bytes(values.value(row));
                    added.map_err(|error| DataFusionError::External(error.into())).during(STEP)?;
                }
            }
            (Self::Whole(_) | Self::Float(_) | Self::Sketch(..) | Self::Quantiles(_), _) => {
                unreachable!("both are of one measure")
            }
        }
        Ok(())
    }

    /// Begins anew.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Whole(sum) => *sum = 0,
            Self::Float(sum) => *sum = 0.0,
            Self::Sketch(union, ..) => union.clear(),
            Self::Quantiles(union) => union.clear(),
        }
    }

    /// The value and its standard error.
    pub(crate) fn value(&mut self) -> (f64, f64) {
        match self {
            Self::Whole(sum) => (*sum as f64, 0.0),
            Self::Float(sum) => (*sum, 0.0),
            Self::Quantiles(union) => (union.n_values() as f64, 0.0),
            Self::Sketch(union, family, precision) => {
                let value = union.estimate().value;
                (value, value * relative_standard_error_at(*family, *precision, value))
            }
        }
    }
}
