//! The events of a day as views for SQL: dimensions joined from lookups, nothing grouped.

use std::sync::Arc;

use clio_proto::{AsOf, Dimension, DimensionColumn, Measure, MeasureKind, Model, SqlColumn};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{Expr, ExprSchemable, cast, col, lit, try_cast, when};
use datafusion::prelude::{DataFrame, SessionContext};
use jiff::civil::Date;
use url::Url;

use super::place::{BEHIND_DIMENSION, BETWEEN_MEMBERS, HAS_EMPTY, NULL};
use crate::config::Days;
use crate::engine::explained;
use crate::engine::spilled::Spilled;
use crate::epoch::number_of;
use crate::error::{During, EtlError, TableName};
use crate::functions::{Calendar, day_of, is_utc};
use crate::input::inputs::Inputs;
use crate::input::source::{PIECE_DAY_COLUMN, Piece, Scope, Table};
use crate::input::sweep::Sweep;
use crate::input::times::time;

pub(super) const STEP: &str = "recounting a day";

/// The views.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) views: Vec<View>,
    /// Whether a dimension holds sets, each a list in the view.
    pub(super) is_multi: Vec<bool>,
    not_compared: Vec<String>,
}

/// The events of one source, with the columns `dI` of dimensions, `cell` (their key), and for its measures `mJ`
/// (what is summed, or ordered) and `vJ_P` (what is counted as distinct).
#[derive(Debug)]
pub(super) struct View {
    pub(super) name: String,
    /// The source's measures that can be recounted, by their index.
    pub(super) measures: Vec<(usize, Recount)>,
}

/// How a measure is recounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recount {
    Count,
    Sum,
    /// With this many columns together.
    Distinct(usize),
    /// By its values in order.
    Quantiles,
}

impl Facts {
    pub(super) async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        inputs: &Inputs,
        sweep: Sweep,
    ) -> Result<Self, EtlError> {
        let mut lookups = Vec::new();
        for (index, dimension) in model.dimensions().iter().enumerate() {
            lookups.push(LookupView::open(ctx, model, base, sweep, (index, dimension)).await?);
        }
        let mut facts = Self {
            views: Vec::new(),
            is_multi: model.dimensions().iter().map(|dimension| dimension.multi).collect(),
            not_compared: Vec::new(),
        };
        for (source, input) in inputs.sources().iter().enumerate() {
            let events = Events { ctx, model, inputs, source, lookups: &lookups };
            let not_compared = &mut facts.not_compared;
            let measures = match &input.target {
                None => events.register(sweep, not_compared).await?,
                Some(target) => {
                    Box::pin(events.register_credited(target, sweep, not_compared)).await?
                }
            };
            if measures.is_empty() {
                continue;
            }
            let name = format!("facts_{source}");
            let sql = facts_sql(source, model.dimensions(), &measures, &lookups);
            let frame = ctx.sql(&sql).await.during(STEP)?;
            ctx.register_table(&name, frame.into_view()).during(STEP)?;
            facts.views.push(View { name, measures });
        }
        Ok(facts)
    }

    /// What cannot be recounted, and why.
    pub(super) fn not_compared(&self) -> &[String] {
        &self.not_compared
    }
}

/// A lookup that gives a dimension its values.
#[derive(Debug, Clone, Copy)]
struct LookupView {
    has_int_keys: bool,
}

