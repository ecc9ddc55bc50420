//! From a source's rows to the columns that cells are grouped and measured by.

use std::sync::Arc;

use clio_proto::{Measure, MeasureKind, SqlColumn};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{Expr, ExprSchemable, cast, col, lit, not, when};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::scalar::ScalarValue;

use super::inputs::{Input, Inputs, Selection};
use super::number_of;
use crate::cells::Held;
use crate::config::Days;
use crate::error::{During, EtlError};
use crate::functions::{hash_of, ready_made};
use crate::source::{FOLDER_DAY_COLUMN, Scope, SourceFile};

/// The column with the day of an event.
pub(super) const DAY: &str = "__day";
/// The type that whole numbers are summed in.
const WHOLE: DataType = DataType::Decimal128(20, 0);
/// The type that other numbers are summed in: nineteen digits before the point, nine behind it.
const FRACTION: DataType = DataType::Decimal128(28, 9);

pub(super) fn dimension_column(index: usize) -> String {
    format!("__d{index}")
}

pub(super) fn input_column(index: usize) -> String {
    format!("__m{index}")
}

pub(super) fn rows_column(source: usize) -> String {
    format!("__n{source}")
}

impl Inputs {
    pub(super) fn provider(&self, index: usize, files: Vec<SourceFile>) -> Arc<dyn TableProvider> {
        self.sources[index].table.provider(files, self.n_threads)
    }

    /// A source's rows as day, dimensions, row marks of all sources, and inputs of all measures.
    pub(super) fn events(
        &self,
        ctx: &SessionContext,
        index: usize,
        provider: Arc<dyn TableProvider>,
        selection: &Selection,
    ) -> Result<DataFrame, EtlError> {
        let input = &self.sources[index];
        let frame = self.filtered(ctx, index, provider)?;
        let scope = Scope::new(ctx, &input.table, &frame);
        let time_key = input.table.name.key("time");
        let time = scope.bind(&time_key, &input.source.time)?;
        let time_type = scope.type_of(&time_key, &input.source.time.0, &time)?;
        if !is_time(&time_type) {
            return Err(scope.wrong_type(
                &time_key,
                &input.source.time.0,
                &time_type,
                "make it a timestamp, for instance with `to_timestamp_seconds(…)`",
            ));
        }
        let mut columns = vec![self.day_of.call(vec![time]).alias(DAY)];
        for (dimension, group_type) in self.group_types.iter().enumerate() {
            let value = self.enrichment.bind(dimension, &scope)?;
            let value = as_type(value, &frame, group_type)?;
            columns.push(value.alias(dimension_column(dimension)));
        }
        for (position, measure) in self.measures.iter().enumerate() {
            if let Some(value) = self.input(&scope, position, measure, input.name(), &frame)? {
                columns.push(value.alias(input_column(position)));
            }
        }
        let sees_folders = input.has_folders && !(self.is_utc && selection.is_one_day());
        if sees_folders {
            columns.push(col(FOLDER_DAY_COLUMN));
        }
        let frame = frame.select(columns).during("planning a roll-up")?;
        self.in_day(frame, index, selection, sees_folders)
    }

    /// Keeps what cells are made of for events of the days, and the mere mark of a row for others.
    ///
    /// In a folder of the day itself (of a neighbour, where days are not those of UTC) an event is
    /// counted; in any other no run of its day would see it, so it is lost here, and said to be.
    fn in_day(
        &self,
        mut frame: DataFrame,
        index: usize,
        selection: &Selection,
        sees_folders: bool,
    ) -> Result<DataFrame, EtlError> {
        let number = |column: &str| cast(col(column), DataType::Int32);
        let in_range = match selection.days {
            Days::All | Days::OutOfDate => None,
            Days::Range(range) => Some((number_of(range.first()), number_of(range.last()))),
        };
        let is_within = |column: &str| {
            in_range.map(|(first, last)| number(column).between(lit(first), lit(last)))
        };
        let slack = lit(i32::from(!self.is_utc));
        let is_near = sees_folders.then(|| {
            let folder = number(FOLDER_DAY_COLUMN);
            number(DAY).between(folder.clone() - slack.clone(), folder + slack)
        });
        let is_in_day = match (is_within(DAY), is_near.clone()) {
            (Some(is_within), Some(is_near)) => Some(is_within.and(is_near)),
            (one, other) => one.or(other),
        };
        if let (Some(is_in_day), Some(is_near), Some(is_own_folder)) =
            (&is_in_day, is_near, is_within(FOLDER_DAY_COLUMN))
        {
            // The rest are events of a day that is not asked for, which its own run counts.
            let kept = is_in_day.clone().or(is_own_folder.and(not(is_near)));
            frame = frame.filter(kept).during("planning a roll-up")?;
        }
        let only_in_day = |value: Expr| match &is_in_day {
            None => Ok(value),
            Some(is_in_day) => when(is_in_day.clone(), value).end().during("planning a roll-up"),
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
            let data_type = match self.held[position] {
                Held::Count => continue,
                Held::WholeSum => WHOLE,
                Held::FloatSum => FRACTION,
                Held::Sketch(..) if self.is_from_sketch(position) => DataType::LargeBinary,
                Held::Sketch(..) => DataType::UInt64,
            };
            let is_own = measure.kind.source() == Some(self.sources[index].name());
            let value = if is_own {
                only_in_day(col(&column))?
            } else {
                cast(lit(ScalarValue::Null), data_type)
            };
            columns.push(value.alias(column));
        }
        frame.select(columns).during("planning a roll-up")
    }

