//! The cells of one day, or of all days of a source that is not filed by day, in one sweep over the events.
//!
//! ```text
//! one source ─▶ day, dimensions, its inputs, nulls for the others' ─┐
//! another    ─▶ day, dimensions, nulls,      its inputs            ─┴ UNION ALL ─▶ GROUP BY day, dimensions
//! ```
//!
//! Attributed events have been credited before, and take part with the columns that they got there.
//!
//! Events of other days form a group without dimensions, so that they are counted instead of lost. Sums are
//! taken over decimals, which do not depend on the order of rows: integers exactly (a sum that exceeds 64
//! bits is an error), other numbers with nine decimal places.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::{filter_record_batch, is_not_null};
use datafusion::arrow::datatypes::{Date32Type, Int64Type};
use datafusion::common::DataFusionError;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, col};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use jiff::civil::Date;

use crate::attribute::Credited;
use crate::cells::{CellShape, CellSorter, PeriodCells};
use crate::engine::explained;
use crate::epoch::date_of;
use crate::error::{During, EtlError};
use crate::input::enrich::{Decoder, InForce};
use crate::input::frames::{DAY, dimension_column, input_column, rows_column};
use crate::input::inputs::Inputs;
use crate::input::sweep::Sweep;

/// The cells of one or more days, and what was read for them.
#[derive(Debug)]
pub(crate) struct RolledUp {
    pub(crate) days: Vec<(Date, PeriodCells)>,
    /// Events counted on each day, by source.
    pub(crate) rows_in: BTreeMap<String, BTreeMap<Date, u64>>,
    /// Events that happened on another day, by source.
    pub(crate) rows_out_of_day: BTreeMap<String, u64>,
}

/// Rolls up the events of a sweep, including those credited to its days.
pub(crate) async fn roll_up(
    ctx: &SessionContext,
    inputs: &Inputs,
    shape: &CellShape,
    sweep: &Sweep,
    credited: &Credited,
) -> Result<RolledUp, EtlError> {
    let in_force = inputs.enrichment().in_force(sweep.days).await?;
    // Each failed round leaves out more bad rows than the one before, or ends with an error.
    loop {
        let mut cells = Gathered::new(ctx, inputs, shape, credited);
        let grouped = grouped(ctx, inputs, shape, (sweep, &in_force), credited)?;
        let Err(error) = add_all(&mut cells, grouped).await? else {
            return cells.finish(ctx).await;
        };
        let error = explained("rolling up events", error);
        if !(error.is_of_rows() && inputs.set_aside(sweep).await? > 0) {
            return Err(explain(ctx, inputs, sweep, error).await);
        }
    }
}

/// Adds the events' groups; an error of the engine may be caused by a row.
async fn add_all(
    cells: &mut Gathered<'_>,
    grouped: Option<DataFrame>,
) -> Result<Result<(), DataFusionError>, EtlError> {
    let Some(grouped) = grouped else { return Ok(Ok(())) };
    let mut groups = match grouped.execute_stream().await {
        Ok(groups) => groups,
        Err(error) => return Ok(Err(error)),
    };
    while let Some(batch) = groups.next().await {
        match batch {
            Ok(batch) => cells.add(&batch)?,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(()))
}

/// The events of all sources, grouped; `None` if there are none.
fn grouped(
    ctx: &SessionContext,
    inputs: &Inputs,
    shape: &CellShape,
    (sweep, in_force): (&Sweep, &InForce),
    credited: &Credited,
) -> Result<Option<DataFrame>, EtlError> {
    let mut union: Option<DataFrame> = None;
    for (index, source) in inputs.sources().iter().enumerate() {
        let events = if source.target.is_some() {
            let Some(events) = credited.events(index)? else { continue };
            inputs.frames().credited_events(ctx, index, events)?
        } else {
            let files = inputs.inventory().pieces(index, sweep);
            if files.is_empty() {
                continue;
            }
            inputs.events(ctx, index, inputs.provider(index, files), sweep, in_force)?
        };
        union = Some(match union {
            None => events,
            Some(others) => others.union(events).during("joining sources")?,
        });
    }
    let Some(events) = union else { return Ok(None) };
    let groups = std::iter::once(DAY.to_owned())
        .chain((0..shape.n_dimensions).map(dimension_column))
        .map(col)
        .collect();
    let grouped = events.aggregate(groups, aggregates(inputs, shape));
    grouped.during("planning a roll-up").map(Some)
}

fn aggregates(inputs: &Inputs, shape: &CellShape) -> Vec<Expr> {
    let n_sources = inputs.sources().len();
    let rows = (0..n_sources).map(|source| {
        let column = rows_column(source);
        count(col(&column)).alias(column)
    });
    let measures = shape.measures.iter().enumerate().filter_map(|(index, measure)| {
        let column = input_column(index);
        let aggregate = measure.rules.of_events(col(&column))?;
        Some(aggregate.alias(column))
    });
    rows.chain(measures).collect()
}

/// Finds the row that made the engine fail, if one did.
async fn explain(
    ctx: &SessionContext,
    inputs: &Inputs,
    sweep: &Sweep,
    mut error: EtlError,
) -> EtlError {
    if !error.is_unexplained() {
        return error;
    }
    for (index, source) in inputs.sources().iter().enumerate() {
        // Credited events have been read before, without an error.
        if source.target.is_some() {
            continue;
        }
        let files = inputs.inventory().pieces(index, sweep);
        // No row fails because of what a lookup has for its key.
        let none = inputs.enrichment().none_in_force();
        let plan = |provider| inputs.events(ctx, index, provider, sweep, &none);
        let key_of = |column: &str| inputs.frames().key_of(index, column);
        error = source.table.locate(ctx, files, error, plan, &key_of).await;
        if !error.is_unexplained() {
            break;
        }
    }
    error
}

/// Turns groups into cells: events of other days are set aside, values get their stored types.
struct Gathered<'a> {
    inputs: &'a Inputs,
    shape: &'a CellShape,
    cells: CellSorter,
    decoder: Option<Decoder>,
    rows_in: BTreeMap<String, BTreeMap<Date, u64>>,
    rows_out_of_day: BTreeMap<String, u64>,
}

