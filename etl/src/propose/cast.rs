//! Which table plays which part: events, what people did, and lookups that describe either.

use std::collections::BTreeSet;

use super::columns::{Column, Kind};
use super::joins::{self, Join, determines};
use super::roles::{self, flag};
use super::sample::Sample;
use super::words;

/// Which table plays which part.
pub(super) struct Cast {
    pub(super) events: usize,
    pub(super) actions: Option<usize>,
    pub(super) joins: Vec<Join>,
    /// Tables that play no part, with the reason.
    pub(super) left_out: Vec<(usize, &'static str)>,
}

impl Cast {
    pub(super) fn of(samples: &[Sample]) -> Option<Self> {
        let timed: Vec<usize> =
            (0..samples.len()).filter(|&index| !roles::times(&samples[index]).is_empty()).collect();
        // What is shown comes first, then what has flags, then the table with the most rows.
        let rank = |&index: &usize| {
            let table = &samples[index];
            let has_flag = table.columns.iter().any(|column| flag(column).is_some());
            let is_action = words::action(&table.name).is_some();
            let has_time_of_day = roles::times(table).iter().any(|time| !time.is_date);
            let rank = 8 * u8::from(words::is_shown(&table.name))
                + 4 * u8::from(has_flag)
                + 2 * u8::from(has_time_of_day)
                + u8::from(!is_action);
            (rank, table.size_bytes)
        };
        // A table that describes another one's events has no events of its own, whatever times it has, such as places
        // with their opening day.
        let describes = |&index: &usize| {
            let table = &samples[index];
            timed.iter().filter(|&&other| other != index).any(|&other| {
                let events = &samples[other];
                let found = joins::find(events, &[(index, table)]);
                roles::is_described(table, &found, events.n_rows)
            })
        };
        let own = timed.iter().copied().filter(|index| !describes(index));
        let events = own.max_by_key(rank).or_else(|| timed.iter().copied().max_by_key(rank))?;
        let of_events = &samples[events];
        let mut left_out = Vec::new();
        let mut lookups = Vec::new();
        let mut others = Vec::new();
        for index in (0..samples.len()).filter(|&index| index != events) {
            let table = &samples[index];
            let found = joins::find(of_events, &[(index, table)]);
            let is_lookup =
                !timed.contains(&index) || roles::is_described(table, &found, of_events.n_rows);
            if !is_lookup {
                others.push(index);
            } else if found.is_empty() {
                left_out
                    .push((index, "none of its columns has the values of a column of the events"));
            } else {
                lookups.push((index, table));
            }
        }
        let shared = |&index: &usize| !keys_of(of_events, &samples[index]).is_empty();
        let is_action = |index: &usize| u8::from(words::action(&samples[*index].name).is_some());
        let actions = others.iter().copied().filter(shared).max_by_key(is_action);
        let why = "it has a time of its own: events of another kind, which another model may have";
        left_out.extend(
            others.into_iter().filter(|index| Some(*index) != actions).map(|index| (index, why)),
        );
        let joins = joins::find(of_events, &lookups);
        for (index, _) in lookups {
            if joins.iter().all(|join| join.table != index) {
                left_out.push((index, "another table describes the same column"));
            }
        }
        Some(Self { events, actions, joins, left_out })
    }
}

/// The columns by which actions are credited: the person, and what both tables name. If one column determines another,
/// as an asset has one title, the coarser one is used: whatever was shown of a title, what is played is the title.
pub(super) fn keys_of(events: &Sample, actions: &Sample) -> Vec<String> {
    let (people, person) = roles::people(events);
    let Some(person) = person.map(|index| &people[index]) else { return Vec::new() };
    if !person.iter().all(|name| actions.column(name).is_some()) {
        return Vec::new();
    }
    let is_shared = |column: &&Column| {
        let other = actions.column(&column.name);
        words::is_key(&column.name)
            && !person.contains(&column.name)
            && matches!(column.kind, Kind::Text | Kind::Whole)
            && other.is_some_and(|other| {
                let known: BTreeSet<&str> = column.known().collect();
                other.known().any(|value| known.contains(value))
            })
    };
    let shared: Vec<&Column> = events.columns.iter().filter(is_shared).collect();
    let is_coarsest = |column: &&&Column| {
        !shared.iter().any(|other| {
            other.name != column.name && determines(column, other) && !determines(other, column)
        })
    };
    let coarsest = shared.iter().filter(is_coarsest).map(|column| column.name.clone());
    person.iter().cloned().chain(coarsest).collect()
}
