//! Measures: what is counted, and expressions over what is counted.
//!
//! A kind is a variant of [`Kind`], and a file beside this one where there is much to check.

mod derived;
mod distinct;
mod quantile;

use strum::EnumCount;

use super::need;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawMeasure, RawModel, RawOf};
use crate::model::{Measure, MeasureFormat, MeasureKind, SqlColumn, display_name};

/// The kinds, as the model names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumCount)]
enum Kind {
    Count,
    Sum,
    Distinct,
    Quantile,
    Derived,
}

impl Kind {
    const ALL: [Self; Self::COUNT] =
        [Self::Count, Self::Sum, Self::Distinct, Self::Quantile, Self::Derived];

    fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Distinct => "distinct",
            Self::Quantile => "quantile",
            Self::Derived => "derived",
        }
    }

    /// That of a measure, if it names one.
    fn of(measure: &RawMeasure) -> Option<Self> {
        let name = measure.kind.value()?;
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Validates all measures.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Measure>> {
    let is_stored = |measure: &RawMeasure| Kind::of(measure) != Some(Kind::Derived);
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
    let mend = "say what it is: `count`, `sum`, `distinct`, `quantile` or `derived`";
    let written = need(place, "kind", &measure.kind, mend, problems)?;
    let Some(kind) = Kind::of(measure) else {
        let what = format!("`{written}` is no kind of measure");
        let line = measure.kind.line_or(place.line);
        let mend = choose(written, Kind::ALL.map(Kind::as_str));
        problems.report(line, place.key("kind"), what, mend);
        return None;
    };
    refuse_foreign_keys(measure, kind, problems);
    let kind = match kind {
        Kind::Count => count(raw, measure, problems),
        Kind::Sum => sum(raw, measure, problems),
        Kind::Distinct => distinct::validate(raw, measure, problems),
        Kind::Quantile => quantile::validate(raw, measure, problems),
        Kind::Derived => derived::validate(raw, measure, problems),
    };
    let display = match &measure.display {
        Entry::Absent => display_name(&place.name),
        Entry::Bad => return None,
        Entry::Given(at) => at.value.clone(),
    };
    Some(Measure { name: place.name.clone(), display, kind: kind?, format: format? })
}

/// Reports the keys that mean something for other kinds only.
fn refuse_foreign_keys(measure: &RawMeasure, kind: Kind, problems: &mut Problems) {
    let place = &measure.place;
    let what = format!("has no meaning for the kind `{}`", kind.as_str());
    let stored = [Kind::Count, Kind::Sum, Kind::Distinct, Kind::Quantile];
    // Each key with the kinds that it means something for; the mend names those where they are few.
    let keys: [(&str, Option<usize>, &[Kind]); 8] = [
        ("source", line(&measure.source), &stored),
        ("of", line(&measure.of), &[Kind::Distinct, Kind::Quantile, Kind::Sum]),
        ("precision", line(&measure.precision), &[Kind::Distinct]),
        ("error", line(&measure.error), &[Kind::Distinct, Kind::Quantile]),
        ("edges", line(&measure.edges), &[Kind::Quantile]),
        ("family", line(&measure.family), &[Kind::Distinct]),
        ("from_sketch", line(&measure.from_sketch), &[Kind::Distinct]),
        ("expr", line(&measure.expr), &[Kind::Derived]),
    ];
    for (key, line, kinds) in keys {
        let Some(line) = line.filter(|_| !kinds.contains(&kind)) else { continue };
        let mend = if kinds.len() == stored.len() {
            "remove it".to_owned()
        } else {
            let kinds = kinds.iter().map(|kind| format!("`kind = \"{}\"`", kind.as_str()));
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
        let what = format!("`{}` is no format of a measure", at.value);
        let mend = choose(&at.value, MeasureFormat::ALL.map(MeasureFormat::as_str));
        problems.report(at.line, measure.place.key("format"), what, mend);
    }
    found
}

fn count(raw: &RawModel, measure: &RawMeasure, problems: &mut Problems) -> Option<MeasureKind> {
    Some(MeasureKind::Count { source: source(raw, measure, problems)? })
}

fn sum(raw: &RawModel, measure: &RawMeasure, problems: &mut Problems) -> Option<MeasureKind> {
    let source = source(raw, measure, problems);
    let mend = "name the column or the SQL expression that is summed";
    let of = one_column(measure, ("a sum", mend), problems);
    Some(MeasureKind::Sum { of: of?, source: source? })
}

/// The one column that a kind is of, with what there is to do where none is named.
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
            problems.report(line, place.key("of"), format!("{kind} is of one column"), mend);
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

/// What is measured, one column or several.
fn columns(of: &RawOf) -> Vec<SqlColumn> {
    match of {
        RawOf::One(of) => vec![SqlColumn(of.clone())],
        RawOf::Several(of) => of.iter().cloned().map(SqlColumn).collect(),
    }
}

/// `1%` and `0.8 %` as a share.
pub(super) fn share_of(text: &str) -> Option<f64> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    number.parse::<f64>().ok().map(|percent| percent / 100.0)
}
