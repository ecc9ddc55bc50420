//! The overlap of two sketches: how many values are in both, and how many in only one of them.
//!
//! Where both are coupons, the common ones are counted, which is nearly exact. Where either is registers, the other is
//! promoted too, and the most likely numbers are searched for (`likelihood.rs`). That is much better than |A| + |B| -
//! |A ∪ B|, whose error is that of the union however small the intersection, but it cannot resolve a small overlap of
//! large sets either: for two sets of equal size that share a hundredth, the error at precision 14 is a third of that
//! hundredth.

mod likelihood;

use self::likelihood::{Matrix, Pairs, Rates, inverse};
use crate::error::SketchError;
use crate::hll::codec::Parts;
use crate::hll::estimate::{self, EXACT_BELOW, Estimate, UPPER_TAIL, Z_95, poisson_quantile};
use crate::hll::kind::Kind;
use crate::hll::registers;
use crate::hll::sketch::Sketch;

/// How many values two sketches have in common, and how many each has alone, with 95 % bounds.
///
/// The three numbers are estimated together and add up to about the estimate of the union. Where both sketches are
/// coupons this takes one walk through them; otherwise a walk through the registers and a search, some 0.15 ms at
/// precision 14, whatever the sizes.
///
/// Measured on ChaCha8 hashes of `hll++`, 1200 pairs each (`examples/accuracy` prints more): the share of pairs whose
/// bounds held the true number of values in both, the root mean square error of its estimate, and the rule of thumb σ
/// √(2 N Δ) for that error.
///
/// | precision | left alone | right alone | both | held | error | σ √(2 N Δ) |
/// | --- | --- | --- | --- | --- | --- | --- |
/// | 14 | 300 000 | 300 000 | 3 000 | 94.4 % | 1 117 | 490 |
/// | 14 | 500 000 | 20 000 | 2 000 | 95.0 % | 490 | 371 |
/// | 14 | 100 000 | 30 000 | 20 000 | 94.7 % | 434 | 629 |
/// | 14 | 50 000 | 3 000 | 1 000 | 96.2 % | 70 | 84 |
/// | 12 | 300 000 | 300 000 | 3 000 | 97.7 % | 2 178 | 979 |
/// | 12 | 100 000 | 30 000 | 20 000 | 94.9 % | 916 | 1 259 |
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// Values in the left sketch only.
    pub left_only: Estimate,
    /// Values in the right sketch only.
    pub right_only: Estimate,
    /// Values in both sketches.
    pub both: Estimate,
    /// The Jaccard index: the values in both, as a fraction of those in either; 0 for two empty sketches.
    pub jaccard: Estimate,
}

impl Joint {
    /// Estimates the overlap of two sketches.
    ///
    /// ```
    /// use clio_sketch::{Family, Joint, Precision, Sketch};
    ///
    /// let of = |values: std::ops::Range<u64>| {
    ///     let mut sketch = Sketch::new(Family::HllPlusPlus, Precision::try_new(14).unwrap());
    ///     values.for_each(|value| sketch.insert_hash(Family::HllPlusPlus.hash_u64(value)));
    ///     sketch
    /// };
    /// let joint = Joint::of(&of(0..1_000), &of(600..3_000))?;
    /// assert_eq!(joint.both.value.round(), 400.0);
    /// let joint = Joint::of(&of(0..100_000), &of(60_000..300_000))?;
    /// assert!(joint.both.lower <= 40_000.0 && 40_000.0 <= joint.both.upper);
    /// # Ok::<(), clio_sketch::SketchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SketchError::Mismatch`] when the families or precisions differ.
    pub fn of(left: &Sketch, right: &Sketch) -> Result<Self, SketchError> {
        let (left, right) = (left.state(), right.state());
        left.kind().expect(right.kind())?;
        Ok(of_parts(left.kind(), left.canonical().parts(), right.canonical().parts()))
    }
}

/// Estimates the overlap of the parts of two sketches of one kind.
pub(crate) fn of_parts(kind: Kind, left: Parts<'_>, right: Parts<'_>) -> Joint {
    match (left, right) {
        (Parts::Coupons(left), Parts::Coupons(right)) => of_coupons(kind, left, right),
        (Parts::Coupons([]), _) => apart(Estimate::exact(0), estimate::of_parts(kind, right)),
        (_, Parts::Coupons([])) => apart(estimate::of_parts(kind, left), Estimate::exact(0)),
        (left, right) => of_registers(kind, left, right),
    }
}

/// Nothing in common.
fn apart(left_only: Estimate, right_only: Estimate) -> Joint {
    let none = Estimate::exact(0);
    Joint { left_only, right_only, both: none, jaccard: none }
}

/// Counts the common coupons. Some may come from different values that happen to share a coupon.
fn of_coupons(kind: Kind, left: &[u32], right: &[u32]) -> Joint {
    let n_common = n_common(left, right);
    let (n_left, n_right) = (left.len() - n_common, right.len() - n_common);
    let n_possible = kind.n_coupons_possible();
    let by_chance = n_left as f64 * n_right as f64 / n_possible;
    let [left_only, right_only, common] =
        [n_left, n_right, n_common].map(|n| estimate::of_coupons(kind, n));
    let is_exact = by_chance < EXACT_BELOW && left_only.exact && right_only.exact && common.exact;
    if is_exact {
        return Joint {
            left_only,
            right_only,
            both: common,
            jaccard: jaccard_of(common, left_only, right_only),
        };
    }
    let most = poisson_quantile(by_chance, 1.0 - UPPER_TAIL).max(1.0);
    let fewer = |of: Estimate, n: f64| Estimate {
        value: (of.value - n).max(0.0),
        lower: (of.lower - most).max(0.0),
        upper: of.upper,
        exact: false,
    };
    let more = |of: Estimate| Estimate {
        value: of.value + by_chance,
        lower: of.lower,
        upper: of.upper + most,
        exact: false,
    };
    let both = fewer(common, by_chance.min(n_common as f64));
    let (left_only, right_only) = (more(left_only), more(right_only));
    Joint { left_only, right_only, both, jaccard: jaccard_of(both, left_only, right_only) }
}

