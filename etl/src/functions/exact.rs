//! Casts a column's values to another type where nothing is lost; an error where something would be.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use clio_proto::ColumnType;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, ListArray, StringArray, UInt64Array,
    new_null_array,
};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, UInt64Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::functions::types::{arrow_type, type_of};

/// Integers below this are exact in a 64-bit float.
const MAX_WHOLE_FLOAT: f64 = 9_007_199_254_740_992.0;

/// A column that is read with another type than in its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Exact {
    pub(crate) column: String,
    /// The table's key in the model, such as `source.events`.
    pub(crate) table: String,
    pub(crate) to: ColumnType,
    /// The first file that had the type; empty where the model declares it.
    pub(crate) since: String,
    /// Whether some of the files have the values as floats, so that text of an integer may end in `.0`.
    pub(crate) has_floats: bool,
}

impl Exact {
    /// The function that casts the column's values.
    pub(crate) fn udf(&self) -> ScalarUDF {
        ScalarUDF::new_from_impl(ExactCast {
            exact: self.clone(),
            signature: Signature::any(1, Volatility::Immutable),
        })
    }

    fn refuse<T>(&self, value: &str, reason: &str) -> Result<T> {
        let Self { column, table, to, since, .. } = self;
        let whose = if since.is_empty() {
            "the model declares".to_owned()
        } else {
            format!("it has had since {since}")
        };
        exec_err!(
            "column `{column}` is {value} here, {reason} {to}, the type that {whose}; correct the file, or declare the \
             type that all files fit in the model, such as `[{table}.types] {column} = \"text\"`, and run \
             `clio etl run --all`"
        )
    }
}

/// Whether values of one type can be cast to another.
pub(crate) fn is_castable(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType as T;
    match (from, to) {
        (from, to) if from == to => true,
        (T::List(from), T::List(to)) => is_castable(from, to),
        (from, T::Int64 | T::UInt64 | T::Float64 | T::Text) => from.is_number() || *from == T::Text,
        (T::Int64 | T::UInt64, T::Decimal(_)) => true,
        (T::Decimal(from), T::Decimal(to)) => from <= to,
        (T::Text, T::Boolean | T::Date | T::Timestamp) => true,
        (T::Date, T::Timestamp) => true,
        _ => false,
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ExactCast {
    exact: Exact,
    signature: Signature,
}

impl ScalarUDFImpl for ExactCast {
    fn name(&self) -> &'static str {
        "clio_exact"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(arrow_type(&self.exact.to))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(self.exact.values(&arrays[0], &self.exact.to)?))
    }
}

impl Exact {
    fn values(&self, array: &ArrayRef, to: &ColumnType) -> Result<ArrayRef> {
        if let DataType::Dictionary(_, value) = array.data_type() {
            return self.values(&cast(array, value)?, to);
        }
        if array.null_count() == array.len() {
            return Ok(new_null_array(&arrow_type(to), array.len()));
        }
        let Some(from) = type_of(array.data_type()) else {
            return exec_err!("`{}` has the type {}", self.column, array.data_type());
        };
        let values = match (&from, to) {
            (ColumnType::List(_), ColumnType::List(item)) => return self.lists(array, item),
            (ColumnType::Text, ColumnType::Text) if self.has_floats => {
                let texts = cast(array, &DataType::Utf8)?;
                let texts = texts.as_string::<i32>().iter();
                let plain = |text: &str| match whole_of(text) {
                    Some(whole) => whole.to_string(),
                    None => text.to_owned(),
                };
                Arc::new(texts.map(|text| text.map(plain)).collect::<StringArray>())
            }
            (from, to) if from == to => Arc::clone(array),
            (_, ColumnType::Int64 | ColumnType::UInt64) => self.whole(array, &from, to)?,
            (_, ColumnType::Float64) => self.floats(array, &from)?,
            (_, ColumnType::Text) => self.texts(array, &from)?,
            _ => self.by_engine(array, to)?,
        };
        Ok(cast(&values, &arrow_type(to))?)
    }

