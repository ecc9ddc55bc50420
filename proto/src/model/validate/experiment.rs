//! Declared tests: arms, shares, days, and who was assigned.

use jiff::civil::Date;

use super::measure::share_of;
use super::need;
use crate::field::FieldRef;
use crate::model::Experiment;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawExperiment, RawModel, RawShare};
use crate::period::{FIRST_DAY, LAST_DAY};

/// How far from 1 the sum of shares may be, because of the way decimals are written.
const ROUNDING: f64 = 1e-6;

pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Experiment>> {
    raw.experiments.iter().map(|own| experiment(raw, own, problems)).collect()
}

fn experiment(raw: &RawModel, own: &RawExperiment, problems: &mut Problems) -> Option<Experiment> {
    let place = &own.place;
    let dimension = dimension(raw, own, problems);
    let arms = arms(own, problems);
    let shares = arms.as_ref().and_then(|arms| shares(own, arms.len(), problems));
    let assigned = assigned(raw, own, problems);
    let mend = "name the first day on which people were assigned, such as `\"2026-01-01\"`";
    let first_day = need(place, "first_day", &own.first_day, mend, problems)
        .and_then(|text| day(own, "first_day", text, own.first_day.line_or(place.line), problems));
    let last_day = match &own.last_day {
        Entry::Absent => Some(None),
        Entry::Bad => None,
        Entry::Given(at) => day(own, "last_day", &at.value, at.line, problems).map(Some),
    };
    let (first_day, last_day) = (first_day?, last_day?);
    if last_day.is_some_and(|last| last < first_day) {
        let line = own.last_day.line_or(place.line);
        let what = "is before `first_day`, so that no day is left";
        problems.report(line, place.key("last_day"), what, "write a later day");
        return None;
    }
    Some(Experiment {
        name: place.name.clone(),
        dimension: dimension?,
        arms: arms?.into_iter().zip(shares?).collect(),
        assigned: assigned?,
        first_day,
        last_day,
    })
}

/// The dimension, or attribute of one, which is single-valued.
fn dimension(raw: &RawModel, own: &RawExperiment, problems: &mut Problems) -> Option<FieldRef> {
    let place = &own.place;
    let mend = "name the dimension whose values are the arms";
    let name = need(place, "dimension", &own.dimension, mend, problems)?;
    let reference = FieldRef::parse(name);
    let found = raw.dimensions.iter().find(|own| own.place.name == reference.dimension);
    let line = own.dimension.line_or(place.line);
    let Some(found) = found else {
        let what = format!("there is no dimension `{}`", reference.dimension);
        let names = raw.dimensions.iter().map(|own| own.place.name.as_str());
        problems.report(line, place.key("dimension"), what, choose(&reference.dimension, names));
        return None;
    };
    if found.multi.value().is_some_and(|multi| *multi) {
        let what = format!("`{name}` has several values per person, who would be in several arms");
        problems.report(line, place.key("dimension"), what, "name a dimension with one value");
        return None;
    }
    if let Some(attribute) = &reference.attribute {
        let attributes = found.attributes.value().map_or(&[][..], Vec::as_slice);
        if !attributes.contains(attribute) {
            let what = format!("`{}` has no attribute `{attribute}`", reference.dimension);
            let mend = choose(attribute, attributes.iter().map(String::as_str));
            problems.report(line, place.key("dimension"), what, mend);
            return None;
        }
    }
    Some(reference)
}

fn arms(own: &RawExperiment, problems: &mut Problems) -> Option<Vec<String>> {
    let place = &own.place;
    let mend = "list the values to which people are assigned, such as `[\"a\", \"b\"]`";
    let arms = need(place, "arms", &own.arms, mend, problems)?;
    let twice = arms.iter().enumerate().find(|(at, arm)| arms[..*at].contains(arm));
    let what = match twice {
        Some((_, arm)) => format!("`{arm}` is listed twice"),
        None if arms.len() < 2 => {
            "has only one arm, so that there is nothing to compare".to_owned()
        }
        None => return Some(arms.clone()),
    };
    let line = own.arms.line_or(place.line);
    problems.report(line, place.key("arms"), what, "list two arms or more, each once");
    None
}

/// The share of each arm: all equal if none is written.
fn shares(own: &RawExperiment, n_arms: usize, problems: &mut Problems) -> Option<Vec<f64>> {
    let at = match &own.shares {
        Entry::Absent => return Some(vec![1.0 / n_arms as f64; n_arms]),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let share = |share: &RawShare| match share {
        RawShare::Number(share) => Some(*share),
        RawShare::Text(text) => share_of(text),
    };
    let found: Option<Vec<f64>> = at.value.iter().map(share).collect();
    let is_right = |shares: &Vec<f64>| {
        shares.len() == n_arms
            && shares.iter().all(|share| *share > 0.0)
            && (shares.iter().sum::<f64>() - 1.0).abs() <= ROUNDING
    };
    let found = found.filter(is_right);
    if found.is_none() {
        let what = "are not shares for all arms";
        let mend = format!(
            "write {n_arms} shares above 0 that add up to 100 %, such as `[\"50%\", \"50%\"]` for two arms"
        );
        problems.report(at.line, own.place.key("shares"), what, mend);
    }
    found
}

/// The distinct measure that counts those who were assigned.
fn assigned(raw: &RawModel, own: &RawExperiment, problems: &mut Problems) -> Option<String> {
    let place = &own.place;
    let mend = "name the distinct measure that counts everybody who was assigned";
    let name = need(place, "assigned", &own.assigned, mend, problems)?;
    let is_distinct = |kind: Option<&String>| kind.is_some_and(|kind| kind == "distinct");
    let distinct = raw.measures.iter().filter(|own| is_distinct(own.kind.value()));
    let names: Vec<&str> = distinct.map(|own| own.place.name.as_str()).collect();
    if names.contains(&name.as_str()) {
        return Some(name.clone());
    }
    let what = format!("`{name}` is not a distinct measure");
    let line = own.assigned.line_or(place.line);
    problems.report(line, place.key("assigned"), what, choose(name, names));
    None
}

fn day(
    own: &RawExperiment,
    key: &str,
    text: &str,
    line: usize,
    problems: &mut Problems,
) -> Option<Date> {
    let found = text.parse::<Date>().ok();
    let found = found.filter(|day| (FIRST_DAY..=LAST_DAY).contains(day));
    if found.is_none() {
        let what = format!("`{text}` is not a day from {FIRST_DAY} to {LAST_DAY}");
        let mend = "write one such as `\"2026-01-01\"`";
        problems.report(line, own.place.key(key), what, mend);
    }
    found
}
