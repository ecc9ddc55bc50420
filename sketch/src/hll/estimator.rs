//! Estimates of unions of sketches that lie in memory, without the union itself.
//!
//! ```text
//! coupons, few enough for the coupon form ──► a set of keys in the first cache: how many differ
//! coupons, more than that                 ──► registers; the set where those do not show that it is dense
//! registers among them                    ──► registers
//! ```
//!
//! The estimate of a coupon list depends on its length alone, so that nothing is sorted: counting how many keys differ takes one
//! pass over the coupons. [`Union`](crate::Union) is for those who need the united sketch.

use crate::family::{Family, Precision};
use crate::hll::codec::Parts;
use crate::hll::estimate::{self, Estimate};
use crate::hll::kind::Kind;
use crate::hll::registers;

/// The fewest places of a set: a cache line of them.
const MIN_PLACES: usize = 16;

/// A scratch that estimates unions of sketches of one family and precision.
///
/// Always true: the estimate is that of a [`Union`](crate::Union) of the same sketches, to the bit.
///
/// Takes 2.0 to 2.7 ns a coupon, 3.9 in unions of four small lists; a [`Union`](crate::Union), which sorts, takes 2.3 to 4.0, and 7.2
/// (AMD EPYC, precision 14, lists of 40 coupons, one thread, by `sketch/examples/unions.rs`).
/// Keeps its memory from union to union: 2^precision bytes, and 4 to 16 bytes a coupon that the coupon form may have.
///
/// ```
/// use clio_sketch::{Family, Parts, Precision, UnionEstimator};
///
/// let mut estimator = UnionEstimator::new(Family::DataSketches, Precision::try_new(12)?);
/// let lists: [Vec<u32>; 2] = [vec![65, 129], vec![129, 193, 257]];
/// let estimate = estimator.estimate(&lists.each_ref().map(|list| Parts::Coupons(list)));
/// assert_eq!(estimate.value, 4.0);
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UnionEstimator {
    kind: Kind,
    registers: Vec<u8>,
    /// Whether registers were added, which make a union registers however few of them are raised.
    has_registers: bool,
    /// Open addressing: a key, or 0 for none. The first ones alone are in use.
    places: Vec<u32>,
}

impl UnionEstimator {
    /// Makes one that has no union yet.
    ///
    /// # Panics
    ///
    /// When the family has no such precision; [`Family::precision`] gives those that it has.
    #[must_use]
    pub fn new(family: Family, precision: Precision) -> Self {
        let kind = Kind::new(family, precision);
        Self { kind, registers: Vec::new(), has_registers: false, places: Vec::new() }
    }

