//! Coupons (slot above rank in 32 bits) and sets of them.

mod sort;

use self::sort::sort;
use crate::kind::Kind;

/// The number of bits under the slot; the same in every family.
pub(crate) const RANK_BITS: u32 = 6;

/// The tail that an empty set may gather before it is sorted, unless it is roomy.
const MIN_TAIL: usize = 16;

/// A set of coupons, one a slot or, as the kind says, one a slot and rank: a sorted list, and an unsorted tail of what came since.
///
/// The tail makes an insertion a push. It is sorted into the list when it has grown as long as the list,
/// or to a quarter of the most coupons there may be, so that an insertion costs amortised O(1) for hashes and
/// the set never holds more than 5/4 of that most. A roomy set, whose memory is used again and again, lets
/// its tail grow to 3/2 of that most: what comes in between is sorted once. What is in the tail may repeat the list, so nothing
/// but [`is_sorted`](Self::is_sorted) may be asked before [`sort`](Self::sort).
#[derive(Clone, Debug)]
pub(crate) struct CouponSet {
    coupons: Vec<u32>,
    n_sorted: usize,
    full_at: usize,
    min_tail: usize,
    max_tail: usize,
    /// What identifies a coupon is left when it is shifted by so many bits.
    key_shift: u32,
}

impl CouponSet {
    /// Makes an empty set that will be given up once it holds more than the kind's most coupons.
    pub(crate) fn new(kind: Kind, is_roomy: bool) -> Self {
        let max_coupons = kind.max_coupons();
        let (min_tail, max_tail) = if is_roomy {
            let tail = MIN_TAIL.max(max_coupons + max_coupons / 2);
            (tail, tail)
        } else {
            (MIN_TAIL, MIN_TAIL.max(max_coupons / 4))
        };
        let key_shift = kind.key_shift();
        let mut set =
            Self { coupons: Vec::new(), n_sorted: 0, full_at: 0, min_tail, max_tail, key_shift };
        set.settle();
        set
    }

    /// Returns whether nothing was ever inserted.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.coupons.is_empty()
    }

    /// Returns whether [`as_slice`](Self::as_slice) is the set, sorted and without repetitions.
    #[inline]
    pub(crate) fn is_sorted(&self) -> bool {
        self.n_sorted == self.coupons.len()
    }

    /// Returns whether the tail has to be sorted now.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.coupons.len() >= self.full_at
    }

    /// Returns how many coupons fit before the tail has to be sorted.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.full_at.saturating_sub(self.coupons.len())
    }

    /// Returns the coupons, which are the set once it is sorted.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u32] {
        &self.coupons
    }

    #[inline]
    pub(crate) fn push(&mut self, coupon: u32) {
        self.coupons.push(coupon);
    }

    #[inline]
    pub(crate) fn extend(&mut self, coupons: impl Iterator<Item = u32>) {
        self.coupons.extend(coupons);
    }

    /// Lets `append` add a list that is sorted in itself; it may fail, if it then leaves things as they were.
    ///
    /// The first list becomes the set as it is, so that a decoded sketch costs no sort.
    pub(crate) fn append_sorted<E>(
        &mut self,
        append: impl FnOnce(&mut Vec<u32>) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_first = self.is_empty();
        append(&mut self.coupons)?;
        if is_first {
            self.settle();
        }
        Ok(())
    }

    /// Forgets the coupons and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.coupons.clear();
        self.settle();
    }

    /// Returns the bytes held, used or not.
    pub(crate) fn size_bytes(&self) -> usize {
        self.coupons.capacity() * size_of::<u32>()
    }

    /// Gives back the memory beyond what the coupons take.
    pub(crate) fn shrink(&mut self) {
        self.coupons.shrink_to_fit();
    }

    /// Sorts the tail into the list, with `scratch` as working memory, and makes room for a new tail.
    pub(crate) fn sort(&mut self, scratch: &mut Vec<u32>) {
        if self.n_sorted == 0 {
            sort(&mut self.coupons, scratch);
            let n_coupons = dedup(&mut self.coupons, self.key_shift);
            self.coupons.truncate(n_coupons);
        } else if !self.is_sorted() {
            self.merge_tail(scratch);
        }
        self.settle();
    }

    /// Reserves what is missing until the set is full, and no more: doubling would take twice that.
    pub(crate) fn reserve_tail(&mut self) {
        self.coupons.reserve_exact(self.room());
    }

    /// Declares that all coupons are sorted.
    fn settle(&mut self) {
        self.n_sorted = self.coupons.len();
        self.full_at = self.n_sorted + self.n_sorted.clamp(self.min_tail, self.max_tail);
    }

    fn merge_tail(&mut self, scratch: &mut Vec<u32>) {
        let key_shift = self.key_shift;
        let key = |coupon: u32| coupon >> key_shift;
        let tail = &mut self.coupons[self.n_sorted..];
        sort(tail, scratch);
        let n_tail = dedup(tail, key_shift);
        scratch.clear();
        scratch.extend_from_slice(&tail[..n_tail]);

        // The list and the tail's copy are merged from their ends, into the place that the tail had.
        self.coupons.truncate(self.n_sorted + scratch.len());
        let list = self.coupons.as_mut_slice();
        let (mut from, mut to) = (self.n_sorted, list.len());
        while let Some(&coupon) = scratch.last() {
            to -= 1;
            if from == 0 || key(list[from - 1]) < key(coupon) {
                list[to] = coupon;
                scratch.pop();
            } else if key(list[from - 1]) > key(coupon) {
                from -= 1;
                list[to] = list[from];
            } else {
                from -= 1;
                list[to] = list[from].max(coupon);
                scratch.pop();
            }
        }
        // Each coupon that was in both leaves a gap between what never moved and what did.
        self.coupons.drain(from..to);
    }
}

/// Moves the coupons of a sorted list that stay to its front, the largest of those that are the same, and
/// returns their number.
fn dedup(sorted: &mut [u32], key_shift: u32) -> usize {
    let mut n_kept = 0;
    for at in 0..sorted.len() {
        let coupon = sorted[at];
        let is_same = n_kept > 0 && sorted[n_kept - 1] >> key_shift == coupon >> key_shift;
        n_kept -= usize::from(is_same);
        sorted[n_kept] = coupon;
        n_kept += 1;
    }
    n_kept
}

/// Returns a coupon's slot.
#[inline]
pub(crate) const fn slot(coupon: u32) -> u32 {
    coupon >> RANK_BITS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::family::{Family, Precision};

    proptest! {
        /// The set holds what a map from slot to largest rank holds.
        #[test]
        fn equals_a_map(batches in prop::collection::vec(
            prop::collection::vec((0_u32..200, 0_u32..41), 0..120), 0..8
        )) {
            let precision = Precision::try_new(8).unwrap();
            let mut set = CouponSet::new(Kind::new(Family::HllPlusPlus, precision), false);
            let mut map = BTreeMap::new();
            let mut scratch = Vec::new();
            for batch in batches {
                for (slot, rank) in batch {
                    set.push((slot << RANK_BITS) | rank);
                    let entry = map.entry(slot).or_insert(rank);
                    *entry = rank.max(*entry);
                }
                set.sort(&mut scratch);
                prop_assert!(set.is_sorted());
                let expected: Vec<u32> =
                    map.iter().map(|(slot, rank)| (slot << RANK_BITS) | rank).collect();
                prop_assert_eq!(set.as_slice(), expected);
                prop_assert!(set.room() >= MIN_TAIL);
            }
        }
    }
}
