//! Whom the rows of a page reach together, one beyond another, and in common.

use super::Value;

/// The most rows of a page whose reach is told.
pub const MAX_REACH_ROWS: usize = 20;

/// What the rows of a page have in common and apart, by a distinct measure.
///
/// A number of it whose half-width exceeds half of its value is not told: a small part of large sets cannot be seen. Then
/// its [`value`](Value::value) is `None` while its bounds are there.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The measure: the first distinct one that the query asks for.
    pub measure: String,
    /// Different people over all rows of the page.
    pub deduplicated: Value,
    /// Each row once, in the greedy order: the first reaches most, each other one adds most to those before it.
    pub steps: Vec<ReachStep>,
    /// Each pair of rows once, the row that stands first on the page as the left one.
    pub overlaps: Vec<Overlap>,
}

/// One row in the greedy order.
#[derive(Debug, Clone, PartialEq)]
pub struct ReachStep {
    /// The row, counted from 0 on the page.
    pub row: u32,
    /// Those whom it adds to the rows before it in this order.
    pub incremental: Value,
    /// Those whom none of the other rows of the page reaches.
    pub alone: Value,
    /// Different people of this row and those before it.
    pub cumulative: Value,
}

/// Two rows of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlap {
    /// The one that stands first, counted from 0.
    pub left: u32,
    /// The other one.
    pub right: u32,
    /// Those whom both reach.
    pub both: Value,
    /// Those whom both reach, as a fraction of those whom either reaches.
    pub jaccard: Value,
}
