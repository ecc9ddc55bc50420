//! What kinds of measures are to the etl: how their cells are made, added up, checked, and told from what they were before,
//! and what another model's measure of the same name means.
//!
//! A kind is a file beside this one, with a [`Kind`] for what the model says and [`MeasureRules`] for how it is stored, and
//! an arm in [`kind_of`] and [`rules`]. Roll-up, fold, checks and runs know nothing else of it; what it takes of an event is
//! in `input/taken.rs`, how it is recounted in `verify/`, which shares nothing with this.
//!
//! ```text
//! roll-up   an event's value ──of_events──▶ a group's value ──stored──▶ the cell's column
//! fold      cells' columns ───summand────▶ ──of_cells─────▶ ──stored──▶ the parent's column
//! growth    old and new cells ──growth──▶ added to the parent's by ──grown──▶ the parent's column
//! checks    cells' columns ───add_cells──▶ a tally, which invariants compare; ──total──▶ what a check compares
//! ```

mod count;
mod derived;
mod distinct;
mod float;
mod quantile;
mod sketches;
mod sum;
mod tally;
mod whole;

use std::fmt;
use std::sync::Arc;

use clio_lake::StoredType;
use clio_proto::MeasureKind;
use clio_sketch::Scale;
use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;

pub(crate) use self::tally::{BadCell, Tally};

use crate::error::EtlError;

/// How far an estimate may lie above its count before it is a defect and no chance: one in a billion.
pub(crate) const N_STANDARD_ERRORS: f64 = 6.0;

/// What a measure of a model is, before anything of it is read.
pub(crate) trait Kind {
    /// The source whose events it is the number of.
    fn counts_events_of(&self) -> Option<&str>;

    /// The source of whose events each adds one value at most, so that it counts no more values than there are events.
    fn counts_values_of(&self) -> Option<&str>;

    /// What it means for a lake in which a measure of that name is of another definition.
    fn change_from(&self, name: &str, known: &MeasureKind) -> MeaningChange;
}

/// What another definition of a measure means for the cells of a lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MeaningChange {
    /// Cells stay as they are: what differs, as a sentence without its end.
    Answers(String),
    /// The same is measured in another way, so that cells differ: in what.
    Cells(String),
    /// It is another measure.
    Other,
}

/// What roll-up, fold and checks do with the values of one stored measure.
///
/// Always true: whatever order cells are added up in, the same bytes are stored.
pub(crate) trait MeasureRules: fmt::Debug + Send + Sync {
    /// Whether a cell's value is the number of its events.
    fn counts_events(&self) -> bool;

    /// Whether its numbers are rounded, other than whole ones: a lake may have held whole ones before.
    fn is_rounded(&self) -> bool;

    /// The type of what is taken of an event; `None` where it is the event alone that counts.
    fn input_type(&self) -> Option<DataType>;

    /// The aggregate of a day's events; `None` where their number is the value.
    fn of_events(&self, input: Expr) -> Option<Expr>;

    /// What is added up of a cell's column.
    fn summand(&self, column: Expr) -> Expr;

    /// The aggregate of cells' summands.
    fn of_cells(&self, summand: Expr) -> Expr;

    /// What an aggregate came to, as it is stored.
    fn stored(&self, values: &ArrayRef, measure: &str) -> Result<ArrayRef, EtlError>;

    /// Whether cells add up to one whole number, so that another way of adding up must give the same.
    fn is_whole(&self) -> bool;

    /// That number, of an aggregate of cells with one row; 0 where there is none.
    fn whole(&self, total: &ArrayRef) -> Result<i128, EtlError>;

    /// Whether a parent is, to the byte, what any grouping of its parts adds up to. If not, it is always made of
    /// all its children.
    fn adds_exactly(&self) -> bool;

    /// What cells grew by: by cell, what it is now, and where it was before, if it was.
    fn growth(
        &self,
        measure: &str,
        new: &ArrayRef,
        old: &[Option<Place<'_>>],
    ) -> Result<ArrayRef, EtlError>;

    /// The sum of several places for each cell, each a column and a row.
    fn grown(
        &self,
        measure: &str,
        columns: &[&ArrayRef],
        parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError>;

    /// What compares a cell with what it was.
    fn comparison(&self) -> Box<dyn CompareCells>;

    /// What no cell comes to, for the invariants.
    fn tally(&self) -> Tally;

    /// Adds a column of a file's cells to a tally, beside the numbers of their events where those bound it.
    ///
    /// # Errors
    ///
    /// The first cell that counts more values than there are events, or that cannot be read.
    fn add_cells(
        &self,
        tally: &mut Tally,
        cells: &ArrayRef,
        n_events: Option<&Int64Array>,
    ) -> Result<(), BadCell>;

    /// What no cell comes to, for a check that compares measures.
    fn total(&self) -> Box<dyn Total>;
}

/// What some cells of one measure come to for a check that compares measures, with the error of that.
pub(crate) trait Total: Send {
    /// Adds a cell of a column as the engine reads it; one of a file that is older than the measure has nothing.
    fn add(&mut self, cells: &ArrayRef, row: usize) -> Result<(), EtlError>;

    /// Begins again, with no cell.
    fn clear(&mut self);

    /// The value and its standard error.
    fn value(&mut self) -> (f64, f64);
}

/// A column and a row.
pub(crate) type Place<'a> = (&'a ArrayRef, usize);

/// Compares what cells were with what they are.
pub(crate) trait CompareCells {
    /// How one changed. Whether it lost something need not be found out if `is_lost` already.
    fn compare(
        &mut self,
        old: Place<'_>,
        new: Place<'_>,
        is_lost: bool,
    ) -> Result<Changed, EtlError>;
}

/// How a cell's value changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    Not,
    /// What it is now can be told from what it was and what it grew by.
    Grown,
    /// It lacks something that it had.
    Lost,
}

/// What the model says of a measure.
pub(crate) fn kind_of(kind: &MeasureKind) -> Box<dyn Kind + '_> {
    match kind {
        MeasureKind::Count { source } => Box::new(count::Count { source }),
        MeasureKind::Sum { .. } => Box::new(sum::Sum),
        MeasureKind::Distinct { source, of, family, precision, from_sketch } => {
            let (family, precision, from_sketch) = (*family, *precision, *from_sketch);
            Box::new(distinct::Distinct { source, of, family, precision, from_sketch })
        }
        MeasureKind::Quantile { source, of, buckets } => {
            Box::new(quantile::Quantile { source, of, buckets: *buckets })
        }
        MeasureKind::Derived { expression } => Box::new(derived::Derived { expression }),
    }
}

/// The rules for a measure that is held so.
pub(crate) fn rules(kind: &MeasureKind, stored: StoredType) -> Arc<dyn MeasureRules> {
    match stored {
        StoredType::Count => Arc::new(count::CountRules),
        StoredType::WholeSum => Arc::new(whole::WholeSumRules),
        StoredType::FloatSum => Arc::new(float::FloatSumRules),
        StoredType::Sketch { family, precision } => {
            let is_ready_made = kind.is_ready_made();
            Arc::new(distinct::SketchRules { family, precision, is_ready_made })
        }
        StoredType::Quantiles { buckets } => {
            Arc::new(quantile::QuantileRules { scale: Scale::new(buckets) })
        }
    }
}

#[cfg(test)]
mod tests;
