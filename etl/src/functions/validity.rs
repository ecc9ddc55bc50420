//! From when until when a row of a lookup is in force, in days of the dataset.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int32Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::day::{Calendar, DayOf};
use super::instant::InstantOf;

/// The end day, in days since 1970, of a row without an end.
pub(crate) const FOR_EVER: i32 = i32::MAX;

/// The first day on which a row is in force, in days since 1970, inclusive. A row without a beginning
/// is an error. `key` is the column's place in the model.
pub(crate) fn valid_from(calendar: &Calendar, key: &str) -> ScalarUDF {
    ScalarUDF::new_from_impl(Validity::new("clio_valid_from", calendar, key, 1))
}

/// The day on which a row stops being in force, exclusive, from its end (second argument). A row that
/// ends before it begins (first argument) is an error.
pub(crate) fn valid_to(calendar: &Calendar, key: &str) -> ScalarUDF {
    ScalarUDF::new_from_impl(Validity::new("clio_valid_to", calendar, key, 2))
}

#[derive(Debug)]
struct Validity {
    name: &'static str,
    key: String,
    calendar: Calendar,
    days: DayOf,
    instants: InstantOf,
    signature: Signature,
}

impl Validity {
    fn new(name: &'static str, calendar: &Calendar, key: &str, n_arguments: usize) -> Self {
        Self {
            name,
            key: key.to_owned(),
            calendar: calendar.clone(),
            days: DayOf::new(calendar),
            instants: InstantOf::new(calendar),
            signature: Signature::any(n_arguments, Volatility::Immutable),
        }
    }

    fn from(&self, from: &ArrayRef) -> Result<Int32Array> {
        let days = self.days.days(from)?;
        if days.null_count() > 0 {
            let key = &self.key;
            return exec_err!(
                "`{key}` is null; say from when such a row is in force, for instance with \
                 `coalesce(\u{2026}, DATE '1970-01-01')`"
            );
        }
        Ok(days.reinterpret_cast())
    }

    fn to(&self, from: &ArrayRef, to: &ArrayRef) -> Result<Int32Array> {
        let (begins, ends) = (self.instants.instants(from)?, self.instants.instants(to)?);
        for (begin, end) in begins.iter().zip(&ends) {
            if let (Some(begin), Some(end)) = (begin, end)
                && end < begin
            {
                let key = &self.key;
                return exec_err!(
                    "`{key}` is before the row's beginning, so the row was never in force; \
                     correct it there, or leave such rows out"
                );
            }
        }
        let days = self.days.days(to)?;
        Ok(days.iter().map(|day| Some(day.unwrap_or(FOR_EVER))).collect())
    }
}

impl PartialEq for Validity {
    fn eq(&self, other: &Self) -> bool {
        (self.name, &self.key, &self.calendar) == (other.name, &other.key, &other.calendar)
    }
}

impl Eq for Validity {}

impl Hash for Validity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.name, &self.key, &self.calendar).hash(state);
    }
}

impl ScalarUDFImpl for Validity {
    fn name(&self) -> &'static str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let days = match arrays.as_slice() {
            [from] => self.from(from)?,
            [from, to] => self.to(from, to)?,
            _ => return exec_err!("expected one or two times"),
        };
        Ok(ColumnarValue::Array(Arc::new(days)))
    }
}
