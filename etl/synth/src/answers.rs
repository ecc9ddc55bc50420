//! Exact answers beside the events: `truth/answers.ndjson`.
//!
//! Files are drawn day by day, answers person by person over all days; both draw the same events, since each
//! person's day has its own random stream. So a distinct count needs one counter per group and no set of people,
//! and memory does not grow with the number of events.
//!
//! ```text
//! person 0: days 0..n ─┐
//! person 1: days 0..n ─┼─▶ filter ─▶ groups ─▶ counters   one set per thread, added up at the end
//! person 2: days 0..n ─┘
//! ```
//!
//! What the numbers mean, where one could count differently:
//! - A play counts for the last impression of its title that the person saw within a day before it, on that
//!   impression's day and under its asset, country and device. Plays below 120 seconds count only for the share of
//!   those below 30.
//! - A field is treated as a set of values, empty if it is null: `none_of` holds for null.
//! - Grouping by a multi-valued field gives one row for each value and none for the empty set; if the filter asks
//!   for values of that field, only these have rows.
//! - A group without an impression and without a qualified play has no row.

mod credit;
mod fields;
mod filter;
mod questions;
mod tally;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;

use self::credit::{History, Seen};
use self::fields::{Fact, Members};
use self::filter::{Compiled, Filter};
use self::questions::{Topic, topics};
use self::tally::{Counted, Counter, GroupTally, Span};
use super::SynthProgress;
use super::crew::{fold_chunks, n_threads};
use super::days::n_people;
use super::error::SynthError;
use super::events::{Event, PlayDay};
use super::people::N_PERSONAS;
use super::places::DEVICES;
use super::summary::Totals;
use super::world::World;

/// People that a thread takes at a time.
const CHUNK_PEOPLE: u32 = 4_096;

/// What one thread has counted.
struct State {
    topics: Vec<Topic>,
    /// One bit for each possible cell of all time.
    cells: Vec<u64>,
}

/// What all threads read.
struct Context<'a> {
    world: &'a World,
    members: &'a Members,
    filters: Vec<Option<Compiled>>,
    weekdays: Vec<usize>,
    n_countries: u8,
}

/// Counts the exact answers over the first `n_days` days and writes them, one JSON object per line.
pub(super) fn write_answers(
    world: &World,
    n_days: u32,
    path: &Path,
    progress: &dyn SynthProgress,
) -> Result<Totals, SynthError> {
    let members = Members::new(world, n_days);
    let topics = topics(world, &members);
    let compile = |topic: &Topic| topic.filter.as_ref().map(|filter| filter.compile(&members));
    let context = Context {
        world,
        members: &members,
        filters: topics.iter().map(compile).collect(),
        weekdays: (0..n_days).map(|day| world.config.weekday(day)).collect(),
        n_countries: u8::try_from(world.places.len()).expect("validated: at most 40"),
    };
    let n_cells =
        world.catalogue.assets.len() * (world.places.len() + 1) * DEVICES.len() * N_PERSONAS;
    let states = (0..n_threads())
        .map(|_| State { topics: topics.clone(), cells: vec![0; n_cells.div_ceil(64)] })
        .collect();
    let states = fold_chunks(n_people(world), CHUNK_PEOPLE, states, |state, people| {
        progress.advance(u64::from(people.end - people.start));
        context.count(state, people);
    });
    let merge = |mut sum: State, state: State| {
        sum.merge(&state);
        sum
    };
    let state = states.into_iter().reduce(merge).expect("at least one thread");
    let mut totals = state.totals();
    write(world, &members, &state.topics, path, &mut totals)?;
    Ok(totals)
}

impl Context<'_> {
    fn count(&self, state: &mut State, people: Range<u32>) {
        let mut history = History::default();
        let mut plays = Vec::new();
        for profile in people {
            let persona = self.world.profile(profile).persona;
            for (day, weekday) in (0_u32..).zip(&self.weekdays) {
                self.world.visit_day(profile, day, *weekday, |event, play| {
                    self.add(state, &event, persona, day, Counted::Impression);
                    history.add(self.world, Seen { day, event });
                    if let Some((play_day, play)) = play {
                        plays.push((if play_day == PlayDay::Next { day + 1 } else { day }, play));
                    }
                });
            }
            history.sort();
            for (day, play) in plays.drain(..) {
                // A play after midnight of the last day is in no file.
                let is_written = (day as usize) < self.weekdays.len();
                let seen = history.last_before(self.world, Seen { day, event: play.event });
                if let Some(seen) = seen.filter(|_| is_written) {
                    let (watch_seconds, is_qualified) = (play.watch_seconds, play.is_qualified());
                    let counted = Counted::Play { watch_seconds, is_qualified };
                    self.add(state, &seen.event, persona, seen.day, counted);
                }
            }
            history.clear();
        }
    }

    fn add(&self, state: &mut State, event: &Event, persona: u8, day: u32, counted: Counted) {
        let fact = Fact::new(event, persona, day, self.n_countries);
        for (topic, filter) in state.topics.iter_mut().zip(&self.filters) {
            if filter.as_ref().is_none_or(|filter| filter.holds(&fact)) {
                for tally in &mut topic.tallies {
                    tally.add(self.members, &fact, event.profile, counted);
                }
            }
        }
        let place = usize::from(fact.asset) * (usize::from(self.n_countries) + 1)
            + usize::from(fact.country);
        let cell = (place * DEVICES.len() + usize::from(fact.device)) * N_PERSONAS
            + usize::from(fact.persona);
        state.cells[cell / 64] |= 1 << (cell % 64);
    }
}

