//! SQL over a lake: its cells and lookups as tables, and functions for their sketches.

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_lake::{CELLS_TABLE, GRAIN_COLUMN, LOOKUPS_FOLDER, PERIOD_COLUMN, QUARANTINE_TABLE};
use datafusion::arrow::array::{
    Array as _, ArrayRef, RecordBatch, RecordBatchOptions, StringArray,
};
use datafusion::arrow::csv::WriterBuilder;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::writer::LineDelimited;
use datafusion::arrow::json::{LineDelimitedWriter, WriterBuilder as JsonWriterBuilder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use datafusion::scalar::ScalarValue;
use url::Url;

use crate::engine::{self, root_message};
use crate::error::{During, EtlError};
use crate::functions;
use crate::source::parquet_table;
use clio_lake::{DeltaFolder, LakeError, TableState};

const STEP: &str = "opening the lake for SQL";

/// The rows of a query.
#[derive(Debug, Clone)]
pub struct SqlAnswer {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// What a query is asked of.
#[derive(Debug, Clone)]
pub struct SqlConfig {
    /// The lake, if its tables are wanted.
    pub lake: Option<Url>,
    /// The version of the lake's snapshot; `None` for the newest.
    pub snapshot: Option<u64>,
    /// Further tables: names, and folders of Parquet files.
    pub tables: Vec<(String, Url)>,
    /// How many threads compute; at least 1.
    pub n_threads: usize,
    /// How many bytes the engine may hold before it spills groups to disk; `None` for no limit.
    pub memory_bytes: Option<usize>,
}

/// Asks the newest snapshot of a lake, or an older one, and other tables beside it.
///
/// Of a lake there are the table `cells`, with the columns `grain` and `period` in front of dimensions and measures, and
/// one table for each lookup, as of that snapshot, and the table `quarantine` where there ever were bad rows. Sketches are bytes, for which there are
/// `hll_union_agg`, `hll_sketch_estimate`, `hll_sketch_bounds`, `hll_union` and `hll_sketch_agg`, named
/// and behaving as Spark's. Nothing but queries is allowed.
///
/// # Errors
///
/// [`EtlError::Sql`] with the engine's reason when the query is none, or cannot be answered;
/// [`EtlError::Lake`] when the lake cannot be read or has no such snapshot.
pub async fn sql(config: &SqlConfig, query: &str) -> Result<SqlAnswer, EtlError> {
    let mut ctx = engine::session(config.n_threads, config.memory_bytes)?;
    functions::register(&mut ctx).during(STEP)?;
    if let Some(lake) = &config.lake {
        add_lake(&ctx, lake, config).await?;
    }
    let refused = |error| EtlError::Sql { reason: root_message(&error) };
    for (name, url) in &config.tables {
        let options = ParquetReadOptions::default();
        ctx.register_parquet(name, url.as_str(), options).await.map_err(refused)?;
    }
    let only_queries =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let frame = ctx.sql_with_options(query, only_queries).await.map_err(refused)?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.map_err(refused)?;
    Ok(SqlAnswer { schema, batches })
}

async fn add_lake(ctx: &SessionContext, lake: &Url, config: &SqlConfig) -> Result<(), EtlError> {
    let SqlConfig { snapshot, n_threads, .. } = *config;
    let cells = DeltaFolder::open(lake, CELLS_TABLE)?;
    let state = cells.state_at(snapshot).await?;
    let bad_rows = DeltaFolder::open(lake, QUARANTINE_TABLE)?;
    let found_bad = bad_rows.state().await?;
    if let Some(state) = &state {
        let lookups = cells.metadata(state).await?.map(|metadata| metadata.lookups);
        add_table(ctx, CELLS_TABLE, &cells, state, n_threads)?;
        for (name, version) in lookups.unwrap_or_else(BTreeMap::new) {
            let folder = DeltaFolder::open(lake, &format!("{LOOKUPS_FOLDER}/{name}"))?;
            if let Some(state) = folder.state_at(Some(version)).await? {
                add_table(ctx, &name, &folder, &state, n_threads)?;
            }
        }
    } else if found_bad.is_none() {
        return Err(LakeError::NoSnapshot { url: lake.to_string() }.into());
    }
    // A first run that failed has bad rows to show and no snapshot. A lookup of that name goes before.
    if let Some(state) = found_bad
        && !ctx.table_exist(QUARANTINE_TABLE).during(STEP)?
    {
        add_table(ctx, QUARANTINE_TABLE, &bad_rows, &state, n_threads)?;
    }
    Ok(())
}

fn add_table(
    ctx: &SessionContext,
    name: &str,
    folder: &DeltaFolder,
    state: &TableState,
    n_threads: usize,
) -> Result<(), EtlError> {
    // A host of its own for each table: their files have the same names.
    let store_url = ObjectStoreUrl::parse(format!("clio-sql://{name}/")).during(STEP)?;
    ctx.register_object_store(store_url.as_ref(), Arc::clone(folder.store()));
    let is_partition =
        |field: &Field| [GRAIN_COLUMN, PERIOD_COLUMN].contains(&field.name().as_str());
    let is_partitioned = state.files.iter().any(|file| file.period.is_some());
    let (partition, own): (Vec<_>, Vec<_>) = state
        .schema
        .fields()
        .iter()
        .cloned()
        .partition(|field| is_partitioned && is_partition(field));
    let text = |text: String| ScalarValue::Utf8(Some(text));
    let files = state.files.iter().map(|file| {
        let values = file
            .period
            .map(|period| vec![text(period.grain().to_string()), text(period.to_string())]);
        PartitionedFile::new(&file.path, file.size_bytes)
            .with_partition_values(values.unwrap_or_default())
    });
    let partition: Vec<_> = partition
        .iter()
        .map(|field| Arc::new(Field::new(field.name(), DataType::Utf8, false)))
        .collect();
    let own = Arc::new(Schema::new(own));
    let table = parquet_table(&own, &partition, store_url, files.collect(), n_threads.max(1));
    ctx.register_table(name, table).during(STEP)?;
    Ok(())
}

impl SqlAnswer {
    /// Returns the number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Draws a table for people.
    ///
    /// # Errors
    ///
    /// [`EtlError::Sql`] where a column's type cannot be written.
    pub fn to_table(&self) -> Result<String, EtlError> {
        let table = pretty_format_batches_with_schema(Arc::clone(&self.schema), &self.batches);
        Ok(table.map_err(|error| unwritable(&error))?.to_string())
    }

    /// Writes one JSON object a row, a line each; bytes are hexadecimal.
    ///
    /// # Errors
    ///
    /// [`EtlError::Sql`] where a column's type cannot be written.
    pub fn to_json_lines(&self) -> Result<Vec<u8>, EtlError> {
        let mut out = Vec::new();
        let mut writer = LineDelimitedWriter::new(&mut out);
        self.batches
            .iter()
            .try_for_each(|batch| writer.write(batch))
            .map_err(|error| unwritable(&error))?;
        writer.finish().map_err(|error| unwritable(&error))?;
        Ok(out)
    }

    /// Writes comma-separated values under a line with the columns' names. Bytes are hexadecimal; lists,
    /// structs and maps are JSON texts.
    ///
    /// # Errors
    ///
    /// [`EtlError::Sql`] where a value cannot be written, such as a time that is out of range.
    pub fn to_csv(&self) -> Result<Vec<u8>, EtlError> {
        let mut out = Vec::new();
        let mut writer = WriterBuilder::new().with_header(true).build(&mut out);
        let empty = RecordBatch::new_empty(Arc::clone(&self.schema));
        let batches = if self.batches.is_empty() { vec![empty] } else { self.batches.clone() };
        batches
            .iter()
            .try_for_each(|batch| writer.write(&flat(batch)?))
            .map_err(|error| unwritable(&error))?;
        drop(writer);
        Ok(out)
    }
}

/// A batch whose columns CSV can hold: what is nested becomes text.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| {
        if !is_nested(column.data_type()) {
            return Ok((Arc::clone(field), Arc::clone(column)));
        }
        let texts = nested_texts(column)?;
        Ok((Arc::new(Field::new(field.name(), DataType::Utf8, true)), Arc::new(texts) as ArrayRef))
    });
    let (fields, columns): (Vec<_>, Vec<_>) =
        columns.collect::<Result<Vec<_>, ArrowError>>()?.into_iter().unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

fn is_nested(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_nested(values),
        DataType::RunEndEncoded(..) => true,
        _ => data_type.is_nested(),
    }
}

/// The values of a nested column as JSON texts, or as they are shown where JSON has no word for their type.
fn nested_texts(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    const HEAD: &str = "{\"v\":";
    let nullable = Arc::new(Schema::new(vec![Field::new("v", column.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(nullable, vec![Arc::clone(column)])?;
    let mut out = Vec::new();
    let mut writer =
        JsonWriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut out);
    if writer.write(&batch).and_then(|()| writer.finish()).is_ok() {
        drop(writer);
        let text = String::from_utf8_lossy(&out);
        let inner = |line: &str| {
            let value = line.strip_prefix(HEAD).and_then(|rest| rest.strip_suffix('}'));
            value.filter(|value| *value != "null").map(str::to_owned)
        };
        return Ok(text.lines().map(inner).collect());
    }
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let text = |row| column.is_valid(row).then(|| shown.value(row).try_to_string()).transpose();
    (0..column.len()).map(text).collect()
}

fn unwritable(error: &ArrowError) -> EtlError {
    EtlError::Sql { reason: format!("the answer cannot be written: {error}") }
}
