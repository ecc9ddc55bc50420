//! What a run would find: columns, sample rows, and what each dimension costs. Nothing is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{Model, Period, RunId};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::logical_expr::ident;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use jiff::civil::Date;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use url::Url;

use crate::attribute::{self, Credits};
use crate::cells::{CellShape, PeriodCells, Union};
use crate::checks::invariants::Checked;
use crate::config::Days;
use crate::engine;
use crate::error::{During, EtlError, TableName};
use crate::fold::Stage;
use crate::input::columns::Columns;
use crate::input::inputs::Inputs;
use crate::input::inventory::Inventory;
use crate::input::source::{Table, is_public};
use crate::input::sweep::Sweep;
use crate::rollup::roll_up;
use crate::run::stage::Stager;
use clio_lake::{LakeFile, MAX_ROW_GROUP_BYTES, N_ROW_GROUP_CELLS, Staging};

/// How many rows of each table are sampled.
const N_SAMPLE_ROWS: usize = 5;
const STEP: &str = "looking at a sample";

/// What a run would find.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Inspection {
    /// The sources of measures.
    pub sources: Vec<TableInspection>,
    /// The lookups.
    pub lookups: Vec<TableInspection>,
    /// One rolled-up day; `None` if there are no events.
    pub day: Option<DayInspection>,
}

/// A source or lookup as found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TableInspection {
    /// The name in the model.
    pub name: String,
    /// Its address.
    pub url: String,
    /// How many files there are.
    pub n_files: u64,
    /// Their size.
    pub size_bytes: u64,
    /// Paths of files that are not read, since their names do not end like those of the format.
    pub left_out: Vec<String>,
    /// The columns with their types, including computed ones.
    pub columns: Vec<ColumnInspection>,
    /// The first rows: text for each column, `None` for null.
    pub sample: Vec<Vec<Option<String>>>,
    /// The states of a lookup with a history; `None` for other tables.
    pub states: Option<StatesInspection>,
}

/// The states of a lookup with a history (`as_of`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct StatesInspection {
    /// How many there are.
    pub n_states: u64,
    /// The day from which the first state is in force; `None` if there are no states.
    pub first: Option<Date>,
    /// The day from which the newest state is in force.
    pub newest: Option<Date>,
}

/// A column as found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ColumnInspection {
    /// The name.
    pub name: String,
    /// The type, as Arrow names it.
    pub data_type: String,
}

/// The result of rolling up one day, as an estimate for others.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DayInspection {
    /// The day: the last one, or the one with the most cells where sources have no folders by day.
    pub day: Date,
    /// The number of events, over all sources.
    pub n_rows: u64,
    /// The number of cells.
    pub n_cells: u64,
    /// The size of the day's file in the lake.
    pub size_bytes: u64,
    /// The cost of each dimension.
    pub dimensions: Vec<DimensionInspection>,
}

/// The cost of a dimension for a day.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DimensionInspection {
    /// The dimension's name.
    pub name: String,
    /// How many distinct members the day's events have; for a multi-valued dimension, how many values.
    pub n_members: u64,
    /// The number of cells without the dimension.
    pub n_cells_without: u64,
    /// The size of the day's file without the dimension.
    pub size_bytes_without: u64,
    /// `without device: 61 % fewer cells`: the share of cells due to the dimension, 0 to 1.
    pub share_of_cells: f64,
}

/// Opens every source and lookup of a model, and rolls up one day in memory.
///
/// `base` is the folder of the model file. Costs about as much as a run over one day, or over everything
/// where sources have no folders by day.
///
/// # Errors
///
/// Those of a run over the same input.
pub async fn inspect(model: &Model, base: &Url, n_threads: usize) -> Result<Inspection, EtlError> {
    Box::pin(inspect_all(model, base, n_threads)).await
}

async fn inspect_all(model: &Model, base: &Url, n_threads: usize) -> Result<Inspection, EtlError> {
    let ctx = engine::session(n_threads, None)?;
    let inventory = Inventory::list(&ctx, model, base, Days::All).await?;
    let sweeps = inventory.sweeps(Days::All);
    Columns::install(&ctx, model, None, false);
    let (inputs, shape) =
        Inputs::open(&ctx, model, base, n_threads, inventory, &sweeps, &[]).await?;
    attribute::bind(&ctx, &inputs)?;
    crate::input::lookups::read(&ctx, model, base, n_threads).await?;
    let mut sources = Vec::new();
    for source in inputs.sources() {
        sources.push(table(&ctx, source.name(), &source.table).await?);
    }
    let mut lookups = Vec::new();
    for lookup in model.lookups() {
        let name = TableName::Lookup(lookup.name.clone());
        let opened = Table::open(&ctx, name, &lookup.files, base, None).await?;
        let mut found = table(&ctx, &lookup.name, &opened).await?;
        let history = inputs.inventory().histories().get(&lookup.name);
        found.states = history.map(|history| StatesInspection {
            n_states: history.starts().count() as u64,
            first: history.starts().next(),
            newest: history.starts().next_back(),
        });
        lookups.push(found);
    }
    let day = day(&ctx, model, &inputs, &shape, n_threads).await?;
    Ok(Inspection { sources, lookups, day })
}

