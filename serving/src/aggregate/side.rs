//! One side of a comparison, and the comparison of two of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{Compared, Value};
use clio_sketch::{Joint, Sketch};

use super::evaluate;
use crate::plan::{Output, Plan};
use crate::propagation::{jaccard_of_parts, most_in_common, moved_by_measures};

#[cfg(test)]
mod tests;

/// The stored measures of one side, by position among the plan's measures: those that the answer contains.
#[derive(Debug, Default)]
pub(super) struct Side {
    values: Vec<Value>,
    /// The sketches of distinct measures, to be compared with those of the other side.
    sketches: Vec<Option<Sketch>>,
    /// The measures whose bounds are certain, not 95 % ones.
    certain: BTreeSet<usize>,
}

impl Side {
    /// A side without data.
    pub(super) fn undefined(n_measures: usize) -> Self {
        Self {
            values: vec![Value::undefined(); n_measures],
            sketches: vec![None; n_measures],
            certain: BTreeSet::new(),
        }
    }

    /// The measures' values, by position.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The sketch of a distinct measure; `None` for a side without cells.
    pub(super) fn sketch(&self, measure: usize) -> Option<&Sketch> {
        self.sketches[measure].as_ref()
    }

    /// Adds the next measure.
    pub(super) fn push(&mut self, value: Value, sketch: Option<Sketch>) {
        self.values.push(value);
        self.sketches.push(sketch);
    }

    /// Withholds what must not be shown, if it has all measures of the plan and this was not done yet.
    pub(super) fn told(mut self, plan: &Plan) -> Self {
        if let Some(rule) = &plan.withholding {
            rule.tell_all(&mut self.values);
        }
        self
    }

    /// Withholds what is withheld of the other side, which is a whole without this one.
    pub(super) fn withheld_with(mut self, other: &Self) -> Self {
        for (own, other) in self.values.iter_mut().zip(&other.values) {
            if other.withheld {
                *own = Value::withheld();
            }
        }
        self
    }

    /// Adds the next measure, whose bounds are certain.
    pub(super) fn push_certain(&mut self, value: Value) {
        self.certain.insert(self.values.len());
        self.push(value, None);
    }
}

/// The comparison of each output of one side with that of the other.
pub(super) fn compare(outputs: &[Output], own: &Side, other: &Side) -> Vec<Compared> {
    let jaccards = Jaccards { own, other, known: RefCell::default() };
    let compared = |output: &Output| match output {
        Output::Stored(at) if own.certain.contains(at) => {
            compare_certain(own.values[*at], other.values[*at])
        }
        Output::Stored(_) | Output::Derived { .. } => compare_estimated(output, &jaccards),
    };
    let told = |output: &Output| {
        let compared = compared(output);
        match compared.other.withheld || evaluate(output, &own.values).withheld {
            true => {
                Compared { difference: Value::withheld(), ratio: Value::withheld(), ..compared }
            }
            false => compared,
        }
    };
    outputs.iter().map(told).collect()
}

/// The comparison of an output with that of the other side, from their 95 % bounds and what both have in common.
fn compare_estimated(output: &Output, jaccards: &Jaccards<'_>) -> Compared {
    let Jaccards { own, other, .. } = *jaccards;
    Compared {
        other: evaluate(output, &other.values),
        difference: whole_difference(output, &own.values, &other.values)
            .unwrap_or_else(|| two_sided(output, jaccards, |own, other, _| Some(own - other))),
        ratio: two_sided(output, jaccards, |own, other, divisors| {
            divisors.push(other);
            (other != 0.0).then(|| own / other)
        }),
    }
}

/// The comparison of a number with certain bounds with another one: results lie within the extremes that both bounds
/// allow.
fn compare_certain(own: Value, other: Value) -> Compared {
    let exact = own.exact && other.exact;
    let within = |value: f64, ends: Option<[f64; 4]>| match ends {
        Some(ends) if value.is_finite() && ends.iter().all(|end| end.is_finite()) => {
            let lower = ends.into_iter().fold(value, f64::min);
            let upper = ends.into_iter().fold(value, f64::max);
            Value::estimate(value, lower, upper, exact)
        }
        _ => Value { value: value.is_finite().then_some(value), ..Value::undefined() },
    };
    let bounds = |value: Value| Some([value.lower?, value.upper?]);
    let both = bounds(own).zip(bounds(other));
    let each = |of: fn(f64, f64) -> f64| {
        both.map(|([a, b], [c, d])| [of(a, c), of(a, d), of(b, c), of(b, d)])
    };
    let (difference, ratio) = match (own.value, other.value) {
        (Some(one), Some(another)) => {
            let is_past_zero =
                bounds(other).is_none_or(|[lower, upper]| lower <= 0.0 && 0.0 <= upper);
            let ends = each(|one, another| one / another).filter(|_| !is_past_zero);
            let ratio =
                if another == 0.0 { Value::undefined() } else { within(one / another, ends) };
            (within(one - another, each(|one, another| one - another)), ratio)
        }
        _ => (Value::undefined(), Value::undefined()),
    };
    Compared { other, difference, ratio }
}

