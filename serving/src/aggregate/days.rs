//! What the settled days, one by one, tell about the rows of a page and the total: the uncertainty of ratios, and
//! verdicts.

use clio_proto::{Code, DayRange, DeclaredTest, MAX_VERDICT_ROWS, ServiceError, Verdict};

use super::Clock;
use super::arms::is_by_lot;
use super::gathered::{Asked, Cells, Gathered};
use super::measures::Measures;
use super::mix;
use super::scratch::Unions;
use super::verdicts::{self, Beside, RowVerdicts};
use crate::plan::{ByDay, OtherSide, Plan, PlanKey, RateOf};

/// By output, the days of a ratio of sums: numerator and denominator on each. Empty for any other output.
pub(super) type DayRatios = Vec<Vec<(f64, f64)>>;

/// What the days tell.
#[derive(Debug, Default)]
pub(super) struct OfDays {
    /// By row; empty if not requested.
    pub(super) ratios: Vec<DayRatios>,
    pub(super) ratios_of_total: DayRatios,
    /// By row, then by output; empty if not requested.
    pub(super) verdicts: RowVerdicts,
    pub(super) verdicts_of_total: Vec<Option<Verdict>>,
    /// The work of uniting for it.
    pub(super) unions: Unions,
}

/// A row among the groups by day.
#[derive(Debug, Clone)]
pub(super) struct DayRow {
    /// The codes of its fields.
    pub(super) fields: Vec<u32>,
    /// If rows are grouped by time, its days.
    within: Option<DayRange>,
}

impl DayRow {
    /// The codes of its group on a day.
    pub(super) fn on(&self, day: u32) -> Vec<u32> {
        std::iter::once(day).chain(self.fields.iter().copied()).collect()
    }
}

/// Evaluates the days of some groups and of the total.
pub(super) fn of_days(
    asked: Asked<'_>,
    own: &Cells<'_>,
    page: &[u32],
    test: Option<&DeclaredTest>,
    work: &mut Clock,
) -> Result<OfDays, ServiceError> {
    let plan = asked.plan;
    let Some(by_day) = &plan.by_day else { return Ok(OfDays::default()) };
    if by_day.has_verdicts && page.len() > MAX_VERDICT_ROWS {
        let n_rows = page.len();
        let message = format!(
            "`extras`: verdicts for the {n_rows} rows of a page, but the limit is {MAX_VERDICT_ROWS}; lower `limit`"
        );
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    let is_as_assigned = test.is_some_and(|test| test.is_as_assigned);
    let rows: Vec<DayRow> = page.iter().map(|group| day_row(plan, own, *group)).collect();
    let mut found = OfDays::default();
    if !rows.is_empty() {
        let days = Side { asked, by_day, has_fields: true };
        (found.ratios, found.verdicts) = days.look(&rows, work, &mut found.unions)?;
        if is_as_assigned {
            for (row, verdicts) in rows.iter().zip(&mut found.verdicts) {
                let code = row.fields.first().copied();
                let of_rates = plan.rates.iter().zip(verdicts.iter_mut());
                let by_lot = of_rates.filter(|(rate, _)| is_by_lot(plan, rate, code));
                by_lot
                    .filter_map(|(_, own)| own.as_mut())
                    .for_each(|own| own.word = own.word.by_lot());
            }
        }
    }
    let is_compared = matches!(&plan.compare, Some(OtherSide::Days(_)));
    if plan.has_intervals || is_compared {
        let whole = [DayRow { fields: Vec::new(), within: None }];
        let days = Side { asked, by_day, has_fields: false };
        let (ratios, verdicts) = days.look(&whole, work, &mut found.unions)?;
        found.ratios_of_total = ratios.into_iter().next().unwrap_or_default();
        if is_compared {
            found.verdicts_of_total = verdicts.into_iter().next().unwrap_or_default();
        }
    }
    Ok(found)
}

/// The position of a group of the answer among those by day.
fn day_row(plan: &Plan, own: &Cells<'_>, group: u32) -> DayRow {
    let codes = own.groups.codes(group);
    let mut row = DayRow { fields: Vec::new(), within: None };
    for (key, code) in plan.keys.iter().zip(codes) {
        match key {
            PlanKey::Time => row.within = Some(plan.steps[code as usize].days),
            PlanKey::Field { .. } | PlanKey::Age(_) => row.fields.push(code),
        }
    }
    row
}

/// Rows by day, or the total by day.
struct Side<'a> {
    asked: Asked<'a>,
    by_day: &'a ByDay,
    has_fields: bool,
}

