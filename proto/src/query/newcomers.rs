//! How many of the people of a row are new, and how many return.

use super::{Coverage, Value};

/// The largest number of days to look back: ten years.
pub const MAX_LOOK_BACK_DAYS: u32 = 3_660;

/// What new and returning people are determined from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookBack {
    /// The measure: the first distinct one requested.
    pub measure: String,
    /// The requested number of days before the first day of each row, present or not.
    pub n_days: u32,
    /// The look-back days of all rows together.
    pub coverage: Coverage,
}

/// How many of the people of a row are new, and how many return. Numbers that cannot be determined are as in
/// [`Reach`](super::Reach).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Newcomers {
    /// People not seen in the look-back, by cells with the row's other keys.
    pub fresh: Value,
    /// People seen in it.
    pub returning: Value,
    /// The number of missing days in the row's look-back: people seen on these alone count as new. 0 if all are
    /// present, and from a service that does not send it yet.
    pub n_days_missing: u32,
}
