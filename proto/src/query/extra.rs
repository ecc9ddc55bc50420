//! What an answer may contain besides keys and values.

use strum::EnumCount;

/// What an answer may contain besides keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum Extra {
    /// For each value of a row, its fraction of the total's.
    Shares,
    /// The groups below the page as one row.
    Others,
    /// The ranks that each row may have, by the first measure of the order, which is required.
    Ranks,
    /// The people whom the rows of the page reach together, one beyond another, and in common, by the first distinct
    /// measure requested; for at most [`MAX_REACH_ROWS`](super::MAX_REACH_ROWS) rows.
    Reach,
    /// The uncertainty of each value: the 95 % intervals of sampling, and of sampling and counting together.
    Intervals,
    /// For compared rates of people, whether one is really higher: for at most
    /// [`MAX_VERDICT_ROWS`](super::MAX_VERDICT_ROWS) rows, not grouped by time, over at most
    /// [`MAX_VERDICT_DAYS`](super::MAX_VERDICT_DAYS) days.
    Verdicts,
}

impl Extra {
    /// Every extra.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Shares, Self::Others, Self::Ranks, Self::Reach, Self::Intervals, Self::Verdicts];

    /// The name: `shares`, `others`, `ranks`, `reach`, `intervals`, `verdicts`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shares => "shares",
            Self::Others => "others",
            Self::Ranks => "ranks",
            Self::Reach => "reach",
            Self::Intervals => "intervals",
            Self::Verdicts => "verdicts",
        }
    }
}
