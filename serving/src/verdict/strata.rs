//! The difference of two rates within strata, and standardised over them.

use super::sample::Rate;
use crate::propagation::Z_95;

/// Both sides within a stratum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stratum {
    /// `None` if a side has nobody.
    pub(crate) own: Option<Rate>,
    pub(crate) other: Option<Rate>,
    /// The largest possible number of people on both sides.
    pub(crate) both: f64,
}

/// How strata change a difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standardised {
    /// The difference of the rates of all people, each counted once for each stratum.
    pub(crate) raw: f64,
    /// The difference as if both sides had the people of both together.
    pub(crate) difference: f64,
    pub(crate) half_width: f64,
    /// The fraction of both sides' people in strata that only one side has.
    pub(crate) without_counterpart: f64,
    /// It is significant in the opposite direction to the raw one, and so it is in strata with more than half of the
    /// weight.
    pub(crate) is_reversed: bool,
}

/// Direct standardisation with the people of both sides as weights; `None` without a common stratum.
pub(crate) fn standardised(strata: &[Stratum]) -> Option<Standardised> {
    let people = |rate: Option<Rate>| rate.map_or(0.0, |rate| rate.people);
    let all: f64 = strata.iter().map(|own| people(own.own) + people(own.other)).sum();
    let pairs: Vec<(Rate, Rate, f64)> = strata
        .iter()
        .filter_map(|stratum| Some((stratum.own?, stratum.other?, stratum.both)))
        .collect();
    let of_pairs: f64 = pairs.iter().map(|(own, other, _)| own.people + other.people).sum();
    if of_pairs <= 0.0 {
        return None;
    }
    let total = |side: fn(&Stratum) -> Option<Rate>| {
        let rates = || strata.iter().filter_map(side);
        let played: f64 = rates().map(|rate| rate.people * rate.rate).sum();
        played / rates().map(|rate| rate.people).sum::<f64>()
    };
    let raw = total(|stratum| stratum.own) - total(|stratum| stratum.other);
    let (mut difference, mut variance, mut counting) = (0.0, 0.0, 0.0);
    for (own, other, both) in &pairs {
        let weight = (own.people + other.people) / of_pairs;
        difference += weight * (own.rate - other.rate);
        variance += weight * weight * variance_of(*own, *other, *both);
        counting += weight * own.counting.hypot(other.counting);
    }
    let half_width = Z_95 * (variance.sqrt() + counting);
    let is_beyond = |(own, other, both): &&(Rate, Rate, f64)| {
        let own_difference = own.rate - other.rate;
        let half =
            Z_95 * (variance_of(*own, *other, *both).sqrt() + own.counting.hypot(other.counting));
        own_difference * difference > 0.0 && own_difference.abs() > half
    };
    let beyond: f64 =
        pairs.iter().filter(is_beyond).map(|(own, other, _)| own.people + other.people).sum();
    Some(Standardised {
        raw,
        difference,
        half_width,
        without_counterpart: 1.0 - of_pairs / all,
        is_reversed: raw * difference < 0.0
            && difference.abs() > half_width
            && beyond > of_pairs / 2.0,
    })
}

/// The variance of a difference of two rates as if people were drawn at random; a person on both sides plays at most
/// one of them.
fn variance_of(own: Rate, other: Rate, both: f64) -> f64 {
    let binomial = |rate: Rate| rate.rate * (1.0 - rate.rate) / rate.people;
    let together = 2.0 * own.rate * other.rate * both / (own.people * other.people);
    binomial(own) + binomial(other) + together
}
