//! The values of stored measures, whatever their kind: of the whole, and by group.
//!
//! Each kind of measure has a file in this folder; this one dispatches to it.

use clio_lake::StoredType;
use clio_proto::{ServiceError, Value};
use clio_sketch::Sketch;

use super::batch::Batch;
use super::estimates::Estimates;
use super::gathered::{Asked, Cells};
use super::groups::Groups;
use super::members::Made;
use super::quantiles::Quantiles;
use super::scratch::Unions;
use super::side::Side;
use super::sums::Sums;
use super::withheld::{Withheld, withheld};
use super::{Cancel, Clock};
use crate::plan::Plan;
use crate::snapshot::Snapshot;

/// The stored measures of one query, by position among the plan's measures.
#[derive(Debug)]
pub(super) struct Measures<'a> {
    stored: Vec<StoredType>,
    /// How many of them the answer contains.
    n_answered: usize,
    sums: Sums,
    estimates: Estimates<'a>,
    quantiles: Quantiles<'a>,
    /// What may be shown of groups and of the total; `None` for measures that are used but not shown, or for a model that
    /// withholds nothing.
    withheld: Option<Withheld>,
}

impl<'a> Measures<'a> {
    /// Over the selected and grouped rows, with `sums` already added up.
    pub(super) fn new(
        snapshot: &Snapshot,
        plan: &Plan,
        batches: &'a [Batch<'a>],
        groups: &'a Groups<'a>,
        sums: Sums,
        n_threads: usize,
        cancel: &'a Cancel,
    ) -> Self {
        let stored = (0..plan.measures.len()).map(|at| plan.stored_type(snapshot, at)).collect();
        let estimates = Estimates::new(snapshot, plan, batches, groups, n_threads, cancel);
        let quantiles = Quantiles::new(snapshot, plan, batches, groups.n_groups(), cancel);
        Self { stored, n_answered: plan.n_answered, sums, estimates, quantiles, withheld: None }
    }

    /// Applies from here on what may be shown, of the cells that these measures are over. Returns the work of uniting
    /// for it.
    pub(super) fn withhold(
        &mut self,
        asked: Asked<'_>,
        cells: &Cells<'_>,
        work: &mut Clock,
    ) -> Result<Unions, ServiceError> {
        let Some((found, unions)) = withheld(asked, cells, self, work)? else {
            return Ok(Unions::default());
        };
        self.withheld = Some(found);
        Ok(unions)
    }

    /// What may be shown of groups and of the total, if anything is withheld.
    pub(super) fn withheld(&self) -> Option<&Withheld> {
        self.withheld.as_ref()
    }

    /// Takes that out, to be used together with these measures.
    pub(super) fn take_withheld(&mut self) -> Option<Withheld> {
        self.withheld.take()
    }

    pub(super) fn put_withheld(&mut self, withheld: Withheld) {
        self.withheld = Some(withheld);
    }

    pub(super) fn n_measures(&self) -> usize {
        self.stored.len()
    }

    fn tell(&self, measure: usize, group: u32, value: Value) -> Value {
        self.withheld.as_ref().map_or(value, |withheld| withheld.tell(measure, group, value))
    }

    fn tell_total(&self, measure: usize, value: Value) -> Value {
        self.withheld.as_ref().map_or(value, |withheld| withheld.tell_total(measure, value))
    }

    /// A measure over all selected rows.
    pub(super) fn total(&mut self, measure: usize) -> Result<Value, ServiceError> {
        let value = self.found_total(measure)?;
        Ok(self.tell_total(measure, value))
    }

    fn found_total(&mut self, measure: usize) -> Result<Value, ServiceError> {
        match self.stored[measure] {
            StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => {
                Ok(self.sums.total(measure))
            }
            StoredType::Sketch { .. } => self.estimates.total(measure),
            StoredType::Quantiles { .. } => self.quantiles.total(measure),
        }
    }

    /// A measure over a group.
    pub(super) fn of(&mut self, measure: usize, group: u32) -> Result<Value, ServiceError> {
        let value = self.found(measure, group)?;
        Ok(self.tell(measure, group, value))
    }

    fn found(&mut self, measure: usize, group: u32) -> Result<Value, ServiceError> {
        match self.stored[measure] {
            StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => {
                Ok(self.sums.of(measure, group))
            }
            StoredType::Sketch { .. } => self.estimates.of(measure, group),
            StoredType::Quantiles { .. } => {
                self.quantiles.of(measure, group, self.estimates.members(&[group]))
            }
        }
    }

    /// Computes a measure for some groups at once, in ascending order, if that is cheaper than one by one.
    pub(super) fn prepare_groups(
        &mut self,
        measure: usize,
        of: &[u32],
    ) -> Result<(), ServiceError> {
        match self.stored[measure] {
            StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => Ok(()),
            StoredType::Sketch { .. } => self.estimates.some_groups(measure, of),
            StoredType::Quantiles { .. } => {
                self.estimates.members(of);
                Ok(())
            }
        }
    }

    /// Whether a measure is available for every group without uniting anything.
    pub(super) fn is_added_up(&self, measure: usize) -> bool {
        match self.stored[measure] {
            StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => true,
            StoredType::Sketch { .. } | StoredType::Quantiles { .. } => false,
        }
    }

    /// A measure over some batches, given their sums.
    pub(super) fn united(
        &mut self,
        measure: usize,
        batches: &[Batch<'_>],
        sums: &Sums,
    ) -> Result<Value, ServiceError> {
        match self.stored[measure] {
            StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => {
                Ok(sums.total(measure))
            }
            StoredType::Sketch { .. } => self.estimates.united(measure, batches),
            StoredType::Quantiles { .. } => self.quantiles.united(measure, batches),
        }
    }

    /// The sketch of a distinct measure over a group.
    pub(super) fn sketch(&mut self, measure: usize, group: u32) -> Result<Sketch, ServiceError> {
        self.estimates.sketch(measure, group)
    }

    /// The rows of a group.
    pub(super) fn made_of(&mut self, group: u32) -> Made<'_> {
        self.estimates.made_of(group)
    }

    /// A group as one side of a comparison.
    pub(super) fn side(&mut self, group: u32) -> Result<Side, ServiceError> {
        let mut side = Side::default();
        for measure in 0..self.n_answered {
            match self.stored[measure] {
                StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => {
                    side.push(self.of(measure, group)?, None);
                }
                StoredType::Sketch { .. } => {
                    let sketch = self.estimates.sketch(measure, group)?;
                    side.push(self.of(measure, group)?, Some(sketch));
                }
                StoredType::Quantiles { .. } => side.push_certain(self.of(measure, group)?),
            }
        }
        Ok(side)
    }

    /// All selected rows as one side of a comparison.
    pub(super) fn total_side(&mut self) -> Result<Side, ServiceError> {
        let mut side = Side::default();
        for measure in 0..self.n_answered {
            match self.stored[measure] {
                StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => {
                    side.push(self.total(measure)?, None);
                }
                StoredType::Sketch { .. } => {
                    let (value, sketch) = self.estimates.total_with_sketch(measure)?;
                    side.push(self.tell_total(measure, value), Some(sketch));
                }
                StoredType::Quantiles { .. } => side.push_certain(self.total(measure)?),
            }
        }
        Ok(side)
    }

    /// A group without cells as one side of a comparison.
    pub(super) fn nothing(&self) -> Side {
        let mut side = Side::default();
        for measure in 0..self.n_answered {
            let value = self.nothing_of(measure);
            match self.stored[measure] {
                StoredType::Count
                | StoredType::WholeSum
                | StoredType::FloatSum
                | StoredType::Sketch { .. } => side.push(value, None),
                StoredType::Quantiles { .. } => side.push_certain(value),
            }
        }
        side
    }

    /// A measure over a group without cells.
    pub(super) fn nothing_of(&self, measure: usize) -> Value {
        match self.stored[measure] {
            StoredType::Count
            | StoredType::WholeSum
            | StoredType::FloatSum
            | StoredType::Sketch { .. } => Value::exact(0.0),
            StoredType::Quantiles { .. } => Value::undefined(),
        }
    }

    /// The work of uniting so far.
    pub(super) fn unions(&self) -> Unions {
        let mut all = self.estimates.unions();
        all += self.quantiles.unions();
        all
    }
}
