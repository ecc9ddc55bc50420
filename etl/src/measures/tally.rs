//! What cells of one measure come to for the invariants.

use clio_sketch::{Estimate, Union};

/// What cells of one measure come to, as far as another way of adding them up must give the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Their sum, or how many values they are of, where that is a whole number that adds up.
    pub(crate) whole: Option<i128>,
    /// The union of what they counted once.
    pub(crate) union: Option<Union>,
}

/// A cell that an invariant does not hold for, or that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadCell {
    /// Its row among those that were added.
    pub(crate) row: usize,
    pub(crate) reason: String,
}

impl Tally {
    /// That of whole numbers that add up.
    pub(super) fn of_whole() -> Self {
        Self { whole: Some(0), union: None }
    }

    /// Adds a whole number to a tally that has one.
    pub(super) fn add_whole(&mut self, n: i128) {
        if let Some(whole) = &mut self.whole {
            *whole += n;
        }
    }

    /// Adds that of other cells of the same measure.
    pub(crate) fn merge(&mut self, other: Self) {
        if let Some(whole) = other.whole {
            self.add_whole(whole);
        }
        if let (Some(union), Some(mut other)) = (&mut self.union, other.union) {
            union.union(&other.to_sketch()).expect("sketches of one measure are alike");
        }
    }

    /// How many different values all cells have, where they count values once.
    pub(crate) fn estimate(&mut self) -> Option<Estimate> {
        self.union.as_mut().map(Union::estimate)
    }
}
