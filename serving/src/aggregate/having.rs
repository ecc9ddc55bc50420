//! Which groups stay: those that pass the query's conditions on measures.

use clio_proto::{ServiceError, Value};

use super::evaluate;
use super::groups::Groups;
use super::measures::Measures;
use crate::plan::{GroupTest, Output, Plan};

/// The groups that stay, upwards.
///
/// Conditions that counts and sums decide come first, whatever the order in which they are written, so that sketches are
/// united for those groups alone that passed them.
pub(super) fn staying(
    plan: &Plan,
    groups: &Groups<'_>,
    measures: &mut Measures<'_>,
) -> Result<Vec<u32>, ServiceError> {
    let mut staying: Vec<u32> = groups.all().collect();
    let Some(having) = &plan.having else { return Ok(staying) };
    let is_added = |test: &&GroupTest| test.needs().iter().all(|at| measures.is_added_up(*at));
    let (by_sums, by_estimates): (Vec<_>, Vec<_>) = having.parts().into_iter().partition(is_added);
    keep(&by_sums, plan, measures, &mut staying)?;
    if by_estimates.is_empty() {
        return Ok(staying);
    }
    for test in &by_estimates {
        for measure in test.needs() {
            measures.prepare_groups(measure, &staying)?;
        }
    }
    keep(&by_estimates, plan, measures, &mut staying)?;
    Ok(staying)
}

fn keep(
    tests: &[&GroupTest],
    plan: &Plan,
    measures: &mut Measures<'_>,
    staying: &mut Vec<u32>,
) -> Result<(), ServiceError> {
    let mut stored = vec![Value::undefined(); plan.measures.len()];
    let mut failed = None;
    staying.retain(|group| {
        let mut value = |output: &Output| {
            for at in output.needs() {
                match measures.of(at, *group) {
                    Ok(value) => stored[at] = value,
                    Err(error) => failed = Some(error),
                }
            }
            evaluate(output, &stored).value
        };
        tests.iter().all(|test| test.holds(&mut value))
    });
    failed.map_or(Ok(()), Err)
}
