//! The bounds of a derived measure, from those of its measures.

use clio_proto::{Expression, Value};

#[cfg(test)]
mod tests;

/// The half-width of 95 % bounds in standard deviations.
pub(crate) const Z_95: f64 = 1.96;

/// The value with its 95 % bounds, given those of the measures.
///
/// The value is exact if all its measures are, and no intermediate number is so large (beyond 2^53) that it was rounded
/// to a double. Otherwise one estimated measure after another is moved to its lower and to its upper bound while the
/// others stay at their values; the upward and the downward changes of the result are each added in quadrature over the
/// measures. So a measure that occurs twice (`a / (a + b)`) moves in both places at once, and asymmetric bounds stay
/// asymmetric. No bound lies beyond the result with all measures at their respective ends together.
///
/// Limits, all of them usual for the propagation of errors:
///
/// - the errors of two sketches are correlated by their sets' Jaccard index, which is known if one set is a part of the
///   other (`is_part_of`): it is the part's value divided by the whole's. So a take rate p of players within viewers has
///   a relative variance of 2σ² (1 - p). For other pairs the errors are taken as independent; if they overlap, the true
///   interval is narrower than the stated one for a ratio, and wider for a product;
/// - between a measure's bounds the result is assumed to be monotonic, as it is if a measure occurs once;
/// - if a divisor can be zero within the bounds, the result can be anything: the value is given without bounds, and is
///   not exact. The same holds if an estimated measure has no bounds.
pub(crate) fn with_bounds(
    expression: &Expression,
    lookup: impl Fn(&str) -> Value,
    is_part_of: impl Fn(&str, &str) -> bool,
) -> Value {
    let names: Vec<&str> = expression.terms().into_iter().collect();
    let measures: Vec<Value> = names.iter().map(|name| lookup(name)).collect();
    let evaluate = |number: &dyn Fn(usize) -> Option<f64>, divisors: &mut Vec<f64>| {
        let lookup = |name: &str| number(names.iter().position(|known| *known == name)?);
        expression.evaluate_noting(&lookup, divisors)
    };
    let jaccard = |one: usize, other: usize| {
        jaccard_of_parts((names[one], measures[one]), (names[other], measures[other]), &is_part_of)
    };
    moved_by_measures(&measures, evaluate, jaccard)
}

/// The Jaccard index of the sets of two measures, as far as it is known without their sketches: if one counts a part of
/// those that the other counts. Otherwise 0.
pub(crate) fn jaccard_of_parts(
    one: (&str, Value),
    other: (&str, Value),
    is_part_of: impl Fn(&str, &str) -> bool,
) -> f64 {
    let found = if is_part_of(one.0, other.0) {
        jaccard_of_part(one.1, other.1)
    } else if is_part_of(other.0, one.0) {
        jaccard_of_part(other.1, one.1)
    } else {
        None
    };
    found.unwrap_or(0.0)
}

