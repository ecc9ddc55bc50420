//! One day's cells, read once for all checks that look into them: gaps, and measures within others.

use std::collections::{BTreeSet, HashSet};

use clio_proto::{Check, CheckKind, Model, Per};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::util::display::array_value_to_string;
use futures::TryStreamExt;

use super::{KnownMembers, count_of};
use crate::cells::CellShape;
use crate::cells::invariants::N_STANDARD_ERRORS;
use crate::engine::explained;
use crate::error::{During, EtlError};
use crate::fold::Union;
use crate::measures::{Total, Values};
use clio_lake::LakeFile;

const STEP: &str = "checking a day";
/// Sums of other than whole numbers are rounded to nine digits behind the point.
const FLOAT_SLACK: f64 = 1e-9;

/// What a day's cells come to for the checks.
pub(super) struct DayTally<'a> {
    shape: &'a CellShape,
    gaps: Vec<Gap<'a>>,
    pairs: Vec<Pair>,
}

/// What a check says of a day.
pub(super) struct DayJudged {
    /// Which of the checks.
    pub(super) check: usize,
    pub(super) n_checked: u64,
    /// What was expected and found, where it does not hold.
    pub(super) what: Option<String>,
}

impl<'a> DayTally<'a> {
    pub(super) fn new(
        shape: &'a CellShape,
        model: &'a Model,
        checks: &[&'a Check],
        known: &'a KnownMembers,
    ) -> Self {
        let (mut gaps, mut pairs) = (Vec::new(), Vec::new());
        for (check, kind) in checks.iter().map(|check| &check.kind).enumerate() {
            match kind {
                CheckKind::Rows { .. }
                | CheckKind::OutOfDay { .. }
                | CheckKind::Unattributed { .. } => {}
                CheckKind::Missing { dimensions, sources, at_most } => {
                    for dimension in dimensions {
                        let lookup = model.dimension(dimension).and_then(|d| d.members.as_deref());
                        let known = lookup.and_then(|name| Some((name, known.get(name)?)));
                        let of_source = |source: &'a String| {
                            Some(Gap {
                                check,
                                dimension,
                                source,
                                count: &shape.measures[count_of(shape, source)?].name,
                                known,
                                at_most: *at_most,
                                n_events: 0,
                                n_null: 0,
                                n_unknown: 0,
                                example: None,
                            })
                        };
                        gaps.extend(sources.iter().filter_map(of_source));
                    }
                }
                CheckKind::Within { measure, within, per } => {
                    let find = |name: &String| shape.measures.iter().position(|m| m.name == *name);
                    if let (Some(a), Some(b)) = (find(measure), find(within)) {
                        let sides = [a, b].map(|index| Total::new(shape.measures[index].stored));
                        let (measures, per) = ([a, b], *per);
                        pairs.push(Pair {
                            check,
                            measures,
                            per,
                            sides,
                            n_compared: 0,
                            above: None,
                        });
                    }
                }
            }
        }
        Self { shape, gaps, pairs }
    }

    /// No check looks into cells.
    pub(super) fn is_empty(&self) -> bool {
        self.gaps.is_empty() && self.pairs.is_empty()
    }

    /// Reads a day's cells: the columns that are looked at, and no others.
    pub(super) async fn read(
        &mut self,
        cells: &Union<'_>,
        file: &LakeFile,
    ) -> Result<(), EtlError> {
        let mut columns: BTreeSet<&str> = BTreeSet::new();
        for gap in &self.gaps {
            columns.extend([gap.dimension, gap.count]);
        }
        for pair in &self.pairs {
            columns.extend(pair.measures.map(|index| self.shape.measures[index].name.as_str()));
            if pair.per == Per::Cell {
                let dimensions =
                    self.shape.file_schema.fields().iter().take(self.shape.n_dimensions);
                columns.extend(dimensions.map(|field| field.name().as_str()));
            }
        }
        let columns: Vec<&str> = columns.into_iter().collect();
        let frame = cells.frame(std::slice::from_ref(file))?;
        let frame = frame.select_columns(&columns).during(STEP)?;
        let mut batches = frame.execute_stream().await.map_err(|error| explained(STEP, error))?;
        while let Some(batch) = batches.try_next().await.map_err(|error| explained(STEP, error))? {
            for gap in &mut self.gaps {
                gap.add(&batch)?;
            }
            for pair in &mut self.pairs {
                pair.add(self.shape, &batch)?;
            }
        }
        Ok(())
    }

    /// What the checks say, in no order.
    pub(super) fn judge(self) -> Vec<DayJudged> {
        let shape = self.shape;
        let gaps = self.gaps.into_iter().map(Gap::judge);
        let pairs = self.pairs.into_iter().map(|pair| pair.judge(shape));
        gaps.chain(pairs).collect()
    }
}

