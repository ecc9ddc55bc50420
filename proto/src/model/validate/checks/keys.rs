//! Keys that several kinds of checks have, and what models have for them to look at.

use super::super::measure::share_of;
use crate::model::measure::MeasureKindName;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawCheck, RawModel, RawShare};

/// Half: if most events lack a column or a key, it is broken, not just incomplete.
pub(super) const DEFAULT_SHARE_AT_MOST: f64 = 0.5;

/// The largest share of the events that a check allows.
pub(super) fn share_of_events(
    check: &RawCheck,
    default: f64,
    problems: &mut Problems,
) -> Option<f64> {
    let at_most = share(check, "at_most", &check.at_most, default, problems);
    if let Some(at) = check.at_most.given()
        && at_most.is_some_and(|share| share > 1.0)
    {
        let what = "a share of the events is at most 100 %";
        problems.report(at.line, check.place.key("at_most"), what, "write less, such as `\"5%\"`");
        return None;
    }
    at_most
}

/// The dimensions that a check looks at: the one that it names, otherwise every single-valued one.
pub(super) fn dimensions(
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let place = &check.place;
    let single = single_dimensions(raw);
    let at = match &check.dimension {
        Entry::Bad => return None,
        Entry::Absent if single.is_empty() => {
            let what = "no dimension has a single value, and an empty set is not a gap";
            problems.report(place.line, &place.path, what, "remove it");
            return None;
        }
        Entry::Absent => return Some(single),
        Entry::Given(at) => at,
    };
    if single.contains(&at.value) {
        return Some(vec![at.value.clone()]);
    }
    let is_known = raw.dimensions.iter().any(|dimension| dimension.place.name == at.value);
    let what = if is_known {
        format!("`{}` is a set of values: an empty one is not a gap", at.value)
    } else {
        format!("no dimension is called `{}`", at.value)
    };
    let mend = choose(&at.value, single.iter().map(String::as_str));
    problems.report(at.line, place.key("dimension"), what, mend);
    None
}

/// The sources that a check looks at: the one that it names, otherwise every one whose events are counted.
pub(super) fn sources(
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let place = &check.place;
    let counted = counted_sources(raw);
    let (name, line) = match &check.source {
        Entry::Bad => return None,
        Entry::Absent if counted.is_empty() => {
            let what = "no measure counts the events of any source";
            let mend = "add `[measure.NAME]` with `source` and `kind = \"count\"`";
            problems.report(place.line, &place.path, what, mend);
            return None;
        }
        Entry::Absent => return Some(counted),
        Entry::Given(at) => (&at.value, at.line),
    };
    let names = || raw.sources.iter().map(|source| source.place.name.as_str());
    if names().all(|source| source != name) {
        let what = format!("no source is called `{name}`");
        problems.report(line, place.key("source"), what, choose(name, names()));
        return None;
    }
    if !counted.contains(name) {
        let what = format!("no measure counts the events of `{name}`");
        let mend =
            format!("add `[measure.NAME]` with `source = \"{name}\"` and `kind = \"count\"`");
        problems.report(line, place.key("source"), what, mend);
        return None;
    }
    Some(vec![name.clone()])
}

/// The sources whose events a measure counts, in the file's order.
pub(super) fn counted_sources(raw: &RawModel) -> Vec<String> {
    let is_counted = |name: &str| {
        raw.measures.iter().any(|measure| {
            MeasureKindName::of(measure).is_some_and(MeasureKindName::counts_events)
                && measure.source.value().is_some_and(|source| source == name)
        })
    };
    let names = raw.sources.iter().map(|source| source.place.name.clone());
    names.filter(|name| is_counted(name)).collect()
}

/// The counted sources whose events are credited to those of another, in the file's order.
pub(super) fn attributed_sources(raw: &RawModel) -> Vec<String> {
    let is_attributed = |name: &String| {
        let source = raw.sources.iter().find(|source| source.place.name == *name);
        source.is_some_and(|source| !source.attribute.is_absent())
    };
    counted_sources(raw).into_iter().filter(is_attributed).collect()
}

/// The dimensions with one value per event, in the file's order.
pub(super) fn single_dimensions(raw: &RawModel) -> Vec<String> {
    let single = raw
        .dimensions
        .iter()
        .filter(|dimension| !dimension.multi.value().is_some_and(|multi| *multi));
    single.map(|dimension| dimension.place.name.clone()).collect()
}

pub(super) fn share(
    check: &RawCheck,
    key: &str,
    entry: &Entry<RawShare>,
    default: f64,
    problems: &mut Problems,
) -> Option<f64> {
    let at = match entry {
        Entry::Absent => return Some(default),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let (share, written) = match &at.value {
        RawShare::Number(share) => (Some(*share), share.to_string()),
        RawShare::Text(text) => (share_of(text), text.clone()),
    };
    let share = share.filter(|share| share.is_finite() && *share >= 0.0);
    if share.is_none() {
        let what = format!("`{written}` is not a share");
        let mend = "write one such as `\"50%\"` or `0.5`";
        problems.report(at.line, check.place.key(key), what, mend);
    }
    share
}

/// One of several keywords, or the default.
pub(super) fn choice<T: Copy>(
    check: &RawCheck,
    (key, entry): (&str, &Entry<String>),
    (all, name): (&[T], fn(T) -> &'static str),
    default: T,
    problems: &mut Problems,
) -> Option<T> {
    let at = match entry {
        Entry::Absent => return Some(default),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let found = all.iter().copied().find(|choice| name(*choice) == at.value);
    if found.is_none() {
        let what = format!("`{}` is not one of the choices", at.value);
        let mend = choose(&at.value, all.iter().copied().map(name));
        problems.report(at.line, check.place.key(key), what, mend);
    }
    found
}
