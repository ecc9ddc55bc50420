//! Whom the rows of a page reach together, one beyond another, and in common.

use clio_proto::{Code, MAX_REACH_ROWS, Overlap, Reach, ReachStep, ServiceError, Value};
use clio_sketch::{Estimate, Joint, Sketch, SketchError, Union};

use super::estimates::value_of;
use super::measures::Measures;

/// The reach of some groups, in the order of the page.
///
/// The greedy order compares unions, whose errors go together; of equal ones the row that stands first comes first. Takes a
/// union for each pair of groups twice, and a joint estimate for each pair and twice for each group.
pub(super) fn reach(
    measure: (usize, &str),
    page: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Reach, ServiceError> {
    if page.len() > MAX_REACH_ROWS {
        let n_rows = page.len();
        let message = format!(
            "`extras`: reach of the {n_rows} rows of a page, the limit is {MAX_REACH_ROWS}; lower `limit`"
        );
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    let sketches = page
        .iter()
        .map(|group| measures.sketch(measure.0, *group))
        .collect::<Result<Vec<Sketch>, _>>()?;
    of_sketches(measure.1, &sketches).map_err(|error| {
        // All are of one measure, and so of one kind.
        ServiceError::new(Code::Internal, error.to_string())
    })
}

fn of_sketches(measure: &str, sketches: &[Sketch]) -> Result<Reach, SketchError> {
    let mut steps: Vec<ReachStep> = Vec::with_capacity(sketches.len());
    let mut left: Vec<usize> = (0..sketches.len()).collect();
    let mut covered = sketches.first().map(|first| Union::new(first.family(), first.precision()));
    while let Some(covered) = covered.as_mut().filter(|_| !left.is_empty()) {
        let mut best: Option<(usize, Union, Estimate)> = None;
        for (at, row) in left.iter().enumerate() {
            let mut with = covered.clone();
            with.union(&sketches[*row])?;
            let estimate = with.estimate();
            if best.as_ref().is_none_or(|(_, _, most)| estimate.value > most.value) {
                best = Some((at, with, estimate));
            }
        }
        let Some((at, with, cumulative)) = best else { break };
        let row = left.remove(at);
        let own = &sketches[row];
        let others = sketches.iter().enumerate().filter(|(other, _)| *other != row);
        let mut all_others = Sketch::new(own.family(), own.precision());
        others.map(|(_, other)| other).try_for_each(|other| all_others.union(other))?;
        steps.push(ReachStep {
            row: number(row),
            incremental: told(Joint::of(&covered.to_sketch(), own)?.right_only),
            alone: told(Joint::of(&all_others, own)?.right_only),
            cumulative: value_of(cumulative),
        });
        *covered = with;
    }
    let mut overlaps = Vec::new();
    for (left, one) in sketches.iter().enumerate() {
        for (right, other) in sketches.iter().enumerate().skip(left + 1) {
            let joint = Joint::of(one, other)?;
            let (both, jaccard) = (told(joint.both), told(joint.jaccard));
            overlaps.push(Overlap { left: number(left), right: number(right), both, jaccard });
        }
    }
    let deduplicated = steps.last().map_or_else(|| Value::exact(0.0), |last| last.cumulative);
    Ok(Reach { measure: measure.to_owned(), deduplicated, steps, overlaps })
}

/// A number, or its bounds alone where its half-width exceeds half of it.
pub(super) fn told(estimate: Estimate) -> Value {
    let half_width = (estimate.upper - estimate.lower) / 2.0;
    let value = value_of(estimate);
    if estimate.exact || half_width <= estimate.value / 2.0 {
        return value;
    }
    Value { value: None, ..value }
}

/// At most the rows of a page.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
