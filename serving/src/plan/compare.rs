//! What rows are compared with, bound to a snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{
    Code, Comparison, Coverage, DayRange, FieldRef, GroupKey, Notice, Query, QueryRange,
    QuestionPart, ServiceError, Shortened, TimeGrain,
};
use jiff::ToSpan as _;

use super::notices::{MAX_COMPARED, nearest};
use super::one_value::values_of_groups;
use super::range::{Asked, BoundRange, bind_range};
use super::snapshots::bind_snapshot;
use super::{OtherSide, Plan, PlanKey, Step};
use crate::config::Limits;
use crate::snapshot::{Field, NULL, Snapshot};

/// The context for binding a query's days.
pub(super) struct OfDays<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) grain: Option<TimeGrain>,
    /// Whether only single days are read.
    pub(super) by_day: bool,
    pub(super) lookups: &'a BTreeSet<String>,
    pub(super) limits: &'a Limits,
}

/// Adds the other side of its query's comparison to a plan, which lacks only this.
pub(super) fn bind_compare(
    query: &Query,
    of_days: &OfDays<'_>,
    plan: &Plan,
    beside: Option<&Arc<Snapshot>>,
) -> Result<Option<OtherSide>, ServiceError> {
    let Some(compare) = &query.compare else { return Ok(None) };
    Ok(Some(match compare {
        Comparison::PreviousPeriod => {
            let days = days_before(query, plan)?;
            OtherSide::Days(Box::new(other_days(of_days, plan, days)?))
        }
        Comparison::Days(days) => {
            check_apart(plan, *days)?;
            OtherSide::Days(Box::new(other_days(of_days, plan, *days)?))
        }
        Comparison::Member { field, value } => {
            bind_member(of_days.snapshot, query, plan, (field, value.as_deref()))?
        }
        Comparison::Rest => OtherSide::Rest { is_of_step: is_of_step("rest", &plan.keys)? },
        Comparison::Whole => OtherSide::Whole { is_of_step: is_of_step("whole", &plan.keys)? },
        Comparison::Snapshot(id) => {
            if plan.withholding.is_some() {
                return Err(invalid(
                    "two snapshots of a model with `min_people` may differ by fewer people; query each separately",
                ));
            }
            let is_it = |beside: &&Arc<Snapshot>| beside.info.id == *id;
            let beside = beside.filter(is_it).ok_or_else(|| {
                let message = format!("snapshot {id} cannot be compared with here");
                ServiceError::new(Code::Internal, message).of(QuestionPart::Compare)
            })?;
            OtherSide::Snapshot(Box::new(bind_snapshot(of_days, query, plan, beside)?))
        }
    }))
}

