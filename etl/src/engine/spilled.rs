//! Rows buffered in temporary files, as a table. A file is deleted when its last reader drops it.
//!
//! The engine's own spill manager reads them back, as it does for its sorts. They are written here, since the manager's
//! writer is of a private type (DataFusion 55.2), so that no struct could hold a file while it is being written.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, SpillFile, SpillWriter, TaskContext};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, SpillMetrics};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{EmptyRecordBatchStream, SpillManager};
use datafusion::prelude::SessionContext;
use futures::StreamExt;

/// Rows in temporary files, one for each thread that wrote any.
pub(crate) struct Spilled {
    env: Arc<RuntimeEnv>,
    manager: SpillManager,
    files: Vec<Arc<dyn SpillFile>>,
    n_rows: u64,
}

impl fmt::Debug for Spilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spilled").field("n_rows", &self.n_rows).finish_non_exhaustive()
    }
}

/// The engine's spill manager for rows of a schema; its metrics are not reported.
pub(crate) fn manager_of(env: &Arc<RuntimeEnv>, schema: SchemaRef) -> SpillManager {
    let no_metrics = SpillMetrics::new(&ExecutionPlanMetricsSet::new(), 0);
    SpillManager::new(Arc::clone(env), no_metrics, schema)
}

impl Spilled {
    /// No rows yet.
    pub(crate) fn new(env: &Arc<RuntimeEnv>, schema: SchemaRef) -> Self {
        let manager = manager_of(env, schema);
        Self { env: Arc::clone(env), manager, files: Vec::new(), n_rows: 0 }
    }

    /// A writer for another file.
    pub(crate) fn writer(&self) -> Writer {
        let schema = Arc::clone(self.manager.schema());
        Writer { env: Arc::clone(&self.env), schema, open: None, n_rows: 0 }
    }

    /// Takes what a writer has written.
    pub(crate) fn add(&mut self, writer: Writer) -> Result<()> {
        self.n_rows += writer.n_rows;
        if let Some((file, stream)) = writer.open {
            stream.into_inner()?.finish()?;
            self.files.push(file);
        }
        Ok(())
    }

    /// Writes a stream to a file, so that it can be read many times without being computed again.
    pub(crate) async fn of(
        ctx: &SessionContext,
        mut rows: SendableRecordBatchStream,
    ) -> Result<Arc<dyn TableProvider>> {
        let mut kept = Self::new(&ctx.runtime_env(), rows.schema());
        let mut writer = kept.writer();
        while let Some(batch) = rows.next().await {
            writer.write(&batch?)?;
        }
        kept.add(writer)?;
        kept.provider()
    }

    pub(crate) fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// The rows of each file in the order in which they were written; may be called any number of times.
    pub(crate) fn streams(&self) -> Result<Vec<SendableRecordBatchStream>> {
        let rows = |file| self.manager.read_spill_as_stream(Arc::clone(file), None);
        self.files.iter().map(rows).collect()
    }

    /// The rows as a table; may be scanned any number of times.
    pub(crate) fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        let part = |file| Arc::new(Part { manager: self.manager.clone(), file }) as _;
        let mut parts: Vec<Arc<dyn PartitionStream>> =
            self.files.iter().map(|file| part(Some(Arc::clone(file)))).collect();
        if parts.is_empty() {
            parts.push(part(None));
        }
        Ok(Arc::new(StreamingTable::try_new(Arc::clone(self.manager.schema()), parts)?))
    }
}

type FileWriter = StreamWriter<Box<dyn SpillWriter>>;

/// A file being written, created with the first rows.
pub(crate) struct Writer {
    env: Arc<RuntimeEnv>,
    schema: SchemaRef,
    open: Option<(Arc<dyn SpillFile>, FileWriter)>,
    n_rows: u64,
}

impl Writer {
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let (_, stream) = match &mut self.open {
            Some(open) => open,
            none => {
                let file = self.env.disk_manager.create_tmp_file("rows that wait")?;
                let stream = StreamWriter::try_new(file.open_writer()?, &self.schema)?;
                none.insert((file, stream))
            }
        };
        let columns = rows.columns().iter().map(own_texts).collect();
        stream.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        self.n_rows += rows.num_rows() as u64;
        Ok(())
    }
}

/// Strings taken from a larger batch share all of its string data, which would then be written as a whole.
fn own_texts(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        _ => Arc::clone(column),
    }
}

/// One file as a stream.
struct Part {
    manager: SpillManager,
    file: Option<Arc<dyn SpillFile>>,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Part")
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        self.manager.schema()
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(self.manager.schema());
        let Some(file) = &self.file else {
            return Box::pin(EmptyRecordBatchStream::new(schema));
        };
        let rows = self.manager.read_spill_as_stream(Arc::clone(file), None);
        rows.unwrap_or_else(|error| {
            let failed = futures::stream::iter([Err(error)]);
            Box::pin(RecordBatchStreamAdapter::new(schema, failed))
        })
    }
}
