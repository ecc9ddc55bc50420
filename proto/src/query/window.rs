//! Which days count for a row of time.

/// The largest number of days of a [`TimeWindow::TrailingDays`]: a year.
pub const MAX_TRAILING_DAYS: u32 = 366;

/// Which days count for a row of time, besides those of its own step. There are rows for the days that are present;
/// their windows may lack days, as the answer's coverage says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeWindow {
    /// The day and those before it, this many in all: from 2 to [`MAX_TRAILING_DAYS`]. Days before the first requested
    /// one count. Only if rows are grouped by day.
    TrailingDays(u32),
    /// The step and all before it, from the first requested day on.
    Cumulative,
}
