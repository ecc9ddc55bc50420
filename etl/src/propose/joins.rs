//! Which columns of events are keys of other tables.

use std::collections::{HashMap, HashSet};

use super::columns::{Column, Kind};
use super::sample::Sample;
use super::times::quoted;
use super::words;

/// Of the values of an event's column, so many are keys of a lookup whose rows were all looked at.
const MIN_KNOWN: f64 = 0.5;
/// The same where the names say nothing.
const MIN_KNOWN_WITHOUT_NAME: f64 = 0.9;
/// Fewer different values are in another table by chance.
const MIN_VALUES_WITHOUT_NAME: usize = 3;
/// A table of a key and what it has several of has no more columns.
const MAX_COLUMNS_OF_SETS: usize = 4;

/// A column of events that keys a lookup.
#[derive(Debug, Clone)]
pub(super) struct Join {
    /// Which table the lookup is.
    pub(super) table: usize,
    /// The lookup's key, a column or an expression.
    pub(super) key: String,
    /// The lookup's column that is the key, or the last part of it.
    pub(super) key_column: String,
    /// The event's side.
    pub(super) on: String,
    pub(super) on_column: String,
    /// One row for each key; else the key has several.
    pub(super) is_unique: bool,
    rank: usize,
}

/// The joins of events with lookups, at most one for each column and one for each table of sets.
pub(super) fn find(events: &Sample, lookups: &[(usize, &Sample)]) -> Vec<Join> {
    let mut all = Vec::new();
    for column in events.columns.iter().filter(|column| may_key(column)) {
        for &(table, lookup) in lookups {
            for key in lookup.columns.iter().filter(|key| may_key(key)) {
                all.extend(join(events, column, table, lookup, key));
            }
        }
    }
    all.sort_by_key(|join| join.rank);
    let mut kept: Vec<Join> = Vec::new();
    for join in all {
        let is_taken = kept.iter().any(|other| {
            let is_same_column = other.on_column == join.on_column;
            let is_same_table = other.table == join.table;
            (is_same_column && (is_same_table || (other.is_unique && join.is_unique)))
                // A lookup has one key.
                || (is_same_table && other.key != join.key)
        });
        if !is_taken {
            kept.push(join);
        }
    }
    kept
}

fn may_key(column: &Column) -> bool {
    matches!(column.kind, Kind::Text | Kind::Whole) && column.n_different() > 1
}

fn join(
    events: &Sample,
    column: &Column,
    table: usize,
    lookup: &Sample,
    key: &Column,
) -> Option<Join> {
    let on = words::of(&column.name);
    let is_same_name = on == words::of(&key.name);
    // `asset_id` of events is `id` of `assets`.
    let singular = lookup.name.trim_end_matches('s');
    let is_id_of =
        words::of(&format!("{singular}_{}", key.name)) == on || on == words::of(singular);
    let known: HashSet<&str> = key.known().collect();
    let n_known = column.known().filter(|value| known.contains(value)).count();
    let share = n_known as f64 / column.n_different() as f64;
    let is_enough = match lookup.is_whole {
        true => share >= MIN_KNOWN,
        false => n_known > 0,
    };
    let is_word = column.kind == Kind::Text && key.kind == Kind::Text;
    let by_value = is_word
        && lookup.is_whole
        && share >= MIN_KNOWN_WITHOUT_NAME
        && column.n_different() >= MIN_VALUES_WITHOUT_NAME;
    let rank = match () {
        () if is_same_name && is_enough => 0,
        () if is_id_of && is_enough => 1,
        () if by_value => 2,
        () => return None,
    };
    let plain = Join {
        table,
        key: key.name.clone(),
        key_column: key.name.clone(),
        on: column.name.clone(),
        on_column: column.name.clone(),
        is_unique: true,
        rank,
    };
    if key.is_unique() {
        return Some(plain);
    }
    if rank > 1 {
        return None;
    }
    if let Some((key_part, on_part)) = numbered_within(events, lookup, key) {
        return Some(Join {
            key: format!("{key_part} || '-' || {}", sql_name(&key.name)),
            on: format!("{on_part} || '-' || {}", sql_name(&column.name)),
            ..plain
        });
    }
    let is_sets = lookup.columns.len() <= MAX_COLUMNS_OF_SETS && lookup.parts.is_empty();
    is_sets.then_some(Join { is_unique: false, rank: rank + 3, ..plain })
}

/// The places in file names within which a key is unique: of the lookup, and the same words of the events.
fn numbered_within<'a>(
    events: &'a Sample,
    lookup: &'a Sample,
    key: &Column,
) -> Option<(&'a str, &'a str)> {
    let part = lookup.parts.iter().find(|part| {
        let mut seen = HashSet::new();
        let mut pairs = part.codes.iter().zip(&key.codes).filter(|(_, code)| **code > 0);
        pairs.all(|pair| seen.insert(pair))
    })?;
    let words: HashSet<&str> = part.known().collect();
    let of_events = events.parts.iter().find(|of| of.known().all(|word| words.contains(word)))?;
    Some((&part.name, &of_events.name))
}

/// A name as an expression has it: quoted where it has to be.
pub(super) fn sql_name(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { quoted(name) }
}

/// What the lookup's column says of each event of the sample: a value, or all values of a set as one text.
pub(super) fn looked_up(events: &Sample, lookup: &Sample, join: &Join, column: &Column) -> Column {
    let none = || Column::computed(column.name.clone(), std::iter::empty());
    let Some(key) = lookup.column(&join.key_column) else { return none() };
    let Some(on) = events.column(&join.on_column) else { return none() };
    let mut by_key: HashMap<&str, Vec<u32>> = HashMap::new();
    for (key_code, code) in key.codes.iter().zip(&column.codes) {
        by_key.entry(&key.values[*key_code as usize]).or_default().push(*code);
    }
    let text = |code: &u32| {
        let mut codes = by_key.get(on.values[*code as usize].as_str())?.clone();
        codes.sort_unstable();
        codes.dedup();
        let texts: Vec<_> =
            codes.iter().map(|code| column.values[*code as usize].as_str()).collect();
        Some(texts.join("\u{0}"))
    };
    let mut found = Column::computed(column.name.clone(), on.codes.iter().map(text));
    found.elements = column.known().map(str::to_owned).collect();
    found
}

/// Whether each value of one column has one value of the other, as an asset has one title.
pub(super) fn determines(one: &Column, other: &Column) -> bool {
    let mut known: HashMap<u32, u32> = HashMap::new();
    one.codes
        .iter()
        .zip(&other.codes)
        .all(|(one, other)| *known.entry(*one).or_insert(*other) == *other)
}

/// How many different combinations columns have.
pub(super) fn n_combinations(columns: &[&Column]) -> usize {
    let n_rows = columns.first().map_or(0, |column| column.codes.len());
    let row = |row: usize| -> Vec<u32> {
        columns.iter().map(|column| column.codes.get(row).copied().unwrap_or_default()).collect()
    };
    (0..n_rows).map(row).collect::<HashSet<_>>().len()
}
