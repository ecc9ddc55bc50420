//! Invariants: what must hold before every commit. One that does not is an error that explains itself. The checks that
//! a model declares are in `checks.rs`.

use clio_lake::{CheckOutcome, StoredType};
use clio_proto::Period;
use clio_sketch::{
    Estimate, Family, Form, Precision, QuantileRef, Scale, SketchError, SketchRef, Union,
    relative_standard_error_at,
};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;

use crate::cells::CellShape;
use crate::error::CheckError;

/// No cell has more values, different ones or all that quantiles are of, than events.
pub(crate) const DISTINCT_WITHIN_COUNT: &str = "distinct within count";
/// The counts of a day's cells are the events that were read.
pub(crate) const COUNTS_ARE_ROWS: &str = "counts are the rows read";
/// The counts of a period are those of the periods it is made of.
pub(crate) const PARENT_IS_SUM: &str = "a parent counts what its children count";
/// All time has at least the different values of any day.
pub(crate) const ALL_TIME_HOLDS_DAYS: &str = "all time holds each day";

/// What holds of every lake, whatever the model says; nobody can accept that it does not.
pub const INVARIANTS: [&str; 4] =
    [DISTINCT_WITHIN_COUNT, COUNTS_ARE_ROWS, PARENT_IS_SUM, ALL_TIME_HOLDS_DAYS];

/// What the cells of one period come to, all together.
#[derive(Debug, Clone)]
pub(crate) struct Totals {
    pub(crate) n_cells: u64,
    /// By measure: the sum of a count or of whole numbers, or how many values quantiles are of; `None` for others.
    pub(crate) whole: Vec<Option<i128>>,
    /// By measure: the union of all sketches; `None` for others.
    unions: Vec<Option<Union>>,
}

/// How far an estimate may lie above its count before it is a defect and no chance: one in a billion.
pub(crate) const N_STANDARD_ERRORS: f64 = 6.0;

impl Totals {
    pub(crate) fn new(shape: &CellShape) -> Self {
        let unions = shape.measures.iter().map(|measure| match measure.stored {
            StoredType::Sketch { family, precision } => Some(Union::new(family, precision)),
            StoredType::Count
            | StoredType::WholeSum
            | StoredType::FloatSum
            | StoredType::Quantiles { .. } => None,
        });
        let whole = shape.measures.iter().map(|measure| measure.rules.is_whole().then_some(0));
        Self { n_cells: 0, whole: whole.collect(), unions: unions.collect() }
    }

    /// Adds cells, each of which is held against the invariants.
    pub(crate) fn add(
        &mut self,
        shape: &CellShape,
        period: Period,
        cells: &RecordBatch,
    ) -> Result<(), CheckError> {
        self.n_cells += cells.num_rows() as u64;
        let column = |measure: usize| cells.column(shape.n_dimensions + measure);
        for (index, measure) in shape.measures.iter().enumerate() {
            // A row with a sketch stands for any number of events.
            let count = shape
                .measures
                .iter()
                .position(|other| {
                    other.stored == StoredType::Count && other.source == measure.source
                })
                .filter(|_| !measure.is_ready_made)
                .map(|count| column(count).as_primitive::<Int64Type>());
            let failed = |(row, reason): (usize, String)| CheckError::Invariant {
                invariant: DISTINCT_WITHIN_COUNT,
                period,
                reason: format!("cell {row}, measure `{}`: {reason}", measure.name),
            };
            let whole = match measure.stored {
                StoredType::Count | StoredType::WholeSum => {
                    let values = column(index).as_primitive::<Int64Type>();
                    values.values().iter().map(|&value| i128::from(value)).sum()
                }
                StoredType::FloatSum => continue,
                StoredType::Sketch { family, precision } => {
                    let Some(union) = &mut self.unions[index] else { continue };
                    let kind = (family, precision);
                    add_sketches(union, kind, column(index), count).map_err(failed)?;
                    continue;
                }
                StoredType::Quantiles { buckets } => {
                    n_values(&Scale::new(buckets), column(index), count).map_err(failed)?
                }
            };
            if let Some(total) = &mut self.whole[index] {
                *total += whole;
            }
        }
        Ok(())
    }

    /// Adds the totals of other cells of the same period.
    pub(crate) fn merge(&mut self, other: Self) {
        self.n_cells += other.n_cells;
        for (total, other) in self.whole.iter_mut().zip(other.whole) {
            if let (Some(total), Some(other)) = (total, other) {
                *total += other;
            }
        }
        for (union, other) in self.unions.iter_mut().zip(other.unions) {
            if let (Some(union), Some(mut other)) = (union, other) {
                union.union(&other.to_sketch()).expect("sketches of one measure are alike");
            }
        }
    }

    fn estimate(&mut self, measure: usize) -> Option<Estimate> {
        self.unions[measure].as_mut().map(Union::estimate)
    }
}

