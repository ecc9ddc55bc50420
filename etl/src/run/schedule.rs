//! When runs begin by themselves: at times, when input arrives, and for what was missed.
//!
//! ```text
//! a time of the cron expression ──┐
//! a time missed while stopped ────┤
//! files that differ, and settle ──┼──▶ one Trigger after another; whoever asks runs, then asks again
//! a storage that failed a run ────┘
//! ```
//!
//! Whoever waits for the next trigger runs one run at a time, and two schedules of one lake exclude each
//! other by a lock in the state folder. A schedule waits and decides; it neither runs nor reads a clock.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use clio_lake::Digest;
use croner::Cron;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{Config, Days};
use crate::engine;
use crate::error::{EtlError, ScheduleError, StateError};
use crate::input::inventory::Inventory;
use crate::journal::Journal;
use crate::run::plan::plan;

/// The longest sleep: a machine that was suspended, or whose clock was set, is found out by then.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// How long after a run that the storage failed, for all its attempts, another one begins.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// The times of a cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Times {
    cron: Box<Cron>,
    zone: TimeZone,
}

impl Times {
    /// Reads a cron expression of five fields (minute, hour, day of month, month, day of week), or of six
    /// with seconds in front.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`] for a text that is no such expression, or that no time ever matches.
    pub fn try_new(text: &str, zone: TimeZone) -> Result<Self, ScheduleError> {
        let refused = |reason: String| ScheduleError { text: text.to_owned(), reason };
        let cron: Cron = text.parse().map_err(|error| {
            refused(format!("{error}; give five fields, as in `30 4 * * *` for half past four"))
        })?;
        let times = Self { cron: Box::new(cron), zone };
        match times.after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(times),
            None => Err(refused("no time ever matches it".to_owned())),
        }
    }

    /// The first time after another one. A time that the change to summer leaves out comes right after the
    /// gap, one that the change to winter repeats comes once.
    pub fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let zoned = time.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&zoned, false).ok()?;
        Some(next.timestamp())
    }
}

/// How new input is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// How often the sources are listed. Files that came must be the same in two listings before a run
    /// begins, so that none is read that is still being written.
    pub poll: Duration,
}

/// Why a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Its time has come.
    Time(Timestamp),
    /// Its time came while no schedule ran; one run makes up for all times that were missed.
    Missed(Timestamp),
    /// Input arrived or changed.
    Arrival,
    /// The storage failed the run before.
    Again,
}

/// Decides when the next run begins.
#[derive(Debug)]
pub struct Schedule {
    times: Option<Times>,
    arrival: Option<Arrival>,
    /// Times up to here are over.
    considered: Timestamp,
    /// The lake may have missed times before the schedule was opened.
    missed: Option<Timestamp>,
    /// What the listing was that the last run was started with.
    run_with: Option<Digest>,
    /// What the listing was at the last look, where it differed.
    seen: Option<Digest>,
    again_at: Option<Timestamp>,
    /// Held as long as the schedule is.
    _lock: File,
}

impl Schedule {
    /// Opens the schedule of a lake; the run's settings say which, and where its journal is.
    ///
    /// # Errors
    ///
    /// [`StateError`] where another schedule of the lake is open, or the folder cannot be used.
    pub fn open(
        config: &Config,
        state: &Path,
        times: Option<Times>,
        arrival: Option<Arrival>,
        now: Timestamp,
    ) -> Result<Self, StateError> {
        let failed = |reason: String| StateError { folder: state.to_owned(), reason };
        std::fs::create_dir_all(state).map_err(|error| failed(error.to_string()))?;
        let name = format!("schedule-{}.lock", Digest::of(config.lake.as_str()));
        let lock = File::create(state.join(name)).map_err(|error| failed(error.to_string()))?;
        lock.try_lock().map_err(|error| {
            failed(format!("another schedule of this lake is running: {error}"))
        })?;
        let last = Journal::last_success_millis(state, config.lake.as_str())?;
        let last = last.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let missed = times.as_ref().zip(last).and_then(|(times, last)| times.after(last));
        Ok(Self {
            times,
            arrival,
            considered: now,
            missed: missed.filter(|missed| *missed <= now),
            run_with: None,
            seen: None,
            again_at: None,
            _lock: lock,
        })
    }

