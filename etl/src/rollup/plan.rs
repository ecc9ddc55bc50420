//! From a source's rows to the columns that cells are grouped and measured by.

use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{DayRange, Measure, MeasureKind, Model, Source, SqlColumn};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{Expr, ExprSchemable, ScalarUDF, cast, col, lit, when};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::scalar::ScalarValue;
use jiff::Span;
use jiff::civil::Date;
use url::Url;

use super::number_of;
use crate::cells::{CellShape, Held};
use crate::config::Days;
use crate::enrich::Enrichment;
use crate::error::{During, EtlError, TableName};
use crate::functions::{day_of, hash_of, is_utc};
use crate::source::{FOLDER_COLUMN, FolderDays, Scope, SourceFile, Table};

/// The column with the day of an event.
pub(super) const DAY: &str = "__day";
/// The type that whole numbers are summed in.
const WHOLE: DataType = DataType::Decimal128(20, 0);
/// The type that other numbers are summed in: nineteen digits before the point, nine behind it.
const FRACTION: DataType = DataType::Decimal128(28, 9);
/// How many rows of a text column tell whether its numbers are whole.
const N_SAMPLE_ROWS: usize = 10_000;

pub(super) fn dimension_column(index: usize) -> String {
    format!("__d{index}")
}

pub(super) fn input_column(index: usize) -> String {
    format!("__m{index}")
}

pub(super) fn rows_column(source: usize) -> String {
    format!("__n{source}")
}

/// Which days a pass over the events makes cells of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection {
    pub(crate) days: Days,
}

/// The sources of a run, opened, with their expressions bound once to see that they hold.
#[derive(Debug)]
pub(crate) struct Inputs {
    sources: Vec<Input>,
    enrichment: Enrichment,
    measures: Vec<Measure>,
    /// The type that each dimension is grouped by: that of all sources, else text.
    group_types: Vec<DataType>,
    held: Vec<Held>,
    day_of: Arc<ScalarUDF>,
    is_utc: bool,
    n_threads: usize,
}

/// One opened source.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) table: Table,
    source: Source,
    has_folders: bool,
}

impl Input {
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    /// Every file lies in a `dt=` folder, so that one day can be read without the others.
    pub(crate) fn has_folders(&self) -> bool {
        self.has_folders
    }
}

