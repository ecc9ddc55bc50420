//! The as-of join: two sides in the same order, merged in a single pass.

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_proto::Credit;
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{interleave, take};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use super::rows::{Loaded, Place, Reader, Targets};
use crate::config::Days;
use crate::engine::spilled::Writer;
use crate::epoch::date_of;
use crate::input::target::Side;

/// Where the join finds the columns that it needs in the rows of both sides.
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

/// How events are credited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Which of several targets is credited.
    pub(super) credit: Credit,
    /// How long after a target an event may happen.
    pub(super) window_micros: i64,
    /// Only events credited to targets of these days are kept.
    pub(super) wanted: Option<Days>,
    /// An event whose window begins before this instant is handed on to the previous day; `None` hands on no events.
    pub(super) handed_on_before: Option<i64>,
}

/// Where events go, and how many are dropped.
pub(super) struct Outcome {
    pub(super) credited: Writer,
    pub(super) handed_on: Writer,
    /// By the day on which they happened.
    pub(super) n_unattributed: BTreeMap<i32, u64>,
    /// Filed under another day than the one on which they happened.
    pub(super) n_out_of_day: u64,
}

/// Merges both sides of one part: each event is credited, handed on or counted as it is passed, right after the
/// targets before it.
pub(super) struct Walk {
    layout: Arc<Layout>,
    rules: Rules,
    reader: Reader,
    targets: Targets,
    outcome: Outcome,
}

/// What happens to the events of a batch, as row numbers.
#[derive(Default)]
struct Fates {
    credited: Vec<u32>,
    /// The targets that they are credited to.
    to: Vec<Place>,
    handed_on: Vec<u32>,
}

impl Walk {
    pub(super) fn new(
        layout: Arc<Layout>,
        rules: Rules,
        targets: Option<SendableRecordBatchStream>,
        outcome: Outcome,
    ) -> Result<Self> {
        let reader = Reader::new(&layout.events, layout.n_keys)?;
        let targets = Targets::new(rules.credit, Arc::clone(&layout.targets), targets);
        Ok(Self { layout, rules, reader, targets, outcome })
    }

    /// Merges up to the end of the events: a batch that has already been read, and the rest.
    pub(super) async fn along(
        mut self,
        first: RecordBatch,
        mut rest: SendableRecordBatchStream,
    ) -> Result<Outcome> {
        let mut next = Some(first);
        while let Some(batch) = next {
            let events = self.reader.loaded(batch, &self.layout.events)?;
            let fates = self.pass(&events).await?;
            self.write(&events, &fates)?;
            self.targets.forget();
            next = rest.next().await.transpose()?;
        }
        Ok(self.outcome)
    }

    /// Passes events, and the targets before them.
    async fn pass(&mut self, events: &Loaded) -> Result<Fates> {
        let mut fates = Fates::default();
        for (number, row) in (0_u32..).zip(0..events.batch.num_rows()) {
            if events.days.is_null(row) {
                self.outcome.n_out_of_day += 1;
                continue;
            }
            let instant = events.instants.value(row);
            let begins = instant.saturating_sub(self.rules.window_micros);
            if events.hashes.is_valid(row) {
                let key = events.keys.row(row);
                self.targets.pass_until(&self.reader, key, instant).await?;
                if let Some(to) = self.targets.credited(key, begins) {
                    let day = date_of(self.targets.day(to));
                    if self.rules.wanted.is_some_and(|days| days.contains(day)) {
                        fates.credited.push(number);
                        fates.to.push(to);
                    }
                    continue;
                }
                if self.rules.handed_on_before.is_some_and(|before| begins < before) {
                    fates.handed_on.push(number);
                    continue;
                }
            }
            *self.outcome.n_unattributed.entry(events.days.value(row)).or_default() += 1;
        }
        Ok(fates)
    }

    /// Writes the credited events and those handed on.
    fn write(&mut self, events: &Loaded, fates: &Fates) -> Result<()> {
        let taken = |column: &ArrayRef, rows: &[u32]| -> Result<ArrayRef> {
            Ok(take(column, &UInt32Array::from(rows.to_vec()), None)?)
        };
        if !fates.credited.is_empty() {
            let column = |(side, column): &(Side, usize)| -> Result<ArrayRef> {
                match side {
                    Side::Event => taken(events.batch.column(*column), &fates.credited),
                    Side::Target => Ok(interleave(&self.targets.column(*column), &fates.to)?),
                }
            };
            let columns = self.layout.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
            let credited = &mut self.outcome.credited;
            let schema = Arc::clone(credited.schema());
            credited.write(&RecordBatch::try_new(schema, columns)?)?;
        }
        if !fates.handed_on.is_empty() {
            let columns = events.batch.columns().iter();
            let columns = columns.map(|column| taken(column, &fates.handed_on));
            let handed_on = &mut self.outcome.handed_on;
            let schema = Arc::clone(handed_on.schema());
            let columns = columns.collect::<Result<Vec<_>>>()?;
            handed_on.write(&RecordBatch::try_new(schema, columns)?)?;
        }
        Ok(())
    }
}
