//! From the bytes of a Parquet file to a chunk, with every check that one file allows.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use bytes::Bytes;
use clio_sketch::{Sketch, Union, relative_standard_error_at};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use super::arena::{ColumnUnion, SketchArena};
use super::chunk::{Chunk, KeyColumn, LocalChunk, MeasureColumn};
use super::dictionary::{NULL, SetDictionary, Vocabulary};
use super::layout::{DimensionLayout, Layout, MeasureLayout, Shape, Stored};
use crate::error::FileProblem;
use clio_lake::CellFile;

/// Rows decoded at a time: enough to amortise the calls, small enough to stay in the cache.
const BATCH_ROWS: usize = 16 * 1024;

/// The most dense sketches of a column and file that are compared with their counts; of more, every
/// n-th. Each takes some microseconds.
const MAX_DENSE_CHECKED: usize = 1_000;

/// How many standard errors a distinct estimate may lie above its count: cells where every event is
/// another person's are common, so that the 95 % bound would refuse one in forty of them.
const N_STANDARD_ERRORS: f64 = 6.0;

/// Decodes one file.
pub(crate) fn decode_file(
    layout: &Layout,
    file: CellFile,
    bytes: Bytes,
) -> Result<LocalChunk, FileProblem> {
    let batches = read_columns(bytes, layout.column_names(), |column| layout.is_measure(column))?;
    let n_rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if let Some(expected) = file.n_rows.filter(|expected| *expected != n_rows) {
        return Err(FileProblem::RowCount { expected, found: n_rows });
    }
    let n_rows = u32::try_from(n_rows).map_err(|_| FileProblem::TooLarge { what: "rows" })?;

    let mut keys = Vec::with_capacity(layout.dimensions.len());
    let mut vocabularies = Vec::with_capacity(layout.dimensions.len());
    for dimension in &layout.dimensions {
        let (codes, vocabulary) = decode_keys(dimension, &batches)?;
        keys.push(KeyColumn::new(codes, vocabulary.n_cell_codes()));
        vocabularies.push(vocabulary);
    }
    let mut measures = Vec::with_capacity(layout.measures.len());
    for measure in &layout.measures {
        measures.push(decode_measure(measure, &batches, n_rows)?);
    }
    check_distincts(layout, &measures, n_rows)?;
    let size_bytes = keys.iter().map(KeyColumn::size_bytes).sum::<usize>()
        + measures.iter().map(MeasureColumn::size_bytes).sum::<usize>();
    let chunk = Chunk { file, n_rows, keys, measures, size_bytes };
    Ok(LocalChunk { chunk, vocabularies })
}

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

fn decode_keys(
    dimension: &DimensionLayout,
    batches: &[RecordBatch],
) -> Result<(Vec<u32>, Vocabulary), FileProblem> {
    let mut vocabulary = Vocabulary::new(dimension.multi);
    let mut codes = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        if dimension.multi {
            let lists = column_as(batch, &dimension.name, &text_list())?;
            push_set_codes(&dimension.name, lists.as_ref(), &mut vocabulary, &mut codes)?;
        } else {
            let texts = column_as(batch, &dimension.name, &DataType::Utf8)?;
            push_member_codes(texts.as_string(), &mut vocabulary, &mut codes);
        }
    }
    Ok((codes, vocabulary))
}

fn push_member_codes(texts: &StringArray, vocabulary: &mut Vocabulary, codes: &mut Vec<u32>) {
    let mut last = None;
    for text in texts {
        // Cells are sorted, so that a value mostly follows itself.
        let code = match (text, last) {
            (None, _) => NULL,
            (Some(text), Some((before, code))) if text == before => code,
            (Some(text), _) => vocabulary.members.intern(text),
        };
        last = text.map(|text| (text, code));
        codes.push(code);
    }
}

fn push_set_codes(
    column: &str,
    lists: &dyn Array,
    vocabulary: &mut Vocabulary,
    codes: &mut Vec<u32>,
) -> Result<(), FileProblem> {
    let lists = lists.as_list::<i32>();
    let texts = lists.values().as_string::<i32>();
    let sets = vocabulary.sets.get_or_insert_with(SetDictionary::new);
    let mut members = Vec::new();
    for (at, ends) in lists.value_offsets().windows(2).enumerate() {
        let row = codes.len();
        members.clear();
        let (start, end) = match lists.is_null(at) {
            true => (0, 0),
            false => (offset(ends[0]), offset(ends[1])),
        };
        for element in start..end {
            if texts.is_null(element) {
                return Err(FileProblem::Null { column: column.to_owned(), row });
            }
            let text = texts.value(element);
            if element > start && texts.value(element - 1) >= text {
                return Err(FileProblem::Unsorted { column: column.to_owned(), row });
            }
            members.push(vocabulary.members.intern(text));
        }
        members.sort_unstable();
        codes.push(sets.intern(&members));
    }
    Ok(())
}

