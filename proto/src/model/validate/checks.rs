//! Checks before a commit: those that the model declares, and those that every model has.

use super::measure::share_of;
use super::need;
use crate::model::checks::{Check, CheckKind, OnFailure, Per};
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawCheck, RawMeasure, RawModel, RawOf, RawShare};

/// Four weeks: a weekday is judged by as many of its kind as of any other.
const DEFAULT_TRAILING_DAYS: u16 = 28;
/// A year is the longest that a day's volume says anything about another's.
const MAX_TRAILING_DAYS: u16 = 366;
/// A median of fewer than a week's days says nothing about a weekend.
const N_KNOWN_AT_LEAST: u16 = 7;
/// Half: a weekend's dip is not worth a word, a source that arrived in part is.
const DEFAULT_AT_LEAST: f64 = 0.5;
/// Twice: a campaign's first day is not worth a word, files that arrived twice with other events are.
const DEFAULT_AT_MOST: f64 = 2.0;
/// Half: what most events lack is a column, or a key, that broke, and no gap.
const DEFAULT_SHARE_AT_MOST: f64 = 0.5;

/// None: an event that no day counts is lost.
const DEFAULT_OUT_OF_DAY: f64 = 0.0;

/// Checks all declared checks and adds those that apply by default.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Check>> {
    let declared: Vec<Option<Vec<Check>>> =
        raw.checks.iter().map(|check| check_one(raw, check, problems)).collect();
    let mut checks = defaults(raw);
    checks.retain(|default| raw.checks.iter().all(|check| check.place.name != default.name));
    let declared = declared.into_iter().collect::<Option<Vec<_>>>()?.concat();
    let pair = |check: &Check| match &check.kind {
        CheckKind::Within { measure, within, .. } => Some((measure.clone(), within.clone())),
        CheckKind::Rows { .. }
        | CheckKind::Missing { .. }
        | CheckKind::OutOfDay { .. }
        | CheckKind::Unattributed { .. } => None,
    };
    // Whoever names a pair by another name judges it otherwise.
    checks.retain(|default| {
        pair(default)
            .is_none_or(|own| declared.iter().all(|check| pair(check).as_ref() != Some(&own)))
    });
    checks.extend(declared);
    Some(checks)
}

/// The checks of a model that declares none: judgements of what is likely, so they warn.
fn defaults(raw: &RawModel) -> Vec<Check> {
    let (sources, dimensions) = (counted_sources(raw), single_dimensions(raw));
    let rows = CheckKind::Rows {
        sources: sources.clone(),
        trailing_days: DEFAULT_TRAILING_DAYS,
        n_known_at_least: N_KNOWN_AT_LEAST,
        at_least: DEFAULT_AT_LEAST,
        at_most: DEFAULT_AT_MOST,
    };
    let missing = CheckKind::Missing {
        dimensions: dimensions.clone(),
        sources: sources.clone(),
        at_most: DEFAULT_SHARE_AT_MOST,
    };
    let attributed = attributed_sources(raw);
    let default = |name: &str, kind| Check {
        name: name.to_owned(),
        kind,
        on_failure: OnFailure::Warn,
        is_default: true,
    };
    let mut checks = Vec::new();
    if !sources.is_empty() {
        checks.push(default("rows", rows));
        if !dimensions.is_empty() {
            checks.push(default("missing", missing));
        }
        let at_most = DEFAULT_OUT_OF_DAY;
        checks
            .push(default("out_of_day", CheckKind::OutOfDay { sources: sources.clone(), at_most }));
    }
    if !attributed.is_empty() {
        let at_most = DEFAULT_SHARE_AT_MOST;
        checks.push(default(
            "unattributed",
            CheckKind::Unattributed { sources: attributed, at_most },
        ));
    }
    checks.extend(credited_within(raw).into_iter().map(|kind| default("within", kind)));
    checks
}

