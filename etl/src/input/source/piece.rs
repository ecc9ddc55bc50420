//! The unit in which a source is read.

use std::any::Any;
use std::cmp::Ordering;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::civil::Date;

/// The days of the pieces to list; `None` for all. Pieces without a day are always listed.
pub(crate) type PieceDays = Option<RangeInclusive<Date>>;

/// The unit in which a source or lookup is read: a file; for a queue, a range of offsets.
///
/// Always true: its rows do not change as long as its origin describes it by the same line. A clone costs two reference
/// counts.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    name: Arc<str>,
    size_bytes: u64,
    day: Option<Date>,
    /// The origin's own identification.
    own: Arc<dyn Any + Send + Sync>,
}

impl Piece {
    /// `name` is used in messages and to order the pieces of a table; `day` is the day that its rows are filed under,
    /// apart from late events that the source allows.
    pub(crate) fn new(
        name: String,
        size_bytes: u64,
        day: Option<Date>,
        own: impl Any + Send + Sync,
    ) -> Self {
        Self { name: name.into(), size_bytes, day, own: Arc::new(own) }
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The approximate stored size of its rows.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The day that its rows are filed under; `None` where only the rows tell their days.
    pub(crate) fn day(&self) -> Option<Date> {
        self.day
    }

    /// The order in which the pieces of a table are read.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    /// The origin's own identification.
    ///
    /// # Panics
    ///
    /// If another origin created the piece.
    pub(crate) fn own<T: 'static>(&self) -> &T {
        self.own.downcast_ref().expect("a piece goes back to the origin that made it")
    }
}
