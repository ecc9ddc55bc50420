//! Distinct counts: the sketch's family and precision, and ready-made sketches.

use clio_sketch::{Family, Precision};

use super::super::{need, refuse};
use super::{columns, share_of, source};
use crate::model::MeasureKind;
use crate::model::SqlColumn;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{At, Entry, RawMeasure, RawModel, RawShare};
use crate::toml_file::quoted;

/// The precision of a sketch if the model names none: an error of 0.8 % in 16 KiB, the common choice.
const DEFAULT_PRECISION: u8 = 14;

pub(super) fn validate(
    raw: &RawModel,
    measure: &RawMeasure,
    problems: &mut Problems,
) -> Option<MeasureKind> {
    let source = source(raw, measure, problems);
    let mend = "name the column whose different values are counted, or several together";
    let of = need(&measure.place, "of", &measure.of, mend, problems);
    let family = family(measure, problems);
    // Even with a wrong family the precision is checked, against the range of all families.
    let precision = precision(measure, family, problems);
    let of = columns(of?);
    let from_sketch = from_sketch(measure, &of, problems);
    Some(MeasureKind::Distinct {
        source: source?,
        of,
        family: family?,
        precision: precision?,
        from_sketch: from_sketch?,
    })
}

/// Whether the column holds ready-made sketches; then the model has to name their family.
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
        let what = "ready-made sketches must be in one column";
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
        let what = format!("`{}` is not a sketch family", at.value);
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
            let what = "`precision` and `error` mean the same thing";
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
            let what = format!("{value} is not a precision{of}");
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
    // A share of 1 is an error of 100 %: someone who writes `error = 1` means one per cent.
    let precision =
        share.filter(|share| *share < 1.0).and_then(|share| family.precision_for_error(share).ok());
    if precision.is_none() {
        let least = family.max_precision().relative_standard_error() * 100.0;
        let what = format!("`{written}` is not an error that a sketch can have");
        let mend = format!("write a share of at least {least:.2} %, such as `\"1%\"` or `0.01`");
        problems.report(at.line, measure.place.key("error"), what, mend);
    }
    precision
}
