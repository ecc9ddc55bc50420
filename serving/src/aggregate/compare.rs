//! Compares the rows of a page with their other sides.

mod numbers;

use clio_proto::{Compared, ServiceError};

use super::Clock;
use super::batch::Batch;
use super::gathered::{Asked, Cells, Gathered};
use super::groups::Groups;
use super::measures::Measures;
use super::members::Made;
use super::rest::{rest, whole};
use super::scopes::scopes;
use super::scratch::Unions;
use super::side::{Side, compare, compare_with_itself};
use super::sums::Sums;
use crate::plan::{OtherSide, OtherSnapshot, Plan, PlanKey};
use crate::snapshot::NULL;
pub(super) use numbers::{Beside, ComparedNumbers};

/// The result of comparing a page.
#[derive(Debug, Default)]
pub(super) struct ComparedPage {
    /// By row of the page; empty if nothing is compared.
    pub(super) rows: Vec<Vec<Compared>>,
    /// Empty if the total is not compared.
    pub(super) total: Vec<Compared>,
    /// The work of uniting the other side.
    pub(super) unions: Unions,
}

/// The cells of other days, or of another snapshot.
#[derive(Debug)]
pub(super) struct OtherCells<'a> {
    /// The plan over these cells.
    asked: Asked<'a>,
    batches: Vec<Batch<'a>>,
    steps: Vec<u32>,
    groups: Groups<'a>,
    /// They belong to another snapshot, with codes of its own.
    is_of_snapshot: bool,
}

/// The cells of the other days or the other snapshot, and their sums; `None` if rows are compared with neither.
pub(super) fn other_cells<'a>(
    asked: Asked<'a>,
    work: &mut Clock,
) -> Result<Option<(OtherCells<'a>, Sums)>, ServiceError> {
    let (asked, is_of_snapshot) = match &asked.plan.compare {
        Some(OtherSide::Days(plan)) => (Asked { plan, ..asked }, false),
        Some(OtherSide::Snapshot(other)) => {
            let OtherSnapshot { snapshot, plan } = &**other;
            (Asked { snapshot, plan, ..asked }, true)
        }
        Some(OtherSide::Member { .. } | OtherSide::Rest { .. } | OtherSide::Whole { .. })
        | None => return Ok(None),
    };
    let Gathered { batches, steps, groups, sums } = Gathered::new(asked, work)?;
    Ok(Some((OtherCells { asked, batches, steps, groups, is_of_snapshot }, sums)))
}

impl OtherCells<'_> {
    /// The group that corresponds to these codes; `None` if it has no cells.
    fn find(&self, own: &Groups<'_>, codes: &[u32]) -> Option<u32> {
        if !self.is_of_snapshot {
            return self.groups.find(codes);
        }
        let keys = self.asked.plan.keys.iter().zip(codes).enumerate();
        let codes: Option<Vec<u32>> = keys
            .map(|(at, (key, code))| match key {
                // Steps have the same positions on both sides, and ages are numbers.
                PlanKey::Time | PlanKey::Age(_) => Some(*code),
                PlanKey::Field { field, .. } => match own.text(at, *code) {
                    None => Some(NULL),
                    Some(text) => field.code(text),
                },
            })
            .collect();
        self.groups.find(&codes?)
    }

    /// The measures over these cells, given their sums.
    pub(super) fn measures(&self, sums: Sums) -> Measures<'_> {
        let Asked { snapshot, plan, limits, cancel } = self.asked;
        let n_threads = limits.n_threads_per_query;
        Measures::new(snapshot, plan, &self.batches, &self.groups, sums, n_threads, cancel)
    }

    /// Applies what may be shown to the measures over these cells from here on. Returns the work of uniting for it.
    pub(super) fn withhold(
        &self,
        measures: &mut Measures<'_>,
        work: &mut Clock,
    ) -> Result<Unions, ServiceError> {
        let cells = Cells { batches: &self.batches, steps: &self.steps, groups: &self.groups };
        measures.withhold(self.asked, &cells, work)
    }
}

