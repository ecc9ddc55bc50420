//! What can go wrong: a parameter out of range, two sketches that do not match, bytes that are not a
//! sketch.

use crate::buckets::Buckets;
use crate::family::{Family, Precision};

/// Everything that this crate refuses to do.
///
/// An operation that returns an error leaves its target unchanged, and none is worth retrying with the
/// same arguments.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SketchError {
    /// A precision that the family does not support.
    #[error("`precision` must be within 4 to {largest}, found {found}")]
    PrecisionOutOfRange {
        /// The requested precision.
        found: u8,
        /// The largest precision that the family supports.
        largest: u8,
    },
    /// A relative error that no precision reaches, or that is not a positive number.
    #[error(
        "`error` must be a positive number, at least {smallest:.5} (precision {largest}), found {found}"
    )]
    ErrorOutOfRange {
        /// The requested relative standard error.
        found: f64,
        /// The relative standard error of the largest precision.
        smallest: f64,
        /// The largest precision.
        largest: u8,
    },
    /// A family name that this build does not know.
    #[error("unknown sketch `family` \"{found}\", expected one of {known}", known = Family::names())]
    UnknownFamily {
        /// The given name.
        found: String,
    },
    /// Two sketches whose union has no meaning.
    #[error(
        "sketches of `{expected_family}` with precision {expected_precision} and of \
         `{found_family}` with precision {found_precision} cannot be united"
    )]
    Mismatch {
        /// The family of the sketch to be updated, or the one that the caller expected.
        expected_family: Family,
        /// Its precision.
        expected_precision: Precision,
        /// The family of the other sketch.
        found_family: Family,
        /// Its precision.
        found_precision: Precision,
    },
    /// A sketch whose family does not support the operation.
    #[error("only a sketch of `{expected}` supports this, found `{found}`")]
    WrongFamily {
        /// The family that supports it.
        expected: Family,
        /// The sketch's family.
        found: Family,
    },
    /// A register array whose length does not match the precision.
    #[error("precision {precision} has {expected} registers, found {found}")]
    RegisterCount {
        /// The precision of the sketch to be updated.
        precision: Precision,
        /// The number of registers of that precision.
        expected: usize,
        /// The length of the given array.
        found: usize,
    },
    /// An error that quantile sketches do not support.
    #[error(
        "`error` of quantiles must be whole millionths, from {smallest} to {largest}, found {found:?}",
        smallest = Buckets::MIN_ERROR,
        largest = Buckets::MAX_ERROR
    )]
    QuantileError {
        /// The requested relative error.
        found: f64,
    },
    /// An edge at which no bucket can begin.
    #[error(
        "`edges` must rise, from {smallest:e} to below {largest:e}, found {found:?}",
        smallest = Buckets::MIN_VALUE,
        largest = Buckets::MAX_VALUE
    )]
    Edge {
        /// The first edge that is out of range or not above its predecessor.
        found: f64,
    },
    /// More edges than a sketch supports.
    #[error("at most {most} `edges`, found {found}", most = Buckets::MAX_EDGES)]
    TooManyEdges {
        /// How many were requested.
        found: usize,
    },
    /// A value that falls into no bucket.
    #[error(
        "{found} falls into no bucket: values must lie between -{largest:e} and {largest:e}, both excluded",
        largest = Buckets::MAX_VALUE
    )]
    NoValue {
        /// The value.
        found: f64,
    },
    /// A quantile sketch with more values than can be counted exactly.
    #[error("a quantile sketch holds at most 2^53 values")]
    TooManyValues,
    /// Two quantile sketches whose union has no meaning.
    #[error("quantile sketches with {expected} and with {found} cannot be united")]
    OtherBuckets {
        /// The buckets of the sketch to be updated, or those that the caller expected.
        expected: Box<Buckets>,
        /// The buckets of the other sketch.
        found: Box<Buckets>,
    },
    /// Bytes that are not an encoded sketch.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Where bytes stop being a sketch, what was expected there, and what was found instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sketch bytes at offset {offset}: expected {expected}, found {found}")]
pub struct DecodeError {
    /// The offset of the first byte that does not belong in a sketch.
    pub offset: usize,
    /// What a sketch has at this offset.
    pub expected: String,
    /// What was found there.
    pub found: String,
}

impl DecodeError {
    /// Builds the error; kept out of line, since decoding rarely needs it.
    #[cold]
    pub(crate) fn new(
        offset: usize,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> Self {
        Self { offset, expected: expected.into(), found: found.to_string() }
    }
}
