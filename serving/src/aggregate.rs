//! From a plan to rows: select, group, add up, unite, estimate, order.
//!
//! ```text
//! for each step, period and file   rows left by the filter ─▶ group ids (groups.rs)
//!                                  counts and sums are added at once (sums.rs)
//!                                  each (file, row) is recorded with its group
//! then, for requested groups       the sketches of their rows (members.rs) are estimated (estimates.rs, kernel.rs),
//!                                  or read (quantiles.rs)
//! ```
//!
//! Sketches are united group by group, so that a query with a hundred thousand groups needs one scratch of a few KiB,
//! not a hundred thousand; the exception are few groups of many rows, whose registers all stay in a cache. Only groups
//! that the order or the page asks for are estimated.

mod arms;
mod batch;
mod compare;
mod days;
mod estimates;
mod gathered;
mod groups;
mod having;
mod intervals;
mod kernel;
mod measures;
mod members;
mod mix;
mod newcomers;
mod order;
mod others;
mod quantiles;
mod ranks;
mod reach;
mod rest;
mod scopes;
mod scratch;
mod shares;
mod side;
mod sums;
mod total;
mod verdicts;
mod withheld;
mod withheld_windows;
mod work;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use clio_proto::{
    Code, Compared, DeclaredTest, Intervals, Key, Rank, Reach, Row, ServiceError, Value, Verdict,
    Work, WorkStep,
};

use crate::config::Limits;
use crate::plan::{Output, Plan, Reading};
use crate::propagation;
use crate::snapshot::Snapshot;
use compare::Beside;
use days::DayRatios;
use gathered::{Asked, Cells, Gathered};
use groups::Groups;
use measures::Measures;
use scratch::Unions;
pub(crate) use work::Clock;

/// The result of a query, before it becomes an answer.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// The page.
    pub(crate) rows: Vec<Row>,
    pub(crate) total: Row,
    pub(crate) others: Option<Row>,
    pub(crate) reach: Option<Reach>,
    pub(crate) test: Option<DeclaredTest>,
    /// The groups that stay.
    pub(crate) n_groups: usize,
    /// What is withheld of them.
    pub(crate) withheld: Option<clio_proto::Withheld>,
    pub(crate) work: Work,
}

/// Tells a computation that nobody is waiting for it any more.
#[derive(Debug, Default)]
pub(crate) struct Cancel(AtomicBool);

impl Cancel {
    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails once cancelled; nobody reads the error.
    pub(crate) fn check(&self) -> Result<(), ServiceError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(ServiceError::new(Code::DeadlineExceeded, "the query was cancelled"));
        }
        Ok(())
    }
}

