//! When runs begin by themselves: at times, when input arrives, and to make up for missed times.
//!
//! ```text
//! a time of the cron expression ──┐
//! a time missed while stopped ────┤
//! files that differ, and settle ──┼──▶ one Trigger after another; the caller runs, then asks again
//! a storage that failed a run ────┘
//! ```
//!
//! Whoever waits for triggers performs one run at a time, and two schedules of one lake exclude each other
//! by a lock in the state folder. A schedule waits and decides; it neither runs nor reads a clock.

#[cfg(test)]
mod tests;

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
use crate::run::journal::Journal;
use crate::run::plan::plan;

/// The longest sleep, after which a suspended machine or a changed clock is noticed.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// How long after a run that failed with a transient error, despite its retries, another one begins.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// The times of a cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Times {
    cron: Box<Cron>,
    zone: TimeZone,
}

impl Times {
    /// Parses a cron expression of five fields (minute, hour, day of month, month, day of week), or of six
    /// with seconds in front.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`] for text that is not such an expression, or that no time ever matches.
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

    /// The first matching time after another one. A time that is skipped when clocks go forward comes
    /// right after the gap; one that is repeated when they go back comes once.
    pub fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let zoned = time.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&zoned, false).ok()?;
        Some(next.timestamp())
    }
}

/// How new input is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// How often the sources are listed. New files must be the same in two listings before a run begins,
    /// so that none is read while it is being written.
    pub poll: Duration,
}

/// Why a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Its time has come.
    Time(Timestamp),
    /// Its time came while no schedule was running; one run makes up for all missed times.
    Missed(Timestamp),
    /// Input arrived or changed.
    Arrival,
    /// The previous run failed with a transient error.
    Again,
}

/// Decides when the next run begins.
#[derive(Debug)]
pub struct Schedule {
    times: Option<Times>,
    arrival: Option<Arrival>,
    /// Times up to here have been handled.
    considered: Timestamp,
    /// Set if times may have been missed before the schedule was opened.
    missed: Option<Timestamp>,
    /// The digest of the listing with which the last run was started.
    run_with: Option<Digest>,
    /// The digest of the last listing, if it differed.
    seen: Option<Digest>,
    again_at: Option<Timestamp>,
    /// Locked as long as the schedule exists.
    _lock: File,
}

impl Schedule {
    /// Opens the schedule of a lake; the run's settings give the lake and the folder of its journal.
    ///
    /// # Errors
    ///
    /// [`StateError`] where another schedule of the lake is open, or the folder is unusable.
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

    /// Waits until the next run should begin. Cancel safe: may be dropped and called again.
    ///
    /// A source that cannot be listed does not stop the schedule: it is listed again later.
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

    /// Notes how a run ended. After a transient error it is due again after a while.
    pub fn ended(&mut self, error: Option<&EtlError>, now: Timestamp) {
        let is_again = error.is_some_and(EtlError::is_transient);
        self.again_at = is_again.then(|| now.checked_add(RETRY_AFTER).unwrap_or(now));
    }

    /// A time that has come. If several came during a run, one run makes up for all.
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

    /// Whether files differ from those with which the last run was started, and are the same as in the
    /// last listing.
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
        // The first listing after a start: the lake may already hold all of it.
        let is_needed = self.run_with.is_some()
            || plan(config, Days::OutOfDate).await.is_ok_and(|plan| !plan.is_empty());
        self.run_with = Some(listed);
        is_needed
    }
}

/// The digest of all sources and lookups.
async fn digest(config: &Config) -> Result<Digest, EtlError> {
    let ctx = engine::session(1, None)?;
    let inventory = Inventory::list(&ctx, &config.model, &config.base, Days::All).await?;
    Ok(inventory.digest_of_all())
}
