//! The people whom the rows of a page reach together, one beyond another, and in common.

use super::Value;

/// The largest number of rows of a page with a reach.
pub const MAX_REACH_ROWS: usize = 20;

/// The people whom the rows of a page reach together, one beyond another, and in common, by a distinct measure.
///
/// A number whose half-width exceeds half of its value is not given, since a small part of large sets cannot be
/// resolved. Then its [`value`](Value::value) is `None` but its bounds are present.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The measure: the first distinct one requested.
    pub measure: String,
    /// Different people over all rows of the page.
    pub deduplicated: Value,
    /// Each row once, in greedy order: the first reaches the most people, each next one adds the most to those before
    /// it.
    pub steps: Vec<ReachStep>,
    /// Each pair of rows once, with the earlier row of the page as the left one.
    pub overlaps: Vec<Overlap>,
}

/// One row in greedy order.
#[derive(Debug, Clone, PartialEq)]
pub struct ReachStep {
    /// The row, counted from 0 on the page.
    pub row: u32,
    /// The people whom it adds to the rows before it in this order.
    pub incremental: Value,
    /// The people whom no other row of the page reaches.
    pub alone: Value,
    /// Different people of this row and those before it.
    pub cumulative: Value,
}

/// Two rows of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlap {
    /// The earlier row, counted from 0 on the page.
    pub left: u32,
    /// The later row.
    pub right: u32,
    /// The people whom both reach.
    pub both: Value,
    /// The people whom both reach, as a fraction of those whom either reaches.
    pub jaccard: Value,
}