/// The Jaccard index of numbers that are nearly exact.
fn jaccard_of(both: Estimate, left: Estimate, right: Estimate) -> Estimate {
    let share = |both: f64, others: f64| if both > 0.0 { both / (both + others) } else { 0.0 };
    Estimate {
        value: share(both.value, left.value + right.value),
        lower: share(both.lower, left.upper + right.upper),
        upper: share(both.upper, left.lower + right.lower),
        exact: both.exact && left.exact && right.exact,
    }
}

/// The number of coupons that two sorted lists have in common.
fn n_common(left: &[u32], right: &[u32]) -> usize {
    let (mut l, mut r, mut n_common) = (0, 0, 0);
    while let (Some(a), Some(b)) = (left.get(l), right.get(r)) {
        n_common += usize::from(a == b);
        l += usize::from(a <= b);
        r += usize::from(b <= a);
    }
    n_common
}

/// Searches for the most likely numbers.
///
/// The bounds are normal, with the covariance given by the second derivatives of the likelihood. That is the covariance
/// of the rates, as if the sets were drawn again from the same processes. But the sets are given, so the variance of a
/// Poisson process, which is its mean, is subtracted; what remains is the error of the sketches.
fn of_registers(kind: Kind, left: Parts<'_>, right: Parts<'_>) -> Joint {
    let m = kind.precision.n_registers() as f64;
    let alone = [left, right].map(|parts| estimate::of_parts(kind, parts));
    let (mut promoted_left, mut promoted_right) = (Vec::new(), Vec::new());
    let left = registers_of(kind, left, &mut promoted_left);
    let right = registers_of(kind, right, &mut promoted_right);
    let pairs = Pairs::new(kind.max_register_rank(), left, right);
    let mut united = left.to_vec();
    registers::union(&mut united, right);
    let union = estimate::of_parts(kind, Parts::Registers(&united));

    let [n_left, n_right] = alone.map(|alone| alone.value);
    let smaller = n_left.min(n_right);
    let common = (n_left + n_right - union.value).clamp(0.01 * smaller, 0.99 * smaller);
    let start = [n_left - common, n_right - common, common].map(|n| n / m);
    let (rates, information) = pairs.most_likely(start);
    let values = rates.map(|rate| rate * m);
    let covariance = covariance(kind, rates, information, union);

    let bounded = |i: usize, most: f64| {
        let margin = Z_95 * covariance[i][i].sqrt() + 1.0;
        let value = values[i].min(most);
        Estimate {
            value,
            lower: (value - margin).max(0.0),
            upper: (value + margin).min(most).max(value),
            exact: false,
        }
    };
    let [most_left, most_right] = alone.map(|alone| alone.upper);
    Joint {
        left_only: bounded(0, most_left),
        right_only: bounded(1, most_right),
        both: bounded(2, most_left.min(most_right)),
        jaccard: jaccard(values, covariance),
    }
}

/// The registers of a sketch, promoted from its coupons where it has none.
fn registers_of<'a>(kind: Kind, parts: Parts<'a>, promoted: &'a mut Vec<u8>) -> &'a [u8] {
    match parts {
        Parts::Registers(registers) => registers,
        Parts::Coupons(coupons) => {
            promoted.resize(kind.precision.n_registers(), 0);
            registers::insert_coupons(kind, promoted, coupons);
            promoted
        }
    }
}

/// The covariance of the three numbers, in values.
fn covariance(kind: Kind, rates: Rates, information: Matrix, union: Estimate) -> Matrix {
    let m = kind.precision.n_registers() as f64;
    let Some(inverse) = inverse(information) else {
        // With so few registers nothing is known of the curvature: as wide as the union's bounds.
        let margin = (union.upper - union.lower) / (2.0 * Z_95);
        return std::array::from_fn(|i| {
            std::array::from_fn(|j| if i == j { margin * margin } else { 0.0 })
        });
    };
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let of_rates = m * m * inverse[i][j];
            if i == j { (of_rates - m * rates[i]).max(0.0) } else { of_rates }
        })
    })
}

/// The Jaccard index of three numbers with their covariance.
fn jaccard(values: Rates, covariance: Matrix) -> Estimate {
    let union: f64 = values.iter().sum();
    if union <= 0.0 {
        return Estimate::exact(0);
    }
    let value = values[2] / union;
    // The derivatives of both / union.
    let slopes = [-value / union, -value / union, (1.0 - value) / union];
    let mut variance = 0.0;
    for i in 0..3 {
        for j in 0..3 {
            variance += slopes[i] * slopes[j] * covariance[i][j];
        }
    }
    let margin = Z_95 * variance.max(0.0).sqrt() + 1.0 / union;
    Estimate {
        value,
        lower: (value - margin).max(0.0),
        upper: (value + margin).min(1.0),
        exact: false,
    }
}
