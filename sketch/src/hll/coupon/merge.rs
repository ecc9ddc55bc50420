//! Merging two sorted lists.

/// The number of stretches of the result that are merged in an interleaved way. A single one waits at each
/// coupon for the previous comparison; four keep a core busy.
const N_LANES: usize = 4;
/// Below this length, finding the stretches does not pay.
const MIN_LANES: usize = 32;

/// A stretch of the result: its next position in either list and in the result.
#[derive(Clone, Copy)]
struct Lane {
    from_one: usize,
    from_other: usize,
    to: usize,
}

/// Merges two sorted lists into a result as long as both without their sentinels.
///
/// Each list ends with the sentinel `u32::MAX`. What is in both appears twice.
pub(super) fn merge(one: &[u32], other: &[u32], out: &mut [u32]) {
    debug_assert_eq!(one.len() + other.len(), out.len() + 2, "each list has an end");
    if out.len() < MIN_LANES {
        let mut lane = Lane { from_one: 0, from_other: 0, to: 0 };
        (0..out.len()).for_each(|_| lane.step(one, other, out));
        return;
    }
    let n_steps = out.len() / N_LANES;
    let mut lanes: [Lane; N_LANES] =
        std::array::from_fn(|lane| Lane::starting_at(lane * n_steps, one, other));
    for _ in 0..n_steps {
        for lane in &mut lanes {
            lane.step(one, other, out);
        }
    }
    let last = &mut lanes[N_LANES - 1];
    while last.to < out.len() {
        last.step(one, other, out);
    }
}

impl Lane {
    /// Finds how many of the first `to` coupons of the result come from each list: the "merge path" of Odeh et
    /// al. (2012).
    fn starting_at(to: usize, one: &[u32], other: &[u32]) -> Self {
        let (n_one, n_other) = (one.len() - 1, other.len() - 1);
        let (mut low, mut high) = (to.saturating_sub(n_other), to.min(n_one));
        while low < high {
            let middle = usize::midpoint(low, high);
            if one[middle] <= other[to - 1 - middle] {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Self { from_one: low, from_other: to - low, to }
    }

    /// Moves one coupon. A sentinel is taken for a coupon only where both are `u32::MAX`.
    #[inline]
    fn step(&mut self, one: &[u32], other: &[u32], out: &mut [u32]) {
        // The previous step may have gone past a sentinel; the other list's coupon is the same there.
        let next = one[self.from_one.min(one.len() - 1)];
        let next_other = other[self.from_other.min(other.len() - 1)];
        let is_one = next <= next_other;
        out[self.to] = next.min(next_other);
        self.from_one += usize::from(is_one);
        self.from_other += usize::from(!is_one);
        self.to += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_end(mut list: Vec<u32>) -> Vec<u32> {
        list.sort_unstable();
        list.push(u32::MAX);
        list
    }

    proptest! {
        #[test]
        fn merges(
            one in prop::collection::vec(any::<u32>(), 0..200),
            other in prop::collection::vec(any::<u32>(), 0..200),
            bits in 0_u32..32,
        ) {
            // Few bits make many coupons the same, the greatest of all among them.
            let coarse = |list: Vec<u32>| list.into_iter().map(|c| c | u32::MAX >> bits).collect();
            let (one, other): (Vec<u32>, Vec<u32>) = (coarse(one), coarse(other));
            let mut expected = [one.clone(), other.clone()].concat();
            expected.sort_unstable();
            let mut out = vec![0; expected.len()];
            merge(&with_end(one), &with_end(other), &mut out);
            prop_assert_eq!(out, expected);
        }
    }
}
