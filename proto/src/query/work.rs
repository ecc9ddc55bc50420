//! The work behind an answer: the explanation of a query, in counts.

use std::time::Duration;

use strum::EnumCount;

/// The work behind an answer. Except for times, equal for equal queries on the same snapshot; the periods that were
/// read are in the answer's coverage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// The number of files of the periods that were read.
    pub n_files: u32,
    /// The number of their cells.
    pub n_cells: u64,
    /// The number of those that passed the filter.
    pub n_cells_selected: u64,
    /// The number of groups before `having`.
    pub n_groups: u64,
    /// The number of distinct counts estimated, and of spreads that quantiles and shares were read from; including
    /// those of the total.
    pub n_estimates: u64,
    /// The number of sketches united for them; one that stands for a whole file counts once.
    pub n_unions: u64,
    /// The bytes read of sketches held as coupons.
    pub coupon_bytes: u64,
    /// The bytes read of sketches held as registers.
    pub register_bytes: u64,
    /// The bytes read of quantile sketches.
    pub bucket_bytes: u64,
    /// The steps that took the time, in order, each at most once.
    pub steps: Vec<(WorkStep, Duration)>,
    /// The answer was cached from an equal query on the same snapshot: counts and steps are those of its computation.
    pub is_cached: bool,
}

/// A step of answering a query, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum WorkStep {
    /// Resolve names, choose periods.
    Bind,
    /// Filter, group and add up cells.
    Select,
    /// Estimate the total.
    Total,
    /// Test groups against the conditions on measures.
    Having,
    /// Sort groups, with the estimates that it takes.
    Order,
    /// Estimate and write the rows of the page.
    Rows,
}

impl WorkStep {
    /// Every step, in order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Bind, Self::Select, Self::Total, Self::Having, Self::Order, Self::Rows];

    /// The name: `bind`, `select`, `total`, `having`, `order`, `rows`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Select => "select",
            Self::Total => "total",
            Self::Having => "having",
            Self::Order => "order",
            Self::Rows => "rows",
        }
    }
}
