//! Estimates of unions of sketches in memory, without building the union.
//!
//! ```text
//! coupons, few enough for the coupon form ──► a set of keys in the L1 cache: how many are distinct
//! coupons, more than that                 ──► registers; the set if those do not prove the union dense
//! any registers                           ──► registers
//! ```
//!
//! The estimate of a coupon list depends on its length alone, so nothing is sorted: counting distinct keys takes one
//! pass over the coupons. [`Union`](crate::Union) is for callers who need the united sketch itself.

use crate::family::{Family, Precision};
use crate::hll::codec::Parts;
use crate::hll::estimate::{self, Estimate};
use crate::hll::kind::Kind;
use crate::hll::registers;

/// The fewest places of a set: one cache line.
const MIN_PLACES: usize = 16;

/// A reusable scratch that estimates unions of sketches of one family and precision.
///
/// Always true: the estimate is that of a [`Union`](crate::Union) of the same sketches, to the bit.
///
/// Takes 2.0 to 2.7 ns per coupon, 3.9 in unions of four small lists; a [`Union`](crate::Union), which sorts, takes 2.3
/// to 4.0, and 7.2 (AMD EPYC, precision 14, lists of 40 coupons, one thread, by `sketch/examples/unions.rs`). Keeps its
/// memory from union to union: 2^precision bytes, and 4 to 16 bytes for each coupon that the coupon form may have.
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
    /// Whether registers were added: they make the union registers, however few of them are nonzero.
    has_registers: bool,
    /// Open addressing: a key, or 0 for an empty place. Only a prefix is in use.
    places: Vec<u32>,
}

impl UnionEstimator {
    /// Makes an estimator without a union.
    ///
    /// # Panics
    ///
    /// When the family does not support the precision; [`Family::precision`] checks that.
    #[must_use]
    pub fn new(family: Family, precision: Precision) -> Self {
        let kind = Kind::new(family, precision);
        Self { kind, registers: Vec::new(), has_registers: false, places: Vec::new() }
    }

    /// Estimates the union of some sketches of this family and precision, with 95 % bounds.
    ///
    /// Coupons have to be sorted, as [`decode_parts`](crate::decode_parts) gives them; any others give a wrong
    /// estimate, but nothing worse.
    ///
    /// # Panics
    ///
    /// When a register array does not have 2^precision registers.
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

    /// Begins a union of more sketches than one call of [`estimate`](Self::estimate) could take.
    pub fn start(&mut self) {
        self.has_registers = false;
        self.registers.clear();
        self.registers.resize(self.kind.precision.n_registers(), 0);
    }

    /// Adds sketches to the [started](Self::start) union.
    ///
    /// # Panics
    ///
    /// When a register array does not have 2^precision registers, or no union was started.
    pub fn raise(&mut self, sketches: &[Parts<'_>]) {
        assert_eq!(self.registers.len(), self.kind.precision.n_registers(), "no union was started");
        for sketch in sketches {
            match sketch {
                Parts::Coupons(coupons) => {
                    registers::insert_coupons(self.kind, &mut self.registers, coupons);
                }
                Parts::Registers(other) => {
                    assert_eq!(other.len(), self.registers.len(), "registers of another precision");
                    self.has_registers = true;
                    registers::union(&mut self.registers, other);
                }
            }
        }
    }

    /// Adds another estimator's [started](Self::start) union, of the same family and precision.
    ///
    /// # Panics
    ///
    /// When the family or precision differs, or one of the two has no union.
    pub fn raise_by(&mut self, other: &Self) {
        assert_eq!(self.kind, other.kind, "another family or precision");
        assert_eq!(self.registers.len(), other.registers.len(), "no union was started");
        self.has_registers |= other.has_registers;
        registers::union(&mut self.registers, &other.registers);
    }

    /// Estimates the [started](Self::start) union; `None` where it may be small enough for coupons, which cannot be
    /// told from its registers: [`estimate`](Self::estimate) has to see the sketches again.
    #[must_use]
    pub fn estimate_raised(&self) -> Option<Estimate> {
        let sums = registers::rank_sums(&self.registers);
        // Each nonzero register had a coupon of its own.
        let n_raised = self.registers.len() - sums.n_zero as usize;
        let is_dense = self.has_registers || n_raised > self.kind.max_coupons();
        is_dense.then(|| estimate::of_rank_sums(self.kind, &self.registers, &sums))
    }

    /// Counts the distinct coupons of lists with `n_coupons` in total; `None` if the coupon form cannot hold them.
    fn count(&mut self, sketches: &[Parts<'_>], n_coupons: usize) -> Option<usize> {
        let max_coupons = self.kind.max_coupons();
        let n_places = (2 * n_coupons.min(max_coupons)).next_power_of_two().max(MIN_PLACES);
        if self.places.len() < n_places {
            self.places.resize(n_places, 0);
        }
        let places = &mut self.places[..n_places];
        places.fill(0);
        // No more are inserted between two checks of the count than there are free places.
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

    /// Returns the bytes of memory held, used or not, including the estimator itself.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.registers.capacity() + self.places.capacity() * size_of::<u32>()
    }
}

/// Inserts the keys of coupons into a set with a free place for each, and returns how many were new.
///
/// The search for a key begins where its high bits say, which are those of a hash; lists are sorted, so each walks
/// through the set once, upwards. Crafted coupons may all begin at the same place and then take as many steps each as
/// there are of them.
#[inline]
fn insert(kind: Kind, places: &mut [u32], coupons: &[u32]) -> usize {
    let (key_shift, n_bits) = (kind.key_shift(), places.len().trailing_zeros());
    let place_shift = kind.n_coupon_bits() - n_bits;
    let mask = places.len() - 1;
    // A slot may be 0, which marks an empty place; a slot with its rank is never 0.
    let first_key = u32::from(key_shift > 0);
    let mut n_new = 0;
    for &coupon in coupons {
        let key = (coupon >> key_shift) + first_key;
        let mut at = (coupon >> place_shift) as usize & mask;
        // One branch for both ways in which the search ends, since it is unpredictable which it will be.
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
