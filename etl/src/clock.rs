//! The time of a run: given at the start, then advanced by a monotonic clock.

use std::time::Instant;

use jiff::Timestamp;

/// Tells the time from the start time that the binary gave, and the time elapsed since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Timestamp,
    since: Instant,
}

impl Clock {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { start, since: Instant::now() }
    }

    /// The time now, in milliseconds since 1970.
    pub(crate) fn millis(&self) -> i64 {
        let passed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.start.as_millisecond().saturating_add(passed)
    }
}
