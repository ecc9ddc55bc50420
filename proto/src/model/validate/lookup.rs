//! Lookups: their files, their key, and what happens to days when they change.

use super::files::{self, FormatKey};
use super::{need, refuse};
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, RawLookup, RawModel};
use crate::model::{AsOf, Lookup, OnChange, SqlColumn};

/// The only grain of histories.
const DAY: &str = "day";

/// Validates all lookups.
pub(super) fn validate(raw: &RawModel, problems: &mut Problems) -> Option<Vec<Lookup>> {
    let lookups: Vec<Option<Lookup>> =
        raw.lookups.iter().map(|lookup| validate_one(raw, lookup, problems)).collect();
    lookups.into_iter().collect()
}

fn validate_one(raw: &RawModel, lookup: &RawLookup, problems: &mut Problems) -> Option<Lookup> {
    let place = &lookup.place;
    let files = files::validate(place, &lookup.files, FormatKey::ByEnding, problems);
    let mend = "name the column or the expression that identifies a row";
    let key = need(place, "key", &lookup.key, mend, problems);
    let as_of = as_of(lookup, problems);
    let on_change = on_change(lookup, problems);
    validate_use(raw, lookup, problems);
    Some(Lookup {
        name: place.name.clone(),
        files: files?,
        key: SqlColumn(key?.clone()),
        as_of: as_of?,
        on_change: on_change?,
    })
}

/// Where the history is; the outer `None` is a wrong value.
#[expect(
    clippy::option_option,
    reason = "a wrong value, no history, and a history are three things"
)]
fn as_of(lookup: &RawLookup, problems: &mut Problems) -> Option<Option<AsOf>> {
    let place = &lookup.place;
    match &lookup.as_of {
        Entry::Bad => return None,
        Entry::Absent => {
            let what = "says when a row is in force, which only applies to a lookup with a history";
            let mend = "add `as_of = \"day\"`, or remove it";
            refuse(place, "valid_from", &lookup.valid_from, what, mend, problems);
            refuse(place, "valid_to", &lookup.valid_to, what, mend, problems);
            return Some(None);
        }
        Entry::Given(at) if at.value != DAY => {
            let what = format!("`{}` is not a grain of histories", at.value);
            let mend = "write `as_of = \"day\"`";
            problems.report(at.line, place.key("as_of"), what, mend);
            return None;
        }
        Entry::Given(_) => {}
    }
    let what = "a lookup with a history rebuilds exactly the days on which its changed states are in force";
    refuse(place, "on_change", &lookup.on_change, what, "remove `on_change` or `as_of`", problems);
    let column = |entry: &Entry<String>| entry.value().cloned().map(SqlColumn);
    match (&lookup.valid_from, &lookup.valid_to) {
        (Entry::Bad, _) | (_, Entry::Bad) => None,
        (Entry::Absent, Entry::Given(at)) => {
            let what = "says when rows end, but nothing says when they begin";
            let mend = "add `valid_from = \"…\"`";
            problems.report(at.line, place.key("valid_to"), what, mend);
            None
        }
        (Entry::Absent, Entry::Absent) => {
            let is_folder = lookup.files.url.value().is_none_or(|url| url.ends_with('/'));
            if !is_folder {
                let what = "a single file has no `dt=` folders, and no key names columns that say \
                            when its rows are in force";
                let mend = "add `valid_from` and `valid_to`, or give a folder that ends in `/` and has \
                            a state in each `dt=YYYY-MM-DD`";
                let line = lookup.as_of.line_or(place.line);
                problems.report(line, place.key("as_of"), what, mend);
                return None;
            }
            Some(Some(AsOf::Folders))
        }
        (Entry::Given(at), valid_to) => {
            let valid_from = SqlColumn(at.value.clone());
            Some(Some(AsOf::Rows { valid_from, valid_to: column(valid_to) }))
        }
    }
}

fn on_change(lookup: &RawLookup, problems: &mut Problems) -> Option<OnChange> {
    let at = match &lookup.on_change {
        Entry::Absent => return Some(OnChange::default()),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let found = OnChange::ALL.into_iter().find(|own| own.as_str() == at.value);
    if found.is_none() {
        let what = format!("`{}` is not something that a changed lookup can do to days", at.value);
        let mend = choose(&at.value, OnChange::ALL.map(OnChange::as_str));
        problems.report(at.line, lookup.place.key("on_change"), what, mend);
    }
    found
}

/// What describes members belongs to the snapshot: not to any day, and free to change.
fn validate_use(raw: &RawModel, lookup: &RawLookup, problems: &mut Problems) {
    let place = &lookup.place;
    let mut users = raw.dimensions.iter().filter(|own| own.lookup.value() == Some(&place.name));
    let gives_values = users.clone().any(|dimension| !dimension.on.is_absent());
    if gives_values || users.next().is_none() {
        return;
    }
    let what = "no dimension takes its value from the lookup: it only describes members, which belong to the \
                snapshot, and rebuilds no day";
    let mend = "remove it, or take a dimension's value from the lookup with `on`";
    refuse(place, "as_of", &lookup.as_of, what, mend, problems);
    // A key of attribution may come from any lookup that a dimension uses: only the files tell.
    if raw.sources.iter().all(|source| source.attribute.is_absent()) {
        refuse(place, "on_change", &lookup.on_change, what, mend, problems);
    }
}
