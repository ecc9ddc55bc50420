//! A lookup with a history: which rows are in force on a day, and how states are told apart.
//!
//! ```text
//! days      pieces filed under the 5th ─▶ in force from the 5th until the day before the next one's
//! rows      valid_from, valid_to ───────▶ in force from the day of `valid_from` until before that of `valid_to`
//! ```
//!
//! If pieces are filed by day, a state is identified by its pieces. If rows are dated, it is identified by the
//! values in force that cells take, so that a new row affects only the days on which it is in force; the lookup
//! is read for that.

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_lake::Digest;
use clio_proto::{AsOf, DimensionColumn, Lookup, Model, SqlColumn, stable_digest};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::catalog::TableProvider;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::{Expr, cast as cast_expr, lit};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use jiff::civil::Date;

use super::lookup_rows::{STEP, Values, key_type};
use crate::engine::explained;
use crate::epoch::date_of;
use crate::error::{During, EtlError, LookupError, TableName};
use crate::functions::{Calendar, FOR_EVER, valid_from, valid_to};
use crate::input::source::{Listed, Piece, Scope, Table};
use crate::input::times::is_time;

/// The names of the columns of dated rows.
pub(super) const KEY: &str = "key";
pub(super) const FROM: &str = "from_day";
pub(super) const TO: &str = "to_day";

/// The states of a lookup.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(super) listed: Listed,
    /// The first day of each state, in order.
    starts: BTreeMap<Date, Digest>,
}

impl History {
    /// Finds the states: from the listing where pieces are filed by day, otherwise from the rows, which are
    /// read.
    pub(crate) async fn open(
        ctx: &SessionContext,
        model: &Model,
        lookup: &Lookup,
        listed: Listed,
    ) -> Result<Self, EtlError> {
        let starts = match &lookup.as_of {
            None | Some(AsOf::Folders) => of_days(&listed)?,
            Some(AsOf::Rows { .. }) => of_rows(ctx, model, lookup, &listed).await?,
        };
        Ok(Self { listed, starts })
    }

    /// The state in force on a day; `None` before the first one.
    pub(crate) fn on(&self, day: Date) -> Option<Digest> {
        self.starts.range(..=day).next_back().map(|(_, digest)| *digest)
    }

    /// The first days of all states, in order.
    pub(crate) fn starts(&self) -> impl DoubleEndedIterator<Item = Date> {
        self.starts.keys().copied()
    }

    /// The first day of the state in force on a day.
    pub(super) fn start_on(&self, day: Date) -> Option<Date> {
        self.starts.range(..=day).next_back().map(|(start, _)| *start)
    }

    /// The files of the state that begins on a day.
    pub(super) fn pieces_of(&self, start: Date) -> Vec<Piece> {
        let files = self.listed.pieces.iter();
        files.filter(|file| file.day() == Some(start)).cloned().collect()
    }

    /// The files of the newest state.
    pub(crate) fn newest_files(listed: &Listed) -> Vec<Piece> {
        let newest = listed.pieces.iter().filter_map(|file| file.day()).max();
        listed.pieces.iter().filter(|file| file.day() == newest).cloned().collect()
    }
}

fn of_days(listed: &Listed) -> Result<BTreeMap<Date, Digest>, EtlError> {
    if let Some(file) = listed.pieces.iter().find(|file| file.day().is_none()) {
        return Err(LookupError::NoState {
            lookup: listed.name.clone(),
            file: file.name().to_owned(),
        }
        .into());
    }
    let mut files: BTreeMap<Date, Vec<&Piece>> = BTreeMap::new();
    for file in &listed.pieces {
        files.entry(file.day().unwrap_or_default()).or_default().push(file);
    }
    let digest = |files: Vec<&Piece>| Digest::of(&listed.describe(files));
    Ok(files.into_iter().map(|(day, files)| (day, digest(files))).collect())
}

/// A lookup's rows with their keys, values, and the days from and until which each is in force.
pub(super) fn dated_rows(
    ctx: &SessionContext,
    model: &Model,
    lookup: &Lookup,
    table: &Table,
    provider: Arc<dyn TableProvider>,
    values: &[(String, SqlColumn)],
) -> Result<DataFrame, EtlError> {
    let name = &table.name;
    let frame = table.frame(ctx, provider)?;
    let scope = Scope::new(ctx, table, &frame);
    let key_at = name.key("key");
    let key = scope.bind_text(&key_at, &lookup.key)?;
    let read_type = key_type(&scope.type_of(&key_at, &lookup.key.0, &key)?);
    let mut columns = vec![cast_expr(key, read_type).alias(KEY)];
    for (index, (at, value)) in values.iter().enumerate() {
        columns.push(scope.bind_text(at, value)?.alias(format!("value_{index}")));
    }
    let (from, to) = validity(model, lookup, name, &scope)?;
    columns.extend([from.alias(FROM), to.alias(TO)]);
    frame.select(columns).during(STEP)
}

