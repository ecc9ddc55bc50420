//! The columns of stored measures in memory: how each kind is read, its bytes, and how parents follow from children.
//!
//! Each kind has a file in this folder, a variant of [`MeasureColumn`] and one of [`PeriodTotal`]; queries are answered
//! from it by a file in `aggregate`.

mod bytes;
mod float;
mod int;
mod quantile;
mod sketch;
mod within_count;

use std::hash::{Hash as _, Hasher};

use arrow::array::{Array as _, ArrayRef, RecordBatch};
use clio_lake::StoredType;
use clio_sketch::QuantileSketch;

use super::arena::{ColumnUnion, SketchArena};
use super::columns::column_as;
use super::histograms::QuantileArena;
use super::layout::MeasureLayout;
use crate::error::FileProblem;
pub(super) use within_count::check_values;

/// One stored measure of one file.
#[derive(Debug)]
pub(crate) enum MeasureColumn {
    Int { values: Vec<i64>, total: i128 },
    Float { values: Vec<f64>, total: f64 },
    Sketch { arena: SketchArena, total: ColumnUnion },
    Quantiles(QuantileArena),
}

impl MeasureColumn {
    /// Reads a column. It is missing in a file that was written before the model had the measure.
    pub(super) fn decode(
        measure: &MeasureLayout,
        batches: &[RecordBatch],
        n_rows: u32,
    ) -> Result<Self, FileProblem> {
        let mut arrays = Vec::with_capacity(batches.len());
        let mut row = 0;
        for batch in batches {
            let array = match batch.column_by_name(&measure.name) {
                Some(_) => column_as(batch, &measure.name, &measure.stored.data_type())?,
                None => without_events(measure.stored, batch.num_rows()),
            };
            let is_null = |at: &usize| array.null_count() > 0 && array.is_null(*at);
            if let Some(at) = (0..array.len()).find(is_null) {
                return Err(FileProblem::Null { column: measure.name.clone(), row: row + at });
            }
            row += array.len();
            arrays.push(array);
        }
        match measure.stored {
            StoredType::Count => int::decode_count(&measure.name, &arrays),
            StoredType::WholeSum => Ok(int::decode(&arrays)),
            StoredType::FloatSum => Ok(float::decode(&arrays)),
            StoredType::Sketch { family, precision } => {
                sketch::decode(&measure.name, family, precision, &arrays, n_rows)
            }
            StoredType::Quantiles { buckets } => {
                quantile::decode(&measure.name, buckets, &arrays, n_rows)
            }
        }
    }

    /// Adds all that queries read to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        match self {
            Self::Int { values, total } => {
                values.hash(sum);
                total.hash(sum);
            }
            Self::Float { values, total } => {
                values.iter().for_each(|value| sum.write_u64(value.to_bits()));
                sum.write_u64(total.to_bits());
            }
            Self::Sketch { arena, total } => {
                arena.add_to(sum);
                total.add_to(sum);
            }
            Self::Quantiles(arena) => arena.add_to(sum),
        }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            Self::Int { values, .. } => values.capacity() * size_of::<i64>(),
            Self::Float { values, .. } => values.capacity() * size_of::<f64>(),
            Self::Sketch { arena, total } => arena.size_bytes() + total.size_bytes(),
            Self::Quantiles(arena) => arena.size_bytes(),
        }
    }
}

/// The values of a measure without events.
fn without_events(stored: StoredType, n_rows: usize) -> ArrayRef {
    match stored {
        StoredType::Count | StoredType::WholeSum => int::without_events(n_rows),
        StoredType::FloatSum => float::without_events(n_rows),
        StoredType::Sketch { family, precision } => {
            sketch::without_events(family, precision, n_rows)
        }
        StoredType::Quantiles { buckets } => quantile::without_events(buckets, n_rows),
    }
}

/// A measure's total over the files of one period.
pub(super) enum PeriodTotal {
    Int(i128),
    Float(f64),
    Distinct { value: f64, error: f64 },
    Quantiles(QuantileSketch),
}

/// A parent that does not follow from its children.
pub(super) struct Off {
    pub(super) found: f64,
    /// How the found value relates to the expected one, in words.
    pub(super) relation: &'static str,
    pub(super) expected: f64,
}

impl PeriodTotal {
    /// The total of a measure's columns.
    pub(super) fn of<'a>(
        stored: StoredType,
        columns: impl Iterator<Item = &'a MeasureColumn>,
    ) -> Self {
        match stored {
            StoredType::Count | StoredType::WholeSum => Self::Int(int::total(columns)),
            StoredType::FloatSum => Self::Float(float::total(columns)),
            StoredType::Sketch { family, precision } => {
                let (value, error) = sketch::total(family, precision, columns);
                Self::Distinct { value, error }
            }
            StoredType::Quantiles { buckets } => Self::Quantiles(quantile::total(buckets, columns)),
        }
    }

    /// Compares a parent with its children.
    pub(super) fn check<'a>(&self, children: &[&'a Self]) -> Result<(), Off> {
        match self {
            Self::Int(found) => {
                let own = |total: &&Self| if let Self::Int(own) = total { *own } else { 0 };
                int::check(*found, children.iter().map(own))
            }
            Self::Float(found) => {
                let own = |total: &&Self| if let Self::Float(own) = total { *own } else { 0.0 };
                float::check(*found, children.iter().map(own))
            }
            Self::Distinct { value, error } => {
                let own = |total: &&Self| match total {
                    Self::Distinct { value, .. } => Some(*value),
                    Self::Int(_) | Self::Float(_) | Self::Quantiles(_) => None,
                };
                sketch::check(*value, *error, children.iter().filter_map(own))
            }
            Self::Quantiles(found) => {
                let own = |total: &&'a Self| match total {
                    Self::Quantiles(own) => Some(own),
                    Self::Int(_) | Self::Float(_) | Self::Distinct { .. } => None,
                };
                quantile::check(found, children.iter().filter_map(own))
            }
        }
    }
}