/// Whoever is counted once among credited events is among those counted in what they are credited to, if that
/// is a key of theirs: players are within viewers, in every cell.
fn credited_within(raw: &RawModel) -> Vec<CheckKind> {
    let is_distinct =
        |measure: &&RawMeasure| measure.kind.value().is_some_and(|kind| kind == "distinct");
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
            pairs.push(CheckKind::Within { measure, within, per: Per::Day });
        }
    }
    pairs
}

/// Checks one declared check: several where it stands for those that the model has by default.
fn check_one(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<Vec<Check>> {
    let place = &check.place;
    let choices = (OnFailure::ALL.as_slice(), OnFailure::as_str as fn(OnFailure) -> &'static str);
    let entry = ("on_failure", &check.on_failure);
    let on_failure = choice(check, entry, choices, OnFailure::Warn, problems);
    let of_default = CheckKind::NAMES.into_iter().find(|name| *name == place.name);
    let kind = match (of_default, &check.kind) {
        (Some(name), Entry::Absent) => name,
        (of_default, entry) => {
            let mend =
                "say what it is: `rows`, `within`, `missing`, `out_of_day` or `unattributed`";
            let kind = need(place, "kind", entry, mend, problems)?.as_str();
            let line = entry.line_or(place.line);
            if !CheckKind::NAMES.contains(&kind) {
                let what = format!("`{kind}` is no kind of check");
                problems.report(line, place.key("kind"), what, choose(kind, CheckKind::NAMES));
                return None;
            }
            if let Some(name) = of_default.filter(|name| *name != kind) {
                let what = format!("a check that is called `{name}` is of the kind `{name}`");
                problems.report(line, place.key("kind"), what, "give the check another name");
                return None;
            }
            kind
        }
    };
    refuse_foreign_keys(check, kind, problems);
    let kinds = match kind {
        "rows" => vec![rows(raw, check, problems)?],
        "within" => withins(raw, check, problems)?,
        "missing" => vec![missing(raw, check, problems)?],
        "out_of_day" => vec![out_of_day(raw, check, problems)?],
        "unattributed" => vec![unattributed(raw, check, problems)?],
        other => unreachable!("`{other}` was found to be a kind"),
    };
    let on_failure = on_failure?;
    let check = |kind| Check { name: place.name.clone(), kind, on_failure, is_default: false };
    Some(kinds.into_iter().map(check).collect())
}

/// Reports the keys that mean something for other kinds only.
fn refuse_foreign_keys(check: &RawCheck, kind: &str, problems: &mut Problems) {
    let place = &check.place;
    let line = |given: Option<usize>, kinds: &[&str]| given.filter(|_| !kinds.contains(&kind));
    for (key, line) in [
        (
            "source",
            line(line_of(&check.source), &["rows", "missing", "out_of_day", "unattributed"]),
        ),
        ("trailing_days", line(line_of(&check.trailing_days), &["rows"])),
        ("at_least", line(line_of(&check.at_least), &["rows"])),
        (
            "at_most",
            line(line_of(&check.at_most), &["rows", "missing", "out_of_day", "unattributed"]),
        ),
        ("dimension", line(line_of(&check.dimension), &["missing"])),
        ("measure", line(line_of(&check.measure), &["within"])),
        ("within", line(line_of(&check.within), &["within"])),
        ("per", line(line_of(&check.per), &["within"])),
    ] {
        if let Some(line) = line {
            let what = format!("has no meaning for the kind `{kind}`");
            problems.report(line, place.key(key), what, "remove it");
        }
    }
}

fn line_of<T>(entry: &Entry<T>) -> Option<usize> {
    entry.given().map(|at| at.line)
}

fn rows(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<CheckKind> {
    let place = &check.place;
    let sources = sources(raw, check, problems);
    let trailing_days = match &check.trailing_days {
        Entry::Absent => Some(DEFAULT_TRAILING_DAYS),
        Entry::Bad => None,
        Entry::Given(at) => {
            let days = u16::try_from(at.value).ok();
            let days = days.filter(|days| (1..=MAX_TRAILING_DAYS).contains(days));
            if days.is_none() {
                let what = format!("{} is no number of days to look back", at.value);
                let mend = format!("choose 1 to {MAX_TRAILING_DAYS}");
                problems.report(at.line, place.key("trailing_days"), what, mend);
            }
            days
        }
    };
    let at_least = share(check, "at_least", &check.at_least, DEFAULT_AT_LEAST, problems);
    let at_most = share(check, "at_most", &check.at_most, DEFAULT_AT_MOST, problems);
    let (at_least, at_most) = (at_least?, at_most?);
    if at_least >= at_most {
        let line = check.at_most.line_or(check.at_least.line_or(place.line));
        let what = "the band ends before it begins";
        let mend = "choose `at_least` below `at_most`; without them they are 50 % and 200 %";
        problems.report(line, place.key("at_most"), what, mend);
        return None;
    }
    let trailing_days = trailing_days?;
    let n_known_at_least = trailing_days.min(N_KNOWN_AT_LEAST);
    Some(CheckKind::Rows { sources: sources?, trailing_days, n_known_at_least, at_least, at_most })
}

/// The pair that a check names; one that names none is about those that the model has by default.
fn withins(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<Vec<CheckKind>> {
    let by_default = credited_within(raw);
    let names_none = check.measure.is_absent() && check.within.is_absent();
    if !(names_none && check.place.name == "within" && !by_default.is_empty()) {
        return within(raw, check, problems).map(|kind| vec![kind]);
    }
    let choices = (Per::ALL.as_slice(), Per::as_str as fn(Per) -> &'static str);
    let chosen = choice(check, ("per", &check.per), choices, Per::Day, problems)?;
    let with_choice = |kind| match kind {
        CheckKind::Within { measure, within, .. } => {
            CheckKind::Within { measure, within, per: chosen }
        }
        kind @ (CheckKind::Rows { .. }
        | CheckKind::Missing { .. }
        | CheckKind::OutOfDay { .. }
        | CheckKind::Unattributed { .. }) => kind,
    };
    Some(by_default.into_iter().map(with_choice).collect())
}

fn within(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<CheckKind> {
    let place = &check.place;
    let mend = "name the measure that is never above the other";
    let measure = need(place, "measure", &check.measure, mend, problems);
    let mend = "name the measure that is never below the other";
    let within = need(place, "within", &check.within, mend, problems);
    let measure = measure.and_then(|name| stored(raw, check, "measure", name, problems));
    let within = within.and_then(|name| stored(raw, check, "within", name, problems));
    let choices = (Per::ALL.as_slice(), Per::as_str as fn(Per) -> &'static str);
    let per = choice(check, ("per", &check.per), choices, Per::Day, problems);
    let (measure, within, per) = (measure?, within?, per?);
    if measure == within {
        let line = check.within.line_or(place.line);
        problems.report(line, place.key("within"), "is the same measure", "name another one");
        return None;
    }
    Some(CheckKind::Within { measure, within, per })
}

fn missing(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<CheckKind> {
    let sources = sources(raw, check, problems);
    let dimensions = dimensions(raw, check, problems);
    let at_most = share_of_events(check, DEFAULT_SHARE_AT_MOST, problems);
    Some(CheckKind::Missing { dimensions: dimensions?, sources: sources?, at_most: at_most? })
}

fn out_of_day(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<CheckKind> {
    let sources = sources(raw, check, problems);
    let at_most = share_of_events(check, DEFAULT_OUT_OF_DAY, problems);
    Some(CheckKind::OutOfDay { sources: sources?, at_most: at_most? })
}

fn unattributed(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<CheckKind> {
    let place = &check.place;
    let at_most = share_of_events(check, DEFAULT_SHARE_AT_MOST, problems);
    let attributed = attributed_sources(raw);
    let mut sources = sources(raw, check, problems)?;
    sources.retain(|source| attributed.contains(source));
    if sources.is_empty() {
        let what = match check.source.given() {
            Some(at) => format!("the events of `{}` are not credited to others", at.value),
            None => "no source is credited to another".to_owned(),
        };
        let (key, line) = match check.source.given() {
            Some(at) => (place.key("source"), at.line),
            None => (place.path.clone(), place.line),
        };
        problems.report(line, key, what, "remove it, or give the source `attribute`");
        return None;
    }
    Some(CheckKind::Unattributed { sources, at_most: at_most? })
}

/// The greatest share of the events that a check lets pass.
fn share_of_events(check: &RawCheck, default: f64, problems: &mut Problems) -> Option<f64> {
    let at_most = share(check, "at_most", &check.at_most, default, problems);
    if let Some(at) = check.at_most.given()
        && at_most.is_some_and(|share| share > 1.0)
    {
        let what = "a share of the events is 100 % at most";
        problems.report(at.line, check.place.key("at_most"), what, "write less, such as `\"5%\"`");
        return None;
    }
    at_most
}

/// The dimensions that a check looks at: the one that it names, else every one with one value an event.
fn dimensions(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<Vec<String>> {
    let place = &check.place;
    let single = single_dimensions(raw);
    let at = match &check.dimension {
        Entry::Bad => return None,
        Entry::Absent if single.is_empty() => {
            let what = "no dimension has a single value, and an empty set is no gap";
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
        format!("`{}` is a set of values: an empty one is no gap", at.value)
    } else {
        format!("no dimension is called `{}`", at.value)
    };
    let mend = choose(&at.value, single.iter().map(String::as_str));
    problems.report(at.line, place.key("dimension"), what, mend);
    None
}

/// The sources that a check looks at: the one that it names, else every one whose events are counted.
fn sources(raw: &RawModel, check: &RawCheck, problems: &mut Problems) -> Option<Vec<String>> {
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

/// A stored measure by name.
fn stored(
    raw: &RawModel,
    check: &RawCheck,
    key: &str,
    name: &str,
    problems: &mut Problems,
) -> Option<String> {
    let is_derived = |kind: Option<&String>| kind.is_some_and(|kind| kind == "derived");
    let all = || raw.measures.iter().filter(|measure| !is_derived(measure.kind.value()));
    let names = || all().map(|measure| measure.place.name.as_str());
    if names().any(|known| known == name) {
        return Some(name.to_owned());
    }
    let is_known = raw.measures.iter().any(|measure| measure.place.name == name);
    let what = if is_known {
        format!("`{name}` is derived: cells do not hold it")
    } else {
        format!("no measure is called `{name}`")
    };
    let entry = if key == "measure" { &check.measure } else { &check.within };
    let line = entry.line_or(check.place.line);
    problems.report(line, check.place.key(key), what, choose(name, names()));
    None
}

/// The sources whose events a measure counts, in the file's order.
fn counted_sources(raw: &RawModel) -> Vec<String> {
    let is_counted = |name: &str| {
        raw.measures.iter().any(|measure| {
            measure.kind.value().is_some_and(|kind| kind == "count")
                && measure.source.value().is_some_and(|source| source == name)
        })
    };
    let names = raw.sources.iter().map(|source| source.place.name.clone());
    names.filter(|name| is_counted(name)).collect()
}

/// The counted sources whose events are credited to those of another, in the file's order.
fn attributed_sources(raw: &RawModel) -> Vec<String> {
    let is_attributed = |name: &String| {
        let source = raw.sources.iter().find(|source| source.place.name == *name);
        source.is_some_and(|source| !source.attribute.is_absent())
    };
    counted_sources(raw).into_iter().filter(is_attributed).collect()
}

/// The dimensions with one value an event, in the file's order.
fn single_dimensions(raw: &RawModel) -> Vec<String> {
    let single = raw
        .dimensions
        .iter()
        .filter(|dimension| !dimension.multi.value().is_some_and(|multi| *multi));
    single.map(|dimension| dimension.place.name.clone()).collect()
}

fn share(
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
        let what = format!("`{written}` is no share");
        let mend = "write one such as `\"50%\"` or `0.5`";
        problems.report(at.line, check.place.key(key), what, mend);
    }
    share
}

/// One of several words, or the default.
fn choice<T: Copy>(
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
        let what = format!("`{}` is no choice", at.value);
        let mend = choose(&at.value, all.iter().copied().map(name));
        problems.report(at.line, check.place.key(key), what, mend);
    }
    found
}
