//! The declared test that a query with verdicts is about.

use clio_proto::{Comparison, DayRange, Experiment, FieldRef, Filter, GroupKey, Query, Test};

use super::look_back::is_distinct;
use super::{Plan, PlanKey, Reading};
use crate::snapshot::Snapshot;

/// A test with its arms.
#[derive(Debug)]
pub(crate) struct BoundTest {
    pub(crate) name: String,
    /// Each with its code and its assigned share of people.
    pub(crate) arms: Vec<(String, u32, f64)>,
    /// The count of everybody who was assigned: a position among the plan's `measures`.
    pub(crate) assigned: usize,
}

/// The test that a query is about: rows are exactly its arms, over days of the test, all arms are present, and each is
/// compared with another one or with all others. Any other filter might depend on the arm that somebody was in.
pub(super) fn declared(snapshot: &Snapshot, query: &Query, plan: &Plan) -> Option<BoundTest> {
    let [GroupKey::Field(key)] = &query.group_by[..] else { return None };
    let [PlanKey::Field { field, .. }] = &plan.keys[..] else { return None };
    let (first, last) = plan.coverage.range?;
    let asked = DayRange::try_new(first, last)?;
    let is_of = |test: &&Experiment| {
        let arms: Vec<&str> = test.arms.iter().map(|(arm, _)| arm.as_str()).collect();
        test.dimension == *key
            && test.days().contains(asked.first())
            && test.days().contains(asked.last())
            && is_compared(query, key, &arms)
    };
    let test = snapshot.model.experiments().iter().find(is_of)?;
    let arm = |(value, share): &(String, f64)| Some((value.clone(), field.code(value)?, *share));
    let arms = test.arms.iter().map(arm).collect::<Option<Vec<_>>>()?;
    let column = snapshot.layout.measures.iter().position(|own| own.name == test.assigned)?;
    if !snapshot.sees_measure(&test.assigned) {
        return None;
    }
    let is_assigned =
        |own: &super::PlanMeasure| own.column == column && own.reading == Reading::Number;
    let assigned = plan.measures[..plan.n_answered].iter().position(is_assigned)?;
    is_distinct(snapshot, &test.assigned).then(|| BoundTest {
        name: test.name.clone(),
        arms,
        assigned,
    })
}

/// Whether arms are compared with arms, all of them being present.
fn is_compared(query: &Query, key: &FieldRef, arms: &[&str]) -> bool {
    let is_of_arms = match &query.filter {
        None => false,
        Some(Filter::Field { field, test: Test::AnyOf(values) }) if field == key => {
            arms.iter().all(|arm| values.iter().any(|value| value == arm))
                && values.iter().all(|value| arms.contains(&value.as_str()))
        }
        Some(Filter::And(_) | Filter::Or(_) | Filter::Not(_) | Filter::Field { .. }) => {
            return false;
        }
    };
    match &query.compare {
        Some(Comparison::Member { field, value: Some(value) }) => {
            field == key && arms.contains(&value.as_str())
        }
        // Without the filter the rest would include others, too.
        Some(Comparison::Rest) => is_of_arms,
        Some(
            Comparison::Member { value: None, .. }
            | Comparison::PreviousPeriod
            | Comparison::Days(_)
            | Comparison::Whole
            | Comparison::Snapshot(_),
        )
        | None => false,
    }
}