    /// Waits until the next run should begin. May be dropped and called again.
    ///
    /// A source that cannot be listed is no reason to stop: it is looked at again.
    pub async fn next(&mut self, config: &Config, now: &(dyn Fn() -> Timestamp + Sync)) -> Trigger {
        if let Some(missed) = self.missed.take() {
            return Trigger::Missed(missed);
        }
        loop {
            let time = now();
            if let Some(trigger) = self.due(time) {
                return trigger;
            }
            if self.arrival.is_some() && self.has_arrived(config).await {
                return Trigger::Arrival;
            }
            tokio::time::sleep(self.wait(time)).await;
        }
    }

    /// Notes how a run ended. One that failed with a transient error begins again in a while.
    pub fn ended(&mut self, error: Option<&EtlError>, now: Timestamp) {
        let is_again = error.is_some_and(EtlError::is_transient);
        self.again_at = is_again.then(|| now.checked_add(RETRY_AFTER).unwrap_or(now));
    }

    /// A time that has come. Of several that came during a run, one run makes up for all.
    fn due(&mut self, now: Timestamp) -> Option<Trigger> {
        if self.again_at.is_some_and(|at| at <= now) {
            self.again_at = None;
            return Some(Trigger::Again);
        }
        let next = self.times.as_ref()?.after(self.considered)?;
        if next > now {
            return None;
        }
        self.considered = now;
        Some(Trigger::Time(next))
    }

    fn wait(&self, now: Timestamp) -> Duration {
        let next = self.times.as_ref().and_then(|times| times.after(self.considered));
        let until =
            |time: Timestamp| Duration::try_from(time.duration_since(now)).unwrap_or_default();
        let poll = self.arrival.map(|arrival| arrival.poll);
        let waits = [next.map(until), self.again_at.map(until), poll];
        waits.into_iter().flatten().min().unwrap_or(MAX_SLEEP).min(MAX_SLEEP)
    }

    /// Whether files differ from those that the last run was started with, and are the same as at the
    /// last look.
    async fn has_arrived(&mut self, config: &Config) -> bool {
        let listed = match digest(config).await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, "the sources cannot be listed, they are looked at again");
                return false;
            }
        };
        if self.run_with == Some(listed) {
            return false;
        }
        if self.seen != Some(listed) {
            self.seen = Some(listed);
            return false;
        }
        // The first look after a start: perhaps the lake holds all of it already.
        let is_needed = self.run_with.is_some()
            || plan(config, Days::OutOfDate).await.is_ok_and(|plan| !plan.is_empty());
        self.run_with = Some(listed);
        is_needed
    }
}

/// What all sources and lookups come to.
async fn digest(config: &Config) -> Result<Digest, EtlError> {
    let ctx = engine::session(1, None)?;
    let inventory = Inventory::list(&ctx, &config.model, &config.base, Days::All).await?;
    Ok(inventory.digest_of_all())
}

#[cfg(test)]
mod tests {
    use clio_proto::{Model, RunId, RunOutcome};
    use url::Url;

    use super::*;
    use crate::clock::Clock;

    fn times(text: &str, zone: &str) -> Times {
        Times::try_new(text, TimeZone::get(zone).unwrap()).unwrap()
    }

