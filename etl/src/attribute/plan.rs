//! The rows of both sides: the columns that the join compares, followed by those that cells are made of.

use std::sync::Arc;

use clio_proto::Source;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::Result as EngineResult;
use datafusion::datasource::MemTable;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, col, when};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, Partitioning, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::prelude::{DataFrame, SessionContext};

use super::join::Layout;
use crate::config::Days;
use crate::error::{During, EtlError};
use crate::functions::{BloomFilter, key_hash, may_be_noted, note_key};
use crate::input::enrich::InForce;
use crate::input::frames::{DAY, INSTANT, dimension_column, input_column, is_input_column};
use crate::input::inputs::{Input, Inputs};
use crate::input::source::{PIECE_DAY_COLUMN, Piece, Scope, Table};
use crate::input::sweep::Sweep;
use crate::input::target::{Side, Target};
use crate::input::times::time;

/// The column with the hash of all keys; null where one of them is null.
const HASH: &str = "__hash";
const STEP: &str = "planning attribution";

fn key_column(index: usize) -> String {
    format!("__k{index}")
}

/// The column that breaks ties for a dimension, where that is not the dimension's own.
fn decider_column(dimension: usize) -> String {
    format!("__o{dimension}")
}

/// Plans every attribution over no rows, to check that it can be planned.
pub(crate) fn bind(ctx: &SessionContext, inputs: &Inputs) -> Result<(), EtlError> {
    Sides::all(inputs).try_for_each(|sides| sides.layout(ctx).map(drop))
}

/// Like [`Inputs::set_aside`], and also for sources whose events are credited.
pub(crate) async fn set_all_aside(inputs: &Inputs, sweep: &Sweep) -> Result<(), EtlError> {
    inputs.set_aside(sweep).await?;
    for sides in Sides::all(inputs) {
        let events = inputs.inventory().pieces(sides.index, sweep);
        let targets = inputs.inventory().target_pieces(sides.index, sweep);
        sides.set_aside(&events, &targets).await?;
    }
    Ok(())
}

/// An attributed source and the source of its targets: the rows of both as the join takes them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) index: usize,
    pub(super) input: &'a Input,
    pub(super) target: &'a Target,
}

impl<'a> Sides<'a> {
    /// Every attributed source, in the order of sources.
    pub(super) fn all(inputs: &'a Inputs) -> impl Iterator<Item = Self> {
        inputs.sources().iter().enumerate().filter_map(move |(index, input)| {
            let target = input.target.as_ref()?;
            Some(Self { inputs, index, input, target })
        })
    }

    /// Where the join finds the columns that it needs in the rows of both sides.
    pub(super) fn layout(&self, ctx: &SessionContext) -> Result<Layout, EtlError> {
        let Self { inputs, index, input, target } = *self;
        let none = |table: &Table| table.provider(Vec::new(), 1);
        let events = self.events(ctx, none(&input.table), Days::All)?;
        let noted = BloomFilter::for_about(0);
        let in_force = inputs.enrichment().none_in_force();
        let provider = none(&target.table);
        let days = (Days::All, &in_force);
        let targets = self.targets(ctx, provider, days, &noted)?;
        let schema = |frame: &DataFrame| Arc::clone(frame.schema().inner());
        let (events, targets) = (schema(&events), schema(&targets));
        let credited = self.credited_columns(&events, &targets);
        // Plans everything that the roll-up does with credited events, over no rows.
        let layout = Layout::new(target.keys.len(), &events, targets, credited);
        let none = RecordBatch::new_empty(Arc::clone(&layout.credited));
        let none =
            MemTable::try_new(Arc::clone(&layout.credited), vec![vec![none]]).during(STEP)?;
        inputs.frames().credited_events(ctx, index, Arc::new(none))?;
        Ok(layout)
    }

    /// The columns of credited events, and the side that each comes from.
    fn credited_columns(&self, events: &Schema, targets: &Schema) -> Vec<(Side, usize)> {
        let Self { inputs, input, .. } = *self;
        let day_and_dimensions = std::iter::once(DAY.to_owned())
            .chain((0..inputs.frames().n_dimensions()).map(dimension_column))
            .filter_map(|name| Some((Side::Target, targets.index_of(&name).ok()?)));
        let measures = inputs.frames().measures().iter().enumerate();
        let own = measures.filter(|(_, measure)| measure.kind.source() == Some(input.name()));
        let inputs = own.filter_map(|(position, _)| {
            let name = input_column(position);
            let of_event = events.index_of(&name).ok().map(|index| (Side::Event, index));
            of_event.or_else(|| Some((Side::Target, targets.index_of(&name).ok()?)))
        });
        day_and_dimensions.chain(inputs).collect()
    }

