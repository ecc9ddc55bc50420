//! Parses text for sums. Numbers that would lose digits are rejected.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Integers below this are exact in a 64-bit float.
const MAX_WHOLE_FLOAT: f64 = 9_007_199_254_740_992.0;

/// The number that text stands for: an integer, or any that a float holds exactly.
pub(crate) fn number_of_text(measure: &str, is_whole: bool) -> ScalarUDF {
    ScalarUDF::new_from_impl(NumberOfText {
        name: format!("clio_number_of_{measure}"),
        measure: measure.to_owned(),
        is_whole,
        signature: Signature::any(1, Volatility::Immutable),
    })
}

/// A number that shows that a sum is not of integers. The row is not bad: the type assumed for the sum is wrong.
#[derive(Debug)]
pub(crate) struct NotWhole {
    measure: String,
    text: String,
}

impl NotWhole {
    /// Whether this is the cause of an engine's error.
    pub(crate) fn is_behind(error: &DataFusionError) -> bool {
        match error.find_root() {
            DataFusionError::External(inner) => inner.downcast_ref::<Self>().is_some(),
            _ => false,
        }
    }
}

impl fmt::Display for NotWhole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { measure, text } = self;
        write!(
            f,
            "`measure.{measure}.of` is {text:?} here, and the first values of the text column were whole numbers; \
             say that it holds others in the model's `types`, as `float64`, and run again"
        )
    }
}

impl std::error::Error for NotWhole {}

#[derive(Debug, PartialEq, Eq, Hash)]
struct NumberOfText {
    name: String,
    measure: String,
    is_whole: bool,
    signature: Signature,
}

impl NumberOfText {
    fn whole(&self, text: &str) -> Result<i64> {
        if let Ok(whole) = text.parse() {
            return Ok(whole);
        }
        match text.parse::<f64>() {
            Ok(_) if is_digits(text) => Err(self.too_long(text, "whole numbers holds (19)")),
            Ok(float) if float.fract() == 0.0 && float.abs() < MAX_WHOLE_FLOAT =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "it is whole, and small enough"
                )]
                Ok(float as i64)
            }
            Ok(float) if float.is_finite() => {
                let (measure, text) = (self.measure.clone(), text.to_owned());
                Err(DataFusionError::External(Box::new(NotWhole { measure, text })))
            }
            _ => Err(exec_datafusion_err!("Cannot cast string '{text}' to value of Int64 type")),
        }
    }

    fn float(&self, text: &str) -> Result<f64> {
        match text.parse::<f64>() {
            Ok(float) if is_digits(text) && float.abs() >= MAX_WHOLE_FLOAT => {
                Err(self.too_long(text, "numbers with decimals keeps (15)"))
            }
            Ok(float) => Ok(float),
            Err(_) => {
                Err(exec_datafusion_err!("Cannot cast string '{text}' to value of Float64 type"))
            }
        }
    }

    fn too_long(&self, text: &str, than: &str) -> DataFusionError {
        exec_datafusion_err!(
            "`measure.{}.of` is {text:?} here, with more digits than a sum of {than}; correct it, or make it null \
             in `columns`",
            self.measure
        )
    }
}

fn is_digits(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

impl ScalarUDFImpl for NumberOfText {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(if self.is_whole { DataType::Int64 } else { DataType::Float64 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let texts = match arrays[0].data_type() {
            DataType::Utf8View => Arc::clone(&arrays[0]),
            _ => cast(&arrays[0], &DataType::Utf8View)?,
        };
        let texts = texts.as_string_view().iter();
        let numbers: ArrayRef = if self.is_whole {
            let whole = texts.map(|text| text.map(|text| self.whole(text)).transpose());
            Arc::new(whole.collect::<Result<Int64Array>>()?)
        } else {
            let floats = texts.map(|text| text.map(|text| self.float(text)).transpose());
            Arc::new(floats.collect::<Result<Float64Array>>()?)
        };
        Ok(ColumnarValue::Array(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(is_whole: bool, text: &str) -> Result<String> {
        let signature = Signature::any(1, Volatility::Immutable);
        let (name, measure) = (String::new(), "s".to_owned());
        let number = NumberOfText { name, measure, is_whole, signature };
        match is_whole {
            true => number.whole(text).map(|whole| whole.to_string()),
            false => number.float(text).map(|float| float.to_string()),
        }
    }

    #[test]
    fn a_text_is_its_number_or_is_refused() {
        for (text, whole, float) in [
            ("7", Some("7"), Some("7")),
            ("-7", Some("-7"), Some("-7")),
            ("12.0", Some("12"), Some("12")),
            ("9007199254740993", Some("9007199254740993"), None),
            ("9223372036854775807", Some("9223372036854775807"), None),
            ("12345678901234567890", None, None),
            ("1.5", None, Some("1.5")),
            ("1e3", Some("1000"), Some("1000")),
            ("two", None, None),
            ("", None, None),
        ] {
            assert_eq!(number(true, text).ok().as_deref(), whole, "{text}");
            assert_eq!(number(false, text).ok().as_deref(), float, "{text}");
        }
        assert!(NotWhole::is_behind(&number(true, "1.5").unwrap_err()));
        assert!(!NotWhole::is_behind(&number(true, "two").unwrap_err()));
    }
}
