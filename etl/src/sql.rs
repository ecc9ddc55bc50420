//! SQL over a lake: its cells and lookups as tables, and functions for their sketches.

mod answer;

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_lake::{CELLS_TABLE, GRAIN_COLUMN, LOOKUPS_FOLDER, PERIOD_COLUMN, QUARANTINE_TABLE};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use datafusion::scalar::ScalarValue;
use url::Url;

use crate::engine::parquet_files::parquet_table;
use crate::engine::{self, root_message};
use crate::error::{During, EtlError, SqlError};
use crate::functions;
use clio_lake::{DeltaFolder, LakeError, TableState};

pub use self::answer::SqlAnswer;

const STEP: &str = "opening the lake for SQL";

/// What a query runs against.
#[derive(Debug, Clone)]
pub struct SqlConfig {
    /// The lake, if its tables are needed.
    pub lake: Option<Url>,
    /// The version of the lake's snapshot; `None` for the newest.
    pub snapshot: Option<u64>,
    /// Additional tables: names, and folders of Parquet files.
    pub tables: Vec<(String, Url)>,
    /// How many threads compute; at least 1.
    pub n_threads: usize,
    /// How many bytes the engine may hold before it spills groups to disk; `None` for no limit.
    pub memory_bytes: Option<usize>,
}

/// Runs a query against a snapshot of a lake, the newest by default, and other tables beside it.
///
/// A lake provides the table `cells`, with the columns `grain` and `period` before dimensions and measures, one table
/// for each lookup, as of that snapshot, and the table `quarantine` if there ever were bad rows. Sketches are bytes,
/// for which there are `hll_union_agg`, `hll_sketch_estimate`, `hll_sketch_bounds`, `hll_union` and `hll_sketch_agg`,
/// with the names and the behaviour of Spark's functions. Only queries are allowed.
///
/// # Errors
///
/// [`EtlError::Sql`] with the engine's reason when the query does not parse, or cannot be run; [`EtlError::Lake`] when
/// the lake cannot be read or has no such snapshot.
pub async fn sql(config: &SqlConfig, query: &str) -> Result<SqlAnswer, EtlError> {
    let mut ctx = engine::session(config.n_threads, config.memory_bytes)?;
    functions::register(&mut ctx).during(STEP)?;
    let folders = match &config.lake {
        Some(lake) => add_lake(&ctx, lake, config).await?,
        None => Vec::new(),
    };
    let refused = |error| match folders.iter().find_map(DeltaFolder::met_damage) {
        Some(damage) => LakeError::Damaged(damage).into(),
        None => EtlError::from(SqlError { reason: root_message(&error) }),
    };
    for (name, url) in &config.tables {
        let options = ParquetReadOptions::default();
        ctx.register_parquet(name, url.as_str(), options).await.map_err(refused)?;
    }
    let only_queries =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let frame = ctx.sql_with_options(query, only_queries).await.map_err(refused)?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.map_err(refused)?;
    Ok(SqlAnswer::new(schema, batches))
}

async fn add_lake(
    ctx: &SessionContext,
    lake: &Url,
    config: &SqlConfig,
) -> Result<Vec<DeltaFolder>, EtlError> {
    let mut folders = Vec::new();
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
            folders.push(folder);
        }
    } else if found_bad.is_none() {
        return Err(LakeError::NoSnapshot { url: lake.to_string() }.into());
    }
    // A failed first run leaves bad rows and no snapshot. A lookup of that name takes precedence.
    if let Some(state) = found_bad
        && !ctx.table_exist(QUARANTINE_TABLE).during(STEP)?
    {
        add_table(ctx, QUARANTINE_TABLE, &bad_rows, &state, n_threads)?;
    }
    folders.extend([cells, bad_rows]);
    Ok(folders)
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
