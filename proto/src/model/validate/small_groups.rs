//! The number of people below which groups are withheld, and what counts people.

use crate::model::measure::MeasureKindName;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawDataset, RawMeasure, RawModel};
use crate::model::{MAX_MIN_PEOPLE, SmallGroups};

/// `None` where there is a problem.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Option<SmallGroups>> {
    let Some(dataset) = &raw.dataset else { return Some(None) };
    let at = match &dataset.min_people {
        Entry::Absent => return without(dataset, problems),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let least = u32::try_from(at.value).ok().filter(|own| (2..=MAX_MIN_PEOPLE).contains(own));
    if least.is_none() {
        let what = format!("{} is not a number of people that hide each other", at.value);
        let mend = format!("write a whole number from 2 to {MAX_MIN_PEOPLE}, such as `10`");
        problems.report(at.line, dataset.place.key("min_people"), what, mend);
    }
    let people = people(raw, dataset, problems)?;
    let all_counted = has_people_of_each_source(raw, dataset, &people, problems);
    let min_people = least?;
    all_counted.then_some(Some(SmallGroups { min_people, people }))
}

/// Without withholding, what counts people has no meaning.
fn without(dataset: &RawDataset, problems: &mut Problems) -> Option<Option<SmallGroups>> {
    if dataset.people.is_absent() {
        return Some(None);
    }
    let line = dataset.people.line_or(dataset.place.line);
    let what = "says what counts people for `min_people`, which is missing";
    let mend = "add `min_people`, or remove `people`";
    problems.report(line, dataset.place.key("people"), what, mend);
    None
}

fn is_distinct(measure: &RawMeasure) -> bool {
    MeasureKindName::of(measure).is_some_and(MeasureKindName::counts_different)
}

/// The measures that count people: those that are named, or all distinct ones.
fn people(raw: &RawModel, dataset: &RawDataset, problems: &mut Problems) -> Option<Vec<String>> {
    let distinct = || raw.measures.iter().filter(|own| is_distinct(own));
    let name_of = |own: &RawMeasure| own.place.name.clone();
    let at = match &dataset.people {
        Entry::Absent => return Some(distinct().map(name_of).collect()),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let unknown = |own: &&String| distinct().all(|known| known.place.name != **own);
    if let Some(name) = at.value.iter().find(unknown) {
        let is_there = raw.measures.iter().any(|own| own.place.name == *name);
        let what = match is_there {
            true => format!("the measure `{name}` is not a distinct count"),
            false => format!("there is no measure `{name}`"),
        };
        let mend = choose(name, distinct().map(|own| own.place.name.as_str()));
        problems.report(at.line, dataset.place.key("people"), what, mend);
        return None;
    }
    let is_named = |own: &&RawMeasure| at.value.contains(&own.place.name);
    Some(distinct().filter(is_named).map(name_of).collect())
}

/// Whether each measured source has a measure that counts its people.
fn has_people_of_each_source(
    raw: &RawModel,
    dataset: &RawDataset,
    people: &[String],
    problems: &mut Problems,
) -> bool {
    let is_counted = |source: &str| {
        let of_source = |own: &&RawMeasure| own.source.value().is_some_and(|own| own == source);
        raw.measures.iter().filter(of_source).any(|own| people.contains(&own.place.name))
    };
    let mut reported: Vec<&str> = Vec::new();
    for measure in &raw.measures {
        let Some(source) = measure.source.value().map(String::as_str) else { continue };
        if is_counted(source) || reported.contains(&source) {
            continue;
        }
        reported.push(source);
        let name = &measure.place.name;
        let what =
            format!("nothing counts the people of the source `{source}`, which `{name}` measures");
        let mend = "add a measure of the kind `distinct` that counts the people of its events, and list it in `people` if that is given";
        problems.report(
            dataset.min_people.line_or(dataset.place.line),
            dataset.place.key("min_people"),
            what,
            mend,
        );
    }
    reported.is_empty()
}