impl Inputs {
    /// Opens the sources that measures are taken of.
    pub(crate) async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        n_threads: usize,
        days: Days,
        known_float_sums: &[String],
    ) -> Result<(Self, CellShape), EtlError> {
        let zone = model.timezone_name();
        let folder_days = folder_days(days, is_utc(zone));
        let mut sources = Vec::new();
        for source in model.sources() {
            let is_measured =
                model.stored_measures().any(|m| m.kind.source() == Some(&source.name));
            if is_measured {
                sources.push(Input::open(ctx, base, source, folder_days.clone()).await?);
            }
        }
        let enrichment = Enrichment::open(ctx, model, base).await?;
        let mut inputs = Self {
            sources,
            enrichment,
            measures: model.stored_measures().cloned().collect(),
            group_types: Vec::new(),
            held: Vec::new(),
            day_of: Arc::new(day_of(model.timezone(), zone)),
            is_utc: is_utc(zone),
            n_threads: n_threads.max(1),
        };
        inputs.group_types = inputs.bind_dimensions(ctx, model)?;
        let float_sums = inputs.float_sums(ctx, known_float_sums).await?;
        let shape = CellShape::new(model, &float_sums);
        inputs.held = shape.measures.iter().map(|measure| measure.held).collect();
        inputs.bind_all(ctx)?;
        Ok((inputs, shape))
    }

    pub(crate) fn sources(&self) -> &[Input] {
        &self.sources
    }

    /// The passes over the events: one a day where every file lies in the folder of its day, else one.
    pub(crate) fn selections(&self, days: Days) -> Vec<Selection> {
        if !self.sources.iter().all(Input::has_folders) {
            return vec![Selection { days }];
        }
        let slack: &[i32] = if self.is_utc { &[0] } else { &[-1, 0, 1] };
        let folders = self.sources.iter().flat_map(|source| source.table.files());
        let found: BTreeSet<Date> = folders
            .filter_map(|file| file.folder_day)
            .flat_map(|day| slack.iter().map(move |n| day.saturating_add(Span::new().days(*n))))
            .filter(|day| days.contains(*day))
            .collect();
        let one_day = |day| DayRange::try_new(day, day).map(Days::Range);
        found.into_iter().filter_map(one_day).map(|days| Selection { days }).collect()
    }

    /// Whether there is any file to read.
    pub(crate) fn has_files(&self) -> bool {
        self.sources.iter().any(|source| !source.table.files().is_empty())
    }

    /// The sources with their addresses, for messages.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let address = |input: &Input| format!("{} at {}", input.table.name, input.table.url);
        self.sources.iter().map(address).collect()
    }

    pub(crate) fn enrichment(&self) -> &Enrichment {
        &self.enrichment
    }

    pub(super) fn source_index(&self, name: &str) -> usize {
        self.sources.iter().position(|source| source.name() == name).unwrap_or_default()
    }

    /// The files of a source that may hold events of the days.
    pub(super) fn files(&self, index: usize, selection: &Selection) -> Vec<SourceFile> {
        let folders = folder_days(selection.days, self.is_utc);
        let is_near = |file: &&SourceFile| match (file.folder_day, &folders) {
            (Some(day), Some(folders)) => folders.contains(&day),
            _ => true,
        };
        self.sources[index].table.files().iter().filter(is_near).cloned().collect()
    }

    pub(super) fn provider(
        &self,
        _ctx: &SessionContext,
        index: usize,
        files: Vec<SourceFile>,
    ) -> Arc<dyn TableProvider> {
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
        let scope = Scope::new(ctx, &input.table.name, &frame);
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
        let slack = input.has_folders && !self.is_utc;
        if slack {
            columns.push(
                scope.bind(&time_key, &SqlColumn(FOLDER_COLUMN.to_owned()))?.alias("__folder"),
            );
        }
        let frame = frame.select(columns).during("planning a roll-up")?;
        self.in_day(frame, index, selection, slack)
    }

    /// Keeps what cells are made of for events of the days, and the mere mark of a row for others.
    fn in_day(
        &self,
        mut frame: DataFrame,
        index: usize,
        selection: &Selection,
        slack: bool,
    ) -> Result<DataFrame, EtlError> {
        let is_in_day = match selection.days {
            Days::All => None,
            Days::Range(range) => {
                Some(col(DAY).between(day_lit(range.first()), day_lit(range.last())))
            }
        };
        if slack && let Some(is_in_day) = &is_in_day {
            // A neighbouring folder's events are that day's, unless no day's run would see them.
            let folder = cast(cast(col("__folder"), DataType::Date32), DataType::Int32);
            let distance = cast(col(DAY), DataType::Int32) - folder.clone();
            let is_lost = distance.clone().gt(lit(1)).or(distance.lt(lit(-1)));
            let Days::Range(range) = selection.days else { unreachable!("all days have no range") };
            let is_own_folder =
                folder.between(lit(number_of(range.first())), lit(number_of(range.last())));
            let kept = is_in_day.clone().or(is_own_folder.and(is_lost));
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
            MeasureKind::Distinct { source: own, of, .. } if own == source => {
                let parts =
                    of.iter().map(|part| scope.bind(&key, part)).collect::<Result<Vec<_>, _>>()?;
                Some(hash_of().call(parts))
            }
            _ => None,
        })
    }

    /// A source's rows with computed columns, of which its predicate holds.
    fn filtered(
        &self,
        ctx: &SessionContext,
        index: usize,
        provider: Arc<dyn TableProvider>,
    ) -> Result<DataFrame, EtlError> {
        let Input { table, source, .. } = &self.sources[index];
        let frame = table.frame(ctx, provider)?;
        let Some(predicate) = &source.predicate else { return Ok(frame) };
        let scope = Scope::new(ctx, &table.name, &frame);
        let predicate = scope.predicate(&table.name.key("where"), predicate)?;
        frame.filter(predicate).during("planning a roll-up")
    }

    /// A plan over no files: binds everything once, so that errors come before any work.
    fn bind_all(&self, ctx: &SessionContext) -> Result<(), EtlError> {
        for index in 0..self.sources.len() {
            let provider = self.provider(ctx, index, Vec::new());
            self.events(ctx, index, provider, &Selection { days: Days::All })?;
        }
        Ok(())
    }

    /// The type that each dimension is grouped by. Numbers are turned into texts after grouping where
    /// all sources agree: a cell is rarer than an event.
    fn bind_dimensions(
        &self,
        ctx: &SessionContext,
        model: &Model,
    ) -> Result<Vec<DataType>, EtlError> {
        let mut types: Vec<Option<DataType>> = vec![None; model.dimensions().len()];
        for index in 0..self.sources.len() {
            let frame = self.filtered(ctx, index, self.provider(ctx, index, Vec::new()))?;
            let scope = Scope::new(ctx, &self.sources[index].table.name, &frame);
            for (dimension, known) in types.iter_mut().enumerate() {
                let value = self.enrichment.bind(dimension, &scope)?;
                let found = value.get_type(frame.schema()).during("binding a dimension")?;
                let found = group_type(&found);
                *known = Some(match known.take() {
                    Some(known) if known != found => DataType::Utf8View,
                    _ => found,
                });
            }
        }
        Ok(types.into_iter().map(|known| known.unwrap_or(DataType::Utf8View)).collect())
    }

    /// The sums of other than whole numbers: by their type, by what the lake holds already, or, for
    /// texts, by a look at the first rows.
    async fn float_sums(
        &self,
        ctx: &SessionContext,
        known: &[String],
    ) -> Result<Vec<String>, EtlError> {
        let mut float_sums = Vec::new();
        for measure in &self.measures {
            let MeasureKind::Sum { source, of } = &measure.kind else { continue };
            let index = self.source_index(source);
            let files = self.sources[index].table.files();
            let provider = self.provider(ctx, index, files.iter().take(1).cloned().collect());
            let frame = self.filtered(ctx, index, provider)?;
            let scope = Scope::new(ctx, &self.sources[index].table.name, &frame);
            let key = format!("measure.{}.of", measure.name);
            let value = scope.bind(&key, of)?;
            let is_float = match scope.type_of(&key, &of.0, &value)? {
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                    known.contains(&measure.name) || has_fractions(&frame, value).await?
                }
                DataType::Float16 | DataType::Float32 | DataType::Float64 => true,
                DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => scale > 0,
                _ => false,
            };
            if is_float {
                float_sums.push(measure.name.clone());
            }
        }
        Ok(float_sums)
    }
}

