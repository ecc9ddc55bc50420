//! Bounds against their promise.

use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::*;

fn estimate(value: f64, lower: f64, upper: f64) -> Value {
    Value::estimate(value, lower, upper, false)
}

/// No measure is a part of another.
fn apart(_: &str, _: &str) -> bool {
    false
}

/// A rate of 50 of 400 people, with bounds of 1 to 150 and 300 to 500, had a lower bound of -0.01 %.
#[test]
fn no_bound_lies_beyond_all_measures_at_their_ends() {
    let people = |name: &str| match name {
        "a" => estimate(50.0, 1.0, 150.0),
        _ => estimate(400.0, 300.0, 500.0),
    };
    let found = with_bounds(&Expression::parse("a / b").unwrap(), people, apart);
    assert_eq!(found.lower, Some(1.0 / 500.0));
    assert!(found.upper.unwrap() < 150.0 / 300.0, "{found:?}");
    let found = with_bounds(&Expression::parse("b / a").unwrap(), people, apart);
    assert!(found.lower.unwrap() >= 300.0 / 150.0, "{found:?}");
}

/// Players within viewers were taken as independent of them: the interval of a take rate of seven tenths was nearly
/// twice too wide.
#[test]
fn a_part_errs_together_with_its_whole() {
    let is_part_of = |part: &str, whole: &str| (part, whole) == ("a", "b");
    let ratio = Expression::parse("a / b").unwrap();
    let of = |value: f64, error: f64| estimate(value, value * (1.0 - error), value * (1.0 + error));
    let half_width = |value: Value| (value.upper.unwrap() - value.lower.unwrap()) / 2.0;
    for share in [0.01, 0.3, 0.7, 0.99] {
        let measures = |name: &str| of(if name == "a" { 1e6 * share } else { 1e6 }, 1e-4);
        let found = half_width(with_bounds(&ratio, measures, is_part_of));
        let expected = share * 1e-4 * (2.0 * (1.0 - share)).sqrt();
        assert!((found / expected - 1.0).abs() < 1e-3, "{share}: {found} {expected}");
        let independent = half_width(with_bounds(&ratio, measures, apart));
        assert!((found / independent - (1.0 - share).sqrt()).abs() < 1e-3);
        // Whatever the names, and with the opposite sign in a product.
        let turned = Expression::parse("b / a").unwrap();
        let narrower = half_width(with_bounds(&turned, measures, is_part_of))
            / half_width(with_bounds(&turned, measures, apart));
        assert!((narrower - (1.0 - share).sqrt()).abs() < 1e-3, "{share}: {narrower}");
        let product = Expression::parse("a * b").unwrap();
        let wider = half_width(with_bounds(&product, measures, is_part_of))
            / half_width(with_bounds(&product, measures, apart));
        assert!((wider - (1.0 + share).sqrt()).abs() < 1e-3, "{share}: {wider}");
    }
    // If the part is a list of coupons, the whole's own error remains.
    let exact_part = |name: &str| if name == "a" { Value::exact(10.0) } else { of(1e6, 1e-4) };
    let found = half_width(with_bounds(&ratio, exact_part, is_part_of));
    assert!((found / 1e-9 - 1.0).abs() < 1e-3, "{found}");
}

/// Equal estimates of a part and its whole gave bounds without width.
#[test]
fn a_part_that_is_as_large_as_its_whole_keeps_bounds() {
    let ratio = Expression::parse("a / b").unwrap();
    let margin = (Z_95 * 0.008_f64).exp();
    for part in [1000.0, 1001.0] {
        let measures = |name: &str| {
            let value = if name == "a" { part } else { 1000.0 };
            estimate(value, value / margin, value * margin)
        };
        let found = with_bounds(&ratio, measures, |part, whole| (part, whole) == ("a", "b"));
        let below = 1.0 - found.lower.unwrap() / found.value.unwrap();
        let expected = 2.0 * (Z_95 * 0.008_f64).powi(2);
        assert!((below / expected - 1.0).abs() < 0.02, "{below} {expected}");
    }
}

