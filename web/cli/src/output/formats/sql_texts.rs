//! Text in place of SQL values whose type a format cannot express.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::json::WriterBuilder as JsonWriterBuilder;
use arrow::json::writer::LineDelimited;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// A batch with text in place of columns whose type a format cannot express.
pub(super) fn with_texts(
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

/// Whether a type contains a union, which JSON cannot express.
pub(super) fn has_union(data_type: &DataType) -> bool {
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

/// Whether a type is nested, which CSV cannot express.
pub(super) fn is_nested(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_nested(values),
        DataType::RunEndEncoded(..) => true,
        _ => data_type.is_nested(),
    }
}

/// The values of a nested column as JSON text, or as tables show them if JSON cannot express their type.
pub(super) fn nested_texts(column: &ArrayRef) -> Result<StringArray, ArrowError> {
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
pub(super) fn shown_texts(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(column.as_ref(), &options)?;
    // A union has no nulls of its own; its children do.
    let nulls = column.logical_nulls();
    let is_valid = |row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let text = |row| is_valid(row).then(|| shown.value(row).try_to_string()).transpose();
    (0..column.len()).map(text).collect()
}
