//! One sketch: insert, union, estimate, encode, decode.

use std::fmt;

use crate::error::SketchError;
use crate::family::{Family, Precision};
use crate::hll::accumulator::Accumulator;
use crate::hll::codec::{self, Form, HllType, Parts, SketchRef};
use crate::hll::estimate::{self, Estimate};
use crate::hll::kind::Kind;

/// A set of hashes, kept in just enough detail to estimate how many there are.
///
/// Always true: two sketches that were given equal sets, in any order and through any unions, are equal and
/// encode to equal bytes.
///
/// Costs 4 bytes per distinct hash while it is small, at most twice that and 1 KiB while it grows, and
/// 2^precision bytes once it exceeds the family's limit of coupons. An insertion is amortised O(1); a union is
/// linear in the sizes.
#[derive(Clone)]
pub struct Sketch {
    state: Accumulator,
}

impl Sketch {
    /// Makes an empty sketch; it allocates nothing before the first insertion.
    ///
    /// # Panics
    ///
    /// When the family does not support the precision; [`Family::precision`] checks that.
    #[must_use]
    pub fn new(family: Family, precision: Precision) -> Self {
        Self { state: Accumulator::new(Kind::new(family, precision), false) }
    }

    pub(crate) fn from_kind(kind: Kind) -> Self {
        Self { state: Accumulator::new(kind, false) }
    }

    /// Returns the family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.state.kind().family
    }

    /// Returns the precision.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.state.kind().precision
    }

    /// Returns the form of the sketch, which is also the one that it is encoded in.
    #[must_use]
    pub fn form(&self) -> Form {
        self.state.canonical().parts().form()
    }

    /// Returns whether no hash was inserted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    /// Inserts one hash.
    #[inline]
    pub fn insert_hash(&mut self, hash: u64) {
        self.state.insert_hash(hash);
    }

    /// Inserts many hashes, faster than one by one.
    pub fn insert_hashes(&mut self, hashes: &[u64]) {
        self.state.insert_hashes(hashes);
    }

    /// Adds everything that was added to `other`.
    ///
    /// # Errors
    ///
    /// [`SketchError::Mismatch`] when the families or precisions differ; on error, nothing has changed.
    pub fn union(&mut self, other: &Self) -> Result<(), SketchError> {
        self.state.union(&other.state)
    }

    /// Adds everything that was added to an encoded sketch.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when the bytes are not a sketch, [`SketchError::Mismatch`] when the precision
    /// differs; on error, nothing has changed.
    pub fn union_bytes(&mut self, bytes: &[u8]) -> Result<(), SketchError> {
        self.state.union_ref(&SketchRef::parse(self.family(), bytes)?)
    }

    /// Returns the sketch that a smaller precision would have given, with the larger error of that precision.
    /// Apache DataSketches does this in a union of different lgK; we never do it unasked.
    ///
    /// # Errors
    ///
    /// [`SketchError::WrongFamily`] unless the sketch is of [`Family::DataSketches`],
    /// [`SketchError::PrecisionOutOfRange`] when `precision` is larger than the sketch's.
    pub fn at_precision(&self, precision: Precision) -> Result<Self, SketchError> {
        let (family, own) = (self.family(), self.precision());
        match family {
            Family::DataSketches => {}
            Family::HllPlusPlus => {
                let expected = Family::DataSketches;
                return Err(SketchError::WrongFamily { expected, found: family });
            }
        }
        if precision > own {
            let (found, largest) = (precision.get(), own.get());
            return Err(SketchError::PrecisionOutOfRange { found, largest });
        }
        let mut smaller = Self::new(family, precision);
        match self.state.canonical().parts() {
            // A coupon is the same at every precision.
            Parts::Coupons(coupons) => smaller.state.union_coupons(coupons),
            // A register's rank does not depend on its index, whose high bits are dropped.
            Parts::Registers(registers) => registers
                .chunks(precision.n_registers())
                .for_each(|part| smaller.state.union_registers(part)),
        }
        Ok(smaller)
    }

    /// Estimates the number of distinct hashes, with 95 % bounds.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        estimate::of_parts(self.state.kind(), self.state.canonical().parts())
    }

    /// Does pending work and gives back spare memory; nothing observable changes but
    /// [`size_bytes`](Self::size_bytes).
    ///
    /// Worth calling when a sketch will be read more than once after insertions: each reader of a sketch with
    /// unsorted insertions sorts a copy.
    pub fn compact(&mut self) {
        self.state.shrink();
    }

    /// Returns the bytes of memory held, used or not, including the sketch itself.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.state.heap_bytes()
    }

    /// Appends the sketch's bytes.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        codec::encode(self.state.kind(), self.state.canonical().parts(), out);
    }

    /// Returns the sketch's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// Returns the bytes of a `datasketches` sketch whose registers, if any, take as many bits as this type
    /// says. [`encode`](Self::encode) writes [`HllType::Hll8`].
    ///
    /// # Errors
    ///
    /// [`SketchError::WrongFamily`] when the sketch is of another family.
    pub fn encode_as(&self, target: HllType) -> Result<Vec<u8>, SketchError> {
        let mut out = Vec::new();
        codec::encode_as(self.state.kind(), self.state.canonical().parts(), target, &mut out)?;
        Ok(out)
    }

    /// Reads a sketch of this family; its precision is in the bytes.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] unless the bytes are what a writer of the family encodes a sketch to.
    pub fn decode(family: Family, bytes: &[u8]) -> Result<Self, SketchError> {
        let view = SketchRef::parse(family, bytes)?;
        let mut sketch = Self::from_kind(view.kind());
        sketch.state.union_ref(&view)?;
        Ok(sketch)
    }

    pub(crate) fn state(&self) -> &Accumulator {
        &self.state
    }

    pub(crate) fn state_mut(&mut self) -> &mut Accumulator {
        &mut self.state
    }
}

impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        self.state.kind() == other.state.kind()
            && self.state.canonical().parts() == other.state.canonical().parts()
    }
}

impl Eq for Sketch {}

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sketch")
            .field("family", &self.family())
            .field("precision", &self.precision())
            .field("form", &self.form())
            .field("estimate", &self.estimate())
            .finish()
    }
}
