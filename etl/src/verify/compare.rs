//! Both sides side by side: what is equal, how far estimates are off, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use clio_lake::{MAX_MISMATCHES, Mismatch, ReferenceErrors, StoredType, Verification};
use clio_proto::Dimension;
use clio_sketch::{Buckets, Estimate, Family, Precision, relative_standard_error_at};
use jiff::civil::Date;

use super::exact::Exact;
use super::facts::Recount;
use super::place::{self, Numbers, Place};
use super::quantiles::Spread;
use super::stored::{Stored, StoredDay};
use crate::cells::CellShape;

/// Beyond so many standard errors an estimate is wrong: one in some two million.
const MAX_STANDARD_ERRORS: f64 = 5.0;
/// The probability of more than [`MAX_STANDARD_ERRORS`] of a normal distribution, on one side.
const TAIL: f64 = 2.87e-7;
/// Below so many standard errors a count of collisions is no normal distribution.
const POISSON_BELOW: f64 = 8.0;
/// What the estimate itself may differ, of a value, when it corrects for collisions.
const SLACK: f64 = 0.1;
/// The reference crate counts its sparse form over 2^24 slots where hashes fall into 2^25, so that it reads
/// n² / 2^26 high while it is sparse.
const REFERENCE_SLOTS: f64 = 67_108_864.0;

/// What was compared so far.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    dimensions: &'a [Dimension],
    n_cells: u64,
    n_additive: u64,
    errors: Errors,
    n_within_bounds: u64,
    reference: Errors,
    n_mismatches: u64,
    mismatches: Vec<Mismatch>,
    not_compared: BTreeSet<String>,
}

/// Errors in standard errors.
#[derive(Debug, Clone, Copy, Default)]
struct Errors {
    n: u64,
    max: f64,
    sum_of_squares: f64,
}

impl Errors {
    fn add(&mut self, error: f64) {
        self.n += 1;
        self.max = self.max.max(error);
        self.sum_of_squares += error * error;
    }

    fn rms(self) -> f64 {
        if self.n == 0 { 0.0 } else { (self.sum_of_squares / self.n as f64).sqrt() }
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn new(dimensions: &'a [Dimension]) -> Self {
        Self {
            dimensions,
            n_cells: 0,
            n_additive: 0,
            errors: Errors::default(),
            n_within_bounds: 0,
            reference: Errors::default(),
            n_mismatches: 0,
            mismatches: Vec::new(),
            not_compared: BTreeSet::new(),
        }
    }

    pub(super) fn add_cells(&mut self, n_cells: u64) {
        self.n_cells += n_cells;
    }

    /// Compares a day; what one side has nothing of is 0 there.
    pub(super) fn add_day(
        &mut self,
        day: Date,
        shape: &CellShape,
        stored: &StoredDay,
        exact: &Numbers<Exact>,
        recounted: &BTreeMap<usize, Recount>,
        not_compared: &[String],
    ) {
        self.not_compared.extend(not_compared.iter().cloned());
        let places: BTreeSet<&Place> = stored.numbers.keys().chain(exact.keys()).collect();
        for place in places {
            for measure in recounted.keys() {
                let at = At { day, place, measure: &shape.measures[*measure].name };
                let stored_as = shape.measures[*measure].stored;
                let stored = stored.numbers.get(place).and_then(|numbers| numbers.get(measure));
                let exact = exact.get(place).and_then(|numbers| numbers.get(measure));
                self.compare(&at, stored_as, stored.copied(), exact.copied());
            }
        }
    }

    fn compare(
        &mut self,
        at: &At<'_>,
        stored_as: StoredType,
        stored: Option<Stored>,
        exact: Option<Exact>,
    ) {
        if stored.is_none() && exact.is_none() {
            self.n_additive += 1;
            return;
        }
        let (stored, exact) = match stored_as {
            StoredType::Quantiles { buckets } => return self.quantiles(at, buckets, stored, exact),
            StoredType::Sketch { family, precision } => {
                let estimate = match stored {
                    Some(Stored::Sketch(estimate)) => estimate,
                    _ => Estimate::exact(0),
                };
                return self.distinct(at, (family, precision), estimate, exact);
            }
            StoredType::FloatSum => {
                let (sum, slack) = match stored {
                    Some(Stored::Float { sum, slack }) => (sum, slack),
                    _ => (0.0, 0.0),
                };
                let exact = if let Some(Exact::Float(exact)) = exact { exact } else { 0.0 };
                (sum, (exact, slack))
            }
            StoredType::Count | StoredType::WholeSum => {
                let stored = if let Some(Stored::Whole(stored)) = stored { stored } else { 0 };
                let exact = if let Some(Exact::Whole(exact)) = exact { exact } else { 0 };
                // Whole numbers are compared as such; beyond 2^53 the next line would round them.
                let slack = if stored == exact { f64::INFINITY } else { -1.0 };
                (stored as f64, (exact as f64, slack))
            }
        };
        self.n_additive += 1;
        let (exact, slack) = exact;
        if (stored - exact).abs() > slack {
            self.mismatch(at, stored, exact, None, None);
        }
    }

    fn distinct(
        &mut self,
        at: &At<'_>,
        (family, precision): (Family, Precision),
        estimate: Estimate,
        exact: Option<Exact>,
    ) {
        let (n_values, reference) = match exact {
            Some(Exact::Distinct { n_values, reference }) => (n_values, reference),
            _ => (0, None),
        };
        let truth = n_values as f64;
        let unit = standard_error(truth * relative_standard_error_at(family, precision, truth));
        let error = in_units((estimate.value - truth).abs(), unit);
        self.errors.add(error);
        self.n_within_bounds += u64::from((estimate.lower..=estimate.upper).contains(&truth));
        if let Some(reference) = reference {
            let off = reference - truth;
            let off_if_sparse = off - truth * truth / REFERENCE_SLOTS;
            self.reference.add(in_units(off.abs().min(off_if_sparse.abs()), unit));
        }
        let is_wrong_exact = estimate.exact && (estimate.value - truth).abs() > 0.5;
        if error > MAX_STANDARD_ERRORS || is_wrong_exact {
            self.mismatch(at, estimate.value, truth, Some(error), reference);
        }
    }

    fn quantiles(
        &mut self,
        at: &At<'_>,
        buckets: Buckets,
        stored: Option<Stored>,
        exact: Option<Exact>,
    ) {
        let stored = match stored {
            Some(Stored::Quantiles(spread)) => spread,
            _ => Spread::of_none(),
        };
        let exact = match exact {
            Some(Exact::Quantiles(spread)) => Some(spread),
            _ => None,
        };
        self.n_additive += 1;
        for (what, stored, exact) in stored.differences(at.measure, buckets, exact) {
            self.mismatch(&At { measure: &what, ..*at }, stored, exact, None, None);
        }
    }

    fn mismatch(
        &mut self,
        at: &At<'_>,
        stored: f64,
        exact: f64,
        standard_errors: Option<f64>,
        reference: Option<f64>,
    ) {
        self.n_mismatches += 1;
        if self.mismatches.len() < MAX_MISMATCHES {
            self.mismatches.push(Mismatch {
                day: at.day,
                place: place::name(self.dimensions, at.place),
                measure: at.measure.to_owned(),
                stored,
                exact,
                // An infinite one is no number in JSON.
                standard_errors: standard_errors.map(|error| error.min(f64::MAX)),
                reference,
            });
        }
    }

    /// Fills in what was found.
    pub(super) fn finish(self, verification: Verification) -> Verification {
        let n_distinct = self.errors.n;
        let reference = ReferenceErrors {
            n_compared: self.reference.n,
            max_error: self.reference.max.min(f64::MAX),
            rms_error: self.reference.rms().min(f64::MAX),
        };
        Verification {
            n_cells: self.n_cells,
            n_additive: self.n_additive,
            n_distinct,
            max_error: self.errors.max.min(f64::MAX),
            rms_error: self.errors.rms().min(f64::MAX),
            share_within_bounds: match n_distinct {
                0 => 1.0,
                n => self.n_within_bounds as f64 / n as f64,
            },
            reference: (self.reference.n > 0).then_some(reference),
            n_mismatches: self.n_mismatches,
            mismatches: self.mismatches,
            not_compared: self.not_compared.into_iter().collect(),
            ..verification
        }
    }
}

/// Where numbers are compared.
struct At<'a> {
    day: Date,
    place: &'a Place,
    measure: &'a str,
}

