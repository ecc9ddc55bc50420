//! Quantiles and shares: the spreads of groups are united in one scratch, and all readings are taken at once.

use clio_proto::{Code, ServiceError, Value};
use clio_sketch::{Bounded, Buckets, QuantileUnion, Scale, SketchError};

use super::Cancel;
use super::batch::Batch;
use super::members::{Made, Members};
use super::scratch::Unions;
use crate::plan::{Plan, Reading};
use crate::snapshot::{MeasureColumn, QuantileArena, Snapshot};
use crate::withheld::Withholding;

/// The number of groups between two checks for cancellation: about a millisecond of work.
const GROUPS_PER_CHECK: u32 = 256;

/// The quantile measures of one query.
#[derive(Debug)]
pub(super) struct Quantiles<'a> {
    batches: &'a [Batch<'a>],
    spreads: Vec<Spread>,
    /// By position among the plan's measures: the spread, and the position among its readings.
    places: Vec<Option<(usize, usize)>>,
    cancel: &'a Cancel,
}

/// One quantile measure.
#[derive(Debug)]
pub(super) struct Spread {
    /// The position among the snapshot's stored measures.
    column: usize,
    /// The readings to take.
    readings: Vec<Reading>,
    /// The smallest number of values on either side of a reading for it to be shown.
    least: Option<u32>,
    union: QuantileUnion,
    unions: Unions,
    /// The readings over all selected rows, if taken.
    of_all: Option<Box<[Value]>>,
    /// The readings so far, by group.
    by_group: Vec<Option<Box<[Value]>>>,
}

