//! Windows of time that differ by few people.
//!
//! ```text
//! parts      |---|---|---|---|---|      the days between adjacent ends of windows, or of the total
//! windows    [===========)                each consists of consecutive parts
//!                [===========)
//! ```
//!
//! Two shown windows reveal the parts by which they differ. So an end of parts is *open* if the parts since the
//! previous open end have enough people, or nobody; and a window is shown if both its ends are open. The last end is
//! always open, since the total ends there.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{DayRange, ServiceError, cover};
use jiff::civil::Date;

use super::Clock;
use super::gathered::{Asked, Cells, Gathered};
use super::measures::Measures;
use super::scratch::Unions;
use super::withheld::people_together;
use crate::plan::{PlanKey, Step};
use crate::snapshot::Snapshot;
use crate::withheld::{Told, Withholding};

/// Withholds windows that are not between open ends, and the total if it does not begin at one. Returns the work of
/// uniting.
pub(super) fn close(
    asked: Asked<'_>,
    cells: &Cells<'_>,
    rule: &Withholding,
    (told, of_total): (&mut [Vec<Told>], &mut [Told]),
    work: &mut Clock,
) -> Result<Unions, ServiceError> {
    let plan = asked.plan;
    let Some(first) = plan.steps.first() else { return Ok(Unions::default()) };
    let total = start(asked.snapshot, first.first);
    let ends = ends(asked.snapshot, &plan.steps, total);
    let steps = parts(asked.snapshot, &ends);
    let plan_of_parts = plan.over_days(&steps, true);
    let of_parts = Asked { plan: &plan_of_parts, ..asked };
    let Gathered { batches, steps: _, groups, sums } = Gathered::new(of_parts, work)?;
    let Asked { snapshot, limits, cancel, .. } = asked;
    let n_threads = limits.n_threads_per_query;
    let mut measures =
        Measures::new(snapshot, &plan_of_parts, &batches, &groups, sums, n_threads, cancel);
    // By the codes of fields: the group of each part.
    let mut rows: BTreeMap<Vec<u32>, Vec<Option<u32>>> = BTreeMap::new();
    for group in groups.all() {
        let mut codes = groups.codes(group);
        let part = codes.remove(0) as usize;
        rows.entry(codes).or_insert_with(|| vec![None; steps.len()])[part] = Some(group);
    }
    let place = |end: Date| ends.binary_search(&end).unwrap_or_default();
    let mut open: BTreeMap<Vec<u32>, Vec<bool>> = BTreeMap::new();
    for (fields, parts) in rows {
        cancel.check()?;
        let own = open_ends(rule, &parts, &mut measures)?;
        if !own[place(total)] {
            of_total.fill(Told::Nothing);
        }
        open.insert(fields, own);
    }
    let time = plan.keys.iter().position(|key| matches!(key, PlanKey::Time));
    for group in cells.groups.all() {
        let mut codes = cells.groups.codes(group);
        let Some(time) = time else { continue };
        let days = plan.steps[codes.remove(time) as usize].days;
        let window = [start(snapshot, days.first()), end(snapshot, days.last())];
        let is_open = |end: Date| open.get(&codes).is_none_or(|open| open[place(end)]);
        if !window.into_iter().all(is_open) {
            told[group as usize].fill(Told::Nothing);
        }
    }
    Ok(measures.unions())
}

/// The beginnings of windows and the total, and the ends of windows (the day after the last one), in order.
fn ends(snapshot: &Snapshot, windows: &[Step], total: Date) -> Vec<Date> {
    let both = |step: &Step| [start(snapshot, step.days.first()), end(snapshot, step.days.last())];
    let all: BTreeSet<Date> = windows.iter().flat_map(both).chain([total]).collect();
    all.into_iter().collect()
}

/// The beginning of what has this first day: after a retired month that it cuts.
fn start(snapshot: &Snapshot, first: Date) -> Date {
    match snapshot.retired.contains(first) && first.day() > 1 {
        true => behind(first.last_of_month()),
        false => first,
    }
}

/// The end of what has this last day: before a retired month that it cuts.
fn end(snapshot: &Snapshot, last: Date) -> Date {
    match snapshot.retired.contains(last) && last != last.last_of_month() {
        true => last.first_of_month(),
        false => behind(last),
    }
}

fn behind(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

/// The days from each end to the next one.
fn parts(snapshot: &Snapshot, ends: &[Date]) -> Vec<Step> {
    let part = |ends: &[Date]| {
        let days = DayRange::try_new(ends[0], ends[1].yesterday().ok()?)?;
        let periods = cover(snapshot.days_of_lake(), &snapshot.retired, days);
        Some(Step { name: String::new(), place: 0, first: days.first(), days, periods })
    };
    ends.windows(2).filter_map(part).collect()
}

/// Which ends are open, given the group of each part.
fn open_ends(
    rule: &Withholding,
    parts: &[Option<u32>],
    measures: &mut Measures<'_>,
) -> Result<Vec<bool>, ServiceError> {
    let mut is_enough = |of: &[Option<u32>]| -> Result<bool, ServiceError> {
        let of: Vec<u32> = of.iter().copied().flatten().collect();
        let people = people_together(rule, &of, measures)?;
        Ok(!rule.told(&people).contains(&Told::Nothing))
    };
    let mut open = vec![true];
    let mut last = 0;
    for end in 1..=parts.len() {
        open.push(is_enough(&parts[last..end])?);
        if open[end] {
            last = end;
        }
    }
    // The end of the total is open: if too few precede it, they are merged with the part before.
    let end = parts.len();
    while !open[end] && last > 0 {
        open[last] = false;
        last = open[..last].iter().rposition(|open| *open).unwrap_or(0);
        open[end] = is_enough(&parts[last..end])?;
    }
    open[end] = true;
    Ok(open)
}
