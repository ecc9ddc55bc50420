//! What runs on this machine have done and are doing, in a small database: so that a killed run is resumed where it
//! stopped, and what it left behind is cleaned up.
//!
//! ```text
//! STATE/journal.sqlite    runs    one row a run, its end and outcome
//!                         steps   one row a step: when, how many rows, how many attempts, what error
//!                         files   every file that a run writes, noted before its first byte
//!                         sweeps  the days that were rolled up and written completely, with their inputs
//! STATE/running/RUN.lock  locked as long as the run's process lives
//! ```
//!
//! A run that ends takes its files and sweeps out of the journal. Whatever remains belongs to a live run, recognised by
//! its lock, or to one that was killed: the next run takes that over. The lake never depends on the journal: without it
//! a run starts from the beginning.

mod leftovers;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clio_lake::JournalError;
use clio_proto::{RunId, RunOutcome};
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};
use url::Url;

pub(crate) use leftovers::{Leftovers, StagedDay, StagedSweep};

use crate::clock::Clock;
use crate::error::{EtlError, StateError};

/// How long a write waits for that of another process; each takes less than a millisecond.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a run waits before checking again whether another one has enabled the write-ahead log, which takes about as
/// long.
const BUSY_PAUSE: Duration = Duration::from_millis(2);
/// How many runs the journal remembers.
const N_RUNS_KEPT: u32 = 1_000;
/// The database's file in the state folder.
const DATABASE: &str = "journal.sqlite";
/// The version of the tables below.
const SCHEMA_VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, lake TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,
    outcome TEXT, error TEXT, base_version INTEGER, recorded INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS steps (
    run TEXT NOT NULL, number INTEGER NOT NULL, step TEXT NOT NULL, started_ms INTEGER NOT NULL,
    ended_ms INTEGER, n_rows INTEGER NOT NULL DEFAULT 0, n_attempts INTEGER NOT NULL DEFAULT 1,
    error TEXT, PRIMARY KEY (run, number));
CREATE TABLE IF NOT EXISTS files (
    run TEXT NOT NULL, folder TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (run, folder, path));
CREATE TABLE IF NOT EXISTS sweeps (
    run TEXT NOT NULL, sweep TEXT NOT NULL, made_of TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (run, sweep));
PRAGMA user_version = 1;
";

/// The journal of one run.
#[derive(Debug)]
pub(crate) struct Journal {
    connection: Mutex<Connection>,
    folder: PathBuf,
    run: RunId,
    lake: String,
    clock: Clock,
    /// Locked until the end of the process, or of the run.
    _lock: File,
}

/// A step that has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepNumber(i64);

impl Journal {
    /// Opens the journal in a folder, which is created if necessary, and notes the run's beginning.
    pub(crate) fn begin(
        folder: &Path,
        lake: &str,
        run: &RunId,
        clock: Clock,
    ) -> Result<Self, StateError> {
        let failed = |reason: String| StateError { folder: folder.to_owned(), reason };
        let running = folder.join("running");
        std::fs::create_dir_all(&running).map_err(|error| failed(error.to_string()))?;
        let lock = lock_path(folder, run);
        let lock = File::create(&lock).map_err(|error| failed(error.to_string()))?;
        lock.try_lock().map_err(|error| failed(format!("run {run} is running: {error}")))?;
        let connection = open(folder).map_err(|error| failed(error.to_string()))?;
        let journal = Self {
            connection: Mutex::new(connection),
            folder: folder.to_owned(),
            run: run.clone(),
            lake: lake.to_owned(),
            clock,
            _lock: lock,
        };
        journal.write(|connection| {
            connection.execute(
                "INSERT INTO runs (run, lake, started_ms) VALUES (?1, ?2, ?3)",
                params![run.as_str(), lake, clock.millis()],
            )?;
            connection.execute(
                "DELETE FROM steps WHERE run NOT IN \
                 (SELECT run FROM runs ORDER BY started_ms DESC LIMIT ?1)",
                [N_RUNS_KEPT],
            )?;
            connection.execute(
                "DELETE FROM runs WHERE ended_ms IS NOT NULL AND run NOT IN \
                 (SELECT run FROM runs ORDER BY started_ms DESC LIMIT ?1) \
                 AND run NOT IN (SELECT run FROM files)",
                [N_RUNS_KEPT],
            )
        })?;
        Ok(journal)
    }

