//! Faulty readers, to test that faults are noticed. The first way of reading files becomes faulty below a folder that a
//! test names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use datafusion::arrow::compute::{cast, take, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt};
use strum::EnumCount;
use url::Url;

/// The fault of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumCount)]
pub(crate) enum Fault {
    /// Integers become floats.
    Floats,
    /// One in seven rows is lost.
    LostRows,
    /// One in seven rows occurs twice.
    RowsTwice,
    /// Texts of more than three characters, other than times, lose the last one.
    CutTexts,
    /// One in seven values is null.
    Nulls,
}

impl Fault {
    pub(crate) const ALL: [Self; Self::COUNT] =
        [Self::Floats, Self::LostRows, Self::RowsTwice, Self::CutTexts, Self::Nulls];
}

static FAULTS: Mutex<BTreeMap<String, Fault>> = Mutex::new(BTreeMap::new());

/// Makes the first way of reading files below a folder faulty from now on.
pub(crate) fn inject(folder: &Url, fault: Fault) {
    FAULTS.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_string(), fault);
}

fn of(url: &Url) -> Option<Fault> {
    let faults = FAULTS.lock().unwrap_or_else(PoisonError::into_inner);
    faults.iter().find(|(folder, _)| url.as_str().starts_with(folder.as_str())).map(|(_, it)| *it)
}

/// The columns that the faulty reader finds.
pub(super) fn schema(url: &Url, schema: SchemaRef) -> SchemaRef {
    if of(url) != Some(Fault::Floats) {
        return schema;
    }
    let float = |field: &Arc<Field>| match field.data_type().is_integer() {
        true => Arc::new(Field::new(field.name(), DataType::Float64, true)),
        false => Arc::clone(field),
    };
    Arc::new(Schema::new(schema.fields().iter().map(float).collect::<Vec<_>>()))
}

/// The rows that the faulty reader returns.
pub(super) fn applied(url: &Url, rows: Arc<dyn TableProvider>) -> Arc<dyn TableProvider> {
    let Some(fault) = of(url) else { return rows };
    let schema = rows.schema();
    let part = Arc::new(Faulty { fault, schema: Arc::clone(&schema), rows });
    Arc::new(StreamingTable::try_new(schema, vec![part]).unwrap())
}

#[derive(Debug)]
struct Faulty {
    fault: Fault,
    schema: SchemaRef,
    rows: Arc<dyn TableProvider>,
}

impl PartitionStream for Faulty {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (rows, fault) = (Arc::clone(&self.rows), self.fault);
        let read = async move { SessionContext::new().read_table(rows)?.execute_stream().await };
        let batches = futures::stream::once(read).try_flatten();
        let batches = batches.map(move |batch| altered(&batch?, fault));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

fn altered(batch: &RecordBatch, fault: Fault) -> Result<RecordBatch> {
    let n_rows = batch.num_rows() as u64;
    let seventh = |row: &u64| row % 7 == 3;
    Ok(match fault {
        Fault::Floats => batch.clone(),
        Fault::LostRows => {
            let kept: UInt64Array = (0..n_rows).filter(|row| !seventh(row)).collect();
            take_record_batch(batch, &kept)?
        }
        Fault::RowsTwice => {
            let kept: UInt64Array = (0..n_rows).chain((0..n_rows).filter(seventh)).collect();
            take_record_batch(batch, &kept)?
        }
        Fault::CutTexts | Fault::Nulls => {
            let schema = batch.schema();
            let columns = schema.fields().iter().zip(batch.columns());
            let columns = columns.map(|(field, values)| column(field, values, fault));
            RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<Vec<_>>>()?)?
        }
    })
}

fn column(field: &Field, values: &ArrayRef, fault: Fault) -> Result<ArrayRef> {
    let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::Utf8View);
    if field.name() == "at" || (fault == Fault::CutTexts && !is_text) {
        return Ok(Arc::clone(values));
    }
    if fault == Fault::Nulls {
        let n_rows = values.len() as u64;
        let kept: UInt64Array = (0..n_rows).map(|row| (row % 7 != 3).then_some(row)).collect();
        return Ok(take(values, &kept, None)?);
    }
    let texts = cast(values, &DataType::Utf8)?;
    let cut = |text: &str| match text.char_indices().nth(3) {
        Some(_) => text[..text.char_indices().last().map_or(0, |(at, _)| at)].to_owned(),
        None => text.to_owned(),
    };
    let texts: StringArray = texts.as_string::<i32>().iter().map(|text| text.map(cut)).collect();
    Ok(cast(&texts, field.data_type())?)
}