/// The events of a source that lack a known member of a dimension.
struct Gap<'a> {
    check: usize,
    dimension: &'a str,
    source: &'a str,
    /// The measure that counts the source's events.
    count: &'a str,
    /// The lookup that describes members, with its keys.
    known: Option<(&'a str, &'a HashSet<String>)>,
    at_most: f64,
    n_events: i128,
    n_null: i128,
    n_unknown: i128,
    example: Option<String>,
}

impl Gap<'_> {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), EtlError> {
        let counts = column(batch, self.count)?;
        let counts = counts.as_primitive::<Int64Type>();
        let members = column(batch, self.dimension)?;
        let members = members.as_string_view();
        for row in 0..batch.num_rows() {
            let n_events = if counts.is_valid(row) { i128::from(counts.value(row)) } else { 0 };
            self.n_events += n_events;
            if members.is_null(row) {
                self.n_null += n_events;
                continue;
            }
            let member = members.value(row);
            if n_events > 0 && self.known.is_some_and(|(_, keys)| !keys.contains(member)) {
                self.n_unknown += n_events;
                self.example.get_or_insert_with(|| member.to_owned());
            }
        }
        Ok(())
    }

    fn judge(self) -> DayJudged {
        let Self { check, dimension, source, n_events, n_null, n_unknown, .. } = self;
        let n_missing = n_null + n_unknown;
        let most = (self.at_most * n_events as f64).floor();
        let what = (n_missing as f64 > most).then(|| {
            let unknown = match (self.known, self.example) {
                (Some((lookup, _)), Some(example)) => {
                    format!(", {n_unknown} that lookup `{lookup}` does not have, such as `{example}`")
                }
                _ => String::new(),
            };
            format!(
                "{n_missing} of {n_events} events of `{source}` lack a known `{dimension}` ({n_null} \
                 have none{unknown}), {most:.0} at most expected"
            )
        });
        DayJudged { check, n_checked: u64::from(n_events > 0), what }
    }
}

/// Two measures, of which the first is never above the second.
struct Pair {
    check: usize,
    measures: [usize; 2],
    per: Per,
    /// What they come to, in a cell or in the day.
    sides: [Total; 2],
    n_compared: u64,
    above: Option<Above>,
}

/// Cells in which the first of two measures is above the second.
struct Above {
    n_cells: u64,
    /// The first of them.
    what: String,
}

impl Pair {
    fn add(&mut self, shape: &CellShape, batch: &RecordBatch) -> Result<(), EtlError> {
        let column = |index: usize| {
            let measure = &shape.measures[index];
            Ok::<_, EtlError>(Values::new(&column(batch, &measure.name)?, measure.stored))
        };
        let [first, second] = self.measures;
        let columns = [column(first)?, column(second)?];
        for row in 0..batch.num_rows() {
            for (side, values) in self.sides.iter_mut().zip(&columns) {
                side.add(values, row)?;
            }
            if self.per == Per::Day {
                continue;
            }
            self.n_compared += 1;
            if let Some(found) = self.compare(shape) {
                match &mut self.above {
                    Some(above) => above.n_cells += 1,
                    None => {
                        let what = format!("{found} in {}", place(shape, batch, row)?);
                        self.above = Some(Above { n_cells: 1, what });
                    }
                }
            }
            self.sides.iter_mut().for_each(Total::clear);
        }
        Ok(())
    }

    /// What there is to say where the first is above the second.
    fn compare(&mut self, shape: &CellShape) -> Option<String> {
        let [(a, a_error), (b, b_error)] = self.sides.each_mut().map(Total::value);
        let slack = N_STANDARD_ERRORS * a_error.hypot(b_error) + FLOAT_SLACK * b.abs();
        if a - b <= slack {
            return None;
        }
        let [a_name, b_name] = self.measures.map(|index| shape.measures[index].name.as_str());
        Some(format!("`{a_name}` is {a:.0} and `{b_name}` {b:.0}"))
    }

    fn judge(mut self, shape: &CellShape) -> DayJudged {
        if self.per == Per::Day {
            let what = self.compare(shape);
            return DayJudged { check: self.check, n_checked: 1, what };
        }
        let what = self.above.map(|Above { n_cells, what }| match n_cells {
            1 => what,
            n_cells => format!("{what}, the first of {n_cells} such cells"),
        });
        DayJudged { check: self.check, n_checked: self.n_compared, what }
    }
}

fn column(batch: &RecordBatch, name: &str) -> Result<ArrayRef, EtlError> {
    let index = batch.schema().index_of(name).during(STEP)?;
    Ok(batch.column(index).clone())
}

/// A cell's place, as a sentence has it: `country=US, device=tv`.
fn place(shape: &CellShape, batch: &RecordBatch, row: usize) -> Result<String, EtlError> {
    let mut parts = Vec::new();
    for field in shape.file_schema.fields().iter().take(shape.n_dimensions) {
        let values = column(batch, field.name())?;
        let value = if values.is_null(row) {
            "null".to_owned()
        } else {
            array_value_to_string(&values, row).during(STEP)?
        };
        parts.push(format!("{}={value}", field.name()));
    }
    Ok(parts.join(", "))
}
