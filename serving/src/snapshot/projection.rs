//! The part of a lake that is held: which periods and rows are loaded, and which questions are refused.
//!
//! ```text
//! days.rs    the lake's periods ─▶ those that are loaded        none that has a day which is left out
//! rows.rs    a file's rows ─▶ those that are kept               before anything of them is decoded
//!            dimensions that are left out: united, by marginal/build.rs
//! asked.rs   a question ─▶ refused, or answered as if of all    with the projection as one more filter
//! ```

mod asked;
mod days;
mod rows;

use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{FieldRef, Filter, Model, Projection};
use jiff::civil::Date;

use crate::error::Refusal;
pub(super) use days::HeldDays;
pub(super) use rows::KeptRows;

/// The part of the lake that a snapshot holds.
#[derive(Debug)]
pub(super) struct Projected {
    /// With its first day.
    projection: Arc<Projection>,
    /// What holds of every cell.
    filter: Filter,
    /// All days of the lake, including those of retired months.
    days_of_lake: BTreeSet<Date>,
    /// Those of them that are left out: all come before the others.
    days_left_out: BTreeSet<Date>,
}

impl Projected {
    /// `None` for everything.
    pub(super) fn new(projection: Projection, days: &HeldDays) -> Option<Self> {
        if projection.is_whole() {
            return None;
        }
        let filter = projection.filter();
        let (days_of_lake, days_left_out) = (days.of_lake().clone(), days.left_out().clone());
        let projection = Arc::new(Projection { first_day: days.first_day(), ..projection });
        Some(Self { projection, filter, days_of_lake, days_left_out })
    }
}

/// Checks that the model has what a projection names.
pub(super) fn check(projection: &Projection, model: &Model) -> Result<(), Refusal> {
    let dimensions = model.dimensions();
    let refused = |problem: String| Err(Refusal::Projection { problem });
    let existing = |names: Vec<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let names = || dimensions.iter().map(|own| own.name.clone()).collect();
    for name in &projection.without {
        if model.dimension(name).is_none() {
            let existing = existing(names());
            return refused(format!(
                "there is no dimension `{name}` to leave out; there are: {existing}"
            ));
        }
    }
    for kept in &projection.only {
        let FieldRef { dimension, attribute } = &kept.field;
        let Some(own) = model.dimension(dimension) else {
            let (field, existing) = (&kept.field, existing(names()));
            return refused(format!(
                "there is no field `{field}` to keep values of; there are: {existing}"
            ));
        };
        let Some(attribute) = attribute else { continue };
        if own.members.is_none() || !own.attributes.contains(attribute) {
            let existing = existing(own.attributes.clone());
            return refused(format!(
                "`{dimension}` has no attribute `{attribute}` to keep values of; there are: {existing}"
            ));
        }
    }
    Ok(())
}
