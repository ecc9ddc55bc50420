//! The lake's numbers: a day's cells, summed and united by dimension, and some single cells.

use std::collections::BTreeMap;

use clio_lake::StoredType;
use clio_sketch::{Bounded, Estimate};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::{Expr, cast as cast_expr, ident, lit, when};
use futures::TryStreamExt;
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::distinct;
use super::exact::{column, text, texts};
use super::facts::STEP;
use super::place::{BEHIND_DIMENSION, BETWEEN_MEMBERS, HAS_EMPTY, NULL, Numbers, Question};
use super::quantiles::{self, Spread};
use super::{DayCells, Sample};
use crate::cells::{CellMeasure, CellShape, Union};
use crate::engine::explained;
use crate::error::{During, EtlError};

/// The numbers of cells.
#[expect(
    clippy::large_enum_variant,
    reason = "of the few cells that are chosen, and copied as numbers are"
)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stored {
    Whole(i128),
    Float {
        sum: f64,
        /// How far rounding may have moved it: each cell's sum was rounded once, to nine decimal places.
        slack: f64,
    },
    Sketch(Estimate),
    Quantiles(Spread<Option<Bounded>>),
}

/// The sampled cells, by key.
pub(super) type Chosen = BTreeMap<String, BTreeMap<usize, Stored>>;

/// A day's numbers.
#[derive(Debug)]
pub(super) struct StoredDay {
    pub(super) numbers: Numbers<Stored>,
}

impl StoredDay {
    pub(super) fn add_cells(&mut self, chosen: Chosen) {
        for (key, numbers) in chosen {
            self.numbers.insert((Question::Cells, Some(key)), numbers);
        }
    }
}

/// Samples cells at random and reads them.
pub(super) async fn choose(
    day: &DayCells<'_>,
    union: &Union<'_>,
    sample: Sample,
) -> Result<Chosen, EtlError> {
    let n_cells = day.files.iter().map(|file| file.n_rows).sum::<u64>();
    let n_cells = usize::try_from(n_cells).unwrap_or(usize::MAX);
    let mut rng = ChaCha8Rng::seed_from_u64(sample.seed);
    let mut wanted = index::sample(&mut rng, n_cells, sample.n_cells.min(n_cells)).into_vec();
    wanted.sort_unstable();
    let mut wanted = wanted.into_iter().peekable();
    let mut chosen = Chosen::new();
    let mut first_row = 0;
    let mut batches =
        union.frame(day.files)?.execute_stream().await.map_err(|error| explained(STEP, error))?;
    while wanted.peek().is_some()
        && let Some(batch) = batches.try_next().await.map_err(|error| explained(STEP, error))?
    {
        let end = first_row + batch.num_rows();
        while let Some(row) = wanted.next_if(|row| *row < end) {
            let row = row - first_row;
            chosen.insert(key(day, &batch, row)?, values_of_cell(day.shape, &batch, row)?);
        }
        first_row = end;
    }
    Ok(chosen)
}

/// A cell's key as text, in the form that the views of events use.
fn key(day: &DayCells<'_>, batch: &RecordBatch, row: usize) -> Result<String, EtlError> {
    let mut key = String::new();
    for dimension in day.model.dimensions() {
        let values = column(batch, &dimension.name)?;
        if dimension.multi {
            let members = texts(&values.as_list::<i32>().value(row))?;
            let members: Vec<String> =
                (0..members.len()).filter_map(|at| text(&members, at)).collect();
            key += &members.join(&BETWEEN_MEMBERS.to_string());
            if members.iter().any(String::is_empty) {
                key.push(HAS_EMPTY);
            }
        } else {
            match text(&texts(&values.slice(row, 1))?, 0) {
                Some(value) => key += &value,
                None => key.push(NULL),
            }
        }
        key.push(BEHIND_DIMENSION);
    }
    Ok(key)
}

fn values_of_cell(
    shape: &CellShape,
    batch: &RecordBatch,
    row: usize,
) -> Result<BTreeMap<usize, Stored>, EtlError> {
    let mut numbers = BTreeMap::new();
    for (index, measure) in shape.measures.iter().enumerate() {
        let values = column(batch, &measure.name)?;
        let value = match measure.stored {
            StoredType::Count | StoredType::WholeSum => {
                let values = values.as_primitive::<Int64Type>();
                Stored::Whole(if values.is_valid(row) { values.value(row).into() } else { 0 })
            }
            StoredType::FloatSum => {
                let values = values.as_primitive::<Float64Type>();
                float(if values.is_valid(row) { values.value(row) } else { 0.0 }, None, 1)
            }
            StoredType::Sketch { family, .. } => {
                Stored::Sketch(distinct::of_cells(&values, row, family)?)
            }
            StoredType::Quantiles { buckets } => {
                Stored::Quantiles(quantiles::of_cells(&values, row, buckets)?)
            }
        };
        numbers.insert(index, value);
    }
    Ok(numbers)
}

