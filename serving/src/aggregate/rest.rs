//! The rest of a whole without one of its groups, for each group of a page.
//!
//! ```text
//!                 cells of no group of the page
//!               ╱                              ╲
//!        + those of B alone                + those of A alone          A and B: halves of the page
//!         ╱            ╲                    ╱            ╲
//!        …   of half A   …                 …   of half B   …           down to one group each
//! ```
//!
//! A cell is added at most once on each level of its groups: on a page of 1,000 groups ten times, where uniting
//! separately for each group would add it 999 times.

use std::ops::Range;

use clio_lake::StoredType;
use clio_proto::{Code, ServiceError, Value};

use super::batch::Batch;
use super::estimates::value_of;
use super::gathered::{Asked, Cells};
use super::groups::BatchGroups;
use super::quantiles::Spread;
use super::scratch::{Scratch, Unions};
use super::side::Side;
use crate::plan::PlanMeasure;
use crate::snapshot::MeasureColumn;
use crate::withheld::Withholding;

/// Stands for no group of a page.
const NONE: u32 = u32::MAX;

/// A row of a batch, or all that it selects (`None`), with the groups of the page that it belongs to.
#[derive(Debug, Clone, Copy)]
struct Cell {
    batch: u32,
    row: Option<u32>,
    /// Where its places on the page are listed.
    places: (u32, u32),
}

/// Gives each group of a page, by its place, the rest of a step of time without it, or of everything: for the first `n`
/// measures of the plan. Returns the work of uniting.
pub(super) fn rest(
    asked: Asked<'_>,
    n_measures: usize,
    own: &Cells<'_>,
    step: Option<u32>,
    page: &[u32],
    take: &mut dyn FnMut(usize, Side) -> Result<(), ServiceError>,
) -> Result<Unions, ServiceError> {
    let mut halves = Halves {
        asked,
        batches: own.batches,
        cells: Vec::new(),
        places: Vec::new(),
        unions: Unions::default(),
    };
    let mut common = Whole::new(asked, n_measures);
    halves.collect(own, step, page, &mut common)?;
    let cells = std::mem::take(&mut halves.cells);
    halves.descend(0..page.len(), &cells, common, take)?;
    Ok(halves.unions)
}

/// The whole of a step of time, or of everything, for the first `n` measures of the plan; and the work of uniting.
pub(super) fn whole(
    asked: Asked<'_>,
    n_measures: usize,
    own: &Cells<'_>,
    step: Option<u32>,
) -> Result<(Side, Unions), ServiceError> {
    let mut whole = Whole::new(asked, n_measures);
    for (batch, of_step) in own.batches.iter().zip(own.steps) {
        if step.is_none_or(|step| step == *of_step) {
            asked.cancel.check()?;
            whole.add(batch, None)?;
        }
    }
    Ok((whole.side(), whole.unions()))
}

struct Halves<'a> {
    asked: Asked<'a>,
    batches: &'a [Batch<'a>],
    cells: Vec<Cell>,
    places: Vec<u32>,
    unions: Unions,
}

impl Halves<'_> {
    /// Adds the cells that belong to no group of the page, and records the others.
    fn collect(
        &mut self,
        own: &Cells<'_>,
        step: Option<u32>,
        page: &[u32],
        common: &mut Whole,
    ) -> Result<(), ServiceError> {
        let mut place_of = vec![NONE; own.groups.n_groups()];
        for (place, group) in (0..).zip(page) {
            place_of[*group as usize] = place;
        }
        let batches = self.batches.iter().zip(own.groups.batches()).zip(own.steps);
        for (at, ((batch, groups), of_step)) in (0_u32..).zip(batches) {
            if step.is_some_and(|step| step != *of_step) {
                continue;
            }
            self.asked.cancel.check()?;
            let mut note = |row: Option<u32>, groups: &[u32]| -> Result<(), ServiceError> {
                let start = count(self.places.len());
                let places = groups.iter().map(|group| place_of[*group as usize]);
                self.places.extend(places.filter(|place| *place != NONE));
                let cell = Cell { batch: at, row, places: (start, count(self.places.len())) };
                match cell.places.0 == cell.places.1 {
                    true => common.add(batch, row)?,
                    false => self.cells.push(cell),
                }
                Ok(())
            };
            match groups {
                BatchGroups::Whole(group) => note(None, group.as_slice())?,
                BatchGroups::Rows { rows, ids } => {
                    // A row without a value that makes a group is in the rest of each.
                    let mut next = 0;
                    for row in batch.row_list() {
                        let start = next;
                        while rows.get(next) == Some(&row) {
                            next += 1;
                        }
                        note(Some(row), &ids[start..next])?;
                    }
                }
            }
            self.check_size()?;
        }
        Ok(())
    }

    fn check_size(&self) -> Result<(), ServiceError> {
        let size_bytes = size_of_val(&self.cells[..]) as u64 + size_of_val(&self.places[..]) as u64;
        let limit = self.asked.limits.query_bytes;
        if size_bytes <= limit {
            return Ok(());
        }
        let message = format!(
            "`compare`: the rest takes at least {size_bytes} bytes for the cells of its groups, but the limit is {limit}; \
             filter more, or ask for fewer rows per page"
        );
        Err(ServiceError::new(Code::ResourceExhausted, message))
    }

    /// Continues with each half of some places, at least one: `cells` are those of some of them, and `without` holds
    /// all others.
    fn descend(
        &mut self,
        places: Range<usize>,
        cells: &[Cell],
        mut without: Whole,
        take: &mut dyn FnMut(usize, Side) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        self.asked.cancel.check()?;
        if places.len() <= 1 {
            let side = without.side();
            self.unions += without.unions();
            return take(places.start, side);
        }
        let middle = places.start + places.len() / 2;
        for half in [places.start..middle, middle..places.end] {
            let mut own = without.fork();
            let mut inside = Vec::new();
            for cell in cells {
                let (start, end) = cell.places;
                let of_cell = &self.places[start as usize..end as usize];
                match of_cell.iter().any(|place| half.contains(&(*place as usize))) {
                    true => inside.push(*cell),
                    false => own.add(&self.batches[cell.batch as usize], cell.row)?,
                }
            }
            self.descend(half, &inside, own, take)?;
        }
        self.unions += without.unions();
        Ok(())
    }
}

