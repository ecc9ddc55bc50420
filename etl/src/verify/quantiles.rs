//! Quantiles of both sides: of the sorted values, and by sketches.

use std::collections::BTreeMap;

use clio_sketch::{Bounded, Buckets, Percentile, QuantileSketch, Scale};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{Float64Type, Int64Type};
use datafusion::common::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use super::exact::{text, texts};
use super::facts::STEP;
use crate::engine::explained;
use crate::error::{During, EtlError};

/// The quantiles that are compared.
pub(super) const COMPARED: [&str; 9] =
    ["p0", "p1", "p10", "p25", "p50", "p75", "p90", "p99", "p100"];
/// How far off a quantile may be in addition to its error: the rounding of a double.
const ROUNDING: f64 = 1e-12;

/// A place's values: their number, quantiles, and how many are below each edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread<Q> {
    pub(super) n_values: u64,
    /// One for each of [`COMPARED`].
    pub(super) quantiles: [Q; COMPARED.len()],
    /// One per edge; 0 after the last.
    pub(super) n_below: [u64; Buckets::MAX_EDGES],
}

fn percentiles() -> [Percentile; COMPARED.len()] {
    COMPARED.map(|name| name.parse().expect("all of them are quantiles"))
}

impl Spread<Option<Bounded>> {
    /// The numbers from a sketch.
    pub(super) fn of(scale: &Scale, sketch: &QuantileSketch) -> Self {
        let mut n_below = [0; Buckets::MAX_EDGES];
        for (n_below, edge) in n_below.iter_mut().zip(scale.buckets().edges()) {
            let key = scale.key(edge).expect("an edge is in the range of values");
            let below = sketch.counts().iter().filter(|(own, _)| *own < key);
            *n_below = below.map(|(_, count)| count).sum();
        }
        let quantiles = percentiles().map(|percentile| sketch.quantile(percentile));
        Self { n_values: sketch.n_values(), quantiles, n_below }
    }

    /// The numbers without a sketch.
    pub(super) fn of_none() -> Self {
        let (quantiles, n_below) = ([None; COMPARED.len()], [0; Buckets::MAX_EDGES]);
        Self { n_values: 0, quantiles, n_below }
    }

    /// The differences from the values themselves: what differs, the stored and the exact number.
    pub(super) fn differences(
        &self,
        measure: &str,
        buckets: Buckets,
        exact: Option<Spread<f64>>,
    ) -> Vec<(String, f64, f64)> {
        let exact = exact.unwrap_or(Walk::new(0).spread);
        let mut found = Vec::new();
        if self.n_values != exact.n_values {
            found.push((measure.to_owned(), self.n_values as f64, exact.n_values as f64));
        }
        for ((name, stored), exact) in COMPARED.iter().zip(&self.quantiles).zip(exact.quantiles) {
            let Some(stored) = stored else { continue };
            // Anything smaller counts as zero.
            let exact = if exact.abs() < Buckets::MIN_VALUE { 0.0 } else { exact };
            let is_within = (stored.lower..=stored.upper).contains(&exact);
            let most = (buckets.error() + ROUNDING) * exact.abs();
            if !is_within || (stored.value - exact).abs() > most {
                found.push((format!("{measure}.{name}"), stored.value, exact));
            }
        }
        for (at, edge) in buckets.edges().enumerate() {
            let (stored, exact) = (self.n_below[at], exact.n_below[at]);
            if stored != exact {
                let what = format!("values of {measure} below {edge}");
                found.push((what, stored as f64, exact as f64));
            }
        }
        found
    }
}

/// The sketch of a cell, or of several together; a file older than the measure has none.
pub(super) fn of_cells(
    sketches: &ArrayRef,
    row: usize,
    buckets: Buckets,
) -> Result<Spread<Option<Bounded>>, EtlError> {
    let (sketches, scale) = (sketches.as_binary::<i64>(), Scale::new(buckets));
    let sketch = match sketches.is_null(row) {
        true => QuantileSketch::new(&scale),
        false => QuantileSketch::decode(&scale, sketches.value(row))
            .map_err(|error| DataFusionError::External(error.into()))
            .during(STEP)?,
    };
    Ok(Spread::of(&scale, &sketch))
}

