//! Tests that a model declares: experiments with random assignment.

use jiff::civil::Date;

use crate::field::FieldRef;
use crate::period::{DayRange, LAST_DAY};

/// An experiment: people are assigned to arms at random, so that a difference between arms is caused by them.
///
/// Always true: the dimension is one of the model's with a single value per cell; there are at least two arms, all
/// different, each with a share above 0; shares add up to 1; the measure is a distinct count; the last day is not
/// before the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// The name.
    pub name: String,
    /// The dimension, or attribute of one, whose values are the arms.
    pub dimension: FieldRef,
    /// The values, each with the share of people assigned to it.
    pub arms: Vec<(String, f64)>,
    /// The distinct measure that counts everybody who was assigned, whether exposed or not.
    pub assigned: String,
    /// The first day.
    pub first_day: Date,
    /// The last day; `None` while it is running.
    pub last_day: Option<Date>,
}

impl Experiment {
    /// Its days, up to the last possible day while it is running.
    ///
    /// # Panics
    ///
    /// Never: its last day is not before its first.
    pub fn days(&self) -> DayRange {
        let last = self.last_day.unwrap_or(LAST_DAY);
        DayRange::try_new(self.first_day, last).expect("the last day is not before the first")
    }
}
