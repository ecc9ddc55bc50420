//! The bounds of a derived measure, from those of the measures that it is made of.

use clio_proto::{Expression, Value};

#[cfg(test)]
mod tests;

/// The value with its 95 % bounds, given those of the measures.
///
/// The value is exact if all its measures are, and no number on the way is so large (beyond 2^53) that it was
/// rounded to a double. Otherwise one estimated measure after
/// the other is moved to its lower and to its upper bound while the others stay at their values;
/// how far the result moves up and how far it moves down are each added in quadrature over the
/// measures. So a measure that occurs twice (`a / (a + b)`) moves in both places at once, and
/// unequal bounds stay unequal.
///
/// Limits, all of them usual for the propagation of errors:
///
/// - the errors of different measures are taken as independent. Sketches of overlapping sets err
///   together in part; for a ratio the true interval is then narrower than the stated one, for a
///   product wider;
/// - between a measure's bounds the result is taken to run one way, as it does wherever a measure
///   occurs once;
/// - where a divisor can be zero within the bounds, the result can be anything: the value is given
///   without bounds, and is not exact. The same holds where an estimated measure has no bounds.
pub(crate) fn with_bounds(expression: &Expression, lookup: impl Fn(&str) -> Value) -> Value {
    // What a double cannot hold is known to the doubles beside it.
    let held = |value: Value| match (value.whole, value.value) {
        (Some(_), Some(value)) => Value::rounded(value),
        _ => value,
    };
    let measures: Vec<(&str, Value)> =
        expression.names().into_iter().map(|name| (name, held(lookup(name)))).collect();
    // The result with one measure moved, and the divisors met on the way.
    let moved = |index: usize, to: f64| {
        let mut divisors = Vec::new();
        let value = expression.evaluate_noting(
            &|name| {
                let at = measures.iter().position(|(known, _)| *known == name)?;
                if at == index { Some(to) } else { measures[at].1.value }
            },
            &mut divisors,
        );
        value.map(|value| (value, divisors))
    };
    let Some((value, divisors)) = moved(usize::MAX, 0.0) else {
        return Value::undefined();
    };
    if measures.iter().all(|(_, measure)| measure.exact) {
        return Value::sum(value);
    }
    let unbounded = Value { value: Some(value), ..Value::undefined() };
    let (mut down_squared, mut up_squared) = (0.0, 0.0);
    for (index, (_, measure)) in measures.iter().enumerate() {
        if measure.exact {
            continue;
        }
        let (Some(lower), Some(upper)) = (measure.lower, measure.upper) else {
            return unbounded;
        };
        let (mut down, mut up) = (0.0_f64, 0.0_f64);
        for bound in [lower, upper] {
            let Some((there, divisors_there)) = moved(index, bound) else {
                return unbounded;
            };
            // A divisor that changed its sign went through zero.
            if divisors.iter().zip(&divisors_there).any(|(a, b)| a.signum() != b.signum()) {
                return unbounded;
            }
            down = down.max(value - there);
            up = up.max(there - value);
        }
        down_squared += down * down;
        up_squared += up * up;
    }
    let (lower, upper) = (value - down_squared.sqrt(), value + up_squared.sqrt());
    if !lower.is_finite() || !upper.is_finite() {
        return unbounded;
    }
    Value::estimate(value, lower, upper, false)
}