async fn table(
    ctx: &SessionContext,
    name: &str,
    table: &Table,
) -> Result<TableInspection, EtlError> {
    let files = table.pieces();
    let first = files.iter().take(1).cloned().collect();
    let frame = table.frame(ctx, table.provider(first, 1))?;
    let names: Vec<String> = frame.schema().fields().iter().map(|f| f.name().clone()).collect();
    let shown: Vec<_> = names.iter().filter(|name| is_public(name)).map(ident).collect();
    let frame = frame.select(shown).during(STEP)?;
    let columns = frame.schema().fields().iter().map(|field| ColumnInspection {
        name: field.name().clone(),
        data_type: field.data_type().to_string(),
    });
    let columns = columns.collect();
    let batches = frame.limit(0, Some(N_SAMPLE_ROWS)).during(STEP)?.collect().await.during(STEP)?;
    let mut sample = Vec::new();
    for batch in &batches {
        sample.extend(rows_as_texts(batch)?);
    }
    Ok(TableInspection {
        name: name.to_owned(),
        url: table.url.to_string(),
        n_files: files.len() as u64,
        size_bytes: files.iter().map(|file| file.size_bytes()).sum(),
        left_out: table.left_out().to_vec(),
        columns,
        sample,
        states: None,
    })
}

fn rows_as_texts(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>, EtlError> {
    let options = FormatOptions::default();
    let columns = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options).map(|format| (column, format)))
        .collect::<Result<Vec<_>, _>>()
        .during(STEP)?;
    let text = |row: usize| {
        columns
            .iter()
            .map(|(column, format)| column.is_valid(row).then(|| format.value(row).to_string()))
            .collect()
    };
    Ok((0..batch.num_rows()).map(text).collect())
}

async fn day(
    ctx: &SessionContext,
    model: &Model,
    inputs: &Inputs,
    shape: &CellShape,
    n_threads: usize,
) -> Result<Option<DayInspection>, EtlError> {
    let Some((day, cells, n_rows)) = sample_day(ctx, inputs, shape).await? else {
        return Ok(None);
    };
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let staging =
        Staging::new(Arc::clone(&store), "memory".to_owned(), &RunId::new("sample"), None);
    let mut stager = Stager { staging, checked: Checked::default(), n_threads };
    let period = Period::Day(day);
    let rebuilt = stager.stage(shape, period, &cells, &[]).await?;
    let Some(file) = rebuilt.file else { return Ok(None) };
    let mut dimensions = Vec::new();
    for (index, dimension) in model.dimensions().iter().enumerate() {
        let others = shape.without_dimension(index);
        let (n_cells, size_bytes) =
            without(ctx, &others, &store, &file, &mut stager, n_threads).await?;
        let mut members: BTreeSet<Option<String>> = BTreeSet::new();
        let mut pieces = cells.pieces(N_ROW_GROUP_CELLS, MAX_ROW_GROUP_BYTES);
        while let Some(piece) = pieces.try_next().await.during(STEP)? {
            for batch in piece.chunks(&shape.file_schema) {
                add_members(batch.during(STEP)?.column(index), &mut members);
            }
        }
        dimensions.push(DimensionInspection {
            name: dimension.name.clone(),
            n_members: members.len() as u64,
            n_cells_without: n_cells,
            size_bytes_without: size_bytes,
            share_of_cells: 1.0 - n_cells as f64 / cells.len().max(1) as f64,
        });
    }
    let n_cells = cells.len() as u64;
    Ok(Some(DayInspection { day, n_rows, n_cells, size_bytes: file.size_bytes, dimensions }))
}

/// The last day with events, if sources have folders by day; otherwise the day with the most cells. Returns
/// its cells and its number of events.
async fn sample_day(
    ctx: &SessionContext,
    inputs: &Inputs,
    shape: &CellShape,
) -> Result<Option<(Date, PeriodCells, u64)>, EtlError> {
    let mut sweeps: Vec<Sweep> = inputs.inventory().sweeps(Days::All);
    while let Some(sweep) = sweeps.pop() {
        let credited = Credits::new(ctx, inputs, &[sweep])?.credit().await?;
        let rolled = roll_up(ctx, inputs, shape, &sweep, &credited).await?;
        let rows_in = rolled.rows_in;
        if let Some((day, cells)) = rolled.days.into_iter().max_by_key(|(_, cells)| cells.len()) {
            let n_rows = rows_in.values().filter_map(|days| days.get(&day)).sum();
            return Ok(Some((day, cells, n_rows)));
        }
    }
    Ok(None)
}

/// The number of cells, and the size of a day's file, without one dimension.
async fn without(
    ctx: &SessionContext,
    shape: &CellShape,
    store: &Arc<dyn ObjectStore>,
    file: &LakeFile,
    stager: &mut Stager,
    n_threads: usize,
) -> Result<(u64, u64), EtlError> {
    let union = Union::new(ctx, shape, Arc::clone(store), n_threads)?;
    let cells = union.cells(std::slice::from_ref(file)).await?;
    let rebuilt = stager.stage(shape, Period::All, &cells, &[]).await?;
    let size_bytes = rebuilt.file.map(|file| file.size_bytes).unwrap_or_default();
    Ok((cells.len() as u64, size_bytes))
}

fn add_members(column: &dyn Array, members: &mut BTreeSet<Option<String>>) {
    match column.data_type() {
        DataType::List(_) => add_members(column.as_list::<i32>().values().as_ref(), members),
        _ => {
            members.extend(column.as_string::<i32>().iter().map(|value| value.map(str::to_owned)));
        }
    }
}
