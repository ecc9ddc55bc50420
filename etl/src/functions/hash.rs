//! The hash of one column's values, or of several columns together, as `clio_sketch` defines it.

use std::sync::Arc;

use clio_sketch::{Family, TupleHasher};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type,
};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The hash of a value for a family's sketches; null if the value, or any of several columns, is
/// null.
pub(crate) fn hash_of(family: Family) -> ScalarUDF {
    hash_udf(family, format!("clio_hash_{family}"))
}

/// The hash of a key, for finding equal keys; null if any part of the key is null.
pub(crate) fn key_hash() -> ScalarUDF {
    hash_udf(Family::HllPlusPlus, "clio_key_hash".to_owned())
}

fn hash_udf(family: Family, name: String) -> ScalarUDF {
    let signature = Signature::variadic_any(Volatility::Immutable);
    ScalarUDF::new_from_impl(HashOf { family, name, signature })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct HashOf {
    family: Family,
    name: String,
    signature: Signature,
}

impl ScalarUDFImpl for HashOf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let columns = arrays.iter().map(Canonical::try_new).collect::<Result<Vec<_>>>()?;
        let hashes = match columns.as_slice() {
            [column] => column.hashes(self.family),
            columns => tuple_hashes(self.family, columns, args.number_rows),
        };
        Ok(ColumnarValue::Array(Arc::new(hashes)))
    }
}

/// A column, widened to a type that has canonical bytes.
enum Canonical {
    Int(ArrayRef),
    UInt(ArrayRef),
    Float(ArrayRef),
    Bool(ArrayRef),
    Str(ArrayRef),
    StrView(ArrayRef),
    Bytes(ArrayRef),
}

impl Canonical {
    fn try_new(array: &ArrayRef) -> Result<Self> {
        use DataType as T;
        let widened = |to: &DataType| -> Result<ArrayRef> { Ok(cast(array, to)?) };
        Ok(match array.data_type() {
            T::Int8 | T::Int16 | T::Int32 | T::Int64 => Self::Int(widened(&T::Int64)?),
            T::Date32 => Self::Int(cast(&widened(&T::Int32)?, &T::Int64)?),
            T::Date64 | T::Time64(_) | T::Duration(_) => Self::Int(widened(&T::Int64)?),
            T::Time32(_) => Self::Int(cast(&widened(&T::Int32)?, &T::Int64)?),
            T::Timestamp(..) => Self::Int(microseconds(array)?),
            T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 => Self::UInt(widened(&T::UInt64)?),
            T::Float16 | T::Float32 | T::Float64 => Self::Float(widened(&T::Float64)?),
            T::Boolean => Self::Bool(Arc::clone(array)),
            T::Utf8 | T::LargeUtf8 => Self::Str(widened(&T::LargeUtf8)?),
            T::Utf8View => Self::StrView(Arc::clone(array)),
            // A decimal has no canonical bytes: its shortest text identifies it.
            T::Decimal32(..) | T::Decimal64(..) | T::Decimal128(..) | T::Decimal256(..) => {
                Self::Str(cast(&widened(&T::Utf8)?, &T::LargeUtf8)?)
            }
            T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => {
                Self::Bytes(widened(&T::LargeBinary)?)
            }
            T::Null => Self::Int(widened(&T::Int64)?),
            T::Dictionary(_, value) => return Self::try_new(&widened(value)?),
            other => {
                return exec_err!(
                    "values of type {other} cannot be counted as distinct; give a number, a text, \
                     a boolean or a timestamp"
                );
            }
        })
    }

    fn array(&self) -> &ArrayRef {
        match self {
            Self::Int(array)
            | Self::UInt(array)
            | Self::Float(array)
            | Self::Bool(array)
            | Self::Str(array)
            | Self::StrView(array)
            | Self::Bytes(array) => array,
        }
    }

