//! The time of a run: told once, then counted on from there.

use std::time::Instant;

use jiff::Timestamp;

/// Tells the time from what the binary said at the start and what has passed since.
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