/// A number of cells or places, which is smaller than the number of bytes that a query may take.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The first stored measures of a plan, over the cells that were added.
struct Whole {
    columns: Vec<usize>,
    parts: Vec<Part>,
}

enum Part {
    Int(i128),
    Float(f64),
    Distinct(Scratch),
    Spread(Spread),
}

impl Whole {
    fn new(asked: Asked<'_>, n_measures: usize) -> Self {
        let Asked { snapshot, plan, .. } = asked;
        let part = |at: usize| match plan.stored_type(snapshot, at) {
            StoredType::Count | StoredType::WholeSum => Part::Int(0),
            StoredType::FloatSum => Part::Float(0.0),
            StoredType::Sketch { family, precision } => {
                Part::Distinct(Scratch::new(family, precision))
            }
            StoredType::Quantiles { buckets } => {
                let PlanMeasure { column, reading } = plan.measures[at];
                let least = plan.withholding.as_ref().map(Withholding::least);
                Part::Spread(Spread::new((column, buckets), vec![reading], least))
            }
        };
        Self {
            columns: plan.measures[..n_measures].iter().map(|own| own.column).collect(),
            parts: (0..n_measures).map(part).collect(),
        }
    }

    /// The same, to be extended; the work of uniting so far stays here.
    fn fork(&self) -> Self {
        let part = |part: &Part| match part {
            Part::Int(total) => Part::Int(*total),
            Part::Float(total) => Part::Float(*total),
            Part::Distinct(scratch) => Part::Distinct(scratch.fork()),
            Part::Spread(spread) => Part::Spread(spread.fork()),
        };
        Self { columns: self.columns.clone(), parts: self.parts.iter().map(part).collect() }
    }

    /// Adds a row of a batch, or all that it selects.
    fn add(&mut self, batch: &Batch<'_>, row: Option<u32>) -> Result<(), ServiceError> {
        for (part, column) in self.parts.iter_mut().zip(&self.columns) {
            match &batch.chunk.measures[*column] {
                MeasureColumn::Int { values, total: all } => {
                    let Part::Int(total) = part else { continue };
                    *total += batch.sum(row, *all, |row| i128::from(values[row as usize]));
                }
                MeasureColumn::Float { values, total: all } => {
                    let Part::Float(total) = part else { continue };
                    *total += batch.sum(row, *all, |row| values[row as usize]);
                }
                MeasureColumn::Sketch { arena, total } => {
                    let Part::Distinct(scratch) = part else { continue };
                    match row {
                        None => scratch.add_batch(batch, arena, total),
                        Some(row) => scratch.add(arena.get(row)),
                    }
                }
                MeasureColumn::Quantiles(_) => {
                    let Part::Spread(spread) = part else { continue };
                    match row {
                        None => spread.add_batch(batch)?,
                        Some(row) => spread.add_row(batch, row)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn side(&mut self) -> Side {
        let mut side = Side::default();
        for part in &mut self.parts {
            match part {
                Part::Int(total) => side.push(Value::whole(*total), None),
                Part::Float(total) => side.push(Value::sum(*total), None),
                Part::Distinct(scratch) => {
                    let value = value_of(scratch.estimate());
                    side.push(value, Some(scratch.sketch()));
                }
                Part::Spread(spread) => side.push_certain(spread.estimate()),
            }
        }
        side
    }

    fn unions(&self) -> Unions {
        let mut all = Unions::default();
        for part in &self.parts {
            match part {
                Part::Int(_) | Part::Float(_) => {}
                Part::Distinct(scratch) => all += scratch.unions(),
                Part::Spread(spread) => all += spread.unions(),
            }
        }
        all
    }
}
