//! From values as written to columns of a type, where nothing is lost; otherwise the value that does not fit.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, ListArray,
    StringArray, StructArray, UInt64Array, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::array_value_to_string;

use super::name_of;

/// Integers below this are exact in a 64-bit float.
const MAX_WHOLE_FLOAT: f64 = 9_007_199_254_740_992.0;
/// More digits than a 128-bit integer has.
const MAX_DIGITS: usize = 38;

/// A value as in its file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Value {
    fn describe(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(number) => number.clone(),
            Self::Text(text) => format!("{text:?}"),
            Self::List(_) => "a list".to_owned(),
            Self::Object(_) => "an object".to_owned(),
        }
    }

    /// The number of a numeric value or of text.
    fn number(&self) -> Option<Number<'_>> {
        match self {
            Self::Number(text) | Self::Text(text) => Number::of(text),
            _ => None,
        }
    }
}

/// A value that a type does not hold exactly.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) row: usize,
    pub(super) value: String,
    pub(super) target: String,
}

/// A number by its digits: without zeros at either end, times a power of ten.
#[derive(Debug)]
struct Number<'a> {
    text: &'a str,
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl<'a> Number<'a> {
    /// `None` for text that is not written like a number: leading zeros, a plus sign or spaces.
    fn of(text: &'a str) -> Option<Self> {
        let plain = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = plain.split_once(['e', 'E']).unwrap_or((plain, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let are_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
        let is_padded = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || is_padded || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let exponent: i64 = exponent.parse().ok()?;
        let all = format!("{whole}{fraction}");
        let cut = all.trim_end_matches('0');
        let exponent = exponent + i64::try_from(all.len() - cut.len()).ok()?
            - i64::try_from(fraction.len()).ok()?;
        let digits = cut.trim_start_matches('0').to_owned();
        let exponent = if digits.is_empty() { 0 } else { exponent };
        Some(Self { text, is_negative: plain.len() < text.len(), digits, exponent })
    }

    /// The number times a power of ten, if that is an integer of at most 38 digits.
    fn scaled(&self, by: i64) -> Option<i128> {
        let n_zeros = usize::try_from(self.exponent + by).ok()?;
        if self.digits.len() + n_zeros > MAX_DIGITS {
            return None;
        }
        let digits = format!("0{}{}", self.digits, "0".repeat(n_zeros));
        let value: i128 = digits.parse().ok()?;
        Some(if self.is_negative { -value } else { value })
    }

    fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// The nearest float; for an integer only if it is equal.
    fn float(&self) -> Option<f64> {
        let float: f64 = self.text.parse().ok()?;
        if !self.is_whole() || float.abs() < MAX_WHOLE_FLOAT {
            return Some(float);
        }
        match self.scaled(0) {
            #[expect(clippy::cast_possible_truncation, reason = "it is compared, and below 2^127")]
            Some(whole) => (float as i128 == whole).then_some(float),
            // Not an id: a number this large has more digits than any integer type.
            None => float.is_finite().then_some(float),
        }
    }
}

/// A column of a type, from values as written.
pub(super) fn array_of(target: &DataType, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let misfit =
        |row: usize| Misfit { row, value: values[row].describe(), target: name_of(target) };
    if values.iter().all(|value| **value == Value::Null) {
        return Ok(new_null_array(target, values.len()));
    }
    let array: ArrayRef = match target {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            Arc::new(each(values, misfit, text_of)?.collect::<StringArray>())
        }
        DataType::Boolean => Arc::new(each(values, misfit, bool_of)?.collect::<BooleanArray>()),
        DataType::UInt64 => {
            let whole = |value: &Value| u64::try_from(value.number()?.scaled(0)?).ok();
            Arc::new(each(values, misfit, whole)?.collect::<UInt64Array>())
        }
        whole if whole.is_integer() => {
            let whole = |value: &Value| i64::try_from(value.number()?.scaled(0)?).ok();
            Arc::new(each(values, misfit, whole)?.collect::<Int64Array>())
        }
        DataType::Float64 => {
            let float = |value: &Value| value.number()?.float();
            Arc::new(each(values, misfit, float)?.collect::<Float64Array>())
        }
        DataType::Decimal128(precision, scale) => {
            let scaled = |value: &Value| value.number()?.scaled(i64::from(*scale));
            let array = each(values, misfit, scaled)?.collect::<Decimal128Array>();
            let array = array.with_precision_and_scale(*precision, *scale);
            Arc::new(array.map_err(|_| misfit(0))?)
        }
        DataType::List(item) => return lists_of(target, item.data_type(), values),
        DataType::Struct(fields) => {
            let mut columns = Vec::new();
            for field in fields {
                let keys: Vec<&Value> =
                    values.iter().map(|value| key_of(value, field.name())).collect();
                columns.push(array_of(field.data_type(), &keys)?);
            }
            let is_object = |value: &&Value| matches!(value, Value::Object(_));
            if let Some(row) =
                values.iter().position(|value| !is_object(value) && **value != Value::Null)
            {
                return Err(misfit(row));
            }
            let is_valid: Vec<bool> = values.iter().map(is_object).collect();
            let nulls = Some(NullBuffer::from(is_valid));
            let array = StructArray::try_new(fields.clone(), columns, nulls);
            Arc::new(array.map_err(|_| misfit(0))?)
        }
        // Dates and times, from text.
        _ => Arc::new(each(values, misfit, text_of)?.collect::<StringArray>()),
    };
    strictly(&array, target)
}

/// Converts each value, null to null; the first that does not convert is an error.
fn each<T>(
    values: &[&Value],
    misfit: impl Fn(usize) -> Misfit,
    one: impl Fn(&Value) -> Option<T>,
) -> Result<impl Iterator<Item = Option<T>>, Misfit> {
    let mut all = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        all.push(match value {
            Value::Null => None,
            value => Some(one(value).ok_or_else(|| misfit(row))?),
        });
    }
    Ok(all.into_iter())
}

