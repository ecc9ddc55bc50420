//! Quantiles: how many values fell into each of many narrow buckets, and what follows from these counts.
//!
//! After Charles Masson, Jee Rim and Homin Lee, "DDSketch: A fast and fully-mergeable quantile sketch with
//! relative-error guarantees" (2019, <https://arxiv.org/abs/1908.10693>). The differences:
//!
//! - buckets are never collapsed: the error holds for every quantile of every union, and the bytes are a function of
//!   the multiset of values alone;
//! - the lower ends of buckets come from a table computed by multiplication, without a logarithm: the same on every
//!   machine;
//! - edges may be given, at which buckets begin as well: the number of values below an edge is exact.
//!
//! ```text
//! value ─► key (scale: a table of bounds) ─► counts: sorted (key, how many)
//!                                              │ union: counts are added, in any order
//!                                              ├─► codec     canonical bytes
//!                                              └─► answer    a quantile, or the share below a threshold, with certain bounds
//! ```
//!
//! A positive value from 10⁻⁹ to below 10¹⁹ falls into a bucket whose ends differ by less than twice the error; a
//! negative one falls into the mirrored bucket of its absolute value. Absolute values below 10⁻⁹ count as zero, which
//! has a bucket of its own. Larger values, infinities and NaN are rejected.

mod answer;
mod codec;
mod counts;
mod grouped;
mod scale;
mod sketch;
mod union;

pub use answer::{Bounded, Percentile, PercentileError};
pub use grouped::GroupedQuantiles;
pub use scale::Scale;
pub use sketch::{QuantileRef, QuantileSketch};
pub use union::QuantileUnion;