impl LookupView {
    /// Registers `lookup_I` with the columns `key` and `value` (a list of strings for a dimension with sets).
    async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        sweep: Sweep,
        (index, dimension): (usize, &Dimension),
    ) -> Result<Option<Self>, EtlError> {
        let DimensionColumn::Lookup { lookup, column, .. } = &dimension.column else {
            return Ok(None);
        };
        let lookup = model.lookup(lookup).expect("a model's references resolve");
        let name = TableName::Lookup(lookup.name.clone());
        let table = Table::open(ctx, name.clone(), &lookup.files, base, None).await?;
        let mut files = table.pieces().to_vec();
        let day = sweep.days.first();
        if lookup.as_of == Some(AsOf::Folders) {
            // A state is in force from its day on; the newest such state applies.
            let is_later = |file: &Piece| day.is_some_and(|day| file.day() > Some(day));
            files.retain(|file| !is_later(file));
            let newest = files.iter().filter_map(|file| file.day()).max();
            files.retain(|file| file.day() == newest);
        }
        let mut frame = table.frame(ctx, table.recounted(files, 1))?;
        if let (Some(AsOf::Rows { valid_from, valid_to }), Some(day)) = (&lookup.as_of, day) {
            frame = in_force(ctx, model, &table, frame, (valid_from, valid_to.as_ref()), day)?;
        }
        let scope = Scope::new(ctx, &table, &frame);
        let key_at = name.key("key");
        let key = scope.bind(&key_at, &lookup.key)?;
        let value_at = format!("dimension.{}.column", dimension.name);
        let value = scope.bind(&value_at, column)?;
        let key_type = scope.type_of(&key_at, &lookup.key.0, &key)?;
        let is_list = is_list(&scope.type_of(&value_at, &column.0, &value)?);
        // Joined as in a run: integers as such, anything else as text.
        let has_int_keys = key_type.is_integer() && key_type != DataType::UInt64;
        let key = if has_int_keys { cast(key, DataType::Int64) } else { cast(key, DataType::Utf8) };
        let rows = frame.select(vec![key.alias("key"), value.alias("value")]).during(STEP)?;
        ctx.register_table(format!("rows_{index}"), rows.into_view()).during(STEP)?;
        let one_by_one = if is_list {
            format!("SELECT key, unnest(value) AS value FROM rows_{index}")
        } else {
            format!("SELECT key, value FROM rows_{index}")
        };
        let texts = format!(
            "SELECT key, CAST(value AS VARCHAR) AS value FROM ({one_by_one}) AS one_by_one"
        );
        let sql = if dimension.multi {
            format!(
                "SELECT key, array_sort(array_agg(DISTINCT value)) AS value FROM ({texts}) AS texts \
                 WHERE value IS NOT NULL GROUP BY key"
            )
        } else {
            format!("SELECT key, first_value(value) AS value FROM ({texts}) AS texts GROUP BY key")
        };
        let frame = ctx.sql(&sql).await.during(STEP)?;
        let frame = frame.cache().await.map_err(|error| explained(STEP, error))?;
        ctx.register_table(format!("lookup_{index}"), frame.into_view()).during(STEP)?;
        Ok(Some(Self { has_int_keys }))
    }
}

/// The rows in force on a day: from the day of their beginning until before that of their end.
#[expect(clippy::needless_pass_by_value, reason = "the rows go on as the answer")]
fn in_force(
    ctx: &SessionContext,
    model: &Model,
    table: &Table,
    frame: DataFrame,
    (begins, ends): (&SqlColumn, Option<&SqlColumn>),
    day: Date,
) -> Result<DataFrame, EtlError> {
    let scope = Scope::new(ctx, table, &frame);
    let day_or = |key: &str, column: &SqlColumn, or: i32| {
        let time = scope.bind(&table.name.key(key), column)?;
        let found = time.get_type(frame.schema()).during(STEP)?;
        // A day long before or after all others stands in for a missing time.
        let or = cast(lit(or), DataType::Date32);
        let has_time = time.clone().is_not_null();
        let day = match found {
            DataType::Timestamp(_, None) | DataType::Date32 if is_utc(model.timezone_name()) => {
                cast(time, DataType::Date32)
            }
            _ => day_of(&Calendar::of_lookups(model)).call(vec![time]),
        };
        when(has_time, day).otherwise(or).during(STEP)
    };
    let wanted = cast(lit(number_of(day)), DataType::Date32);
    let mut rows =
        frame.clone().filter(day_or("valid_from", begins, i32::MAX)?.lt_eq(wanted.clone()));
    if let Some(ends) = ends {
        let is_open = day_or("valid_to", ends, i32::MAX)?.gt(wanted);
        rows = rows.and_then(|rows| rows.filter(is_open));
    }
    rows.during(STEP)
}

fn is_list(found: &DataType) -> bool {
    matches!(found, DataType::List(_) | DataType::LargeList(_))
}

