//! Sources: their files, and sources that derive from others.

use strum::VariantArray;

use super::files::{self, FormatKey};
use super::measure::share_of;
use super::{attribution, need, refuse};
use crate::model::files::BadRowsPolicy;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawShare, RawSource};
use crate::model::{FileSet, OnBadRows, Source, SqlColumn, TimesAre, Window};
use crate::toml_file::quoted;

/// Validates all sources.
pub(super) fn validate(raw: &[RawSource], problems: &mut Problems) -> Option<Vec<Source>> {
    if raw.is_empty() && !problems.mention("source") {
        let mend = "add `[source.NAME]` with `url`, `format` and `time`";
        problems.report(1, "source", "no source is declared", mend);
    }
    let roots: Vec<Option<Root>> = raw.iter().map(|source| root(raw, source, problems)).collect();
    raw.iter().map(|source| resolve(raw, &roots, source)).collect()
}

/// The properties of a source with an address of its own.
struct Root {
    files: FileSet,
    time: SqlColumn,
    times_are: TimesAre,
}

/// Validates one source. `None` for a derived one, and for one with a problem.
fn root(all: &[RawSource], source: &RawSource, problems: &mut Problems) -> Option<Root> {
    let place = &source.place;
    if !source.attribute.is_absent() {
        attribution::validate(all, source, problems);
        return None;
    }
    match (&source.files.url, &source.from) {
        (Entry::Absent, Entry::Absent) => {
            let mend = "add `url = \"…\"`, or `from = \"…\"` for a part of another source";
            problems.report(place.line, place.key("url"), "is missing", mend);
            None
        }
        (Entry::Absent, from) => {
            if let Some(from) = from.given() {
                validate_from(all, source, &from.value, from.line, problems);
            }
            None
        }
        (url, from) => {
            let what = "a source has either its own files or those of another";
            if url.given().is_some() {
                refuse(place, "from", from, what, "remove `url` or `from`", problems);
            }
            let files = files::validate(place, &source.files, FormatKey::Required, problems);
            let mend = "name the column or the expression that says when an event happened";
            let time = need(place, "time", &source.time, mend, problems);
            let on_bad_rows = on_bad_rows(source, problems);
            let times_are = times_are(source, problems);
            let late_days = late_days(source, problems);
            let files = FileSet { on_bad_rows: on_bad_rows?, late_days: late_days?, ..files? };
            Some(Root { files, time: SqlColumn(time?.clone()), times_are: times_are? })
        }
    }
}

/// How late events may be if the model says that folders are those of arrival, but not how late.
const DEFAULT_LATE_DAYS: u16 = 3;