/// The errors and the Jaccard index of two numbers; the widths that hold 95 % of 3 a - 2 b and of 3 a / 2 b, from four
/// million draws of SciPy's `multivariate_normal` (`tests/peers/statistics/stored.py`).
const TWO_SIDES: [(f64, f64, f64, f64, f64); 5] = [
    (0.008, 0.008, 0.0, 0.113_035, 0.066_494),
    (0.008, 0.008, 0.5, 0.082_916, 0.046_986),
    (0.008, 0.008, 0.9, 0.046_518, 0.021_012),
    (0.008, 0.0, 0.3, 0.094_089, 0.047_045),
    (0.016, 0.004, 0.6, 0.171_296, 0.082_209),
];

/// The Jaccard indexes of players and viewers of an audience, then of all (of the first and the second, the first and
/// the third, and so on); the width that holds 95 % of the audience's affinity index, with errors of 0.8 %.
const AFFINITIES: [([f64; 6], f64); 2] = [
    ([0.2, 0.4, 0.06, 2.0 / 13.0, 0.3, 0.15], 0.047_856),
    ([0.5, 0.875, 0.35, 7.0 / 15.0, 0.7, 0.4], 0.025_929),
];

/// Bounds are of first order in errors of some per cent, and the draws are accurate to a thousandth.
#[test]
fn widths_are_those_of_errors_that_scipy_drew() {
    let of = |error: f64| {
        let margin = (Z_95 * error).exp();
        if error > 0.0 { estimate(1.0, 1.0 / margin, margin) } else { Value::exact(1.0) }
    };
    let width = |value: Value| value.upper.unwrap() - value.lower.unwrap();
    let check = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 3e-3, "{found} {expected}");
    };
    for (one, other, jaccard, of_difference, of_ratio) in TWO_SIDES {
        let measures = [of(one), of(other)];
        let found = |outcome: fn(f64, f64) -> f64| {
            let evaluate = |number: &dyn Fn(usize) -> Option<f64>, divisors: &mut Vec<f64>| {
                divisors.push(number(1)?);
                Some(outcome(number(0)?, number(1)?))
            };
            width(moved_by_measures(&measures, evaluate, |_, _| jaccard))
        };
        check(found(|a, b| 3.0 * a - 2.0 * b), of_difference);
        check(found(|a, b| 3.0 * a / (2.0 * b)), of_ratio);
    }
    for (jaccards, expected) in AFFINITIES {
        let evaluate = |number: &dyn Fn(usize) -> Option<f64>, divisors: &mut Vec<f64>| {
            let (rate, rate_of_all) = (number(0)? / number(1)?, number(2)? / number(3)?);
            divisors.extend([number(1)?, number(3)?, rate_of_all]);
            Some(rate / rate_of_all)
        };
        let jaccard = |one: usize, other: usize| {
            let (one, other) = (one.min(other), one.max(other));
            jaccards[[0, 3, 5][one] + other - one - 1]
        };
        check(width(moved_by_measures(&[of(0.008); 4], evaluate, jaccard)), expected);
    }
}

#[test]
fn a_result_that_no_number_holds_is_undefined() {
    let huge = Expression::parse("a * a").unwrap();
    assert_eq!(with_bounds(&huge, |_| Value::exact(1e300), apart), Value::undefined());
}

