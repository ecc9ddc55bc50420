//! Casts that lose nothing, or say what they would lose.

use super::*;

fn exact(to: &str) -> Exact {
    Exact {
        column: "user".to_owned(),
        table: "source.events".to_owned(),
        to: to.parse().unwrap(),
        since: "dt=2026-01-05/a.parquet".to_owned(),
        has_floats: false,
    }
}

#[expect(clippy::panic_in_result_fn, reason = "an assertion of a test, not an error to be read")]
fn read(array: impl Array + 'static, to: &str) -> Result<Vec<String>> {
    let (array, exact): (ArrayRef, _) = (Arc::new(array), exact(to));
    let values = exact.values(&array, &exact.to)?;
    assert_eq!(*values.data_type(), arrow_type(&exact.to));
    let text = |row| array_value_to_string(&values, row);
    (0..values.len()).map(|row| Ok(text(row)?)).collect()
}

#[test]
fn values_are_cast_where_nothing_is_lost() {
    let floats = || Float64Array::from(vec![Some(1.0), None, Some(-7.0)]);
    assert_eq!(read(floats(), "int64").unwrap(), ["1", "", "-7"]);
    assert_eq!(read(floats(), "text").unwrap(), ["1", "", "-7"]);
    let texts = || StringArray::from(vec![Some("1"), None, Some("-7"), Some("12.0")]);
    assert_eq!(read(texts(), "int64").unwrap(), ["1", "", "-7", "12"]);
    assert_eq!(read(Int64Array::from(vec![1, -7]), "text").unwrap(), ["1", "-7"]);
    assert_eq!(read(Int64Array::from(vec![1, -7]), "float64").unwrap(), ["1.0", "-7.0"]);
    assert_eq!(read(UInt64Array::from(vec![1]), "int64").unwrap(), ["1"]);
    assert_eq!(read(StringArray::from(vec!["true"]), "boolean").unwrap(), ["true"]);
}

#[test]
fn values_are_refused_where_something_is_lost_with_both_places() {
    let refused = |found: Result<Vec<String>>| {
        let error = found.unwrap_err().to_string();
        assert!(error.contains("dt=2026-01-05/a.parquet; correct"), "{error}");
    };
    refused(read(Float64Array::from(vec![1.5]), "int64"));
    refused(read(Float64Array::from(vec![f64::NAN]), "int64"));
    refused(read(Float64Array::from(vec![1e300]), "int64"));
    refused(read(Float64Array::from(vec![2e16]), "text"));
    refused(read(Int64Array::from(vec![-1]), "uint64"));
    refused(read(Int64Array::from(vec![(1 << 53) + 1]), "float64"));
    refused(read(UInt64Array::from(vec![u64::MAX]), "int64"));
    for text in ["007", "+1", " 1", "1.5", "1e3", "", "abc", "-0", "0x1", "99999999999999999999"] {
        refused(read(StringArray::from(vec![text]), "int64"));
    }
    for text in ["00.5", "abc", "", "inf", " 1"] {
        refused(read(StringArray::from(vec![text]), "float64"));
    }
    refused(read(StringArray::from(vec!["yesterday"]), "date"));
}
