//! Sorts cells that arrive in any order: in memory while they fit, otherwise in runs that are spilled to
//! temporary files and merged.

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
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use datafusion::physical_plan::sorts::streaming_merge::{SortedSpillFile, StreamingMergeBuilder};
use datafusion::prelude::SessionContext;

use super::SortedCells;
use crate::engine::spilled::manager_of;

/// This many bytes of cells are kept in memory whatever the limit: smaller runs would not be worth a file
/// each.
const MIN_RUN_BYTES: usize = 8 << 20;
/// The cells per batch of a run: merging holds a few batches of each run.
const N_PIECE_CELLS: usize = 1024;
const PIECE_BYTES: usize = 256 << 10;
/// What merging may hold. With more runs than fit, some are merged into one first.
const MERGE_BYTES: usize = 16 << 20;
/// The approximate size of a batch of merged cells.
const MERGED_BYTES: usize = 4 << 20;

/// Takes cells and returns them sorted by their first columns, nulls first.
pub(crate) struct CellSorter {
    env: Arc<RuntimeEnv>,
    n_keys: usize,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
    /// The engine's memory that the waiting cells take.
    reservation: MemoryReservation,
    runs: Option<Runs>,
}

/// Sorted cells.
pub(crate) enum Sorted {
    /// All of them, with the engine's memory that they hold.
    InMemory(SortedCells, MemoryReservation),
    /// In batches of at most some thousand cells and some MiB.
    Merged(SendableRecordBatchStream),
}

struct Runs {
    manager: SpillManager,
    files: Vec<SortedSpillFile>,
    /// The size of a cell where cells are largest.
    cell_bytes: usize,
}

