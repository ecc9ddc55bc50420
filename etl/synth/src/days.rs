//! Days of events into files, in bounded memory.
//!
//! ```text
//! people ──split into parts──▶ part 0: people 0..k   ──day by day──▶ dt=…/part-00000.parquet
//!                              part 1: people k..2k  ──day by day──▶ dt=…/part-00001.parquet
//! ```
//!
//! The number of parts follows from the daily rate, about five million rows per part. One part of
//! one day is held in memory and sorted by time, so rows are in order of time within a file and
//! people are mixed; plays after midnight are carried over to the next day. A task is a part and a
//! few days: unless it begins with the world's first day, it draws the previous day again for the
//! plays that reach past midnight.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use jiff::tz::TimeZone;

use super::SynthProgress;
use super::crew::{n_threads, share_out};
use super::error::SynthError;
use super::events::{Event, Play, PlayDay};
use super::files::EventTables;
use super::random::whole;
use super::summary::DayRows;
use super::world::World;

/// Twelve bytes per row in memory, some 15 in the file.
const PART_ROWS: f64 = 5_000_000.0;

/// A part of the people over some days.
struct Task {
    part: u32,
    people: Range<u32>,
    days: Range<u32>,
}

/// Writes the events of the days below `out`; returns the numbers of rows of each day.
pub(super) fn write_days(
    world: &World,
    days: Range<u32>,
    out: &Path,
    progress: &dyn SynthProgress,
) -> Result<Vec<DayRows>, SynthError> {
    for day in days.clone() {
        for source in ["impressions", "plays"] {
            let folder = out.join(source).join(day_folder(world, day));
            fs::create_dir_all(&folder).map_err(SynthError::io("create", &folder))?;
        }
    }
    let tables = EventTables::new(world);
    let rows: Vec<DayRows> =
        days.clone().map(|day| DayRows::new(&world.config.date(day).to_string())).collect();
    let rows = Mutex::new(rows);
    let tasks = plan(n_people(world), n_parts(world), &days, n_threads());
    share_out(&tasks, |task| {
        write_task(world, &tables, task, out, |day, written| {
            progress.advance(written.impressions + written.plays);
            rows.lock().expect("no holder panics")[(day - days.start) as usize].add(&written);
        })
    })?;
    Ok(rows.into_inner().expect("no holder panics"))
}

/// `dt=2026-01-31`
pub(super) fn day_folder(world: &World, day: u32) -> String {
    format!("dt={}", world.config.date(day))
}

/// The number of parts that each day is split into; determined by the rate alone, so that additional days have as many.
fn n_parts(world: &World) -> u32 {
    let n_parts = whole((world.impressions_per_day / PART_ROWS).ceil());
    u32::try_from(n_parts).unwrap_or(u32::MAX).clamp(1, n_people(world))
}

fn plan(n_people: u32, n_parts: u32, days: &Range<u32>, n_threads: usize) -> Vec<Task> {
    let n_days = days.end - days.start;
    // With many parts each thread has enough to do without splitting the days, which would repeat draws.
    let n_tasks_wanted = 4 * u32::try_from(n_threads).unwrap_or(1);
    let n_cuts = n_tasks_wanted.div_ceil(n_parts).min(n_days.div_ceil(2)).max(1);
    let days_a_task = n_days.div_ceil(n_cuts).max(1);
    let bound = |part: u32| {
        let people = u64::from(n_people) * u64::from(part) / u64::from(n_parts);
        u32::try_from(people).expect("at most the number of people")
    };
    let mut tasks = Vec::new();
    for start in days.clone().step_by(days_a_task as usize) {
        let days = start..(start + days_a_task).min(days.end);
        tasks.extend((0..n_parts).map(|part| Task {
            part,
            people: bound(part)..bound(part + 1),
            days: days.clone(),
        }));
    }
    tasks
}

/// The number of people as an index.
pub(super) fn n_people(world: &World) -> u32 {
    u32::try_from(world.config.n_people).expect("validated: fits 32 bits")
}

fn write_task(
    world: &World,
    tables: &EventTables,
    task: &Task,
    out: &Path,
    mut done: impl FnMut(u32, DayRows),
) -> Result<(), SynthError> {
    let mut rows = Rows::default();
    if let Some(before) = task.days.start.checked_sub(1) {
        rows.draw(world, &task.people, before);
    }
    for day in task.days.clone() {
        rows.begin_day();
        rows.draw(world, &task.people, day);
        rows.impressions.sort_unstable();
        rows.plays.sort_unstable();
        let start_us = day_start_us(world, day);
        let file = format!("{}/part-{:05}.parquet", day_folder(world, day), task.part);
        if !rows.impressions.is_empty() {
            let path = out.join("impressions").join(&file);
            tables.write_impressions(&path, start_us, &rows.impressions)?;
        }
        if !rows.plays.is_empty() {
            tables.write_plays(&out.join("plays").join(&file), start_us, &rows.plays)?;
        }
        let n_qualified = rows.plays.iter().filter(|play| play.is_qualified()).count();
        done(
            day,
            DayRows {
                day: String::new(),
                impressions: rows.impressions.len() as u64,
                plays: rows.plays.len() as u64,
                qualified_plays: n_qualified as u64,
            },
        );
    }
    Ok(())
}

fn day_start_us(world: &World, day: u32) -> i64 {
    let start = world.config.date(day).to_zoned(TimeZone::UTC);
    start.expect("validated: between 1970 and 9010").timestamp().as_microsecond()
}

/// A part's rows of one day, and its plays of the next one.
#[derive(Default)]
struct Rows {
    impressions: Vec<Event>,
    plays: Vec<Play>,
    next_plays: Vec<Play>,
}

impl Rows {
    fn draw(&mut self, world: &World, people: &Range<u32>, day: u32) {
        let weekday = world.config.weekday(day);
        for profile in people.clone() {
            world.visit_day(profile, day, weekday, |seen, play| {
                self.impressions.push(seen);
                match play {
                    None => {}
                    Some((PlayDay::Same, play)) => self.plays.push(play),
                    Some((PlayDay::Next, play)) => self.next_plays.push(play),
                }
            });
        }
    }

    /// Drops the previous day, except its plays after midnight.
    fn begin_day(&mut self) {
        self.impressions.clear();
        self.plays.clear();
        self.plays.append(&mut self.next_plays);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_every_person_and_day_once() {
        for (n_people, n_parts, days, n_threads) in
            [(10, 1, 0..1, 2), (10, 3, 0..7, 2), (7, 7, 3..10, 4), (1_000, 40, 0..30, 4)]
        {
            let mut n_seen = std::collections::BTreeMap::new();
            for task in plan(n_people, n_parts, &days, n_threads) {
                assert!(task.part < n_parts && !task.people.is_empty());
                for day in task.days {
                    for person in task.people.clone() {
                        *n_seen.entry((day, person)).or_insert(0) += 1;
                    }
                }
            }
            let n_expected = n_people as usize * days.len();
            assert_eq!(n_seen.len(), n_expected);
            assert!(n_seen.values().all(|n| *n == 1));
        }
    }
}
