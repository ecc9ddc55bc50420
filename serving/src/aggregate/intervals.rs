//! The uncertainty of values besides counting error.

use clio_proto::{Interval, Intervals, SamplingBasis, Value};

use super::days::DayRatios;
use crate::plan::{Plan, RateOf};
use crate::propagation::Z_95;
use crate::verdict::{MIN_INTERVAL_DAYS, between_days, combined, wilson};

/// The intervals of each output, from its value and those of the stored measures.
pub(super) fn intervals(
    plan: &Plan,
    stored: &[Value],
    values: &[Value],
    days: Option<&DayRatios>,
) -> Vec<Intervals> {
    let of_output = |(at, (rate, value)): (usize, (&RateOf, &Value))| match rate {
        RateOf::Nothing => Intervals::none(SamplingBasis::NoRate),
        RateOf::People { whole, .. } => of_people(*value, stored[*whole]),
        RateOf::Sums { .. } => {
            let own = days.and_then(|days| days.get(at));
            of_sums(*value, own.map_or(&[][..], Vec::as_slice))
        }
    };
    plan.rates.iter().zip(values).enumerate().map(of_output).collect()
}

/// The standard error of a value from counting; `None` if its bounds do not tell.
pub(super) fn counting_error(value: Value) -> Option<f64> {
    if value.exact {
        return Some(0.0);
    }
    let error = (value.upper? - value.lower?) / (2.0 * Z_95);
    error.is_finite().then_some(error)
}

fn of_people(value: Value, people: Value) -> Intervals {
    let (Some(rate), Some(n)) = (value.value, people.value.filter(|n| *n > 0.0)) else {
        return Intervals::none(SamplingBasis::Nobody);
    };
    // The ratio of two estimates of nearly the same set may exceed 1.
    let rate = rate.clamp(0.0, 1.0);
    let counting = counting_error(value);
    Intervals {
        basis: SamplingBasis::People,
        sampling: Some(interval(wilson(rate, n))),
        combined: counting.map(|error| interval(combined(rate, n, error * error))),
    }
}

fn of_sums(value: Value, days: &[(f64, f64)]) -> Intervals {
    let Some(ratio) = value.value else { return Intervals::none(SamplingBasis::Nobody) };
    if days.len() < MIN_INTERVAL_DAYS {
        return Intervals::none(SamplingBasis::FewDays);
    }
    let Some(half) = between_days(days) else { return Intervals::none(SamplingBasis::Nobody) };
    let bounds = value.lower.zip(value.upper);
    Intervals {
        basis: SamplingBasis::Days,
        sampling: Some(interval((ratio - half, ratio + half))),
        combined: bounds.map(|(lower, upper)| interval((lower - half, upper + half))),
    }
}

fn interval((lower, upper): (f64, f64)) -> Interval {
    Interval { lower, upper }
}