    /// What a measure takes of a source's row; `None` where it takes nothing.
    fn input(
        &self,
        scope: &Scope<'_>,
        position: usize,
        measure: &Measure,
        source: &str,
        frame: &DataFrame,
    ) -> Result<Option<Expr>, EtlError> {
        let key = format!("measure.{}.of", measure.name);
        Ok(match &measure.kind {
            MeasureKind::Sum { source: own, of } if own == source => {
                let value = scope.bind(&key, of)?;
                let sum_type = if self.held[position] == Held::FloatSum { FRACTION } else { WHOLE };
                Some(as_number(scope, &key, of, value, frame, &sum_type)?)
            }
            MeasureKind::Distinct { source: own, of, family, precision, from_sketch: true }
                if own == source =>
            {
                let [column] = of.as_slice() else {
                    unreachable!("a checked model has one column of sketches")
                };
                let value = scope.bind(&key, column)?;
                let found = scope.type_of(&key, &column.0, &value)?;
                if !found.is_binary() && !found.is_null() {
                    let mend = "ready-made sketches are a binary column";
                    return Err(scope.wrong_type(&key, &column.0, &found, mend));
                }
                let bytes = cast(value, DataType::LargeBinary);
                Some(ready_made(&measure.name, *family, *precision).call(vec![bytes]))
            }
            MeasureKind::Distinct { source: own, of, family, .. } if own == source => {
                let parts =
                    of.iter().map(|part| scope.bind(&key, part)).collect::<Result<Vec<_>, _>>()?;
                Some(hash_of(*family).call(parts))
            }
            _ => None,
        })
    }

    /// Whether a measure unites ready-made sketches.
    fn is_from_sketch(&self, position: usize) -> bool {
        matches!(self.measures[position].kind, MeasureKind::Distinct { from_sketch: true, .. })
    }

    /// A source's rows with computed columns, of which its predicate holds.
    pub(super) fn filtered(
        &self,
        ctx: &SessionContext,
        index: usize,
        provider: Arc<dyn TableProvider>,
    ) -> Result<DataFrame, EtlError> {
        let Input { table, source, .. } = &self.sources[index];
        let frame = table.frame(ctx, provider)?;
        let Some(predicate) = &source.predicate else { return Ok(frame) };
        let scope = Scope::new(ctx, table, &frame);
        let predicate = scope.predicate(&table.name.key("where"), predicate)?;
        frame.filter(predicate).during("planning a roll-up")
    }
}

/// Whether `clio_day` takes it.
fn is_time(found: &DataType) -> bool {
    match found {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Null => true,
        DataType::Dictionary(_, value) => is_time(value),
        other => other.is_string(),
    }
}

fn as_type(value: Expr, frame: &DataFrame, wanted: &DataType) -> Result<Expr, EtlError> {
    let found = value.get_type(frame.schema()).during("binding a dimension")?;
    if found == *wanted {
        return Ok(value);
    }
    // Only texts have a view: anything else becomes a text first.
    let text = if found.is_string() { value } else { cast(value, DataType::Utf8) };
    Ok(cast(text, wanted.clone()))
}

/// A value as the decimal that it is summed in; a text has to be a number.
fn as_number(
    scope: &Scope<'_>,
    key: &str,
    of: &SqlColumn,
    value: Expr,
    frame: &DataFrame,
    sum_type: &DataType,
) -> Result<Expr, EtlError> {
    let found = value.get_type(frame.schema()).during("binding a measure")?;
    let is_whole = *sum_type == WHOLE;
    Ok(match found {
        found if found.is_string() && is_whole => cast(cast(value, DataType::Int64), WHOLE),
        found if found.is_string() => cast(cast(value, DataType::Float64), FRACTION),
        DataType::Boolean => cast(cast(value, DataType::Int64), sum_type.clone()),
        found if found.is_numeric() || found.is_null() => cast(value, sum_type.clone()),
        found => return Err(scope.wrong_type(key, &of.0, &found, "a sum takes numbers")),
    })
}
