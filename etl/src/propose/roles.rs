//! What tables and columns are for: events and lookups, when and who, flags, sums and members.

use super::columns::{Column, Kind, is_nested};
use super::joins::{Join, sql_name};
use super::proposal::{Flag, TimeColumn};
use super::sample::Sample;
use super::times::{Times, quoted};
use super::words;

/// A text column with more members than these is no dimension, unless a lookup describes them.
const MAX_MEMBERS: usize = 1_000;
/// A number with more different values than these is an amount.
const MAX_STEPS: usize = 60;

/// The columns that may be the time of events, the likeliest first.
pub(super) fn times(table: &Sample) -> Vec<TimeColumn> {
    let mut ranked: Vec<(i32, TimeColumn)> = Vec::new();
    for column in &table.columns {
        let Kind::Time(Times { sql, has_zone, is_date }) = &column.kind else { continue };
        let says = |wanted: &[&str]| i32::from(words::has_any(&column.name, wanted));
        let mut rank = 2 * i32::from(!*is_date) + 2 * i32::from(column.n_known() == table.n_rows);
        rank += says(&["time", "timestamp", "ts", "event", "datetime", "date", "at"]);
        rank -= 2 * says(&[
            "created", "updated", "modified", "birth", "born", "release", "released", "valid",
            "end", "ended", "expires", "dropoff", "arrival", "sched", "to",
        ]);
        ranked
            .push((-rank, TimeColumn { sql: sql.clone(), has_zone: *has_zone, is_date: *is_date }));
    }
    if ranked.is_empty() {
        ranked.extend(from_numbers(table).map(|time| (0, time)));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, time)| time).collect()
}

/// A day from a year, and a month and a day where there are some.
fn from_numbers(table: &Sample) -> Option<TimeColumn> {
    let number = |name: &str| {
        let is_it =
            |column: &&Column| column.name.eq_ignore_ascii_case(name) && column.kind == Kind::Whole;
        let column = table.columns.iter().find(is_it)?;
        Some((column, format!("cast({} as int)", quoted(&column.name))))
    };
    let (year, year_sql) = number("year")?;
    let is_year = |text: &str| text.parse::<i64>().is_ok_and(|year| (1500..2200).contains(&year));
    if !year.known().all(is_year) {
        return None;
    }
    let part = |name| number(name).map_or_else(|| "1".to_owned(), |(_, sql)| sql);
    let sql = format!("make_date({year_sql}, {}, {})", part("month"), part("day"));
    Some(TimeColumn { sql, has_zone: false, is_date: true })
}

/// Whether a table describes what another's events name, though it has times of its own.
pub(super) fn is_described(table: &Sample, joins: &[Join], n_event_rows: usize) -> bool {
    let is_named = words::is_shown(&table.name) || words::action(&table.name).is_some();
    let has_flag = table.columns.iter().any(|column| flag(column).is_some());
    !is_named
        && !has_flag
        && table.n_rows < n_event_rows
        && joins.iter().any(|join| join.is_unique && join.key_column == join.key)
}

/// The columns that may together stand for who did it, the likeliest first.
pub(super) fn people(table: &Sample) -> (Vec<Vec<String>>, Option<usize>) {
    let is_id = |column: &&Column| {
        matches!(column.kind, Kind::Text | Kind::Whole) && column.n_different() > 1
    };
    let mut named: Vec<_> = table
        .columns
        .iter()
        .filter(is_id)
        .filter_map(|column| Some((words::person_rank(&column.name)?, column.name.clone())))
        .collect();
    named.sort();
    let mut all: Vec<Vec<String>> = named.into_iter().map(|(_, name)| vec![name]).collect();
    // Features of people that only together tell them apart: `user_feature_0`, `user_feature_1` …
    let mut families: Vec<(String, Vec<String>)> = Vec::new();
    for column in table.columns.iter().filter(is_id) {
        let words = words::of(&column.name);
        let [first, .., last] = words.as_slice() else { continue };
        if last.parse::<u32>().is_err() || words::person_rank(first).is_none() || words.len() > 3 {
            continue;
        }
        let family = words[..words.len() - 1].join("_");
        match families.iter_mut().find(|(name, _)| *name == family) {
            Some((_, members)) => members.push(column.name.clone()),
            None => families.push((family, vec![column.name.clone()])),
        }
    }
    all.extend(
        families.into_iter().map(|(_, members)| members).filter(|members| members.len() > 1),
    );
    let person = (!all.is_empty()).then_some(0);
    // What no name tells: keys with many values, to choose from.
    let mut keys: Vec<&Column> = table.columns.iter().filter(is_id).collect();
    keys.retain(|column| {
        words::is_key(&column.name) && !all.iter().flatten().any(|name| *name == column.name)
    });
    keys.sort_by_key(|column| std::cmp::Reverse(column.n_different()));
    let is_sure = |column: &&Column| !column.is_unique() && column.n_different() > 100;
    let person = person.or_else(|| keys.first().filter(|column| is_sure(column)).map(|_| 0));
    all.extend(keys.into_iter().take(5).map(|column| vec![column.name.clone()]));
    (all, person)
}

