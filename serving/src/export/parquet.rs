//! Parquet: groups of rows, each compressed as soon as it is large enough.

use std::sync::Arc;

use clio_proto::{Answer, ServiceError};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::columns::{Columns, rows};
use super::encoder::{Encoder, internal};
use super::ipc::Table;

/// The encoded size at which a group of rows is written: large enough that headers are a small part of it, small enough
/// to be held for each export.
const GROUP_BYTES: usize = 4 << 20;

pub(super) struct ParquetEncoder {
    table: Table,
    writer: ArrowWriter<Vec<u8>>,
}

impl ParquetEncoder {
    pub(super) fn try_new(
        columns: Columns,
        said: &[(String, String)],
    ) -> Result<Self, ServiceError> {
        let table = Table::new(columns, said);
        // Besides Arrow's schema, which holds the same, for readers that look at the file's own metadata.
        let mut said: Vec<_> = table.schema.metadata().clone().into_iter().collect();
        said.sort_unstable();
        let said = said.into_iter().map(|(key, what)| KeyValue::new(key, what)).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(said))
            .set_created_by(concat!("clio ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let schema = Arc::clone(&table.schema);
        let writer =
            ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(internal)?;
        Ok(Self { table, writer })
    }
}

impl Encoder for ParquetEncoder {
    fn rows(&mut self, page: &Answer) -> Result<Vec<u8>, ServiceError> {
        self.writer.write(&self.table.batch(rows(page))?).map_err(internal)?;
        if self.writer.in_progress_size() >= GROUP_BYTES {
            self.writer.flush().map_err(internal)?;
        }
        Ok(std::mem::take(self.writer.inner_mut()))
    }

    fn end(&mut self) -> Result<Vec<u8>, ServiceError> {
        self.writer.finish().map_err(internal)?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }
}
