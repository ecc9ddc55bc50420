//! Files read by a second way, for a recount: faults of the first way would not show in its own numbers.
//!
//! ```text
//! bytes of the storage ─▶ flate2, bzip2, liblzma, zstd ─▶ csv, serde_json ─┐
//!                      ─▶ the parquet crate's reader alone ────────────────┴─▶ values, as written
//!                                                            ─▶ columns of the run's types, or an error
//! ```
//!
//! The two ways share which bytes a file has, which rows are bad, and which type a run gives a column. A value that the
//! type does not hold exactly is an error here, with its place, whatever the first way made of it: integers keep all
//! digits, text all characters. Fractions are rounded to the nearest float, as everywhere.

mod csv;
mod ndjson;
mod parquet;
mod text;
mod values;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use clio_proto::Format;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use object_store::ObjectStore;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use self::text::LeftOut;
use self::values::{Misfit, Value};
use super::text::balanced;
use super::{SourceFile, steady};
use crate::error::{Place, ReadError, TableName};
use crate::input::source::bad_rows::BadRow;
use crate::input::source::origin::RowColumns;

/// Batches in flight between the thread that decodes and the one that computes.
const N_WAITING_BATCHES: usize = 2;

/// The rows of files without bad ones, with all columns.
pub(super) fn provider<'a>(
    (name, format, store): (&TableName, &Format, &Arc<dyn ObjectStore>),
    columns: &RowColumns,
    files: impl Iterator<Item = (SourceFile, &'a [BadRow])>,
    n_partitions: usize,
) -> Arc<dyn TableProvider> {
    let quote = match format {
        Format::Csv(options) => options.quote,
        Format::Ndjson | Format::Parquet => None,
    };
    let files = files.map(|(file, bad_rows)| (file, Arc::new(LeftOut::of(bad_rows, quote))));
    let reading = Arc::new(Reading {
        name: name.clone(),
        format: format.clone(),
        store: Arc::clone(store),
        own: Arc::clone(&columns.own),
    });
    Arc::new(Files { reading, schema: columns.all(), files: files.collect(), n_partitions })
}

/// What is shared by all files.
#[derive(Debug)]
struct Reading {
    name: TableName,
    format: Format,
    store: Arc<dyn ObjectStore>,
    /// The columns of all files, in their final types; a file may lack some.
    own: SchemaRef,
}

#[derive(Debug)]
struct Files {
    reading: Arc<Reading>,
    schema: SchemaRef,
    files: Vec<(SourceFile, Arc<LeftOut>)>,
    n_partitions: usize,
}

#[async_trait]
impl TableProvider for Files {
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
        let parts = balanced(&self.files, |(file, _)| file.meta.size, self.n_partitions);
        let parts = parts.into_iter().map(|files| {
            let (reading, schema) = (Arc::clone(&self.reading), Arc::clone(&schema));
            Arc::new(Part { reading, schema, files }) as _
        });
        let parts = parts.collect();
        let exec =
            StreamingTableExec::try_new(Arc::clone(&schema), parts, None, None, false, limit)?;
        Ok(Arc::new(exec))
    }
}

/// The files that one thread reads, one after another.
#[derive(Debug)]
struct Part {
    reading: Arc<Reading>,
    schema: SchemaRef,
    files: Vec<(SourceFile, Arc<LeftOut>)>,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let mut builder = RecordBatchReceiverStream::builder(schema, N_WAITING_BATCHES);
        let (reading, files) = (Arc::clone(&self.reading), self.files.clone());
        let (schema, sender) = (Arc::clone(&self.schema), builder.tx());
        let batch_size = ctx.session_config().batch_size();
        builder.spawn_blocking(move || {
            let runtime = Handle::current();
            for (file, left_out) in &files {
                let opened = Opened {
                    reading: &reading,
                    schema: &schema,
                    file,
                    left_out,
                    batch_size,
                    runtime: &runtime,
                    sender: &sender,
                };
                if let Err(error) = opened.read() {
                    let explained =
                        steady::explained(&reading.name, reading.store.as_ref(), file, error);
                    return Err(runtime.block_on(explained));
                }
            }
            Ok(())
        });
        builder.build()
    }
}