/// The totals over all cells of a day, and over those of each member of each dimension.
pub(super) async fn totals(day: &DayCells<'_>, union: &Union<'_>) -> Result<StoredDay, EtlError> {
    let mut numbers = Numbers::new();
    for question in Question::all(day.shape.n_dimensions) {
        let mut frame = union.frame(day.files)?;
        let groups = match question {
            Question::Total => Vec::new(),
            Question::Dimension(at) => {
                let dimension = &day.model.dimensions()[at];
                if dimension.multi {
                    frame = frame.unnest_columns(&[&dimension.name]).during(STEP)?;
                    frame = frame.filter(ident(&dimension.name).is_not_null()).during(STEP)?;
                }
                vec![ident(&dimension.name)]
            }
            Question::Cells => continue,
        };
        let frame = frame.aggregate(groups, aggregates(day.shape)).during(STEP)?;
        let batches = frame.collect().await.map_err(|error| explained(STEP, error))?;
        for batch in &batches {
            let places = match question {
                Question::Dimension(_) => Some(texts(batch.column(0))?),
                Question::Total | Question::Cells => None,
            };
            for (index, measure) in day.shape.measures.iter().enumerate() {
                for row in 0..batch.num_rows() {
                    let place = places.as_ref().and_then(|places| text(places, row));
                    let value = value_of_group(batch, measure, index, row)?;
                    numbers.entry((question, place)).or_default().insert(index, value);
                }
            }
        }
    }
    Ok(StoredDay { numbers })
}

/// The measures, `sJ` each; for sums that are not integers the sum of their absolute values, `aJ`; and the
/// number of cells, `n`.
fn aggregates(shape: &CellShape) -> Vec<Expr> {
    let mut aggregates = vec![count(lit(1)).alias("n")];
    for (index, measure) in shape.measures.iter().enumerate() {
        let value = ident(&measure.name);
        let total = measure.rules.of_cells(measure.rules.summand(value.clone()));
        aggregates.push(total.alias(format!("s{index}")));
        match measure.stored {
            StoredType::FloatSum => {
                let negated = lit(0.0) - value.clone();
                let absolute = when(value.clone().lt(lit(0.0)), negated).otherwise(value);
                let absolute = cast_expr(absolute.unwrap_or_else(|_| lit(0.0)), DataType::Float64);
                aggregates.push(sum(absolute).alias(format!("a{index}")));
            }
            StoredType::Count
            | StoredType::WholeSum
            | StoredType::Sketch { .. }
            | StoredType::Quantiles { .. } => {}
        }
    }
    aggregates
}

fn value_of_group(
    batch: &RecordBatch,
    measure: &CellMeasure,
    index: usize,
    row: usize,
) -> Result<Stored, EtlError> {
    let values = column(batch, &format!("s{index}"))?;
    Ok(match measure.stored {
        StoredType::Count | StoredType::WholeSum => {
            let values = values.as_primitive::<Decimal128Type>();
            Stored::Whole(if values.is_valid(row) { values.value(row) } else { 0 })
        }
        StoredType::FloatSum => {
            let value = |values: &ArrayRef| {
                let values = values.as_primitive::<Float64Type>();
                if values.is_valid(row) { values.value(row) } else { 0.0 }
            };
            let n_cells = column(batch, "n")?.as_primitive::<Int64Type>().value(row);
            let absolute = value(&column(batch, &format!("a{index}"))?);
            let sum = value(&cast(&values, &DataType::Float64).during(STEP)?);
            float(sum, Some(absolute), n_cells)
        }
        StoredType::Sketch { family, .. } => {
            Stored::Sketch(distinct::of_cells(&values, row, family)?)
        }
        StoredType::Quantiles { buckets } => {
            Stored::Quantiles(quantiles::of_cells(&values, row, buckets)?)
        }
    })
}

/// A sum of cells' sums: each of them, and the result, has 53 bits of precision, and was rounded to nine
/// decimal places.
fn float(sum: f64, absolute: Option<f64>, n_cells: i64) -> Stored {
    let slack = 2.0 * f64::EPSILON * absolute.unwrap_or(sum.abs()) + 1e-9 * n_cells as f64;
    Stored::Float { sum, slack }
}