/// The time zone of times without one.
fn times_are(source: &RawSource, problems: &mut Problems) -> Option<TimesAre> {
    let at = match &source.times_are {
        Entry::Absent => return Some(TimesAre::default()),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let found = TimesAre::ALL.into_iter().find(|choice| choice.as_str() == at.value);
    if found.is_none() {
        let what = format!("`{}` is not something that times without a zone can be", at.value);
        let mend = choose(&at.value, TimesAre::ALL.map(TimesAre::as_str));
        problems.report(at.line, source.place.key("times_are"), what, mend);
    }
    found
}

/// How many days before its own a `dt=` folder may hold events of; the inner `None` if folders are those of the events'
/// day.
fn late_days(source: &RawSource, problems: &mut Problems) -> Option<Option<u16>> {
    let place = &source.place;
    let is_of_arrival = match &source.days {
        Entry::Absent => false,
        Entry::Bad => return None,
        Entry::Given(at) if at.value == "event" => false,
        Entry::Given(at) if at.value == "arrival" => true,
        Entry::Given(at) => {
            let what =
                format!("`{}` is not something that the days of `dt=` folders can be", at.value);
            let mend = choose(&at.value, ["event", "arrival"]);
            problems.report(at.line, place.key("days"), what, mend);
            return None;
        }
    };
    if !is_of_arrival {
        let what = "only folders by day of arrival hold late events";
        let mend = "remove it, or add `days = \"arrival\"`";
        refuse(place, "late", &source.late, what, mend, problems);
        return Some(None);
    }
    let at = match &source.late {
        Entry::Absent => return Some(Some(DEFAULT_LATE_DAYS)),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    match at.value.parse::<Window>() {
        Ok(window) => {
            let n_days = window.seconds().div_ceil(86_400);
            Some(Some(u16::try_from(n_days).unwrap_or(u16::MAX)))
        }
        Err(error) => {
            let what = format!("`{}` {error}", at.value);
            let mend = "write how late events may be, such as `\"3d\"`";
            problems.report(at.line, place.key("late"), what, mend);
            None
        }
    }
}

/// Validates what happens to bad rows, and how many there may be.
fn on_bad_rows(source: &RawSource, problems: &mut Problems) -> Option<OnBadRows> {
    let place = &source.place;
    let policy = match &source.on_bad_rows {
        Entry::Absent => BadRowsPolicy::default(),
        Entry::Bad => return None,
        Entry::Given(at) => {
            let mut policies = BadRowsPolicy::VARIANTS.iter().copied();
            let Some(policy) = policies.find(|own| own.as_str() == at.value) else {
                let what = format!("`{}` is not something that can happen to bad rows", at.value);
                let names = BadRowsPolicy::VARIANTS.iter().map(|own| own.as_str());
                let mend = choose(&at.value, names);
                problems.report(at.line, place.key("on_bad_rows"), what, mend);
                return None;
            };
            policy
        }
    };
    match policy {
        BadRowsPolicy::Fail => {
            let what = "a source that fails at the first bad row has no share of bad rows";
            let mend = "remove it, or add `on_bad_rows = \"quarantine\"`";
            refuse(place, "max_bad_rows", &source.max_bad_rows, what, mend, problems);
            Some(OnBadRows::Fail)
        }
        BadRowsPolicy::Quarantine => {
            let at_most = max_bad_rows(source, problems)?;
            Some(OnBadRows::Quarantine { at_most })
        }
    }
}

/// The share of a source's rows that may be bad.
fn max_bad_rows(source: &RawSource, problems: &mut Problems) -> Option<f64> {
    let place = &source.place;
    match &source.max_bad_rows {
        Entry::Absent => Some(OnBadRows::DEFAULT_AT_MOST),
        Entry::Bad => None,
        Entry::Given(at) => {
            let (share, written) = match &at.value {
                RawShare::Number(share) => (Some(*share), share.to_string()),
                RawShare::Text(text) => (share_of(text), text.clone()),
            };
            let share = share.filter(|share| (0.0..1.0).contains(share));
            if share.is_none() {
                let what = format!("`{written}` is not a share of the rows");
                let mend = "write a share below 100 %, such as `\"1%\"` or `0.01`";
                problems.report(at.line, place.key("max_bad_rows"), what, mend);
            }
            share
        }
    }
}

/// Validates a derived source: what it derives from, and that it sets nothing that it inherits.
fn validate_from(
    all: &[RawSource],
    source: &RawSource,
    from: &str,
    line: usize,
    problems: &mut Problems,
) {
    let place = &source.place;
    let what = format!("a source with `from` inherits this from `{from}`");
    refuse_inherited(source, &what, problems);
    if find(all, from).is_none() {
        let others = all.iter().map(|other| other.place.name.as_str());
        let mend = choose(from, others.filter(|name| *name != place.name));
        problems.report(line, place.key("from"), format!("no source is called `{from}`"), mend);
    }
    // Each circle is reported once: by its first source in the file.
    let mut circle = vec![place.name.as_str()];
    let mut next = Some(from);
    while let Some(name) = next {
        if name == place.name {
            let first = all.iter().find(|source| circle.contains(&source.place.name.as_str()));
            if first.is_some_and(|first| first.place.name == place.name) {
                let what = format!("derives from itself, through {}", quoted(circle));
                problems.report(line, place.key("from"), what, "give one of them a `url`");
            }
            return;
        }
        // This source only leads into a circle.
        if circle.contains(&name) {
            return;
        }
        circle.push(name);
        next = find(all, name).and_then(|source| source.from.value()).map(String::as_str);
    }
}

/// Reports keys that a derived source must not set.
pub(super) fn refuse_inherited(source: &RawSource, what: &str, problems: &mut Problems) {
    let place = &source.place;
    let mend = "remove it";
    refuse(place, "format", &source.files.format, what, mend, problems);
    refuse(place, "files", &source.files.files, what, mend, problems);
    refuse(place, "columns", &source.files.columns, what, mend, problems);
    refuse(place, "types", &source.files.types, what, mend, problems);
    refuse(place, "csv", &source.files.csv, what, mend, problems);
    refuse(place, "time", &source.time, what, mend, problems);
    refuse(place, "times_are", &source.times_are, what, mend, problems);
    refuse(place, "days", &source.days, what, mend, problems);
    refuse(place, "late", &source.late, what, mend, problems);
    refuse(place, "on_bad_rows", &source.on_bad_rows, what, mend, problems);
    refuse(place, "max_bad_rows", &source.max_bad_rows, what, mend, problems);
}

pub(super) fn find<'a>(all: &'a [RawSource], name: &str) -> Option<&'a RawSource> {
    all.iter().find(|source| source.place.name == name)
}

/// Builds a source from the one with the address, and all predicates on the way to it.
fn resolve(all: &[RawSource], roots: &[Option<Root>], source: &RawSource) -> Option<Source> {
    let mut predicates = Vec::new();
    let mut credited = None;
    let mut at = source;
    // One step more than there are sources means a circle, which is reported.
    for _ in 0..=all.len() {
        match &at.predicate {
            Entry::Absent => {}
            Entry::Bad => return None,
            Entry::Given(predicate) => predicates.push(predicate.value.as_str()),
        }
        let attribute = match &at.attribute {
            Entry::Absent => None,
            Entry::Bad => return None,
            Entry::Given(attribute) => Some(&attribute.value),
        };
        if let Some(attribute) = attribute {
            // Another one on the way is reported.
            credited = Some(attribution::read(attribute)?);
            at = find(all, attribute.event.value()?)?;
            continue;
        }
        let Some(from) = at.from.value() else {
            let index = all.iter().position(|source| source.place.name == at.place.name)?;
            let root = roots[index].as_ref()?;
            return Some(Source {
                name: source.place.name.clone(),
                files: root.files.clone(),
                time: root.time.clone(),
                times_are: root.times_are,
                predicate: conjunction(&predicates),
                attribution: credited,
            });
        };
        at = find(all, from)?;
    }
    None
}

/// All predicates at once, the outermost source's first.
fn conjunction(innermost_first: &[&str]) -> Option<String> {
    match innermost_first {
        [] => None,
        [only] => Some((*only).to_owned()),
        several => {
            let parts: Vec<_> = several.iter().rev().map(|part| format!("({part})")).collect();
            Some(parts.join(" AND "))
        }
    }
}