    fn lists(&self, array: &ArrayRef, item: &ColumnType) -> Result<ArrayRef> {
        let ColumnType::List(_) = &self.to else { return exec_err!("a list outside of a list") };
        let inner = match array.data_type() {
            DataType::List(field)
            | DataType::LargeList(field)
            | DataType::ListView(field)
            | DataType::LargeListView(field) => Arc::clone(field),
            other => return exec_err!("{other} is not a list"),
        };
        let plain = DataType::List(Arc::new(Field::new("item", inner.data_type().clone(), true)));
        let lists = cast(array, &plain)?;
        let lists = lists.as_list::<i32>();
        let to = arrow_type(&ColumnType::List(Box::new(item.clone())));
        let DataType::List(field) = &to else { return exec_err!("{to} is not a list") };
        let values = cast(&self.values(lists.values(), item)?, field.data_type())?;
        let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
        Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, nulls)?))
    }

    /// To integers: from floats that are whole, and from text that is written as an integer.
    fn whole(&self, array: &ArrayRef, from: &ColumnType, to: &ColumnType) -> Result<ArrayRef> {
        let is_unsigned = *to == ColumnType::UInt64;
        let refused =
            |value: &str| self.refuse(value, "which is not a whole number in the range of");
        let fitting = |value: i128, text: &str| {
            let fits = if is_unsigned {
                u64::try_from(value).is_ok()
            } else {
                i64::try_from(value).is_ok()
            };
            if fits { Ok(value) } else { refused(text) }
        };
        let of_float = |value: f64| {
            if value.fract() == 0.0 && value.abs() < MAX_WHOLE_FLOAT {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "it is whole, and small enough"
                )]
                return fitting(value as i128, &value.to_string());
            }
            refused(&value.to_string())
        };
        let of_text = |text: &str| match whole_of(text) {
            Some(value) => fitting(value, &format!("{text:?}")),
            None => refused(&format!("{text:?}")),
        };
        let values: Vec<Option<i128>> = match from {
            ColumnType::Float64 => {
                let floats = cast(array, &DataType::Float64)?;
                let floats = floats.as_primitive::<Float64Type>().iter();
                floats.map(|value| value.map(of_float).transpose()).collect::<Result<_>>()?
            }
            ColumnType::Int64 => {
                let whole = cast(array, &DataType::Int64)?;
                let whole = whole.as_primitive::<Int64Type>().iter();
                let fitting = |value: i64| fitting(value.into(), &value.to_string());
                whole.map(|value| value.map(fitting).transpose()).collect::<Result<_>>()?
            }
            ColumnType::UInt64 => {
                let whole = array.as_primitive::<UInt64Type>().iter();
                let fitting = |value: u64| fitting(value.into(), &value.to_string());
                whole.map(|value| value.map(fitting).transpose()).collect::<Result<_>>()?
            }
            _ => {
                let texts = cast(array, &DataType::Utf8)?;
                let texts = texts.as_string::<i32>().iter();
                texts.map(|value| value.map(of_text).transpose()).collect::<Result<_>>()?
            }
        };
        Ok(if is_unsigned {
            let values =
                values.into_iter().map(|value| value.and_then(|it| u64::try_from(it).ok()));
            Arc::new(values.collect::<UInt64Array>())
        } else {
            let values =
                values.into_iter().map(|value| value.and_then(|it| i64::try_from(it).ok()));
            Arc::new(values.collect::<Int64Array>())
        })
    }

    fn floats(&self, array: &ArrayRef, from: &ColumnType) -> Result<ArrayRef> {
        let refused =
            |value: &str| self.refuse(value, "which is not a number that fits exactly in");
        let texts = cast(array, &DataType::Utf8)?;
        // Text from a file of floats is a float, however large.
        let was_float = |text: &str| self.has_floats && text.contains(['.', 'e', 'E']);
        let of_text = |text: &str| match text.parse::<f64>() {
            Ok(value) if was_float(text) => Ok(value),
            Ok(value)
                if *from == ColumnType::Text
                    && is_number(text)
                    && (value.fract() != 0.0 || value.abs() < MAX_WHOLE_FLOAT) =>
            {
                Ok(value)
            }
            // Integers that the float cannot represent exactly would change.
            Ok(value) if *from != ColumnType::Text && value.abs() < MAX_WHOLE_FLOAT => Ok(value),
            _ => refused(&format!("{text:?}")),
        };
        let texts = texts.as_string::<i32>().iter();
        let floats: Result<Float64Array> =
            texts.map(|value| value.map(of_text).transpose()).collect();
        Ok(Arc::new(floats?))
    }

    /// To text: numbers in their shortest form, integers without a decimal point.
    fn texts(&self, array: &ArrayRef, from: &ColumnType) -> Result<ArrayRef> {
        if *from != ColumnType::Float64 {
            return Ok(cast(array, &DataType::Utf8)?);
        }
        let floats = cast(array, &DataType::Float64)?;
        let text = |value: f64| match value.fract() == 0.0 && value.abs() >= MAX_WHOLE_FLOAT {
            true => self.refuse(&value.to_string(), "which a float may have rounded, so not"),
            false => Ok(value.to_string()),
        };
        let floats = floats.as_primitive::<Float64Type>().iter();
        let texts: Result<StringArray> = floats.map(|value| value.map(text).transpose()).collect();
        Ok(Arc::new(texts?))
    }

    fn by_engine(&self, array: &ArrayRef, to: &ColumnType) -> Result<ArrayRef> {
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let values = cast_with_options(array, &arrow_type(to), &strict);
        let Err(error) = &values else { return Ok(values?) };
        for row in 0..array.len() {
            if cast_with_options(&array.slice(row, 1), &arrow_type(to), &strict).is_err() {
                let value = array_value_to_string(array, row)?;
                return self.refuse(&format!("{value:?}"), "which is not");
            }
        }
        Err(exec_datafusion_err!("{error}"))
    }
}

/// The integer that text stands for: without leading zeros, plus sign or spaces; `12.0` is 12, the form of a
/// number that was once a float.
fn whole_of(text: &str) -> Option<i128> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    if !is_number(text) || !rest.bytes().all(|digit| digit == b'0') {
        return None;
    }
    whole.parse().ok()
}

/// Whether text is a number that parsing does not change: no leading zeros, no plus sign, no spaces.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let is_padded = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    digits.first().is_some_and(u8::is_ascii_digit) && !is_padded && text != "-0"
}