/// What a measure takes from an event.
pub(super) struct Taken {
    pub(super) how: Recount,
    pub(super) columns: Vec<(String, Expr)>,
}

/// The events of one source.
pub(super) struct Events<'a> {
    pub(super) ctx: &'a SessionContext,
    pub(super) model: &'a Model,
    pub(super) inputs: &'a Inputs,
    pub(super) source: usize,
    lookups: &'a [Option<LookupView>],
}

impl Events<'_> {
    /// Registers `events_S`: the day's rows, with `rI` as each dimension's column or key, and measures' columns.
    async fn register(
        &self,
        sweep: Sweep,
        not_compared: &mut Vec<String>,
    ) -> Result<Vec<(usize, Recount)>, EtlError> {
        let input = &self.inputs.sources()[self.source];
        let files = self.inputs.inventory().pieces(self.source, &sweep);
        let provider = input.table.recounted(files, self.inputs.n_threads);
        let frame =
            self.inputs.frames().filtered(self.ctx, &input.table, &input.source, provider)?;
        let frame = self.of_day(frame, sweep)?;
        let scope = Scope::new(self.ctx, &input.table, &frame);
        let mut columns = Vec::new();
        for (index, dimension) in self.model.dimensions().iter().enumerate() {
            let (value, _) = self.dimension_and_decider(&scope, index, dimension)?;
            columns.push(value.alias(format!("r{index}")));
        }
        let mut measures = Vec::new();
        for (index, measure) in self.model.stored_measures().enumerate() {
            if !self.is_own(measure) {
                continue;
            }
            if let Some(recount) = self.measure(&scope, &frame, index, measure, not_compared)? {
                columns.extend(recount.columns.into_iter().map(|(name, value)| value.alias(name)));
                measures.push((index, recount.how));
            }
        }
        // A column that always exists, in case nothing else is read.
        columns.push(lit(1_i64).alias("one"));
        let rows = self.read(frame.select(columns).during(STEP)?).await?;
        self.ctx.register_table(format!("events_{}", self.source), rows).during(STEP)?;
        Ok(measures)
    }

    /// Reads events once, into a temporary file: every question scans them, and the second reader is slow.
    pub(super) async fn read(&self, events: DataFrame) -> Result<Arc<dyn TableProvider>, EtlError> {
        let read = async { Spilled::of(self.ctx, events.execute_stream().await?).await };
        read.await.map_err(|error| explained(STEP, error))
    }

    /// Whether a measure is taken from the source.
    pub(super) fn is_own(&self, measure: &Measure) -> bool {
        measure.kind.source() == Some(self.inputs.sources()[self.source].name())
    }

    /// What a measure takes from an event, as columns; `None` if it cannot be recounted.
    pub(super) fn measure(
        &self,
        scope: &Scope<'_>,
        frame: &DataFrame,
        index: usize,
        measure: &Measure,
        not_compared: &mut Vec<String>,
    ) -> Result<Option<Taken>, EtlError> {
        let (mut columns, key) = (Vec::new(), format!("measure.{}.of", measure.name));
        let how = match &measure.kind {
            MeasureKind::Count { .. } => Recount::Count,
            MeasureKind::Sum { .. } => {
                let Some(value) = self.inputs.frames().summand(scope, index, frame)? else {
                    return Ok(None);
                };
                columns.push((format!("m{index}"), value));
                Recount::Sum
            }
            MeasureKind::Quantile { .. } => {
                let Some(value) = self.inputs.frames().summand(scope, index, frame)? else {
                    return Ok(None);
                };
                columns.push((format!("m{index}"), value));
                Recount::Quantiles
            }
            MeasureKind::Distinct { from_sketch: true, .. } => {
                not_compared.push(format!(
                    "`{}`: its rows carry ready-made sketches, and what was counted is not in them",
                    measure.name
                ));
                return Ok(None);
            }
            MeasureKind::Distinct { of, .. } => {
                for (part, column) in of.iter().enumerate() {
                    columns.push((format!("v{index}_{part}"), scope.bind(&key, column)?));
                }
                Recount::Distinct(of.len())
            }
            MeasureKind::Derived { .. } => return Ok(None),
        };
        Ok(Some(Taken { how, columns }))
    }

    /// Keeps the events of the day.
    fn of_day(&self, frame: DataFrame, sweep: Sweep) -> Result<DataFrame, EtlError> {
        let Days::Range(range) = sweep.days else { return Ok(frame) };
        let input = &self.inputs.sources()[self.source];
        let scope = Scope::new(self.ctx, &input.table, &frame);
        let time = time(&scope, &input.table, &input.source)?;
        let found = time.get_type(frame.schema()).during(STEP)?;
        let day = self.inputs.frames().recounted_day(&input.source, time, &found);
        let wanted = lit(number_of(range.first()));
        let is_of_day = cast(day, DataType::Int32).eq(wanted.clone());
        if !input.is_by_day {
            return frame.filter(is_of_day).during(STEP);
        }
        // An event in a folder too far away is ignored: the run of its day does not see it.
        let (before, after) = self.inputs.frames().day_slack(&input.table);
        let folder = cast(col(PIECE_DAY_COLUMN), DataType::Int32);
        let is_near = wanted.between(folder.clone() - lit(before), folder + lit(after));
        frame.filter(is_of_day.and(is_near)).during(STEP)
    }

    /// A dimension's column or key: as it breaks ties, and as the event has it.
    pub(super) fn dimension_and_decider(
        &self,
        scope: &Scope<'_>,
        index: usize,
        dimension: &Dimension,
    ) -> Result<(Expr, Expr), EtlError> {
        let (key, column) = match &dimension.column {
            DimensionColumn::Event(column) => ("column", column),
            DimensionColumn::Lookup { on, .. } => ("on", on),
        };
        let key = format!("dimension.{}.{key}", dimension.name);
        let own = scope.bind(&key, column)?;
        let found = scope.type_of(&key, &column.0, &own)?;
        let value = own.clone();
        let value = match self.lookups[index] {
            // A key that is not a number is not one of the lookup's.
            Some(LookupView { has_int_keys: true }) => try_cast(value, DataType::Int64),
            None if is_list(&found) => cast(value, DataType::new_list(DataType::Utf8, true)),
            Some(_) | None => cast(value, DataType::Utf8),
        };
        Ok((value, own))
    }
}

