//! The as-of join: two sides in the same order, walked along each other once.

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_proto::Credit;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, UInt32Array, UInt64Array,
};
use datafusion::arrow::compute::{interleave, take};
use datafusion::arrow::datatypes::{Date32Type, Field, Int64Type, Schema, SchemaRef, UInt64Type};
use datafusion::arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use super::plan::{SORTED, join_columns};
use crate::config::Days;
use crate::engine::spilled::Writer;
use crate::epoch::date_of;
use crate::input::target::Side;

/// Where the join finds what in the rows of both sides.
#[derive(Debug)]
pub(super) struct Layout {
    n_keys: usize,
    pub(super) events: SchemaRef,
    targets: SchemaRef,
    /// The day, the dimensions, and what measures take.
    pub(super) credited: SchemaRef,
    /// The side and the column there that each credited column comes from.
    columns: Vec<(Side, usize)>,
}

impl Layout {
    pub(super) fn new(
        n_keys: usize,
        events: &Schema,
        targets: SchemaRef,
        columns: Vec<(Side, usize)>,
    ) -> Self {
        let field = |(side, column): &(Side, usize)| match side {
            Side::Event => events.field(*column).clone(),
            Side::Target => targets.field(*column).clone(),
        };
        let credited = nullable(columns.iter().map(field));
        let events = nullable(events.fields().iter().map(|field| field.as_ref().clone()));
        Self { n_keys, events, targets, credited, columns }
    }
}

fn nullable(fields: impl Iterator<Item = Field>) -> SchemaRef {
    let plain = |field: Field| Field::new(field.name(), field.data_type().clone(), true);
    Arc::new(Schema::new(fields.map(plain).collect::<Vec<_>>()))
}

/// What becomes of events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Which of several targets gets the credit.
    pub(super) credit: Credit,
    /// How long after a target an event may lie.
    pub(super) window_micros: i64,
    /// Events credited to targets of these days are wanted.
    pub(super) wanted: Option<Days>,
    /// An event whose window begins before this instant is handed on to the day before; without one it
    /// never is.
    pub(super) handed_on_before: Option<i64>,
}

/// Where events go, and how many went nowhere.
pub(super) struct Outcome {
    pub(super) credited: Writer,
    pub(super) handed_on: Writer,
    /// By the day on which they happened.
    pub(super) n_unattributed: BTreeMap<i32, u64>,
    /// In the folder of another day than the one on which they happened.
    pub(super) n_out_of_day: u64,
}

/// Joins one part: a batch of events that was read already, and the rest of both sides.
pub(super) async fn join(
    layout: &Layout,
    rules: Rules,
    first: RecordBatch,
    mut events: SendableRecordBatchStream,
    targets: Option<SendableRecordBatchStream>,
    mut outcome: Outcome,
) -> Result<Outcome> {
    let reader = Reader::new(layout)?;
    let mut targets = TargetRows::new(&reader, layout, targets);
    let mut next = Some(first);
    while let Some(batch) = next {
        let events_read = reader.loaded(batch, &layout.events)?;
        let fates = fates(&events_read, &mut targets, rules, &mut outcome).await?;
        write(layout, &events_read, &targets, &fates, &mut outcome)?;
        targets.forget();
        next = events.next().await.transpose()?;
    }
    Ok(outcome)
}

/// Rows with what the join compares.
struct Loaded {
    batch: RecordBatch,
    /// Hash and keys in bytes that compare like them.
    keys: Rows,
    hashes: UInt64Array,
    instants: Int64Array,
    days: Date32Array,
}

struct Reader {
    converter: RowConverter,
    n_keys: usize,
}

impl Reader {
    fn new(layout: &Layout) -> Result<Self> {
        let (keys, _, _) = join_columns(&layout.events, layout.n_keys);
        let field = |key: &usize| {
            let data_type = layout.events.field(*key).data_type().clone();
            SortField::new_with_options(data_type, SORTED)
        };
        let converter = RowConverter::new(keys.iter().map(field).collect())?;
        Ok(Self { converter, n_keys: layout.n_keys })
    }

    fn loaded(&self, batch: RecordBatch, schema: &Schema) -> Result<Loaded> {
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

/// The targets of a part, as far as they are still of use.
struct TargetRows<'a> {
    reader: &'a Reader,
    layout: &'a Layout,
    stream: Option<SendableRecordBatchStream>,
    batches: Vec<Loaded>,
    /// The next one, as batch and row; past the end once all were seen.
    head: Option<(usize, usize)>,
    /// The last one that was passed, or the first of those of its instant.
    last: Option<(usize, usize)>,
}

impl<'a> TargetRows<'a> {
    fn new(
        reader: &'a Reader,
        layout: &'a Layout,
        stream: Option<SendableRecordBatchStream>,
    ) -> Self {
        Self { reader, layout, stream, batches: Vec::new(), head: None, last: None }
    }

    fn at(&self, (batch, row): (usize, usize)) -> (Row<'_>, i64) {
        let loaded = &self.batches[batch];
        (loaded.keys.row(row), loaded.instants.value(row))
    }

