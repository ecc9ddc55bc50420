//! Measures: what is counted, and expressions over it.
//!
//! A kind is a variant of `MeasureKind`, and a file in this folder that defines its keys.

mod count;
mod derived;
mod distinct;
mod quantile;
mod sum;

pub(super) use derived::share_problem;

use super::need;
use crate::model::measure::MeasureKindName;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawMeasure, RawModel, RawOf};
use crate::model::{Measure, MeasureFormat, SqlColumn, display_name};

/// Validates all measures.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Measure>> {
    // Measures of unknown kind may be intended as stored ones: they are reported for their kind.
    let is_stored =
        |measure: &RawMeasure| MeasureKindName::of(measure).is_none_or(MeasureKindName::is_stored);
    if !raw.measures.iter().any(is_stored) && !problems.mention("measure") {
        let what = "no measure is stored";
        let mend = "add `[measure.NAME]` with `source` and `kind = \"count\"`";
        problems.report(1, "measure", what, mend);
    }
    let measures: Vec<Option<Measure>> =
        raw.measures.iter().map(|measure| validate_one(raw, measure, problems)).collect();
    measures.into_iter().collect()
}

fn validate_one(raw: &RawModel, measure: &RawMeasure, problems: &mut Problems) -> Option<Measure> {
    let place = &measure.place;
    let format = format(measure, problems);
    let written = need(place, "kind", &measure.kind, &say_what_it_is(), problems)?;
    let Some(kind) = MeasureKindName::of(measure) else {
        let what = format!("`{written}` is not a kind of measure");
        let line = measure.kind.line_or(place.line);
        let mend = choose(written, MeasureKindName::ALL.iter().map(|kind| kind.as_str()));
        problems.report(line, place.key("kind"), what, mend);
        return None;
    };
    refuse_foreign_keys(measure, kind, problems);
    let kind = match kind {
        MeasureKindName::Count => count::validate(raw, measure, problems),
        MeasureKindName::Sum => sum::validate(raw, measure, problems),
        MeasureKindName::Distinct => distinct::validate(raw, measure, problems),
        MeasureKindName::Quantile => quantile::validate(raw, measure, problems),
        MeasureKindName::Derived => derived::validate(raw, measure, problems),
    };
    let display = match &measure.display {
        Entry::Absent => display_name(&place.name),
        Entry::Bad => return None,
        Entry::Given(at) => at.value.clone(),
    };
    Some(Measure { name: place.name.clone(), display, kind: kind?, format: format? })
}

/// The mend for a measure without a kind.
fn say_what_it_is() -> String {
    let names = MeasureKindName::ALL.iter().map(|kind| format!("`{}`", kind.as_str()));
    let names: Vec<String> = names.collect();
    match names.split_last() {
        Some((last, others)) => format!("say what it is: {} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Reports the keys that apply only to other kinds.
fn refuse_foreign_keys(measure: &RawMeasure, kind: MeasureKindName, problems: &mut Problems) {
    let RawMeasure {
        place,
        source,
        kind: _,
        of,
        precision,
        error,
        edges,
        family,
        from_sketch,
        expr,
        format: _,
        display: _,
    } = measure;
    let what = format!("has no meaning for the kind `{}`", kind.as_str());
    let n_stored = MeasureKindName::ALL.iter().filter(|kind| kind.is_stored()).count();
    for (key, line) in [
        ("source", line(source)),
        ("of", line(of)),
        ("precision", line(precision)),
        ("error", line(error)),
        ("edges", line(edges)),
        ("family", line(family)),
        ("from_sketch", line(from_sketch)),
        ("expr", line(expr)),
    ] {
        let Some(line) = line.filter(|_| !kind.keys().contains(&key)) else { continue };
        let others = MeasureKindName::ALL.iter().filter(|other| other.keys().contains(&key));
        let mut others: Vec<&str> = others.map(|other| other.as_str()).collect();
        others.sort_unstable();
        // The mend names those kinds if there are few.
        let mend = if others.len() == n_stored {
            "remove it".to_owned()
        } else {
            let kinds = others.iter().map(|kind| format!("`kind = \"{kind}\"`"));
            format!("remove it, or set {}", kinds.collect::<Vec<_>>().join(" or "))
        };
        problems.report(line, place.key(key), &what, mend);
    }
}

fn line<T>(entry: &Entry<T>) -> Option<usize> {
    entry.given().map(|at| at.line)
}

fn format(measure: &RawMeasure, problems: &mut Problems) -> Option<MeasureFormat> {
    let at = match &measure.format {
        Entry::Absent => return Some(MeasureFormat::default()),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let found = MeasureFormat::ALL.into_iter().find(|format| format.as_str() == at.value);
    if found.is_none() {
        let what = format!("`{}` is not a format of measures", at.value);
        let mend = choose(&at.value, MeasureFormat::ALL.map(MeasureFormat::as_str));
        problems.report(at.line, measure.place.key("format"), what, mend);
    }
    found
}

/// The one column that a kind measures, with the mend if none is named.
fn one_column(
    measure: &RawMeasure,
    (kind, mend): (&str, &str),
    problems: &mut Problems,
) -> Option<SqlColumn> {
    let place = &measure.place;
    match need(place, "of", &measure.of, mend, problems)? {
        RawOf::One(of) => Some(SqlColumn(of.clone())),
        RawOf::Several(_) => {
            let line = measure.of.line_or(place.line);
            let mend = "write one expression, such as `of = \"a + b\"`";
            problems.report(line, place.key("of"), format!("{kind} takes one column"), mend);
            None
        }
    }
}

/// The source whose events are measured.
fn source(raw: &RawModel, measure: &RawMeasure, problems: &mut Problems) -> Option<String> {
    let place = &measure.place;
    let mend = "name the source whose events are measured";
    let source = need(place, "source", &measure.source, mend, problems).cloned();
    let names = || raw.sources.iter().map(|source| source.place.name.as_str());
    if let Some(at) = measure.source.given()
        && names().all(|name| name != at.value)
    {
        let what = format!("no source is called `{}`", at.value);
        problems.report(at.line, place.key("source"), what, choose(&at.value, names()));
    }
    source
}

/// The columns that are measured.
fn columns(of: &RawOf) -> Vec<SqlColumn> {
    match of {
        RawOf::One(of) => vec![SqlColumn(of.clone())],
        RawOf::Several(of) => of.iter().cloned().map(SqlColumn).collect(),
    }
}

/// Parses `1%` and `0.8 %` as shares.
pub(super) fn share_of(text: &str) -> Option<f64> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    number.parse::<f64>().ok().map(|percent| percent / 100.0)
}
