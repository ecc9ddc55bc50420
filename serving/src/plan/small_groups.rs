//! What is withheld of small groups, bound to the measures of a plan.

use super::PlanMeasure;
use crate::snapshot::Snapshot;
use crate::withheld::Withholding;

/// What a model with `min_people` withholds of a plan's measures; adds those that count people to them. `None` if it
/// withholds nothing.
pub(super) fn withholding(
    snapshot: &Snapshot,
    measures: &mut Vec<PlanMeasure>,
) -> Option<Withholding> {
    let small = snapshot.model.small_groups()?;
    let stored = &snapshot.layout.measures;
    let counts_people = |at: usize| small.people.contains(&stored[at].name);
    for column in (0..stored.len()).filter(|column| counts_people(*column)) {
        let measure = PlanMeasure::number(column);
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    let mut names: Vec<Option<&str>> = Vec::new();
    let (mut people, mut sources) = (Vec::<Vec<usize>>::new(), Vec::new());
    for (at, measure) in measures.iter().enumerate() {
        let own = snapshot.model.measure(&stored[measure.column].name);
        let source = own.and_then(|own| own.kind.source());
        let place = names.iter().position(|own| *own == source).unwrap_or(names.len());
        if place == names.len() {
            names.push(source);
            people.push(Vec::new());
        }
        if *measure == PlanMeasure::number(measure.column) && counts_people(measure.column) {
            people[place].push(at);
        }
        sources.push(place);
    }
    Some(Withholding::new(small.min_people, people, sources))
}
