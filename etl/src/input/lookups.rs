//! The lookups that describe members: read, checked, and stored beside the cells if they changed.
//!
//! A lookup that only enriches events is not stored: it may name people.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use clio_lake::LOOKUPS_FOLDER;
use clio_proto::{AsOf, LOOKUP_KEY_COLUMN, Lookup, Model, SqlColumn};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::functions_aggregate::min_max::max_udaf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Expr, ExprFunctionExt, WindowFunctionDefinition, cast as cast_expr, ident,
};
use datafusion::prelude::{DataFrame, SessionContext};
use url::Url;

use crate::cells::SortedCells;
use crate::config::Config;
use crate::engine::explained;
use crate::error::{ColumnError, During, EtlError, LookupError, TableName};
use crate::functions::{Calendar, instant_of};
use crate::input::enrich::History;
use crate::input::source::{Listed, Scope, Table};
use clio_lake::{Change, DeltaFolder, Journal, LakeError, Outcome, Staging, Written};

const STEP: &str = "reading a lookup";
/// How many times to retry a lookup's commit after another writer's.
const MAX_ATTEMPTS: usize = 5;

/// A lookup as the lake holds it: sorted by key, with unique keys.
#[derive(Debug)]
pub(crate) struct Members {
    name: String,
    schema: SchemaRef,
    rows: SortedCells,
}

/// Reads the lookups that describe members of dimensions.
pub(crate) async fn read(
    ctx: &SessionContext,
    model: &Model,
    base: &Url,
    n_threads: usize,
) -> Result<Vec<Members>, EtlError> {
    let mut members = Vec::new();
    for lookup in model.lookups() {
        if let Some(columns) = used_columns(model, &lookup.name) {
            members.push(Members::read(ctx, (model, base), n_threads, lookup, &columns).await?);
        }
    }
    Ok(members)
}

/// The columns that dimensions use of a lookup, each with the model's key that names it; `None` if
/// it describes no dimension's members.
fn used_columns(model: &Model, lookup: &str) -> Option<Vec<(String, String)>> {
    let mut columns: Vec<(String, String)> = Vec::new();
    let mut is_used = false;
    for dimension in model.dimensions().iter().filter(|d| d.members.as_deref() == Some(lookup)) {
        is_used = true;
        let of = |key: &str| format!("dimension.{}.{key}", dimension.name);
        let attributes = dimension.attributes.iter().map(|column| (of("attributes"), column));
        let label = dimension.label.iter().map(|column| (of("label"), column));
        let media = dimension.media.iter().map(|column| (of("media"), column));
        for (key, column) in attributes.chain(label).chain(media) {
            if !columns.iter().any(|(_, known)| known == column) {
                columns.push((key, column.clone()));
            }
        }
    }
    is_used.then_some(columns)
}

