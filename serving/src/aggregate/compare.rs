//! The rows of a page beside what they are compared with.

mod numbers;

use clio_proto::{Compared, ServiceError};

use super::Clock;
use super::batch::Batch;
use super::gathered::{Asked, Cells, Gathered};
use super::groups::Groups;
use super::measures::Measures;
use super::rest::{rest, whole};
use super::scratch::Unions;
use super::side::{Side, compare, compare_with_itself};
use super::sums::Sums;
use crate::plan::{OtherSide, Plan, PlanKey};
pub(super) use numbers::{Beside, ComparedNumbers};

/// What comes of the comparison of a page.
#[derive(Debug, Default)]
pub(super) struct ComparedPage {
    /// By row of the page; empty where nothing is compared.
    pub(super) rows: Vec<Vec<Compared>>,
    /// Empty where the total is not compared.
    pub(super) total: Vec<Compared>,
    /// What was united for the other side.
    pub(super) unions: Unions,
}

/// The cells of other days.
#[derive(Debug)]
pub(super) struct OtherDays<'a> {
    /// With the plan of these days.
    asked: Asked<'a>,
    batches: Vec<Batch<'a>>,
    groups: Groups<'a>,
}

/// The cells of the other days, and what they add up to; `None` where rows are compared with none.
pub(super) fn other_days<'a>(
    asked: Asked<'a>,
    work: &mut Clock,
) -> Result<Option<(OtherDays<'a>, Sums)>, ServiceError> {
    let Some(OtherSide::Days(plan)) = &asked.plan.compare else { return Ok(None) };
    let asked = Asked { plan, ..asked };
    let Gathered { batches, steps: _, groups, sums } = Gathered::new(asked, work)?;
    Ok(Some((OtherDays { asked, batches, groups }, sums)))
}

impl OtherDays<'_> {
    /// The measures over these cells, which add up to the sums.
    pub(super) fn measures(&self, sums: Sums) -> Measures<'_> {
        let Asked { snapshot, plan, limits, cancel } = self.asked;
        let n_threads = limits.n_threads_per_query;
        Measures::new(snapshot, plan, &self.batches, &self.groups, sums, n_threads, cancel)
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
    let n_measures = asked.plan.n_answered;
    let mut compared = match &asked.plan.compare {
        None => Ok(ComparedPage::default()),
        Some(OtherSide::Days(_)) => match days {
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

/// With the same groups of other days.
fn with_days(
    days: &OtherDays<'_>,
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
        let beside = match days.groups.find(&codes) {
            Some(group) => others.side(group)?,
            None if days.has_data(plan, &codes) => others.nothing(),
            None => undefined(),
        };
        rows.push(compare(&plan.outputs, &measures.side(*group)?, &beside));
    }
    let total = if plan.has_no_data() { undefined() } else { measures.total_side()? };
    let has_no_data = days.asked.plan.has_no_data();
    let beside = if has_no_data { undefined() } else { others.total_side()? };
    let total = compare(&plan.outputs, &total, &beside);
    Ok(ComparedPage { rows, total, unions: others.unions() })
}

/// With the group that has another value of one key.
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
            // Its step of time is that of a row: it has data.
            None => compare(&plan.outputs, &side, &measures.nothing()),
        })
    };
    page.iter().map(compared).collect()
}

/// The rows of a page by what they are compared with: of one step of time, or of all of them (`None`).
fn scopes(
    plan: &Plan,
    own: &Cells<'_>,
    page: &[u32],
    is_of_step: bool,
) -> Vec<(Vec<usize>, Option<u32>)> {
    let time = plan.keys.iter().position(|key| matches!(key, PlanKey::Time));
    let step =
        |place: usize| time.filter(|_| is_of_step).map(|time| own.groups.codes(page[place])[time]);
    let mut places: Vec<(Option<u32>, usize)> =
        (0..page.len()).map(|place| (step(place), place)).collect();
    places.sort_unstable();
    places
        .chunk_by(|a, b| a.0 == b.0)
        .map(|scope| (scope.iter().map(|(_, place)| *place).collect(), scope[0].0))
        .collect()
}
