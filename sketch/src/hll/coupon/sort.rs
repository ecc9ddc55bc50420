//! Sorting coupons: they are hashes, so a coupon's own bits say about where it belongs.

/// Below this length a comparison sort is as fast.
const MIN_BUCKETED: usize = 48;

/// The most coupons of a bucket that are sorted by insertion. A bucket has one on average, and reaches this
/// number only when somebody crafted the coupons.
const MAX_BUCKET: u32 = 24;

/// Sorts coupons, using `scratch`: linear for hashes, O(n log n) for anything else.
///
/// With as many buckets as coupons, chosen by a coupon's high bits, each bucket holds about one; little is
/// left to sort after that.
pub(super) fn sort(coupons: &mut [u32], scratch: &mut Vec<u32>) {
    if coupons.len() < MIN_BUCKETED || !sort_by_buckets(coupons, scratch) {
        coupons.sort_unstable();
    }
}

/// Returns whether it sorted: it gives up when a bucket holds too many.
fn sort_by_buckets(coupons: &mut [u32], scratch: &mut Vec<u32>) -> bool {
    let Some(n_coupons) = u32::try_from(coupons.len()).ok().filter(|&n| n < 1 << 24) else {
        return false;
    };
    // The highest bit of any coupon, since coupons of one family have a bit less than those of the other.
    let width = u32::BITS - coupons.iter().fold(0, |all, coupon| all | coupon).leading_zeros();
    let n_bits = (u32::BITS - n_coupons.leading_zeros()).min(width);
    let shift = width - n_bits;
    let bucket = |coupon: u32| (coupon >> shift) as usize;

    // First where the next coupon of each bucket goes, then a copy of the coupons.
    scratch.clear();
    scratch.resize((1 << n_bits) + 1, 0);
    scratch.extend_from_slice(coupons);
    let (next, given) = scratch.split_at_mut((1 << n_bits) + 1);
    for &coupon in &*given {
        next[bucket(coupon) + 1] += 1;
    }
    let (mut sum, mut largest) = (0, 0);
    for next in &mut *next {
        largest = largest.max(*next);
        sum += *next;
        *next = sum;
    }
    if largest > MAX_BUCKET {
        return false;
    }
    for &coupon in &*given {
        let next = &mut next[bucket(coupon)];
        coupons[*next as usize] = coupon;
        *next += 1;
    }
    // Insertion sort, since nearly all are where they belong.
    for at in 1..coupons.len() {
        let coupon = coupons[at];
        let mut to = at;
        while to > 0 && coupons[to - 1] > coupon {
            coupons[to] = coupons[to - 1];
            to -= 1;
        }
        coupons[to] = coupon;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts(
            mut coupons in prop::collection::vec(any::<u32>(), 0..600),
            mask in prop::sample::select(vec![u32::MAX, u32::MAX >> 1, 0xff, 0xff00_0000, 0x3f00_0003, 0]),
        ) {
            coupons.iter_mut().for_each(|coupon| *coupon &= mask);
            let mut expected = coupons.clone();
            expected.sort_unstable();
            sort(&mut coupons, &mut vec![7; 3]);
            prop_assert_eq!(coupons, expected);
        }
    }

    #[test]
    fn coupons_in_one_bucket_are_sorted_by_comparison() {
        let mut coupons: Vec<u32> = (0..10_000).rev().map(|low| u32::MAX - low).collect();
        coupons.reverse();
        assert!(!sort_by_buckets(&mut coupons.clone(), &mut Vec::new()));
        sort(&mut coupons, &mut Vec::new());
        assert!(coupons.is_sorted());
    }
}
