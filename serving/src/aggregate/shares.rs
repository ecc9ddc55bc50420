//! The fraction of the total that a group is, with bounds that allow for the correlated errors of part and whole.

use clio_proto::Value;

use crate::propagation::{Z_95, jaccard_of_part, relative_error};

/// A group's value divided by the total's, which includes the group. Undefined if the total is 0 or undefined, or the
/// value is negative.
///
/// The relative errors of two sketches of one precision are correlated by the sets' Jaccard index, which for a part and
/// its whole is the share itself. So the variance of the share's logarithm is σ² + τ² - 2 σ τ p, with σ and τ of part
/// and whole: 2 σ² (1 - p) if both are registers, and that of the whole alone if the part is coupons, which have next
/// to none.
pub(super) fn share(part: Value, whole: Value) -> Value {
    let (Some(own), Some(all)) = (part.value, whole.value) else { return Value::undefined() };
    let share = own / all;
    if all == 0.0 || !share.is_finite() || own < 0.0 || all < 0.0 {
        return Value::undefined();
    }
    if part.exact && whole.exact {
        return Value::sum(share);
    }
    let (Some(of_part), Some(of_whole)) = (relative_error(part), relative_error(whole)) else {
        return Value { value: Some(share), ..Value::undefined() };
    };
    // The ratio of two estimates may exceed 1 for a part that is nearly all.
    let share = share.min(1.0);
    let in_common = jaccard_of_part(part, whole).unwrap_or(0.0);
    let variance = of_part.powi(2) + of_whole.powi(2) - 2.0 * of_part * of_whole * in_common;
    let margin = Z_95 * variance.max(0.0).sqrt();
    Value::estimate(share, share * (-margin).exp(), (share * margin.exp()).min(1.0), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, error: f64) -> Value {
        let margin = (Z_95 * error).exp();
        Value::estimate(value, value / margin, value * margin, false)
    }

    #[test]
    fn counts_have_exact_shares() {
        assert_eq!(share(Value::exact(3.0), Value::exact(4.0)), Value::exact(0.75));
        assert_eq!(share(Value::exact(0.0), Value::exact(4.0)), Value::exact(0.0));
        for (part, whole) in [(1.0, 0.0), (0.0, 0.0), (-1.0, 4.0), (1.0, -4.0)] {
            assert_eq!(share(Value::exact(part), Value::exact(whole)), Value::undefined());
        }
        assert_eq!(share(Value::undefined(), Value::exact(4.0)), Value::undefined());
    }

    /// Widths that hold 95 % of parts of a whole, from four million draws of SciPy
    /// (`tests/peers/statistics/stored.py`): the part, both errors, the width.
    #[test]
    fn widths_are_those_of_errors_that_scipy_drew() {
        for (part, error, of_whole, expected) in [
            (0.1, 0.008, 0.008, 0.004_202_7),
            (0.5, 0.008, 0.008, 0.015_662_1),
            (0.9, 0.008, 0.008, 0.012_607_3),
            (0.01, 0.0, 0.008, 0.000_313_6),
        ] {
            let own = if error > 0.0 { estimate(part, error) } else { Value::exact(part) };
            let found = share(own, estimate(1.0, of_whole));
            let width = found.upper.unwrap() - found.lower.unwrap();
            assert!((width / expected - 1.0_f64).abs() < 3e-3, "{part}: {width} {expected}");
        }
    }

    #[test]
    fn the_error_of_a_share_shrinks_as_the_part_grows() {
        let half_width = |value: Value| (value.upper.unwrap() / value.value.unwrap()).ln() / Z_95;
        let whole = estimate(1000.0, 0.01);
        for (part, expected) in [(100.0, 0.9_f64), (700.0, 0.3), (990.0, 0.01)] {
            let found = half_width(share(estimate(part, 0.01), whole));
            let expected = (0.01 * (2.0 * expected).sqrt()).min((1000.0 / part).ln() / Z_95);
            assert!((found - expected).abs() < 1e-9, "{part}: {found} {expected}");
        }
        // If the part is a list of coupons, only the whole's error counts.
        assert!((half_width(share(Value::exact(10.0), whole)) - 0.01).abs() < 1e-9);
        let all = share(estimate(1001.0, 0.01), whole);
        assert_eq!((all.value, all.upper), (Some(1.0), Some(1.0)));
        // A share too close to 1 for sketches to tell: 1 - 2 z² σ².
        assert!((all.lower.unwrap() - (1.0 - 2.0 * (Z_95 * 0.01).powi(2))).abs() < 1e-6);
        let nothing = share(estimate(0.0, 0.0), whole);
        assert_eq!((nothing.value, nothing.upper), (Some(0.0), Some(0.0)));
        let unbounded = Value { lower: None, ..estimate(5.0, 0.1) };
        assert_eq!(share(unbounded, whole).upper, None);
    }
}
