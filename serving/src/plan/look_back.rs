//! The look-back: the days before each step of time, on which its new people were not seen.

use clio_proto::{Code, DayRange, MAX_LOOK_BACK_DAYS, Query, ServiceError};

use super::compare::OfDays;
use super::windows::before_steps;
use super::{BoundLookBack, Output, Plan, PlanKey};
use crate::snapshot::Snapshot;

/// Adds the look-back of its steps to a plan, which lacks only this.
pub(super) fn bind_look_back(
    query: &Query,
    of_days: &OfDays<'_>,
    plan: &Plan,
) -> Result<Option<BoundLookBack>, ServiceError> {
    let Some(n_days) = query.look_back_days else { return Ok(None) };
    let invalid = |what: &str| {
        Err(ServiceError::new(Code::InvalidArgument, format!("`look_back_days`: {what}")))
    };
    if !(1..=MAX_LOOK_BACK_DAYS).contains(&n_days) {
        return invalid(&format!("{n_days} days; from 1 to {MAX_LOOK_BACK_DAYS} are allowed"));
    }
    if !plan.keys.iter().any(|key| matches!(key, PlanKey::Time)) {
        return invalid("rows are not grouped by time; name `day` in `group_by`");
    }
    if query.window.is_some() {
        return invalid("not together with `window`");
    }
    let Some(measure) = first_distinct(of_days.snapshot, query, &plan.outputs) else {
        return invalid("new people need a distinct measure, but none is requested");
    };
    let range = plan.coverage.range.and_then(|(first, last)| DayRange::try_new(first, last));
    let (steps, coverage) =
        before_steps(of_days.snapshot, &plan.steps, range, n_days, of_days.lookups)?;
    let plan = Box::new(plan.of_other_days(steps, coverage));
    Ok(Some(BoundLookBack { n_days, measure, plan }))
}

/// The first distinct measure that a query asks for: a position among the plan's measures, and the name.
pub(super) fn first_distinct(
    snapshot: &Snapshot,
    query: &Query,
    outputs: &[Output],
) -> Option<(usize, String)> {
    query.measures.iter().zip(outputs).find_map(|(name, output)| match output {
        Output::Stored(at) if is_distinct(snapshot, name) => Some((*at, name.clone())),
        Output::Stored(_) | Output::Derived { .. } => None,
    })
}

/// Whether a measure is a distinct one.
pub(super) fn is_distinct(snapshot: &Snapshot, name: &str) -> bool {
    let measure = snapshot.model.measure(name);
    measure.is_some_and(|own| own.kind.counts_different())
}
