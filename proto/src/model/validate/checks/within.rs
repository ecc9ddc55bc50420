//! Checks that a measure never exceeds another.

use super::super::need;
use super::keys::choice;
use crate::model::checks::{CheckKind, Per, WithinCheck};
use crate::model::measure::MeasureKindName;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{RawCheck, RawMeasure, RawModel, RawOf};

/// Everybody who is counted by credited events is also counted by their targets, if what is counted is a key of the
/// attribution: players are within viewers, in every cell.
pub(super) fn by_default(raw: &RawModel) -> Vec<WithinCheck> {
    let is_distinct = |measure: &&RawMeasure| {
        MeasureKindName::of(measure).is_some_and(MeasureKindName::counts_different)
    };
    let counted = |measure: &RawMeasure| match measure.of.value() {
        Some(RawOf::One(column)) => vec![column.clone()],
        Some(RawOf::Several(columns)) => columns.clone(),
        None => Vec::new(),
    };
    let mut pairs = Vec::new();
    for measure in raw.measures.iter().filter(is_distinct) {
        let source =
            raw.sources.iter().find(|source| measure.source.value() == Some(&source.place.name));
        let Some(attribute) = source.and_then(|source| source.attribute.value()) else { continue };
        let (Some(to), Some(keys)) = (attribute.to.value(), attribute.by.value()) else { continue };
        let of = counted(measure);
        if of.is_empty() || of.iter().any(|column| !keys.contains(column)) {
            continue;
        }
        let mut others = raw.measures.iter().filter(is_distinct);
        if let Some(within) =
            others.find(|other| other.source.value() == Some(to) && counted(other) == of)
        {
            let (measure, within) = (&measure.place.name, &within.place.name);
            let (measure, within) = (measure.clone(), within.clone());
            pairs.push(WithinCheck { measure, within, per: Per::Day });
        }
    }
    pairs
}

/// The pair that a check names; if it names none, the default pairs.
pub(super) fn declared(
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<Vec<WithinCheck>> {
    let by_default = by_default(raw);
    let names_none = check.measure.is_absent() && check.within.is_absent();
    if !(names_none && check.place.name == "within" && !by_default.is_empty()) {
        return pair(raw, check, problems).map(|pair| vec![pair]);
    }
    let per = per(check, problems)?;
    Some(by_default.into_iter().map(|pair| WithinCheck { per, ..pair }).collect())
}

/// Whether two checks are of the same two measures.
pub(super) fn is_same_pair(one: &CheckKind, other: &CheckKind) -> bool {
    let (CheckKind::Within(one), CheckKind::Within(other)) = (one, other) else { return false };
    (&one.measure, &one.within) == (&other.measure, &other.within)
}

fn pair(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<WithinCheck> {
    let place = &check.place;
    let mend = "name the measure that is never above the other";
    let measure = need(place, "measure", &check.measure, mend, problems);
    let mend = "name the measure that is never below the other";
    let within = need(place, "within", &check.within, mend, problems);
    let measure = measure.and_then(|name| stored(raw, check, "measure", name, problems));
    let within = within.and_then(|name| stored(raw, check, "within", name, problems));
    let per = per(check, problems);
    let (measure, within, per) = (measure?, within?, per?);
    if measure == within {
        let line = check.within.line_or(place.line);
        problems.report(line, place.key("within"), "is the same measure", "name another one");
        return None;
    }
    Some(WithinCheck { measure, within, per })
}

fn per(check: &RawCheck, problems: &mut Problems) -> Option<Per> {
    let choices = (Per::ALL.as_slice(), Per::as_str as fn(Per) -> &'static str);
    choice(check, ("per", &check.per), choices, Per::Day, problems)
}

/// A stored measure by name, which must be a single number.
fn stored(
    raw: &RawModel,
    check: &RawCheck,
    key: &str,
    name: &str,
    problems: &mut Problems,
) -> Option<String> {
    let is_number = |measure: &&RawMeasure| {
        MeasureKindName::of(measure).is_none_or(|kind| kind.is_stored() && !kind.is_spread())
    };
    let names = || raw.measures.iter().filter(is_number).map(|measure| measure.place.name.as_str());
    if names().any(|known| known == name) {
        return Some(name.to_owned());
    }
    let known = raw.measures.iter().find(|measure| measure.place.name == name);
    let what = match known.map(MeasureKindName::of) {
        Some(Some(kind)) if kind.is_spread() => {
            format!("`{name}` is a {} measure, which is not a single number", kind.as_str())
        }
        Some(_) => format!("`{name}` is derived: cells do not hold it"),
        None => format!("no measure is called `{name}`"),
    };
    let entry = if key == "measure" { &check.measure } else { &check.within };
    let line = entry.line_or(check.place.line);
    problems.report(line, check.place.key(key), what, choose(name, names()));
    None
}