impl State {
    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.topics.iter_mut().zip(&other.topics) {
            for (mine, theirs) in mine.tallies.iter_mut().zip(&theirs.tallies) {
                mine.merge(theirs);
            }
        }
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            *mine |= theirs;
        }
    }

    fn totals(&self) -> Totals {
        let total = &self.topics[0].tallies[0].totals[0];
        Totals {
            viewers: total.viewers,
            players: total.players,
            watch_seconds: total.watch_seconds,
            all_time_cells: self.cells.iter().map(|word| u64::from(word.count_ones())).sum(),
            n_answers: 0,
            n_answer_rows: 0,
        }
    }
}

/// The names of the measures, in the order of [`Values`].
const MEASURES: [&str; 6] =
    ["impressions", "viewers", "plays", "players", "watch_seconds", "abandonment"];

#[derive(Serialize)]
struct Answer<'a> {
    id: String,
    query: Query<'a>,
    rows: Vec<Row<'a>>,
    total: Values,
}

#[derive(Serialize)]
struct Query<'a> {
    from: Option<&'a str>,
    to: Option<&'a str>,
    group_by: Vec<&'static str>,
    #[serde(rename = "where")]
    filter: Option<&'a Filter>,
    measures: [&'static str; 6],
}

#[derive(Serialize)]
struct Row<'a> {
    keys: Vec<Option<&'a str>>,
    values: Values,
}

#[derive(Serialize)]
struct Values {
    impressions: u64,
    viewers: u64,
    plays: u64,
    players: u64,
    watch_seconds: u64,
    /// A share, as the number of plays that were abandoned at once and of all plays: a decimal would be rounded.
    abandonment: [u64; 2],
}

impl From<&Counter> for Values {
    fn from(counter: &Counter) -> Self {
        Self {
            impressions: counter.impressions,
            viewers: counter.viewers,
            plays: counter.plays,
            players: counter.players,
            watch_seconds: counter.watch_seconds,
            abandonment: [counter.abandoned, counter.starts],
        }
    }
}

fn write(
    world: &World,
    members: &Members,
    topics: &[Topic],
    path: &Path,
    totals: &mut Totals,
) -> Result<(), SynthError> {
    let mut file = BufWriter::new(File::create(path).map_err(SynthError::io("create", path))?);
    let last_day = members.n(fields::Field::Day) - 1;
    // Spans of one topic have some periods in common, and so some questions.
    let mut ids = BTreeSet::new();
    for topic in topics {
        for tally in &topic.tallies {
            for (period, from, to) in periods(world, tally.span, last_day) {
                let total = &tally.totals[period];
                let grouped = tally.groups.iter().map(Some);
                for groups in std::iter::once(None).chain(grouped) {
                    let rows = groups.map_or_else(Vec::new, |groups| rows(members, groups, period));
                    let n_rows = rows.len() as u64;
                    let answer = answer(topic, groups, (&from, &to), rows, total);
                    if !ids.insert(answer.id.clone()) {
                        continue;
                    }
                    totals.n_answers += 1;
                    totals.n_answer_rows += n_rows;
                    serde_json::to_writer(&mut file, &answer)
                        .map_err(|source| SynthError::Json { path: path.to_owned(), source })?;
                    file.write_all(b"\n").map_err(SynthError::io("write", path))?;
                }
            }
        }
    }
    file.flush().map_err(SynthError::io("write", path))
}

/// A tally's periods: their index in it, and the days that a query would name.
fn periods(
    world: &World,
    span: Span,
    last_day: usize,
) -> Vec<(usize, Option<String>, Option<String>)> {
    let date = |day: u32| Some(world.config.date(day).to_string());
    let last_day = u32::try_from(last_day).expect("validated: at most 3,660 days");
    let whole = [(0, None, None), (0, date(0), date(last_day))];
    match span {
        Span::AllTime => whole.into(),
        Span::AllTimeAndDays(n_days) => {
            let days = (0..n_days).map(|day| (1 + day as usize, date(day), date(day)));
            whole.into_iter().chain(days).collect()
        }
        Span::Days(from, to) => vec![(0, date(from), date(to))],
    }
}

fn rows<'a>(members: &'a Members, groups: &GroupTally, period: usize) -> Vec<Row<'a>> {
    let fields = &groups.grouping.fields;
    let keys = |group: usize| match **fields {
        [first, second] => {
            let n = members.n(second);
            vec![members.name(first, group / n), members.name(second, group % n)]
        }
        _ => fields.iter().map(|field| members.name(*field, group)).collect(),
    };
    let mut rows: Vec<Row<'a>> = groups
        .period(period)
        .iter()
        .enumerate()
        .filter(|(_, counter)| !counter.is_empty())
        .map(|(group, counter)| Row { keys: keys(group), values: counter.into() })
        .collect();
    rows.sort_by(|a, b| a.keys.cmp(&b.keys));
    rows
}

fn answer<'a>(
    topic: &'a Topic,
    groups: Option<&GroupTally>,
    (from, to): (&'a Option<String>, &'a Option<String>),
    rows: Vec<Row<'a>>,
    total: &Counter,
) -> Answer<'a> {
    let fields = groups.map_or(&[][..], |groups| &groups.grouping.fields);
    let group_by: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    let span = match (from, to) {
        (Some(from), Some(to)) => format!("{from}..{to}"),
        _ => "all-time".to_owned(),
    };
    let grouped = if group_by.is_empty() { "total".to_owned() } else { group_by.join("+") };
    let (from, to) = (from.as_deref(), to.as_deref());
    Answer {
        id: format!("{}/{grouped}/{span}", topic.name),
        query: Query { from, to, group_by, filter: topic.filter.as_ref(), measures: MEASURES },
        rows,
        total: total.into(),
    }
}
