//! Attribution: which events are credited to which others, by what keys, within what time.

use super::source::{find, refuse_inherited};
use super::{need, refuse};
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawAttribute, RawSource};
use crate::model::{Attribution, Credit, SqlColumn, Window, WindowError};

/// Validates a source with `attribute`, and that it sets nothing that it inherits.
pub(super) fn validate(all: &[RawSource], source: &RawSource, problems: &mut Problems) {
    let place = &source.place;
    let what = "a source with `attribute` has the events of another";
    refuse(place, "url", &source.files.url, what, "remove `url` or `attribute`", problems);
    refuse(place, "from", &source.from, what, "remove `from` or `attribute`", problems);
    if source.files.url.is_absent() {
        refuse_inherited(source, "a source with `attribute` inherits this", problems);
    }
    let Some(attribute) = source.attribute.value() else {
        return;
    };
    validate_sources(all, attribute, problems);
    validate_keys(attribute, problems);
    let mend = "say how long before an event the other may lie, such as `within = \"24h\"`";
    if need(&attribute.place, "within", &attribute.within, mend, problems).is_some() {
        validate_window(attribute, problems);
    }
    let mend = "say which of several gets the credit: `credit = \"last\"`";
    if let Some(credit) = need(&attribute.place, "credit", &attribute.credit, mend, problems)
        && credit_of(credit).is_none()
    {
        let what = format!("`{credit}` is not a way of giving credit");
        let line = attribute.credit.line_or(attribute.place.line);
        let mend = choose(credit, Credit::ALL.map(Credit::as_str));
        problems.report(line, attribute.place.key("credit"), what, mend);
    }
}

/// Both sources exist, differ, and are not credited to others themselves.
fn validate_sources(all: &[RawSource], attribute: &RawAttribute, problems: &mut Problems) {
    let place = &attribute.place;
    let mend = "name the source whose events are credited";
    let event = need(place, "event", &attribute.event, mend, problems);
    let mend = "name the source that events are credited to";
    let to = need(place, "to", &attribute.to, mend, problems);
    for (key, entry) in [("event", &attribute.event), ("to", &attribute.to)] {
        let Some(at) = entry.given() else { continue };
        if find(all, &at.value).is_none() {
            let others = all.iter().filter(|other| !is_credited(all, other));
            let what = format!("no source is called `{}`", at.value);
            let mend = choose(&at.value, others.map(|other| other.place.name.as_str()));
            problems.report(at.line, place.key(key), what, mend);
        } else if find(all, &at.value).is_some_and(|other| is_credited(all, other)) {
            let what = format!("the events of `{}` are themselves credited to others", at.value);
            let mend =
                "name a source with a `url`, or one that derives from such a source with `from`";
            problems.report(at.line, place.key(key), what, mend);
        }
    }
    if event.is_some() && event == to {
        let what = "events cannot be credited to themselves";
        let line = attribute.to.line_or(place.line);
        problems.report(line, place.key("to"), what, "name another source");
    }
}

/// Whether a source, or one that it derives from, has `attribute`.
fn is_credited(all: &[RawSource], source: &RawSource) -> bool {
    let mut at = Some(source);
    // One step more than there are sources means a circle, which is reported elsewhere.
    for _ in 0..=all.len() {
        match at {
            Some(source) if !source.attribute.is_absent() => return true,
            Some(source) => at = source.from.value().and_then(|from| find(all, from)),
            None => return false,
        }
    }
    false
}

fn validate_keys(attribute: &RawAttribute, problems: &mut Problems) {
    let place = &attribute.place;
    let mend = "name what both events have in common, such as `by = [\"profile_id\"]`";
    let Some(keys) = need(place, "by", &attribute.by, mend, problems) else {
        return;
    };
    for (index, key) in keys.iter().enumerate() {
        if keys[..index].contains(key) {
            let what = format!("`{key}` is listed twice");
            problems.report(
                attribute.by.line_or(place.line),
                place.key("by"),
                what,
                "list it once",
            );
        }
    }
}

fn validate_window(attribute: &RawAttribute, problems: &mut Problems) {
    let Some(at) = attribute.within.given() else {
        return;
    };
    if let Err(error) = at.value.parse::<Window>() {
        let mend = match error {
            WindowError::NoNumber | WindowError::NoUnit => {
                "write a whole number and its unit, such as `\"24h\"` or `\"90m\"`"
            }
            WindowError::NotPositive => "write one second or more, such as `\"24h\"`",
            WindowError::TooLong => "write a shorter one, such as `\"24h\"` or `\"7d\"`",
        };
        let what = format!("`{}` {error}", at.value);
        problems.report(at.line, attribute.place.key("within"), what, mend);
    }
}

fn credit_of(text: &str) -> Option<Credit> {
    Credit::ALL.into_iter().find(|credit| credit.as_str() == text)
}

/// The model's choice; `None` if it is wrong, which has been reported.
pub(super) fn read(raw: &RawAttribute) -> Option<Attribution> {
    let by = match &raw.by {
        Entry::Given(at) => at.value.iter().cloned().map(SqlColumn).collect(),
        Entry::Absent | Entry::Bad => return None,
    };
    Some(Attribution {
        event: raw.event.value()?.clone(),
        to: raw.to.value()?.clone(),
        by,
        within: raw.within.value()?.parse().ok()?,
        credit: credit_of(raw.credit.value()?)?,
    })
}
