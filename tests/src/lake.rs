//! Reads the cells of a lake without any of our code: the Delta log is JSON, the files are Parquet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// A cell: every column's value as text; sketches as hexadecimal digits.
pub type CellRow = BTreeMap<String, String>;

/// The files of the newest snapshot, by period, each of which has one file.
///
/// # Panics
///
/// The folder holds no such table.
pub fn cell_files(lake: &Path) -> BTreeMap<String, PathBuf> {
    let table = lake.join("cells");
    let mut files = BTreeMap::new();
    for file in live_files(&table) {
        let known = files.insert(period_of(&file), table.join(&file));
        assert!(known.is_none(), "two files of one period: {file}");
    }
    files
}

fn period_of(file: &str) -> String {
    let period = file.split('/').find_map(|part| part.strip_prefix("period="));
    period.expect("a file of cells lies in its period's folder").to_owned()
}

/// The cells of the newest snapshot, by period. Rows are in the files' order.
///
/// # Panics
///
/// The folder holds no Delta table that a reader of the first protocol understands.
pub fn read_cells(lake: &Path) -> BTreeMap<String, Vec<CellRow>> {
    let table = lake.join("cells");
    let mut cells: BTreeMap<String, Vec<CellRow>> = BTreeMap::new();
    for file in live_files(&table) {
        let period = period_of(&file);
        let opened =
            std::fs::File::open(table.join(&file)).expect("the log names files that exist");
        let reader = ParquetRecordBatchReaderBuilder::try_new(opened)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .expect("a file of cells is Parquet");
        let rows = cells.entry(period).or_default();
        for batch in reader {
            append_rows(&batch.expect("a file of cells is whole"), rows);
        }
    }
    cells
}

/// The files that remain after the log's commits, in order of their names.
fn live_files(table: &Path) -> BTreeSet<String> {
    let mut commits: Vec<_> = std::fs::read_dir(table.join("_delta_log"))
        .expect("the table has a log")
        .map(|entry| entry.expect("the log can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    commits.sort();
    let mut files = BTreeSet::new();
    for commit in commits {
        let text = std::fs::read_to_string(commit).expect("a commit can be read");
        for line in text.lines() {
            let action: Value = serde_json::from_str(line).expect("an action is JSON");
            if let Some(path) = action["remove"]["path"].as_str() {
                files.remove(path);
            }
            if let Some(path) = action["add"]["path"].as_str() {
                files.insert(path.to_owned());
            }
        }
    }
    files
}

fn append_rows(batch: &RecordBatch, rows: &mut Vec<CellRow>) {
    for index in 0..batch.num_rows() {
        let row = batch
            .schema()
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| (field.name().clone(), value_text(column.as_ref(), index)))
            .collect();
        rows.push(row);
    }
}

fn value_text(column: &dyn Array, index: usize) -> String {
    if column.is_null(index) {
        return "null".to_owned();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(index).to_owned(),
        DataType::Utf8View => column.as_string_view().value(index).to_owned(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(index).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(index).to_string(),
        DataType::Binary => hex(column.as_binary::<i32>().value(index)),
        DataType::BinaryView => hex(column.as_binary_view().value(index)),
        DataType::List(_) => {
            let values = column.as_list::<i32>().value(index);
            let texts: Vec<_> =
                (0..values.len()).map(|inner| value_text(values.as_ref(), inner)).collect();
            format!("[{}]", texts.join("|"))
        }
        other => panic!("no column of cells is {other}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
