//! Bounds against what they promise.

use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::*;

fn estimate(value: f64, lower: f64, upper: f64) -> Value {
    Value::estimate(value, lower, upper, false)
}

#[test]
fn a_result_that_no_number_holds_is_undefined() {
    let huge = Expression::parse("a * a").unwrap();
    assert_eq!(with_bounds(&huge, |_| Value::exact(1e300)), Value::undefined());
}

#[test]
fn bounds_follow_the_measures() {
    let check = |text: &str, a: Value, b: Value, expected: Value| {
        let expression = Expression::parse(text).unwrap();
        let found = with_bounds(&expression, |name| if name == "a" { a } else { b });
        assert_eq!(found, expected, "{text}");
    };
    let exact = Value::exact;
    // Exact is exact.
    check("a / b", exact(1.0), exact(4.0), exact(0.25));
    // One estimate: its bounds, through the expression, the divisor's the other way round.
    check("2 * a + 1", estimate(10.0, 8.0, 13.0), exact(0.0), estimate(21.0, 17.0, 27.0));
    check("a / b", exact(8.0), estimate(4.0, 2.0, 8.0), estimate(2.0, 1.0, 4.0));
    check("-a", estimate(10.0, 8.0, 13.0), exact(0.0), estimate(-10.0, -13.0, -8.0));
    // Two estimates: in quadrature, each side by itself (3-4-5 below, 5-12-13 above).
    let (a, b) = (estimate(100.0, 97.0, 105.0), estimate(200.0, 196.0, 212.0));
    check("a + b", a, b, estimate(300.0, 295.0, 313.0));
    // A difference turns the sides of what is taken away.
    let (a, b) = (estimate(100.0, 97.0, 105.0), estimate(200.0, 188.0, 204.0));
    check("a - b", a, b, estimate(-100.0, -105.0, -87.0));
    // The same measure twice is one measure: it cancels, or it squares.
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
        assert_eq!(with_bounds(&ratio, |_| a), unbounded(0.5));
    }
    assert_eq!(with_bounds(&ratio, |_| estimate(0.0, 0.0, 1.0)), Value::undefined());
    assert_eq!(with_bounds(&ratio, |_| Value::undefined()), Value::undefined());
    assert_eq!(with_bounds(&ratio, |_| Value::exact(0.0)), Value::undefined());
}

/// Texts that are expressions, over `a`, `b` and `c`.
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
    /// What a caller may rely on: the value is the plain one, the bounds hold it, and exactness is
    /// that of the measures.
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
        let found = with_bounds(&expression, measure);
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
