//! From a value to the key of its bucket, and back to the bucket's ends.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::buckets::Buckets;
use crate::error::SketchError;
use crate::quantile::codec;

/// The table of the buckets' ends, shared by all sketches of one kind.
///
/// The key of zero is 0. Keys of positive values count up from 1, those of negative values down from -1, so keys are
/// ordered as values are.
///
/// Costs 8 bytes per bucket (13 KB at 2 %), once; a clone costs a reference count. Finding a key takes a binary search.
///
/// ```
/// use clio_sketch::{Buckets, Scale};
///
/// let scale = Scale::new(Buckets::try_new(0.02, &[30.0])?);
/// assert_eq!(scale.key(0.0)?, 0);
/// assert!(scale.key(29.9)? < scale.key(30.0)?);
/// assert_eq!(scale.key(-5.0)?, -scale.key(5.0)?);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone)]
pub struct Scale(Arc<Table>);

struct Table {
    buckets: Buckets,
    /// Where each bucket of positive values begins, and where the last one ends.
    bounds: Vec<f64>,
    /// The first bytes of every encoded sketch.
    header: Vec<u8>,
}

impl Scale {
    /// Makes the table.
    #[must_use]
    pub fn new(buckets: Buckets) -> Self {
        let error = buckets.error();
        // A little less than the allowed ratio of a bucket's ends, so that rounding does not add to the error.
        let step = (1.0 + error) / (1.0 - error) * (1.0 - 4.0 * f64::EPSILON);
        let mut bounds = Vec::new();
        let mut edges = buckets.edges().peekable();
        let mut bound = Buckets::MIN_VALUE;
        while bound < Buckets::MAX_VALUE {
            while let Some(edge) = edges.next_if(|edge| *edge <= bound) {
                if edge < bound {
                    bounds.push(edge);
                }
            }
            bounds.push(bound);
            bound *= step;
        }
        bounds.extend(edges);
        bounds.push(Buckets::MAX_VALUE);
        let mut header = Vec::new();
        codec::encode_header(buckets, &mut header);
        Self(Arc::new(Table { buckets, bounds, header }))
    }

    /// Reads which buckets an encoded sketch has; the rest of it is not read.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when no sketch begins like this.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, SketchError> {
        Ok(Self::new(codec::decode_header(bytes)?.0))
    }

    /// Returns the buckets of the table.
    #[must_use]
    pub fn buckets(&self) -> Buckets {
        self.0.buckets
    }

    /// Returns the key of a value's bucket.
    ///
    /// # Errors
    ///
    /// [`SketchError::NoValue`] for NaN, infinities, and anything else outside of the range of values.
    pub fn key(&self, value: f64) -> Result<i32, SketchError> {
        let size = value.abs();
        if !size.is_finite() || size >= Buckets::MAX_VALUE {
            return Err(SketchError::NoValue { found: value });
        }
        let key = self.0.bounds.partition_point(|bound| *bound <= size);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "a table has some tens of thousands of entries at the most"
        )]
        let key = key as i32;
        Ok(if value < 0.0 { -key } else { key })
    }

    /// Returns the largest key; the smallest is its negative.
    #[must_use]
    pub fn max_key(&self) -> i32 {
        i32::try_from(self.0.bounds.len() - 1).unwrap_or(i32::MAX)
    }

    /// Returns the ends of a bucket. The end nearer to zero belongs to it, the other one does not; zero is both ends of
    /// its own bucket.
    ///
    /// # Panics
    ///
    /// When the table does not have the key.
    #[must_use]
    pub fn ends(&self, key: i32) -> (f64, f64) {
        let Some(at) = key.unsigned_abs().checked_sub(1) else { return (0.0, 0.0) };
        let (near, far) = (self.0.bounds[at as usize], self.0.bounds[at as usize + 1]);
        if key < 0 { (-far, -near) } else { (near, far) }
    }

    /// Returns the value that represents a bucket: at most the relative error away from every value in it.
    pub(crate) fn value(&self, key: i32) -> f64 {
        let (lower, upper) = self.ends(key);
        if key == 0 { 0.0 } else { 2.0 * lower * upper / (lower + upper) }
    }

    /// Returns the first bytes of every sketch of this table.
    pub(crate) fn header(&self) -> &[u8] {
        &self.0.header
    }

    /// Checks that a sketch has the same buckets.
    pub(crate) fn expect(&self, found: Buckets) -> Result<(), SketchError> {
        let expected = self.buckets();
        if expected == found {
            return Ok(());
        }
        Err(SketchError::OtherBuckets { expected: Box::new(expected), found: Box::new(found) })
    }
}

impl PartialEq for Scale {
    fn eq(&self, other: &Self) -> bool {
        self.buckets() == other.buckets()
    }
}

impl Eq for Scale {}

impl Hash for Scale {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.buckets().hash(state);
    }
}

impl fmt::Debug for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scale")
            .field("buckets", &self.buckets())
            .field("max_key", &self.max_key())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales() -> impl Iterator<Item = Scale> {
        let edges = [&[][..], &[30.0, 120.0], &[1e-9, 1e-3, 7.0, 9.9e18]];
        let of = move |error: f64| {
            edges.map(|edges| Scale::new(Buckets::try_new(error, edges).unwrap()))
        };
        [0.001, 0.01, 0.02, 0.2].into_iter().flat_map(of)
    }

    #[test]
    fn every_bucket_is_as_narrow_as_the_error_says() {
        for scale in scales() {
            let error = scale.buckets().error();
            for key in 1..=scale.max_key() {
                let (lower, upper) = scale.ends(key);
                assert!(lower < upper, "{scale:?} {key}");
                let value = scale.value(key);
                assert!((value - lower) / lower <= error, "{scale:?} {key}");
                assert!((upper - value) / upper <= error, "{scale:?} {key}");
                assert_eq!(scale.ends(-key), (-upper, -lower));
                assert_eq!(scale.value(-key).to_bits(), (-value).to_bits());
                if key > 1 {
                    assert_eq!(scale.ends(key - 1).1.to_bits(), lower.to_bits());
                }
            }
            assert_eq!(scale.ends(1).0.to_bits(), Buckets::MIN_VALUE.to_bits());
            assert_eq!(scale.ends(scale.max_key()).1.to_bits(), Buckets::MAX_VALUE.to_bits());
        }
    }

    #[test]
    fn a_bucket_has_its_near_end_and_not_the_other() {
        for scale in scales() {
            for key in 1..=scale.max_key() {
                let (lower, upper) = scale.ends(key);
                for (value, expected) in [(lower, key), (upper.next_down(), key)] {
                    assert_eq!(scale.key(value), Ok(expected), "{scale:?} {value}");
                    assert_eq!(scale.key(-value), Ok(-expected), "{scale:?} {value}");
                }
            }
            for edge in scale.buckets().edges() {
                assert_eq!(scale.ends(scale.key(edge).unwrap()).0.to_bits(), edge.to_bits());
            }
        }
    }

    #[test]
    fn what_is_tiny_is_zero_and_what_is_huge_is_refused() {
        let scale = Scale::new(Buckets::try_new(0.02, &[]).unwrap());
        for value in [0.0, -0.0, 9.9e-10, -9.9e-10, f64::MIN_POSITIVE] {
            assert_eq!(scale.key(value), Ok(0), "{value}");
        }
        assert_eq!(scale.ends(0), (0.0, 0.0));
        for value in [1e19, -1e19, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(matches!(scale.key(value), Err(SketchError::NoValue { .. })), "{value}");
        }
    }
}
