//! Reads the written Parquet files back, with Arrow alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// A row of impressions or plays.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) time_us: i64,
    pub(super) profile_id: i64,
    pub(super) asset_id: String,
    pub(super) title_id: String,
    pub(super) country: Option<String>,
    pub(super) device: String,
    /// Zero for impressions.
    pub(super) watch_seconds: i64,
}

impl Row {
    pub(super) fn day(&self) -> String {
        let time = jiff::Timestamp::from_microsecond(self.time_us).unwrap();
        time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
    }
}

fn batches(path: &Path) -> Vec<RecordBatch> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    builder.build().unwrap().map(Result::unwrap).collect()
}

/// `name type, …`, with a question mark where a column may be null.
pub(super) fn read_schema(path: &Path) -> String {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let fields = builder.schema().fields().iter().map(|field| {
        let null = if field.is_nullable() { "?" } else { "" };
        format!("{} {}{null}", field.name(), field.data_type())
    });
    fields.collect::<Vec<_>>().join(", ")
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    column.is_valid(row).then(|| column.value(row).to_owned())
}

pub(super) fn read_rows(path: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in batches(path) {
        let times = batch.column(0).as_primitive::<TimestampMicrosecondType>();
        let profiles = batch.column(1).as_primitive::<Int64Type>();
        let watched = batch.column_by_name("watch_seconds");
        for row in 0..batch.num_rows() {
            rows.push(Row {
                time_us: times.value(row),
                profile_id: profiles.value(row),
                asset_id: text(&batch, "asset_id", row).unwrap(),
                title_id: text(&batch, "title_id", row).unwrap(),
                country: text(&batch, "country", row),
                device: text(&batch, "device", row).unwrap(),
                watch_seconds: watched
                    .map_or(0, |watched| watched.as_primitive::<Int64Type>().value(row)),
            });
        }
    }
    rows
}

/// The audiences of each person.
pub(super) fn read_audiences(path: &Path) -> BTreeMap<i64, BTreeSet<String>> {
    let mut audiences: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for batch in batches(path) {
        let profiles = batch.column(0).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let audience = text(&batch, "audience", row).unwrap();
            assert!(audiences.entry(profiles.value(row)).or_default().insert(audience));
        }
    }
    audiences
}

/// Of each asset the values of each of its fields, as the query language names them.
pub(super) fn read_assets(path: &Path) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let mut assets = BTreeMap::new();
    for batch in batches(path) {
        let lists = batch.column_by_name("tags").unwrap().as_list::<i32>();
        for row in 0..batch.num_rows() {
            let id = text(&batch, "asset_id", row).unwrap();
            let mut fields = BTreeMap::new();
            fields.insert("asset".to_owned(), BTreeSet::from([id.clone()]));
            for column in ["title", "media_type", "language"] {
                let value = text(&batch, column, row).unwrap();
                fields.insert(format!("asset.{column}"), BTreeSet::from([value]));
            }
            let tags = lists.value(row);
            let tags = tags.as_string::<i32>().iter().flatten().map(ToOwned::to_owned).collect();
            fields.insert("asset.tags".to_owned(), tags);
            assets.insert(id, fields);
        }
    }
    assets
}
