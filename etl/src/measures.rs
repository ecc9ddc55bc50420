//! How cells of each kind of stored measure are made, added up, and told from what they were before.
//!
//! A kind is a file beside this one, and an arm in [`rules`]. Roll-up and fold know nothing else of it.
//!
//! ```text
//! roll-up   an event's value ──of_events──▶ a group's value ──stored──▶ the cell's column
//! fold      cells' columns ───summand────▶ ──of_cells─────▶ ──stored──▶ the parent's column
//! growth    old and new cells ──growth──▶ added to the parent's by ──grown──▶ the parent's column
//! ```

mod float;
mod quantile;
mod sketch;
mod total;
mod whole;

use std::fmt;
use std::sync::Arc;

use clio_lake::StoredType;
use clio_proto::MeasureKind;
use clio_sketch::Scale;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;

pub(crate) use self::total::{Total, Values};

use crate::error::EtlError;

/// What roll-up and fold do with the values of one stored measure.
///
/// Always true: whatever order cells are added up in, the same bytes are stored.
pub(crate) trait MeasureRules: fmt::Debug + Send + Sync {
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

/// The rules for a measure that is held so.
pub(crate) fn rules(kind: &MeasureKind, stored: StoredType) -> Arc<dyn MeasureRules> {
    match stored {
        StoredType::Count => Arc::new(whole::WholeRules { counts_events: true }),
        StoredType::WholeSum => Arc::new(whole::WholeRules { counts_events: false }),
        StoredType::FloatSum => Arc::new(float::FloatSumRules),
        StoredType::Sketch { family, precision } => {
            Arc::new(sketch::SketchRules { family, precision, is_ready_made: kind.is_ready_made() })
        }
        StoredType::Quantiles { buckets } => {
            Arc::new(quantile::QuantileRules { scale: Scale::new(buckets) })
        }
    }
}

#[cfg(test)]
mod tests;
