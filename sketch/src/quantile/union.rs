//! Many sketches united in one reusable scratch.

use std::ops::Range;

use crate::error::SketchError;
use crate::quantile::answer::{self, Bounded, Percentile};
use crate::quantile::codec;
use crate::quantile::counts::{self, Counts};
use crate::quantile::scale::Scale;
use crate::quantile::sketch::QuantileSketch;

/// A reusable scratch in which sketches of the same buckets are united: a count for every bucket of the scale.
///
/// Takes 8 bytes per bucket and sign (26 KB at 2 %), kept across [`clear`](Self::clear). Adding is linear in the
/// nonempty buckets of the added sketch; reading, encoding and clearing are linear in the buckets between the smallest
/// and the largest value.
///
/// ```
/// use clio_sketch::{Buckets, QuantileSketch, QuantileUnion, Scale};
///
/// let scale = Scale::new(Buckets::try_new(0.02, &[])?);
/// let mut union = QuantileUnion::new(&scale);
/// for day in 0..7 {
///     let mut sketch = QuantileSketch::new(&scale);
///     sketch.insert(f64::from(day))?;
///     union.union_bytes(&sketch.encode())?;
/// }
/// assert_eq!(union.n_values(), 7);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct QuantileUnion {
    scale: Scale,
    /// By key, ascending; empty before the first value.
    counts: Vec<u64>,
    /// All counts outside of this range are 0.
    touched: Range<usize>,
    n_values: u64,
}

impl QuantileUnion {
    /// Makes an empty union; it allocates nothing before the first value.
    #[must_use]
    pub fn new(scale: &Scale) -> Self {
        Self { scale: scale.clone(), counts: Vec::new(), touched: 0..0, n_values: 0 }
    }

    /// Returns the scale.
    #[must_use]
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Returns the number of values.
    #[must_use]
    pub fn n_values(&self) -> u64 {
        self.n_values
    }

    /// Returns whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_values == 0
    }

    /// Adds an encoded sketch.
    ///
    /// # Errors
    ///
    /// Those of [`QuantileSketch::union_bytes`]; on error, nothing has changed.
    pub fn union_bytes(&mut self, bytes: &[u8]) -> Result<(), SketchError> {
        let at = codec::body_at(&self.scale, bytes)?;
        let n_values = codec::check_counts(&self.scale, bytes, at, |_, _, _| {})?;
        self.add(codec::checked_counts(&bytes[at..]), n_values)
    }

    /// Adds what [`QuantileRef`](crate::QuantileRef) gave for a sketch of the same buckets, without checking it again.
    ///
    /// # Errors
    ///
    /// [`SketchError::TooManyValues`] beyond 2⁵³; on error, nothing has changed.
    pub fn union_body(&mut self, body: &[u8], n_values: u64) -> Result<(), SketchError> {
        self.add(codec::checked_counts(body), n_values)
    }

    /// Adds a sketch.
    ///
    /// # Errors
    ///
    /// Those of [`QuantileSketch::union`]; on error, nothing has changed.
    pub fn union(&mut self, sketch: &QuantileSketch) -> Result<(), SketchError> {
        self.scale.expect(sketch.buckets())?;
        self.add(sketch.counts().iter().copied(), sketch.n_values())
    }

    fn add(
        &mut self,
        counts: impl Iterator<Item = (i32, u64)>,
        n_values: u64,
    ) -> Result<(), SketchError> {
        self.n_values = counts::sum(self.n_values, n_values)?;
        let zero_at = self.zero_at();
        for (key, count) in counts {
            if self.counts.is_empty() {
                self.counts.resize(2 * zero_at + 1, 0);
            }
            let size = key.unsigned_abs() as usize;
            let at = if key < 0 { zero_at.checked_sub(size) } else { zero_at.checked_add(size) };
            if let Some(own) = at.and_then(|at| self.counts.get_mut(at))
                && let Some(at) = at
            {
                *own = own.saturating_add(count);
                self.touched = if self.touched.is_empty() {
                    at..at + 1
                } else {
                    self.touched.start.min(at)..self.touched.end.max(at + 1)
                };
            }
        }
        Ok(())
    }

    /// Returns a quantile, as [`QuantileSketch::quantile`] does.
    #[must_use]
    pub fn quantile(&self, percentile: Percentile) -> Option<Bounded> {
        answer::quantile(&self.scale, self.counts(), self.n_values, percentile)
    }

    /// Returns a share, as [`QuantileSketch::share_below`] does.
    #[must_use]
    pub fn share_below(&self, threshold: f64) -> Option<Bounded> {
        answer::below(&self.scale, self.counts(), threshold).share(self.n_values)
    }

    /// Returns a share, as [`QuantileSketch::share_above`] does.
    #[must_use]
    pub fn share_above(&self, threshold: f64) -> Option<Bounded> {
        answer::below(&self.scale, self.counts(), threshold).share_of_others(self.n_values)
    }

    /// Appends the bytes of the union, which are those of [`to_sketch`](Self::to_sketch).
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        self.to_sketch().encode_into(out);
    }

    /// Returns the union as a sketch.
    #[must_use]
    pub fn to_sketch(&self) -> QuantileSketch {
        QuantileSketch::of(&self.scale, Counts::of(self.counts().collect(), self.n_values))
    }

    /// Removes all content and keeps the memory.
    pub fn clear(&mut self) {
        self.counts[self.touched.clone()].fill(0);
        (self.touched, self.n_values) = (0..0, 0);
    }

    /// Returns the bytes of memory held, used or not, including the union itself.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.counts.capacity() * size_of::<u64>()
    }

    /// The index of the count of zero.
    fn zero_at(&self) -> usize {
        self.scale.max_key().unsigned_abs() as usize
    }

    /// The keys of nonempty buckets in ascending order, each with its number of values.
    fn counts(&self) -> impl Iterator<Item = (i32, u64)> {
        let first = i32::try_from(self.touched.start).unwrap_or(i32::MAX) - self.scale.max_key();
        let touched = &self.counts[self.touched.clone()];
        (first..).zip(touched.iter().copied()).filter(|(_, count)| *count > 0)
    }
}