/// Numbers as text: integers without a decimal point.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let is_whole = fraction.bytes().all(|digit| digit == b'0');
            Some(if is_whole { whole.to_owned() } else { text.clone() })
        }
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

fn bool_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Text(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn key_of<'a>(value: &'a Value, key: &str) -> &'a Value {
    let Value::Object(keys) = value else { return &Value::Null };
    keys.iter().find(|(own, _)| own == key).map_or(&Value::Null, |(_, value)| value)
}

fn lists_of(target: &DataType, item: &DataType, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let (mut items, mut row_of, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for (row, value) in values.iter().enumerate() {
        let own = match value {
            Value::List(own) => own.as_slice(),
            Value::Null => &[],
            other => {
                let (value, target) = (other.describe(), name_of(target));
                return Err(Misfit { row, value, target });
            }
        };
        items.extend(own);
        row_of.extend(own.iter().map(|_| row));
        lengths.push(own.len());
    }
    let items = array_of(item, &items)
        .map_err(|misfit| Misfit { row: row_of.get(misfit.row).copied().unwrap_or(0), ..misfit })?;
    let DataType::List(field) = target else { return Err(of_type(target)) };
    let is_valid: Vec<bool> = values.iter().map(|value| **value != Value::Null).collect();
    let nulls = Some(NullBuffer::from(is_valid));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let lists = ListArray::try_new(Arc::clone(field), offsets, items, nulls);
    Ok(Arc::new(lists.map_err(|_| of_type(target))?))
}

fn of_type(target: &DataType) -> Misfit {
    Misfit { row: 0, value: "a value".to_owned(), target: name_of(target) }
}

/// Casts a column of a Parquet file exactly.
pub(super) fn cast_exactly(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Misfit> {
    if let DataType::Dictionary(_, value) = array.data_type() {
        return cast_exactly(&strictly(array, value)?, target);
    }
    let from = array.data_type();
    let is_text =
        |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let is_decimal = |t: &DataType| {
        matches!(
            t,
            DataType::Decimal32(..)
                | DataType::Decimal64(..)
                | DataType::Decimal128(..)
                | DataType::Decimal256(..)
        )
    };
    let is_plain = |t: &DataType| {
        t.is_integer() || t.is_floating() || is_text(t) || is_decimal(t) || *t == DataType::Boolean
    };
    let is_list = |t: &DataType| matches!(t, DataType::List(_) | DataType::LargeList(_));
    let is_alike = from == target
        || (is_text(from) && is_text(target))
        || (from.is_integer() && target.is_integer())
        || (from.is_floating() && target.is_floating());
    if is_alike || !((is_plain(from) && is_plain(target)) || (is_list(from) && is_list(target))) {
        return strictly(array, target);
    }
    let values = values_of(array)?;
    array_of(target, &values.iter().collect::<Vec<_>>())
}

/// The values of a column, as they would be written.
fn values_of(array: &ArrayRef) -> Result<Vec<Value>, Misfit> {
    let from = array.data_type();
    if let DataType::List(_) | DataType::LargeList(_) = from {
        let list = |row: usize| {
            let items = match from {
                DataType::List(_) => array.as_list::<i32>().value(row),
                _ => array.as_list::<i64>().value(row),
            };
            values_of(&items)
        };
        let value =
            |row| if array.is_null(row) { Ok(Value::Null) } else { list(row).map(Value::List) };
        return (0..array.len()).map(value).collect();
    }
    let array = if from.is_floating() { &strictly(array, &DataType::Float64)? } else { array };
    let value = |row: usize| {
        if array.is_null(row) {
            return Ok(Value::Null);
        }
        Ok(match array.data_type() {
            DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
            DataType::Float64 => {
                let float = array.as_primitive::<Float64Type>().value(row);
                let is_large = float.fract() == 0.0 && float.abs() < 1e38;
                #[expect(clippy::cast_possible_truncation, reason = "it is whole, and below 2^127")]
                let text = if is_large { (float as i128).to_string() } else { float.to_string() };
                Value::Number(text)
            }
            data_type => {
                let text = array_value_to_string(array, row).map_err(|_| of_type(from))?;
                let is_text =
                    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
                if is_text { Value::Text(text) } else { Value::Number(text) }
            }
        })
    };
    (0..array.len()).map(value).collect()
}

/// Casts by the engine, which rejects what does not fit.
fn strictly(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Misfit> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    if let Ok(cast) = cast_with_options(array, target, &strict) {
        return Ok(cast);
    }
    let fails = |row: &usize| cast_with_options(&array.slice(*row, 1), target, &strict).is_err();
    let row = (0..array.len()).find(fails).unwrap_or(0);
    let value = array_value_to_string(array, row).unwrap_or_default();
    Err(Misfit { row, value, target: name_of(target) })
}