/// Executes a plan.
pub(crate) fn run(
    snapshot: &Snapshot,
    plan: &Plan,
    limits: &Limits,
    cancel: &Cancel,
    mut work: Clock,
) -> Result<Grouped, ServiceError> {
    let asked = Asked { snapshot, plan, limits, cancel };
    let Gathered { batches, steps, groups, sums } = Gathered::new(asked, &mut work)?;
    let (other_days, other_sums) = compare::other_cells(asked, &mut work)?.unzip();
    work.took(WorkStep::Select);
    let n_threads = limits.n_threads_per_query;
    let mut measures = Measures::new(snapshot, plan, &batches, &groups, sums, n_threads, cancel);
    let cells = Cells { batches: &batches, steps: &steps, groups: &groups };
    let mut united_to_tell = measures.withhold(asked, &cells, &mut work)?;
    let stored_of_total = stored_of_total(asked, &mut measures, &mut work)?;
    let total = outputs_of(plan, &stored_of_total);
    work.took(WorkStep::Total);
    let mut days =
        other_days.as_ref().zip(other_sums).map(|(days, sums)| (days, days.measures(sums)));
    if let Some((days, measures)) = &mut days {
        united_to_tell += days.withhold(measures, &mut work)?;
    }
    let mut beside = Beside { asked, own: cells, days, unions: Unions::default() };
    let staying = having::staying(plan, &groups, &mut measures, &mut beside)?;
    let n_groups = staying.len();
    work.took(WorkStep::Having);
    let ranks = ranks_of(plan, &staying, &mut measures)?;
    let page = order::page(plan, &groups, &mut measures, &mut beside, staying.clone())?;
    work.took(WorkStep::Order);
    check_budget(plan, &groups, snapshot, &page.groups, limits)?;
    let reach = match &plan.reach {
        Some((at, name)) => Some(reach::reach((*at, name), &page.groups, &mut measures)?),
        None => None,
    };
    let mut of_page = page.groups.clone();
    of_page.sort_unstable();
    for measure in 0..plan.n_answered {
        measures.prepare_groups(measure, &of_page)?;
    }
    let row = |keys, values| with_shares(plan, keys, values, &total);
    let compared = compare::compare_page(&mut beside, &page.groups, &mut measures)?;
    let mut rows_compared = compared.rows.into_iter();
    let (newcomers, united_before) = match &plan.look_back {
        Some(look_back) => {
            newcomers::newcomers(asked, look_back, &cells, &page.groups, &mut measures, &mut work)?
        }
        None => Default::default(),
    };
    let mut newcomers = newcomers.into_iter();
    let test = arms::declared_test(plan, &groups, &mut measures)?;
    let days = days::of_days(asked, &cells, &page.groups, test.as_ref(), &mut work)?;
    let mut verdicts = days.verdicts.into_iter();
    let mut rows = Vec::with_capacity(page.groups.len());
    for (at, group) in page.groups.into_iter().enumerate() {
        let stored = stored_values(plan, |measure| measures.of(measure, group))?;
        let values = outputs_of(plan, &stored);
        let compared = rows_compared.next().unwrap_or_default();
        rows.push(Row {
            rank: ranks.get(&group).copied().flatten(),
            newcomers: newcomers.next().flatten(),
            intervals: intervals_of(plan, &stored, &values, days.ratios.get(at)),
            verdicts: told_verdicts(verdicts.next().unwrap_or_default(), &values, &compared),
            compared,
            ..row(groups.keys(snapshot, group), values)
        });
    }
    let of = Some(&page.below).filter(|below| plan.has_others && !below.is_empty());
    let others = of
        .map(|of| others::united(snapshot, plan, &batches, &groups, of, &mut measures))
        .transpose()?
        .map(|united| row(Vec::new(), united));
    work.took(WorkStep::Rows);
    let mut unions = measures.unions();
    unions += compared.unions;
    unions += united_before;
    unions += days.unions;
    unions += united_to_tell;
    let n_withheld = n_withheld(plan, &staying, &measures);
    let work = work.done(&groups, unions);
    let total = Row {
        intervals: intervals_of(plan, &stored_of_total, &total, Some(&days.ratios_of_total)),
        verdicts: told_verdicts(days.verdicts_of_total, &total, &compared.total),
        compared: compared.total,
        ..Row::new(Vec::new(), total)
    };
    Ok(Grouped { rows, total, others, reach, test, n_groups, withheld: n_withheld, work })
}

/// A row, with the fractions of the total that its values are, if requested.
fn with_shares(plan: &Plan, keys: Vec<Key>, values: Vec<Value>, total: &[Value]) -> Row {
    let shares = if plan.has_shares { shares_of(plan, &values, total) } else { Vec::new() };
    Row { shares, ..Row::new(keys, values) }
}

/// The values of the total's stored measures.
fn stored_of_total(
    asked: Asked<'_>,
    measures: &mut Measures<'_>,
    work: &mut Clock,
) -> Result<Vec<Value>, ServiceError> {
    let plan = asked.plan;
    match &plan.total {
        _ if plan.has_no_data() => Ok(vec![Value::undefined(); plan.n_answered]),
        Some(periods) if periods.is_empty() => Ok(vec![Value::undefined(); plan.n_answered]),
        Some(periods) => {
            let mut stored = total::of_periods(asked, periods, measures, work)?;
            if let Some(withheld) = measures.withheld() {
                withheld.rule.tell_all(&mut stored);
                withheld.hide_total(&mut stored);
            }
            Ok(stored)
        }
        None => stored_values(plan, |measure| measures.total(measure)),
    }
}

/// The number of groups that stay of which some requested measure is withheld.
fn n_withheld(
    plan: &Plan,
    staying: &[u32],
    measures: &Measures<'_>,
) -> Option<clio_proto::Withheld> {
    let withheld = measures.withheld()?;
    let hides = |group: &&u32| {
        let mut needs = plan.outputs.iter().flat_map(Output::needs);
        needs.any(|measure| withheld.hides(measure, **group))
    };
    let n_rows = staying.iter().filter(hides).count() as u64;
    Some(clio_proto::Withheld { min_people: withheld.rule.least(), n_rows })
}