    /// The events of some days, as the join takes them. An event that no other sweep counts, and that is filed under a
    /// day other than its own, gets a null day.
    pub(super) fn events(
        &self,
        ctx: &SessionContext,
        provider: Arc<dyn TableProvider>,
        days: Days,
    ) -> Result<DataFrame, EtlError> {
        let Self { inputs, input, target, .. } = *self;
        let (table, source) = (&input.table, &input.source);
        let frame = inputs.frames().filtered(ctx, table, source, provider)?;
        let scope = Scope::new(ctx, table, &frame);
        let mut columns = self.matched_by(&scope, table, source, Side::Event)?;
        for position in
            (0..inputs.frames().measures().len()).filter(|position| !target.gives[*position])
        {
            if let Some(value) = inputs.frames().input(&scope, position, input.name(), &frame)? {
                columns.push(value.alias(input_column(position)));
            }
        }
        let names = names_of(&columns);
        let sees_piece_days = inputs.frames().sees_piece_days(table, input.is_by_day, days);
        if sees_piece_days {
            columns.push(col(PIECE_DAY_COLUMN));
        }
        let mut frame = frame.select(columns).during(STEP)?;
        let rule = inputs.frames().day_rule(table, days, sees_piece_days);
        if let Some(kept) = rule.kept {
            frame = frame.filter(kept).during(STEP)?;
        }
        let day = match rule.in_day {
            Some(in_day) => when(in_day, col(DAY)).end().during(STEP)?,
            None => col(DAY),
        };
        let others = names.iter().filter(|name| *name != DAY).map(col);
        let columns = [key_hash_of(target).alias(HASH), day.alias(DAY)].into_iter().chain(others);
        frame.select(columns.collect::<Vec<_>>()).during(STEP)
    }

    /// The targets of some days whose keys may be noted, as the join takes them.
    pub(super) fn targets(
        &self,
        ctx: &SessionContext,
        provider: Arc<dyn TableProvider>,
        (days, in_force): (Days, &InForce),
        noted: &Arc<BloomFilter>,
    ) -> Result<DataFrame, EtlError> {
        let Self { inputs, input, target, .. } = *self;
        let (table, source) = (&target.table, &target.source);
        let frame = inputs.frames().filtered(ctx, table, source, provider)?;
        let scope = Scope::new(ctx, table, &frame);
        let mut columns = self.matched_by(&scope, table, source, Side::Target)?;
        // The lookup's state in force on the target's day, whenever the event happened.
        let day = inputs.frames().day_of(source, time(&scope, table, source)?);
        columns.extend(inputs.frames().dimensions(&scope, &frame, in_force, &day)?);
        for dimension in 0..inputs.frames().n_dimensions() {
            let decider = inputs.enrichment().decider(dimension, &scope)?;
            // All targets that compete for an event have the same keys.
            if let Some((column, value)) = decider
                && !target.keys.iter().any(|key| key.is_column_of_target(column))
            {
                columns.push(value.alias(decider_column(dimension)));
            }
        }
        for position in
            (0..inputs.frames().measures().len()).filter(|position| target.gives[*position])
        {
            if let Some(value) = inputs.frames().input(&scope, position, input.name(), &frame)? {
                columns.push(value.alias(input_column(position)));
            }
        }
        let names = names_of(&columns);
        let sees_piece_days =
            inputs.frames().sees_piece_days(&target.table, target.is_by_day, days);
        if sees_piece_days {
            columns.push(col(PIECE_DAY_COLUMN));
        }
        let mut frame = frame.select(columns).during(STEP)?;
        if let Some(in_day) = inputs.frames().day_rule(&target.table, days, sees_piece_days).in_day
        {
            frame = frame.filter(in_day).during(STEP)?;
        }
        let columns = std::iter::once(key_hash_of(target).alias(HASH)).chain(names.iter().map(col));
        let frame = frame.select(columns.collect::<Vec<_>>()).during(STEP)?;
        frame.filter(may_be_noted(noted).call(vec![col(HASH)])).during(STEP)
    }

    /// Sets aside the bad rows of both sides; returns how many are newly found.
    pub(super) async fn set_aside(
        &self,
        events: &[Piece],
        targets: &[Piece],
    ) -> Result<usize, EtlError> {
        let Self { inputs, input, target, .. } = *self;
        let mut n_found = 0;
        // For all days: whether a row is bad does not depend on the day being read.
        if input.table.quarantines() {
            let plan = |ctx: &SessionContext, provider| self.events(ctx, provider, Days::All);
            n_found += input.table.set_aside(events, plan).await?;
        }
        if target.table.quarantines() {
            let noted = BloomFilter::for_about(0);
            let in_force = inputs.enrichment().none_in_force();
            let plan = |ctx: &SessionContext, provider| {
                self.targets(ctx, provider, (Days::All, &in_force), &noted)
            };
            n_found += target.table.set_aside(targets, plan).await?;
        }
        Ok(n_found)
    }