    fn after(times: &Times, time: &str) -> String {
        times.after(time.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let daily = times("30 4 * * *", "Europe/Berlin");
        assert_eq!(after(&daily, "2026-01-05T03:29:00Z"), "2026-01-05T03:30:00Z");
        assert_eq!(after(&daily, "2026-01-05T03:30:00Z"), "2026-01-06T03:30:00Z");
        assert_eq!(after(&daily, "2026-07-05T03:00:00Z"), "2026-07-06T02:30:00Z");
        // Half past two is left out on 29 March, and comes twice on 25 October.
        let night = times("30 2 * * *", "Europe/Berlin");
        assert_eq!(after(&night, "2026-03-28T12:00:00Z"), "2026-03-29T01:00:00Z");
        let first = after(&night, "2026-10-24T12:00:00Z");
        assert_eq!(first, "2026-10-25T00:30:00Z");
        assert_eq!(after(&night, &first), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "30 4 * *", "61 4 * * *", "every day", "0 0 30 2 *"] {
            let error = Times::try_new(text, TimeZone::UTC).unwrap_err().to_string();
            assert!(error.starts_with(&format!("the schedule `{text}`: ")), "{error}");
        }
    }

    fn config(folder: &Path) -> Config {
        let base = Url::from_directory_path(folder).unwrap();
        let model = "[dataset]\nname = \"a\"\n[source.events]\nurl = \"events/\"\nformat = \"csv\"\n\
                     time = \"at\"\n[dimension.country]\ncolumn = \"country\"\n\
                     [measure.events]\nsource = \"events\"\nkind = \"count\"\n";
        Config {
            lake: base.join("lake/").unwrap(),
            model: Model::parse("a.toml", model).unwrap(),
            base,
            run: RunId::new("run"),
            now: "2026-01-05T03:00:00Z".parse().unwrap(),
            n_threads: 1,
            memory_bytes: None,
            accept: None,
            state: None,
            retry: crate::Retry::default(),
        }
    }

    #[tokio::test]
    async fn missed_times_are_made_up_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let clock = Clock::new(config.now);
        let journal =
            Journal::begin(folder.path(), config.lake.as_str(), &config.run, clock).unwrap();
        journal.end(RunOutcome::Committed, None, false).unwrap();

        let now: Timestamp = "2026-01-08T12:00:00Z".parse().unwrap();
        let daily = Some(times("30 4 * * *", "UTC"));
        let mut schedule =
            Schedule::open(&config, folder.path(), daily.clone(), None, now).unwrap();
        let missed = "2026-01-05T04:30:00Z".parse().unwrap();
        assert_eq!(schedule.next(&config, &|| now).await, Trigger::Missed(missed));
        schedule.ended(None, now);
        // Three days later in one step: one run for all of them, then the next time.
        let later: Timestamp = "2026-01-11T12:00:00Z".parse().unwrap();
        let next = "2026-01-09T04:30:00Z".parse().unwrap();
        assert_eq!(schedule.next(&config, &|| later).await, Trigger::Time(next));
        assert_eq!(schedule.due(later), None);
        let other = Schedule::open(&config, folder.path(), daily, None, now).unwrap_err();
        assert!(other.to_string().contains("another schedule of this lake is running"), "{other}");
    }

    #[test]
    fn a_run_that_the_storage_failed_begins_again_and_one_of_bad_input_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let now = config.now;
        let mut schedule = Schedule::open(&config, folder.path(), None, None, now).unwrap();
        let error = |is_transient| {
            let (url, reason) = (String::new(), String::new());
            EtlError::Lake(clio_lake::LakeError::Storage { url, reason, is_transient })
        };
        schedule.ended(Some(&error(false)), now);
        assert_eq!(schedule.due(now + RETRY_AFTER), None);
        schedule.ended(Some(&error(true)), now);
        assert_eq!(schedule.due(now), None);
        assert_eq!(schedule.due(now + RETRY_AFTER), Some(Trigger::Again));
        assert_eq!(schedule.due(now + RETRY_AFTER), None);
    }

    #[tokio::test]
    async fn files_that_settle_begin_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let write = |name: &str| {
            let path = folder.path().join("events").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "at,country\n2026-01-05T10:00:00,US\n").unwrap();
        };
        write("a.csv");
        let arrival = Some(Arrival { poll: Duration::from_millis(1) });
        let now = config.now;
        let mut schedule = Schedule::open(&config, folder.path(), None, arrival, now).unwrap();
        assert_eq!(schedule.next(&config, &|| now).await, Trigger::Arrival);
        assert!(!schedule.has_arrived(&config).await, "nothing is new");
        write("b.csv");
        assert!(!schedule.has_arrived(&config).await, "it may still be written");
        write("c.csv");
        assert!(!schedule.has_arrived(&config).await, "another one came");
        assert!(schedule.has_arrived(&config).await);
        assert!(!schedule.has_arrived(&config).await, "a run has begun with it");
    }
}