/// The sorted values of a measure for each place, by SQL alone; `rows` has the columns `place` and that of the measure.
pub(super) async fn exact(
    ctx: &SessionContext,
    rows: &str,
    column: &str,
    buckets: Buckets,
) -> Result<BTreeMap<Option<String>, Spread<f64>>, EtlError> {
    let values = format!(
        "SELECT place, {column} AS value FROM ({rows}) AS rows_of WHERE {column} IS NOT NULL"
    );
    let sql = format!("SELECT place, count(*) AS n FROM ({values}) AS of_place GROUP BY place");
    let frame = ctx.sql(&sql).await.during(STEP)?;
    let batches = frame.collect().await.map_err(|error| explained(STEP, error))?;
    let mut n_values = BTreeMap::new();
    for batch in &batches {
        let (places, counts) =
            (texts(batch.column(0))?, batch.column(1).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            n_values.insert(text(&places, row), counts.value(row).unsigned_abs());
        }
    }
    let sql = format!(
        "SELECT place, value, count(*) AS n FROM ({values}) AS of_place GROUP BY place, value ORDER BY place, value"
    );
    let frame = ctx.sql(&sql).await.during(STEP)?;
    let mut batches = frame.execute_stream().await.map_err(|error| explained(STEP, error))?;
    let mut walks: BTreeMap<Option<String>, Walk> = BTreeMap::new();
    while let Some(batch) = batches.try_next().await.map_err(|error| explained(STEP, error))? {
        let places = texts(batch.column(0))?;
        let values = batch.column(1).as_primitive::<Float64Type>();
        let counts = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let place = text(&places, row);
            let n_all = n_values.get(&place).copied().unwrap_or_default();
            let walk = walks.entry(place).or_insert_with(|| Walk::new(n_all));
            walk.step(buckets, values.value(row), counts.value(row).unsigned_abs());
        }
    }
    Ok(walks.into_iter().map(|(place, walk)| (place, walk.spread)).collect())
}

/// A walk through the values of a place, in ascending order.
struct Walk {
    spread: Spread<f64>,
    ranks: [u64; COMPARED.len()],
    n_seen: u64,
}

impl Walk {
    fn new(n_values: u64) -> Self {
        let (quantiles, n_below) = ([0.0; COMPARED.len()], [0; Buckets::MAX_EDGES]);
        Self {
            spread: Spread { n_values, quantiles, n_below },
            ranks: percentiles().map(|percentile| percentile.rank(n_values)),
            n_seen: 0,
        }
    }

    fn step(&mut self, buckets: Buckets, value: f64, count: u64) {
        let from = self.n_seen;
        self.n_seen += count;
        for (quantile, rank) in self.spread.quantiles.iter_mut().zip(self.ranks) {
            if from < rank && rank <= self.n_seen {
                *quantile = value;
            }
        }
        for (n_below, edge) in self.spread.n_below.iter_mut().zip(buckets.edges()) {
            if value < edge {
                *n_below += count;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sketch of the values is at one with them; one that lacks a value, or has it elsewhere, is not.
    #[test]
    fn what_is_stored_is_held_against_the_values() {
        let buckets = Buckets::try_new(0.02, &[30.0, 120.0]).unwrap();
        let scale = Scale::new(buckets);
        let values: Vec<f64> = (0..400).map(|n| f64::from(n * n % 397) / 3.0).collect();
        let sketch_of = |values: &[f64]| {
            let mut sketch = QuantileSketch::new(&scale);
            values.iter().for_each(|value| sketch.insert(*value).unwrap());
            Spread::of(&scale, &sketch)
        };
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let mut walk = Walk::new(400);
        sorted.iter().for_each(|value| walk.step(buckets, *value, 1));
        let exact = Some(walk.spread);
        assert_eq!(walk.n_seen, 400);
        assert_eq!(sketch_of(&values).differences("watch", buckets, exact), []);

        let names = |spread: Spread<Option<Bounded>>, exact| -> Vec<String> {
            let found = spread.differences("watch", buckets, exact);
            found.into_iter().map(|(name, ..)| name).collect()
        };
        assert_eq!(names(sketch_of(&values[1..]), exact)[0], "watch");
        let mut moved = sorted;
        moved[399] = 1e6;
        assert_eq!(names(sketch_of(&moved), exact), ["watch.p100"]);
        moved[399] = 0.0;
        let found = names(sketch_of(&moved), exact);
        assert!(found.contains(&"values of watch below 120".to_owned()), "{found:?}");
        assert_eq!(names(sketch_of(&[]), None), Vec::<String>::new());
        assert_eq!(names(sketch_of(&[5.0]), None)[0], "watch");
    }
}