/// The ranks that each group may have, if requested.
fn ranks_of(
    plan: &Plan,
    staying: &[u32],
    measures: &mut Measures<'_>,
) -> Result<HashMap<u32, Option<Rank>>, ServiceError> {
    let Some((output, direction)) = plan.ranks_by else { return Ok(HashMap::new()) };
    let values = order::output_values(plan, output, staying, measures)?;
    Ok(staying.iter().copied().zip(ranks::ranks(&values, direction)).collect())
}

/// Verdicts of the values that are shown on both sides.
fn told_verdicts(
    verdicts: Vec<Option<Verdict>>,
    values: &[Value],
    compared: &[Compared],
) -> Vec<Option<Verdict>> {
    let is_told =
        |at: usize| !values[at].withheld && compared.get(at).is_none_or(|own| !own.other.withheld);
    let own = verdicts.into_iter().enumerate();
    own.map(|(at, verdict)| verdict.filter(|_| is_told(at))).collect()
}

/// The uncertainty of each value, if requested.
fn intervals_of(
    plan: &Plan,
    stored: &[Value],
    values: &[Value],
    days: Option<&DayRatios>,
) -> Vec<Intervals> {
    if plan.has_intervals { intervals::intervals(plan, stored, values, days) } else { Vec::new() }
}

/// The fraction of the total that each value is; derived measures and quantiles are not parts of a whole.
fn shares_of(plan: &Plan, values: &[Value], total: &[Value]) -> Vec<Value> {
    let parts = plan.outputs.iter().zip(values.iter().zip(total));
    parts
        .map(|(output, (part, whole))| match output {
            Output::Stored(_) if part.withheld || whole.withheld => Value::withheld(),
            Output::Stored(at) if plan.measures[*at].reading == Reading::Number => {
                shares::share(*part, *whole)
            }
            Output::Stored(_) | Output::Derived { .. } => Value::undefined(),
        })
        .collect()
}

/// Checks what the answer will take before it is built: a row for each group of the page, with its strings.
fn check_budget(
    plan: &Plan,
    groups: &Groups<'_>,
    snapshot: &Snapshot,
    page: &[u32],
    limits: &Limits,
) -> Result<(), ServiceError> {
    let size_compared = plan.compare.as_ref().map_or(0, |_| size_of::<Compared>());
    let size_of_intervals = if plan.has_intervals { size_of::<Intervals>() } else { 0 };
    let has_verdicts = plan.by_day.as_ref().is_some_and(|by_day| by_day.has_verdicts);
    let size_beside = size_of_intervals + if has_verdicts { size_of::<Verdict>() } else { 0 };
    let fixed = size_of::<Row>()
        + plan.keys.len() * size_of::<Key>()
        + plan.outputs.len() * (size_of::<Value>() + size_compared + size_beside);
    let mut needed = (page.len() as u64).saturating_mul(fixed as u64);
    for group in page {
        if needed > limits.answer_bytes {
            break;
        }
        needed += groups.text_bytes(snapshot, *group) as u64;
    }
    if needed <= limits.answer_bytes {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::ResourceExhausted,
        format!(
            "the answer of {} rows with {} keys and {} measures takes at least {needed} bytes; the \
             limit is {}; ask for fewer rows per page, or for fewer measures",
            page.len(),
            plan.keys.len(),
            plan.outputs.len(),
            limits.answer_bytes
        ),
    ))
}

/// The values of the stored measures that the outputs need.
fn stored_values(
    plan: &Plan,
    stored: impl FnMut(usize) -> Result<Value, ServiceError>,
) -> Result<Vec<Value>, ServiceError> {
    (0..plan.n_looked_at()).map(stored).collect()
}

/// The outputs of a query, from the values of stored measures.
fn outputs_of(plan: &Plan, stored: &[Value]) -> Vec<Value> {
    plan.outputs.iter().map(|output| evaluate(output, stored)).collect()
}

/// One output, from the values of the stored measures.
fn evaluate(output: &Output, stored: &[Value]) -> Value {
    match output {
        Output::Stored(at) => stored[*at],
        Output::Derived { of, .. } if of.iter().any(|(_, at)| stored[*at].withheld) => {
            Value::withheld()
        }
        Output::Derived { expression, of, parts } => propagation::with_bounds(
            expression,
            |name| {
                let found = of.iter().find(|(own, _)| own == name);
                found.map_or_else(Value::undefined, |(_, at)| stored[*at])
            },
            |part, whole| parts.iter().any(|own| (own.0.as_str(), own.1.as_str()) == (part, whole)),
        ),
    }
}