#[test]
fn bounds_follow_the_measures() {
    let check = |text: &str, a: Value, b: Value, expected: Value| {
        let expression = Expression::parse(text).unwrap();
        let found = with_bounds(&expression, |name| if name == "a" { a } else { b }, apart);
        assert_eq!(found, expected, "{text}");
    };
    let exact = Value::exact;
    // Exact is exact.
    check("a / b", exact(1.0), exact(4.0), exact(0.25));
    // One estimate: its bounds through the expression, reversed for the divisor.
    check("2 * a + 1", estimate(10.0, 8.0, 13.0), exact(0.0), estimate(21.0, 17.0, 27.0));
    check("a / b", exact(8.0), estimate(4.0, 2.0, 8.0), estimate(2.0, 1.0, 4.0));
    check("-a", estimate(10.0, 8.0, 13.0), exact(0.0), estimate(-10.0, -13.0, -8.0));
    // Two estimates: in quadrature, each side separately (3-4-5 below, 5-12-13 above).
    let (a, b) = (estimate(100.0, 97.0, 105.0), estimate(200.0, 196.0, 212.0));
    check("a + b", a, b, estimate(300.0, 295.0, 313.0));
    // A difference swaps the sides of the subtrahend.
    let (a, b) = (estimate(100.0, 97.0, 105.0), estimate(200.0, 188.0, 204.0));
    check("a - b", a, b, estimate(-100.0, -105.0, -87.0));
    // The same measure twice is one measure: it cancels, or is squared.
    check("a - a", estimate(10.0, 8.0, 13.0), exact(0.0), estimate(0.0, 0.0, 0.0));
    check("a / (a + b)", estimate(1.0, 0.0, 3.0), exact(1.0), estimate(0.5, 0.0, 0.75));
    // An exact measure beside an estimated one leaves an estimate, whatever its bounds.
    check("a + b", estimate(10.0, 10.0, 10.0), exact(1.0), estimate(11.0, 11.0, 11.0));
}

#[test]
fn where_no_bounds_can_be_stated_there_are_none() {
    let ratio = Expression::parse("1 / a").unwrap();
    let unbounded = |value| Value { value: Some(value), ..Value::undefined() };
    // Zero at a bound, zero between the bounds, and an estimate that has no bounds itself.
    for a in [estimate(2.0, 0.0, 4.0), estimate(2.0, -1.0, 4.0), unbounded(2.0)] {
        assert_eq!(with_bounds(&ratio, |_| a, apart), unbounded(0.5));
    }
    assert_eq!(with_bounds(&ratio, |_| estimate(0.0, 0.0, 1.0), apart), Value::undefined());
    assert_eq!(with_bounds(&ratio, |_| Value::undefined(), apart), Value::undefined());
    assert_eq!(with_bounds(&ratio, |_| Value::exact(0.0), apart), Value::undefined());
}

/// Texts that are expressions over `a`, `b` and `c`.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("c".to_owned()),
        (0_u16..1000, 0_u8..10).prop_map(|(whole, tenth)| format!("{whole}.{tenth}")),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(l, o, r)| format!("({l} {o} {r})")),
            inner.clone().prop_map(|inner| format!("-{inner}")),
            inner.prop_map(|inner| format!("({inner})")),
        ]
    })
}

proptest! {
    /// What a caller may rely on: the value is the plain one, the bounds contain it, and it is exact if the measures
    /// are.
    #[test]
    fn bounds_hold_the_value(
        text in texts(),
        values in prop::array::uniform3((-100.0..100.0, 0.0..5.0, 0.0..5.0, any::<bool>())),
    ) {
        let measure = |name: &str| {
            let (value, down, up, exact) = values[usize::from(name.as_bytes()[0] - b'a')];
            if exact { Value::exact(value) } else { estimate(value, value - down, value + up) }
        };
        let expression = Expression::parse(&text).unwrap();
        let found = with_bounds(&expression, measure, apart);
        prop_assert_eq!(found.value, expression.evaluate(|name| measure(name).value));
        let all_exact = expression.names().into_iter().all(|name| measure(name).exact);
        prop_assert_eq!(found.exact, all_exact && found.value.is_some());
        if let (Some(value), Some(lower), Some(upper)) = (found.value, found.lower, found.upper) {
            prop_assert!(lower <= value && value <= upper);
        } else {
            prop_assert!(found.lower.is_none() && found.upper.is_none());
        }
    }
}
