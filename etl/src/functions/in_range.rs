//! The values for quantiles: checked row by row, so that an error can name the row.

use std::sync::Arc;

use clio_sketch::Buckets;
use datafusion::arrow::array::{AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Returns the values unchanged if each falls into a bucket; null stays null.
pub(crate) fn value_in_range(measure: &str) -> ScalarUDF {
    ScalarUDF::new_from_impl(InRange {
        name: format!("clio_value_of_{measure}"),
        measure: measure.to_owned(),
        signature: Signature::exact(vec![DataType::Float64], Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct InRange {
    name: String,
    measure: String,
    signature: Signature,
}

impl InRange {
    fn check(&self, values: &Float64Array) -> Result<()> {
        let is_out = |value: &f64| !value.is_finite() || value.abs() >= Buckets::MAX_VALUE;
        match values.iter().flatten().find(is_out) {
            Some(value) => exec_err!(
                "`measure.{}.of` is {value} here, and quantiles take numbers between -{:e} and {:e}; correct it, \
                 or make it null in `columns`",
                self.measure,
                Buckets::MAX_VALUE,
                Buckets::MAX_VALUE
            ),
            None => Ok(()),
        }
    }
}

impl ScalarUDFImpl for InRange {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        self.check(arrays[0].as_primitive::<Float64Type>())?;
        Ok(ColumnarValue::Array(Arc::clone(&arrays[0])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::root_message;

    #[test]
    fn what_no_bucket_holds_is_refused_with_the_measure() {
        let in_range = InRange {
            name: String::new(),
            measure: "watch".to_owned(),
            signature: Signature::any(1, Volatility::Immutable),
        };
        let check = |value: f64| in_range.check(&Float64Array::from(vec![None, Some(value)]));
        for value in [0.0, -3.5, 1e-300, 9.9e18, -9.9e18] {
            assert!(check(value).is_ok(), "{value}");
        }
        for value in [1e19, -1e19, f64::INFINITY, f64::NAN] {
            let said = root_message(&check(value).unwrap_err());
            assert!(said.starts_with(&format!("`measure.watch.of` is {value} here")), "{said}");
        }
    }
}
