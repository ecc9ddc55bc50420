//! Answers two questions about the values of a set of rows, and says how sure the answers are: how many *different*
//! values are there, and how are they distributed?
//!
//! A [`Sketch`] takes 64-bit hashes of values ([`Family::hash_str`] and its neighbours), unites with other sketches
//! regardless of order and repetition, and gives an [`Estimate`] with 95 % bounds. [`GroupedSketches`] is the same
//! state for millions of groups at once (called by roll-ups), [`Union`] the same state as a reusable scratch over
//! encoded bytes (called by folds and serving), [`UnionEstimator`] the estimate of a union of sketches in memory,
//! without the union (called by serving), and [`ReferenceSketch`] an independent second opinion (called by
//! verification).
//!
//! A [`QuantileSketch`] takes the values themselves, and gives quantiles and shares below a threshold, with bounds that
//! are certain; [`GroupedQuantiles`] and [`QuantileUnion`] are its counterparts for many groups and for unions.
//!
//! ```
//! use clio_sketch::{Family, Precision, Sketch};
//!
//! let mut viewers = Sketch::new(Family::HllPlusPlus, Precision::try_new(14)?);
//! for profile in ["ada", "grace", "ada"] {
//!     viewers.insert_hash(viewers.family().hash_str(profile));
//! }
//! assert_eq!(viewers.estimate().value, 2.0);
//! assert!(viewers.estimate().exact);
//! assert_eq!(Sketch::decode(Family::HllPlusPlus, &viewers.encode())?, viewers);
//! # Ok::<(), clio_sketch::SketchError>(())
//! ```
//!
//! The content of a sketch is a function of the *set* of hashes alone: its form, registers, bytes and estimate are the
//! same whatever the order of insertion, the grouping of unions, and repetitions. `src/hll/accumulator.rs` explains
//! why; `src/hll/codec/hllpp.rs` documents the byte layout.
//!
//! | precision | error (one standard deviation) | bytes when dense | coupons before that |
//! | --- | --- | --- | --- |
//! | 10 | 3.25 % | 1 KiB | 256 |
//! | 12 | 1.63 % | 4 KiB | 1 024 |
//! | 14 | 0.81 % | 16 KiB | 4 096 |
//! | 16 | 0.41 % | 64 KiB | 16 384 |
//! | 18 | 0.20 % | 256 KiB | 65 536 |
//!
//! The crate knows nothing of rows, models, files, Arrow or async, does no I/O, and fails only on
//! parameters and on bytes that it decodes.
//!
//! ```text
//! lib.rs      family.rs, buckets.rs, hash.rs, error.rs: parameters, hashes and errors
//! hll.rs      distinct counts: coupons while small, registers when large; two families of them
//! quantile.rs quantiles: counts by narrow buckets
//! ```
//!
//! Another kind of sketch would be a module beside these, with the same verbs and its own bytes.

mod buckets;
mod error;
mod family;
mod hash;
mod hll;
mod quantile;

pub use buckets::Buckets;
pub use error::{DecodeError, SketchError};
pub use family::{Family, Precision};
pub use hash::TupleHasher;
pub use hll::{
    Estimate, Form, GroupedSketches, HllType, Joint, Parts, ReferenceSketch, Sketch, SketchRef,
    Union, UnionEstimator, decode_parts, relative_standard_error_at,
};
pub use quantile::{
    Bounded, GroupedQuantiles, Percentile, PercentileError, QuantileRef, QuantileSketch,
    QuantileUnion, Scale,
};
