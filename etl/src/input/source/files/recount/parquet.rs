//! Parquet by the reader of the `parquet` crate alone, without the engine's scan and casts.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::compute::filter_record_batch;
use datafusion::common::{DataFusionError, Result};
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use datafusion::parquet::errors::{ParquetError, Result as ParquetResult};
use datafusion::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::{Opened, values};
use crate::error::Place;
use crate::input::source::files::steady::SteadyFile;

pub(super) fn read(opened: &Opened<'_>) -> Result<()> {
    let Opened { reading, file, runtime, left_out, .. } = opened;
    let stored = Stored {
        store: Arc::new(SteadyFile::new(&reading.name, file, Arc::clone(&reading.store))),
        path: file.meta.location.clone(),
        n_bytes: file.meta.size,
    };
    let failed = |error| DataFusionError::ParquetError(Box::new(error));
    let builder = runtime.block_on(ParquetRecordBatchStreamBuilder::new(stored)).map_err(failed)?;
    let schema = Arc::clone(builder.schema());
    let roots: Vec<usize> =
        opened.wanted().filter_map(|field| schema.index_of(field.name()).ok()).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let stream = builder.with_projection(mask).with_batch_size(opened.batch_size).build();
    let mut stream = stream.map_err(failed)?;
    let mut n_before = 0;
    while let Some(batch) = runtime.block_on(stream.next()) {
        let batch = batch.map_err(failed)?;
        let numbers = n_before + 1..=n_before + batch.num_rows() as u64;
        n_before += batch.num_rows() as u64;
        let is_kept: Vec<bool> =
            numbers.clone().map(|number| !left_out.rows.contains(&number)).collect();
        let places: Vec<Place> =
            numbers.zip(&is_kept).filter(|(_, kept)| **kept).map(|(n, _)| Place::Row(n)).collect();
        let batch = filter_record_batch(&batch, &BooleanArray::from(is_kept))?;
        let mut columns = Vec::new();
        for field in opened.wanted() {
            let column = batch.column_by_name(field.name());
            let column = column.map(|column| values::cast_exactly(column, field.data_type()));
            let column = column.transpose();
            columns.push(column.map_err(|misfit| opened.misfit(field, &places, misfit))?);
        }
        if !opened.send(places.len(), columns)? {
            break;
        }
    }
    Ok(())
}

/// One file in the state in which it was listed.
struct Stored {
    store: Arc<dyn ObjectStore>,
    path: Path,
    n_bytes: u64,
}

impl AsyncFileReader for Stored {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move {
            let bytes = self.store.get_range(&self.path, range).await;
            bytes.map_err(|error| ParquetError::External(Box::new(error)))
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let n_bytes = self.n_bytes;
            let metadata = ParquetMetaDataReader::new().load_and_finish(self, n_bytes).await?;
            Ok(Arc::new(metadata))
        }
        .boxed()
    }
}