/// Compares some groups.
pub(super) fn compare_page(
    beside: &mut Beside<'_>,
    page: &[u32],
    measures: &mut Measures<'_>,
) -> Result<ComparedPage, ServiceError> {
    let Beside { asked, own, days, unions: so_far } = beside;
    let (asked, own) = (*asked, &*own);
    let n_measures = asked.plan.n_looked_at();
    let mut compared = match &asked.plan.compare {
        None => Ok(ComparedPage::default()),
        Some(OtherSide::Days(_) | OtherSide::Snapshot(_)) => match days {
            Some((days, others)) => with_days(days, others, asked.plan, own, page, measures),
            None => Ok(ComparedPage::default()),
        },
        Some(OtherSide::Member { key, code }) => {
            let rows = with_member((*key, *code), asked.plan, own, page, measures)?;
            Ok(ComparedPage { rows, ..ComparedPage::default() })
        }
        Some(OtherSide::Rest { is_of_step }) => {
            let mut rows = vec![Vec::new(); page.len()];
            let mut unions = Unions::default();
            for (places, step) in scopes(asked.plan, own, page, *is_of_step) {
                let of: Vec<u32> = places.iter().map(|place| page[*place]).collect();
                unions += rest(asked, n_measures, own, step, &of, &mut |at, rest| {
                    let side = measures.side(of[at])?;
                    let rest = rest.told(asked.plan).withheld_with(&side);
                    rows[places[at]] = compare(&asked.plan.outputs, &side, &rest);
                    Ok(())
                })?;
            }
            Ok(ComparedPage { rows, total: Vec::new(), unions })
        }
        Some(OtherSide::Whole { is_of_step }) => {
            let mut rows = vec![Vec::new(); page.len()];
            let mut unions = Unions::default();
            for (places, step) in scopes(asked.plan, own, page, *is_of_step) {
                let (whole, united) = whole(asked, n_measures, own, step)?;
                unions += united;
                let whole = whole.told(asked.plan);
                for place in places {
                    let side = measures.side(page[place])?;
                    rows[place] = compare(&asked.plan.outputs, &side, &whole);
                }
            }
            Ok(ComparedPage { rows, total: Vec::new(), unions })
        }
    }?;
    compared.unions += *so_far;
    Ok(compared)
}

/// Compares with the same groups of other days, or of another snapshot. In another snapshot a group may have the very
/// same cells, and then nothing differs; groups with other cells but equal numbers may differ in ways that sketches do
/// not see.
fn with_days(
    days: &OtherCells<'_>,
    others: &mut Measures<'_>,
    plan: &Plan,
    own: &Cells<'_>,
    page: &[u32],
    measures: &mut Measures<'_>,
) -> Result<ComparedPage, ServiceError> {
    let undefined = || Side::undefined(plan.n_answered);
    let mut rows = Vec::with_capacity(page.len());
    for group in page {
        let codes = own.groups.codes(*group);
        let beside = match days.find(own.groups, &codes) {
            Some(other) => {
                let beside = others.side(other)?;
                let (made, other_made) = (measures.made_of(*group), others.made_of(other));
                if days.is_of_snapshot && are_same((own.batches, made), (&days.batches, other_made))
                {
                    rows.push(compare_with_itself(&plan.outputs, &beside));
                    continue;
                }
                beside
            }
            None if days.has_data(plan, &codes) => others.nothing(),
            None => undefined(),
        };
        rows.push(compare(&plan.outputs, &measures.side(*group)?, &beside));
    }
    let is_there = !plan.has_no_data() && !days.asked.plan.has_no_data();
    let is_same = days.is_of_snapshot
        && is_there
        && own.batches.len() == days.batches.len()
        && own.batches.iter().zip(&days.batches).all(|(one, other)| one.is_same(other));
    if is_same {
        let total = compare_with_itself(&plan.outputs, &measures.total_side()?);
        return Ok(ComparedPage { rows, total, unions: others.unions() });
    }
    let total = if plan.has_no_data() { undefined() } else { measures.total_side()? };
    let has_no_data = days.asked.plan.has_no_data();
    let beside = if has_no_data { undefined() } else { others.total_side()? };
    let total = compare(&plan.outputs, &total, &beside);
    Ok(ComparedPage { rows, total, unions: others.unions() })
}

/// Whether two groups consist of the same cells of the same files.
fn are_same(
    (batches, made): (&[Batch<'_>], Made<'_>),
    (other_batches, other_made): (&[Batch<'_>], Made<'_>),
) -> bool {
    match (made, other_made) {
        (Made::Batches(own), Made::Batches(others)) => {
            let is_same = |(one, other): (&u32, &u32)| {
                batches[*one as usize].is_same(&other_batches[*other as usize])
            };
            own.len() == others.len() && own.iter().zip(others).all(is_same)
        }
        (Made::Rows(own), Made::Rows(others)) => {
            let is_same = |((one, row), (other, other_row)): (&(u32, u32), &(u32, u32))| {
                let (one, other) = (&batches[*one as usize], &other_batches[*other as usize]);
                row == other_row && std::ptr::eq(one.chunk, other.chunk)
            };
            own.len() == others.len() && own.iter().zip(others).all(is_same)
        }
        (Made::Batches(_), Made::Rows(_)) | (Made::Rows(_), Made::Batches(_)) => false,
    }
}

/// Compares with the group that has another value of one key.
fn with_member(
    (key, code): (usize, u32),
    plan: &Plan,
    own: &Cells<'_>,
    page: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Vec<Vec<Compared>>, ServiceError> {
    let compared = |group: &u32| -> Result<Vec<Compared>, ServiceError> {
        let side = measures.side(*group)?;
        let mut codes = own.groups.codes(*group);
        codes[key] = code;
        Ok(match own.groups.find(&codes) {
            Some(other) if other == *group => compare_with_itself(&plan.outputs, &side),
            Some(other) => compare(&plan.outputs, &side, &measures.side(other)?),
            // A row has its step of time, so there is data.
            None => compare(&plan.outputs, &side, &measures.nothing()),
        })
    };
    page.iter().map(compared).collect()
}
