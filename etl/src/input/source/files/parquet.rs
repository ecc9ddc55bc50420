//! Parquet files of a source, read in the state in which they were listed.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::ObjectStore;

use super::SourceFile;
use super::steady::SteadyFile;
use crate::engine::parquet_files::parquet_table_through;
use crate::error::TableName;
use crate::input::source::origin::RowColumns;

/// The rows of a source's files, with virtual columns after the files' own.
pub(super) fn provider(
    table: &TableName,
    store: &Arc<dyn ObjectStore>,
    columns: &RowColumns,
    store_url: ObjectStoreUrl,
    files: &[SourceFile],
    n_partitions: usize,
) -> Arc<dyn TableProvider> {
    let stores = files.iter().map(|file| {
        let store: Arc<dyn ObjectStore> = Arc::new(SteadyFile::new(table, file, Arc::clone(store)));
        (file.meta.location.clone(), store)
    });
    let parts = files.iter().map(|file| {
        let values =
            columns.of_pieces.iter().map(|field| file.virtual_value(field.name())).collect();
        PartitionedFile::new_from_meta(file.meta.clone()).with_partition_values(values)
    });
    let parts = parts.collect();
    parquet_table_through(
        &columns.own,
        &columns.of_pieces,
        store_url,
        parts,
        n_partitions,
        stores.collect(),
    )
}
