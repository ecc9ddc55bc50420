//! Every type of Arrow in every format.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, Int64Array, Int64Builder, MapBuilder, MapFieldNames, RecordBatch,
    StringArray, StringBuilder, UInt64Array, new_null_array,
};
use arrow::compute::{concat, take};
use arrow::datatypes::{
    DataType, Field, Fields, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode,
};
use clap::ValueEnum as _;
use datafusion::scalar::ScalarValue;

use super::*;

/// Every type that arrow has, nested ones with one and with two levels.
fn all_types() -> Vec<DataType> {
    use DataType::*;
    let field = |data_type: &DataType| Arc::new(Field::new("item", data_type.clone(), true));
    let units =
        [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    let mut types = vec![
        Null,
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float16,
        Float32,
        Float64,
        Utf8,
        LargeUtf8,
        Utf8View,
        Binary,
        LargeBinary,
        BinaryView,
        FixedSizeBinary(16),
        Date32,
        Date64,
        Time32(TimeUnit::Second),
        Time32(TimeUnit::Millisecond),
        Time64(TimeUnit::Microsecond),
        Time64(TimeUnit::Nanosecond),
        Interval(IntervalUnit::YearMonth),
        Interval(IntervalUnit::DayTime),
        Interval(IntervalUnit::MonthDayNano),
        Decimal32(9, 2),
        Decimal64(18, 2),
        Decimal128(38, 2),
        Decimal256(76, 2),
    ];
    types.extend(units.iter().map(|unit| Timestamp(*unit, None)));
    types.extend(units.iter().map(|unit| Timestamp(*unit, Some("+02:00".into()))));
    types.extend(units.iter().map(|unit| Duration(*unit)));
    let plain = types.clone();
    for inner in &plain {
        types.push(List(field(inner)));
        types.push(Struct(Fields::from(vec![field(inner)])));
    }
    let text = field(&Utf8);
    let entry =
        Fields::from(vec![Field::new("key", Utf8, false), Field::new("value", Int64, true)]);
    types.extend([
        LargeList(Arc::clone(&text)),
        ListView(Arc::clone(&text)),
        LargeListView(Arc::clone(&text)),
        FixedSizeList(Arc::clone(&text), 2),
        List(field(&List(field(&Int64)))),
        Map(Arc::new(Field::new("entries", Struct(entry), false)), false),
        Dictionary(Box::new(Int32), Box::new(Utf8)),
        Dictionary(Box::new(Int32), Box::new(Int64)),
        Dictionary(Box::new(Int32), Box::new(List(field(&Int64)))),
        RunEndEncoded(
            Arc::new(Field::new("run_ends", Int32, false)),
            Arc::new(Field::new("values", Utf8, true)),
        ),
        Union(
            UnionFields::try_new(
                [0, 1],
                [Field::new("a", Int64, true), Field::new("b", Utf8, true)],
            )
            .unwrap(),
            UnionMode::Sparse,
        ),
    ]);
    types
}

/// A null, and the type's own plain value where it has one.
fn two_rows(data_type: &DataType) -> ArrayRef {
    if matches!(data_type, DataType::Map(..)) {
        let names = MapFieldNames {
            entry: "entries".to_owned(),
            key: "key".to_owned(),
            value: "value".to_owned(),
        };
        let mut map = MapBuilder::new(Some(names), StringBuilder::new(), Int64Builder::new());
        map.append(false).unwrap();
        map.keys().append_value("a");
        map.values().append_value(1);
        map.append(true).unwrap();
        return Arc::new(map.finish());
    }
    let null = new_null_array(data_type, 1);
    let value = ScalarValue::new_default(data_type).and_then(|value| value.to_array_of_size(1));
    match value {
        Ok(value) if value.data_type() == data_type => {
            concat(&[&null, &value]).unwrap_or_else(|_| Arc::clone(&value))
        }
        _ => take(&null, &UInt64Array::from(vec![0, 0]), None).unwrap_or(null),
    }
}

/// A type that a format cannot write would fail the whole answer.
#[test]
fn every_type_can_be_written_in_every_format() {
    for data_type in all_types() {
        let column = two_rows(&data_type);
        let n_rows = column.len();
        let schema = Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, false),
            Field::new("v", data_type.clone(), true),
        ]));
        let numbers = Arc::new(Int64Array::from_iter_values([0, 1][..n_rows].iter().copied()));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![numbers, column]).unwrap();
        let answer = SqlAnswer::new(schema, vec![batch]);
        let csv = written(AnswerFormat::Csv, &answer);
        // A header and a line for each row: no value spreads over several.
        assert_eq!(csv.lines().count(), n_rows + 1, "{data_type}: {csv}");
        assert_eq!(csv.lines().nth(1).unwrap(), "0,", "{data_type}: null is nothing");
        let json = written(AnswerFormat::Json, &answer);
        assert_eq!(json.lines().count(), n_rows, "{data_type}: {json}");
        for format in AnswerFormat::value_variants() {
            written(*format, &answer);
        }
    }
}

#[test]
fn an_answer_without_rows_is_its_head() {
    let schema = Arc::new(Schema::new(vec![Field::new("country", DataType::Utf8, true)]));
    let answer = SqlAnswer::new(Arc::clone(&schema), Vec::new());
    assert_eq!(written(AnswerFormat::Csv, &answer), "country\n");
    assert_eq!(written(AnswerFormat::Json, &answer), "");
    let countries = Arc::new(StringArray::from_iter_values(["c"]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![countries]).unwrap();
    let answer = SqlAnswer::new(schema, vec![batch]);
    assert_eq!(written(AnswerFormat::Json, &answer), "{\"country\":\"c\"}\n");
}

fn written(format: AnswerFormat, answer: &SqlAnswer) -> String {
    let mut out = Vec::new();
    let done = format.writer().sql(&mut out, answer);
    done.unwrap_or_else(|error| panic!("{format:?}, {}: {error}", answer.schema()));
    String::from_utf8(out).unwrap()
}
