//! Counts: the number of a source's events.

use clio_proto::MeasureKind;
use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;

use super::whole::{self, SameOrNot, WholeTotal};
use super::{BadCell, CompareCells, Kind, MeaningChange, MeasureRules, Place, Tally, Total};
use crate::error::EtlError;

/// The number of a source's events.
pub(super) struct Count<'a> {
    pub(super) source: &'a str,
}

impl Kind for Count<'_> {
    fn counts_events_of(&self) -> Option<&str> {
        Some(self.source)
    }

    fn counts_values_of(&self) -> Option<&str> {
        None
    }

    fn change_from(&self, _name: &str, _known: &MeasureKind) -> MeaningChange {
        MeaningChange::Other
    }
}

/// Adds up numbers of events.
#[derive(Debug)]
pub(super) struct CountRules;

impl MeasureRules for CountRules {
    fn counts_events(&self) -> bool {
        true
    }

    fn is_rounded(&self) -> bool {
        false
    }

    fn input_type(&self) -> Option<DataType> {
        None
    }

    fn of_events(&self, _input: Expr) -> Option<Expr> {
        None
    }

    fn summand(&self, column: Expr) -> Expr {
        whole::summand(column)
    }

    fn of_cells(&self, summand: Expr) -> Expr {
        whole::of_cells(summand)
    }

    fn stored(&self, values: &ArrayRef, measure: &str) -> Result<ArrayRef, EtlError> {
        whole::stored(values, measure)
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn whole(&self, total: &ArrayRef) -> Result<i128, EtlError> {
        Ok(whole::whole(total))
    }

    fn adds_exactly(&self) -> bool {
        true
    }

    fn growth(
        &self,
        measure: &str,
        new: &ArrayRef,
        old: &[Option<Place<'_>>],
    ) -> Result<ArrayRef, EtlError> {
        whole::growth(measure, new, old)
    }

    fn grown(
        &self,
        measure: &str,
        columns: &[&ArrayRef],
        parts: &[Vec<(usize, usize)>],
    ) -> Result<ArrayRef, EtlError> {
        whole::grown(measure, columns, parts)
    }

    fn comparison(&self) -> Box<dyn CompareCells> {
        Box::new(SameOrNot)
    }

    fn tally(&self) -> Tally {
        Tally::of_whole()
    }

    fn add_cells(
        &self,
        tally: &mut Tally,
        cells: &ArrayRef,
        _n_events: Option<&Int64Array>,
    ) -> Result<(), BadCell> {
        whole::add_cells(tally, cells);
        Ok(())
    }

    fn total(&self) -> Box<dyn Total> {
        Box::new(WholeTotal::default())
    }
}
