//! Answers two questions: how many *different* values did this set of rows hold, or how large are they, and how sure are we?
//!
//! A [`Sketch`] takes 64-bit hashes of values ([`Family::hash_str`] and its neighbours), unions with other
//! sketches without caring about order or repetition, and gives an [`Estimate`] with 95 % bounds.
//! [`GroupedSketches`] is the same state for millions of groups at once (roll-ups call it),
//! [`Union`] the same state as a reusable scratch over encoded bytes (folds and serving call it),
//! [`UnionEstimator`] what the union of sketches in memory comes to, without the union (serving calls it), and
//! [`ReferenceSketch`] an independent second opinion (verification calls it).
//!
//! A [`QuantileSketch`] takes the values themselves, and gives quantiles and shares below a threshold, with bounds that are
//! certain; [`GroupedQuantiles`] and [`QuantileUnion`] stand beside it as those do.
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
//! What a sketch holds is a function of the *set* of hashes alone: its form, registers, bytes and
//! estimate are the same whatever the order of insertion, the grouping of unions or the repetitions.
//! The head of `src/hll/accumulator.rs` explains why that is so, that of `src/hll/codec/hllpp.rs` lays out the bytes.
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
//! Another kind of sketch is a room beside these, with the same verbs and bytes of its own.

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
