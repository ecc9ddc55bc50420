//! Rows by partition and offset, held in memory: an origin without files, to test code that must not depend on files.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, RecordBatch, new_null_array};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use jiff::civil::Date;
use url::Url;

use super::bad_rows::BadRow;
use super::origin::{Listing, Note, Origin, PlacedRows, RowColumns, Rows};
use super::{Piece, PieceDays};
use crate::epoch::number_of;
use crate::error::{EtlError, Place, ReadError};

/// Consecutive rows of one partition; the first has offset `first`.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) partition: u32,
    pub(super) first: u64,
    /// The day that its rows are filed under, if any.
    pub(super) day: Option<Date>,
    pub(super) rows: RecordBatch,
}

static QUEUES: Mutex<BTreeMap<String, Vec<Segment>>> = Mutex::new(BTreeMap::new());

/// Offers rows at an address from now on.
pub(super) fn offer(url: &str, segments: Vec<Segment>) {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), segments);
}

/// The origin at an address, if rows are offered there.
pub(super) fn of(url: &Url) -> Option<Arc<dyn Origin>> {
    let queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    let segments = queues.get(url.as_str())?.clone();
    Some(Arc::new(Queue { url: url.to_string(), segments }))
}

#[derive(Debug)]
struct Queue {
    url: String,
    segments: Vec<Segment>,
}

fn segment_of(piece: &Piece) -> &Segment {
    piece.own()
}

/// A column of some rows, in the requested form.
fn column(rows: &RecordBatch, day: Option<Date>, columns: &RowColumns, name: &str) -> ArrayRef {
    let n_rows = rows.num_rows();
    match (columns.own.field_with_name(name), rows.column_by_name(name)) {
        (Ok(field), Some(values)) => cast(values, field.data_type()).unwrap(),
        (Ok(field), None) => new_null_array(field.data_type(), n_rows),
        // No other column is constant within a piece.
        (Err(_), _) => ScalarValue::Date32(day.map(number_of)).to_array_of_size(n_rows).unwrap(),
    }
}

fn shaped(rows: &RecordBatch, day: Option<Date>, columns: &RowColumns) -> RecordBatch {
    let schema = columns.all();
    let values = schema.fields().iter().map(|field| column(rows, day, columns, field.name()));
    RecordBatch::try_new(Arc::clone(&schema), values.collect()).unwrap()
}

fn table(schema: SchemaRef, batches: Vec<RecordBatch>, n_parts: usize) -> Arc<dyn TableProvider> {
    let mut parts = vec![Vec::new(); n_parts.max(1)];
    for (at, batch) in batches.into_iter().enumerate() {
        parts[at % n_parts.max(1)].push(batch);
    }
    Arc::new(MemTable::try_new(schema, parts).unwrap())
}

#[async_trait]
impl Origin for Queue {
    async fn list(&self, days: PieceDays) -> Result<Listing, ReadError> {
        let is_wanted = |segment: &&Segment| match (segment.day, &days) {
            (Some(day), Some(days)) => days.contains(&day),
            (None, _) | (_, None) => true,
        };
        let piece = |segment: &Segment| {
            let name = format!("{}{}/{:012}", self.url, segment.partition, segment.first);
            let size_bytes = segment.rows.get_array_memory_size() as u64;
            Piece::new(name, size_bytes, segment.day, segment.clone())
        };
        let mut pieces: Vec<Piece> = self.segments.iter().filter(is_wanted).map(piece).collect();
        pieces.sort_by(Piece::compare);
        Ok(Listing { pieces, left_out: Vec::new() })
    }

    /// Rows are only ever appended.
    fn describe(&self, piece: &Piece) -> String {
        let Segment { partition, first, day, rows } = segment_of(piece);
        format!("{partition} {first} {} {day:?}", rows.num_rows())
    }

    fn short_name(&self, piece: &Piece) -> String {
        let Segment { partition, first, .. } = segment_of(piece);
        format!("{partition}/{first}")
    }

    async fn columns(
        &self,
        _ctx: &SessionContext,
        pieces: &[Piece],
    ) -> Result<Vec<SchemaRef>, EtlError> {
        Ok(pieces.iter().map(|piece| segment_of(piece).rows.schema()).collect())
    }

    fn has_free_keys(&self) -> bool {
        false
    }

    fn texts_of_pieces(&self, _pieces: &[Piece]) -> Vec<String> {
        Vec::new()
    }

    fn provide(
        &self,
        columns: &RowColumns,
        pieces: &[Piece],
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        let segments = pieces.iter().map(segment_of);
        let batches = segments.map(|segment| shaped(&segment.rows, segment.day, columns));
        table(columns.all(), batches.collect(), n_partitions)
    }

    /// Row by row.
    fn recount(
        &self,
        columns: &RowColumns,
        pieces: Vec<(Piece, Vec<BadRow>)>,
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        let mut batches = Vec::new();
        for (piece, bad_rows) in &pieces {
            let Segment { first, day, rows, .. } = segment_of(piece);
            for row in 0..rows.num_rows() {
                let place = Place::Row(first + row as u64 + 1);
                if bad_rows.iter().all(|bad| bad.place != place) {
                    let one = rows.slice(row, 1);
                    let schema = columns.all();
                    let fields = schema.fields().iter();
                    let values = fields.map(|field| column(&one, *day, columns, field.name()));
                    let values = values.collect();
                    batches.push(RecordBatch::try_new(Arc::clone(&schema), values).unwrap());
                }
            }
        }
        let all = concat_batches(&columns.all(), &batches).unwrap();
        table(columns.all(), vec![all], n_partitions)
    }

    async fn rows<'a>(
        &'a self,
        _ctx: &SessionContext,
        columns: &'a RowColumns,
        piece: &'a Piece,
    ) -> Result<Box<dyn Rows + 'a>, EtlError> {
        let Segment { first, day, rows, .. } = segment_of(piece);
        let places = (1..=rows.num_rows() as u64).map(|n| Place::Row(first + n)).collect();
        let batch = shaped(rows, *day, columns);
        Ok(Box::new(Once(Some(PlacedRows { batch, places, texts: Vec::new() }))))
    }

    async fn place_of(&self, piece: &Piece, row: u64) -> Place {
        Place::Row(segment_of(piece).first + row + 1)
    }

    fn prepare(&self, _ctx: &SessionContext) {}
}

/// All rows at once.
struct Once(Option<PlacedRows>);

#[async_trait]
impl Rows for Once {
    async fn next(&mut self, _note: &mut Note<'_>) -> Result<Option<PlacedRows>, EtlError> {
        Ok(self.0.take())
    }
}