    /// Notes the version that the run found; its own commit can only come after it.
    pub(crate) fn found_version(&self, version: Option<u64>) -> Result<(), StateError> {
        let version = version.and_then(|version| i64::try_from(version).ok());
        self.write(|connection| {
            connection.execute(
                "UPDATE runs SET base_version = ?2 WHERE run = ?1",
                params![self.run.as_str(), version],
            )
        })
        .map(drop)
    }

    /// Notes that a step begins.
    pub(crate) fn begin_step(&self, step: &str) -> Result<StepNumber, StateError> {
        self.write(|connection| {
            connection.query_row(
                "INSERT INTO steps (run, number, step, started_ms) \
                 SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2, ?3 FROM steps WHERE run = ?1 \
                 RETURNING number",
                params![self.run.as_str(), step, self.clock.millis()],
                |row| row.get(0).map(StepNumber),
            )
        })
    }

    /// Notes that a step is retried, and why.
    pub(crate) fn retry_step(&self, step: StepNumber, error: &EtlError) -> Result<(), StateError> {
        self.write(|connection| {
            connection.execute(
                "UPDATE steps SET n_attempts = n_attempts + 1, error = ?3 \
                 WHERE run = ?1 AND number = ?2",
                params![self.run.as_str(), step.0, error.to_string()],
            )
        })
        .map(drop)
    }

    /// Notes that a step is done, and how many rows it read or produced.
    pub(crate) fn end_step(&self, step: StepNumber, n_rows: u64) -> Result<(), StateError> {
        let n_rows = i64::try_from(n_rows).unwrap_or(i64::MAX);
        self.write(|connection| {
            connection.execute(
                "UPDATE steps SET ended_ms = ?3, n_rows = ?4 WHERE run = ?1 AND number = ?2",
                params![self.run.as_str(), step.0, self.clock.millis(), n_rows],
            )
        })
        .map(drop)
    }

    /// Notes a file before it is written.
    pub(crate) fn intend(&self, folder: &str, path: &str) -> Result<(), StateError> {
        self.write(|connection| {
            connection.execute(
                "INSERT OR REPLACE INTO files (run, folder, path) VALUES (?1, ?2, ?3)",
                [self.run.as_str(), folder, path],
            )
        })
        .map(drop)
    }

    /// Forgets a file that a commit names or that has been deleted.
    pub(crate) fn forget(&self, folder: &str, path: &str) -> Result<(), StateError> {
        self.write(|connection| {
            connection.execute(
                "DELETE FROM files WHERE run = ?1 AND folder = ?2 AND path = ?3",
                [self.run.as_str(), folder, path],
            )
        })
        .map(drop)
    }

    /// Notes the run's end. Its files and sweeps are kept only if a later run may take them over.
    pub(crate) fn end(
        &self,
        outcome: RunOutcome,
        error: Option<&EtlError>,
        keeps_sweeps: bool,
    ) -> Result<(), StateError> {
        self.write(|connection| {
            let run = self.run.as_str();
            connection.execute(
                "UPDATE steps SET error = ?2 WHERE run = ?1 AND ended_ms IS NULL",
                params![run, error.map(ToString::to_string)],
            )?;
            if !keeps_sweeps {
                connection.execute("DELETE FROM sweeps WHERE run = ?1", [run])?;
            }
            connection.execute(
                "UPDATE runs SET ended_ms = ?2, outcome = ?3, error = ?4, recorded = 1 WHERE run = ?1",
                params![run, self.clock.millis(), outcome.as_str(), error.map(ToString::to_string)],
            )
        })?;
        let lock = lock_path(&self.folder, &self.run);
        std::fs::remove_file(&lock).map_err(|error| self.failed(&error))
    }

    /// Notes that the lake has a record of how another run ended.
    pub(crate) fn recorded(&self, run: &str) -> Result<(), StateError> {
        self.write(|connection| {
            connection.execute("UPDATE runs SET recorded = 1 WHERE run = ?1", [run])
        })
        .map(drop)
    }

