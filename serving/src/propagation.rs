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
/// unequal bounds stay unequal. No bound lies beyond what comes of all measures at that end of theirs together.
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

/// The Jaccard index of the sets of two measures, as far as it is known without their sketches: where one counts a part of
/// those that the other one counts. Else 0.
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

/// What comes of some measures with 95 % bounds, as [`with_bounds`] has them, given the Jaccard index of each two.
///
/// `evaluate` gives the result for some numbers of the measures, by position, and notes every divisor on its way, always in the
/// same order.
pub(crate) fn moved_by_measures(
    measures: &[Value],
    evaluate: impl Fn(&dyn Fn(usize) -> Option<f64>, &mut Vec<f64>) -> Option<f64>,
    jaccard: impl Fn(usize, usize) -> f64,
) -> Value {
    // What a double cannot hold is known to the doubles beside it.
    let held = |value: &Value| match (value.whole, value.value) {
        (Some(_), Some(value)) => Value::rounded(value),
        _ => *value,
    };
    let measures: Vec<Value> = measures.iter().map(held).collect();
    // The result with one measure moved, and the divisors met on the way.
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
    // Where each measure is when the result is at its lowest, and at its highest.
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
        effects.push((index, (ends[1] - ends[0]) / 2.0));
        let rises = ends[0] <= ends[1];
        (lowest[index], highest[index]) =
            if rises { (Some(lower), Some(upper)) } else { (Some(upper), Some(lower)) };
    }
    let narrower = together(&effects, jaccard).sqrt();
    let (lower, upper) =
        (value - narrower * down_squared.sqrt(), value + narrower * up_squared.sqrt());
    // Steps that are added up pass the end where the result bends: a ratio of people is not below 0.
    let at_end = |ends: &[Option<f64>]| evaluate(&|at| ends[at], &mut Vec::new());
    let lower = at_end(&lowest).map_or(lower, |end| lower.max(end.min(value)));
    let upper = at_end(&highest).map_or(upper, |end| upper.min(end.max(value)));
    if !lower.is_finite() || !upper.is_finite() {
        return unbounded;
    }
    Value::estimate(value, lower, upper, false)
}

/// The variance of a result over what it would be if its measures erred independently: Σ eᵢ eⱼ Jᵢⱼ over Σ eᵢ², with e the
/// effects of measures and J the Jaccard index of two of them.
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

/// The Jaccard index of a part and its whole, which is the part's value over the whole's; `None` where that is no number.
///
/// Estimates of a part that is nearly all may be equal, or the part's the larger one. That does not show that nothing is
/// missing: with an error σ of both, a part of 1 - 2 z² σ² still lies within 95 % of it. So the index is at most that, and
/// what follows from it keeps bounds.
pub(crate) fn jaccard_of_part(part: Value, whole: Value) -> Option<f64> {
    let share = part.value? / whole.value?;
    share.is_finite().then(|| share.clamp(0.0, most_in_common(part, whole)))
}

/// The largest Jaccard index that two estimates may be taken to have: 1 less what cannot be seen to be missing.
pub(crate) fn most_in_common(one: Value, other: Value) -> f64 {
    let unseen = match (relative_error(one), relative_error(other)) {
        (Some(of_one), Some(of_other)) => 2.0 * Z_95 * Z_95 * of_one * of_other,
        _ => 0.0,
    };
    (1.0 - unseen).max(0.0)
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
