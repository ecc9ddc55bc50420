//! HyperLogLog: the number of distinct hashes, held as coupons while they are few and as registers after that.
//!
//! ```text
//! hash ─► coupon (slot, rank) ─► accumulator: sorted coupons ─► registers (one rank per index)
//!                                     │ union: the larger rank stays, in any order
//!                                     ├─► codec      canonical bytes, one layout per family
//!                                     └─► estimate   value and bounds, from coupons or registers alone
//! ```
//!
//! What differs between families is in `kind`, which dispatches to `hllpp` and `datasketches`; everything else
//! serves both. A third family of coupons and registers takes a module beside those two, another beside their
//! codecs, and the match arms in `kind` and `codec` that the compiler then asks for.

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
