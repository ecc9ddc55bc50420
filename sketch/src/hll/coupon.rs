//! Coupons (slot above rank in 32 bits) and sets of them.

mod merge;
mod sort;

use self::merge::merge;
use self::sort::sort;
use crate::hll::kind::Kind;

/// The tail that any set may gather before it is sorted: 1 KiB of coupons, so that neither the first insertions nor the
/// union of two small sets sorts anything.
const MIN_TAIL: usize = 256;

/// A set of coupons, one per slot or, depending on the kind, one per slot and rank: a sorted list, and an unsorted tail
/// of what was added since.
///
/// The tail makes an insertion a push. It is sorted into the list when it has grown as long as the list, or to half of
/// the kind's limit, so that inserting a hash costs amortised O(1) and the set never holds more than 3/2 of the limit,
/// or 256 coupons more. A roomy set, whose memory is reused, lets its tail grow to 3/2 of the limit, so that whatever
/// is added in between is sorted once. The tail may repeat the list, so nothing but [`is_sorted`](Self::is_sorted) may
/// be asked before [`sort`](Self::sort).
#[derive(Clone, Debug)]
pub(crate) struct CouponSet {
    coupons: Vec<u32>,
    n_sorted: usize,
    full_at: usize,
    min_tail: usize,
    max_tail: usize,
    /// Two coupons are the same if they are equal after a shift by this many bits.
    key_shift: u32,
}

impl CouponSet {
    /// Makes an empty set, which its owner gives up once it holds more coupons than the kind's limit.
    pub(crate) fn new(kind: Kind, is_roomy: bool) -> Self {
        let max_coupons = kind.max_coupons();
        let (min_tail, max_tail) = if is_roomy {
            let tail = MIN_TAIL.max(max_coupons + max_coupons / 2);
            (tail, tail)
        } else {
            (MIN_TAIL, MIN_TAIL.max(max_coupons / 2))
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

    /// Returns whether the tail has to be sorted before anything else is added.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.coupons.len() >= self.full_at
    }

    /// Returns how many coupons fit before the tail has to be sorted.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.full_at.saturating_sub(self.coupons.len())
    }

    /// Returns how many of `n` coupons that are added together are taken before the tail is sorted: as many as the
    /// longest tail holds, since they are sorted soon.
    #[inline]
    pub(crate) fn room_for(&self, n: usize) -> usize {
        self.room().max((self.n_sorted + self.max_tail).saturating_sub(self.coupons.len())).min(n)
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

    /// Lets `append` add a list that is itself sorted; if it fails, it must leave the vector as it was.
    ///
    /// The first list becomes the set as it is, so that a decoded sketch needs no sort.
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

    /// Removes the coupons and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.coupons.clear();
        self.settle();
    }

    /// Returns the bytes allocated, used or not.
    pub(crate) fn size_bytes(&self) -> usize {
        self.coupons.capacity() * size_of::<u32>()
    }

    /// Gives back spare memory.
    pub(crate) fn shrink(&mut self) {
        self.coupons.shrink_to_fit();
    }

    /// Sorts the tail into the list, using `scratch`, and makes room for a new tail.
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

    /// Reserves what is missing until the set is full and no more: doubling would take twice that.
    pub(crate) fn reserve_tail(&mut self) {
        self.coupons.reserve_exact(self.room());
    }

    /// Marks all coupons as sorted.
    fn settle(&mut self) {
        self.n_sorted = self.coupons.len();
        self.full_at = self.n_sorted + self.n_sorted.clamp(self.min_tail, self.max_tail);
    }

    fn merge_tail(&mut self, scratch: &mut Vec<u32>) {
        let tail = &mut self.coupons[self.n_sorted..];
        if !tail.is_sorted() {
            sort(tail, scratch);
        }
        // The list and a copy of the tail, each followed by a sentinel, and behind the copy room for the result.
        let (n_list, n_tail) = (self.n_sorted, tail.len());
        scratch.clear();
        scratch.extend_from_slice(tail);
        scratch.push(u32::MAX);
        scratch.resize(n_tail + 1 + n_list + n_tail, 0);
        let (tail, merged) = scratch.split_at_mut(n_tail + 1);
        self.coupons[n_list] = u32::MAX;
        merge(&self.coupons[..=n_list], tail, merged);
        self.coupons.copy_from_slice(merged);
        let n_coupons = dedup(&mut self.coupons, self.key_shift);
        self.coupons.truncate(n_coupons);
    }
}

/// Moves the coupons of a sorted list that stay to its front, keeping the largest of those that are the same, and
/// returns their number.
fn dedup(sorted: &mut [u32], key_shift: u32) -> usize {
    let mut n_kept = 0;
    for at in 1..sorted.len() {
        // Each is written, then overwritten by the next if that is the same: there is no branch to mispredict.
        let (coupon, next) = (sorted[at - 1], sorted[at]);
        sorted[n_kept] = coupon;
        n_kept += usize::from(coupon >> key_shift != next >> key_shift);
    }
    if let Some(&last) = sorted.last() {
        sorted[n_kept] = last;
        n_kept += 1;
    }
    n_kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::family::{Family, Precision};
    use crate::hll::slot::RANK_BITS;

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