    fn hashes(&self, family: Family) -> UInt64Array {
        let of_str = |value: Option<&str>| value.map(|value| family.hash_str(value));
        match self {
            Self::Int(array) => {
                array.as_primitive::<Int64Type>().unary(|value| family.hash_i64(value))
            }
            Self::UInt(array) => {
                array.as_primitive::<UInt64Type>().unary(|value| family.hash_u64(value))
            }
            Self::Float(array) => {
                array.as_primitive::<Float64Type>().unary(|value| family.hash_f64(value))
            }
            Self::Bool(array) => {
                array.as_boolean().iter().map(|v| v.map(|v| family.hash_bool(v))).collect()
            }
            Self::Str(array) => array.as_string::<i64>().iter().map(of_str).collect(),
            Self::StrView(array) => array.as_string_view().iter().map(of_str).collect(),
            Self::Bytes(array) => {
                array.as_binary::<i64>().iter().map(|v| v.map(|v| family.hash_bytes(v))).collect()
            }
        }
    }

    fn push(&self, row: usize, hasher: &mut TupleHasher) {
        if self.array().is_null(row) {
            hasher.push_null();
            return;
        }
        match self {
            Self::Int(array) => hasher.push_i64(array.as_primitive::<Int64Type>().value(row)),
            Self::UInt(array) => hasher.push_u64(array.as_primitive::<UInt64Type>().value(row)),
            Self::Float(array) => hasher.push_f64(array.as_primitive::<Float64Type>().value(row)),
            Self::Bool(array) => hasher.push_bool(array.as_boolean().value(row)),
            Self::Str(array) => hasher.push_str(array.as_string::<i64>().value(row)),
            Self::StrView(array) => hasher.push_str(array.as_string_view().value(row)),
            Self::Bytes(array) => hasher.push_bytes(array.as_binary::<i64>().value(row)),
        }
    }
}

/// Timestamps of all units hash alike: in microseconds.
fn microseconds(array: &ArrayRef) -> Result<ArrayRef> {
    let unit = TimeUnit::Microsecond;
    let zone = match array.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let micros = cast(array, &DataType::Timestamp(unit, zone))?;
    let micros = micros.as_primitive::<TimestampMicrosecondType>();
    Ok(Arc::new(micros.reinterpret_cast::<Int64Type>()))
}

fn tuple_hashes(family: Family, columns: &[Canonical], n_rows: usize) -> UInt64Array {
    let mut hasher = TupleHasher::new(family);
    (0..n_rows)
        .map(|row| {
            if columns.iter().any(|column| column.array().is_null(row)) {
                return None;
            }
            columns.iter().for_each(|column| column.push(row, &mut hasher));
            Some(hasher.finish())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Int32Array, Int64Array, StringArray, StringViewArray};

    const FAMILY: Family = Family::HllPlusPlus;

    fn hashes(array: impl Array + 'static) -> Vec<Option<u64>> {
        let array: ArrayRef = Arc::new(array);
        Canonical::try_new(&array).unwrap().hashes(FAMILY).iter().collect()
    }

    #[test]
    fn the_width_of_a_type_does_not_matter_and_null_stays_null() {
        let narrow = hashes(Int32Array::from(vec![Some(7), None]));
        let wide = hashes(Int64Array::from(vec![Some(7), None]));
        assert_eq!(narrow, [Some(FAMILY.hash_i64(7)), None]);
        assert_eq!(narrow, wide);
        let text = hashes(StringArray::from(vec![Some("ada"), None]));
        let view = hashes(StringViewArray::from(vec![Some("ada"), None]));
        assert_eq!(text, [Some(FAMILY.hash_str("ada")), None]);
        assert_eq!(text, view);
    }

    #[test]
    fn a_tuple_counts_unless_one_part_is_null() {
        let first: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), None, None]));
        let second: ArrayRef =
            Arc::new(StringArray::from(vec![Some("a"), Some("a"), Some("a"), None]));
        let columns = [&first, &second].map(|array| Canonical::try_new(array).unwrap());
        let hashes: Vec<_> = tuple_hashes(FAMILY, &columns, 4).iter().collect();
        assert!(hashes[0].is_some() && hashes[1].is_some() && hashes[0] != hashes[1]);
        assert_eq!(hashes[2..], [None, None]);
    }
}