    /// Estimates the union of some sketches of this family and precision, with 95 % bounds.
    ///
    /// Coupons come sorted, as [`decode_parts`](crate::decode_parts) gives them; those from elsewhere give a wrong estimate, but
    /// nothing worse.
    ///
    /// # Panics
    ///
    /// When there are registers of another number than 2^precision.
    pub fn estimate(&mut self, sketches: &[Parts<'_>]) -> Estimate {
        if let [one] = sketches
            && one.n_coupons() <= self.kind.max_coupons()
        {
            return estimate::of_parts(self.kind, *one);
        }
        let n_coupons: usize = sketches.iter().map(|sketch| sketch.n_coupons()).sum();
        let has_registers = sketches.iter().any(|sketch| matches!(sketch, Parts::Registers(_)));
        if has_registers || n_coupons > self.kind.max_coupons() {
            self.start();
            self.raise(sketches);
            if let Some(estimate) = self.estimate_raised() {
                return estimate;
            }
        }
        match self.count(sketches, n_coupons) {
            Some(n_different) => estimate::of_coupons(self.kind, n_different),
            None => estimate::of_registers(self.kind, &self.registers),
        }
    }

    /// Begins a union of more sketches than [`estimate`](Self::estimate) is given at once.
    pub fn start(&mut self) {
        self.has_registers = false;
        self.registers.clear();
        self.registers.resize(self.kind.precision.n_registers(), 0);
    }

    /// Adds sketches to the union that was [started](Self::start).
    ///
    /// # Panics
    ///
    /// When there are registers of another number than 2^precision, or no union was started.
    pub fn raise(&mut self, sketches: &[Parts<'_>]) {
        assert_eq!(self.registers.len(), self.kind.precision.n_registers(), "a union was started");
        for sketch in sketches {
            match sketch {
                Parts::Coupons(coupons) => {
                    registers::insert_coupons(self.kind, &mut self.registers, coupons);
                }
                Parts::Registers(other) => {
                    assert_eq!(other.len(), self.registers.len(), "registers of this precision");
                    self.has_registers = true;
                    registers::union(&mut self.registers, other);
                }
            }
        }
    }

    /// Adds what another one of the same family and precision was [started](Self::start) with since.
    ///
    /// # Panics
    ///
    /// When the precision is another one.
    pub fn raise_by(&mut self, other: &Self) {
        assert_eq!(self.kind, other.kind, "one family and precision");
        assert_eq!(self.registers.len(), other.registers.len(), "both were started");
        self.has_registers |= other.has_registers;
        registers::union(&mut self.registers, &other.registers);
    }

    /// Estimates the union that was [started](Self::start); `None` where it may be one of coupons, which its registers do not tell
    /// apart: [`estimate`](Self::estimate) has to see the sketches once more.
    #[must_use]
    pub fn estimate_raised(&self) -> Option<Estimate> {
        let sums = registers::rank_sums(&self.registers);
        // Each register that is not zero had a coupon of its own.
        let n_raised = self.registers.len() - sums.n_zero as usize;
        let is_dense = self.has_registers || n_raised > self.kind.max_coupons();
        is_dense.then(|| estimate::of_rank_sums(self.kind, &self.registers, &sums))
    }

    /// Counts how many coupons differ, of lists with `n_coupons` in all; `None` for more than the coupon form has.
    fn count(&mut self, sketches: &[Parts<'_>], n_coupons: usize) -> Option<usize> {
        let max_coupons = self.kind.max_coupons();
        let n_places = (2 * n_coupons.min(max_coupons)).next_power_of_two().max(MIN_PLACES);
        if self.places.len() < n_places {
            self.places.resize(n_places, 0);
        }
        let places = &mut self.places[..n_places];
        places.fill(0);
        // Between two looks at how many there are, no more come than there are free places.
        let n_at_once = if n_coupons <= max_coupons { n_places } else { n_places - max_coupons };
        let mut n_different = 0;
        for sketch in sketches {
            let Parts::Coupons(coupons) = sketch else { continue };
            for some in coupons.chunks(n_at_once) {
                n_different += insert(self.kind, places, some);
                if n_different > max_coupons {
                    return None;
                }
            }
        }
        Some(n_different)
    }

    /// Returns the bytes held in memory, used or not, the estimator itself included.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.registers.capacity() + self.places.capacity() * size_of::<u32>()
    }
}

/// Inserts the keys of coupons into a set with a free place for each, and returns how many were not in it.
///
/// A key is looked for where its high bits say, which are those of a hash; lists come sorted, so that each goes through the set once,
/// upwards. Coupons that somebody made up for it lie side by side, and take as many steps each as there are of them.
#[inline]
fn insert(kind: Kind, places: &mut [u32], coupons: &[u32]) -> usize {
    let (key_shift, n_bits) = (kind.key_shift(), places.len().trailing_zeros());
    let place_shift = kind.n_coupon_bits() - n_bits;
    let mask = places.len() - 1;
    // A slot may be 0, which is no key; a slot with its rank is not.
    let first_key = u32::from(key_shift > 0);
    let mut n_new = 0;
    for &coupon in coupons {
        let key = (coupon >> key_shift) + first_key;
        let mut at = (coupon >> place_shift) as usize & mask;
        // One branch for both ends of the search, since which of the two it is cannot be foreseen.
        while places[at] != key && places[at] != 0 {
            at = (at + 1) & mask;
        }
        n_new += usize::from(places[at] != key);
        places[at] = key;
    }
    n_new
}

#[cfg(test)]
mod tests;