impl<'a> Gathered<'a> {
    fn new(
        ctx: &SessionContext,
        inputs: &'a Inputs,
        shape: &'a CellShape,
        credited: &Credited,
    ) -> Self {
        Self {
            inputs,
            shape,
            // The day, and the dimensions.
            cells: CellSorter::new(ctx, 1 + shape.n_dimensions),
            decoder: None,
            rows_in: BTreeMap::new(),
            rows_out_of_day: credited.rows_out_of_day.clone(),
        }
    }

    fn add(&mut self, groups: &RecordBatch) -> Result<(), EtlError> {
        let days = groups.column(0).as_primitive::<Date32Type>();
        for (index, source) in self.inputs.sources().iter().enumerate() {
            let n_rows = named(groups, &rows_column(index));
            let n_rows = n_rows.as_primitive::<Int64Type>();
            let by_day = self.rows_in.entry(source.name().to_owned()).or_default();
            for row in 0..groups.num_rows() {
                let n = u64::try_from(n_rows.value(row)).unwrap_or_default();
                if days.is_valid(row) {
                    *by_day.entry(date_of(days.value(row))).or_default() += n;
                } else {
                    *self.rows_out_of_day.entry(source.name().to_owned()).or_default() += n;
                }
            }
        }
        let in_day = is_not_null(days).during("sorting cells")?;
        let groups = filter_record_batch(groups, &in_day).during("sorting cells")?;
        if groups.num_rows() == 0 {
            return Ok(());
        }
        // The first groups arrive when the last event has been read: from here on no new set of values
        // appears.
        let enrichment = self.inputs.enrichment();
        let decoder = self.decoder.get_or_insert_with(|| enrichment.decoder());
        let cells = stored(self.inputs, decoder, self.shape, &groups)?;
        self.cells.push(cells).during("sorting cells")
    }

    async fn finish(self, ctx: &SessionContext) -> Result<RolledUp, EtlError> {
        let sorted = self.cells.finish().during("sorting cells")?;
        let days = PeriodCells::of_days(ctx, sorted).await.during("sorting cells")?;
        let days = days.into_iter().map(|(day, cells)| (date_of(day), cells)).collect();
        let Self { rows_in, rows_out_of_day, .. } = self;
        Ok(RolledUp { days, rows_in, rows_out_of_day })
    }
}

/// A batch of groups as the day, the dimensions' text or lists, and the measures' stored values.
fn stored(
    inputs: &Inputs,
    decoder: &Decoder,
    shape: &CellShape,
    batch: &RecordBatch,
) -> Result<RecordBatch, EtlError> {
    let mut columns: Vec<(String, ArrayRef)> = vec![(DAY.to_owned(), batch.column(0).clone())];
    for index in 0..shape.n_dimensions {
        let column = dimension_column(index);
        let values = decoder.decode(index, &named(batch, &column))?;
        columns.push((column, values));
    }
    for (index, measure) in shape.measures.iter().enumerate() {
        let column = input_column(index);
        let groups = match measure.rules.input_type() {
            Some(_) => named(batch, &column),
            None => named(batch, &rows_column(inputs.source_index(&measure.source))),
        };
        let values = measure.rules.stored(&groups, &measure.name)?;
        columns.push((column, values));
    }
    RecordBatch::try_from_iter(columns).during("sorting cells")
}

fn named(batch: &RecordBatch, column: &str) -> ArrayRef {
    batch.column_by_name(column).expect("an aggregate has the columns it was planned with").clone()
}