impl Members {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The keys of all members.
    pub(crate) fn keys(&self) -> Result<HashSet<String>, EtlError> {
        let Some(keys) = self.rows.column(0).during(STEP)? else { return Ok(HashSet::new()) };
        let keys = cast(&keys, &DataType::Utf8).during(STEP)?;
        Ok(keys.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
    }

    async fn read(
        ctx: &SessionContext,
        (model, base): (&Model, &Url),
        n_threads: usize,
        lookup: &Lookup,
        columns: &[(String, String)],
    ) -> Result<Self, EtlError> {
        let name = TableName::Lookup(lookup.name.clone());
        let listed = Listed::list(ctx, name.clone(), &lookup.files, base, None).await?;
        // Descriptions of members belong to the snapshot: they are those of the newest state.
        let files = match &lookup.as_of {
            Some(AsOf::Folders) => History::newest_files(&listed),
            Some(AsOf::Rows { .. }) | None => listed.pieces.clone(),
        };
        let table = Table::of(ctx, listed, files).await?;
        let frame = table.frame(ctx, table.provider(table.pieces().to_vec(), n_threads))?;
        let frame = match &lookup.as_of {
            Some(AsOf::Rows { valid_from, .. }) => {
                last_rows(ctx, model, &table, frame, (lookup, valid_from))?
            }
            Some(AsOf::Folders) | None => frame,
        };
        let scope = Scope::new(ctx, &table, &frame);
        let key = scope.bind_text(&name.key("key"), &lookup.key)?;
        let mut fields = vec![Field::new(LOOKUP_KEY_COLUMN, DataType::Utf8, false)];
        let mut exprs = vec![cast_expr(key, DataType::Utf8).alias("__key")];
        for (index, (at, column)) in columns.iter().enumerate() {
            let (field, expr) = stored_column(&scope, at, column)?;
            fields.push(field);
            exprs.push(expr.alias(format!("__c{index}")));
        }
        let batches = frame.select(exprs).during(STEP)?.collect().await;
        let batches = batches.map_err(|error| explained(STEP, error))?;
        let batches: Vec<RecordBatch> =
            batches.into_iter().filter(|batch| batch.num_rows() > 0).collect();
        let n_keyless = batches.iter().map(|batch| batch.column(0).null_count()).sum();
        if n_keyless > 0 {
            let key = lookup.key.0.clone();
            return Err(LookupError::KeyMissing { lookup: name, key, n_rows: n_keyless }.into());
        }
        let rows = SortedCells::sort(batches, 1).during(STEP)?;
        if let Some(keys) = rows.column(0).during(STEP)? {
            let keys = cast(&keys, &DataType::Utf8).during(STEP)?;
            if let Some((key, n_rows)) = first_repetition(&keys) {
                return Err(LookupError::DuplicateKey { lookup: name, key, n_rows }.into());
            }
        }
        Ok(Self { name: lookup.name.clone(), schema: Arc::new(Schema::new(fields)), rows })
    }

    /// Commits the lookup if it differs from the lake's; returns its version in either case.
    async fn store(
        &self,
        config: &Config,
        journal: Option<&Arc<impl Journal + 'static>>,
        bytes_written: &mut u64,
    ) -> Result<u64, EtlError> {
        let folder = DeltaFolder::open(&config.lake, &format!("{LOOKUPS_FOLDER}/{}", self.name))?;
        let mut staging = folder.staging(&config.lake, &config.run, journal);
        let stored = self.store_into(config, &folder, &mut staging, bytes_written).await;
        staging.discard().await;
        stored
    }

    async fn store_into(
        &self,
        config: &Config,
        folder: &DeltaFolder,
        staging: &mut Staging,
        bytes_written: &mut u64,
    ) -> Result<u64, EtlError> {
        for _ in 0..MAX_ATTEMPTS {
            let state = folder.state().await?;
            let old = state.as_ref().map(|state| state.files.clone()).unwrap_or_default();
            let rows = self
                .rows
                .chunks(0..self.rows.len(), 0, &self.schema)
                .map(|rows| rows.during("storing a lookup"));
            let written = staging.write(&self.schema, rows, &old).await?;
            let file = match (written, &state) {
                (Written::Same(_), Some(state)) => return Ok(state.version),
                (Written::Same(file) | Written::New(file), _) => file,
            };
            *bytes_written += file.size_bytes;
            let change = Change { added: vec![file], removed: old, ..Change::default() };
            let now = config.now.as_millisecond();
            match folder.commit(state.as_ref(), &self.schema, &change, now).await? {
                Outcome::Committed(version) => {
                    staging.committed(&change.added);
                    return Ok(version);
                }
                Outcome::Overtaken => staging.discard().await,
                Outcome::Unclear => {
                    staging.committed(&change.added);
                    return Err(folder.unclear().into());
                }
            }
        }
        Err(EtlError::Lake(LakeError::Storage {
            url: config.lake.to_string(),
            reason: format!("other runs keep committing lookup `{}`; run again", self.name),
            is_transient: true,
        }))
    }
}

/// Stores all lookups; returns their versions.
pub(crate) async fn store(
    members: &[Members],
    config: &Config,
    journal: Option<&Arc<impl Journal + 'static>>,
    bytes_written: &mut u64,
) -> Result<BTreeMap<String, u64>, EtlError> {
    let mut versions = BTreeMap::new();
    for lookup in members {
        versions.insert(lookup.name.clone(), lookup.store(config, journal, bytes_written).await?);
    }
    Ok(versions)
}

/// For each key, the rows that begin last.
fn last_rows(
    ctx: &SessionContext,
    model: &Model,
    table: &Table,
    frame: DataFrame,
    (lookup, valid_from): (&Lookup, &SqlColumn),
) -> Result<DataFrame, EtlError> {
    let scope = Scope::new(ctx, table, &frame);
    let key = scope.bind(&table.name.key("key"), &lookup.key)?;
    let begins = scope.bind(&table.name.key("valid_from"), valid_from)?;
    let begins = instant_of(&Calendar::of_lookups(model)).call(vec![begins]);
    let names: Vec<String> =
        frame.schema().fields().iter().map(|field| field.name().clone()).collect();
    let frame = frame.with_column("__begins", begins).during(STEP)?;
    let max = WindowFunctionDefinition::AggregateUDF(max_udaf());
    let last = Expr::from(WindowFunction::new(max, vec![ident("__begins")]));
    let last = last.partition_by(vec![key]).build().during(STEP)?;
    frame
        .window(vec![last.alias("__last")])
        .and_then(|frame| frame.filter(ident("__begins").eq(ident("__last"))))
        .and_then(|frame| frame.select(names.iter().map(ident).collect::<Vec<_>>()))
        .during(STEP)
}

/// A column as text, or as lists of text.
fn stored_column(scope: &Scope<'_>, key: &str, column: &str) -> Result<(Field, Expr), ColumnError> {
    if column == LOOKUP_KEY_COLUMN {
        let expr = scope.bind(key, &SqlColumn(column.to_owned()))?;
        let found = scope.type_of(key, column, &expr)?;
        return Err(scope.wrong_type(
            key,
            column,
            &found,
            "and its name is what the lake calls a lookup's key; give it another one in `columns`",
        ));
    }
    let expr = scope.bind_text(key, &SqlColumn(column.to_owned()))?;
    let found = scope.type_of(key, column, &expr)?;
    let stored = match &found {
        DataType::List(_) | DataType::LargeList(_) | DataType::ListView(_) => {
            DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)))
        }
        DataType::Struct(_) | DataType::Map(..) => {
            return Err(scope.wrong_type(key, column, &found, "give a single value or a list"));
        }
        _ => DataType::Utf8,
    };
    Ok((Field::new(column, stored.clone(), true), cast_expr(expr, stored)))
}

/// The first duplicate among sorted keys, with its number of occurrences.
fn first_repetition(keys: &ArrayRef) -> Option<(String, usize)> {
    let keys = keys.as_string::<i32>();
    let at = (1..keys.len()).find(|&row| keys.value(row) == keys.value(row - 1))?;
    let key = keys.value(at);
    let n_rows = (at..keys.len()).take_while(|&row| keys.value(row) == key).count() + 1;
    Some((key.to_owned(), n_rows))
}
