//! Measures: what is counted, and expressions over what is counted.

use clio_sketch::{Family, Precision};

use super::{need, refuse};
use crate::model::problems::{Problems, choose};
use crate::model::raw::{At, Entry, RawMeasure, RawModel, RawOf, RawShare};
use crate::model::{Expression, Measure, MeasureFormat, MeasureKind, SqlColumn, display_name};
use crate::toml_file::quoted;

/// The names of kinds.
const KINDS: [&str; 4] = ["count", "sum", "distinct", "derived"];
/// The precision of a sketch where the model names none: 0.8 % in 16 KiB, the common choice.
const DEFAULT_PRECISION: u8 = 14;

/// Checks all measures.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Measure>> {
    let is_stored =
        |measure: &RawMeasure| measure.kind.value().is_none_or(|kind| kind != "derived");
    if !raw.measures.iter().any(is_stored) && !problems.mention("measure") {
        let what = "no measure is stored";
        let mend = "add `[measure.NAME]` with `source` and `kind = \"count\"`";
        problems.report(1, "measure", what, mend);
    }
    let measures: Vec<Option<Measure>> =
        raw.measures.iter().map(|measure| check_one(raw, measure, problems)).collect();
    measures.into_iter().collect()
}

fn check_one(raw: &RawModel, measure: &RawMeasure, problems: &mut Problems) -> Option<Measure> {
    let place = &measure.place;
    let format = format(measure, problems);
    let mend = "say what it is: `count`, `sum`, `distinct` or `derived`";
    let kind = need(place, "kind", &measure.kind, mend, problems)?;
    if !KINDS.contains(&kind.as_str()) {
        let what = format!("`{kind}` is no kind of measure");
        let line = measure.kind.line_or(place.line);
        problems.report(line, place.key("kind"), what, choose(kind, KINDS));
        return None;
    }
    refuse_foreign_keys(measure, kind, problems);
    let kind = match kind.as_str() {
        "derived" => derived(raw, measure, problems),
        stored => self::stored(raw, measure, stored, problems),
    };
    let display = match &measure.display {
        Entry::Absent => display_name(&place.name),
        Entry::Bad => return None,
        Entry::Given(at) => at.value.clone(),
    };
    Some(Measure { name: place.name.clone(), display, kind: kind?, format: format? })
}