/// The days from and until which a row is in force.
fn validity(
    model: &Model,
    lookup: &Lookup,
    name: &TableName,
    scope: &Scope<'_>,
) -> Result<(Expr, Expr), EtlError> {
    let Some(AsOf::Rows { valid_from: begins, valid_to: ends }) = &lookup.as_of else {
        unreachable!("asked for lookups whose rows are dated alone")
    };
    let bind = |key: &str, column: &SqlColumn| {
        let value = scope.bind(key, column)?;
        let found = scope.type_of(key, &column.0, &value)?;
        if is_time(&found) {
            return Ok(value);
        }
        let mend = "make it a date or a timestamp, for instance with `to_date(…)`";
        Err(scope.wrong_type(key, &column.0, &found, mend))
    };
    let calendar = Calendar::of_lookups(model);
    let (from_key, to_key) = (name.key("valid_from"), name.key("valid_to"));
    let begin = bind(&from_key, begins)?;
    let from = valid_from(&calendar, &from_key).call(vec![begin.clone()]);
    let to = match ends {
        None => lit(ScalarValue::Int32(Some(FOR_EVER))),
        Some(column) => {
            let end = bind(&to_key, column)?;
            valid_to(&calendar, &to_key).call(vec![begin, end])
        }
    };
    Ok((from, to))
}

/// What dimensions take from a lookup: each column once, with its key in the model.
fn values_of(model: &Model, lookup: &Lookup) -> Vec<(String, SqlColumn)> {
    let mut values: Vec<(String, SqlColumn)> = Vec::new();
    for dimension in model.dimensions() {
        if let DimensionColumn::Lookup { lookup: name, column, .. } = &dimension.column
            && *name == lookup.name
            && !values.iter().any(|(_, known)| known == column)
        {
            values.push((format!("dimension.{}.column", dimension.name), column.clone()));
        }
    }
    values
}

/// Sums hashes of the rows in force: a row that begins adds its hash, one that ends subtracts it, so that the
/// order of rows does not matter.
async fn of_rows(
    ctx: &SessionContext,
    model: &Model,
    lookup: &Lookup,
    listed: &Listed,
) -> Result<BTreeMap<Date, Digest>, EtlError> {
    let table = Table::of(ctx, listed.clone(), listed.pieces.clone()).await?;
    let values = values_of(model, lookup);
    let n_threads = ctx.state().config().target_partitions();
    let plan = |provider| dated_rows(ctx, model, lookup, &table, provider, &values);
    let rows = plan(table.provider(table.pieces().to_vec(), n_threads))?;
    let mut changes: BTreeMap<i32, (u64, i64)> = BTreeMap::new();
    let read = async {
        let mut stream = rows.execute_stream().await?;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            let days = |name: &str| {
                let column = batch.column_by_name(name).expect("planned with it");
                column.as_primitive::<Int32Type>().clone()
            };
            let (from, to) = (days(FROM), days(TO));
            let keys = cast(batch.column(0), &DataType::Utf8)?;
            let keys = keys.as_string::<i32>();
            let columns = (0..values.len()).map(|index| Values::of(batch.column(1 + index)));
            let columns = columns.collect::<datafusion::common::Result<Vec<_>>>()?;
            let mut text = String::new();
            for row in 0..batch.num_rows() {
                if from.value(row) >= to.value(row) {
                    continue;
                }
                text.clear();
                let mut add = |part: &str| {
                    // Prefixed by its length, so that different rows never give the same text.
                    text.push_str(&format!("{}:{part}", part.len()));
                };
                if keys.is_valid(row) {
                    add(keys.value(row));
                }
                for column in &columns {
                    add("");
                    column.each(row, &mut add);
                }
                let digest = stable_digest(text.as_bytes());
                let begun = changes.entry(from.value(row)).or_default();
                *begun = (begun.0.wrapping_add(digest), begun.1 + 1);
                if to.value(row) != FOR_EVER {
                    let ended = changes.entry(to.value(row)).or_default();
                    *ended = (ended.0.wrapping_sub(digest), ended.1 - 1);
                }
            }
        }
        Ok::<_, datafusion::common::DataFusionError>(())
    };
    if let Err(error) = read.await {
        return Err(located(ctx, &table, explained(STEP, error), plan).await);
    }
    let (mut starts, mut sum, mut n_rows) = (BTreeMap::new(), 0_u64, 0_i64);
    for (day, (digest, n)) in changes {
        (sum, n_rows) = (sum.wrapping_add(digest), n_rows + n);
        starts.insert(date_of(day), Digest::of(&format!("{n_rows} {sum:016x}")));
    }
    Ok(starts)
}

/// Adds the row to an error that a row caused.
pub(super) async fn located(
    ctx: &SessionContext,
    table: &Table,
    error: EtlError,
    plan: impl Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
) -> EtlError {
    if !error.is_unexplained() {
        return error;
    }
    let key_of = |column: &str| match column {
        KEY => Some(table.name.key("key")),
        FROM => Some(table.name.key("valid_from")),
        TO => Some(table.name.key("valid_to")),
        _ => None,
    };
    table.locate(ctx, table.pieces().to_vec(), error, plan, &key_of).await
}
