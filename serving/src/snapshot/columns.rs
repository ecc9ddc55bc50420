//! Columns of a batch, converted to the requested types.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};

use super::layout::Shape;
use crate::error::FileProblem;

/// One column of a batch, converted to the requested type.
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

/// The type as which a list of strings is read.
pub(crate) fn text_list() -> DataType {
    DataType::List(Field::new("element", DataType::Utf8, true).into())
}

/// An offset of an Arrow list, which is never negative.
pub(crate) fn offset(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or_default()
}