/// One file, and the columns requested of it.
struct Opened<'a> {
    reading: &'a Reading,
    /// The requested columns, including virtual ones.
    schema: &'a SchemaRef,
    file: &'a SourceFile,
    left_out: &'a LeftOut,
    batch_size: usize,
    runtime: &'a Handle,
    sender: &'a Sender<Result<RecordBatch>>,
}

impl Opened<'_> {
    fn read(&self) -> Result<()> {
        match &self.reading.format {
            Format::Csv(options) => csv::read(self, options),
            Format::Ndjson => ndjson::read(self),
            Format::Parquet => parquet::read(self),
        }
    }

    /// The requested columns that are the files' own.
    fn wanted(&self) -> impl Iterator<Item = &Arc<Field>> {
        let own = &self.reading.own;
        self.schema.fields().iter().filter(|field| own.column_with_name(field.name()).is_some())
    }

    /// Sends rows; `own` has the files' own columns in the order of [`wanted`](Self::wanted), `None` for those that the
    /// file lacks. Returns false once the receiver is gone.
    fn send(&self, n_rows: usize, own: Vec<Option<ArrayRef>>) -> Result<bool> {
        let mut own = own.into_iter();
        let column = |field: &Arc<Field>| -> Result<ArrayRef> {
            if self.reading.own.column_with_name(field.name()).is_none() {
                return self.file.virtual_value(field.name()).to_array_of_size(n_rows);
            }
            let values = own.next().flatten();
            Ok(values.unwrap_or_else(|| new_null_array(field.data_type(), n_rows)))
        };
        let columns = self.schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        let rows = RecordBatch::try_new_with_options(Arc::clone(self.schema), columns, &options)?;
        Ok(self.sender.blocking_send(Ok(rows)).is_ok())
    }

    /// The error for a value that the column's type does not hold.
    fn misfit(&self, field: &Field, places: &[Place], misfit: Misfit) -> DataFusionError {
        let place = places.get(misfit.row).copied().unwrap_or(Place::Unknown);
        let Misfit { value, target, .. } = misfit;
        self.bad_row(
            place,
            format!(
                "column `{}` is {value} here, and a run reads it as {target}, which does not hold it exactly: \
                 what was counted is not what the file says; declare a type that holds it in the model \
                 (`types`) and run `clio etl run --all`",
                field.name()
            ),
        )
    }

    fn bad_row(&self, place: Place, reason: String) -> DataFusionError {
        DataFusionError::External(Box::new(ReadError::BadRow {
            table: self.reading.name.clone(),
            file: self.file.path(),
            place,
            reason,
        }))
    }
}

/// Rows of a text file waiting to be sent.
struct Rows<'a, 'b> {
    opened: &'a Opened<'b>,
    /// The requested columns that the file may have.
    fields: Vec<Arc<Field>>,
    columns: Vec<Vec<Value>>,
    places: Vec<Place>,
}

impl<'a, 'b> Rows<'a, 'b> {
    fn new(opened: &'a Opened<'b>) -> Self {
        let fields: Vec<Arc<Field>> = opened.wanted().cloned().collect();
        let columns = fields.iter().map(|_| Vec::new()).collect();
        Self { opened, fields, columns, places: Vec::new() }
    }

    /// Adds a row, given its value for each requested column. Returns false once the receiver is gone.
    fn push(&mut self, line: u64, value_of: impl Fn(usize, &str) -> Value) -> Result<bool> {
        for (at, (field, values)) in self.fields.iter().zip(&mut self.columns).enumerate() {
            values.push(value_of(at, field.name()));
        }
        self.places.push(Place::Line(line));
        if self.places.len() < self.opened.batch_size { Ok(true) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<bool> {
        let places = std::mem::take(&mut self.places);
        if places.is_empty() {
            return Ok(true);
        }
        let mut columns = Vec::new();
        for (field, values) in self.fields.iter().zip(&mut self.columns) {
            let values = std::mem::take(values);
            let values: Vec<&Value> = values.iter().collect();
            let array = values::array_of(field.data_type(), &values);
            let array = array.map_err(|misfit| self.opened.misfit(field, &places, misfit))?;
            columns.push(Some(array));
        }
        self.opened.send(places.len(), columns)
    }
}

/// A type, as messages name it.
fn name_of(data_type: &DataType) -> String {
    crate::error::type_name(data_type)
}
