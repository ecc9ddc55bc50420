//! The order of cells, as bytes that compare like their keys.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, Rows, SortField};

/// The order of cells: by their first columns, nulls first.
#[derive(Debug)]
pub(crate) struct KeyOrder {
    converter: RowConverter,
    n_keys: usize,
}

impl KeyOrder {
    /// The order of cells of this schema by their first `n_keys` columns, at least one.
    pub(crate) fn new(schema: &Schema, n_keys: usize) -> Result<Self, ArrowError> {
        let options = SortOptions { descending: false, nulls_first: true };
        let keys = schema.fields()[..n_keys]
            .iter()
            .map(|field| SortField::new_with_options(field.data_type().clone(), options));
        Ok(Self { converter: RowConverter::new(keys.collect())?, n_keys })
    }

    /// The keys of rows, given their key columns.
    pub(crate) fn keys(&self, columns: &[ArrayRef]) -> Result<Rows, ArrowError> {
        self.converter.convert_columns(&columns[..self.n_keys])
    }
}
