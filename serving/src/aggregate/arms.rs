//! The declared test behind a page: whether its arms have the people that they should have.

use clio_proto::{Arm, DeclaredTest, ServiceError, Value};

use super::groups::Groups;
use super::intervals::counting_error;
use super::measures::Measures;
use crate::plan::{Plan, RateOf};
use crate::verdict::{Assigned, chance_of};

/// Below this probability people are missing from some arms: of the tests looked at once, one in a thousand is
/// suspected wrongly.
const LEAST_CHANCE: f64 = 0.001;

/// The declared test that the verdicts of a plan belong to.
pub(super) fn declared_test(
    plan: &Plan,
    groups: &Groups<'_>,
    measures: &mut Measures<'_>,
) -> Result<Option<DeclaredTest>, ServiceError> {
    let Some(test) = plan.by_day.as_ref().and_then(|by_day| by_day.test.as_ref()) else {
        return Ok(None);
    };
    let mut arms = Vec::with_capacity(test.arms.len());
    for (value, code, share) in &test.arms {
        let people = match groups.find(&[*code]) {
            Some(group) => measures.of(test.assigned, group)?,
            None => Value::exact(0.0),
        };
        arms.push(Arm { value: value.clone(), share: *share, people });
    }
    // Of a withheld arm it is known that it has fewer people.
    let few = plan.withholding.as_ref().map_or(0.0, |own| f64::from(own.least()));
    let assigned = arms.iter().map(|arm| Assigned {
        people: arm.people.value.unwrap_or(few / 2.0),
        counting: counting_error(arm.people).unwrap_or(few / 2.0),
        share: arm.share,
    });
    let chance = chance_of(&assigned.collect::<Vec<_>>());
    let is_as_assigned = chance >= LEAST_CHANCE;
    Ok(Some(DeclaredTest { name: test.name.clone(), arms, chance, is_as_assigned }))
}

/// Whether a rate of an arm comes from random assignment: it is a rate among everybody who was assigned.
pub(super) fn is_by_lot(plan: &Plan, rate: &RateOf, code: Option<u32>) -> bool {
    let test = plan.by_day.as_ref().and_then(|by_day| by_day.test.as_ref());
    let (Some(test), Some(code), RateOf::People { whole, .. }) = (test, code, rate) else {
        return false;
    };
    *whole == test.assigned && test.arms.iter().any(|(_, arm, _)| *arm == code)
}
