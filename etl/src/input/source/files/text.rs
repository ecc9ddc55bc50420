//! CSV and NDJSON files, each read from its beginning, so that an error names the line.
//!
//! DataFusion's own readers split files at byte offsets and lose line numbers, and its CSV reader
//! supports no null text but the empty one. Decoding is `arrow`'s in both cases. A file is read by one
//! thread, several files in parallel.

mod csv;
mod ndjson;

use std::sync::Arc;

use async_trait::async_trait;
use clio_proto::Format;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Field, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use object_store::ObjectStore;
use tokio::sync::mpsc::Sender;

pub(super) use csv::{decoder as csv_decoder, place_and_reason as csv_place_and_reason};

use super::{SourceFile, steady};
use crate::error::{Place, ReadError, TableName};
use crate::input::source::origin::RowColumns;

/// Batches in flight between the thread that decodes and the one that computes.
const N_WAITING_BATCHES: usize = 2;

pub(super) fn provider(
    name: TableName,
    format: Format,
    columns: &RowColumns,
    store: Arc<dyn ObjectStore>,
    files: Vec<SourceFile>,
    n_partitions: usize,
) -> Arc<dyn TableProvider> {
    let (schema, file_schema) = (columns.all(), Arc::clone(&columns.own));
    let coerces = columns.coerces;
    let reading = Arc::new(Reading { name, format, coerces, store, file_schema });
    Arc::new(TextFiles { reading, schema, files, n_partitions })
}

/// What is shared by all files.
#[derive(Debug)]
struct Reading {
    name: TableName,
    format: Format,
    /// Whether numbers are read as text where text is requested.
    coerces: bool,
    store: Arc<dyn ObjectStore>,
    /// The columns of all files; a file may lack some.
    file_schema: SchemaRef,
}

#[derive(Debug)]
struct TextFiles {
    reading: Arc<Reading>,
    schema: SchemaRef,
    files: Vec<SourceFile>,
    n_partitions: usize,
}

#[async_trait]
impl TableProvider for TextFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        let partitions = balanced(&self.files, |file| file.meta.size, self.n_partitions);
        let partitions = partitions.into_iter().map(|files| {
            let reading = Arc::clone(&self.reading);
            Arc::new(Files { reading, schema: Arc::clone(&schema), files }) as _
        });
        let exec = StreamingTableExec::try_new(
            Arc::clone(&schema),
            partitions.collect(),
            None,
            None,
            false,
            limit,
        )?;
        Ok(Arc::new(exec))
    }
}

/// Divides files into this many parts of about the same size: the largest first, each to the smallest
/// part.
pub(super) fn balanced<T: Clone>(
    files: &[T],
    size_of: impl Fn(&T) -> u64,
    n_parts: usize,
) -> Vec<Vec<T>> {
    let mut by_size: Vec<&T> = files.iter().collect();
    by_size.sort_by_key(|file| std::cmp::Reverse(size_of(file)));
    let n_parts = n_parts.min(files.len()).max(1);
    let mut parts = vec![(0_u64, Vec::new()); n_parts];
    for file in by_size {
        if let Some(smallest) = parts.iter_mut().min_by_key(|(size, _)| *size) {
            smallest.0 += size_of(file);
            smallest.1.push(file.clone());
        }
    }
    parts.into_iter().map(|(_, files)| files).collect()
}

/// The files that one thread reads, one after another.
#[derive(Debug)]
struct Files {
    reading: Arc<Reading>,
    schema: SchemaRef,
    files: Vec<SourceFile>,
}