/// Reports the keys that mean something for other kinds only.
fn refuse_foreign_keys(measure: &RawMeasure, kind: &str, problems: &mut Problems) {
    let place = &measure.place;
    let what = format!("has no meaning for the kind `{kind}`");
    let mut refuse_unless = |meant: bool, key, line: Option<usize>, mend: &str| {
        if let (false, Some(line)) = (meant, line) {
            problems.report(line, place.key(key), &what, mend);
        }
    };
    let is_derived = kind == "derived";
    let is_distinct = kind == "distinct";
    let for_distinct = "remove it, or set `kind = \"distinct\"`";
    refuse_unless(!is_derived, "source", line(&measure.source), "remove it");
    refuse_unless(
        is_distinct || kind == "sum",
        "of",
        line(&measure.of),
        "remove it, or set `kind = \"distinct\"` or `kind = \"sum\"`",
    );
    refuse_unless(is_distinct, "precision", line(&measure.precision), for_distinct);
    refuse_unless(is_distinct, "error", line(&measure.error), for_distinct);
    refuse_unless(is_distinct, "family", line(&measure.family), for_distinct);
    refuse_unless(is_distinct, "from_sketch", line(&measure.from_sketch), for_distinct);
    refuse_unless(
        is_derived,
        "expr",
        line(&measure.expr),
        "remove it, or set `kind = \"derived\"`",
    );
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

fn stored(
    raw: &RawModel,
    measure: &RawMeasure,
    kind: &str,
    problems: &mut Problems,
) -> Option<MeasureKind> {
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
    if kind == "count" {
        return Some(MeasureKind::Count { source: source? });
    }
    let mend = if kind == "sum" {
        "name the column or the SQL expression that is summed"
    } else {
        "name the column whose different values are counted, or several together"
    };
    let of = need(place, "of", &measure.of, mend, problems);
    if kind == "sum" {
        return match of? {
            RawOf::One(of) => Some(MeasureKind::Sum { source: source?, of: SqlColumn(of.clone()) }),
            RawOf::Several(_) => {
                let line = measure.of.line_or(place.line);
                let mend = "write one expression, such as `of = \"a + b\"`";
                problems.report(line, place.key("of"), "a sum is of one column", mend);
                None
            }
        };
    }
    let family = family(measure, problems);
    // Beside a bad family the precision is still looked at, against what any family has.
    let precision = precision(measure, family, problems);
    let of = match of? {
        RawOf::One(of) => vec![SqlColumn(of.clone())],
        RawOf::Several(of) => of.iter().cloned().map(SqlColumn).collect(),
    };
    let from_sketch = from_sketch(measure, &of, problems);
    Some(MeasureKind::Distinct {
        source: source?,
        of,
        family: family?,
        precision: precision?,
        from_sketch: from_sketch?,
    })
}

/// Whether the column holds ready-made sketches; then the model has to say whose.
fn from_sketch(measure: &RawMeasure, of: &[SqlColumn], problems: &mut Problems) -> Option<bool> {
    let place = &measure.place;
    let at = match &measure.from_sketch {
        Entry::Absent => return Some(false),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    if !at.value {
        return Some(false);
    }
    let mut is_good = true;
    if of.len() > 1 {
        let what = "ready-made sketches are in one column";
        let mend = "name the column with the sketches' bytes";
        problems.report(measure.of.line_or(place.line), place.key("of"), what, mend);
        is_good = false;
    }
    if matches!(measure.family, Entry::Absent) {
        let what = "the family of ready-made sketches is missing";
        let names = quoted(Family::ALL.iter().map(|family| family.name()));
        let mend = format!(
            "set `family` to whoever made them; Spark and Druid: `datasketches`; there are: {names}"
        );
        problems.report(at.line, place.key("family"), what, mend);
        is_good = false;
    }
    is_good.then_some(true)
}

fn family(measure: &RawMeasure, problems: &mut Problems) -> Option<Family> {
    let at = match &measure.family {
        Entry::Absent => return Some(Family::HllPlusPlus),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let found = at.value.parse().ok();
    if found.is_none() {
        let what = format!("`{}` is no sketch family", at.value);
        let mend = choose(&at.value, Family::ALL.iter().map(|family| family.name()));
        problems.report(at.line, measure.place.key("family"), what, mend);
    }
    found
}

fn precision(
    measure: &RawMeasure,
    family: Option<Family>,
    problems: &mut Problems,
) -> Option<Precision> {
    let place = &measure.place;
    let precision = match &measure.precision {
        Entry::Absent => None,
        Entry::Bad => return None,
        Entry::Given(at) => {
            let what = "`precision` and `error` say the same thing";
            refuse(place, "error", &measure.error, what, "keep one of them", problems);
            Some(at)
        }
    };
    if let Some(At { value, line }) = precision {
        let precision = u8::try_from(*value).ok();
        let found = precision.and_then(|value| match family {
            Some(family) => family.precision(value).ok(),
            None => Precision::try_new(value).ok(),
        });
        if found.is_none() {
            let most = family.map_or(Precision::MAX, Family::max_precision);
            let of = family.map(|family| format!(" of `{family}`")).unwrap_or_default();
            let what = format!("{value} is no precision{of}");
            let mend = format!(
                "choose {} to {most}; {DEFAULT_PRECISION}, with an error of 0.8 %, is common",
                Precision::MIN
            );
            problems.report(*line, place.key("precision"), what, mend);
        }
        return found;
    }
    match &measure.error {
        Entry::Absent => Precision::try_new(DEFAULT_PRECISION).ok(),
        Entry::Bad => None,
        Entry::Given(at) => {
            let family = family.unwrap_or(Family::HllPlusPlus);
            precision_for_error(measure, family, at, problems)
        }
    }
}

fn precision_for_error(
    measure: &RawMeasure,
    family: Family,
    at: &At<RawShare>,
    problems: &mut Problems,
) -> Option<Precision> {
    let (share, written) = match &at.value {
        RawShare::Number(share) => (Some(*share), share.to_string()),
        RawShare::Text(text) => (share_of(text), text.clone()),
    };
    // A share of 1 is an error of 100 %: who writes `error = 1` means one per cent.
    let precision =
        share.filter(|share| *share < 1.0).and_then(|share| family.precision_for_error(share).ok());
    if precision.is_none() {
        let least = family.max_precision().relative_standard_error() * 100.0;
        let what = format!("`{written}` is no error that a sketch can have");
        let mend = format!("write a share from {least:.2} % up, such as `\"1%\"` or `0.01`");
        problems.report(at.line, measure.place.key("error"), what, mend);
    }
    precision
}

/// `1%` and `0.8 %` as a share.
pub(super) fn share_of(text: &str) -> Option<f64> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    number.parse::<f64>().ok().map(|percent| percent / 100.0)
}

fn derived(raw: &RawModel, measure: &RawMeasure, problems: &mut Problems) -> Option<MeasureKind> {
    let place = &measure.place;
    let mend = "write it over other measures, such as `players / viewers`";
    let text = need(place, "expr", &measure.expr, mend, problems)?;
    let line = measure.expr.line_or(place.line);
    let key = place.key("expr");
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            let mend = "use numbers, names of measures, `+ - * /` and parentheses";
            problems.report(line, key, error.to_string(), mend);
            return None;
        }
    };
    let is_derived =
        |measure: &RawMeasure| measure.kind.value().is_some_and(|kind| kind == "derived");
    let stored: Vec<&str> = raw
        .measures
        .iter()
        .filter(|measure| !is_derived(measure))
        .map(|measure| measure.place.name.as_str())
        .collect();
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
