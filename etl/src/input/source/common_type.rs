//! The common type of a column whose type differs between pieces.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

/// The type that holds the values of both without loss, if there is one.
pub(super) fn common_type(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType as T;
    let is_text = |t: &T| matches!(t, T::Utf8 | T::LargeUtf8 | T::Utf8View);
    Some(match (a, b) {
        (a, b) if a == b => a.clone(),
        (T::Null, other) | (other, T::Null) => other.clone(),
        (a, b) if is_text(a) && is_text(b) => T::Utf8View,
        (T::Dictionary(_, value), other) | (other, T::Dictionary(_, value)) => {
            common_type(value, other)?
        }
        (T::UInt64, other) | (other, T::UInt64) if other.is_signed_integer() => return None,
        (a, b) if a.is_unsigned_integer() && b.is_unsigned_integer() => T::UInt64,
        (a, b) if a.is_integer() && b.is_integer() => T::Int64,
        (a, b) if a.is_floating() && b.is_floating() => T::Float64,
        // JSON may have 120 in one row and 120.5 in the next.
        (T::Int64, T::Float64) | (T::Float64, T::Int64) => T::Float64,
        (T::Timestamp(a, a_zone), T::Timestamp(b, b_zone)) => {
            // The same instants under another name of the zone; times without a zone are UTC.
            let zone = if a_zone == b_zone { a_zone.clone() } else { Some("UTC".into()) };
            T::Timestamp(finer(*a, *b), zone)
        }
        (T::List(a), T::List(b)) => {
            let item = common_type(a.data_type(), b.data_type())?;
            T::List(Arc::new(Field::new(a.name(), item, true)))
        }
        _ => return None,
    })
}

fn finer(a: TimeUnit, b: TimeUnit) -> TimeUnit {
    let rank = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    };
    std::cmp::max_by_key(a, b, rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_widen_without_loss_or_differ() {
        use DataType as T;
        assert_eq!(common_type(&T::Int32, &T::Int64), Some(T::Int64));
        assert_eq!(common_type(&T::Int64, &T::Float64), Some(T::Float64));
        assert_eq!(common_type(&T::Utf8, &T::Utf8View), Some(T::Utf8View));
        assert_eq!(common_type(&T::Int64, &T::Utf8), None);
        assert_eq!(common_type(&T::UInt64, &T::Int64), None);
        let utc = T::Timestamp(TimeUnit::Second, Some("UTC".into()));
        let naive = T::Timestamp(TimeUnit::Nanosecond, None);
        let both = T::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        assert_eq!(common_type(&utc, &naive), Some(both));
    }
}
