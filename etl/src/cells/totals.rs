//! The totals of the cells of one period.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;

use super::CellShape;
use crate::measures::{BadCell, Tally};

/// The totals of the cells of one period.
#[derive(Debug, Clone)]
pub(crate) struct Totals {
    pub(crate) n_cells: u64,
    /// By measure.
    pub(crate) tallies: Vec<Tally>,
}

impl Totals {
    /// The totals of no cells.
    pub(crate) fn new(shape: &CellShape) -> Self {
        let tallies = shape.measures.iter().map(|measure| measure.rules.tally());
        Self { n_cells: 0, tallies: tallies.collect() }
    }

    /// Adds cells, with the columns of a file; otherwise returns the first cell that counts more values than there
    /// are events, or that cannot be read, with its measure.
    pub(crate) fn add(
        &mut self,
        shape: &CellShape,
        cells: &RecordBatch,
    ) -> Result<(), (String, BadCell)> {
        self.n_cells += cells.num_rows() as u64;
        let column = |measure: usize| cells.column(shape.n_dimensions + measure);
        for (index, measure) in shape.measures.iter().enumerate() {
            // A row with a sketch may stand for any number of events.
            let n_events = shape
                .count_of(&measure.source)
                .filter(|_| !measure.is_ready_made)
                .map(|count| column(count).as_primitive::<Int64Type>());
            let added = measure.rules.add_cells(&mut self.tallies[index], column(index), n_events);
            added.map_err(|bad| (measure.name.clone(), bad))?;
        }
        Ok(())
    }

    /// Adds the totals of other cells of the same period.
    pub(crate) fn merge(&mut self, other: Self) {
        self.n_cells += other.n_cells;
        for (tally, other) in self.tallies.iter_mut().zip(other.tallies) {
            tally.merge(other);
        }
    }

    /// A measure's integer sum, or the number of values behind it; `None` for other measures.
    pub(crate) fn whole(&self, measure: usize) -> Option<i128> {
        self.tallies[measure].whole
    }

    /// The same for all measures.
    pub(crate) fn wholes(&self) -> Vec<Option<i128>> {
        self.tallies.iter().map(|tally| tally.whole).collect()
    }
}
