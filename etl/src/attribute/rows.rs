//! The rows that the join compares, and the targets kept after they are passed.

use std::sync::Arc;

use clio_proto::Credit;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, UInt64Array,
};
use datafusion::arrow::datatypes::{Date32Type, Int64Type, Schema, SchemaRef, UInt64Type};
use datafusion::arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use super::plan::{SORTED, join_columns};

/// Rows with their columns for the join.
pub(super) struct Loaded {
    pub(super) batch: RecordBatch,
    /// Hash and keys, as bytes that compare in the same order.
    pub(super) keys: Rows,
    pub(super) hashes: UInt64Array,
    pub(super) instants: Int64Array,
    pub(super) days: Date32Array,
}

/// Reads rows of either side.
pub(super) struct Reader {
    converter: RowConverter,
    n_keys: usize,
}

impl Reader {
    /// A reader of rows with these columns; keys have the same types on both sides.
    pub(super) fn new(events: &Schema, n_keys: usize) -> Result<Self> {
        let (keys, _, _) = join_columns(events, n_keys);
        let field = |key: &usize| {
            let data_type = events.field(*key).data_type().clone();
            SortField::new_with_options(data_type, SORTED)
        };
        let converter = RowConverter::new(keys.iter().map(field).collect())?;
        Ok(Self { converter, n_keys })
    }

    pub(super) fn loaded(&self, batch: RecordBatch, schema: &Schema) -> Result<Loaded> {
        let (keys, instant, day) = join_columns(schema, self.n_keys);
        let columns: Vec<ArrayRef> =
            keys.iter().map(|key| Arc::clone(batch.column(*key))).collect();
        Ok(Loaded {
            keys: self.converter.convert_columns(&columns)?,
            hashes: columns[0].as_primitive::<UInt64Type>().clone(),
            instants: batch.column(instant).as_primitive::<Int64Type>().clone(),
            days: batch.column(day).as_primitive::<Date32Type>().clone(),
            batch,
        })
    }
}

/// A target's batch and row.
pub(super) type Place = (usize, usize);

/// The targets of a part that may still be needed.
pub(super) struct Targets {
    schema: SchemaRef,
    stream: Option<SendableRecordBatchStream>,
    batches: Vec<Loaded>,
    /// The next one; `None` if it has not been read yet, or all were passed.
    head: Option<Place>,
    passed: Passed,
}

/// The passed targets that the crediting rule needs.
#[derive(Debug, Clone, Copy)]
enum Passed {
    /// The last one, or the first of several at its instant.
    Last(Option<Place>),
}

impl Targets {
    pub(super) fn new(
        credit: Credit,
        schema: SchemaRef,
        stream: Option<SendableRecordBatchStream>,
    ) -> Self {
        let passed = match credit {
            Credit::Last => Passed::Last(None),
        };
        Self { schema, stream, batches: Vec::new(), head: None, passed }
    }

    /// The target that an event is credited to, given the start of its window, once all rows before the event were
    /// passed.
    pub(super) fn credited(&self, key: Row<'_>, begins: i64) -> Option<Place> {
        match self.passed {
            Passed::Last(last) => last.filter(|last| {
                let (last_key, last_instant) = self.at(*last);
                last_key == key && last_instant >= begins
            }),
        }
    }

    /// The day of a target.
    pub(super) fn day(&self, (batch, row): Place) -> i32 {
        self.batches[batch].days.value(row)
    }

    /// A column of all kept targets, by batch.
    pub(super) fn column(&self, column: usize) -> Vec<&dyn Array> {
        self.batches.iter().map(|loaded| loaded.batch.column(column).as_ref()).collect()
    }

    fn at(&self, (batch, row): Place) -> (Row<'_>, i64) {
        let loaded = &self.batches[batch];
        (loaded.keys.row(row), loaded.instants.value(row))
    }

    /// Reads the next batch once the last one is used up.
    async fn fill(&mut self, reader: &Reader) -> Result<()> {
        while self.head.is_none() {
            let Some(stream) = &mut self.stream else { return Ok(()) };
            match stream.next().await.transpose()? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => {
                    self.batches.push(reader.loaded(batch, &self.schema)?);
                    self.head = Some((self.batches.len() - 1, 0));
                }
                None => self.stream = None,
            }
        }
        Ok(())
    }

    /// Passes all targets that are not after an event in the order of keys and instants.
    pub(super) async fn pass_until(
        &mut self,
        reader: &Reader,
        key: Row<'_>,
        instant: i64,
    ) -> Result<()> {
        loop {
            self.fill(reader).await?;
            let Some(head) = self.head else { return Ok(()) };
            for row in head.1..self.batches[head.0].batch.num_rows() {
                let place = (head.0, row);
                if self.at(place) > (key, instant) {
                    self.head = Some(place);
                    return Ok(());
                }
                self.pass(place);
            }
            self.head = None;
        }
    }

    fn pass(&mut self, place: Place) {
        self.passed = match self.passed {
            Passed::Last(Some(last)) if self.at(last) == self.at(place) => return,
            Passed::Last(_) => Passed::Last(Some(place)),
        };
    }

    /// Drops the batches that nothing refers to.
    pub(super) fn forget(&mut self) {
        let mut keep = vec![false; self.batches.len()];
        for (batch, _) in self.places() {
            keep[*batch] = true;
        }
        for (batch, _) in self.places() {
            *batch = keep[..*batch].iter().filter(|kept| **kept).count();
        }
        let mut kept = keep.iter();
        self.batches.retain(|_| kept.next().copied().unwrap_or_default());
    }

    /// Everything that refers to batches.
    fn places(&mut self) -> impl Iterator<Item = &mut Place> {
        let passed = match &mut self.passed {
            Passed::Last(last) => last.iter_mut(),
        };
        self.head.iter_mut().chain(passed)
    }
}