impl Input {
    async fn open(
        ctx: &SessionContext,
        base: &Url,
        source: &Source,
        folder_days: FolderDays,
    ) -> Result<Self, EtlError> {
        let name = TableName::Source(source.name.clone());
        let table = Table::open(ctx, name, &source.files, base, folder_days).await?;
        let has_folders = table.files().iter().all(|file| file.folder_day.is_some());
        Ok(Self { table, source: source.clone(), has_folders })
    }
}

/// The folders that hold events of the days: the same in UTC, and one day either side elsewhere.
fn folder_days(days: Days, is_utc: bool) -> FolderDays {
    let Days::Range(range) = days else { return None };
    if is_utc {
        return Some(range.first()..=range.last());
    }
    let first = range.first().yesterday().unwrap_or(range.first());
    let last = range.last().tomorrow().unwrap_or(range.last());
    Some(first..=last)
}

/// Whether `clio_day` takes it.
fn is_time(found: &DataType) -> bool {
    match found {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Null => true,
        DataType::Dictionary(_, value) => is_time(value),
        other => other.is_string(),
    }
}

fn group_type(found: &DataType) -> DataType {
    match found {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Boolean
        | DataType::Date32 => found.clone(),
        _ => DataType::Utf8View,
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

/// Whether one of the first texts is a number, but not a whole one.
async fn has_fractions(frame: &DataFrame, value: Expr) -> Result<bool, EtlError> {
    use datafusion::logical_expr::try_cast;
    let is_fraction = try_cast(value.clone(), DataType::Float64)
        .is_not_null()
        .and(try_cast(value, DataType::Int64).is_null());
    let found = frame
        .clone()
        .limit(0, Some(N_SAMPLE_ROWS))
        .and_then(|frame| frame.filter(is_fraction))
        .during("looking at a column of texts")?
        .limit(0, Some(1))
        .during("looking at a column of texts")?
        .collect()
        .await
        .during("looking at a column of texts")?;
    Ok(found.iter().any(|batch| batch.num_rows() > 0))
}

fn day_lit(day: Date) -> Expr {
    lit(ScalarValue::Date32(Some(number_of(day))))
}
