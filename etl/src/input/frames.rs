//! From a source's rows to the columns by which cells are grouped and measured.

use std::sync::Arc;

use clio_proto::{Measure, Model, Source, TimesAre};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{Expr, ExprSchemable, ScalarUDF, cast, col, lit, not, when};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::scalar::ScalarValue;

use super::sweep::Sweep;
use super::taken::taken;
use super::times::time;
use crate::config::Days;
use crate::epoch::number_of;
use crate::error::{During, EtlError, TableName};
use crate::functions::{Calendar, day_of, instant_of, is_utc};
use crate::input::enrich::{Enrichment, InForce};
use crate::input::source::{PIECE_DAY_COLUMN, Scope, Table};
use crate::measures::MeasureRules;

/// The column with the instant of an event that is matched with others.
pub(crate) const INSTANT: &str = "__at";
/// The column with the day of an event.
pub(crate) const DAY: &str = "__day";

pub(crate) fn dimension_column(index: usize) -> String {
    format!("__d{index}")
}

pub(crate) fn input_column(index: usize) -> String {
    format!("__m{index}")
}

pub(crate) fn is_input_column(column: &str) -> bool {
    column.starts_with("__m")
}

pub(crate) fn rows_column(source: usize) -> String {
    format!("__n{source}")
}

/// Which of a source's rows belong to the days of a sweep: conditions over [`DAY`] and the day of the row's piece.
///
/// An event is counted if its piece is of its own day (or a neighbouring day, where days are not those of UTC); in any
/// other piece the run of its day would not see it, so it is lost, and reported as such.
#[derive(Debug)]
pub(crate) struct DayRule {
    /// The row is counted; `None` counts all.
    pub(crate) in_day: Option<Expr>,
    /// The row is counted or lost in this sweep and no other; `None` keeps all.
    pub(crate) kept: Option<Expr>,
}

/// How rows of sources become the columns by which cells are grouped and measured: the same columns for each source, so
/// that their rows can be concatenated.
#[derive(Debug)]
pub(crate) struct Frames {
    /// The names of all sources that are read, in order.
    sources: Vec<String>,
    pub(super) enrichment: Enrichment,
    pub(super) measures: Vec<Measure>,
    /// The type that each dimension is grouped by: the type that all sources share, or else text. Empty until bound.
    pub(super) group_types: Vec<DataType>,
    /// How each measure is stored in cells. Empty until known.
    pub(super) rules: Vec<Arc<dyn MeasureRules>>,
    /// The functions for an event's day and instant, by how times without a zone are read.
    times: [(TimesAre, Arc<ScalarUDF>, Arc<ScalarUDF>); 2],
    is_utc: bool,
}

impl Frames {
    pub(super) fn new(model: &Model, sources: Vec<String>, enrichment: Enrichment) -> Self {
        Self {
            sources,
            enrichment,
            measures: model.stored_measures().cloned().collect(),
            group_types: Vec::new(),
            rules: Vec::new(),
            times: TimesAre::ALL.map(|times_are| {
                let calendar = Calendar::new(model, times_are);
                (times_are, Arc::new(day_of(&calendar)), Arc::new(instant_of(&calendar)))
            }),
            is_utc: is_utc(model.timezone_name()),
        }
    }

    pub(crate) fn n_dimensions(&self) -> usize {
        self.group_types.len()
    }

    /// The measures that cells hold, in the model's order.
    pub(crate) fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// The day of a source's event, from its time.
    pub(crate) fn day_of(&self, source: &Source, time: Expr) -> Expr {
        let [(first, of_first, _), (_, of_other, _)] = &self.times;
        let day_of = if source.times_are == *first { of_first } else { of_other };
        day_of.call(vec![time])
    }

    /// The instant of a source's event, from its time.
    pub(crate) fn instant_of(&self, source: &Source, time: Expr) -> Expr {
        let [(first, _, of_first), (_, _, of_other)] = &self.times;
        let instant_of = if source.times_are == *first { of_first } else { of_other };
        instant_of.call(vec![time])
    }

