//! The shape and the order of cells: the same cells give the same bytes.

mod keyed;
mod period;
mod rebuilt;
mod sorter;
mod totals;
mod union;

use std::ops::Range;
use std::sync::Arc;

use clio_lake::{StoredType, cell_schema};
use clio_proto::Model;
use datafusion::arrow::array::{ArrayRef, AsArray, LargeBinaryArray, RecordBatch};
use datafusion::arrow::compute::{cast, interleave};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;

pub(crate) use self::keyed::KeyedCells;
pub(crate) use self::period::{PeriodCells, Piece};
pub(crate) use self::rebuilt::{Periods, Rebuilt};
pub(crate) use self::sorter::CellSorter;
pub(crate) use self::totals::Totals;
pub(crate) use self::union::Union;

use crate::key_order::KeyOrder;
use crate::measures::{MeasureRules, rules};

/// How many cells are passed on at once: with the largest sketches (256 KiB) they take 1 GiB, below the 2
/// GiB that the offsets of a Binary column can address.
const N_CHUNK_CELLS: usize = 4096;

/// What a cell of the model holds.
#[derive(Debug, Clone)]
pub(crate) struct CellShape {
    /// All columns, with the partition columns in front, as the Delta table has them.
    pub(crate) table_schema: SchemaRef,
    /// The columns of a file: dimensions, then stored measures.
    pub(crate) file_schema: SchemaRef,
    pub(crate) n_dimensions: usize,
    /// The stored measures, in the model's order.
    pub(crate) measures: Vec<CellMeasure>,
}

/// A stored measure.
#[derive(Debug, Clone)]
pub(crate) struct CellMeasure {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) stored: StoredType,
    pub(crate) rules: Arc<dyn MeasureRules>,
    /// Whether a row of its source may stand for any number of events.
    pub(crate) is_ready_made: bool,
}

impl CellShape {
    /// `float_sums` names the sums that are not integers.
    pub(crate) fn new(model: &Model, float_sums: &[String]) -> Self {
        let table_schema = Arc::new(cell_schema(model, float_sums));
        // The partition columns are in a file's folder, not in the file.
        let n_partition_columns = table_schema.fields().len()
            - model.dimensions().len()
            - model.stored_measures().count();
        let fields: Vec<_> =
            table_schema.fields().iter().skip(n_partition_columns).cloned().collect();
        let measures = model.stored_measures().filter_map(|measure| {
            let stored = StoredType::of(measure, float_sums)?;
            Some(CellMeasure {
                name: measure.name.clone(),
                source: measure.kind.source().unwrap_or_default().to_owned(),
                stored,
                rules: rules(&measure.kind, stored),
                is_ready_made: measure.kind.is_ready_made(),
            })
        });
        Self {
            file_schema: Arc::new(Schema::new(fields)),
            table_schema,
            n_dimensions: model.dimensions().len(),
            measures: measures.collect(),
        }
    }

    /// The same cells, without one of the dimensions.
    pub(crate) fn without_dimension(&self, index: usize) -> Self {
        let mut fields = self.file_schema.fields().to_vec();
        fields.remove(index);
        Self {
            file_schema: Arc::new(Schema::new(fields)),
            n_dimensions: self.n_dimensions - 1,
            ..self.clone()
        }
    }

    /// The measure that counts a source's events.
    pub(crate) fn count_of(&self, source: &str) -> Option<usize> {
        let mut measures = self.measures.iter();
        measures.position(|own| own.rules.counts_events() && own.source == source)
    }

    /// Whether adding cells in any grouping gives the same bytes.
    pub(crate) fn adds_exactly(&self) -> bool {
        self.measures.iter().all(|measure| measure.rules.adds_exactly())
    }
}

/// Sorted cells: by their first columns, nulls first.
#[derive(Debug)]
pub(crate) struct SortedCells {
    batches: Vec<RecordBatch>,
    /// Batch and row, in order.
    order: Vec<(u32, u32)>,
}

impl SortedCells {
    /// Sorts by the first `n_keys` columns, whose combination is unique.
    pub(crate) fn sort(batches: Vec<RecordBatch>, n_keys: usize) -> Result<Self, ArrowError> {
        let Some(first) = batches.first().filter(|_| n_keys > 0) else {
            // Without keys there is at most one cell.
            return Ok(Self::in_order(batches));
        };
        let order = KeyOrder::new(first.schema_ref(), n_keys)?;
        Ok(KeyedCells::sort(batches, &order)?.into_cells())
    }

