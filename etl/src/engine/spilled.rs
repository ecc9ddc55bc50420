//! Rows that wait in temporary files, as a table. A file is deleted when its last reader drops it.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::execution::disk_manager::DiskManager;
use datafusion::execution::{SendableRecordBatchStream, SpillFile, SpillWriter, TaskContext};
use datafusion::physical_plan::EmptyRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;

/// Batches that wait between the thread that reads and the one that computes.
const N_WAITING_BATCHES: usize = 2;

/// Rows in temporary files, one for each thread that wrote some.
pub(crate) struct Spilled {
    disk: Arc<DiskManager>,
    schema: SchemaRef,
    files: Vec<Arc<dyn SpillFile>>,
    n_rows: u64,
}

impl fmt::Debug for Spilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spilled").field("n_rows", &self.n_rows).finish_non_exhaustive()
    }
}

impl Spilled {
    pub(crate) fn new(disk: &Arc<DiskManager>, schema: SchemaRef) -> Self {
        Self { disk: Arc::clone(disk), schema, files: Vec::new(), n_rows: 0 }
    }

    /// A further file to write.
    pub(crate) fn writer(&self) -> Writer {
        Writer {
            disk: Arc::clone(&self.disk),
            schema: Arc::clone(&self.schema),
            open: None,
            n_rows: 0,
        }
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

    /// Writes what a stream has, so that many may read it without its being made again.
    pub(crate) async fn of(
        ctx: &SessionContext,
        mut rows: SendableRecordBatchStream,
    ) -> Result<Arc<dyn TableProvider>> {
        let mut kept = Self::new(&ctx.runtime_env().disk_manager, rows.schema());
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

    /// The rows of each file in the order in which they were written, to be read as often as one likes.
    pub(crate) fn streams(&self) -> Vec<SendableRecordBatchStream> {
        self.files.iter().map(|file| rows_of(&self.schema, Some(Arc::clone(file)))).collect()
    }

    /// The rows as a table, to be read as often as one likes.
    pub(crate) fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        let part = |file| Arc::new(Part { schema: Arc::clone(&self.schema), file }) as _;
        let mut parts: Vec<Arc<dyn PartitionStream>> =
            self.files.iter().map(|file| part(Some(Arc::clone(file)))).collect();
        if parts.is_empty() {
            parts.push(part(None));
        }
        Ok(Arc::new(StreamingTable::try_new(Arc::clone(&self.schema), parts)?))
    }
}

type FileWriter = StreamWriter<Box<dyn SpillWriter>>;

/// A file being written; there is none until there are rows.
pub(crate) struct Writer {
    disk: Arc<DiskManager>,
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
                let file = self.disk.create_tmp_file("rows that wait")?;
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

/// Rows taken out of others share the texts of all of them, which would all be written.
fn own_texts(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        _ => Arc::clone(column),
    }
}

/// One file as a stream.
struct Part {
    schema: SchemaRef,
    file: Option<Arc<dyn SpillFile>>,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Part")
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        rows_of(&self.schema, self.file.clone())
    }
}

fn rows_of(schema: &SchemaRef, file: Option<Arc<dyn SpillFile>>) -> SendableRecordBatchStream {
    let schema = Arc::clone(schema);
    let Some(file) = file else {
        return Box::pin(EmptyRecordBatchStream::new(schema));
    };
    let mut builder = RecordBatchReceiverStream::builder(schema, N_WAITING_BATCHES);
    let sender = builder.tx();
    builder.spawn_blocking(move || {
        let path = file.path().ok_or_else(|| exec_datafusion_err!("a file without a path"))?;
        for batch in StreamReader::try_new(BufReader::new(File::open(path)?), None)? {
            // A receiver that is gone has failed, and reports its own error.
            if sender.blocking_send(Ok(batch?)).is_err() {
                break;
            }
        }
        Ok(())
    });
    builder.build()
}
