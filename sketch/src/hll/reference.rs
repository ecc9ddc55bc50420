//! A second opinion: the `hyperloglogplus` crate, fed with the same hashes.

use std::hash::{BuildHasher, Hasher};

use hyperloglogplus::{HyperLogLog, HyperLogLogPlus};

use crate::error::SketchError;
use crate::family::{Family, Precision};

/// A distinct count by the `hyperloglogplus` crate, which shares no code with ours.
///
/// Verification counts with both and compares. The two hold the same registers; their estimators
/// differ (this one corrects bias by tables), so their estimates differ by a fraction of the stated
/// error. It is slower, and Clio never stores its bytes.
///
/// ```
/// use clio_sketch::{Family, Precision, ReferenceSketch};
///
/// let mut reference = ReferenceSketch::new(Precision::try_new(14)?);
/// reference.insert_hash(Family::HllPlusPlus.hash_str("ada"));
/// assert_eq!(reference.count().round(), 1.0);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReferenceSketch {
    precision: Precision,
    inner: HyperLogLogPlus<u64, PassThrough>,
}

impl ReferenceSketch {
    /// Makes an empty sketch.
    ///
    /// # Panics
    ///
    /// Never: both crates support the same precisions.
    #[must_use]
    pub fn new(precision: Precision) -> Self {
        let inner = HyperLogLogPlus::new(precision.get(), PassThrough)
            .expect("the reference supports the same precisions, 4 to 18");
        Self { precision, inner }
    }

    /// Makes an empty sketch for a family, `None` where there is no second opinion of it.
    #[must_use]
    pub fn of(family: Family, precision: Precision) -> Option<Self> {
        match family {
            Family::HllPlusPlus => Some(Self::new(precision)),
            Family::DataSketches => None,
        }
    }

    /// Inserts one hash, as [`Sketch::insert_hash`](crate::Sketch::insert_hash) does.
    pub fn insert_hash(&mut self, hash: u64) {
        self.inner.insert(&hash);
    }

    /// Adds everything that `other` was given.
    ///
    /// # Errors
    ///
    /// [`SketchError::Mismatch`] when the precision differs.
    pub fn union(&mut self, other: &Self) -> Result<(), SketchError> {
        self.inner.merge(&other.inner).map_err(|_| SketchError::Mismatch {
            expected_family: Family::HllPlusPlus,
            expected_precision: self.precision,
            found_family: Family::HllPlusPlus,
            found_precision: other.precision,
        })
    }

    /// Estimates the number of distinct hashes; takes `&mut` since pending values are sorted first.
    #[must_use]
    pub fn count(&mut self) -> f64 {
        self.inner.count()
    }
}

/// Passes a hash through unchanged.
#[derive(Clone, Copy, Debug)]
struct PassThrough;

impl BuildHasher for PassThrough {
    type Hasher = PassThroughHasher;

    fn build_hasher(&self) -> PassThroughHasher {
        PassThroughHasher(0)
    }
}

#[derive(Clone, Copy, Debug)]
struct PassThroughHasher(u64);

impl Hasher for PassThroughHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // A `u64` hashes itself by `write_u64` alone; anything else would be a change in `std`.
        debug_assert!(false, "{} bytes were hashed where a hash was expected", bytes.len());
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
