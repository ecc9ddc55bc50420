//! Checks whether a measure exceeds another one that bounds it.

use clio_proto::{Per, WithinCheck};
use datafusion::arrow::array::RecordBatch;
use jiff::civil::Date;

use super::cells::{column, dimensions, place};
use super::{ByCells, Evidence, Found, KnownMembers, Tally};
use crate::cells::CellShape;
use crate::error::EtlError;
use crate::measures::{N_STANDARD_ERRORS, Total};

/// The relative rounding error allowed for sums that are not integers: nine decimals.
const FLOAT_SLACK: f64 = 1e-9;

impl ByCells for WithinCheck {
    fn tallies<'a>(
        &'a self,
        evidence: &Evidence<'a>,
        _known: &'a KnownMembers,
    ) -> Vec<Box<dyn Tally + 'a>> {
        let shape = evidence.shape;
        let find = |name: &String| shape.measures.iter().position(|m| m.name == *name);
        let (Some(first), Some(second)) = (find(&self.measure), find(&self.within)) else {
            return Vec::new();
        };
        let measures = [first, second];
        let sides = measures.map(|index| shape.measures[index].rules.total());
        vec![Box::new(Pair { shape, measures, per: self.per, sides, n_compared: 0, above: None })]
    }
}

/// Two measures, the first of which must never exceed the second.
struct Pair<'a> {
    shape: &'a CellShape,
    measures: [usize; 2],
    per: Per,
    /// Their totals, in a cell or over the day.
    sides: [Box<dyn Total>; 2],
    n_compared: u64,
    above: Option<Above>,
}

/// Cells in which the first of two measures exceeds the second.
struct Above {
    n_cells: u64,
    /// The first of them.
    what: String,
}

impl Tally for Pair<'_> {
    fn columns(&self) -> Vec<&str> {
        let mut columns =
            self.measures.map(|index| self.shape.measures[index].name.as_str()).to_vec();
        match self.per {
            Per::Cell => columns.extend(dimensions(self.shape)),
            Per::Day => {}
        }
        columns
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), EtlError> {
        let shape = self.shape;
        let [first, second] = self.measures.map(|index| column(batch, &shape.measures[index].name));
        let values = [first?, second?];
        for row in 0..batch.num_rows() {
            for (side, values) in self.sides.iter_mut().zip(&values) {
                side.add(values, row)?;
            }
            match self.per {
                Per::Day => {}
                Per::Cell => self.compare_cell(batch, row)?,
            }
        }
        Ok(())
    }

    fn judge(&mut self, day: Date, found: &mut Found) {
        let what = match self.per {
            Per::Day => {
                found.n_checked += 1;
                self.compare()
            }
            Per::Cell => {
                found.n_checked += std::mem::take(&mut self.n_compared);
                self.above.take().map(|Above { n_cells, what }| match n_cells {
                    1 => what,
                    n_cells => format!("{what}, the first of {n_cells} such cells"),
                })
            }
        };
        found.findings.extend(what.map(|what| (day, what)));
    }
}

impl Pair<'_> {
    fn compare_cell(&mut self, batch: &RecordBatch, row: usize) -> Result<(), EtlError> {
        self.n_compared += 1;
        let Some(what) = self.compare() else { return Ok(()) };
        match &mut self.above {
            Some(above) => above.n_cells += 1,
            None => {
                let what = format!("{what} in {}", place(self.shape, batch, row)?);
                self.above = Some(Above { n_cells: 1, what });
            }
        }
        Ok(())
    }

    /// A message if the first exceeds the second; resets both.
    fn compare(&mut self) -> Option<String> {
        let [(a, a_error), (b, b_error)] = self.sides.each_mut().map(|side| side.value());
        self.sides.iter_mut().for_each(|side| side.clear());
        let slack = N_STANDARD_ERRORS * a_error.hypot(b_error) + FLOAT_SLACK * b.abs();
        if a - b <= slack {
            return None;
        }
        let [a_name, b_name] = self.measures.map(|index| self.shape.measures[index].name.as_str());
        Some(format!("`{a_name}` is {a:.0} and `{b_name}` {b:.0}"))
    }
}
