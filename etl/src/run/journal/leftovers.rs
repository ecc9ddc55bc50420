//! What a run that was killed, or failed with a transient error, leaves to the next one.

use std::collections::BTreeMap;

use clio_lake::StepRecord;
use clio_proto::{RunId, RunOutcome};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Journal, is_alive, lock_path};
use crate::error::StateError;
use crate::input::quarantine::RowKey;

/// A finished sweep: all of its days were written, each to a file that no commit names yet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct StagedSweep {
    /// The days, in order.
    pub(crate) days: Vec<StagedDay>,
    /// Events counted on each day, by source.
    pub(crate) rows_in: BTreeMap<String, BTreeMap<Date, u64>>,
    /// Events that happened on another day, by source.
    pub(crate) rows_out_of_day: BTreeMap<String, u64>,
    /// Bad rows that were written with it.
    pub(crate) quarantined: Vec<RowKey>,
}

/// One day's cells as a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct StagedDay {
    pub(crate) day: Date,
    /// The path below the table of cells; the lake's own file if its bytes are the same.
    pub(crate) path: String,
    pub(crate) size_bytes: u64,
    pub(crate) n_rows: u64,
    /// The [`Checksum`](clio_lake::Checksum) of the file's bytes.
    pub(crate) checksum: String,
}

/// What a dead run left behind.
#[derive(Debug)]
pub(crate) struct Leftovers {
    pub(crate) run: String,
    pub(crate) started_ms: i64,
    /// The version that it found; `None` if the lake did not exist.
    pub(crate) base_version: Option<u64>,
    /// Whether it was killed, so that the lake has no record of its end yet.
    pub(crate) needs_record: bool,
    /// Its files, by the folder below the lake.
    pub(crate) files: BTreeMap<String, Vec<String>>,
    /// Its finished sweeps by name, each with its inputs.
    pub(crate) sweeps: BTreeMap<String, (String, StagedSweep)>,
}

impl Journal {
    /// Takes over what dead runs of the same lake left; no two runs get the same.
    pub(crate) fn take_over(&self) -> Result<Vec<Leftovers>, StateError> {
        let folder = self.folder.clone();
        self.write(|connection| {
            let mut statement = connection.prepare(
                "SELECT run, started_ms, base_version, recorded = 0, ended_ms IS NULL FROM runs \
                 WHERE lake = ?1 AND run <> ?2 \
                   AND (recorded = 0 OR run IN (SELECT run FROM files)) ORDER BY started_ms, run",
            )?;
            let rows = statement.query_map([&self.lake, self.run.as_str()], |row| {
                let base: Option<i64> = row.get(2)?;
                let leftovers = Leftovers {
                    run: row.get(0)?,
                    started_ms: row.get(1)?,
                    base_version: base.and_then(|base| u64::try_from(base).ok()),
                    needs_record: row.get(3)?,
                    files: BTreeMap::new(),
                    sweeps: BTreeMap::new(),
                };
                Ok((leftovers, row.get::<_, bool>(4)?))
            })?;
            let mut found = Vec::new();
            for row in rows {
                let (mut leftovers, is_open) = row?;
                if !(is_open && is_alive(&folder, &leftovers.run)) {
                    self.take_over_from(connection, &mut leftovers)?;
                    found.push(leftovers);
                }
            }
            Ok(found)
        })
    }

    fn take_over_from(
        &self,
        connection: &Connection,
        leftovers: &mut Leftovers,
    ) -> rusqlite::Result<()> {
        let (own, dead) = (self.run.as_str(), leftovers.run.clone());
        let mut files = connection.prepare("SELECT folder, path FROM files WHERE run = ?1")?;
        for row in files.query_map([&dead], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (folder, path): (String, String) = row?;
            leftovers.files.entry(folder).or_default().push(path);
        }
        let mut sweeps =
            connection.prepare("SELECT sweep, made_of, body FROM sweeps WHERE run = ?1")?;
        let rows = sweeps.query_map([&dead], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        for row in rows {
            let (sweep, made_of, body) = row?;
            // Sweeps written by another version of this program are made again.
            if let Ok(body) = serde_json::from_str(&body) {
                leftovers.sweeps.insert(sweep, (made_of, body));
            }
        }
        connection.execute("UPDATE OR REPLACE files SET run = ?1 WHERE run = ?2", [own, &dead])?;
        connection.execute("UPDATE OR REPLACE sweeps SET run = ?1 WHERE run = ?2", [own, &dead])?;
        connection.execute(
            "UPDATE runs SET ended_ms = ?2, outcome = ?3 WHERE run = ?1 AND ended_ms IS NULL",
            params![dead, self.clock.millis(), RunOutcome::Died.as_str()],
        )?;
        // From now on these files are searched for from where the older of the two runs started.
        let base = leftovers.base_version.and_then(|base| i64::try_from(base).ok());
        connection.execute(
            "UPDATE runs SET base_version = MIN(base_version, ?2) WHERE run = ?1",
            params![own, base],
        )?;
        if leftovers.needs_record {
            // A remaining one does no harm: the journal says that the run has ended.
            let _ = std::fs::remove_file(lock_path(&self.folder, &RunId::new(dead)));
        }
        Ok(())
    }

    /// Notes a sweep whose days have all been written.
    pub(crate) fn sweep_done(
        &self,
        sweep: &str,
        made_of: &str,
        staged: &StagedSweep,
    ) -> Result<(), StateError> {
        let body = serde_json::to_string(staged).map_err(|error| self.failed(&error))?;
        self.write(|connection| {
            connection.execute(
                "INSERT OR REPLACE INTO sweeps (run, sweep, made_of, body) VALUES (?1, ?2, ?3, ?4)",
                [self.run.as_str(), sweep, made_of, &body],
            )
        })
        .map(drop)
    }

    /// The steps of another run.
    pub(crate) fn steps_of(&self, run: &str) -> Result<Vec<StepRecord>, StateError> {
        let time = |millis: i64| Timestamp::from_millisecond(millis).unwrap_or_default();
        self.write(|connection| {
            let mut statement = connection.prepare(
                "SELECT step, started_ms, ended_ms, n_rows, n_attempts, error FROM steps \
                 WHERE run = ?1 ORDER BY number",
            )?;
            let rows = statement.query_map([run], |row| {
                Ok(StepRecord {
                    step: row.get(0)?,
                    started_at: time(row.get(1)?),
                    ended_at: row.get::<_, Option<i64>>(2)?.map(time),
                    n_rows: u64::try_from(row.get::<_, i64>(3)?).unwrap_or_default(),
                    n_attempts: row.get(4)?,
                    error: row.get(5)?,
                })
            })?;
            rows.collect()
        })
    }

    /// When the newest successful run of the lake began; for a schedule that missed its times.
    pub(crate) fn last_success_millis(
        folder: &std::path::Path,
        lake: &str,
    ) -> Result<Option<i64>, StateError> {
        let failed = |error: &dyn std::error::Error| StateError {
            folder: folder.to_owned(),
            reason: error.to_string(),
        };
        if !folder.join("journal.sqlite").try_exists().map_err(|error| failed(&error))? {
            return Ok(None);
        }
        let connection = super::open(folder).map_err(|error| failed(&error))?;
        connection
            .query_row(
                "SELECT MAX(started_ms) FROM runs WHERE lake = ?1 AND outcome IN (?2, ?3)",
                [lake, RunOutcome::Committed.as_str(), RunOutcome::Unchanged.as_str()],
                |row| row.get(0),
            )
            .optional()
            .map(Option::flatten)
            .map_err(|error| failed(&error))
    }
}
