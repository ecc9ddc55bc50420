//! What of a source can be read alone.

use std::any::Any;
use std::cmp::Ordering;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::civil::Date;

/// The days of the pieces that are listed; `None` for all. Pieces of no day always are.
pub(crate) type PieceDays = Option<RangeInclusive<Date>>;

/// What of a source or lookup can be read alone: a file; of a queue, a range of offsets.
///
/// Always true: its rows do not change as long as its origin describes it by the same line. A copy costs two counts.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    name: Arc<str>,
    size_bytes: u64,
    day: Option<Date>,
    /// What its origin knows it by.
    own: Arc<dyn Any + Send + Sync>,
}

impl Piece {
    /// `name` is what messages call it, and what it is ordered by among those of its table; `day` that which its rows are
    /// filed under, give or take what the source says of late events.
    pub(crate) fn new(
        name: String,
        size_bytes: u64,
        day: Option<Date>,
        own: impl Any + Send + Sync,
    ) -> Self {
        Self { name: name.into(), size_bytes, day, own: Arc::new(own) }
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// About how many bytes its rows take where they are.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The day that its rows are filed under; `None` where only they tell their days.
    pub(crate) fn day(&self) -> Option<Date> {
        self.day
    }

    /// The order in which pieces of a table are read.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    /// What its origin knows it by.
    ///
    /// # Panics
    ///
    /// If another origin has made it.
    pub(crate) fn own<T: 'static>(&self) -> &T {
        self.own.downcast_ref().expect("a piece goes back to the origin that made it")
    }
}
