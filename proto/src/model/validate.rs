//! From the raw file to a [`Model`]: every rule of the model, and all problems at once.
//!
//! Each part is validated on its own and gives `None` if it has a problem; declared names count as existing even then,
//! so that one mistake is one problem.

mod attribution;
mod checks;
mod dimension;
mod experiment;
mod files;
mod lookup;
mod measure;
mod names;
mod outliers;
mod small_groups;
mod source;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use measure::share_of;
pub use names::RESERVED_NAMES;

use super::problems::{Problems, choose};
use super::raw::{Entry, Place, RawDataset, RawModel, RawShare, read};
use super::{DEFAULT_WORTHWHILE, Model, ModelError, WeekStart, fingerprint};
use crate::period::{FIRST_DAY, LAST_DAY};
use crate::toml_file::nearest;

/// The time zone of a model that names none.
const DEFAULT_TIMEZONE: &str = "UTC";

/// Reads and validates a model; see [`Model::parse`].
pub(super) fn parse(file: &str, text: &str) -> Result<Model, ModelError> {
    let mut problems = Problems::default();
    let model = read(text, &mut problems).and_then(|raw| validate(&raw, text, &mut problems));
    match model {
        Some(model) if problems.is_empty() => Ok(model),
        _ => Err(ModelError { file: file.to_owned(), problems: problems.in_order() }),
    }
}

fn validate(raw: &RawModel, text: &str, problems: &mut Problems) -> Option<Model> {
    let dataset = dataset(raw.dataset.as_ref(), problems);
    let week_starts = raw.dataset.as_ref().map(|raw| week_starts(raw, problems));
    let worthwhile = raw.dataset.as_ref().map(|raw| {
        difference(&raw.place, "worthwhile", &raw.worthwhile, DEFAULT_WORTHWHILE, problems)
    });
    let small_groups = small_groups::validate(raw, problems);
    let days = raw.dataset.as_ref().map(|raw| days(raw, problems));
    let sources = source::validate(&raw.sources, problems);
    let lookups = lookup::validate(raw, problems);
    let dimensions = dimension::validate(raw, problems);
    let measures = measure::validate(raw, problems);
    let checks = checks::validate(raw, problems);
    let experiments = experiment::validate(raw, problems);
    let matters = worthwhile.flatten().unwrap_or(DEFAULT_WORTHWHILE);
    let outliers = outliers::validate(raw, matters, problems);
    names::validate(raw, problems);
    let (name, timezone_name, timezone) = dataset?;
    let (first_day, last_day) = days??;
    let mut model = Model {
        name,
        timezone_name,
        timezone,
        week_starts: week_starts??,
        worthwhile: worthwhile??,
        small_groups: small_groups?,
        first_day,
        last_day,
        sources: sources?,
        lookups: lookups?,
        dimensions: dimensions?,
        measures: measures?,
        checks: checks?,
        experiments: experiments?,
        outliers: outliers?,
        fingerprint: crate::Fingerprint::new(""),
        text: text.to_owned(),
    };
    model.fingerprint = fingerprint::of(&model);
    Some(model)
}

/// The dataset's name and time zone.
fn dataset(
    raw: Option<&RawDataset>,
    problems: &mut Problems,
) -> Option<(String, String, TimeZone)> {
    let Some(raw) = raw else {
        if !problems.mention("dataset") {
            let mend = "begin the file with `[dataset]` and `name = \"…\"`";
            problems.report(1, "dataset", "is missing", mend);
        }
        return None;
    };
    let name = need(&raw.place, "name", &raw.name, "name the dataset", problems);
    let timezone = match &raw.timezone {
        Entry::Absent => DEFAULT_TIMEZONE,
        Entry::Bad => return None,
        Entry::Given(at) => at.value.as_str(),
    };
    match TimeZone::get(timezone) {
        // The canonical spelling, since the lookup of a name ignores case.
        Ok(zone) => {
            let zone_name = zone.iana_name().unwrap_or(timezone).to_owned();
            Some((name?.clone(), zone_name, zone))
        }
        Err(_) => {
            let known: Vec<String> =
                jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
            let mend = match nearest(timezone, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "use a name such as `UTC` or `Europe/Berlin`".to_owned(),
            };
            let line = raw.timezone.line_or(raw.place.line);
            let what = format!("`{timezone}` is not an IANA time zone");
            problems.report(line, raw.place.key("timezone"), what, mend);
            None
        }
    }
}

/// The first day of a week.
fn week_starts(raw: &RawDataset, problems: &mut Problems) -> Option<WeekStart> {
    let at = match &raw.week_starts {
        Entry::Absent => return Some(WeekStart::default()),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let found = WeekStart::ALL.into_iter().find(|choice| choice.as_str() == at.value);
    if found.is_none() {
        let what = format!("`{}` is not a day on which weeks can begin", at.value);
        let mend = choose(&at.value, WeekStart::ALL.map(WeekStart::as_str));
        problems.report(at.line, raw.place.key("week_starts"), what, mend);
    }
    found
}

/// A difference of two rates, as a part of one of them; where it is not written, `or_else`.
fn difference(
    place: &Place,
    key: &str,
    entry: &Entry<RawShare>,
    or_else: f64,
    problems: &mut Problems,
) -> Option<f64> {
    let at = match entry {
        Entry::Absent => return Some(or_else),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let (share, written) = match &at.value {
        RawShare::Number(share) => (Some(*share), share.to_string()),
        RawShare::Text(text) => (share_of(text), text.clone()),
    };
    let found = share.filter(|share| *share > 0.0 && *share <= 1.0);
    if found.is_none() {
        let what = format!("`{written}` is not a difference of rates");
        let mend = "write a share above 0 and up to 100 %, such as `\"5%\"` or `0.05`";
        problems.report(at.line, place.key(key), what, mend);
    }
    found
}

/// The first and the last day that events may have.
fn days(raw: &RawDataset, problems: &mut Problems) -> Option<(Option<Date>, Option<Date>)> {
    let mut day = |key: &str, entry: &Entry<String>| {
        let at = match entry {
            Entry::Absent => return Some(None),
            Entry::Bad => return None,
            Entry::Given(at) => at,
        };
        let found = at.value.parse::<Date>().ok();
        let found = found.filter(|day| (FIRST_DAY..=LAST_DAY).contains(day));
        if found.is_none() {
            let what = format!("`{}` is not a day from {FIRST_DAY} to {LAST_DAY}", at.value);
            let mend = "write one such as `\"2020-01-01\"`";
            problems.report(at.line, raw.place.key(key), what, mend);
        }
        found.map(Some)
    };
    let (first, last) = (day("first_day", &raw.first_day), day("last_day", &raw.last_day));
    let (first, last) = (first?, last?);
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        let line = raw.last_day.line_or(raw.place.line);
        let what = "is before `first_day`, so that no day is left";
        problems.report(line, raw.place.key("last_day"), what, "write a later day");
        return None;
    }
    Some((first, last))
}

/// A required key. `mend` says what to add.
fn need<'a, T>(
    place: &Place,
    key: &str,
    entry: &'a Entry<T>,
    mend: &str,
    problems: &mut Problems,
) -> Option<&'a T> {
    if entry.is_absent() {
        problems.report(place.line, place.key(key), "is missing", mend);
    }
    entry.value()
}

/// Keys that have no meaning together with others.
fn refuse<T>(
    place: &Place,
    key: &str,
    entry: &Entry<T>,
    what: &str,
    mend: &str,
    problems: &mut Problems,
) {
    if let Some(at) = entry.given() {
        problems.report(at.line, place.key(key), what, mend);
    }
}
