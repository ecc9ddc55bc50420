//! What must hold of a snapshot as a whole: the tree of periods, and the sums of parents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_proto::{Period, RetiredDays};

use super::chunk::Chunk;
use super::layout::Layout;
use super::measure::{Off, PeriodTotal};
use crate::error::Refusal;

/// Checks that every period of the lake has its parent, that every parent has children unless it is a retired month, and that each
/// that is held follows from its children, which are then all held: sums are equal, and distinct counts are at least those of every
/// child.
pub(crate) fn check_tree(
    layout: &Layout,
    retired: &RetiredDays,
    periods: &BTreeSet<Period>,
    chunks: &BTreeMap<Period, Vec<Arc<Chunk>>>,
) -> Result<(), Refusal> {
    let mut children: BTreeMap<Period, Vec<Period>> = BTreeMap::new();
    for period in periods {
        if let Some(parent) = period.parent() {
            if !periods.contains(&parent) {
                return Err(Refusal::PeriodMissing { missing: parent, present: *period });
            }
            children.entry(parent).or_default().push(*period);
        }
    }
    check_retired(retired, periods, &children)?;
    let is_day = |period: &Period| matches!(period, Period::Day(_));
    let retired: BTreeSet<Period> = retired.months().collect();
    let childless = periods.iter().find(|period| {
        !is_day(period) && !children.contains_key(period) && !retired.contains(period)
    });
    if let Some(period) = childless {
        return Err(Refusal::Childless { period: *period });
    }
    for (at, measure) in layout.measures.iter().enumerate() {
        let totals: BTreeMap<Period, PeriodTotal> = chunks
            .iter()
            .map(|(period, files)| {
                let columns = files.iter().map(|chunk| &chunk.measures[at]);
                (*period, PeriodTotal::of(measure.stored, columns))
            })
            .collect();
        for (parent, children) in &children {
            let Some(total) = totals.get(parent) else { continue };
            let below: Vec<&PeriodTotal> = children.iter().map(|child| &totals[child]).collect();
            total.check(&below).map_err(|Off { found, relation, expected }| {
                let (measure, period) = (measure.name.clone(), *parent);
                Refusal::Totals { measure, period, found, relation, expected }
            })?;
        }
    }
    Ok(())
}

/// Checks that each retired month is present, and none of its days is.
fn check_retired(
    retired: &RetiredDays,
    periods: &BTreeSet<Period>,
    children: &BTreeMap<Period, Vec<Period>>,
) -> Result<(), Refusal> {
    for month in retired.months() {
        if !periods.contains(&month) {
            return Err(Refusal::RetiredMissing { month });
        }
        if let Some(day) = children.get(&month).and_then(|days| days.first()) {
            return Err(Refusal::RetiredWithDay { month, day: *day });
        }
    }
    Ok(())
}
