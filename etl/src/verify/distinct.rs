//! Distinct values of both sides: counted by SQL, and estimated by sketches.

use std::collections::BTreeMap;

use clio_sketch::{
    Estimate, Family, Precision, ReferenceSketch, Sketch, relative_standard_error_at,
};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::common::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use super::exact::{text, texts};
use super::facts::STEP;
use crate::engine::explained;
use crate::error::{During, EtlError};

/// An estimate off by more standard errors than this is wrong: by chance one in some two million is.
const MAX_STANDARD_ERRORS: f64 = 5.0;
/// The one-sided probability of more than [`MAX_STANDARD_ERRORS`] in a normal distribution.
const TAIL: f64 = 2.87e-7;
/// Below this many standard errors a number of collisions is not normally distributed.
const POISSON_BELOW: f64 = 8.0;
/// How far off the estimate itself may be, in values, when it corrects for collisions.
const SLACK: f64 = 0.1;
/// The reference crate counts its sparse form over 2^24 slots although hashes fall into 2^25, so it is too high
/// by n² / 2^26 while sparse.
const REFERENCE_SLOTS: f64 = 67_108_864.0;

/// The number of distinct values of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counted {
    pub(super) n_values: u64,
    /// The estimate of the family's independent sketch, if there is one.
    pub(super) reference: Option<f64>,
}

/// The estimate for a cell, or for several together; a file older than the measure has none.
pub(super) fn of_cells(
    sketches: &ArrayRef,
    row: usize,
    family: Family,
) -> Result<Estimate, EtlError> {
    let sketches = sketches.as_binary::<i64>();
    if sketches.is_null(row) {
        return Ok(Estimate::exact(0));
    }
    let sketch = Sketch::decode(family, sketches.value(row))
        .map_err(|error| DataFusionError::External(error.into()))
        .during(STEP)?;
    Ok(sketch.estimate())
}

/// The number of distinct combinations of some columns for each place, by SQL; `rows` has the columns and
/// `place`.
pub(super) async fn exact(
    ctx: &SessionContext,
    rows: &str,
    columns: &[String],
    (family, precision): (Family, Precision),
) -> Result<BTreeMap<Option<String>, Counted>, EtlError> {
    let is_value: Vec<String> =
        columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    let (columns, is_value) = (columns.join(", "), is_value.join(" AND "));
    // Each distinct value once, so that their number is COUNT(DISTINCT); and ordered by place, so that a single
    // reference sketch is held at a time.
    let sql = format!(
        "SELECT place, \"clio_hash_{family}\"({columns}) AS hash FROM (SELECT DISTINCT place, {columns} FROM \
         ({rows}) AS rows_of WHERE {is_value}) AS different ORDER BY place"
    );
    let frame = ctx.sql(&sql).await.during(STEP)?;
    let mut batches = frame.execute_stream().await.map_err(|error| explained(STEP, error))?;
    let mut counted = BTreeMap::new();
    let mut current: Option<(Option<String>, Tally)> = None;
    while let Some(batch) = batches.try_next().await.map_err(|error| explained(STEP, error))? {
        let places = texts(batch.column(0))?;
        let hashes = batch.column(1).as_primitive::<UInt64Type>();
        for row in 0..batch.num_rows() {
            let place = text(&places, row);
            if current.as_ref().is_none_or(|(at, _)| *at != place) {
                let next = (place, Tally::new(family, precision));
                counted.extend(current.replace(next).map(|(place, own)| (place, own.finish())));
            }
            if let Some((_, tally)) = &mut current {
                tally.add(hashes.value(row));
            }
        }
    }
    counted.extend(current.map(|(place, own)| (place, own.finish())));
    Ok(counted)
}

/// The distinct values of a place.
struct Tally {
    n_values: u64,
    reference: Option<ReferenceSketch>,
}

impl Tally {
    fn new(family: Family, precision: Precision) -> Self {
        Self { n_values: 0, reference: ReferenceSketch::of(family, precision) }
    }

    fn add(&mut self, hash: u64) {
        self.n_values += 1;
        if let Some(reference) = &mut self.reference {
            reference.insert_hash(hash);
        }
    }

    fn finish(self) -> Counted {
        let reference = self.reference.map(|mut reference| reference.count());
        Counted { n_values: self.n_values, reference }
    }
}

/// How far off an estimate is.
pub(super) struct Deviation {
    /// In standard errors.
    pub(super) error: f64,
    pub(super) is_within_bounds: bool,
    /// The same for the reference, if there is one.
    pub(super) of_reference: Option<f64>,
    /// Whether it is further off than chance explains.
    pub(super) is_wrong: bool,
}

impl Deviation {
    pub(super) fn of(
        (family, precision): (Family, Precision),
        estimate: &Estimate,
        counted: Counted,
    ) -> Self {
        let truth = counted.n_values as f64;
        let unit = standard_error(truth * relative_standard_error_at(family, precision, truth));
        let error = in_units((estimate.value - truth).abs(), unit);
        let of_reference = counted.reference.map(|reference| {
            let off = reference - truth;
            let off_if_sparse = off - truth * truth / REFERENCE_SLOTS;
            in_units(off.abs().min(off_if_sparse.abs()), unit)
        });
        let is_wrong_exact = estimate.exact && (estimate.value - truth).abs() > 0.5;
        Self {
            error,
            is_within_bounds: (estimate.lower..=estimate.upper).contains(&truth),
            of_reference,
            is_wrong: error > MAX_STANDARD_ERRORS || is_wrong_exact,
        }
    }
}

fn in_units(off: f64, unit: f64) -> f64 {
    if off == 0.0 { 0.0 } else { off / unit }
}

/// The standard error in which a deviation is measured.
///
/// While a sketch is small its only error is a collision of two coupons, which is rare and lowers the count by a
/// whole value: relative to its standard deviation, a thousandth of a value, one collision would be a thousand
/// standard errors. So the unit is a fifth of the number of collisions that is as rare as five standard errors,
/// if that is larger.
fn standard_error(deviation: f64) -> f64 {
    if deviation >= POISSON_BELOW {
        return deviation;
    }
    // The number of collisions has a Poisson distribution; the estimate corrects for its mean.
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
