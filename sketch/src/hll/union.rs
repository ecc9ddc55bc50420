//! The union of many sketches, in memory that is reused for the next union.

use crate::error::SketchError;
use crate::family::{Family, Precision};
use crate::hll::accumulator::Accumulator;
use crate::hll::codec::{self, Parts, SketchRef};
use crate::hll::estimate::{self, Estimate};
use crate::hll::joint::{self, Joint};
use crate::hll::kind::Kind;
use crate::hll::sketch::Sketch;

/// A reusable scratch in which sketches of one family and precision are united.
///
/// Takes encoded bytes or decoded parts without building a [`Sketch`] for each. Keeps its memory across
/// [`clear`](Self::clear), so that a loop over groups allocates in its first rounds only; at most 16 ×
/// 2^precision bytes.
///
/// ```
/// use clio_sketch::{Family, Precision, Sketch, Union};
///
/// let precision = Precision::try_new(12)?;
/// let mut union = Union::new(Family::HllPlusPlus, precision);
/// for day in 0..7 {
///     let mut sketch = Sketch::new(Family::HllPlusPlus, precision);
///     sketch.insert_hash(Family::HllPlusPlus.hash_u64(day / 2));
///     union.union_bytes(&sketch.encode())?;
/// }
/// assert_eq!(union.estimate().value, 4.0);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Union {
    state: Accumulator,
}

impl Union {
    /// Makes an empty union.
    ///
    /// # Panics
    ///
    /// When the family does not support the precision; [`Family::precision`] checks that.
    #[must_use]
    pub fn new(family: Family, precision: Precision) -> Self {
        Self { state: Accumulator::new(Kind::new(family, precision), true) }
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

    /// Returns whether everything added was empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    /// Adds an encoded sketch.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when the bytes are not a sketch, [`SketchError::Mismatch`] when the
    /// precision differs; on error, nothing has changed.
    pub fn union_bytes(&mut self, bytes: &[u8]) -> Result<(), SketchError> {
        self.state.union_ref(&SketchRef::parse(self.family(), bytes)?)
    }

    /// Adds coupons of this family and precision, sorted, as [`decode_parts`](crate::decode_parts)
    /// gives them.
    ///
    /// Any others give a wrong estimate, but nothing worse.
    pub fn union_coupons(&mut self, coupons: &[u32]) {
        debug_assert!(coupons.is_sorted(), "coupons must be sorted, as decoders give them");
        self.state.union_coupons(coupons);
    }

    /// Adds registers of this family, as [`decode_parts`](crate::decode_parts) gives them.
    ///
    /// # Errors
    ///
    /// [`SketchError::RegisterCount`] when there are not 2^precision of them; on error, nothing has
    /// changed.
    pub fn union_registers(&mut self, registers: &[u8]) -> Result<(), SketchError> {
        let expected = self.precision().n_registers();
        if registers.len() != expected {
            let (precision, found) = (self.precision(), registers.len());
            return Err(SketchError::RegisterCount { precision, expected, found });
        }
        self.state.union_registers(registers);
        Ok(())
    }

    /// Adds a sketch.
    ///
    /// # Errors
    ///
    /// [`SketchError::Mismatch`] when the families or precisions differ; on error, nothing has changed.
    pub fn union(&mut self, sketch: &Sketch) -> Result<(), SketchError> {
        self.state.union(sketch.state())
    }

    /// Adds one hash.
    #[inline]
    pub fn insert_hash(&mut self, hash: u64) {
        self.state.insert_hash(hash);
    }

    /// Estimates the number of distinct hashes, with 95 % bounds.
    pub fn estimate(&mut self) -> Estimate {
        self.state.sort();
        estimate::of_parts(self.state.kind(), self.state.canonical().parts())
    }

    /// Estimates the overlap of this union and another one: how many hashes are in both, and how many
    /// in only one.
    ///
    /// # Errors
    ///
    /// [`SketchError::Mismatch`] when the families or precisions differ.
    pub fn joint(&mut self, other: &mut Self) -> Result<Joint, SketchError> {
        self.state.kind().expect(other.state.kind())?;
        self.state.sort();
        other.state.sort();
        let (own, other) = (self.state.canonical(), other.state.canonical());
        Ok(joint::of_parts(self.state.kind(), own.parts(), other.parts()))
    }

    /// Appends the bytes of the union, which are those of [`to_sketch`](Self::to_sketch).
    pub fn encode_into(&mut self, out: &mut Vec<u8>) {
        self.state.sort();
        codec::encode(self.state.kind(), self.state.canonical().parts(), out);
    }

    /// Returns the union as a sketch.
    pub fn to_sketch(&mut self) -> Sketch {
        self.state.sort();
        let mut sketch = Sketch::from_kind(self.state.kind());
        match self.state.canonical().parts() {
            Parts::Coupons(coupons) => sketch.state_mut().union_coupons(coupons),
            Parts::Registers(registers) => sketch.state_mut().union_registers(registers),
        }
        sketch
    }

    /// Removes all content and keeps the memory.
    pub fn clear(&mut self) {
        self.state.clear();
    }

    /// Returns the bytes of memory held, used or not, including the union itself.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.state.heap_bytes()
    }
}