    /// Cells that are already sorted.
    fn in_order(batches: Vec<RecordBatch>) -> Self {
        Self { order: keyed::rows_of(&batches).collect(), batches }
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// The cells of a range, in batches of bounded size, with the columns of `schema` from `first_column`
    /// on.
    pub(crate) fn chunks<'a>(
        &'a self,
        range: Range<usize>,
        first_column: usize,
        schema: &'a SchemaRef,
    ) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> + 'a {
        self.order[range].chunks(N_CHUNK_CELLS).map(move |order| {
            let indices: Vec<(usize, usize)> =
                order.iter().map(|&(batch, row)| (batch as usize, row as usize)).collect();
            let columns = schema.fields().iter().enumerate().map(|(index, field)| {
                let parts: Vec<_> = self
                    .batches
                    .iter()
                    .map(|batch| batch.column(first_column + index).as_ref())
                    .collect();
                cast(&interleave(&parts, &indices)?, field.data_type())
            });
            let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
            RecordBatch::try_new(Arc::clone(schema), columns)
        })
    }

    /// Splits a range of cells after every `n_cells`, and after the cell that brings the sketch bytes since
    /// the previous split to `n_bytes`.
    pub(crate) fn split(
        &self,
        range: Range<usize>,
        n_cells: usize,
        n_bytes: usize,
    ) -> Vec<Range<usize>> {
        let sketches: Vec<Vec<&LargeBinaryArray>> = self
            .batches
            .iter()
            .map(|batch| batch.columns().iter().filter_map(|it| it.as_binary_opt()).collect())
            .collect();
        let (mut ranges, mut start, mut size) = (Vec::new(), range.start, 0);
        for position in range.clone() {
            let (batch, row) = self.order[position];
            let of_cell = sketches[batch as usize].iter();
            size += of_cell.map(|it| it.value(row as usize).len()).sum::<usize>();
            if position + 1 - start == n_cells || size >= n_bytes || position + 1 == range.end {
                ranges.push(start..position + 1);
                (start, size) = (position + 1, 0);
            }
        }
        ranges
    }

    /// The values of one column, in order.
    pub(crate) fn column(&self, index: usize) -> Result<Option<ArrayRef>, ArrowError> {
        if self.batches.is_empty() {
            return Ok(None);
        }
        let parts: Vec<_> = self.batches.iter().map(|batch| batch.column(index).as_ref()).collect();
        let indices: Vec<(usize, usize)> =
            self.order.iter().map(|&(batch, row)| (batch as usize, row as usize)).collect();
        interleave(&parts, &indices).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Int64Array, StringViewArray};
    use datafusion::arrow::datatypes::{DataType, Field, Int64Type};

    use super::*;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("key", DataType::Utf8View, true),
            Field::new("count", DataType::Int64, true),
            Field::new("sketch", DataType::LargeBinary, true),
        ]))
    }

    /// Cells of keys, each with its count and a sketch of so many bytes.
    fn batch(cells: &[(Option<&str>, i64)]) -> RecordBatch {
        let sketches: Vec<Vec<u8>> =
            cells.iter().map(|&(_, n)| vec![7; usize::try_from(n).unwrap()]).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(cells.iter().map(|(key, _)| *key).collect::<StringViewArray>()),
            Arc::new(cells.iter().map(|(_, n)| *n).collect::<Int64Array>()),
            Arc::new(LargeBinaryArray::from_iter_values(sketches)),
        ];
        RecordBatch::try_new(schema(), columns).unwrap()
    }

    fn counts(cells: &SortedCells) -> Vec<i64> {
        let counts = cells.column(1).unwrap().unwrap();
        counts.as_primitive::<Int64Type>().values().to_vec()
    }

    #[test]
    fn ranges_are_split_by_cells_and_by_bytes_of_sketches() {
        let keys: Vec<String> = (0..9).map(|n| format!("k{n}")).collect();
        let sizes = [1, 1, 1, 1, 9, 1, 1, 5, 5];
        let cells: Vec<_> = keys.iter().zip(sizes).map(|(key, n)| (Some(&**key), n)).collect();
        let cells = SortedCells::sort(vec![batch(&cells[..4]), batch(&cells[4..])], 1).unwrap();
        assert_eq!(cells.split(0..9, 3, 8), [0..3, 3..5, 5..8, 8..9]);
        assert_eq!(cells.split(2..6, 100, 100), vec![2..6]);
        assert!(cells.split(4..4, 3, 8).is_empty());
    }

    #[test]
    fn cells_are_replaced_in_their_order_whatever_batches_they_came_in() {
        let order = KeyOrder::new(&schema(), 1).unwrap();
        // The pieces of a file, as threads read them.
        let pieces = vec![
            batch(&[(Some("d"), 4), (Some("f"), 6)]),
            batch(&[]),
            batch(&[(None, 0), (Some("b"), 2)]),
        ];
        let cells = KeyedCells::sort(pieces, &order).unwrap();
        let others = batch(&[(Some("g"), 17), (Some("a"), 11), (Some("e"), 15), (Some("d"), 14)]);
        let others = KeyedCells::sort(vec![others], &order).unwrap();
        let gone: Vec<usize> =
            (0..cells.len()).filter(|&at| cells.key(at) == others.key(1)).collect();
        let replaced = cells.replace(&gone, others);
        assert_eq!(counts(&replaced), [0, 11, 2, 14, 15, 6, 17]);
    }
}
