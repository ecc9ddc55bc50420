//! A file of cells whose row groups are encoded in parallel, on any thread, and appended in order.

use std::mem;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::file::writer::SerializedFileWriter;

use super::properties;
use crate::checksum::{Checksum, SummedWriter};
use crate::error::LakeError;

/// A file that is being written.
pub struct GroupedFile {
    path: Path,
    n_rows: u64,
    schema: SchemaRef,
    n_groups: usize,
    factory: ArrowRowGroupWriterFactory,
    /// Encoded bytes on their way to the store.
    file: SerializedFileWriter<Vec<u8>>,
    store: SummedWriter,
    url: String,
}

impl GroupedFile {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        url: &str,
        path: Path,
        schema: &SchemaRef,
    ) -> Result<Self, LakeError> {
        let begun = ArrowWriter::try_new(Vec::new(), Arc::clone(schema), Some(properties(schema)))
            .and_then(ArrowWriter::into_serialized_writer);
        let (file, factory) = begun.map_err(|error| LakeError::unwritten(url, &error))?;
        Ok(Self {
            store: SummedWriter::new(BufWriter::new(store, path.clone())),
            path,
            n_rows: 0,
            schema: Arc::clone(schema),
            n_groups: 0,
            factory,
            file,
            url: url.to_owned(),
        })
    }

    /// The next row group, to be filled on any thread; row groups are appended in this order.
    ///
    /// # Errors
    ///
    /// When the schema cannot be written.
    pub fn group(&mut self) -> Result<RowGroup, LakeError> {
        let columns = self.factory.create_column_writers(self.n_groups);
        let columns = columns.map_err(|error| LakeError::unwritten(&self.url, &error))?;
        self.n_groups += 1;
        Ok(RowGroup { schema: Arc::clone(&self.schema), columns, n_rows: 0, url: self.url.clone() })
    }

    /// Appends a row group that has been filled.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn append(&mut self, group: FilledGroup) -> Result<(), LakeError> {
        self.file.inner_mut().reserve(group.size_bytes);
        let append = || {
            let mut to = self.file.next_row_group()?;
            for column in group.columns {
                column.append_to_row_group(&mut to)?;
            }
            to.close()
        };
        append().map_err(|error| LakeError::unwritten(&self.url, &error))?;
        self.n_rows += group.n_rows;
        let bytes = mem::take(self.file.inner_mut());
        self.put(bytes).await
    }

    /// Writes the remaining bytes, and the footer.
    pub(super) async fn close(mut self) -> Result<(Path, u64, Checksum), LakeError> {
        let closed = self.file.finish().map(|_| mem::take(self.file.inner_mut()));
        let bytes = closed.map_err(|error| LakeError::unwritten(&self.url, &error))?;
        self.put(bytes).await?;
        let closed = self.store.close().await;
        closed.map_err(|error| LakeError::unwritten(&self.url, &error))?;
        Ok((self.path, self.n_rows, self.store.checksum()))
    }

    async fn put(&mut self, bytes: Vec<u8>) -> Result<(), LakeError> {
        let put = self.store.put(bytes.into()).await;
        put.map_err(|error| LakeError::unwritten(&self.url, &error))
    }
}

/// A row group that is being filled.
pub struct RowGroup {
    schema: SchemaRef,
    columns: Vec<ArrowColumnWriter>,
    n_rows: u64,
    url: String,
}

/// The encoded columns of a row group.
pub struct FilledGroup {
    columns: Vec<ArrowColumnChunk>,
    n_rows: u64,
    /// Its approximate size.
    size_bytes: usize,
}

impl RowGroup {
    /// Encodes rows.
    ///
    /// # Errors
    ///
    /// When the rows have another schema.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), LakeError> {
        let mut write = || {
            let mut columns = self.columns.iter_mut();
            for (field, array) in self.schema.fields().iter().zip(rows.columns()) {
                for (leaf, column) in compute_leaves(field, array)?.iter().zip(&mut columns) {
                    column.write(leaf)?;
                }
            }
            Ok(())
        };
        write().map_err(|error| LakeError::unwritten(&self.url, &error))?;
        self.n_rows += rows.num_rows() as u64;
        Ok(())
    }

    /// Ends the row group.
    ///
    /// # Errors
    ///
    /// Where a column cannot be encoded.
    pub fn finish(self) -> Result<FilledGroup, LakeError> {
        let size_bytes =
            self.columns.iter().map(ArrowColumnWriter::get_estimated_total_bytes).sum();
        let columns: Result<_, _> =
            self.columns.into_iter().map(ArrowColumnWriter::close).collect();
        let columns = columns.map_err(|error| LakeError::unwritten(&self.url, &error))?;
        Ok(FilledGroup { columns, n_rows: self.n_rows, size_bytes })
    }
}
