//! The tally of the cells of one measure, for the invariants.

use clio_sketch::{Estimate, Union};

/// The tally of cells of one measure, as far as it can be compared with another way of adding them
/// up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Their sum, or their number of values, if that is an integer that adds up.
    pub(crate) whole: Option<i128>,
    /// The union of their distinct values.
    pub(crate) union: Option<Union>,
}

/// A cell that violates an invariant, or that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadCell {
    /// Its row among the added ones.
    pub(crate) row: usize,
    pub(crate) reason: String,
}

impl Tally {
    /// An empty tally for integers that add up.
    pub(super) fn of_whole() -> Self {
        Self { whole: Some(0), union: None }
    }

    /// Adds an integer to a tally that has one.
    pub(super) fn add_whole(&mut self, n: i128) {
        if let Some(whole) = &mut self.whole {
            *whole += n;
        }
    }

    /// Adds the tally of other cells of the same measure.
    pub(crate) fn merge(&mut self, other: Self) {
        if let Some(whole) = other.whole {
            self.add_whole(whole);
        }
        if let (Some(union), Some(mut other)) = (&mut self.union, other.union) {
            union.union(&other.to_sketch()).expect("sketches of one measure are alike");
        }
    }

    /// The number of distinct values over all cells, for a distinct count.
    pub(crate) fn estimate(&mut self) -> Option<Estimate> {
        self.union.as_mut().map(Union::estimate)
    }
}
