//! What the etl needs to know of each kind of measure: how its cells are made, added up, checked, and compared with
//! their former state, and what a changed definition of the same name means.
//!
//! Each kind is a file beside this one, with a [`Kind`] for what the model says and [`MeasureRules`] for how it is
//! stored, and an arm in [`kind_of`] and [`rules`]. Roll-up, fold, checks and runs know nothing else of it; what it
//! takes from an event is in `input/taken.rs`, how it is recounted in `verify/`, which shares nothing with this.
//!
//! ```text
//! roll-up   an event's value ──of_events──▶ a group's value ──stored──▶ the cell's column
//! fold      cells' columns ───summand────▶ ──of_cells─────▶ ──stored──▶ the parent's column
//! growth    old and new cells ──growth──▶ added to the parent's by ──grown──▶ the parent's column
//! checks    cells' columns ───add_cells──▶ a tally, for invariants; ──total──▶ a total, for checks
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

/// How far an estimate may exceed its count before it is a defect instead of chance, at one in a billion.
pub(crate) const N_STANDARD_ERRORS: f64 = 6.0;

/// A measure as the model defines it.
pub(crate) trait Kind {
    /// The source whose events it counts, if it does.
    fn counts_events_of(&self) -> Option<&str>;

    /// The source whose events each contribute at most one value, so that there are no more values than events; `None`
    /// if there is no such source.
    fn counts_values_of(&self) -> Option<&str>;

    /// What it means for a lake that its measure of this name has another definition.
    fn change_from(&self, name: &str, known: &MeasureKind) -> MeaningChange;
}

/// What a changed definition of a measure means for the cells of a lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MeaningChange {
    /// Cells stay as they are: the difference, as a clause.
    Answers(String),
    /// The same is measured in another way, so cells differ: the difference, as a clause.
    Cells(String),
    /// It is another measure.
    Other,
}

/// What roll-up, fold and checks do with the values of one stored measure.
///
/// Always true: the stored bytes do not depend on the order in which cells are added up.
pub(crate) trait MeasureRules: fmt::Debug + Send + Sync {
    /// Whether a cell's value is the number of its events.
    fn counts_events(&self) -> bool;

    /// Whether its values are rounded, since they are not integers: a lake may have held integers before.
    fn is_rounded(&self) -> bool;

    /// The type of its input from an event; `None` if it only counts events.
    fn input_type(&self) -> Option<DataType>;

    /// The aggregate over a day's events; `None` if it is their number.
    fn of_events(&self, input: Expr) -> Option<Expr>;

    /// The part of a cell's column that is added up.
    fn summand(&self, column: Expr) -> Expr;

    /// The aggregate of cells' summands.
    fn of_cells(&self, summand: Expr) -> Expr;

    /// Converts the result of an aggregate to its stored form.
    fn stored(&self, values: &ArrayRef, measure: &str) -> Result<ArrayRef, EtlError>;

    /// Whether cells add up to an integer, so that any other way of adding up must give the same.
    fn is_whole(&self) -> bool;

    /// That integer, from an aggregate of cells with one row; 0 if there is none.
    fn whole(&self, total: &ArrayRef) -> Result<i128, EtlError>;

    /// Whether a parent is, to the byte, the sum over any grouping of its parts. If not, it is always made of all its
    /// children.
    fn adds_exactly(&self) -> bool;

    /// What cells grew by: for each cell its current place, and its former place if it existed.
    fn growth(
        &self,
        measure: &str,
        new: &ArrayRef,
        old: &[Option<Place<'_>>],
    ) -> Result<ArrayRef, EtlError>;

    /// For each cell the sum over several places, each a column and a row.
    fn grown(
        &self,
        measure: &str,
        columns: &[&ArrayRef],
        parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError>;

    /// A comparison of cells with their former state.
    fn comparison(&self) -> Box<dyn CompareCells>;

    /// An empty tally, for the invariants.
    fn tally(&self) -> Tally;

    /// Adds a column of a file's cells to a tally, together with their numbers of events where those are a bound.
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

    /// An empty total, for a check that compares measures.
    fn total(&self) -> Box<dyn Total>;
}

/// The total of some cells of one measure with its error, for a check that compares measures.
pub(crate) trait Total: Send {
    /// Adds a cell of a column as the engine reads it; cells of a file older than the measure add nothing.
    fn add(&mut self, cells: &ArrayRef, row: usize) -> Result<(), EtlError>;

    /// Resets the total to no cells.
    fn clear(&mut self);

    /// The value and its standard error.
    fn value(&mut self) -> (f64, f64);
}

/// A column and a row.
pub(crate) type Place<'a> = (&'a ArrayRef, usize);

/// Compares cells with their former state.
pub(crate) trait CompareCells {
    /// How a cell changed. If `is_lost` already, whether it lost something need not be determined.
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
    /// Its current value follows from its former one and its growth.
    Grown,
    /// It has lost something.
    Lost,
}

/// The model's side of a measure's kind.
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

/// The rules for a measure stored in this way.
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
