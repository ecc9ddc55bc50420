//! HyperLogLog: how many different hashes there were, in coupons while they are few and in registers after that.
//!
//! ```text
//! hash ─► coupon (slot, rank) ─► accumulator: sorted coupons ─► registers (one rank a slot)
//!                                     │ union: the larger rank stays, whatever the order
//!                                     ├─► codec      canonical bytes, a layout for each family
//!                                     └─► estimate   value and bounds, from coupons or registers alone
//! ```
//!
//! What differs between families is in `kind`, which asks `hllpp` and `datasketches`; everything else serves both.
//! A third family of coupons and registers is a module beside those two, one beside their codecs, and the arms
//! that the compiler then misses in `kind` and `codec`.

mod accumulator;
mod codec;
mod coupon;
pub(crate) mod datasketches;
mod estimate;
mod estimator;
mod grouped;
pub(crate) mod hllpp;
mod joint;
mod kind;
mod reference;
mod registers;
mod sketch;
mod slot;
mod union;

pub use codec::{Form, HllType, Parts, SketchRef, decode_parts};
pub use estimate::{Estimate, relative_standard_error_at};
pub use estimator::UnionEstimator;
pub use grouped::GroupedSketches;
pub use joint::Joint;
pub use reference::ReferenceSketch;
pub use sketch::Sketch;
pub use union::Union;
