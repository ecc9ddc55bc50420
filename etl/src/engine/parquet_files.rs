//! Parquet files through DataFusion's own reader, with projection, row group pruning and parallel scans; files of the
//! lake and of sources.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, internal_err};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfigBuilder, ParquetFileReaderFactory, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::scalar::ScalarValue;
use object_store::ObjectStore;
use object_store::path::Path;

/// The rows of Parquet files, with each file's partition values after its own columns.
pub(crate) fn parquet_table(
    file_schema: &SchemaRef,
    partition_columns: &[Arc<Field>],
    store_url: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    n_partitions: usize,
) -> Arc<dyn TableProvider> {
    table_of(file_schema, partition_columns, store_url, files, n_partitions, None)
}

/// The same, with each file read through a store of its own.
pub(crate) fn parquet_table_through(
    file_schema: &SchemaRef,
    partition_columns: &[Arc<Field>],
    store_url: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    n_partitions: usize,
    stores: StoresOfFiles,
) -> Arc<dyn TableProvider> {
    let stores = Some(Arc::new(stores));
    table_of(file_schema, partition_columns, store_url, files, n_partitions, stores)
}

fn table_of(
    file_schema: &SchemaRef,
    partition_columns: &[Arc<Field>],
    store_url: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    n_partitions: usize,
    stores: Option<Arc<StoresOfFiles>>,
) -> Arc<dyn TableProvider> {
    let table_schema = TableSchema::builder(Arc::clone(file_schema))
        .with_table_partition_cols(partition_columns.to_vec())
        .build();
    let all = file_schema.fields().iter().chain(partition_columns).cloned();
    let schema = Arc::new(Schema::new(all.collect::<Vec<_>>()));
    Arc::new(ParquetFiles { schema, table_schema, store_url, files, n_partitions, stores })
}

/// The store of each file, by its location.
pub(crate) type StoresOfFiles = BTreeMap<Path, Arc<dyn ObjectStore>>;

#[derive(Debug)]
struct ParquetFiles {
    schema: SchemaRef,
    table_schema: TableSchema,
    store_url: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    n_partitions: usize,
    /// Set for files of others, who may change them; the lake's own files never change.
    stores: Option<Arc<StoresOfFiles>>,
}

#[async_trait]
impl TableProvider for ParquetFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Files of a lake whose partition a filter excludes are not opened.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = match self.stores {
            Some(_) => TableProviderFilterPushDown::Unsupported,
            None => TableProviderFilterPushDown::Inexact,
        };
        Ok(vec![support; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut source = ParquetSource::new(self.table_schema.clone());
        if let Some(files) = &self.stores {
            let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
            let readers = ReadersOfFiles { files: Arc::clone(files), cache };
            source = source
                .with_table_parquet_options(ParquetFormat::default().options().clone())
                .with_parquet_file_reader_factory(Arc::new(readers));
        }
        let source = Arc::new(source);
        let files = self.wanted(state, filters)?;
        let groups = FileGroup::new(files).split_files(self.n_partitions);
        let config = FileScanConfigBuilder::new(self.store_url.clone(), source)
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        match self.stores {
            // Planned as the format would, but with our readers.
            Some(_) => Ok(DataSourceExec::from_data_source(config)),
            None => ParquetFormat::default().create_physical_plan(state, config).await,
        }
    }
}

impl ParquetFiles {
    /// The files whose partition values pass the filters.
    fn wanted(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<PartitionedFile>> {
        let partition = Schema::new(self.table_schema.table_partition_cols().to_vec());
        let is_of_partition = |filter: &&Expr| {
            let columns = filter.column_refs();
            !filter.is_volatile()
                && columns.iter().all(|column| partition.column_with_name(column.name()).is_some())
        };
        let filters = filters.iter().filter(is_of_partition).cloned();
        let Some(predicate) = conjunction(filters) else { return Ok(self.files.clone()) };
        let of_column = |index: usize| {
            let values = self.files.iter().map(|file| file.partition_values[index].clone());
            ScalarValue::iter_to_array(values)
        };
        if self.files.is_empty() {
            return Ok(Vec::new());
        }
        let columns = (0..partition.fields().len()).map(of_column).collect::<Result<_>>()?;
        let partition = Arc::new(partition);
        let values = RecordBatch::try_new(Arc::clone(&partition), columns)?;
        // A filter that cannot be evaluated on these columns alone, such as a subquery, is applied to rows.
        let Ok(predicate) = state.create_physical_expr(predicate, &partition.try_into()?) else {
            return Ok(self.files.clone());
        };
        let kept = predicate.evaluate(&values)?.into_array(values.num_rows())?;
        let files = self.files.iter().zip(kept.as_boolean().iter());
        Ok(files.filter(|(_, is_kept)| *is_kept == Some(true)).map(|(it, _)| it.clone()).collect())
    }
}

/// Readers of files, each through its own store.
#[derive(Debug)]
struct ReadersOfFiles {
    files: Arc<StoresOfFiles>,
    cache: Arc<FileMetadataCache>,
}

impl ParquetFileReaderFactory for ReadersOfFiles {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let Some(store) = self.files.get(&file.object_meta.location) else {
            return internal_err!("{} is none of the files of a scan", file.object_meta.location);
        };
        let readers =
            CachedParquetFileReaderFactory::new(Arc::clone(store), Arc::clone(&self.cache));
        readers.create_reader(partition_index, file, metadata_size_hint, metrics)
    }
}
