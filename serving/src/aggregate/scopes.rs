//! Rows by their step of time.

use super::gathered::Cells;
use crate::plan::{Plan, PlanKey};

/// The rows of a page by the whole that they belong to: one step of time, or everything (`None`).
pub(super) fn scopes(
    plan: &Plan,
    own: &Cells<'_>,
    page: &[u32],
    is_of_step: bool,
) -> Vec<(Vec<usize>, Option<u32>)> {
    let time = plan.keys.iter().position(|key| matches!(key, PlanKey::Time));
    let step =
        |place: usize| time.filter(|_| is_of_step).map(|time| own.groups.codes(page[place])[time]);
    let mut places: Vec<(Option<u32>, usize)> =
        (0..page.len()).map(|place| (step(place), place)).collect();
    places.sort_unstable();
    places
        .chunk_by(|a, b| a.0 == b.0)
        .map(|scope| (scope.iter().map(|(_, place)| *place).collect(), scope[0].0))
        .collect()
}