    /// A source's rows as day, dimensions, row marks of all sources, and inputs of all measures.
    pub(crate) fn events(
        &self,
        ctx: &SessionContext,
        (index, (table, source, is_by_day)): (usize, (&Table, &Source, bool)),
        provider: Arc<dyn TableProvider>,
        sweep: &Sweep,
        in_force: &InForce,
    ) -> Result<DataFrame, EtlError> {
        let frame = self.filtered(ctx, table, source, provider)?;
        let scope = Scope::new(ctx, table, &frame);
        let time = time(&scope, table, source)?;
        let day = self.day_of(source, time);
        let mut columns = vec![day.clone().alias(DAY)];
        columns.extend(self.dimensions(&scope, &frame, in_force, &day)?);
        for position in 0..self.measures.len() {
            if let Some(value) = self.input(&scope, position, &source.name, &frame)? {
                columns.push(value.alias(input_column(position)));
            }
        }
        let sees_piece_days = self.sees_piece_days(table, is_by_day, sweep.days);
        if sees_piece_days {
            columns.push(col(PIECE_DAY_COLUMN));
        }
        let frame = frame.select(columns).during("planning a roll-up")?;
        let rule = self.day_rule(table, sweep.days, sees_piece_days);
        let frame = match rule.kept {
            Some(kept) => frame.filter(kept).during("planning a roll-up")?,
            None => frame,
        };
        self.marked(frame, index, rule.in_day.as_ref())
    }

    /// Events that were already credited, in the form that [`events`](Self::events) returns.
    pub(crate) fn credited_events(
        &self,
        ctx: &SessionContext,
        index: usize,
        provider: Arc<dyn TableProvider>,
    ) -> Result<DataFrame, EtlError> {
        let frame = ctx.read_table(provider).during("planning a roll-up")?;
        self.marked(frame, index, None)
    }

    /// The model's key behind a column of a source's plan.
    pub(crate) fn key_of(&self, index: usize, column: &str) -> Option<String> {
        let at = |prefix: &str| column.strip_prefix(prefix)?.parse::<usize>().ok();
        if [DAY, INSTANT].contains(&column) {
            return Some(TableName::Source(self.sources[index].clone()).key("time"));
        }
        if let Some(measure) = at("__m").and_then(|at| self.measures.get(at)) {
            return Some(format!("measure.{}.of", measure.name));
        }
        at("__d").and_then(|at| self.enrichment.key(at)).map(str::to_owned)
    }

    /// The expressions that events are grouped by, each named by [`dimension_column`].
    pub(crate) fn dimensions(
        &self,
        scope: &Scope<'_>,
        frame: &DataFrame,
        in_force: &InForce,
        day: &Expr,
    ) -> Result<Vec<Expr>, EtlError> {
        let mut columns = Vec::new();
        for (dimension, group_type) in self.group_types.iter().enumerate() {
            let value = self.enrichment.bind(dimension, scope, in_force, day)?;
            let value = as_type(value, frame, group_type)?;
            columns.push(value.alias(dimension_column(dimension)));
        }
        Ok(columns)
    }

    /// Whether the day of a row's piece matters: not if only the pieces of the row's own day are read.
    pub(crate) fn sees_piece_days(&self, table: &Table, is_by_day: bool, days: Days) -> bool {
        is_by_day && !(self.is_utc && table.late_days() == 0 && days.is_one_day())
    }

    /// By how many days an event's own day may precede and follow that of its piece: pieces are cut in UTC, and events
    /// may be late.
    pub(crate) fn day_slack(&self, table: &Table) -> (i32, i32) {
        let slack = i32::from(!self.is_utc);
        (slack + table.late_days(), slack)
    }

    pub(crate) fn day_rule(&self, table: &Table, days: Days, sees_piece_days: bool) -> DayRule {
        let number = |column: &str| cast(col(column), DataType::Int32);
        let in_range = match days {
            Days::All | Days::OutOfDate => None,
            Days::Range(range) => Some((number_of(range.first()), number_of(range.last()))),
        };
        let is_within = |column: &str| {
            in_range.map(|(first, last)| number(column).between(lit(first), lit(last)))
        };
        let (before, after) = self.day_slack(table);
        let is_near = sees_piece_days.then(|| {
            let filed = number(PIECE_DAY_COLUMN);
            number(DAY).between(filed.clone() - lit(before), filed + lit(after))
        });
        let in_day = match (is_within(DAY), is_near.clone()) {
            (Some(is_within), Some(is_near)) => Some(is_within.and(is_near)),
            (one, other) => one.or(other),
        };
        let kept = match (&in_day, is_near, in_range) {
            // The rest are events of a day that is not requested, counted by that day's own run.
            (Some(in_day), Some(is_near), Some(_)) => {
                is_within(PIECE_DAY_COLUMN).map(|own| in_day.clone().or(own.and(not(is_near))))
            }
            _ => None,
        };
        DayRule { in_day, kept }
    }

