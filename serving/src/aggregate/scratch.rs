//! The memory that sketches are united in, one group after another.
//!
//! A [`Union`] keeps coupons sorted as they come, which costs some 20 ns a coupon, until there are too
//! many of them. A group's are all at hand at once, which allows two shorter ways:
//!
//! - few coupons are sorted together, in time linear in their number, and handed over as one list;
//! - of many, the registers are raised at once, for 1 to 2 ns a coupon; then the registers show whether
//!   there were too many to stay coupons. Where they do not, the union takes its own way.

use clio_sketch::{Estimate, Family, Precision, SketchRef, Union};

use super::batch::Batch;
use crate::snapshot::{ColumnUnion, SketchArena, SketchParts};

/// The bits of a coupon below its slot: two coupons of one slot are one, of the larger rank. They are
/// the same in every family; the tests here would notice another number.
const RANK_BITS: u32 = 6;
/// The most bits of a coupon; where a family has one less, a bucket holds two coupons for one.
const COUPON_BITS: u32 = 32;

/// A union that is used again and again.
#[derive(Debug)]
pub(super) struct Scratch {
    union: Union,
    /// 2^precision registers that saw nothing.
    zeros: Vec<u8>,
    bytes: Vec<u8>,
    sorter: Sorter,
}

/// Sorts coupons.
#[derive(Debug, Default)]
struct Sorter {
    given: Vec<u32>,
    sorted: Vec<u32>,
    /// Where the next coupon of each bucket goes.
    next: Vec<u32>,
}

impl Scratch {
    pub(super) fn new(family: Family, precision: Precision) -> Self {
        let zeros = vec![0; precision.n_registers()];
        let union = Union::new(family, precision);
        Self { union, zeros, bytes: Vec::new(), sorter: Sorter::default() }
    }

    /// An empty one of the same family and precision.
    pub(super) fn like(&self) -> Self {
        Self::new(self.union.family(), self.union.precision())
    }

    pub(super) fn clear(&mut self) {
        self.union.clear();
    }

    pub(super) fn estimate(&mut self) -> Estimate {
        self.union.estimate()
    }

    /// Adds all that a batch selects.
    pub(super) fn add_batch(
        &mut self,
        batch: &Batch<'_>,
        arena: &SketchArena,
        total: &ColumnUnion,
    ) {
        match &batch.rows {
            None => total.union_into(&mut self.union),
            Some(rows) => rows.iter().for_each(|row| arena.union_into(row, &mut self.union)),
        }
    }

    /// The estimate of the union of some sketches; forgets what was there before.
    pub(super) fn estimate_of<'a>(
        &mut self,
        sketches: impl Iterator<Item = SketchParts<'a>> + Clone,
    ) -> Estimate {
        self.union.clear();
        let (mut is_dense, mut n_coupons) = (false, 0);
        for sketch in sketches.clone() {
            match sketch {
                SketchParts::Empty => {}
                SketchParts::Coupons(coupons) => n_coupons += coupons.len(),
                SketchParts::Registers(_) => {
                    // One of them makes the union dense, and is the cheaper the earlier it comes.
                    sketch.union_into(&mut self.union);
                    is_dense = true;
                }
            }
        }
        let coupons = sketches.filter_map(|sketch| match sketch {
            SketchParts::Coupons(coupons) => Some(coupons),
            SketchParts::Empty | SketchParts::Registers(_) => None,
        });
        let max_coupons = self.zeros.len() / 4;
        if is_dense {
            coupons.for_each(|own| self.union.union_coupons(own));
        } else if n_coupons <= max_coupons + max_coupons / 2 {
            self.union.union_coupons(self.sorter.sort(coupons));
        } else {
            SketchParts::Registers(&self.zeros).union_into(&mut self.union);
            coupons.clone().for_each(|own| self.union.union_coupons(own));
            if self.n_raised() <= max_coupons {
                // Many coupons were the same, and few enough may be left to stay coupons.
                self.union.clear();
                coupons.for_each(|own| self.union.union_coupons(own));
            }
        }
        self.union.estimate()
    }

    /// How many registers saw a value; each had a coupon of its own.
    fn n_raised(&mut self) -> usize {
        self.bytes.clear();
        self.union.encode_into(&mut self.bytes);
        let sketch = SketchRef::parse(self.union.family(), &self.bytes);
        let registers = sketch.ok().and_then(|sketch| sketch.registers());
        registers.map_or(0, |registers| registers.iter().filter(|rank| **rank > 0).count())
    }
}