/// Adds a column of sketches to their union, each of which counts no more values than there are events; else its row, and
/// why.
fn add_sketches(
    union: &mut Union,
    (family, precision): (Family, Precision),
    sketches: &ArrayRef,
    count: Option<&Int64Array>,
) -> Result<(), (usize, String)> {
    let mut own = Union::new(family, precision);
    let sketches = sketches.as_binary::<i32>();
    for row in 0..sketches.len() {
        let bytes = sketches.value(row);
        let failed = |error: SketchError| (row, error.to_string());
        union.union_bytes(bytes).map_err(failed)?;
        let Some(count) = count else { continue };
        let n_events = count.value(row);
        // As many values as coupons at least: small sketches need no estimate.
        let view = SketchRef::parse(family, bytes).map_err(failed)?;
        if view.form() != Form::Registers && view.n_coupons() as u64 <= n_events.unsigned_abs() {
            continue;
        }
        own.clear();
        own.union_bytes(bytes).map_err(failed)?;
        // Not the 95 % bound: where every event is another person, one cell in forty lies below
        // it by chance, and a lake has thousands.
        let value = own.estimate().value;
        let error = relative_standard_error_at(family, precision, value);
        let lower = value * (1.0 - N_STANDARD_ERRORS * error);
        if lower > n_events as f64 {
            let reason = format!("at least {lower:.0} different values in {n_events} events");
            return Err((row, reason));
        }
    }
    Ok(())
}

/// Of how many values a column of quantiles is, no cell of more than there are events; else its row, and why.
fn n_values(
    scale: &Scale,
    sketches: &ArrayRef,
    count: Option<&Int64Array>,
) -> Result<i128, (usize, String)> {
    let mut n_all = 0;
    for (row, bytes) in sketches.as_binary::<i32>().iter().flatten().enumerate() {
        let sketch = QuantileRef::parse(scale, bytes).map_err(|error| (row, error.to_string()))?;
        let n_values = i128::from(sketch.n_values());
        if let Some(count) = count
            && n_values > i128::from(count.value(row))
        {
            return Err((row, format!("{n_values} values in {} events", count.value(row))));
        }
        n_all += n_values;
    }
    Ok(n_all)
}

/// Compares a day's counts with the events that were read for it, a source each.
pub(crate) fn counts_are_rows(
    shape: &CellShape,
    period: Period,
    totals: &Totals,
    rows_in: impl Fn(&str) -> u64,
) -> Result<(), CheckError> {
    for (measure, total) in shape.measures.iter().zip(&totals.whole) {
        let n_rows = rows_in(&measure.source);
        if measure.stored == StoredType::Count && *total != Some(i128::from(n_rows)) {
            let found = total.unwrap_or_default();
            return Err(CheckError::Invariant {
                invariant: COUNTS_ARE_ROWS,
                period,
                reason: format!("`{}` comes to {found}, {n_rows} rows were read", measure.name),
            });
        }
    }
    Ok(())
}

/// Compares a parent's totals with those of its children, counted apart.
pub(crate) fn parent_is_sum(
    shape: &CellShape,
    period: Period,
    totals: &Totals,
    children: &[Option<i128>],
) -> Result<(), CheckError> {
    for ((measure, total), expected) in shape.measures.iter().zip(&totals.whole).zip(children) {
        if total != expected {
            let (found, expected) = (total.unwrap_or_default(), expected.unwrap_or_default());
            return Err(CheckError::Invariant {
                invariant: PARENT_IS_SUM,
                period,
                reason: format!("`{}` comes to {found}, its parts to {expected}", measure.name),
            });
        }
    }
    Ok(())
}

/// Compares all time with one of its days.
pub(crate) fn all_time_holds(
    shape: &CellShape,
    all: &mut Totals,
    period: Period,
    day: &mut Totals,
) -> Result<(), CheckError> {
    for (index, measure) in shape.measures.iter().enumerate() {
        let (Some(all), Some(day)) = (all.estimate(index), day.estimate(index)) else { continue };
        if all.upper < day.lower {
            let (upper, lower) = (all.upper, day.lower);
            return Err(CheckError::Invariant {
                invariant: ALL_TIME_HOLDS_DAYS,
                period,
                reason: format!(
                    "`{}` has at most {upper:.0} values in all time, but at least {lower:.0} on the day",
                    measure.name
                ),
            });
        }
    }
    Ok(())
}

/// What was held against the invariants, and what the declared checks came to: both stand in the commit's metadata.
#[derive(Debug, Default, Clone)]
pub(crate) struct Checked {
    pub(crate) n_cells: u64,
    pub(crate) n_days: u64,
    pub(crate) n_parents: u64,
    /// What the declared checks came to.
    pub(crate) declared: Vec<CheckOutcome>,
}

impl Checked {
    /// Whether a declared check failed, and so was accepted.
    pub(crate) fn has_failures(&self) -> bool {
        self.declared.iter().flat_map(|check| &check.findings).any(|finding| finding.is_failure)
    }

    pub(crate) fn outcomes(&self) -> Vec<CheckOutcome> {
        let n_checked = [self.n_cells, self.n_days, self.n_parents, self.n_days];
        let outcome = |(name, n_checked): (&str, u64)| CheckOutcome {
            name: name.to_owned(),
            n_checked,
            findings: Vec::new(),
        };
        let invariants = INVARIANTS.into_iter().zip(n_checked).map(outcome);
        invariants.chain(self.declared.iter().cloned()).collect()
    }
}