    /// Keeps the inputs of cells for events of the requested days, and only the row mark for others.
    pub(crate) fn marked(
        &self,
        frame: DataFrame,
        index: usize,
        in_day: Option<&Expr>,
    ) -> Result<DataFrame, EtlError> {
        let only_in_day = |value: Expr| match in_day {
            None => Ok(value),
            Some(in_day) => when(in_day.clone(), value).end().during("planning a roll-up"),
        };
        let mut columns = vec![only_in_day(col(DAY))?.alias(DAY)];
        for dimension in 0..self.group_types.len() {
            let column = dimension_column(dimension);
            columns.push(only_in_day(col(&column))?.alias(column));
        }
        for source in 0..self.sources.len() {
            let mark = if source == index { lit(1_i64) } else { lit(ScalarValue::Int64(None)) };
            columns.push(mark.alias(rows_column(source)));
        }
        for (position, measure) in self.measures.iter().enumerate() {
            let column = input_column(position);
            let Some(data_type) = self.rules[position].input_type() else { continue };
            let is_own = measure.kind.source() == Some(self.sources[index].as_str());
            let value = if is_own {
                only_in_day(col(&column))?
            } else {
                cast(lit(ScalarValue::Null), data_type)
            };
            columns.push(value.alias(column));
        }
        frame.select(columns).during("planning a roll-up")
    }

    /// What a measure takes from a source's row; `None` if nothing.
    pub(crate) fn input(
        &self,
        scope: &Scope<'_>,
        position: usize,
        source: &str,
        frame: &DataFrame,
    ) -> Result<Option<Expr>, EtlError> {
        let measure = &self.measures[position];
        if measure.kind.source() != Some(source) {
            return Ok(None);
        }
        taken(measure, self.rules[position].as_ref(), scope, frame)
    }

    /// What a sum takes from a row of its source, as the decimal that it is summed in; for a quantile measure, as a
    /// double.
    pub(crate) fn summand(
        &self,
        scope: &Scope<'_>,
        position: usize,
        frame: &DataFrame,
    ) -> Result<Option<Expr>, EtlError> {
        let measure = &self.measures[position];
        let source = measure.kind.source().unwrap_or_default();
        self.input(scope, position, source, frame)
    }

    /// The day of an event, for a recount: by the engine's own cast where that is equivalent.
    pub(crate) fn recounted_day(&self, source: &Source, time: Expr, found: &DataType) -> Expr {
        let is_as_written = self.is_utc || source.times_are == TimesAre::Local;
        match found {
            DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64 if is_as_written => {
                cast(time, DataType::Date32)
            }
            _ => self.day_of(source, time),
        }
    }

    /// A source's rows with computed columns that satisfy its predicate.
    pub(crate) fn filtered(
        &self,
        ctx: &SessionContext,
        table: &Table,
        source: &Source,
        provider: Arc<dyn TableProvider>,
    ) -> Result<DataFrame, EtlError> {
        let frame = table.frame(ctx, provider)?;
        let Some(predicate) = &source.predicate else { return Ok(frame) };
        let scope = Scope::new(ctx, table, &frame);
        let predicate = scope.predicate(&table.name.key("where"), predicate)?;
        frame.filter(predicate).during("planning a roll-up")
    }
}

fn as_type(value: Expr, frame: &DataFrame, wanted: &DataType) -> Result<Expr, EtlError> {
    let found = value.get_type(frame.schema()).during("binding a dimension")?;
    if found == *wanted {
        return Ok(value);
    }
    // Only strings have a view: anything else is converted to a string first.
    let text = if found.is_string() { value } else { cast(value, DataType::Utf8) };
    Ok(cast(text, wanted.clone()))
}
