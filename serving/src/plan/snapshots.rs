//! Comparisons with another snapshot: the same query, bound to that one.

use std::sync::Arc;

use clio_proto::{Code, Query, QuestionPart, ServiceError};

use super::bind::{Alone, bind_alone, with_own_week};
use super::compare::OfDays;
use super::{OtherSnapshot, Output, Plan, PlanKey, Step};
use crate::snapshot::Snapshot;

/// Binds the query of a plan to another snapshot.
///
/// # Errors
///
/// The other snapshot's model does not have what is requested, or defines it differently.
pub(super) fn bind_snapshot(
    of_days: &OfDays<'_>,
    query: &Query,
    plan: &Plan,
    beside: &Arc<Snapshot>,
) -> Result<OtherSnapshot, ServiceError> {
    let id = beside.info.id;
    let of_other = |error: ServiceError| {
        let message = format!("snapshot {id}: {}", error.message);
        ServiceError::new(error.code, message).of(QuestionPart::Compare)
    };
    let query = with_own_week(beside, query);
    let Alone { plan: other, .. } = bind_alone(beside, &query, of_days.limits).map_err(of_other)?;
    check_same((of_days.snapshot, plan), (beside, &other), &query).map_err(of_other)?;
    let steps = by_name(&plan.steps, other.steps.clone());
    let plan = other.of_other_days(steps, other.coverage.clone());
    Ok(OtherSnapshot { snapshot: Arc::clone(beside), plan })
}

/// The steps of another snapshot at the positions of those of their names, then those without counterpart: they are in
/// the total.
fn by_name(own: &[Step], mut others: Vec<Step>) -> Vec<Step> {
    let mut steps: Vec<Step> = own
        .iter()
        .map(|own| match others.iter().position(|other| other.name == own.name) {
            Some(at) => others.swap_remove(at),
            None => Step { periods: Vec::new(), ..own.clone() },
        })
        .collect();
    steps.append(&mut others);
    steps
}

/// Checks that both plans mean the same: a measure of another kind or formula cannot be compared.
fn check_same(
    (own_snapshot, own): (&Snapshot, &Plan),
    (other_snapshot, other): (&Snapshot, &Plan),
    query: &Query,
) -> Result<(), ServiceError> {
    let differs = |what: String| {
        let message = format!(
            "{what} is defined differently there; leave it out, or query each snapshot separately"
        );
        ServiceError::new(Code::InvalidArgument, message)
    };
    let kind = |key: &PlanKey| match key {
        PlanKey::Time => 0,
        PlanKey::Field { field, .. } => 1 + u8::from(field.multi),
        PlanKey::Age(_) => 3,
    };
    for ((one, another), asked) in own.keys.iter().zip(&other.keys).zip(&query.group_by) {
        if kind(one) != kind(another) {
            return Err(differs(format!("the key `{asked}`")));
        }
    }
    for ((one, another), name) in own.outputs.iter().zip(&other.outputs).zip(&query.measures) {
        let is_same = match (one, another) {
            (Output::Stored(one), Output::Stored(another)) => one == another,
            (
                Output::Derived { expression: one, of, .. },
                Output::Derived { expression: another, of: of_another, .. },
            ) => one == another && of == of_another,
            (Output::Stored(_), Output::Derived { .. })
            | (Output::Derived { .. }, Output::Stored(_)) => false,
        };
        if !is_same {
            return Err(differs(format!("the measure `{name}`")));
        }
    }
    let read = |snapshot: &Snapshot, plan: &Plan| -> Vec<_> {
        let of = plan.measures[..plan.n_answered].iter().enumerate();
        of.map(|(at, measure)| {
            let name = snapshot.layout.measures[measure.column].name.clone();
            (name, std::mem::discriminant(&plan.stored_type(snapshot, at)), measure.reading)
        })
        .collect()
    };
    let (of_own, of_other) = (read(own_snapshot, own), read(other_snapshot, other));
    for (at, one) in of_own.iter().enumerate() {
        if of_other.get(at) != Some(one) {
            return Err(differs(format!("the measure `{}`", one.0)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clio_proto::{DayRange, Period};

    use super::*;

    #[test]
    fn steps_stand_beside_those_of_their_name() {
        let step = |name: &str| Step {
            name: name.to_owned(),
            place: 0,
            first: "2026-01-01".parse().unwrap(),
            days: DayRange::of(Period::Year(2026)).unwrap(),
            periods: vec![Period::All],
        };
        let own = [step("b"), step("c"), step("d")];
        let found = by_name(&own, vec![step("a"), step("b"), step("d"), step("e")]);
        let names: Vec<&str> = found.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names[..3], ["b", "c", "d"]);
        assert!(found[1].periods.is_empty() && !found[2].periods.is_empty());
        let mut left = names[3..].to_vec();
        left.sort_unstable();
        assert_eq!(left, ["a", "e"]);
    }
}