    /// Reads on where the last batch is used up.
    async fn fill(&mut self) -> Result<()> {
        while self.head.is_none() {
            let Some(stream) = &mut self.stream else { return Ok(()) };
            match stream.next().await.transpose()? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => {
                    self.batches.push(self.reader.loaded(batch, &self.layout.targets)?);
                    self.head = Some((self.batches.len() - 1, 0));
                }
                None => self.stream = None,
            }
        }
        Ok(())
    }

    /// Passes all that do not lie behind an event in the order of keys and instants.
    async fn pass_until(&mut self, key: Row<'_>, instant: i64) -> Result<()> {
        loop {
            self.fill().await?;
            let Some(head) = self.head else { return Ok(()) };
            let n_rows = self.batches[head.0].batch.num_rows();
            let mut row = head.1;
            while row < n_rows {
                let (own_key, own_instant) = self.at((head.0, row));
                if (own_key, own_instant) > (key, instant) {
                    self.head = Some((head.0, row));
                    return Ok(());
                }
                let is_tie = self.last.is_some_and(|last| self.at(last) == (own_key, own_instant));
                if !is_tie {
                    self.last = Some((head.0, row));
                }
                row += 1;
            }
            self.head = None;
        }
    }

    /// Lets go of the batches that nothing points into.
    fn forget(&mut self) {
        let used =
            |batch: usize| [self.head, self.last].iter().flatten().any(|(used, _)| *used == batch);
        let keep: Vec<bool> = (0..self.batches.len()).map(used).collect();
        let place = |batch: usize| keep[..batch].iter().filter(|kept| **kept).count();
        self.head = self.head.map(|(batch, row)| (place(batch), row));
        self.last = self.last.map(|(batch, row)| (place(batch), row));
        let mut kept = keep.iter();
        self.batches.retain(|_| kept.next().copied().unwrap_or_default());
    }
}

/// What becomes of a batch of events, by their rows.
#[derive(Default)]
struct Fates {
    credited: Vec<u32>,
    /// The targets that they are credited to, as batch and row.
    to: Vec<(usize, usize)>,
    handed_on: Vec<u32>,
}

async fn fates(
    events: &Loaded,
    targets: &mut TargetRows<'_>,
    rules: Rules,
    outcome: &mut Outcome,
) -> Result<Fates> {
    let mut fates = Fates::default();
    for (number, row) in (0_u32..).zip(0..events.batch.num_rows()) {
        if events.days.is_null(row) {
            outcome.n_out_of_day += 1;
            continue;
        }
        let instant = events.instants.value(row);
        let begins = instant.saturating_sub(rules.window_micros);
        if events.hashes.is_valid(row) {
            let key = events.keys.row(row);
            targets.pass_until(key, instant).await?;
            let credited_to = match rules.credit {
                Credit::Last => targets.last.filter(|last| {
                    let (last_key, last_instant) = targets.at(*last);
                    last_key == key && last_instant >= begins
                }),
            };
            if let Some((batch, of)) = credited_to {
                let day = date_of(targets.batches[batch].days.value(of));
                if rules.wanted.is_some_and(|days| days.contains(day)) {
                    fates.credited.push(number);
                    fates.to.push((batch, of));
                }
                continue;
            }
            if rules.handed_on_before.is_some_and(|before| begins < before) {
                fates.handed_on.push(number);
                continue;
            }
        }
        *outcome.n_unattributed.entry(events.days.value(row)).or_default() += 1;
    }
    Ok(fates)
}

fn write(
    layout: &Layout,
    events: &Loaded,
    targets: &TargetRows<'_>,
    fates: &Fates,
    outcome: &mut Outcome,
) -> Result<()> {
    let taken = |column: &ArrayRef, rows: &[u32]| -> Result<ArrayRef> {
        Ok(take(column, &UInt32Array::from(rows.to_vec()), None)?)
    };
    if !fates.credited.is_empty() {
        let column = |(side, column): &(Side, usize)| -> Result<ArrayRef> {
            match side {
                Side::Event => taken(events.batch.column(*column), &fates.credited),
                Side::Target => {
                    let batches = targets.batches.iter();
                    let columns: Vec<&dyn Array> =
                        batches.map(|loaded| loaded.batch.column(*column).as_ref()).collect();
                    Ok(interleave(&columns, &fates.to)?)
                }
            }
        };
        let columns = layout.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        let schema = Arc::clone(outcome.credited.schema());
        outcome.credited.write(&RecordBatch::try_new(schema, columns)?)?;
    }
    if !fates.handed_on.is_empty() {
        let columns = events.batch.columns().iter();
        let columns = columns.map(|column| taken(column, &fates.handed_on));
        let schema = Arc::clone(outcome.handed_on.schema());
        let columns = columns.collect::<Result<Vec<_>>>()?;
        outcome.handed_on.write(&RecordBatch::try_new(schema, columns)?)?;
    }
    Ok(())
}