    /// The day, the instant and the keys of a side's events.
    fn matched_by(
        &self,
        scope: &Scope<'_>,
        table: &Table,
        source: &Source,
        side: Side,
    ) -> Result<Vec<Expr>, EtlError> {
        let time = time(scope, table, source)?;
        let mut columns = vec![
            self.inputs.frames().day_of(source, time.clone()).alias(DAY),
            self.inputs.frames().instant_of(source, time).alias(INSTANT),
        ];
        for (index, key) in self.target.keys.iter().enumerate() {
            columns.push(key.bind(side, scope)?.alias(key_column(index)));
        }
        Ok(columns)
    }
}

fn key_hash_of(target: &Target) -> Expr {
    key_hash().call((0..target.keys.len()).map(|index| col(key_column(index))).collect())
}

fn names_of(columns: &[Expr]) -> Vec<String> {
    columns.iter().map(|column| column.schema_name().to_string()).collect()
}

/// Passes rows through unchanged, noting their keys.
pub(super) fn noting(frame: DataFrame, noted: &Arc<BloomFilter>) -> Result<DataFrame, EtlError> {
    let names = frame.schema().fields().iter().map(|field| field.name().clone());
    let columns = names.map(|name| {
        let value = col(&name);
        if name == HASH { note_key(noted).call(vec![value]).alias(name) } else { value.alias(name) }
    });
    let columns: Vec<Expr> = columns.collect();
    frame.select(columns).during(STEP)
}

/// Rows written earlier, unchanged.
pub(super) fn reread(
    ctx: &SessionContext,
    provider: Arc<dyn TableProvider>,
) -> Result<DataFrame, EtlError> {
    let frame = ctx.read_table(provider).during(STEP)?;
    let names = frame.schema().fields().iter().map(|field| field.name().clone());
    // Without the table's name, which rows from files do not have.
    let columns: Vec<Expr> = names.map(|name| col(&name).alias(name)).collect();
    frame.select(columns).during(STEP)
}

/// The rows in this many parts, by the hash of their keys, each sorted by hash, keys, instant, and the columns that
/// break ties between targets of the same instant.
pub(super) async fn sorted(
    ctx: &SessionContext,
    frame: DataFrame,
    n_keys: usize,
    n_parts: usize,
) -> EngineResult<Vec<SendableRecordBatchStream>> {
    let rows = frame.create_physical_plan().await?;
    let schema = rows.schema();
    let column = |name: &str| -> EngineResult<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Column::new_with_schema(name, &schema)?))
    };
    let by_hash = Partitioning::Hash(vec![column(HASH)?], n_parts);
    let rows: Arc<dyn ExecutionPlan> = Arc::new(RepartitionExec::try_new(rows, by_hash)?);
    let order = order(&schema, n_keys);
    let order = order.iter().map(|name| Ok(PhysicalSortExpr::new(column(name)?, SORTED)));
    let order = LexOrdering::new(order.collect::<EngineResult<Vec<_>>>()?);
    let order = order.expect("there is the hash at least");
    let rows = SortExec::new(order, rows).with_preserve_partitioning(true);
    (0..n_parts).map(|part| rows.execute(part, ctx.task_ctx())).collect()
}

/// The join's order: ascending, nulls first.
pub(super) const SORTED: SortOptions = SortOptions { descending: false, nulls_first: true };

/// The columns that rows are sorted by.
fn order(schema: &SchemaRef, n_keys: usize) -> Vec<String> {
    let has = |name: &String| schema.column_with_name(name).is_some();
    let n_columns = schema.fields().len();
    let deciders = (0..n_columns).map(|dimension| {
        let decider = decider_column(dimension);
        if has(&decider) { decider } else { dimension_column(dimension) }
    });
    // For targets only: what measures take of an event breaks no ties.
    let is_target = has(&dimension_column(0));
    let inputs = schema.fields().iter().map(|field| field.name().clone());
    let inputs = inputs.filter(|name| is_target && is_input_column(name));
    std::iter::once(HASH.to_owned())
        .chain((0..n_keys).map(key_column))
        .chain([INSTANT.to_owned()])
        .chain(deciders.filter(has))
        .chain(inputs)
        .collect()
}

/// The columns that the join compares: hash and keys; instant; day.
pub(super) fn join_columns(schema: &Schema, n_keys: usize) -> (Vec<usize>, usize, usize) {
    let place = |name: &str| schema.index_of(name).expect("both sides are planned with it");
    let keys = std::iter::once(place(HASH)).chain((0..n_keys).map(|key| place(&key_column(key))));
    (keys.collect(), place(INSTANT), place(DAY))
}
