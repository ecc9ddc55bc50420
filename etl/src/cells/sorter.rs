//! Cells that come in any order, to be had in theirs: sorted in memory while they fit, else in runs that go to
//! temporary files and are merged.

use std::sync::Arc;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{
    GreedyMemoryPool, MemoryConsumer, MemoryPool, MemoryReservation,
};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::SpillManager;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, SpillMetrics};
use datafusion::physical_plan::sorts::streaming_merge::{SortedSpillFile, StreamingMergeBuilder};
use datafusion::prelude::SessionContext;

use super::SortedCells;

/// So many bytes of cells are in memory whatever the limit: shorter runs would not be worth a file each.
const MIN_RUN_BYTES: usize = 8 << 20;
/// What a run is written in: merging holds some of these of each run.
const N_PIECE_CELLS: usize = 1024;
const PIECE_BYTES: usize = 256 << 10;
/// What merging may hold. With more runs than it can look at, it merges some into one first.
const MERGE_BYTES: usize = 16 << 20;
/// About as much is in a batch of merged cells.
const MERGED_BYTES: usize = 4 << 20;

/// Takes cells, and gives them back sorted by their first columns, nulls first.
pub(crate) struct CellSorter {
    env: Arc<RuntimeEnv>,
    n_keys: usize,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
    /// What of the waiting cells the engine's memory counts.
    reservation: MemoryReservation,
    runs: Option<Runs>,
}

/// Sorted cells.
pub(crate) enum Sorted {
    /// All of them, with what they hold of the engine's memory.
    InMemory(SortedCells, MemoryReservation),
    /// In batches of some thousand cells at most, and of some MiB.
    Merged(SendableRecordBatchStream),
}

struct Runs {
    manager: SpillManager,
    files: Vec<SortedSpillFile>,
    /// What a cell takes where they are largest.
    cell_bytes: usize,
}

impl CellSorter {
    /// Sorts by the first `n_keys` columns, which no two cells share.
    pub(crate) fn new(ctx: &SessionContext, n_keys: usize) -> Self {
        let env = ctx.runtime_env();
        let consumer = MemoryConsumer::new("cells").with_can_spill(true);
        let reservation = consumer.register(&env.memory_pool);
        Self { env, n_keys, waiting: Vec::new(), waiting_bytes: 0, reservation, runs: None }
    }

    pub(crate) fn push(&mut self, cells: RecordBatch) -> Result<()> {
        if cells.num_rows() == 0 {
            return Ok(());
        }
        let n_bytes = n_bytes_of(&cells)?;
        // Without keys there is one cell at most.
        let fits = self.reservation.try_grow(n_bytes).is_ok() || self.n_keys == 0;
        self.waiting.push(cells);
        self.waiting_bytes += n_bytes;
        if fits || self.waiting_bytes < MIN_RUN_BYTES {
            return Ok(());
        }
        self.spill()
    }

    /// The cells that were taken, in order.
    pub(crate) fn finish(mut self) -> Result<Sorted> {
        if self.runs.is_none() {
            let cells = SortedCells::sort(self.waiting, self.n_keys)?;
            return Ok(Sorted::InMemory(cells, self.reservation));
        }
        self.spill()?;
        let Some(Runs { manager, files, cell_bytes }) = self.runs else { unreachable!("there are runs") };
        let schema = Arc::clone(manager.schema());
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(MERGE_BYTES));
        let merged = StreamingMergeBuilder::new()
            .with_sorted_spill_files(files)
            .with_spill_manager(manager)
            .with_expressions(&order(&schema, self.n_keys))
            .with_schema(schema)
            .with_metrics(BaselineMetrics::new(&ExecutionPlanMetricsSet::new(), 0))
            .with_batch_size((MERGED_BYTES / cell_bytes.max(1)).clamp(1, N_PIECE_CELLS))
            .with_reservation(MemoryConsumer::new("merging cells").register(&pool))
            .build()?;
        Ok(Sorted::Merged(merged))
    }

    /// Writes the waiting cells as a run.
    fn spill(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let Some(first) = waiting.first() else { return Ok(()) };
        let schema = first.schema();
        let env = &self.env;
        let runs = self.runs.get_or_insert_with(|| Runs {
            manager: SpillManager::new(Arc::clone(env), no_metrics(), Arc::clone(&schema)),
            files: Vec::new(),
            cell_bytes: 0,
        });
        let cells = SortedCells::sort(waiting, self.n_keys)?;
        let mut file = runs.manager.create_in_progress_file("cells")?;
        let mut max_record_batch_memory = 0;
        for range in cells.split(0..cells.len(), N_PIECE_CELLS, PIECE_BYTES) {
            for piece in cells.chunks(range, 0, &schema) {
                let piece = piece?;
                let n_bytes = file.append_batch(&piece)?;
                runs.cell_bytes = runs.cell_bytes.max(n_bytes / piece.num_rows().max(1));
                max_record_batch_memory = max_record_batch_memory.max(n_bytes);
            }
        }
        let file = file.finish()?;
        runs.files.extend(file.map(|file| SortedSpillFile { file, max_record_batch_memory }));
        self.reservation.free();
        Ok(())
    }
}

fn no_metrics() -> SpillMetrics {
    SpillMetrics::new(&ExecutionPlanMetricsSet::new(), 0)
}

/// As `SortedCells` has it.
fn order(schema: &SchemaRef, n_keys: usize) -> LexOrdering {
    let options = SortOptions { descending: false, nulls_first: true };
    let keys = schema.fields()[..n_keys].iter().enumerate().map(|(index, field)| {
        PhysicalSortExpr::new(Arc::new(Column::new(field.name(), index)), options)
    });
    LexOrdering::new(keys).expect("cells without keys are not merged")
}

/// What a batch holds of values: it may be a part of a larger one.
fn n_bytes_of(cells: &RecordBatch) -> Result<usize> {
    let mut n_bytes = 0;
    for column in cells.columns() {
        n_bytes += column.to_data().get_slice_memory_size()?;
    }
    Ok(n_bytes)
}