impl CellSorter {
    /// Sorts by the first `n_keys` columns, whose combination is unique.
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
        // Without keys there is at most one cell.
        let fits = self.reservation.try_grow(n_bytes).is_ok() || self.n_keys == 0;
        self.waiting.push(cells);
        self.waiting_bytes += n_bytes;
        if fits || self.waiting_bytes < MIN_RUN_BYTES {
            return Ok(());
        }
        self.spill()
    }

    /// All cells taken, in order.
    pub(crate) fn finish(mut self) -> Result<Sorted> {
        if self.runs.is_none() {
            let cells = SortedCells::sort(self.waiting, self.n_keys)?;
            return Ok(Sorted::InMemory(cells, self.reservation));
        }
        self.spill()?;
        let Some(Runs { manager, files, cell_bytes }) = self.runs else {
            unreachable!("there are runs")
        };
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
            manager: manager_of(env, Arc::clone(&schema)),
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

/// The same order as that of `SortedCells`.
fn order(schema: &SchemaRef, n_keys: usize) -> LexOrdering {
    let options = SortOptions { descending: false, nulls_first: true };
    let keys = schema.fields()[..n_keys].iter().enumerate().map(|(index, field)| {
        PhysicalSortExpr::new(Arc::new(Column::new(field.name(), index)), options)
    });
    LexOrdering::new(keys).expect("cells without keys are not merged")
}

/// The bytes of a batch's values: it may be a slice of a larger batch.
fn n_bytes_of(cells: &RecordBatch) -> Result<usize> {
    let mut n_bytes = 0;
    for column in cells.columns() {
        n_bytes += column.to_data().get_slice_memory_size()?;
    }
    Ok(n_bytes)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{
        ArrayRef, BinaryArray, Date32Array, Int64Array, LargeBinaryArray, ListBuilder, StringArray,
        StringBuilder,
    };
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::execution::memory_pool::UnboundedMemoryPool;
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use datafusion::prelude::SessionConfig;
    use futures::TryStreamExt;

    use super::*;
    use crate::cells::PeriodCells;

    /// Cells of days with two dimensions, one of them a list, in an order that their number decides: a count,
    /// and sketches of up to 12 KB, 24 MB in all.
    fn batches() -> Vec<RecordBatch> {
        let cell = |n: i64| n * 2_654_435_761 % 4_096;
        let batch = |cells: std::ops::Range<i64>| {
            let cells: Vec<i64> = cells.map(cell).collect();
            let days: Date32Array = cells.iter().map(|n| i32::try_from(n % 3).ok()).collect();
            let texts: StringArray =
                cells.iter().map(|n| (n % 7 > 0).then(|| format!("k{}", n % 70))).collect();
            let mut lists = ListBuilder::new(StringBuilder::new());
            for n in &cells {
                (0..n % 4).for_each(|at| lists.values().append_value(format!("{n}-{at}")));
                lists.append(n % 5 > 0 || n % 4 > 0);
            }
            let counts: Int64Array = cells.iter().map(|&n| Some(n)).collect();
            let sketch = |n: &i64| vec![n.to_le_bytes()[0]; usize::try_from(n * 3).unwrap()];
            let sketches = LargeBinaryArray::from_iter_values(cells.iter().map(sketch));
            let columns: [(_, ArrayRef); 5] = [
                ("day", Arc::new(days)),
                ("text", Arc::new(texts)),
                ("list", Arc::new(lists.finish())),
                ("count", Arc::new(counts)),
                ("sketch", Arc::new(sketches)),
            ];
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, it)| (name, it, true)))
                .unwrap()
        };
        (0..4_096).step_by(64).map(|from| batch(from..from + 64)).collect()
    }

    fn file_schema(cells: &RecordBatch) -> SchemaRef {
        let fields = cells.schema_ref().fields()[1..].iter().map(|field| {
            let field = field.as_ref().clone();
            if field.name() == "sketch" {
                return Field::new("sketch", DataType::Binary, true);
            }
            field
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The pieces of each day as a file gets them, and whether they came from temporary files.
    async fn sorted(pool: Arc<dyn MemoryPool>) -> (Vec<(i32, usize, Vec<Vec<RecordBatch>>)>, bool) {
        let env = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().unwrap();
        let ctx = SessionContext::new_with_config_rt(SessionConfig::new(), env);
        // By the count, too: no two cells have the same key.
        let mut sorter = CellSorter::new(&ctx, 4);
        let batches = batches();
        let schema = file_schema(&batches[0]);
        for cells in batches {
            sorter.push(cells).unwrap();
        }
        let sorted = sorter.finish().unwrap();
        let is_merged = matches!(sorted, Sorted::Merged(_));
        let mut days = Vec::new();
        for (day, cells) in PeriodCells::of_days(&ctx, sorted).await.unwrap() {
            let pieces = cells.pieces(500, 1 << 20).map_ok(|piece| {
                piece.chunks(&schema).map(|chunk| chunk.unwrap()).collect::<Vec<_>>()
            });
            days.push((day, cells.len(), pieces.try_collect::<Vec<_>>().await.unwrap()));
            // They can be had again, as after a write that failed.
            assert!(cells.pieces(500, 1 << 20).try_next().await.unwrap().is_some());
        }
        assert_eq!(ctx.runtime_env().memory_pool.reserved(), 0, "what is gone is not counted");
        (days, is_merged)
    }

    #[tokio::test]
    async fn cells_come_in_the_same_order_and_pieces_from_memory_and_from_files() {
        let (in_memory, is_merged) = sorted(Arc::new(UnboundedMemoryPool::default())).await;
        assert!(!is_merged);
        let (merged, is_merged) = sorted(Arc::new(GreedyMemoryPool::new(1 << 20))).await;
        assert!(is_merged);
        assert_eq!(merged, in_memory);

        let n_cells: usize = in_memory.iter().map(|(_, n_cells, _)| n_cells).sum();
        assert_eq!((in_memory.len(), n_cells), (3, 4_096));
        for (_, _, pieces) in &in_memory {
            assert!(pieces.len() > 2, "a piece ends with the bytes that it may have");
            for cells in pieces.iter().flatten() {
                let sketches = cells.column(3).as_any().downcast_ref::<BinaryArray>().unwrap();
                let counts = cells.column(2).as_any().downcast_ref::<Int64Array>().unwrap();
                for row in 0..cells.num_rows() {
                    let n_bytes = i64::try_from(sketches.value(row).len()).unwrap();
                    assert_eq!(n_bytes, 3 * counts.value(row));
                }
            }
        }
    }
}
