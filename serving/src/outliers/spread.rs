//! The distances of members from the centres of their groups, shrunk according to how similar peers are.
//!
//! Each group of peers has a centre, and the distances of its members from it share a prior: a mixture of normal
//! distributions around 0, with the weights of maximum likelihood over all groups of a pool. This is *adaptive
//! shrinkage* (Stephens, "False discovery rates: a new deal", Biostatistics 2017), with the centres estimated in the
//! same EM. A single normal distribution is a special case; but a few stars among equal members would make it so wide
//! that more noise passes for outliers, and would pull the centre of their group towards them (`tests/simulation.rs`).

use std::array;

use super::ratio::Ratio;
use crate::verdict::normal_tail;

/// The number of normal distributions in the mixture.
const N_PARTS: usize = 12;

/// The smallest standard deviation above 0, in logarithms; each further one is √2 times as wide, up to 64 %.
const NARROWEST: f64 = 0.02;

/// The largest number of EM steps, and the change of weights and centres below which EM stops.
const MAX_STEPS: usize = 300;
const SMALL: f64 = 1e-6;

fn widths() -> [f64; N_PARTS] {
    array::from_fn(|part| match part {
        0 => 0.0,
        part => NARROWEST * std::f64::consts::SQRT_2.powf(part as f64 - 1.0),
    })
}

/// The distribution of the members of a pool around the centres of their groups.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    pub(super) weights: [f64; N_PARTS],
    /// By group: the centre and its precision.
    centres: Vec<(f64, f64)>,
}

impl Spread {
    /// Fits the mixture by maximum likelihood to these members, each with its group below `n_groups`; every group has a
    /// member. Costs an exponential per member, component and step.
    pub(super) fn of(members: &[(usize, Ratio)], n_groups: usize) -> Self {
        let mut logs = vec![Vec::new(); n_groups];
        members.iter().for_each(|(group, own)| logs[*group].push(own.log));
        let centres = logs.into_iter().map(|logs| (median(logs), 0.0)).collect();
        let mut spread = Self { weights: [1.0 / N_PARTS as f64; N_PARTS], centres };
        let densities: Vec<Densities> = members.iter().map(|(_, own)| Densities::of(own)).collect();
        for _ in 0..MAX_STEPS {
            if spread.step(members, &densities) < SMALL {
                break;
            }
        }
        spread
    }

    /// One EM step; returns the largest change.
    fn step(&mut self, members: &[(usize, Ratio)], densities: &[Densities]) -> f64 {
        let mut weights = [0.0; N_PARTS];
        let mut sums = vec![(0.0, 0.0); self.centres.len()];
        let logs = self.weights.map(|weight| weight.max(1e-300).ln());
        for ((group, own), densities) in members.iter().zip(densities) {
            let parts = densities.parts(&logs, own.log - self.centres[*group].0);
            for ((weight, part), precision) in
                weights.iter_mut().zip(parts).zip(densities.precision)
            {
                *weight += part / members.len() as f64;
                sums[*group].0 += part * precision * own.log;
                sums[*group].1 += part * precision;
            }
        }
        let change = |old: f64, new: f64| (old - new).abs();
        let mut largest = self
            .weights
            .iter()
            .zip(weights)
            .map(|(old, new)| change(*old, new))
            .fold(0.0, f64::max);
        self.weights = weights;
        for (centre, (sum, precision)) in self.centres.iter_mut().zip(sums) {
            if precision > 0.0 {
                let moved = sum / precision;
                largest = largest.max(change(centre.0, moved));
                *centre = (moved, precision);
            }
        }
        largest
    }

    /// The centre of a group.
    pub(super) fn centre(&self, group: usize) -> f64 {
        self.centres[group].0
    }

    /// The posterior distribution of a member's distance from the centre of its group.
    pub(super) fn place(&self, group: usize, own: &Ratio) -> Place {
        let (centre, precision) = self.centres[group];
        let logs = self.weights.map(|weight| weight.max(1e-300).ln());
        let (parts, widths) = (Densities::of(own).parts(&logs, own.log - centre), widths());
        Place(array::from_fn(|part| {
            let width = widths[part] * widths[part];
            let drawn = width / (width + own.variance);
            // The centre is itself uncertain, and the more the member is shrunk, the less that matters.
            let variance = drawn * own.variance + drawn * drawn / precision.max(1e-300);
            (parts[part], drawn * (own.log - centre), variance.sqrt())
        }))
    }
}

/// The terms of a member's density under each component.
struct Densities {
    /// The inverse of the variance.
    precision: [f64; N_PARTS],
    /// The logarithm of the density at the centre.
    most: [f64; N_PARTS],
}

impl Densities {
    fn of(own: &Ratio) -> Self {
        let variances = widths().map(|width| own.variance + width * width);
        Self {
            precision: variances.map(|variance| 1.0 / variance),
            most: variances.map(|variance| -0.5 * variance.ln()),
        }
    }

    /// The posterior probability of each component, for a member at a distance `off`, given the logarithms of the
    /// weights.
    fn parts(&self, weights: &[f64; N_PARTS], off: f64) -> [f64; N_PARTS] {
        let logs: [f64; N_PARTS] = array::from_fn(|part| {
            weights[part] + self.most[part] - 0.5 * off * off * self.precision[part]
        });
        let most = logs.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let parts = logs.map(|log| (log - most).exp());
        let all: f64 = parts.iter().sum();
        parts.map(|part| part / all)
    }
}

/// The posterior of a member's distance: a mixture of normal distributions, by weight, mean and standard deviation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place([(f64, f64, f64); N_PARTS]);

impl Place {
    /// The probability that it is above a number.
    pub(super) fn above(&self, number: f64) -> f64 {
        let of_part = |(weight, mean, deviation): (f64, f64, f64)| {
            weight
                * match deviation > 0.0 {
                    true => normal_tail((number - mean) / deviation),
                    false => f64::from(u8::from(mean > number)),
                }
        };
        self.0.into_iter().map(of_part).sum()
    }

    /// The probability that it is below a number.
    pub(super) fn below(&self, number: f64) -> f64 {
        (1.0 - self.above(number)).max(0.0)
    }

    pub(super) fn mean(&self) -> f64 {
        self.0.iter().map(|(weight, mean, _)| weight * mean).sum()
    }

    /// The number that it exceeds with this probability.
    pub(super) fn exceeded(&self, chance: f64) -> f64 {
        let (mut low, mut high) = (-20.0, 20.0);
        for _ in 0..60 {
            let middle = low + (high - low) / 2.0;
            if self.above(middle) > chance {
                low = middle;
            } else {
                high = middle;
            }
        }
        low + (high - low) / 2.0
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let half = numbers.len() / 2;
    match numbers.len() {
        0 => 0.0,
        n if n % 2 == 1 => numbers[half],
        _ => f64::midpoint(numbers[half - 1], numbers[half]),
    }
}
