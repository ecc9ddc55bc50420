//! What can go wrong: a parameter out of range, two sketches that do not fit, bytes that are no sketch.

use crate::buckets::Buckets;
use crate::family::{Family, Precision};

/// Everything that this crate refuses to do.
///
/// No operation that returns an error has changed its target, and none is worth a retry with the
/// same arguments.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SketchError {
    /// A precision that the family does not have.
    #[error("`precision` must be within 4 to {largest}, found {found}")]
    PrecisionOutOfRange {
        /// The precision that was asked for.
        found: u8,
        /// The largest that there is.
        largest: u8,
    },
    /// A relative error that no precision reaches, or that is no positive number.
    #[error(
        "`error` must be a positive number, at least {smallest:.5} (precision {largest}), found {found}"
    )]
    ErrorOutOfRange {
        /// The relative standard error that was asked for.
        found: f64,
        /// The relative standard error of the largest precision.
        smallest: f64,
        /// The largest precision.
        largest: u8,
    },
    /// A family name that this build does not know.
    #[error("unknown sketch `family` \"{found}\", expected one of {known}", known = Family::names())]
    UnknownFamily {
        /// The name that was given.
        found: String,
    },
    /// Two sketches whose union has no meaning.
    #[error(
        "sketches of `{expected_family}` with precision {expected_precision} and of \
         `{found_family}` with precision {found_precision} have no union"
    )]
    Mismatch {
        /// The family of the sketch that should have grown, or that the caller expected.
        expected_family: Family,
        /// Its precision.
        expected_precision: Precision,
        /// The family of the other sketch.
        found_family: Family,
        /// Its precision.
        found_precision: Precision,
    },
    /// A sketch of a family that cannot do what was asked.
    #[error("only a sketch of `{expected}` can do this, found one of `{found}`")]
    WrongFamily {
        /// The family that can.
        expected: Family,
        /// The sketch's family.
        found: Family,
    },
    /// A register array of the wrong length for its precision.
    #[error("precision {precision} has {expected} registers, found {found}")]
    RegisterCount {
        /// The precision of the sketch that should have grown.
        precision: Precision,
        /// The number of registers of that precision.
        expected: usize,
        /// The length of the array that was given.
        found: usize,
    },
    /// An error that quantiles cannot have.
    #[error(
        "`error` of quantiles must be whole millionths, from {smallest} to {largest}, found {found:?}",
        smallest = Buckets::MIN_ERROR,
        largest = Buckets::MAX_ERROR
    )]
    QuantileError {
        /// The relative error that was asked for.
        found: f64,
    },
    /// An edge that no bucket can begin at.
    #[error(
        "`edges` must rise, from {smallest:e} to below {largest:e}, found {found:?}",
        smallest = Buckets::MIN_VALUE,
        largest = Buckets::MAX_VALUE
    )]
    Edge {
        /// The first edge that is out of range, or not above the one before.
        found: f64,
    },
    /// More edges than a sketch can have.
    #[error("at most {most} `edges`, found {found}", most = Buckets::MAX_EDGES)]
    TooManyEdges {
        /// How many were asked for.
        found: usize,
    },
    /// A value that no bucket holds.
    #[error(
        "{found} lies in no bucket: values are numbers below {largest:e}, and above its negative",
        largest = Buckets::MAX_VALUE
    )]
    NoValue {
        /// The value.
        found: f64,
    },
    /// A sketch of quantiles with more values than can be counted exactly.
    #[error("a sketch of quantiles holds 2^53 values at the most")]
    TooManyValues,
    /// Two sketches of quantiles whose union has no meaning.
    #[error("sketches of buckets with {expected} and with {found} have no union")]
    OtherBuckets {
        /// The buckets of the sketch that should have grown, or that the caller expected.
        expected: Box<Buckets>,
        /// Those of the other sketch.
        found: Box<Buckets>,
    },
    /// Bytes that no sketch encodes to.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Where bytes stopped being a sketch, what belonged there, and what was there instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sketch bytes at offset {offset}: expected {expected}, found {found}")]
pub struct DecodeError {
    /// The byte, from the first, at which the contradiction shows.
    pub offset: usize,
    /// What a sketch has there.
    pub expected: String,
    /// What was there.
    pub found: String,
}

impl DecodeError {
    /// Builds the error; out of line, since decoding nearly never needs it.
    #[cold]
    pub(crate) fn new(
        offset: usize,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> Self {
        Self { offset, expected: expected.into(), found: found.to_string() }
    }
}