    /// Deletes a journal inside the lake's own folder: nothing was ever committed there, and no other run uses it. The
    /// failure has been reported.
    pub(crate) fn remove_if_unused(&self, lake: &Url) {
        let is_below = lake.to_file_path().is_ok_and(|lake| self.folder.starts_with(lake));
        let others = self.write(|connection| {
            connection.query_row(
                "SELECT COUNT(*) FROM runs WHERE ended_ms IS NULL OR run IN (SELECT run FROM files)",
                [],
                |row| row.get::<_, i64>(0),
            )
        });
        let is_unused = is_below && matches!(others, Ok(0));
        if !is_unused || std::fs::remove_dir(self.folder.join("running")).is_err() {
            return;
        }
        for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
            // The files beside the database exist only as long as they are needed.
            let _ = std::fs::remove_file(self.folder.join(name));
        }
        let _ = std::fs::remove_dir(&self.folder);
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        let mut connection = self.lock();
        let written = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let value = change(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
        written.map_err(|error| self.failed(&error))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A transaction left open by a panic was rolled back when it was dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &dyn std::error::Error) -> StateError {
        StateError { folder: self.folder.clone(), reason: error.to_string() }
    }
}

/// The files that runs of a lake are writing, or that dead runs have left for the next run, by folder below the lake;
/// none if there is no journal.
///
/// # Errors
///
/// [`StateError`] where the journal cannot be read.
pub fn files_of_runs(
    state: &Path,
    lake: &Url,
) -> Result<BTreeMap<String, BTreeSet<String>>, StateError> {
    let failed = |reason: String| StateError { folder: state.to_owned(), reason };
    let there = state.join(DATABASE).try_exists().map_err(|error| failed(error.to_string()))?;
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if !there {
        return Ok(files);
    }
    let mut read = || {
        let connection = open(state)?;
        let mut statement = connection.prepare(
            "SELECT folder, path FROM files WHERE run IN (SELECT run FROM runs WHERE lake = ?1)",
        )?;
        let rows = statement.query_map([lake.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            let (folder, path): (String, String) = row?;
            files.entry(folder).or_default().insert(path);
        }
        Ok::<_, rusqlite::Error>(())
    };
    read().map_err(|error| failed(error.to_string()))?;
    Ok(files)
}

impl clio_lake::Journal for Journal {
    fn intend(&self, folder: &str, path: &str) -> Result<(), JournalError> {
        Ok(Self::intend(self, folder, path)?)
    }

    fn forget(&self, folder: &str, path: &str) -> Result<(), JournalError> {
        Ok(Self::forget(self, folder, path)?)
    }
}

fn lock_path(folder: &Path, run: &RunId) -> PathBuf {
    folder.join("running").join(format!("{}.lock", clio_lake::plain(run.as_str())))
}

/// Enables the write-ahead log, which only the first run on a journal does: SQLite reports the database as locked to
/// the others, without waiting for [`BUSY_TIMEOUT`] as it does for writes.
fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && began.elapsed() < BUSY_TIMEOUT =>
            {
                std::thread::sleep(BUSY_PAUSE);
            }
            turned => return turned,
        }
    }
}

/// Opens the database, and creates its tables.
fn open(folder: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(folder.join(DATABASE))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Commits need not reach the disk: what a crash of the machine loses is done again.
    use_write_ahead_log(&connection)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 || version == SCHEMA_VERSION {
        transaction.execute_batch(SCHEMA)?;
    } else {
        let reason =
            format!("the journal is of version {version}, this program's of {SCHEMA_VERSION}");
        return Err(rusqlite::Error::ToSqlConversionFailure(reason.into()));
    }
    transaction.commit()?;
    Ok(connection)
}

/// Whether the process of a run is alive, according to its lock.
fn is_alive(folder: &Path, run: &str) -> bool {
    match File::open(lock_path(folder, &RunId::new(run))) {
        Ok(lock) => lock.try_lock().is_err(),
        Err(_) => false,
    }
}
