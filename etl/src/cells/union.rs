//! The cells of several periods combined into one: an aggregate over their files.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use url::Url;

use super::{CellShape, CellSorter, PeriodCells};
use crate::engine::explained;
use crate::engine::parquet_files::parquet_table;
use crate::error::{During, EtlError};
use clio_lake::LakeFile;

/// The address under which the engine finds the table's files.
const CELLS_STORE: &str = "clio-lake://cells/";
const STEP: &str = "folding periods";

/// The cells of the lake as the engine reads them.
pub(crate) struct Union<'a> {
    pub(crate) ctx: &'a SessionContext,
    pub(crate) shape: &'a CellShape,
    pub(crate) n_threads: usize,
    store_url: ObjectStoreUrl,
    pub(crate) read_schema: SchemaRef,
}

impl<'a> Union<'a> {
    pub(crate) fn new(
        ctx: &'a SessionContext,
        shape: &'a CellShape,
        store: Arc<dyn ObjectStore>,
        n_threads: usize,
    ) -> Result<Self, EtlError> {
        let store_url = ObjectStoreUrl::parse(CELLS_STORE).during(STEP)?;
        let url: &Url = store_url.as_ref();
        ctx.register_object_store(url, store);
        // Types that the engine groups and adds up without copies.
        let fields: Vec<Field> = shape
            .file_schema
            .fields()
            .iter()
            .map(|field| match field.data_type() {
                DataType::Utf8 => Field::new(field.name(), DataType::Utf8View, true),
                DataType::Binary => Field::new(field.name(), DataType::LargeBinary, true),
                other => Field::new(field.name(), other.clone(), true),
            })
            .collect();
        let read_schema = Arc::new(Schema::new(fields));
        Ok(Self { ctx, shape, n_threads: n_threads.max(1), store_url, read_schema })
    }

    /// The cells of the union of some periods' files.
    pub(crate) async fn cells(&self, parts: &[LakeFile]) -> Result<PeriodCells, EtlError> {
        let mut cells = CellSorter::new(self.ctx, self.shape.n_dimensions);
        let mut groups = self.groups(self.summands(self.frame(parts)?)?).await?;
        while let Some(batch) = groups.next().await {
            let batch = batch.map_err(|error| explained(STEP, error))?;
            cells.push(self.stored(&batch)?).during(STEP)?;
        }
        let sorted = cells.finish().during(STEP)?;
        PeriodCells::of(self.ctx, sorted).await.during(STEP)
    }

    /// The columns that are combined: dimensions, and measures in the form in which they are added up.
    pub(crate) fn summands(&self, cells: DataFrame) -> Result<DataFrame, EtlError> {
        let dimensions = &self.read_schema.fields()[..self.shape.n_dimensions];
        let dimensions = dimensions.iter().map(|field| ident(field.name()));
        let measures = self
            .shape
            .measures
            .iter()
            .map(|measure| measure.rules.summand(ident(&measure.name)).alias(&measure.name));
        cells.select(dimensions.chain(measures).collect::<Vec<_>>()).during(STEP)
    }

    /// The cells that [`summands`](Self::summands) combine to, unordered.
    pub(crate) async fn grouped(&self, summands: DataFrame) -> Result<Vec<RecordBatch>, EtlError> {
        let groups = self.groups(summands).await?.try_collect::<Vec<_>>().await;
        let groups = groups.map_err(|error| explained(STEP, error))?;
        groups.iter().map(|batch| self.stored(batch)).collect()
    }

    async fn groups(&self, summands: DataFrame) -> Result<SendableRecordBatchStream, EtlError> {
        let dimensions = &self.read_schema.fields()[..self.shape.n_dimensions];
        let groups = dimensions.iter().map(|field| ident(field.name())).collect();
        let aggregates = self
            .shape
            .measures
            .iter()
            .map(|measure| measure.rules.of_cells(ident(&measure.name)).alias(&measure.name));
        let grouped = summands.aggregate(groups, aggregates.collect()).during(STEP)?;
        grouped.execute_stream().await.map_err(|error| explained(STEP, error))
    }

    /// The totals of counts and integer sums over some files, and the number of values behind quantiles, to check their
    /// union.
    pub(crate) async fn whole_totals(
        &self,
        parts: &[LakeFile],
    ) -> Result<Vec<Option<i128>>, EtlError> {
        let sums: Vec<Expr> = self
            .shape
            .measures
            .iter()
            .filter(|measure| measure.rules.is_whole())
            .map(|measure| {
                let summand = measure.rules.summand(ident(&measure.name));
                measure.rules.of_cells(summand).alias(&measure.name)
            })
            .collect();
        if sums.is_empty() {
            return Ok(vec![None; self.shape.measures.len()]);
        }
        let batches = self.frame(parts)?.aggregate(Vec::new(), sums).during(STEP)?.collect().await;
        let batches = batches.during(STEP)?;
        let totals = self.shape.measures.iter().map(|measure| {
            if !measure.rules.is_whole() {
                return Ok(None);
            }
            let total = batches.first().and_then(|batch| batch.column_by_name(&measure.name));
            total.map_or(Ok(0), |total| measure.rules.whole(total)).map(Some)
        });
        totals.collect()
    }

    /// The cells of some files, as the engine reads them.
    pub(crate) fn frame(&self, parts: &[LakeFile]) -> Result<DataFrame, EtlError> {
        let files = parts.iter().map(|file| PartitionedFile::new(&file.path, file.size_bytes));
        let table = parquet_table(
            &self.read_schema,
            &[],
            self.store_url.clone(),
            files.collect(),
            self.n_threads,
        );
        self.ctx.read_table(table).during(STEP)
    }

    fn stored(&self, batch: &RecordBatch) -> Result<RecordBatch, EtlError> {
        let n_dimensions = self.shape.n_dimensions;
        let mut columns = batch.columns().to_vec();
        for (column, measure) in columns[n_dimensions..].iter_mut().zip(&self.shape.measures) {
            *column = measure.rules.stored(column, &measure.name)?;
        }
        let names = self.read_schema.fields().iter().map(|field| field.name().clone());
        RecordBatch::try_from_iter(names.zip(columns)).during(STEP)
    }
}