/// Days on both sides would reveal numbers of the others alone, however few people these have.
fn check_apart(plan: &Plan, days: DayRange) -> Result<(), ServiceError> {
    let own = plan.coverage.range;
    let overlaps = own.is_some_and(|(first, last)| first <= days.last() && days.first() <= last);
    match &plan.withholding {
        Some(withholding) if overlaps => Err(invalid(format!(
            "{days} includes requested days, so that the difference could reveal fewer than {} people; compare with other days",
            withholding.least()
        ))),
        Some(_) | None => Ok(()),
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new(Code::InvalidArgument, message.into()).of(QuestionPart::Compare)
}

/// The same number of days just before those of a plan.
fn days_before(query: &Query, plan: &Plan) -> Result<DayRange, ServiceError> {
    let has_first = matches!(query.range, QueryRange::Days { from: Some(_), .. });
    let range = plan.coverage.range.and_then(|(first, last)| DayRange::try_new(first, last));
    let Some(range) = range.filter(|_| has_first) else {
        return Err(invalid(
            "there are no days before those that are present; give the first day of the query (`from`)",
        ));
    };
    let too_early =
        || invalid(format!("there are no {} days before {}", range.n_days(), range.first()));
    let last = range.first().yesterday().map_err(|_| too_early())?;
    let n_more = i64::from(range.n_days()) - 1;
    let first = last.checked_sub(n_more.days()).map_err(|_| too_early())?;
    DayRange::try_new(first, last).ok_or_else(too_early)
}

/// The plan over other days.
fn other_days(of_days: &OfDays<'_>, plan: &Plan, days: DayRange) -> Result<Plan, ServiceError> {
    let OfDays { snapshot, grain, by_day, lookups, limits } = *of_days;
    let range = QueryRange::Days { from: Some(days.first()), to: Some(days.last()) };
    let asked = Asked { range, grain, window: None, by_day };
    let BoundRange { steps, coverage, total: _ } = bind_range(snapshot, asked, lookups, limits)
        .map_err(|error| error.of(QuestionPart::Compare))?;
    // Without a window the total is the union of the steps.
    Ok(plan.of_other_days(beside(&plan.steps, steps), coverage))
}

/// The steps of another range at the positions of those that they are compared with, then those that are compared with
/// none: they are in the total.
pub(super) fn beside(own: &[Step], mut others: Vec<Step>) -> Vec<Step> {
    let mut steps: Vec<Step> = own
        .iter()
        .map(|own| match others.iter().position(|other| other.place == own.place) {
            Some(at) => others.swap_remove(at),
            None => Step { name: String::new(), periods: Vec::new(), ..own.clone() },
        })
        .collect();
    steps.append(&mut others);
    steps
}

fn bind_member(
    snapshot: &Snapshot,
    query: &Query,
    plan: &Plan,
    (reference, value): (&FieldRef, Option<&str>),
) -> Result<OtherSide, ServiceError> {
    let is_age = |(key, asked): (&PlanKey, &GroupKey)| {
        matches!(key, PlanKey::Age(_)) && *asked == GroupKey::Field(reference.clone())
    };
    if plan.keys.iter().zip(&query.group_by).any(is_age) {
        return Err(invalid(format!("`{reference}` is an age, which has no members")));
    }
    // First whether the field exists, then whether rows are grouped by it.
    snapshot.field(reference).map_err(|error| error.of(QuestionPart::Compare))?;
    snapshot.refuse_value(reference, value).map_err(|error| error.of(QuestionPart::Compare))?;
    let is_key = |(key, asked): (&PlanKey, &GroupKey)| match key {
        PlanKey::Time | PlanKey::Age(_) => false,
        PlanKey::Field { .. } => *asked == GroupKey::Field(reference.clone()),
    };
    let at = plan.keys.iter().zip(&query.group_by).position(is_key);
    let field = at.and_then(|at| match &plan.keys[at] {
        PlanKey::Field { field, .. } => Some((at, field)),
        PlanKey::Time | PlanKey::Age(_) => None,
    });
    let Some((key, field)) = field else {
        let asked: Vec<String> = query.group_by.iter().map(|asked| format!("`{asked}`")).collect();
        let asked = if asked.is_empty() { "none".to_owned() } else { asked.join(", ") };
        return Err(invalid(format!(
            "a member of `{reference}`, which rows are not grouped by ({asked}); name it in `group_by`"
        )));
    };
    let code = match value {
        None => NULL,
        Some(value) => field.code(value).ok_or_else(|| {
            let mut n_compared = MAX_COMPARED;
            let nearest = nearest(field, value, false, &mut n_compared);
            let (field, value) = (reference.clone(), Shortened(value).to_string());
            invalid(Notice { field, value, is_prefix: false, nearest }.to_string())
        })?,
    };
    if !is_left(query, field, code) {
        let value = value.map_or_else(|| "null".to_owned(), |value| format!("`{value}`"));
        return Err(invalid(format!(
            "the filter excludes `{reference}` = {value}; include it, too"
        )));
    }
    Ok(OtherSide::Member { key, code })
}

/// Whether a filter leaves a group of a value.
fn is_left(query: &Query, field: &Field, code: u32) -> bool {
    let groups = query.filter.as_ref().and_then(|filter| values_of_groups(filter, field));
    groups.is_none_or(|groups| groups.get(code as usize).copied().unwrap_or(false))
}

/// Whether the other side belongs to a row's step of time; `what` names it.
fn is_of_step(what: &str, keys: &[PlanKey]) -> Result<bool, ServiceError> {
    let is_time = |key: &PlanKey| matches!(key, PlanKey::Time);
    if keys.is_empty() {
        let message =
            format!("the {what} needs rows, but nothing is grouped; name keys in `group_by`");
        return Err(invalid(message));
    }
    Ok(keys.iter().any(is_time) && !keys.iter().all(is_time))
}

impl OtherSide {
    /// The days of the other side, if it has days of its own.
    pub(crate) fn into_coverage(self) -> Option<Coverage> {
        match self {
            Self::Days(plan) => Some(plan.coverage),
            Self::Snapshot(other) => Some(other.plan.coverage),
            Self::Member { .. } | Self::Rest { .. } | Self::Whole { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clio_proto::Period;

    use super::*;

    #[test]
    fn steps_stand_beside_those_of_their_place() {
        let step = |name: &str, place| Step {
            name: name.to_owned(),
            place,
            first: "2026-01-01".parse().unwrap(),
            days: DayRange::of(Period::Year(2026)).unwrap(),
            periods: vec![Period::All],
        };
        let own = [step("a0", 0), step("a2", 2), step("a3", 3)];
        let others = vec![step("b0", 0), step("b1", 1), step("b3", 3), step("b4", 4)];
        let found = beside(&own, others);
        let names: Vec<&str> = found.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names[..3], ["b0", "", "b3"]);
        assert!(found[1].periods.is_empty());
        let mut left = names[3..].to_vec();
        left.sort_unstable();
        assert_eq!(left, ["b1", "b4"]);
    }
}
