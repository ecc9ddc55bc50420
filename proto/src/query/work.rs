//! What an answer took: the explanation of a query, by counts.

use std::time::Duration;

use strum::EnumCount;

/// What an answer took. The same of the same query on the same snapshot, but for times; the periods that were read are
/// in the answer's coverage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// Files of the periods that were read.
    pub n_files: u32,
    /// Their cells.
    pub n_cells: u64,
    /// Those of them that the filter left.
    pub n_cells_selected: u64,
    /// Groups before `having`.
    pub n_groups: u64,
    /// Distinct counts that were estimated, and spreads that quantiles and shares were read off; those of the total among them.
    pub n_estimates: u64,
    /// Sketches that were united for them; one that stands for a whole file counts once.
    pub n_unions: u64,
    /// The bytes that were read of sketches held as coupons.
    pub coupon_bytes: u64,
    /// The bytes that were read of sketches held as registers.
    pub register_bytes: u64,
    /// The bytes that were read of sketches of quantiles.
    pub bucket_bytes: u64,
    /// Where the time went, in order; no step is there twice.
    pub steps: Vec<(WorkStep, Duration)>,
    /// The answer is that of an equal query on the same snapshot: counts and steps are of when that one was computed.
    pub is_cached: bool,
}

/// A step of answering a query, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum WorkStep {
    /// Names are resolved, periods chosen.
    Bind,
    /// Cells are filtered, grouped and added up.
    Select,
    /// The total is estimated.
    Total,
    /// Groups are held against the conditions on measures.
    Having,
    /// Groups are put in order, and what that takes is estimated.
    Order,
    /// The page's rows are estimated and written.
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
