//! The rows of a query as text: a table for people, JSON and CSV for programs.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, RecordBatch, RecordBatchOptions, StringArray,
};
use datafusion::arrow::csv::WriterBuilder;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::writer::LineDelimited;
use datafusion::arrow::json::{LineDelimitedWriter, WriterBuilder as JsonWriterBuilder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;

use crate::error::SqlError;

/// The rows of a query.
#[derive(Debug, Clone)]
pub struct SqlAnswer {
    pub(super) schema: SchemaRef,
    pub(super) batches: Vec<RecordBatch>,
}

impl SqlAnswer {
    /// Returns the number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Draws a table for people.
    ///
    /// # Errors
    ///
    /// [`SqlError`] where a column's type cannot be written.
    pub fn to_table(&self) -> Result<String, SqlError> {
        let table = pretty_format_batches_with_schema(Arc::clone(&self.schema), &self.batches);
        Ok(table.map_err(|error| unwritable(&error))?.to_string())
    }

    /// Writes one JSON object a row, a line each; bytes are hexadecimal, and unions are texts.
    ///
    /// # Errors
    ///
    /// [`SqlError`] where a column's type cannot be written.
    pub fn to_json_lines(&self) -> Result<Vec<u8>, SqlError> {
        let mut out = Vec::new();
        let mut writer = LineDelimitedWriter::new(&mut out);
        self.batches
            .iter()
            .try_for_each(|batch| writer.write(&with_texts(batch, has_union, shown_texts)?))
            .map_err(|error| unwritable(&error))?;
        writer.finish().map_err(|error| unwritable(&error))?;
        Ok(out)
    }

    /// Writes comma-separated values under a line with the columns' names. Bytes are hexadecimal; lists,
    /// structs and maps are JSON texts.
    ///
    /// # Errors
    ///
    /// [`SqlError`] where a value cannot be written, such as a time that is out of range.
    pub fn to_csv(&self) -> Result<Vec<u8>, SqlError> {
        let mut out = Vec::new();
        let mut writer = WriterBuilder::new().with_header(true).build(&mut out);
        let empty = RecordBatch::new_empty(Arc::clone(&self.schema));
        let batches = if self.batches.is_empty() { vec![empty] } else { self.batches.clone() };
        batches
            .iter()
            .try_for_each(|batch| writer.write(&with_texts(batch, is_nested, nested_texts)?))
            .map_err(|error| unwritable(&error))?;
        drop(writer);
        Ok(out)
    }
}

/// A batch with texts instead of the columns whose type a format has no word for.
fn with_texts(
    batch: &RecordBatch,
    is_wordless: fn(&DataType) -> bool,
    texts: fn(&ArrayRef) -> Result<StringArray, ArrowError>,
) -> Result<RecordBatch, ArrowError> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| {
        if !is_wordless(column.data_type()) {
            return Ok((Arc::clone(field), Arc::clone(column)));
        }
        let texts = texts(column)?;
        Ok((Arc::new(Field::new(field.name(), DataType::Utf8, true)), Arc::new(texts) as ArrayRef))
    });
    let (fields, columns): (Vec<_>, Vec<_>) =
        columns.collect::<Result<Vec<_>, ArrowError>>()?.into_iter().unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

/// Whether a union is among the parts of a type, which JSON has no word for.
fn has_union(data_type: &DataType) -> bool {
    match data_type {
        DataType::Union(..) => true,
        DataType::Dictionary(_, values) => has_union(values),
        DataType::RunEndEncoded(_, field)
        | DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => has_union(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_union(field.data_type())),
        _ => false,
    }
}

fn is_nested(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_nested(values),
        DataType::RunEndEncoded(..) => true,
        _ => data_type.is_nested(),
    }
}

/// The values of a nested column as JSON texts, or as they are shown where JSON has no word for their type.
fn nested_texts(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    const HEAD: &str = "{\"v\":";
    let nullable = Arc::new(Schema::new(vec![Field::new("v", column.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(nullable, vec![Arc::clone(column)])?;
    let mut out = Vec::new();
    let mut writer =
        JsonWriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut out);
    if writer.write(&batch).and_then(|()| writer.finish()).is_ok() {
        drop(writer);
        let text = String::from_utf8_lossy(&out);
        let inner = |line: &str| {
            let value = line.strip_prefix(HEAD).and_then(|rest| rest.strip_suffix('}'));
            value.filter(|value| *value != "null").map(str::to_owned)
        };
        return Ok(text.lines().map(inner).collect());
    }
    shown_texts(column)
}

/// The values of a column as tables show them.
fn shown_texts(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(column.as_ref(), &options)?;
    // A union has no nulls of its own: its parts have.
    let nulls = column.logical_nulls();
    let is_valid = |row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let text = |row| is_valid(row).then(|| shown.value(row).try_to_string()).transpose();
    (0..column.len()).map(text).collect()
}

fn unwritable(error: &ArrowError) -> SqlError {
    SqlError { reason: format!("the answer cannot be written: {error}") }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{
        Int64Array, Int64Builder, MapBuilder, MapFieldNames, StringBuilder, UInt64Array,
        new_null_array,
    };
    use datafusion::arrow::compute::{concat, take};
    use datafusion::arrow::datatypes::{Fields, IntervalUnit, TimeUnit, UnionFields, UnionMode};
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

    /// A list once made the whole answer fail.
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
            let answer = SqlAnswer { schema, batches: vec![batch] };
            let csv = answer.to_csv().map(|csv| String::from_utf8(csv).unwrap());
            let csv = csv.unwrap_or_else(|error| panic!("{data_type}: {error}"));
            // A header and a line for each row: no value spreads over several.
            assert_eq!(csv.lines().count(), n_rows + 1, "{data_type}: {csv}");
            assert_eq!(csv.lines().nth(1).unwrap(), "0,", "{data_type}: null is nothing");
            answer.to_table().unwrap_or_else(|error| panic!("{data_type}: {error}"));
            let json = answer.to_json_lines().map(|json| String::from_utf8(json).unwrap());
            let json = json.unwrap_or_else(|error| panic!("{data_type}: {error}"));
            assert_eq!(json.lines().count(), n_rows, "{data_type}: {json}");
        }
    }
}
