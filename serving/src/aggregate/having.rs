//! Which groups stay: those that pass the query's conditions on measures.

use clio_proto::{ServiceError, Value};

use super::compare::{Beside, ComparedNumbers};
use super::evaluate;
use super::groups::Groups;
use super::measures::Measures;
use crate::plan::{GroupTest, Plan, Tested};

/// The groups that stay, in ascending order.
///
/// Conditions that only need counts and sums come first, whatever the order in which they are written, so that sketches
/// are united only for the groups that pass them. Conditions on comparisons come last: the other side is looked up only
/// for the remaining groups.
pub(super) fn staying(
    plan: &Plan,
    groups: &Groups<'_>,
    measures: &mut Measures<'_>,
    beside: &mut Beside<'_>,
) -> Result<Vec<u32>, ServiceError> {
    let mut staying: Vec<u32> = groups.all().collect();
    let Some(having) = &plan.having else { return Ok(staying) };
    let is_added = |test: &&GroupTest| test.needs().iter().all(|at| measures.is_added_up(*at));
    let parts = having.parts().into_iter();
    let (by_comparison, own): (Vec<_>, Vec<_>) = parts.partition(|test| test.is_compared());
    let (by_sums, by_estimates): (Vec<_>, Vec<_>) = own.into_iter().partition(is_added);
    keep(&by_sums, plan, measures, &[], &mut staying)?;
    prepare(&by_estimates, measures, &staying)?;
    keep(&by_estimates, plan, measures, &[], &mut staying)?;
    if by_comparison.is_empty() {
        return Ok(staying);
    }
    prepare(&by_comparison, measures, &staying)?;
    let numbers = beside.numbers(&having.compared(), &staying, measures)?;
    keep(&by_comparison, plan, measures, &numbers, &mut staying)?;
    Ok(staying)
}

/// Computes what tests need for the remaining groups.
fn prepare(
    tests: &[&GroupTest],
    measures: &mut Measures<'_>,
    staying: &[u32],
) -> Result<(), ServiceError> {
    let needs = tests.iter().flat_map(|test| test.needs());
    needs.into_iter().try_for_each(|measure| measures.prepare_groups(measure, staying))
}

/// Keeps the groups that pass; `numbers` are those of comparisons, by position in the list of groups.
fn keep(
    tests: &[&GroupTest],
    plan: &Plan,
    measures: &mut Measures<'_>,
    numbers: &[Vec<ComparedNumbers>],
    staying: &mut Vec<u32>,
) -> Result<(), ServiceError> {
    let mut stored = vec![Value::undefined(); plan.measures.len()];
    let mut failed = None;
    let mut place = 0;
    staying.retain(|group| {
        let mut value = |tested: Tested<'_>| match tested {
            Tested::Own(output) => {
                for at in output.needs() {
                    match measures.of(at, *group) {
                        Ok(value) => stored[at] = value,
                        Err(error) => failed = Some(error),
                    }
                }
                evaluate(output, &stored).value
            }
            Tested::Compared { at, part } => numbers[at][place].part(part),
        };
        let stays = tests.iter().all(|test| test.holds(&mut value));
        place += 1;
        stays
    });
    failed.map_or(Ok(()), Err)
}