/// The result of some measures with 95 % bounds, as in [`with_bounds`], given the Jaccard index of each pair.
///
/// `evaluate` gives the result for some values of the measures, by position, and records every divisor on its way,
/// always in the same order.
pub(crate) fn moved_by_measures(
    measures: &[Value],
    evaluate: impl Fn(&dyn Fn(usize) -> Option<f64>, &mut Vec<f64>) -> Option<f64>,
    jaccard: impl Fn(usize, usize) -> f64,
) -> Value {
    // A number that a double cannot hold has the adjacent doubles as bounds.
    let held = |value: &Value| match (value.whole, value.value) {
        (Some(_), Some(value)) => Value::rounded(value),
        _ => *value,
    };
    let measures: Vec<Value> = measures.iter().map(held).collect();
    // The result with one measure moved, and the divisors on the way.
    let moved = |index: usize, to: f64| {
        let mut divisors = Vec::new();
        let number = |at: usize| if at == index { Some(to) } else { measures[at].value };
        let value = evaluate(&number, &mut divisors).filter(|value| value.is_finite());
        value.map(|value| (value, divisors))
    };
    let Some((value, divisors)) = moved(usize::MAX, 0.0) else {
        return Value::undefined();
    };
    if measures.iter().all(|measure| measure.exact) {
        return Value::sum(value);
    }
    let unbounded = Value { value: Some(value), ..Value::undefined() };
    let (mut down_squared, mut up_squared) = (0.0, 0.0);
    // By how much the result goes up or down with each measure.
    let mut effects: Vec<(usize, f64)> = Vec::new();
    // The value of each measure when the result is lowest, and when it is highest.
    let mut lowest: Vec<Option<f64>> = measures.iter().map(|measure| measure.value).collect();
    let mut highest = lowest.clone();
    for (index, measure) in measures.iter().enumerate() {
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
            // A divisor that changed its sign passed through zero.
            if divisors.iter().zip(&divisors_there).any(|(a, b)| a.signum() != b.signum()) {
                return unbounded;
            }
            *end = there;
            down = down.max(value - there);
            up = up.max(there - value);
        }
        down_squared += down * down;
        up_squared += up * up;
        effects.push((index, (ends[1] - ends[0]) / 2.0));
        let rises = ends[0] <= ends[1];
        (lowest[index], highest[index]) =
            if rises { (Some(lower), Some(upper)) } else { (Some(upper), Some(lower)) };
    }
    let narrower = together(&effects, jaccard).sqrt();
    let (lower, upper) =
        (value - narrower * down_squared.sqrt(), value + narrower * up_squared.sqrt());
    // Added steps may exceed the range of a nonlinear result: a ratio of people is not negative.
    let at_end = |ends: &[Option<f64>]| evaluate(&|at| ends[at], &mut Vec::new());
    let lower = at_end(&lowest).map_or(lower, |end| lower.max(end.min(value)));
    let upper = at_end(&highest).map_or(upper, |end| upper.min(end.max(value)));
    if !lower.is_finite() || !upper.is_finite() {
        return unbounded;
    }
    Value::estimate(value, lower, upper, false)
}

/// The variance of a result relative to that with independent errors: Σ eᵢ eⱼ Jᵢⱼ over Σ eᵢ², with e the effects of
/// measures and J the Jaccard index of two of them.
fn together(effects: &[(usize, f64)], jaccard: impl Fn(usize, usize) -> f64) -> f64 {
    let apart: f64 = effects.iter().map(|(_, effect)| effect * effect).sum();
    let mut all = apart;
    for (at, (one, effect_of_one)) in effects.iter().enumerate() {
        for (other, effect_of_other) in &effects[at + 1..] {
            all += 2.0 * jaccard(*one, *other) * effect_of_one * effect_of_other;
        }
    }
    if apart > 0.0 { (all / apart).max(0.0) } else { 1.0 }
}

/// The Jaccard index of a part and its whole, which is the part's value divided by the whole's; `None` if that is
/// undefined.
///
/// Estimates of a part that is nearly all may be equal to the whole's, or larger. That does not show that nothing is
/// missing: with an error σ of both, a part of 1 - 2 z² σ² still lies within 95 % of it. So the index is at most that,
/// and what is derived from it keeps bounds.
pub(crate) fn jaccard_of_part(part: Value, whole: Value) -> Option<f64> {
    let share = part.value? / whole.value?;
    share.is_finite().then(|| share.clamp(0.0, most_in_common(part, whole)))
}

/// The largest Jaccard index that two estimates may be assumed to have: 1 minus what their errors can hide.
pub(crate) fn most_in_common(one: Value, other: Value) -> f64 {
    let unseen = match (relative_error(one), relative_error(other)) {
        (Some(of_one), Some(of_other)) => 2.0 * Z_95 * Z_95 * of_one * of_other,
        _ => 0.0,
    };
    (1.0 - unseen).max(0.0)
}

/// The standard deviation of a value's logarithm, from its bounds; `None` if they do not tell.
pub(crate) fn relative_error(value: Value) -> Option<f64> {
    if value.exact || value.value == Some(0.0) {
        return Some(0.0);
    }
    let (lower, upper) = (value.lower?, value.upper?);
    let error = (upper / lower).ln() / (2.0 * Z_95);
    (lower > 0.0 && error.is_finite()).then_some(error)
}