fn in_units(off: f64, unit: f64) -> f64 {
    if off == 0.0 { 0.0 } else { off / unit }
}

/// The standard error that a deviation is measured in.
///
/// While a sketch is small its only error is a collision of two coupons, which makes the count less by a whole
/// value, and which is rare: measured by its standard deviation, a thousandth of a value, one collision would be
/// a thousand standard errors. So the unit is a fifth of the collisions that are as rare as five standard
/// errors, where that is more.
fn standard_error(deviation: f64) -> f64 {
    if deviation >= POISSON_BELOW {
        return deviation;
    }
    // The number of collisions is a Poisson variable; the estimate corrects for their mean.
    let mean = deviation * deviation;
    let mut probability = (-mean).exp();
    let (mut n_collisions, mut within) = (0.0, probability);
    while 1.0 - within > TAIL {
        n_collisions += 1.0;
        probability *= mean / n_collisions;
        within += probability;
    }
    deviation.max((n_collisions - mean + SLACK) / MAX_STANDARD_ERRORS).max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_collision_is_five_standard_errors_and_more_are_beyond() {
        // 100 values of 2^26 slots: one collision in 13 thousand sketches, two in 360 million.
        let unit = standard_error(100.0 / 2.0_f64.powi(27).sqrt());
        assert!(in_units(1.0, unit) <= MAX_STANDARD_ERRORS + 1e-3, "{unit}");
        assert!(in_units(2.0, unit) > MAX_STANDARD_ERRORS, "{unit}");
        // Two values collide once in 33 million sketches.
        let unit = standard_error(2.0 / 2.0_f64.powi(27).sqrt());
        assert!(in_units(1.0, unit) > MAX_STANDARD_ERRORS, "{unit}");
        // Where collisions are many, they are normal.
        for deviation in [5.0_f64, 7.9] {
            let unit = standard_error(deviation);
            assert!((1.0..1.3).contains(&(unit / deviation)), "{deviation} {unit}");
        }
        assert!((standard_error(33.0) - 33.0).abs() < f64::EPSILON);
    }
}