impl<'a> Quantiles<'a> {
    pub(super) fn new(
        snapshot: &Snapshot,
        plan: &Plan,
        batches: &'a [Batch<'a>],
        n_groups: usize,
        cancel: &'a Cancel,
    ) -> Self {
        let mut spreads: Vec<Spread> = Vec::new();
        let mut places = Vec::with_capacity(plan.measures.len());
        for (at, measure) in plan.measures.iter().enumerate() {
            let Some(buckets) = plan.stored_type(snapshot, at).buckets() else {
                places.push(None);
                continue;
            };
            let known = spreads.iter().position(|spread| spread.column == measure.column);
            let spread = known.unwrap_or_else(|| {
                let by_group = vec![None; n_groups];
                let least = plan.withholding.as_ref().map(Withholding::least);
                let spread = Spread::new((measure.column, buckets), Vec::new(), least);
                spreads.push(Spread { by_group, ..spread });
                spreads.len() - 1
            });
            let readings = &mut spreads[spread].readings;
            readings.push(measure.reading);
            places.push(Some((spread, readings.len() - 1)));
        }
        Self { batches, spreads, places, cancel }
    }

    /// A reading over all selected rows.
    pub(super) fn total(&mut self, measure: usize) -> Result<Value, ServiceError> {
        let Some((spread, reading)) = self.places[measure] else { return Ok(Value::undefined()) };
        if self.spreads[spread].of_all.is_none() {
            self.unite(spread, self.batches)?;
            let spread = &mut self.spreads[spread];
            spread.of_all = Some(spread.read_all());
        }
        let of_all = self.spreads[spread].of_all.as_ref();
        Ok(of_all.map_or_else(Value::undefined, |values| values[reading]))
    }

    /// A reading over some batches.
    pub(super) fn united(
        &mut self,
        measure: usize,
        batches: &[Batch<'_>],
    ) -> Result<Value, ServiceError> {
        let Some((spread, reading)) = self.places[measure] else { return Ok(Value::undefined()) };
        self.unite(spread, batches)?;
        let spread = &self.spreads[spread];
        Ok(spread.read(spread.readings[reading]))
    }

    /// Unites a spread over some batches.
    fn unite(&mut self, spread: usize, batches: &[Batch<'_>]) -> Result<(), ServiceError> {
        let spread = &mut self.spreads[spread];
        spread.union.clear();
        for batch in batches {
            self.cancel.check()?;
            spread.add_batch(batch)?;
        }
        spread.unions.n_estimates += 1;
        Ok(())
    }

    /// A reading over a group.
    pub(super) fn of(
        &mut self,
        measure: usize,
        group: u32,
        members: &Members,
    ) -> Result<Value, ServiceError> {
        let Some((spread, reading)) = self.places[measure] else { return Ok(Value::undefined()) };
        let spread = &mut self.spreads[spread];
        if group.is_multiple_of(GROUPS_PER_CHECK) {
            self.cancel.check()?;
        }
        let at = group as usize;
        if spread.by_group[at].is_none() {
            spread.union.clear();
            match members.get(group) {
                Made::Batches(of) => {
                    for batch in of {
                        spread.add_batch(&self.batches[*batch as usize])?;
                    }
                }
                Made::Rows(rows) => {
                    for (batch, row) in rows {
                        spread.add_row(&self.batches[*batch as usize], *row)?;
                    }
                }
            }
            spread.unions.n_estimates += 1;
            spread.by_group[at] = Some(spread.read_all());
        }
        let known = spread.by_group[at].as_ref().map(|values| values[reading]);
        Ok(known.unwrap_or_else(Value::undefined))
    }

    /// The work of uniting so far, for all measures.
    pub(super) fn unions(&self) -> Unions {
        let mut all = Unions::default();
        self.spreads.iter().for_each(|spread| all += spread.unions);
        all
    }
}

impl Spread {
    /// Before any group and reading.
    pub(super) fn new(
        (column, buckets): (usize, Buckets),
        readings: Vec<Reading>,
        least: Option<u32>,
    ) -> Self {
        Self {
            column,
            readings,
            least,
            union: QuantileUnion::new(&Scale::new(buckets)),
            unions: Unions::default(),
            of_all: None,
            by_group: Vec::new(),
        }
    }

    /// The same values, to be extended; work from here on is counted here.
    pub(super) fn fork(&self) -> Self {
        Self {
            column: self.column,
            readings: self.readings.clone(),
            least: self.least,
            union: self.union.clone(),
            unions: Unions::default(),
            of_all: None,
            by_group: Vec::new(),
        }
    }

    /// The first reading over all that was added.
    pub(super) fn estimate(&mut self) -> Value {
        self.unions.n_estimates += 1;
        self.readings.first().map_or_else(Value::undefined, |reading| self.read(*reading))
    }

    /// The work of uniting so far.
    pub(super) fn unions(&self) -> Unions {
        self.unions
    }

    /// Adds all selected rows of a batch.
    pub(super) fn add_batch(&mut self, batch: &Batch<'_>) -> Result<(), ServiceError> {
        match &batch.rows {
            None => {
                let Some(arena) = arena(batch, self.column) else { return Ok(()) };
                let total = arena.total();
                self.unions.n_unions += 1;
                self.unions.bucket_bytes += size_of_val(total.counts()) as u64;
                self.union.union(total).map_err(|error| refused(&error))
            }
            Some(rows) => rows.iter().try_for_each(|row| self.add_row(batch, row)),
        }
    }

    /// Adds a row of a batch.
    #[inline]
    pub(super) fn add_row(&mut self, batch: &Batch<'_>, row: u32) -> Result<(), ServiceError> {
        let Some(arena) = arena(batch, self.column) else { return Ok(()) };
        if arena.n_values()[row as usize] == 0 {
            return Ok(());
        }
        self.unions.n_unions += 1;
        self.unions.bucket_bytes +=
            arena.union_into(row, &mut self.union).map_err(|error| refused(&error))?;
        Ok(())
    }

    fn read_all(&self) -> Box<[Value]> {
        self.readings.iter().map(|reading| self.read(*reading)).collect()
    }

    /// Whether a reading is determined by fewer values on one side than may be shown.
    fn is_of_few(&self, reading: Reading, read: f64) -> bool {
        let Some(least) = self.least else { return false };
        let n_values = self.union.n_values() as f64;
        let beside = |part: f64| (n_values * part.min(1.0 - part)).round();
        match reading {
            Reading::Quantile(percentile) => {
                beside(percentile.percent() / 100.0) < f64::from(least)
            }
            Reading::Below(_) | Reading::Above(_) => {
                (1.0..f64::from(least)).contains(&beside(read))
            }
            Reading::Number => false,
        }
    }

    /// Takes one reading of the union.
    fn read(&self, reading: Reading) -> Value {
        let found = match reading {
            Reading::Quantile(percentile) => self.union.quantile(percentile),
            Reading::Below(threshold) => self.union.share_below(threshold),
            Reading::Above(threshold) => self.union.share_above(threshold),
            // No query asks for it: a spread is not a single number.
            Reading::Number => None,
        };
        found.map_or_else(Value::undefined, |Bounded { value, lower, upper, exact }| {
            match self.is_of_few(reading, value) {
                true => Value::withheld(),
                false => Value::estimate(value, lower, upper, exact),
            }
        })
    }
}

/// The sketches of a measure in a batch's file.
fn arena<'a>(batch: &'a Batch<'_>, column: usize) -> Option<&'a QuantileArena> {
    match &batch.chunk.measures[column] {
        MeasureColumn::Quantiles(arena) => Some(arena),
        MeasureColumn::Int { .. } | MeasureColumn::Float { .. } | MeasureColumn::Sketch { .. } => {
            None
        }
    }
}

/// All sketches are of one measure, so that only their number can be too large.
fn refused(error: &SketchError) -> ServiceError {
    ServiceError::new(Code::Internal, error.to_string())
}