/// The values of a measure without events.
fn without_events(stored: Stored, n_rows: usize) -> ArrayRef {
    match stored {
        Stored::Count | Stored::IntSum => Arc::new(Int64Array::from_value(0, n_rows)),
        Stored::FloatSum => Arc::new(Float64Array::from_value(0.0, n_rows)),
        Stored::Distinct { family, precision } => {
            let empty = Sketch::new(family, precision).encode();
            Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(empty, n_rows)))
        }
    }
}

/// An offset of an Arrow list, which is never negative.
pub(crate) fn offset(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or_default()
}

fn decode_measure(
    measure: &MeasureLayout,
    batches: &[RecordBatch],
    n_rows: u32,
) -> Result<MeasureColumn, FileProblem> {
    let mut arrays = Vec::with_capacity(batches.len());
    let mut row = 0;
    for batch in batches {
        let array = match batch.column_by_name(&measure.name) {
            Some(_) => column_as(batch, &measure.name, &measure.stored.data_type())?,
            // The file was written before the model had the measure.
            None => without_events(measure.stored, batch.num_rows()),
        };
        if let Some(at) = (0..array.len()).find(|at| array.null_count() > 0 && array.is_null(*at)) {
            return Err(FileProblem::Null { column: measure.name.clone(), row: row + at });
        }
        row += array.len();
        arrays.push(array);
    }
    match measure.stored {
        Stored::Count | Stored::IntSum => {
            let mut values = Vec::with_capacity(n_rows as usize);
            for array in &arrays {
                values.extend_from_slice(array.as_primitive::<Int64Type>().values());
            }
            let negative = values.iter().position(|value| *value < 0);
            if let Some(row) = negative.filter(|_| measure.stored == Stored::Count) {
                let (column, found) = (measure.name.clone(), values[row]);
                return Err(FileProblem::NegativeCount { column, row, found });
            }
            let total = values.iter().map(|value| i128::from(*value)).sum();
            Ok(MeasureColumn::Int { values, total })
        }
        Stored::FloatSum => {
            let mut values = Vec::with_capacity(n_rows as usize);
            for array in &arrays {
                values.extend_from_slice(array.as_primitive::<Float64Type>().values());
            }
            let total = values.iter().sum();
            Ok(MeasureColumn::Float { values, total })
        }
        Stored::Distinct { family, precision } => {
            let columns: Vec<&BinaryArray> = arrays.iter().map(|array| array.as_binary()).collect();
            let sketches = Sketches { columns: &columns, n_left: n_rows as usize, batch: 0, at: 0 };
            let arena = SketchArena::decode(&measure.name, family, precision, sketches)?;
            let total = ColumnUnion::of(&arena, n_rows)?;
            Ok(MeasureColumn::Sketch { arena, total })
        }
    }
}

/// The sketches of a column, batch after batch; it knows how many are left.
struct Sketches<'a> {
    columns: &'a [&'a BinaryArray],
    n_left: usize,
    batch: usize,
    at: usize,
}

impl<'a> Iterator for Sketches<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.columns.get(self.batch).is_some_and(|column| self.at == column.len()) {
            (self.batch, self.at) = (self.batch + 1, 0);
        }
        let bytes = self.columns.get(self.batch)?.value(self.at);
        self.at += 1;
        self.n_left -= 1;
        Some(bytes)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.n_left, Some(self.n_left))
    }
}

impl ExactSizeIterator for Sketches<'_> {}

/// Checks that no cell has more different values than events.
fn check_distincts(
    layout: &Layout,
    measures: &[MeasureColumn],
    n_rows: u32,
) -> Result<(), FileProblem> {
    for (measure, column) in layout.measures.iter().zip(measures) {
        let (Some(count), MeasureColumn::Sketch { arena, .. }) = (measure.at_most, column) else {
            continue;
        };
        let MeasureColumn::Int { values, .. } = &measures[count] else { continue };
        let mut scratch = Union::new(arena.family(), arena.precision());
        let stride = arena.n_dense().div_ceil(MAX_DENSE_CHECKED).max(1);
        let mut n_dense = 0;
        for row in 0..n_rows {
            if arena.is_dense(row) {
                n_dense += 1;
                if n_dense % stride != 0 {
                    continue;
                }
            }
            let lower = least_distinct(arena, row, &mut scratch);
            let found = values[row as usize];
            if lower > found as f64 {
                return Err(FileProblem::DistinctAboveCount {
                    row: row as usize,
                    distinct: measure.name.clone(),
                    lower,
                    count: layout.measures[count].name.clone(),
                    found,
                });
            }
        }
    }
    Ok(())
}

/// The least number of different values that a row's sketch can stand for, all but certainly.
fn least_distinct(arena: &SketchArena, row: u32, scratch: &mut Union) -> f64 {
    if !arena.is_dense(row) {
        // Each coupon was some value's.
        return arena.n_coupons(row) as f64;
    }
    scratch.clear();
    arena.union_into(row, scratch);
    let value = scratch.estimate().value;
    let error = relative_standard_error_at(arena.family(), arena.precision(), value);
    value / (1.0 + N_STANDARD_ERRORS * error)
}
