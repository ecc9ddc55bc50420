//! One sketch: insert, union, ask, encode, decode.

use std::fmt;

use crate::buckets::Buckets;
use crate::error::SketchError;
use crate::quantile::answer::{self, Bounded, Percentile};
use crate::quantile::codec;
use crate::quantile::counts::Counts;
use crate::quantile::scale::Scale;

/// How many of the inserted values fell into each bucket.
///
/// Always true: two sketches of the same buckets that were given equal multisets, in any order and through any unions,
/// are equal and encode to equal bytes.
///
/// Costs 16 bytes per nonempty bucket, and about 3 bytes each when encoded, after a header of 5 bytes and 8 per edge.
/// At an error of 2 % there are at most 25 buckets for each factor of e between the smallest and the largest value. An
/// insertion takes a binary search, a union is linear in the sizes.
///
/// ```
/// use clio_sketch::{Buckets, Percentile, QuantileSketch, Scale};
///
/// let scale = Scale::new(Buckets::try_new(0.02, &[30.0])?);
/// let mut watched = QuantileSketch::new(&scale);
/// for seconds in [3.0, 29.0, 30.0, 600.0] {
///     watched.insert(seconds)?;
/// }
/// let median = watched.quantile(Percentile::MEDIAN).expect("there are values");
/// assert!(median.lower <= 29.0 && 29.0 <= median.upper);
/// assert_eq!(watched.share_below(30.0).map(|share| (share.value, share.exact)), Some((0.5, true)));
/// assert_eq!(QuantileSketch::decode(&scale, &watched.encode())?, watched);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct QuantileSketch {
    scale: Scale,
    counts: Counts,
}

impl QuantileSketch {
    /// Makes an empty sketch; it allocates nothing before the first value.
    #[must_use]
    pub fn new(scale: &Scale) -> Self {
        Self::of(scale, Counts::default())
    }

    pub(crate) fn of(scale: &Scale, counts: Counts) -> Self {
        Self { scale: scale.clone(), counts }
    }

    /// Returns the buckets.
    #[must_use]
    pub fn buckets(&self) -> Buckets {
        self.scale.buckets()
    }

    /// Returns the number of values.
    #[must_use]
    pub fn n_values(&self) -> u64 {
        self.counts.n_values()
    }

    /// Returns whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_values() == 0
    }

    /// Returns the keys of nonempty buckets in ascending order, each with its number of values.
    #[must_use]
    pub fn counts(&self) -> &[(i32, u64)] {
        self.counts.as_slice()
    }

    /// Adds one value.
    ///
    /// # Errors
    ///
    /// [`SketchError::NoValue`] for values that [`Scale::key`] rejects, [`SketchError::TooManyValues`] beyond 2⁵³; on
    /// error, nothing has changed.
    pub fn insert(&mut self, value: f64) -> Result<(), SketchError> {
        self.counts.add(self.scale.key(value)?)
    }

    /// Adds all values of another sketch.
    ///
    /// # Errors
    ///
    /// [`SketchError::OtherBuckets`], or [`SketchError::TooManyValues`] beyond 2⁵³; on error, nothing has changed.
    pub fn union(&mut self, other: &Self) -> Result<(), SketchError> {
        self.scale.expect(other.buckets())?;
        self.counts.merge(&other.counts)
    }

    /// Adds all values of an encoded sketch.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when the bytes are not a sketch, and those of [`union`](Self::union); on error, nothing
    /// has changed.
    pub fn union_bytes(&mut self, bytes: &[u8]) -> Result<(), SketchError> {
        self.counts.merge(&codec::decode(&self.scale, bytes)?)
    }

    /// Returns the sketch of the values that remain without those of another one; `None` unless this one has all of
    /// those.
    ///
    /// # Errors
    ///
    /// [`SketchError::OtherBuckets`].
    pub fn without(&self, other: &Self) -> Result<Option<Self>, SketchError> {
        self.scale.expect(other.buckets())?;
        Ok(self.counts.without(&other.counts).map(|counts| Self::of(&self.scale, counts)))
    }

    /// Returns a quantile; `None` where there are no values.
    ///
    /// The true quantile lies within the bounds and differs from the value by at most the relative error. Only zero is
    /// exact.
    #[must_use]
    pub fn quantile(&self, percentile: Percentile) -> Option<Bounded> {
        let counts = self.counts().iter().copied();
        answer::quantile(&self.scale, counts, self.n_values(), percentile)
    }

    /// Returns the share of the values below a threshold; `None` where there are no values.
    ///
    /// The lower bound leaves out all values of the threshold's bucket, the upper bound includes them. At zero, at an
    /// edge, and where that bucket is empty, the share is exact.
    #[must_use]
    pub fn share_below(&self, threshold: f64) -> Option<Bounded> {
        let below = answer::below(&self.scale, self.counts().iter().copied(), threshold);
        below.share(self.n_values())
    }

    /// Returns the share of the values at or above a threshold; `None` where there are no values.
    #[must_use]
    pub fn share_above(&self, threshold: f64) -> Option<Bounded> {
        let below = answer::below(&self.scale, self.counts().iter().copied(), threshold);
        below.share_of_others(self.n_values())
    }

    /// Returns the bytes of memory held, used or not, including the sketch itself but not the scale, which is shared.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.counts.heap_bytes()
    }

    /// Gives back spare memory.
    pub fn compact(&mut self) {
        self.counts.shrink();
    }

    /// Appends the sketch's bytes.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.scale.header());
        codec::encode_counts(self.counts().iter().copied(), out);
    }

    /// Returns the sketch's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// Reads a sketch of these buckets.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] unless the bytes are an encoded sketch, [`SketchError::OtherBuckets`] when its buckets
    /// differ.
    pub fn decode(scale: &Scale, bytes: &[u8]) -> Result<Self, SketchError> {
        Ok(Self::of(scale, codec::decode(scale, bytes)?))
    }
}

impl fmt::Debug for QuantileSketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuantileSketch")
            .field("buckets", &self.buckets())
            .field("n_values", &self.n_values())
            .field("median", &self.quantile(Percentile::MEDIAN))
            .finish()
    }
}

/// An encoded sketch that has been checked.
#[derive(Clone, Copy, Debug)]
pub struct QuantileRef<'a> {
    body: &'a [u8],
    n_values: u64,
}

impl<'a> QuantileRef<'a> {
    /// Checks the bytes of a sketch of these buckets; allocates nothing.
    ///
    /// # Errors
    ///
    /// Those of [`QuantileSketch::decode`].
    pub fn parse(scale: &Scale, bytes: &'a [u8]) -> Result<Self, SketchError> {
        let at = codec::body_at(scale, bytes)?;
        let n_values = codec::check_counts(scale, bytes, at, |_, _, _| {})?;
        Ok(Self { body: &bytes[at..], n_values })
    }

    /// Returns the number of values.
    #[must_use]
    pub fn n_values(&self) -> u64 {
        self.n_values
    }

    /// Returns the bytes after the header that all sketches of these buckets share: what
    /// [`QuantileUnion::union_body`](crate::QuantileUnion::union_body) takes.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }
}
