//! Types of columns, as models name them and as Arrow has them.

use std::sync::Arc;

use clio_proto::ColumnType;
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

/// The model's type for an Arrow type; `None` for nulls, and for anything that is neither a value nor a
/// list of values.
pub(crate) fn type_of(data_type: &DataType) -> Option<ColumnType> {
    use DataType as T;
    Some(match data_type {
        T::UInt64 => ColumnType::UInt64,
        found if found.is_integer() => ColumnType::Int64,
        found if found.is_floating() => ColumnType::Float64,
        T::Decimal32(_, scale)
        | T::Decimal64(_, scale)
        | T::Decimal128(_, scale)
        | T::Decimal256(_, scale) => ColumnType::Decimal(*scale),
        T::Boolean => ColumnType::Boolean,
        T::Utf8 | T::LargeUtf8 | T::Utf8View => ColumnType::Text,
        T::Date32 | T::Date64 => ColumnType::Date,
        T::Timestamp(..) => ColumnType::Timestamp,
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => ColumnType::Binary,
        T::List(item) | T::LargeList(item) | T::ListView(item) | T::LargeListView(item) => {
            ColumnType::List(Box::new(type_of(item.data_type())?))
        }
        T::Dictionary(_, value) => type_of(value)?,
        _ => return None,
    })
}

/// The Arrow type that values are read with.
pub(crate) fn arrow_type(column_type: &ColumnType) -> DataType {
    match column_type {
        ColumnType::Int64 => DataType::Int64,
        ColumnType::UInt64 => DataType::UInt64,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Decimal(scale) => DataType::Decimal128(38, *scale),
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Text => DataType::Utf8View,
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Binary => DataType::Binary,
        ColumnType::List(item) => {
            DataType::List(Arc::new(Field::new("item", list_item(item), true)))
        }
    }
}

/// Lists hold plain strings.
fn list_item(item: &ColumnType) -> DataType {
    match item {
        ColumnType::Text => DataType::Utf8,
        other => arrow_type(other),
    }
}