/// The comparison of each output with itself: there is no difference, whatever the errors.
pub(super) fn compare_with_itself(outputs: &[Output], own: &Side) -> Vec<Compared> {
    let compared = |output: &Output| {
        let other = evaluate(output, &own.values);
        let exact = |number: f64, is_defined: bool| match other.value {
            Some(_) if is_defined => Value::exact(number),
            _ => Value::undefined(),
        };
        if other.withheld {
            return Compared { other, difference: other, ratio: other };
        }
        let ratio = exact(1.0, other.value != Some(0.0));
        Compared { other, difference: exact(0.0, true), ratio }
    };
    outputs.iter().map(compared).collect()
}

/// The difference of two whole numbers of any size.
pub(super) fn whole_difference(output: &Output, own: &[Value], other: &[Value]) -> Option<Value> {
    let Output::Stored(at) = output else { return None };
    #[expect(clippy::cast_possible_truncation, reason = "a whole number up to 2^53")]
    let of_small = |value: f64| value as i128;
    let whole = |side: &[Value]| {
        let Value { value, exact, whole, .. } = side[*at];
        let small = value.filter(|value| exact && value.fract() == 0.0);
        whole.or(small.map(of_small))
    };
    Some(Value::whole(whole(own)? - whole(other)?))
}

/// The value of `outcome` for an output of both sides, given the divisors so far.
fn two_sided(
    output: &Output,
    jaccards: &Jaccards<'_>,
    outcome: impl Fn(f64, f64, &mut Vec<f64>) -> Option<f64>,
) -> Value {
    let needs = output.needs();
    let n = needs.len();
    let sides = [jaccards.own, jaccards.other];
    // The measures of one side, then those of the other.
    let values: Vec<Value> =
        sides.iter().flat_map(|side| needs.iter().map(|at| side.values[*at])).collect();
    let evaluate = |number: &dyn Fn(usize) -> Option<f64>, divisors: &mut Vec<f64>| {
        let mut side = |first: usize| match output {
            Output::Stored(_) => number(first),
            Output::Derived { expression, of, .. } => {
                let lookup =
                    |name: &str| number(first + of.iter().position(|(own, _)| own == name)?);
                expression.evaluate_noting(&lookup, divisors)
            }
        };
        let (own, other) = (side(0)?, side(n)?);
        outcome(own, other, divisors)
    };
    let jaccard = |one: usize, another: usize| {
        if one / n != another / n {
            let (one, another) = (one.min(another), one.max(another));
            return jaccards.across(needs[one], needs[another - n]);
        }
        match output {
            Output::Stored(_) => 1.0,
            Output::Derived { of, parts, .. } => {
                let named = |at: usize| (of[at % n].0.as_str(), values[at]);
                let is_part = |part: &str, whole: &str| {
                    parts.iter().any(|own| (own.0.as_str(), own.1.as_str()) == (part, whole))
                };
                jaccard_of_parts(named(one), named(another), is_part)
            }
        }
    };
    moved_by_measures(&values, evaluate, jaccard)
}

/// The Jaccard index of a measure of one side and one of the other, each pair looked at once.
struct Jaccards<'a> {
    own: &'a Side,
    other: &'a Side,
    known: RefCell<BTreeMap<(usize, usize), f64>>,
}

impl Jaccards<'_> {
    /// For sketches of different kinds it is unknown: their errors are taken as independent.
    fn across(&self, own: usize, other: usize) -> f64 {
        *self.known.borrow_mut().entry((own, other)).or_insert_with(|| {
            let most = most_in_common(self.own.values[own], self.other.values[other]);
            match (&self.own.sketches[own], &self.other.sketches[other]) {
                (Some(own), Some(other)) => {
                    Joint::of(own, other).map_or(0.0, |joint| joint.jaccard.value.clamp(0.0, most))
                }
                _ => 0.0,
            }
        })
    }
}
