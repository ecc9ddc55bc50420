//! Parquet files through DataFusion's own reader: projection, row group pruning and parallel scans.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::SourceFile;

/// The rows of a source's files, with virtual columns behind the files' own.
pub(super) fn provider(
    file_schema: &SchemaRef,
    virtual_columns: &[Arc<Field>],
    store_url: ObjectStoreUrl,
    files: &[SourceFile],
    n_partitions: usize,
) -> Arc<dyn TableProvider> {
    let files = files.iter().map(|file| {
        let values = virtual_columns.iter().map(|field| file.virtual_value(field.name())).collect();
        PartitionedFile::new_from_meta(file.meta.clone()).with_partition_values(values)
    });
    let files = files.collect();
    parquet_table(file_schema, virtual_columns, store_url, files, n_partitions)
}

/// The rows of Parquet files, with the partition values of each behind its own columns.
pub(crate) fn parquet_table(
    file_schema: &SchemaRef,
    partition_columns: &[Arc<Field>],
    store_url: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    n_partitions: usize,
) -> Arc<dyn TableProvider> {
    let table_schema = TableSchema::builder(Arc::clone(file_schema))
        .with_table_partition_cols(partition_columns.to_vec())
        .build();
    let all = file_schema.fields().iter().chain(partition_columns).cloned();
    let schema = Arc::new(Schema::new(all.collect::<Vec<_>>()));
    Arc::new(ParquetFiles { schema, table_schema, store_url, files, n_partitions })
}

#[derive(Debug)]
struct ParquetFiles {
    schema: SchemaRef,
    table_schema: TableSchema,
    store_url: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    n_partitions: usize,
}

#[async_trait]
impl TableProvider for ParquetFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let source = Arc::new(ParquetSource::new(self.table_schema.clone()));
        let groups = FileGroup::new(self.files.clone()).split_files(self.n_partitions);
        let config = FileScanConfigBuilder::new(self.store_url.clone(), source)
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        ParquetFormat::default().create_physical_plan(state, config).await
    }
}