/// A column that says of each event whether somebody acted on it.
pub(super) fn flag(column: &Column) -> Option<Flag> {
    let (name, people) = words::action(&column.name)?;
    let texts: Vec<String> = column.known().map(str::to_ascii_lowercase).collect();
    let is_yes = |text: &str| ["1", "true", "t", "yes", "y"].contains(&text);
    let is_no = |text: &str| ["0", "false", "f", "no", "n"].contains(&text);
    let is_flag = texts.iter().all(|text| is_yes(text) || is_no(text))
        && texts.iter().any(|text| is_yes(text));
    if !is_flag || is_nested(&column.name) {
        return None;
    }
    let yes = column.known().find(|text| is_yes(&text.to_ascii_lowercase()))?;
    let column_name = sql_name(&column.name);
    let condition = match (&column.kind, column.is_text) {
        (Kind::Switch, false) => column_name,
        (_, true) => format!("{column_name} = '{yes}'"),
        (_, false) => format!("{column_name} = {yes}"),
    };
    Some(Flag { name: name.to_owned(), people: people.to_owned(), condition })
}

/// What a column of events is, apart from time, person, flags and keys of lookups.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    Member,
    Amount,
    LeftOut(&'static str),
}

/// Whether numbers come again and again, as positions and grades do.
fn is_step(column: &Column, table: &Sample) -> bool {
    let n_different = column.n_different();
    n_different <= MAX_STEPS && (n_different <= 10 || n_different * 4 <= table.n_rows)
}

pub(super) fn role(column: &Column, table: &Sample) -> Role {
    if column.n_different() == 0 {
        return Role::LeftOut("null, or of a type that is not grouped by");
    }
    if column.n_different() == 1 {
        return Role::LeftOut("one value throughout");
    }
    let is_calendar = ["year", "month", "day", "date", "week", "quarter"];
    if is_calendar.contains(&column.name.to_ascii_lowercase().as_str()) {
        return Role::LeftOut("part of the time, by which one can group anyway");
    }
    let most = match words::is_key(&column.name) || column.is_text {
        true => MAX_MEMBERS,
        false => MAX_STEPS,
    };
    match &column.kind {
        Kind::Time(_) => Role::LeftOut("another time"),
        Kind::Other => Role::LeftOut("of a type that is not grouped by"),
        Kind::Fraction if !words::is_summed(&column.name) => {
            Role::LeftOut("a number whose sum says nothing")
        }
        Kind::Fraction => Role::Amount,
        Kind::Whole if words::is_amount(&column.name) => Role::Amount,
        Kind::Whole if is_step(column, table) => Role::Member,
        Kind::Whole if words::is_key(&column.name) && column.n_different() <= most => Role::Member,
        Kind::Whole if words::is_key(&column.name) => {
            Role::LeftOut("a key with too many values to group by")
        }
        Kind::Whole if words::is_number_of(&column.name, &table.name) => {
            Role::LeftOut("a number of each event, or of several")
        }
        Kind::Whole if words::is_summed(&column.name) => Role::Amount,
        Kind::Whole => Role::LeftOut("a number whose sum says nothing"),
        Kind::List | Kind::Parts(_) if column.elements.len() <= MAX_MEMBERS => Role::Member,
        Kind::Text | Kind::Switch if column.n_different() <= most.min(table.n_rows.div_ceil(2)) => {
            Role::Member
        }
        _ => Role::LeftOut("too many values to group by"),
    }
}
