//! The bounds of a derived measure, from those of the measures that it is made of.

use clio_proto::{Expression, Value};

#[cfg(test)]
mod tests;

/// The number of standard deviations that 95 % bounds are wide.
pub(crate) const Z_95: f64 = 1.96;

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
/// - the errors of two sketches have the correlation of their sets' Jaccard index, which is known where one set is a part of
///   the other (`is_part_of`): it is the part's value over the whole's. So a take rate p of players within viewers has
///   a relative variance of 2σ² (1 - p). Of other pairs the errors are taken as independent; where they overlap, the
///   true interval is narrower than the stated one for a ratio, and wider for a product;
/// - between a measure's bounds the result is taken to run one way, as it does wherever a measure
///   occurs once;
/// - where a divisor can be zero within the bounds, the result can be anything: the value is given
///   without bounds, and is not exact. The same holds where an estimated measure has no bounds.
pub(crate) fn with_bounds(
    expression: &Expression,
    lookup: impl Fn(&str) -> Value,
    is_part_of: impl Fn(&str, &str) -> bool,
) -> Value {
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
    // By how much the result goes up or down with each measure.
    let mut effects: Vec<(&str, Value, f64)> = Vec::new();
    for (index, (name, measure)) in measures.iter().enumerate() {
        if measure.exact {
            continue;
        }
        let (Some(lower), Some(upper)) = (measure.lower, measure.upper) else {
            return unbounded;
        };
        let (mut down, mut up) = (0.0_f64, 0.0_f64);
        let mut ends = [0.0; 2];
        for (end, bound) in ends.iter_mut().zip([lower, upper]) {
            let Some((there, divisors_there)) = moved(index, bound) else {
                return unbounded;
            };
            // A divisor that changed its sign went through zero.
            if divisors.iter().zip(&divisors_there).any(|(a, b)| a.signum() != b.signum()) {
                return unbounded;
            }
            *end = there;
            down = down.max(value - there);
            up = up.max(there - value);
        }
        down_squared += down * down;
        up_squared += up * up;
        effects.push((*name, *measure, (ends[1] - ends[0]) / 2.0));
    }
    let narrower = together(&effects, is_part_of).sqrt();
    let (lower, upper) =
        (value - narrower * down_squared.sqrt(), value + narrower * up_squared.sqrt());
    if !lower.is_finite() || !upper.is_finite() {
        return unbounded;
    }
    Value::estimate(value, lower, upper, false)
}

/// The variance of a result over what it would be if its measures erred independently: Σ eᵢ eⱼ Jᵢⱼ over Σ eᵢ², with e the
/// effects of measures and J the Jaccard index of two of them.
fn together(effects: &[(&str, Value, f64)], is_part_of: impl Fn(&str, &str) -> bool) -> f64 {
    let apart: f64 = effects.iter().map(|(_, _, effect)| effect * effect).sum();
    let mut all = apart;
    for (at, (one, value_of_one, effect_of_one)) in effects.iter().enumerate() {
        for (other, value_of_other, effect_of_other) in &effects[at + 1..] {
            let jaccard = if is_part_of(one, other) {
                jaccard_of_part(*value_of_one, *value_of_other)
            } else if is_part_of(other, one) {
                jaccard_of_part(*value_of_other, *value_of_one)
            } else {
                continue;
            };
            all += 2.0 * jaccard.unwrap_or(0.0) * effect_of_one * effect_of_other;
        }
    }
    if apart > 0.0 { (all / apart).max(0.0) } else { 1.0 }
}

/// The Jaccard index of a part and its whole, which is the part's value over the whole's; `None` where that is no number.
///
/// Estimates of a part that is nearly all may be equal, or the part's the larger one. That does not show that nothing is
/// missing: with an error σ of both, a part of 1 - 2 z² σ² still lies within 95 % of it. So the index is at most that, and
/// what follows from it keeps bounds.
pub(crate) fn jaccard_of_part(part: Value, whole: Value) -> Option<f64> {
    let share = part.value? / whole.value?;
    let unseen = match (relative_error(part), relative_error(whole)) {
        (Some(of_part), Some(of_whole)) => 2.0 * Z_95 * Z_95 * of_part * of_whole,
        _ => 0.0,
    };
    share.is_finite().then(|| share.clamp(0.0, (1.0 - unseen).max(0.0)))
}

/// The standard deviation of a value's logarithm, from its bounds; `None` where they say nothing of it.
pub(crate) fn relative_error(value: Value) -> Option<f64> {
    if value.exact || value.value == Some(0.0) {
        return Some(0.0);
    }
    let (lower, upper) = (value.lower?, value.upper?);
    let error = (upper / lower).ln() / (2.0 * Z_95);
    (lower > 0.0 && error.is_finite()).then_some(error)
}
