//! The sources' numbers, by SQL: counts, sums and distinct values of every place.

use std::collections::BTreeMap;

use clio_lake::StoredType;
use clio_sketch::Family;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::prelude::SessionContext;

use super::distinct::{self, Counted};
use super::facts::{Facts, Recount, STEP, View};
use super::place::{Numbers, Question};
use super::quantiles::{self, Spread};
use crate::cells::CellShape;
use crate::engine::explained;
use crate::error::{During, EtlError};
use crate::functions::hash_of;

/// The sources' numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Exact {
    Whole(i128),
    Float(f64),
    Distinct(Counted),
    Quantiles(Spread<f64>),
}

/// Recounts every place; for cells, those with the given keys.
pub(super) async fn count(
    ctx: &SessionContext,
    facts: &Facts,
    shape: &CellShape,
    cells: &[String],
) -> Result<Numbers<Exact>, EtlError> {
    let mut numbers = Numbers::new();
    for family in Family::ALL {
        ctx.register_udf(hash_of(*family));
    }
    for view in &facts.views {
        for question in Question::all(facts.is_multi.len()) {
            if question == Question::Cells && cells.is_empty() {
                continue;
            }
            let asked =
                Asked { ctx, shape, view, question, rows: rows(facts, view, question, cells) };
            asked.additive(&mut numbers).await?;
            for (measure, recount) in &view.measures {
                match shape.measures[*measure].stored {
                    // Summed together with all others.
                    StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => {}
                    StoredType::Sketch { family, precision } => {
                        let Recount::Distinct(n_parts) = *recount else { continue };
                        let columns: Vec<String> =
                            (0..n_parts).map(|part| format!("v{measure}_{part}")).collect();
                        let kind = (family, precision);
                        let exact = distinct::exact(ctx, &asked.rows, &columns, kind).await?;
                        for (place, counted) in exact {
                            let of_place = numbers.entry((question, place)).or_default();
                            of_place.insert(*measure, Exact::Distinct(counted));
                        }
                    }
                    StoredType::Quantiles { buckets } => {
                        let column = format!("m{measure}");
                        let exact = quantiles::exact(ctx, &asked.rows, &column, buckets).await?;
                        for (place, spread) in exact {
                            let of_place = numbers.entry((question, place)).or_default();
                            of_place.insert(*measure, Exact::Quantiles(spread));
                        }
                    }
                }
            }
        }
    }
    Ok(numbers)
}

/// The events of a view, each with its place; an event with several members occurs for each.
fn rows(facts: &Facts, view: &View, question: Question, cells: &[String]) -> String {
    let name = &view.name;
    match question {
        Question::Total => format!("SELECT CAST(NULL AS VARCHAR) AS place, * FROM {name}"),
        Question::Dimension(index) if facts.is_multi[index] => format!(
            "SELECT * FROM (SELECT unnest(d{index}) AS place, * FROM {name}) AS members WHERE place IS NOT \
             NULL"
        ),
        Question::Dimension(index) => format!("SELECT d{index} AS place, * FROM {name}"),
        Question::Cells => {
            let keys: Vec<String> =
                cells.iter().map(|key| format!("'{}'", key.replace('\'', "''"))).collect();
            let keys = keys.join(", ");
            format!("SELECT cell AS place, * FROM {name} WHERE cell IN ({keys})")
        }
    }
}

/// One question to one view.
struct Asked<'a> {
    ctx: &'a SessionContext,
    shape: &'a CellShape,
    view: &'a View,
    question: Question,
    rows: String,
}

impl Asked<'_> {
    async fn additive(&self, numbers: &mut Numbers<Exact>) -> Result<(), EtlError> {
        let mut columns = vec!["place".to_owned(), "count(*) AS n".to_owned()];
        for (measure, recount) in &self.view.measures {
            match recount {
                Recount::Sum => columns.push(format!("sum(m{measure}) AS m{measure}")),
                Recount::Count | Recount::Distinct(_) | Recount::Quantiles => {}
            }
        }
        let sql =
            format!("SELECT {} FROM ({}) AS rows_of GROUP BY place", columns.join(", "), self.rows);
        let frame = self.ctx.sql(&sql).await.during(STEP)?;
        let batches = frame.collect().await.map_err(|error| explained(STEP, error))?;
        for batch in &batches {
            let places = texts(batch.column(0))?;
            for (measure, recount) in &self.view.measures {
                let values = match recount {
                    Recount::Count => column(batch, "n")?,
                    Recount::Sum => column(batch, &format!("m{measure}"))?,
                    Recount::Distinct(_) | Recount::Quantiles => continue,
                };
                let values = Sums::new(values, self.shape.measures[*measure].stored)?;
                for row in 0..batch.num_rows() {
                    let place = (self.question, text(&places, row));
                    numbers.entry(place).or_default().insert(*measure, values.get(row));
                }
            }
        }
        Ok(())
    }
}

/// Counts or sums, by row.
enum Sums {
    Whole(ArrayRef),
    Decimal(ArrayRef),
    Float(ArrayRef),
}

impl Sums {
    fn new(values: ArrayRef, stored: StoredType) -> Result<Self, EtlError> {
        Ok(match stored {
            StoredType::FloatSum => Self::Float(cast(&values, &DataType::Float64).during(STEP)?),
            StoredType::Count | StoredType::WholeSum => {
                if *values.data_type() == DataType::Int64 {
                    Self::Whole(values)
                } else {
                    Self::Decimal(values)
                }
            }
            StoredType::Sketch { .. } | StoredType::Quantiles { .. } => {
                unreachable!("values are looked at apart")
            }
        })
    }

    /// A sum over nothing is 0.
    fn get(&self, row: usize) -> Exact {
        match self {
            Self::Whole(values) => {
                Exact::Whole(i128::from(values.as_primitive::<Int64Type>().value(row)))
            }
            Self::Decimal(values) if values.is_null(row) => Exact::Whole(0),
            Self::Decimal(values) => {
                Exact::Whole(values.as_primitive::<Decimal128Type>().value(row))
            }
            Self::Float(values) if values.is_null(row) => Exact::Float(0.0),
            Self::Float(values) => Exact::Float(values.as_primitive::<Float64Type>().value(row)),
        }
    }
}

pub(super) fn column(batch: &RecordBatch, name: &str) -> Result<ArrayRef, EtlError> {
    let index = batch.schema().index_of(name).during(STEP)?;
    Ok(batch.column(index).clone())
}

pub(super) fn texts(values: &ArrayRef) -> Result<ArrayRef, EtlError> {
    cast(values, &DataType::Utf8).during(STEP)
}

pub(super) fn text(texts: &ArrayRef, row: usize) -> Option<String> {
    let texts = texts.as_string::<i32>();
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

/// By measure; the same for each place.
pub(super) fn recounted(facts: &Facts) -> BTreeMap<usize, Recount> {
    facts.views.iter().flat_map(|view| view.measures.iter().copied()).collect()
}
