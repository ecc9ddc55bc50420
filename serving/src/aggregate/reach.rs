//! The people whom the rows of a page reach together, one beyond another, and in common.

use clio_proto::{Code, MAX_REACH_ROWS, Overlap, Reach, ReachStep, ServiceError, Value};
use clio_sketch::{Estimate, Joint, Sketch, SketchError, Union};

use super::estimates::value_of;
use super::measures::Measures;
use crate::withheld::{Withholding, coarse};

/// The reach of some groups, in the order of the page.
///
/// The greedy order compares unions, whose errors are correlated; ties go to the row that comes first on the page.
/// Takes two unions for each pair of groups, a joint estimate for each pair, and two for each group.
pub(super) fn reach(
    measure: (usize, &str),
    page: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Reach, ServiceError> {
    if page.len() > MAX_REACH_ROWS {
        let n_rows = page.len();
        let message = format!(
            "`extras`: reach for the {n_rows} rows of a page, but the limit is {MAX_REACH_ROWS}; lower `limit`"
        );
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    let hidden = |group: &u32| measures.withheld().is_some_and(|own| own.hides(measure.0, *group));
    let hidden: Vec<bool> = page.iter().map(hidden).collect();
    let rule = measures.withheld().map(|own| own.rule.clone());
    let sketches = page
        .iter()
        .map(|group| measures.sketch(measure.0, *group))
        .collect::<Result<Vec<Sketch>, _>>()?;
    // All sketches are of one measure, and so of one kind.
    let refused = |error: SketchError| ServiceError::new(Code::Internal, error.to_string());
    let Some(rule) = rule else { return of_sketches(measure.1, &sketches).map_err(refused) };
    let told: Vec<usize> = (0..page.len()).filter(|row| !hidden[*row]).collect();
    let own: Vec<Sketch> = told.iter().map(|row| sketches[*row].clone()).collect();
    let found = of_sketches(measure.1, &own).map_err(refused)?;
    Ok(withhold(&rule, found, &told, &hidden))
}

/// Keeps the reach of the rows that may be shown, at these positions; the other rows get none, and are not included in
/// any number of these.
fn withhold(rule: &Withholding, found: Reach, told: &[usize], hidden: &[bool]) -> Reach {
    let Reach { measure, deduplicated, steps, overlaps } = found;
    let people: Vec<Value> = steps.iter().map(|step| step.cumulative).collect();
    let place = |row: u32| number(told[row as usize]);
    let nothing = Value::withheld();
    let mut steps: Vec<ReachStep> = steps
        .into_iter()
        .map(|step| ReachStep {
            row: place(step.row),
            incremental: rule.tell_people(step.incremental),
            alone: rule.tell_people(step.alone),
            cumulative: rule.tell_people(step.cumulative),
        })
        .collect();
    let rows_hidden = (0..hidden.len()).filter(|row| hidden[*row]).map(number);
    steps.extend(rows_hidden.map(|row| ReachStep {
        row,
        incremental: nothing,
        alone: nothing,
        cumulative: nothing,
    }));
    let of_both = |own: Overlap| {
        let both = rule.tell_people(own.both);
        let jaccard = if both.withheld { nothing } else { coarse_jaccard(rule, &own, &people) };
        Overlap { left: place(own.left), right: place(own.right), both, jaccard }
    };
    let mut overlaps: Vec<Overlap> = overlaps.into_iter().map(of_both).collect();
    for left in 0..hidden.len() {
        for right in left + 1..hidden.len() {
            if hidden[left] || hidden[right] {
                let (left, right) = (number(left), number(right));
                overlaps.push(Overlap { left, right, both: nothing, jaccard: nothing });
            }
        }
    }
    overlaps.sort_by_key(|own| (own.left, own.right));
    Reach { measure, deduplicated: rule.tell_people(deduplicated), steps, overlaps }
}

/// The Jaccard index with so few digits that it does not reveal how many people there are. Those whom both reach are no
/// more than those whom either reaches.
fn coarse_jaccard(rule: &Withholding, own: &Overlap, people: &[Value]) -> Value {
    let most = people.iter().filter_map(|own| own.value).fold(0.0, f64::max);
    let (Some(index), Some(both)) = (own.jaccard.value, own.both.value) else {
        return Value { value: None, lower: Some(0.0), upper: Some(1.0), ..Value::undefined() };
    };
    let (told, off) = coarse(index, both.min(most), rule.least());
    let beyond = |bound: Option<f64>| bound.map_or(0.0, |bound| (bound - index).abs());
    let wider = |by: f64| off + coarse(by, both.min(most), rule.least()).0 + off;
    let lower = (told - wider(beyond(own.jaccard.lower))).max(0.0);
    let upper = (told + wider(beyond(own.jaccard.upper))).min(1.0);
    Value::estimate(told.min(1.0), lower.min(told), upper.max(told.min(1.0)), false)
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

/// A number, or only its bounds if its half-width exceeds half of it.
pub(super) fn told(estimate: Estimate) -> Value {
    let half_width = (estimate.upper - estimate.lower) / 2.0;
    let value = value_of(estimate);
    if estimate.exact || half_width <= estimate.value / 2.0 {
        return value;
    }
    Value { value: None, ..value }
}

/// At most the number of rows on the page.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
