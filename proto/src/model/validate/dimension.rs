//! Dimensions: where their values come from, and what describes their members.

use super::{need, refuse};
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawDimension, RawModel};
use crate::model::{Age, Dimension, DimensionColumn, LOOKUP_KEY_COLUMN, SqlColumn, display_name};
use crate::toml_file::nearest;

/// Validates all dimensions.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Dimension>> {
    if raw.dimensions.is_empty() && !problems.mention("dimension") {
        let mend = "add `[dimension.NAME]` with `column`";
        problems.report(1, "dimension", "no dimension is declared", mend);
    }
    let dimensions: Vec<Option<Dimension>> =
        raw.dimensions.iter().map(|dimension| validate_one(raw, dimension, problems)).collect();
    dimensions.into_iter().collect()
}

fn validate_one(
    raw: &RawModel,
    dimension: &RawDimension,
    problems: &mut Problems,
) -> Option<Dimension> {
    let place = &dimension.place;
    validate_lookup_exists(raw, dimension, problems);
    validate_key_column(dimension, problems);
    let age = age(dimension, problems);
    let (column, members) = if dimension.on.is_absent() {
        from_event(dimension, problems)
    } else {
        (from_lookup(dimension, problems), Some(None))
    };
    Some(Dimension {
        name: place.name.clone(),
        display: optional(&dimension.display)?.unwrap_or_else(|| display_name(&place.name)),
        column: column?,
        multi: optional(&dimension.multi)?.unwrap_or(false),
        members: members?,
        attributes: optional(&dimension.attributes)?.unwrap_or_default(),
        label: optional(&dimension.label)?,
        media: optional(&dimension.media)?,
        age: age?,
    })
}

/// The day from which a member's age counts; the outer `None` is a wrong value.
#[expect(clippy::option_option, reason = "a wrong value, no age, and an age are three things")]
fn age(dimension: &RawDimension, problems: &mut Problems) -> Option<Option<Age>> {
    let Some(at) = dimension.age.given() else { return optional(&dimension.age).map(|_| None) };
    let key = dimension.place.key("age");
    if dimension.multi.value() == Some(&true) {
        let what = "a set of values has no age";
        problems.report(at.line, key, what, "remove it, or `multi`");
        return None;
    }
    let attributes = dimension.attributes.value().map_or(&[][..], Vec::as_slice);
    if at.value == Age::FIRST_DAY {
        return Some(Some(Age::FirstDay));
    }
    if attributes.contains(&at.value) {
        return Some(Some(Age::Attribute(at.value.clone())));
    }
    let what = format!("`{}` is neither `{}` nor one of the attributes", at.value, Age::FIRST_DAY);
    let names = attributes.iter().map(String::as_str).chain([Age::FIRST_DAY]);
    let mend = match nearest(&at.value, names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("write `age = \"{}\"`, or the name of an attribute", Age::FIRST_DAY),
    };
    problems.report(at.line, key, what, mend);
    None
}

/// The outer `None` is a wrong value.
fn optional<T: Clone>(entry: &Entry<T>) -> Option<Option<T>> {
    match entry {
        Entry::Absent => Some(None),
        Entry::Bad => None,
        Entry::Given(at) => Some(Some(at.value.clone())),
    }
}

/// A value from the event; a lookup may then describe the members.
#[expect(clippy::option_option, reason = "a wrong value, no lookup, and a lookup are three things")]
fn from_event(
    dimension: &RawDimension,
    problems: &mut Problems,
) -> (Option<DimensionColumn>, Option<Option<String>>) {
    let place = &dimension.place;
    let described = [
        ("attributes", dimension.attributes.line_or(0)),
        ("label", dimension.label.line_or(0)),
        ("media", dimension.media.line_or(0)),
    ];
    if dimension.lookup.is_absent() {
        for (key, line) in described.into_iter().filter(|(_, line)| *line > 0) {
            let what = "describes members, but there is no lookup to describe them";
            problems.report(line, place.key(key), what, "add `lookup = \"…\"`, or remove it");
        }
    } else if dimension.attributes.is_absent()
        && dimension.label.is_absent()
        && dimension.media.is_absent()
    {
        let what = "a lookup without a use";
        let mend = "add `on` to take the dimension's value from the lookup, or `attributes`, \
                    `label` or `media` to describe members with it";
        problems.report(dimension.lookup.line_or(place.line), place.key("lookup"), what, mend);
    }
    let mend = "name the event's column or an SQL expression over its columns";
    let column = need(place, "column", &dimension.column, mend, problems);
    let column = column.map(|column| DimensionColumn::Event(SqlColumn(column.clone())));
    (column, optional(&dimension.lookup))
}

/// A value from a lookup, found by a column of the event.
fn from_lookup(dimension: &RawDimension, problems: &mut Problems) -> Option<DimensionColumn> {
    let place = &dimension.place;
    let mend = "`on` looks up the event in a lookup: name it";
    let lookup = need(place, "lookup", &dimension.lookup, mend, problems);
    let mend = "`on` takes the dimension's value from the lookup: name its column there";
    let column = need(place, "column", &dimension.column, mend, problems);
    // This lookup is keyed by what the event has, not by members, so it cannot describe them.
    let what = "describes members by a lookup keyed by them, but with `on` the lookup is keyed by \
                something else";
    refuse(place, "attributes", &dimension.attributes, what, "remove it", problems);
    refuse(place, "label", &dimension.label, what, "remove it", problems);
    refuse(place, "media", &dimension.media, what, "remove it", problems);
    Some(DimensionColumn::Lookup {
        lookup: lookup?.clone(),
        on: SqlColumn(dimension.on.value()?.clone()),
        column: SqlColumn(column?.clone()),
    })
}

fn validate_lookup_exists(raw: &RawModel, dimension: &RawDimension, problems: &mut Problems) {
    let Some(at) = dimension.lookup.given() else {
        return;
    };
    let names = || raw.lookups.iter().map(|lookup| lookup.place.name.as_str());
    if names().all(|name| name != at.value) {
        let what = format!("no lookup is called `{}`", at.value);
        let mend = choose(&at.value, names());
        problems.report(at.line, dimension.place.key("lookup"), what, mend);
    }
}

/// The lookup's table in the lake has a column `key` of its own.
fn validate_key_column(dimension: &RawDimension, problems: &mut Problems) {
    let place = &dimension.place;
    let what = format!("`{LOOKUP_KEY_COLUMN}` is what identifies a row of the lookup in the lake");
    let mend = "give the column another name with the lookup's `columns`";
    if let Some(at) = dimension.attributes.given()
        && at.value.iter().any(|attribute| attribute == LOOKUP_KEY_COLUMN)
    {
        problems.report(at.line, place.key("attributes"), &what, mend);
    }
    for (key, entry) in [("label", &dimension.label), ("media", &dimension.media)] {
        if let Some(at) = entry.given()
            && at.value == LOOKUP_KEY_COLUMN
        {
            problems.report(at.line, place.key(key), &what, mend);
        }
    }
}
