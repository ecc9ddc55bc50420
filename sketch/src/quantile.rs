//! Quantiles: how many values fell into each of many narrow buckets, and what follows from that.
//!
//! After Charles Masson, Jee Rim and Homin Lee, "DDSketch: A fast and fully-mergeable quantile sketch with relative-error
//! guarantees" (2019, <https://arxiv.org/abs/1908.10693>). What is different here:
//!
//! - no bucket is ever joined with another: the error holds for every quantile of every union, and the bytes are a
//!   function of the multiset of values alone;
//! - where buckets begin is a table of numbers, made by multiplication, and no logarithm: the same on every machine;
//! - edges may be given, at which buckets begin as well: what lies below one is counted exactly.
//!
//! ```text
//! value ─► key (scale: a table of bounds) ─► counts: sorted (key, how many)
//!                                              │ union: counts are added, whatever the order
//!                                              ├─► codec     canonical bytes
//!                                              └─► answer    a quantile, or the share below a threshold, with certain bounds
//! ```
//!
//! A positive value from 10⁻⁹ to below 10¹⁹ lies in a bucket whose ends differ by less than twice the error; a negative
//! one lies in the bucket of its absolute value, mirrored. What is smaller than 10⁻⁹ is zero, which has a bucket of
//! its own. What is larger, infinite or no number is refused.

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
