//! Columns of a Parquet file, as the types that are asked for.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use super::layout::Shape;
use crate::error::FileProblem;

/// Rows decoded at a time: enough to amortise the calls, small enough to stay in the cache.
const BATCH_ROWS: usize = 16 * 1024;

/// Reads some columns of a Parquet file, in whatever order the file has them; some may be missing.
pub(crate) fn read_columns<'a>(
    bytes: Bytes,
    columns: impl Iterator<Item = &'a str>,
    may_be_missing: impl Fn(&str) -> bool,
) -> Result<Vec<RecordBatch>, FileProblem> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let mut roots = Vec::new();
    for column in columns {
        match builder.schema().column_with_name(column) {
            Some((root, _)) => roots.push(root),
            None if may_be_missing(column) => {}
            None => return Err(FileProblem::ColumnMissing { column: column.to_owned() }),
        }
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?;
    let batches: Result<_, _> = reader.collect();
    Ok(batches.map_err(ParquetError::from)?)
}

/// One column of a batch as the type that is asked for.
pub(crate) fn column_as(
    batch: &RecordBatch,
    column: &str,
    expected: &DataType,
) -> Result<ArrayRef, FileProblem> {
    let array = batch
        .column_by_name(column)
        .ok_or_else(|| FileProblem::ColumnMissing { column: column.to_owned() })?;
    if array.data_type() == expected {
        return Ok(ArrayRef::clone(array));
    }
    let refuse = |problem: String| FileProblem::ColumnType {
        column: column.to_owned(),
        expected: expected.to_string(),
        problem,
    };
    if Shape::of(array.data_type()) != Shape::of(expected) {
        return Err(refuse(format!("it is {}", array.data_type())));
    }
    cast(array, expected).map_err(|error| refuse(error.to_string()))
}

/// The type that a list of texts is read as.
pub(crate) fn text_list() -> DataType {
    DataType::List(Field::new("element", DataType::Utf8, true).into())
}

/// An offset of an Arrow list, which is never negative.
pub(crate) fn offset(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or_default()
}