/// The findings for some rows.
type Found = (Vec<DayRatios>, RowVerdicts);

impl Side<'_> {
    fn look(
        &self,
        rows: &[DayRow],
        work: &mut Clock,
        unions: &mut Unions,
    ) -> Result<Found, ServiceError> {
        let Self { asked, by_day, has_fields } = *self;
        let plan = asked.plan.over_days(&by_day.days, has_fields);
        let own = Asked { plan: &plan, ..asked };
        let Gathered { batches, steps, groups, sums } = Gathered::new(own, work)?;
        let Asked { snapshot, limits, cancel, .. } = asked;
        let n_threads = limits.n_threads_per_query;
        let mut measures =
            Measures::new(snapshot, &plan, &batches, &groups, sums, n_threads, cancel);
        let cells = Cells { batches: &batches, steps: &steps, groups: &groups };
        let mut ratios = Vec::new();
        if asked.plan.has_intervals {
            for row in rows {
                ratios.push(day_ratios(&plan, &cells, &mut measures, row)?);
            }
        }
        let mut found = Vec::new();
        if by_day.has_verdicts {
            let judged = |measures: &mut Measures<'_>, beside: Beside<'_, '_>| {
                verdicts::verdicts(own, &cells, measures, rows, beside)
            };
            match (&asked.plan.compare, &by_day.other_days) {
                (Some(OtherSide::Days(_)), Some(days)) => {
                    let plan = asked.plan.over_days(days, has_fields);
                    let other = Asked { plan: &plan, ..asked };
                    let Gathered { batches, steps: _, groups, sums } = Gathered::new(other, work)?;
                    let mut others =
                        Measures::new(snapshot, &plan, &batches, &groups, sums, n_threads, cancel);
                    let beside = Beside::Days { groups: &groups, measures: &mut others };
                    (found, _) = judged(&mut measures, beside)?;
                    *unions += others.unions();
                }
                (Some(OtherSide::Member { key, code }), _) if has_fields => {
                    // Rows are not grouped by time, so the plan's keys are the fields.
                    let beside = Beside::Member { field: *key, code: *code };
                    (found, _) = judged(&mut measures, beside)?;
                }
                (Some(OtherSide::Rest { .. }), _) if has_fields => {
                    let (verdicts, united) = judged(&mut measures, Beside::Rest)?;
                    found = verdicts;
                    *unions += united;
                }
                (
                    Some(
                        OtherSide::Days(_)
                        | OtherSide::Member { .. }
                        | OtherSide::Rest { .. }
                        | OtherSide::Whole { .. }
                        | OtherSide::Snapshot(_),
                    )
                    | None,
                    _,
                ) => {}
            }
        }
        *unions += measures.unions();
        *unions += mix::mixes(asked, has_fields, rows, &mut found, work)?;
        Ok((ratios, found))
    }
}

/// The days of the ratios of one row.
fn day_ratios(
    plan: &Plan,
    cells: &Cells<'_>,
    measures: &mut Measures<'_>,
    row: &DayRow,
) -> Result<DayRatios, ServiceError> {
    let mut ratios = vec![Vec::new(); plan.rates.len()];
    for (day, step) in (0_u32..).zip(&plan.steps) {
        if row.within.is_some_and(|own| !own.contains(step.days.first())) {
            continue;
        }
        let Some(group) = cells.groups.find(&row.on(day)) else { continue };
        for (rate, days) in plan.rates.iter().zip(&mut ratios) {
            let RateOf::Sums { above, below } = rate else { continue };
            let (above, below) = (measures.of(*above, group)?, measures.of(*below, group)?);
            days.extend(above.value.zip(below.value));
        }
    }
    Ok(ratios)
}
