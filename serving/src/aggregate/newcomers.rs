//! Which of the people of a row are new: not seen in the days before its step of time.

use std::collections::BTreeMap;

use clio_proto::{Code, Newcomers, ServiceError, Value};
use clio_sketch::{Joint, Sketch};

use super::Clock;
use super::gathered::{Asked, Cells, Gathered};
use super::measures::Measures;
use super::reach::told;
use super::scratch::Unions;
use crate::plan::{BoundLookBack, PlanKey, n_days_missing};

/// New and returning people of some groups; `None` for one before whose step no day is present. And the work of
/// uniting.
pub(super) fn newcomers(
    asked: Asked<'_>,
    look_back: &BoundLookBack,
    own: &Cells<'_>,
    page: &[u32],
    measures: &mut Measures<'_>,
    work: &mut Clock,
) -> Result<(Vec<Option<Newcomers>>, Unions), ServiceError> {
    let before = Asked { plan: &look_back.plan, ..asked };
    let Gathered { batches, steps: _, groups, sums } = Gathered::new(before, work)?;
    let Asked { snapshot, plan, limits, cancel } = before;
    let n_threads = limits.n_threads_per_query;
    let mut others = Measures::new(snapshot, plan, &batches, &groups, sums, n_threads, cancel);
    let time = plan.keys.iter().position(|key| matches!(key, PlanKey::Time));
    let measure = look_back.measure.0;
    let mut rows = Vec::with_capacity(page.len());
    // By step, since many rows may belong to the same one.
    let mut missing: BTreeMap<usize, u32> = BTreeMap::new();
    for group in page {
        let codes = own.groups.codes(*group);
        let at = time.map(|time| codes[time] as usize);
        let Some(at) = at.filter(|at| !plan.steps[*at].periods.is_empty()) else {
            rows.push(None);
            continue;
        };
        let missing = missing.entry(at);
        let n_days_missing = *missing.or_insert_with(|| n_days_missing(snapshot, &plan.steps[at]));
        let people = measures.sketch(measure, *group)?;
        let seen = match groups.find(&codes) {
            Some(group) => others.sketch(measure, group)?,
            None => Sketch::new(people.family(), people.precision()),
        };
        // Both sketches are of one measure, and so of one kind.
        let joint = Joint::of(&seen, &people)
            .map_err(|error| ServiceError::new(Code::Internal, error.to_string()))?;
        let (mut fresh, mut returning) = (told(joint.right_only), told(joint.both));
        if let Some(withheld) = measures.withheld() {
            let parts = [fresh, returning].map(|part| withheld.rule.tell_people(part));
            // Each is the row's people without the other.
            let is_withheld =
                withheld.hides(measure, *group) || parts.iter().any(|own| own.withheld);
            [fresh, returning] = if is_withheld { [Value::withheld(); 2] } else { parts };
        }
        rows.push(Some(Newcomers { fresh, returning, n_days_missing }));
    }
    Ok((rows, others.unions()))
}
