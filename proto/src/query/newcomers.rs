//! Who of the people of a row is new, and who returns.

use super::{Coverage, Value};

/// The most days that are looked back: ten years.
pub const MAX_LOOK_BACK_DAYS: u32 = 3_660;

/// What new and returning people are told from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookBack {
    /// The measure: the first distinct one that the query asks for.
    pub measure: String,
    /// How many days before the first day of each row that is asked for, whether that day is there or not.
    pub n_days: u32,
    /// These days of all rows together.
    pub coverage: Coverage,
}

/// Who of the people of a row is new, and who returns. Numbers that cannot be told are as those of [`Reach`](super::Reach).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Newcomers {
    /// Those not seen in the look-back, by cells with the row's other keys.
    pub fresh: Value,
    /// Those seen in it.
    pub returning: Value,
    /// How many days of the row's look-back are not there: who was seen on these alone is told as new. 0 where all are there, and from
    /// a service that does not say yet.
    pub n_days_missing: u32,
}