impl Sorter {
    /// The coupons of some lists as one list: sorted, one a slot.
    ///
    /// Slots are hashes, so that as many buckets as coupons hold about one each, and what is left to do
    /// after bucketing is next to nothing.
    fn sort<'a>(&mut self, lists: impl Iterator<Item = &'a [u32]>) -> &[u32] {
        self.given.clear();
        let mut n_lists = 0;
        for list in lists {
            self.given.extend_from_slice(list);
            n_lists += 1;
        }
        if n_lists <= 1 {
            return &self.given;
        }
        let n_bits = usize::BITS - self.given.len().leading_zeros();
        let shift = COUPON_BITS.saturating_sub(n_bits);
        let bucket = |coupon: u32| (coupon >> shift) as usize;
        self.next.clear();
        self.next.resize((1 << n_bits) + 1, 0);
        for coupon in &self.given {
            self.next[bucket(*coupon) + 1] += 1;
        }
        let mut sum = 0;
        for next in &mut self.next {
            sum += *next;
            *next = sum;
        }
        self.sorted.clear();
        self.sorted.resize(self.given.len(), 0);
        for coupon in &self.given {
            let next = &mut self.next[bucket(*coupon)];
            self.sorted[*next as usize] = *coupon;
            *next += 1;
        }
        // Insertion sort, since all but a few are where they belong.
        for at in 1..self.sorted.len() {
            let coupon = self.sorted[at];
            let mut to = at;
            while to > 0 && self.sorted[to - 1] > coupon {
                self.sorted[to] = self.sorted[to - 1];
                to -= 1;
            }
            self.sorted[to] = coupon;
        }
        // The last coupon of a slot has its largest rank.
        let mut n_kept = 0;
        for at in 0..self.sorted.len() {
            let coupon = self.sorted[at];
            let is_same = n_kept > 0 && self.sorted[n_kept - 1] >> RANK_BITS == coupon >> RANK_BITS;
            n_kept -= usize::from(is_same);
            self.sorted[n_kept] = coupon;
            n_kept += 1;
        }
        &self.sorted[..n_kept]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clio_sketch::{Sketch, decode_parts, hash_u64};

    use super::*;

    /// Hashes whose slots are the same but not their ranks are one coupon, as in a sketch.
    #[test]
    fn coupons_of_one_slot_are_one() {
        let (family, precision) = (Family::HllPlusPlus, Precision::try_new(8).unwrap());
        let mut scratch = Scratch::new(family, precision);
        let mut numbers = 0_u64;
        for n_sketches in 2..30_u64 {
            let mut all = Sketch::new(family, precision);
            let mut lists = Vec::new();
            for _ in 0..n_sketches {
                let mut own = Sketch::new(family, precision);
                for _ in 0..3 {
                    numbers = hash_u64(numbers);
                    // Few slots, whose bits below the register are zero, so that a rank follows.
                    let hash = (numbers % 7) << 56 | 1 << (numbers >> 32 & 31);
                    own.insert_hash(hash);
                    all.insert_hash(hash);
                }
                let mut coupons = Vec::new();
                decode_parts(family, precision, &own.encode(), &mut coupons, &mut Vec::new())
                    .unwrap();
                lists.push(coupons);
            }
            let mut expected = Vec::new();
            decode_parts(family, precision, &all.encode(), &mut expected, &mut Vec::new()).unwrap();
            assert!(expected.len() < lists.iter().map(Vec::len).sum());
            assert_eq!(scratch.sorter.sort(lists.iter().map(Vec::as_slice)), expected);
        }
    }

    /// Every mixture of sizes gives what one sketch of all values gives, whichever way was taken.
    #[test]
    fn every_way_gives_the_same_estimate() {
        let (family, precision) = (Family::HllPlusPlus, Precision::try_new(8).unwrap());
        let mut scratch = Scratch::new(family, precision);
        // At precision 8, 64 coupons are the most; ranges overlap more or less.
        for n_sketches in [0_u64, 1, 2, 7, 40] {
            for n_values in [0_u64, 1, 10, 50, 63, 64, 65, 400] {
                for step in [0, 1, n_values / 2, n_values] {
                    let mut all = Sketch::new(family, precision);
                    let mut parts = Vec::new();
                    for sketch in 0..n_sketches {
                        let mut own = Sketch::new(family, precision);
                        let values: BTreeSet<u64> =
                            (sketch * step..sketch * step + n_values).collect();
                        for value in values {
                            own.insert_hash(hash_u64(value));
                            all.insert_hash(hash_u64(value));
                        }
                        let (mut coupons, mut registers) = (Vec::new(), Vec::new());
                        let bytes = own.encode();
                        decode_parts(family, precision, &bytes, &mut coupons, &mut registers)
                            .unwrap();
                        parts.push((coupons, registers));
                    }
                    let sketches = parts.iter().map(|(coupons, registers)| {
                        match (coupons.is_empty(), registers.is_empty()) {
                            (true, true) => SketchParts::Empty,
                            (false, _) => SketchParts::Coupons(coupons),
                            (true, false) => SketchParts::Registers(registers),
                        }
                    });
                    let case = (n_sketches, n_values, step);
                    assert_eq!(scratch.estimate_of(sketches), all.estimate(), "{case:?}");
                }
            }
        }
    }
}
