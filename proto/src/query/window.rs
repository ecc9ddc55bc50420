//! Which days count for a row of time.

/// The most days of a [`TimeWindow::TrailingDays`]: a year.
pub const MAX_TRAILING_DAYS: u32 = 366;

/// Which days count for a row of time, beside those of its own step. Rows are those of the days that are there; their windows may
/// lack days, as the answer's coverage says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeWindow {
    /// The day and those before it, so many in all: from 2 to [`MAX_TRAILING_DAYS`]. Days before the first one asked for
    /// count. Only where rows are grouped by day.
    TrailingDays(u32),
    /// The step and all before it, from the first day asked for on.
    Cumulative,
}
