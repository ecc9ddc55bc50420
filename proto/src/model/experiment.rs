//! Tests that a model declares: who sees what is drawn by lot.

use jiff::civil::Date;

use crate::field::FieldRef;
use crate::period::{DayRange, LAST_DAY};

/// An experiment: people are assigned to arms by lot, so that a difference between arms is caused by them.
///
/// Always true: the dimension is one of the model's with a single value a cell; there are two arms or more, no two the same, each with a share
/// above 0, and shares add up to 1; the measure counts different people; the last day is not before the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// The name.
    pub name: String,
    /// The dimension, or attribute of one, whose values arms are.
    pub dimension: FieldRef,
    /// The values, with which share of people is assigned to each.
    pub arms: Vec<(String, f64)>,
    /// The distinct measure that counts everybody who was assigned, seen or not.
    pub assigned: String,
    /// The first day.
    pub first_day: Date,
    /// The last day; `None` while it goes on.
    pub last_day: Option<Date>,
}

impl Experiment {
    /// Its days, to the last that there can be while it goes on.
    ///
    /// # Panics
    ///
    /// Never: its last day is not before its first.
    pub fn days(&self) -> DayRange {
        let last = self.last_day.unwrap_or(LAST_DAY);
        DayRange::try_new(self.first_day, last).expect("the last day is not before the first")
    }
}