/// The events with each dimension's value, and the cell that they belong to.
fn facts_sql(
    source: usize,
    dimensions: &[Dimension],
    measures: &[(usize, Recount)],
    lookups: &[Option<LookupView>],
) -> String {
    let code = |character: char| format!("chr({})", u32::from(character));
    let (mut columns, mut cell) = (Vec::new(), Vec::new());
    let mut from = format!("events_{source} AS e");
    for (index, dimension) in dimensions.iter().enumerate() {
        let value = if lookups[index].is_some() {
            // The lookup is on the left: it is held in memory, and the events stream past it.
            from = format!(
                "lookup_{index} AS l{index} RIGHT JOIN ({from}) ON l{index}.key = e.r{index}"
            );
            format!("l{index}.value")
        } else if dimension.multi {
            format!("array_sort(array_distinct(e.r{index}))")
        } else {
            format!("e.r{index}")
        };
        columns.push(format!("{value} AS d{index}"));
        cell.push(if dimension.multi {
            format!(
                "coalesce(array_to_string({value}, {}), '') || CASE WHEN array_has({value}, '') THEN {} \
                 ELSE '' END || {}",
                code(BETWEEN_MEMBERS),
                code(HAS_EMPTY),
                code(BEHIND_DIMENSION)
            )
        } else {
            format!("coalesce({value}, {}) || {}", code(NULL), code(BEHIND_DIMENSION))
        });
    }
    columns.push(format!("{} AS cell", cell.join(" || ")));
    for (index, recount) in measures {
        match recount {
            Recount::Count => {}
            Recount::Sum | Recount::Quantiles => columns.push(format!("e.m{index}")),
            Recount::Distinct(n_parts) => {
                columns.extend((0..*n_parts).map(|part| format!("e.v{index}_{part}")));
            }
        }
    }
    format!("SELECT {} FROM {from}", columns.join(", "))
}
