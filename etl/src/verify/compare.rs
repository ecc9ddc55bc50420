//! Compares both sides: what is equal, how far estimates are off, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use clio_lake::{MAX_MISMATCHES, Mismatch, ReferenceErrors, StoredType, Verification};
use clio_proto::Dimension;
use clio_sketch::{Buckets, Estimate, Family, Precision};
use jiff::civil::Date;

use super::distinct::{Counted, Deviation};
use super::exact::Exact;
use super::facts::Recount;
use super::place::{self, Numbers, Place};
use super::quantiles::Spread;
use super::stored::{Stored, StoredDay};
use crate::cells::CellShape;

/// The results so far.
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

/// Errors, in standard errors.
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

    /// Compares a day; what one side lacks is 0 there.
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
                // Integers are compared as such; the next line would round them beyond 2^53.
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
        kind: (Family, Precision),
        estimate: Estimate,
        exact: Option<Exact>,
    ) {
        let counted = match exact {
            Some(Exact::Distinct(counted)) => counted,
            _ => Counted { n_values: 0, reference: None },
        };
        let deviation = Deviation::of(kind, &estimate, counted);
        self.errors.add(deviation.error);
        self.n_within_bounds += u64::from(deviation.is_within_bounds);
        if let Some(error) = deviation.of_reference {
            self.reference.add(error);
        }
        if deviation.is_wrong {
            let truth = counted.n_values as f64;
            self.mismatch(at, estimate.value, truth, Some(deviation.error), counted.reference);
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
                // JSON has no infinity.
                standard_errors: standard_errors.map(|error| error.min(f64::MAX)),
                reference,
            });
        }
    }

    /// Fills in the results.
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
