//! What each kind of measure takes from an event, and which of its columns decide how it is stored.

use clio_proto::{Measure, MeasureKind, SqlColumn};
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, ExprSchemable, cast};
use datafusion::prelude::DataFrame;

use crate::error::{During, EtlError};
use crate::functions::{hash_of, number_of_text, ready_made, value_in_range};
use crate::input::source::Scope;
use crate::measures::MeasureRules;

/// What a measure takes from a row of its source; `None` if only the row itself counts.
pub(super) fn taken(
    measure: &Measure,
    rules: &dyn MeasureRules,
    scope: &Scope<'_>,
    frame: &DataFrame,
) -> Result<Option<Expr>, EtlError> {
    let Measure { name, kind, .. } = measure;
    let key = format!("measure.{name}.of");
    Ok(match kind {
        MeasureKind::Count { .. } | MeasureKind::Derived { .. } => None,
        MeasureKind::Sum { of, .. } => {
            let value = scope.bind(&key, of)?;
            let sum_type = rules.input_type().expect("a sum has an input");
            Some(as_number(scope, name, of, value, frame, &sum_type)?)
        }
        MeasureKind::Quantile { of, .. } => {
            let value = scope.bind(&key, of)?;
            let value = as_number(scope, name, of, value, frame, &DataType::Float64)?;
            Some(value_in_range(name).call(vec![value]))
        }
        MeasureKind::Distinct { of, family, precision, from_sketch: true, .. } => {
            let [column] = of.as_slice() else {
                unreachable!("a valid model has one column of sketches")
            };
            let value = scope.bind(&key, column)?;
            let found = scope.type_of(&key, &column.0, &value)?;
            if !found.is_binary() && !found.is_null() {
                let mend = "ready-made sketches are a binary column";
                return Err(scope.wrong_type(&key, &column.0, &found, mend).into());
            }
            let bytes = cast(value, DataType::LargeBinary);
            Some(ready_made(name, *family, *precision).call(vec![bytes]))
        }
        MeasureKind::Distinct { of, family, from_sketch: false, .. } => {
            let parts =
                of.iter().map(|part| scope.bind(&key, part)).collect::<Result<Vec<_>, _>>()?;
            Some(hash_of(*family).call(parts))
        }
    })
}

/// The source and the numeric column whose values decide whether they are integers, and so how the measure is stored;
/// `None` where the model alone decides.
pub(super) fn whole_or_not(kind: &MeasureKind) -> Option<(&str, &SqlColumn)> {
    match kind {
        MeasureKind::Sum { source, of } => Some((source, of)),
        MeasureKind::Count { .. }
        | MeasureKind::Distinct { .. }
        | MeasureKind::Quantile { .. }
        | MeasureKind::Derived { .. } => None,
    }
}

/// A value as the decimal that it is summed in, or as a double for quantiles; text has to be a number.
fn as_number(
    scope: &Scope<'_>,
    measure: &str,
    of: &SqlColumn,
    value: Expr,
    frame: &DataFrame,
    sum_type: &DataType,
) -> Result<Expr, EtlError> {
    let found = value.get_type(frame.schema()).during("binding a measure")?;
    let is_whole = matches!(sum_type, DataType::Decimal128(_, 0));
    Ok(match found {
        found if found.is_string() => {
            let number = number_of_text(measure, is_whole).call(vec![value]);
            cast(number, sum_type.clone())
        }
        DataType::Boolean => cast(cast(value, DataType::Int64), sum_type.clone()),
        found if found.is_numeric() || found.is_null() => cast(value, sum_type.clone()),
        found => {
            let key = format!("measure.{measure}.of");
            let mend = match sum_type {
                DataType::Float64 => "a quantile measure takes numbers",
                _ => "a sum takes numbers",
            };
            return Err(scope.wrong_type(&key, &of.0, &found, mend).into());
        }
    })
}
