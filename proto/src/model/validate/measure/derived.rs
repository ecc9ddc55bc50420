//! Expressions over stored measures.

use super::super::need;
use crate::model::measure::MeasureKindName;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{RawMeasure, RawModel};
use crate::model::{Expression, MeasureKind, Share};
use crate::toml_file::quoted;

pub(super) fn validate(
    raw: &RawModel,
    measure: &RawMeasure,
    problems: &mut Problems,
) -> Option<MeasureKind> {
    let place = &measure.place;
    let mend = "write it over other measures, such as `players / viewers`";
    let text = need(place, "expr", &measure.expr, mend, problems)?;
    let line = measure.expr.line_or(place.line);
    let key = place.key("expr");
    let mut expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            let mend = "use numbers, names of measures, `+ - * /` and parentheses";
            problems.report(line, key, error.to_string(), mend);
            return None;
        }
    };
    let stored: Vec<&str> = raw
        .measures
        .iter()
        .filter(|measure| MeasureKindName::of(measure).is_none_or(MeasureKindName::is_stored))
        .map(|measure| measure.place.name.as_str())
        .collect();
    for distinct in expression.frequencies() {
        if let Some((what, mend)) = frequency_problem(raw, distinct) {
            problems.report(line, &key, what, mend);
        }
    }
    for share in expression.shares() {
        if let Some((what, mend)) = share_problem(raw, share) {
            problems.report(line, &key, what, mend);
        }
    }
    expression.count_frequencies(&|distinct| count_beside(raw, distinct).map(str::to_owned));
    for name in expression.terms() {
        if is_spread(raw, name) {
            let what = format!("`{name}` is a quantile measure, which is not a single number");
            let mend = format!("take a share of it, such as `share_below({name}, 30)`");
            problems.report(line, &key, what, mend);
        }
    }
    let names = expression.names();
    if names.is_empty() {
        let mend = format!("name at least one; there are: {}", quoted(stored.iter().copied()));
        problems.report(line, &key, "names no measure", mend);
    }
    for name in names {
        if stored.contains(&name) {
            continue;
        }
        let other = raw.measures.iter().find(|measure| measure.place.name == name);
        if other.is_some() {
            let what = format!("`{name}` is itself derived");
            let mend = format!(
                "write its expression out here; an expression is over stored measures: {}",
                quoted(stored.iter().copied())
            );
            problems.report(line, &key, what, mend);
        } else {
            let what = format!("no measure is called `{name}`");
            problems.report(line, &key, what, choose(name, stored.iter().copied()));
        }
    }
    Some(MeasureKind::Derived { expression })
}

/// Whether there is a measure of this name that is not a single number.
fn is_spread(raw: &RawModel, name: &str) -> bool {
    let mut named = raw.measures.iter().filter(|measure| measure.place.name == name);
    named.any(|measure| MeasureKindName::of(measure).is_some_and(MeasureKindName::is_spread))
}

/// Why a measure has no share below a number, and the mend. Unknown names are reported elsewhere.
pub(in crate::model::validate) fn share_problem(
    raw: &RawModel,
    share: &Share,
) -> Option<(String, String)> {
    let name = share.measure();
    let measure = raw.measures.iter().find(|measure| measure.place.name == name)?;
    if MeasureKindName::of(measure)?.is_spread() {
        return None;
    }
    let what = format!("`{name}` is not a quantile measure, and has no share below a number");
    let others = raw
        .measures
        .iter()
        .filter(|own| MeasureKindName::of(own).is_some_and(MeasureKindName::is_spread));
    Some((what, choose("", others.map(|own| own.place.name.as_str()))))
}

/// The first measure that counts the events of a distinct measure's source.
fn count_beside<'a>(raw: &'a RawModel, distinct: &str) -> Option<&'a str> {
    let distinct = raw.measures.iter().find(|measure| measure.place.name == distinct)?;
    let source = distinct.source.value()?;
    let mut counts = raw.measures.iter().filter(|measure| {
        MeasureKindName::of(measure).is_some_and(MeasureKindName::counts_events)
            && measure.source.value() == Some(source)
    });
    counts.next().map(|count| count.place.name.as_str())
}

/// Why a measure has no frequency, and the mend. Unknown names are reported elsewhere.
fn frequency_problem(raw: &RawModel, distinct: &str) -> Option<(String, String)> {
    let measure = raw.measures.iter().find(|measure| measure.place.name == distinct)?;
    if !MeasureKindName::of(measure)?.counts_different() {
        let what = format!("`{distinct}` is not a distinct measure, and has no frequency");
        let counts = |own: &&RawMeasure| {
            MeasureKindName::of(own).is_some_and(MeasureKindName::counts_different)
        };
        let distinct = raw.measures.iter().filter(counts);
        return Some((what, choose("", distinct.map(|own| own.place.name.as_str()))));
    }
    let source = measure.source.value()?;
    if count_beside(raw, distinct).is_some() {
        return None;
    }
    let what = format!(
        "no measure counts the events of source `{source}`, as the frequency of `{distinct}` needs"
    );
    let mend = format!("add `[measure.NAME]` with `source = \"{source}\"` and `kind = \"count\"`");
    Some((what, mend))
}