impl PartitionStream for Files {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let mut builder = RecordBatchReceiverStream::builder(schema, N_WAITING_BATCHES);
        let (reading, files) = (Arc::clone(&self.reading), self.files.clone());
        let batch_size = ctx.session_config().batch_size();
        let (schema, sender) = (Arc::clone(&self.schema), builder.tx());
        builder.spawn(async move {
            for file in &files {
                let shape = Shape { reading: &reading, file, schema: &schema, batch_size };
                let read = match reading.format.clone() {
                    Format::Csv(options) => csv::read(&shape, &options, &sender).await,
                    Format::Ndjson | Format::Parquet => ndjson::read(&shape, &sender).await,
                };
                if let Err(error) = read {
                    let store = reading.store.as_ref();
                    return Err(steady::explained(&reading.name, store, file, error).await);
                }
            }
            Ok(())
        });
        builder.build()
    }
}

/// Converts decoded columns of a file to the requested ones.
pub(super) struct Conversion<'a> {
    file_schema: SchemaRef,
    schema: SchemaRef,
    file: &'a SourceFile,
}

impl<'a> Conversion<'a> {
    pub(super) fn new(file_schema: &SchemaRef, schema: &SchemaRef, file: &'a SourceFile) -> Self {
        Self { file_schema: Arc::clone(file_schema), schema: Arc::clone(schema), file }
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn convert(&self, decoded: &RecordBatch) -> Result<RecordBatch> {
        let n_rows = decoded.num_rows();
        let column = |field: &Arc<Field>| -> Result<ArrayRef> {
            if let Some(column) = decoded.column_by_name(field.name()) {
                return Ok(cast(column, field.data_type())?);
            }
            if self.file_schema.column_with_name(field.name()).is_some() {
                return Ok(new_null_array(field.data_type(), n_rows));
            }
            self.file.virtual_value(field.name()).to_array_of_size(n_rows)
        };
        let columns = self.schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

/// One file, and the columns requested of it.
struct Shape<'a> {
    reading: &'a Reading,
    file: &'a SourceFile,
    /// The requested columns, including virtual ones.
    schema: &'a SchemaRef,
    batch_size: usize,
}

impl Shape<'_> {
    /// The requested columns that are the files' own.
    fn wanted(&self) -> impl Iterator<Item = &Arc<Field>> {
        let own = &self.reading.file_schema;
        self.schema.fields().iter().filter(|field| own.column_with_name(field.name()).is_some())
    }

    /// Sends decoded rows with the requested columns. Returns false once the receiver is gone.
    async fn send(
        &self,
        decoded: &RecordBatch,
        sender: &Sender<Result<RecordBatch>>,
    ) -> Result<bool> {
        let conversion = Conversion::new(&self.reading.file_schema, self.schema, self.file);
        Ok(sender.send(Ok(conversion.convert(decoded)?)).await.is_ok())
    }

    fn bad_row(&self, place: Place, reason: String) -> DataFusionError {
        located(self.reading.name.clone(), self.file.path(), place, reason)
    }
}

/// An error with its place, on its way through the engine.
fn located(table: TableName, file: String, place: Place, reason: String) -> DataFusionError {
    DataFusionError::External(Box::new(ReadError::BadRow { table, file, place, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::ObjectMeta;
    use object_store::path::Path;

    #[test]
    fn files_are_spread_by_size_and_none_is_lost() {
        let sizes = [5_u64, 1, 1, 1, 1, 1];
        let files: Vec<SourceFile> = sizes
            .iter()
            .enumerate()
            .map(|(index, &size)| SourceFile {
                meta: ObjectMeta {
                    location: Path::from(format!("{index}")),
                    last_modified: Default::default(),
                    size,
                    e_tag: None,
                    version: None,
                },
                store: "/".into(),
                folder_day: None,
                partitions: Arc::default(),
            })
            .collect();
        let size = |file: &SourceFile| file.meta.size;
        let n_files: Vec<usize> = balanced(&files, size, 2).iter().map(Vec::len).collect();
        assert_eq!(n_files, [1, 5]);
        assert_eq!(balanced(&files, size, 9).len(), 6);
        assert_eq!(balanced(&[], size, 3).len(), 1);
    }
}
