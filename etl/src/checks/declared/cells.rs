//! One day's cells, read once for all checks that need them.

use std::collections::BTreeSet;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::util::display::array_value_to_string;
use futures::TryStreamExt;

use super::Tally;
use crate::cells::{CellShape, Union};
use crate::engine::explained;
use crate::error::{During, EtlError};
use clio_lake::LakeFile;

const STEP: &str = "checking a day";

/// Reads a day's cells, with only the columns that are needed.
pub(super) async fn read(
    cells: &Union<'_>,
    file: &LakeFile,
    tallies: &mut [(usize, Box<dyn Tally + '_>)],
) -> Result<(), EtlError> {
    let columns: BTreeSet<&str> = tallies.iter().flat_map(|(_, tally)| tally.columns()).collect();
    let columns: Vec<&str> = columns.into_iter().collect();
    let frame = cells.frame(std::slice::from_ref(file))?;
    let frame = frame.select_columns(&columns).during(STEP)?;
    let mut batches = frame.execute_stream().await.map_err(|error| explained(STEP, error))?;
    while let Some(batch) = batches.try_next().await.map_err(|error| explained(STEP, error))? {
        for (_, tally) in tallies.iter_mut() {
            tally.add(&batch)?;
        }
    }
    Ok(())
}

pub(super) fn column(batch: &RecordBatch, name: &str) -> Result<ArrayRef, EtlError> {
    let index = batch.schema().index_of(name).during(STEP)?;
    Ok(batch.column(index).clone())
}

/// A cell's place, as a part of a sentence: `country=US, device=tv`.
pub(super) fn place(
    shape: &CellShape,
    batch: &RecordBatch,
    row: usize,
) -> Result<String, EtlError> {
    let mut parts = Vec::new();
    for dimension in dimensions(shape) {
        let values = column(batch, dimension)?;
        let value = if values.is_null(row) {
            "null".to_owned()
        } else {
            array_value_to_string(&values, row).during(STEP)?
        };
        parts.push(format!("{dimension}={value}"));
    }
    Ok(parts.join(", "))
}

/// The columns that identify a cell.
pub(super) fn dimensions(shape: &CellShape) -> impl Iterator<Item = &str> {
    let fields = shape.file_schema.fields().iter().take(shape.n_dimensions);
    fields.map(|field| field.name().as_str())
}
