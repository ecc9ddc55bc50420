//! What is damaged in the lake, and what a run does about it.
//!
//! Every run checks every file of the newest snapshot before it begins: a file that was committed earlier and is now
//! damaged keeps the whole lake from being served, whatever the run is about. A day is rebuilt from its events; a
//! month, a year or all time from its children, without reading what is damaged.

use std::collections::BTreeSet;
use std::fmt;

use clio_lake::{
    CELLS_TABLE, Change, Damage, DeltaFolder, LOOKUPS_FOLDER, LakeError, Outcome, Purpose,
    QUARANTINE_TABLE, SnapshotMetadata, TableState, absent_parents,
};
use clio_proto::{Grain, Period, RetiredDays};
use jiff::civil::Date;

use crate::config::{Config, Days};
use crate::error::{EtlError, PlanError};
use crate::reported::REPORTED;

/// How many times a table is read again after another writer's commit.
const MAX_ATTEMPTS: usize = 5;

/// A damaged part of the lake.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DamagedFile {
    /// The file, or the missing partition, below the lake.
    pub file: String,
    /// The period of its partition; `None` for a file of a lookup or of bad rows.
    pub period: Option<String>,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for DamagedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.problem)
    }
}

impl From<&Damage> for DamagedFile {
    fn from(damage: &Damage) -> Self {
        Self {
            file: damage.file(),
            period: damage.period.map(|period| period.to_string()),
            problem: damage.problem.to_string(),
        }
    }
}

/// What is damaged in the newest snapshot of a lake.
#[derive(Debug, Default)]
pub(crate) struct Damaged {
    files: Vec<Damage>,
    /// Periods that are missing although some below them exist.
    absent: BTreeSet<Period>,
    /// Periods above days whose files are sound, but which may not match their days: the log does not say what the days
    /// were made of.
    doubtful: BTreeSet<Period>,
    /// The damaged checkpoints that the log is read without.
    checkpoints: Vec<String>,
}

impl Damaged {
    /// Checks the files of cells, of their lookups, and of bad rows.
    pub(crate) async fn look(
        config: &Config,
        cells: &DeltaFolder,
        state: Option<&TableState>,
        known: Option<&SnapshotMetadata>,
    ) -> Result<Self, EtlError> {
        let Some(state) = state else { return Ok(Self::default()) };
        let mut files = cells.damaged(&state.files).await?;
        let lookups = known.iter().flat_map(|known| &known.lookups);
        let lookups = lookups.map(|(name, at)| (format!("{LOOKUPS_FOLDER}/{name}"), Some(*at)));
        for (name, version) in lookups.chain([(QUARANTINE_TABLE.to_owned(), None)]) {
            let folder = DeltaFolder::open(&config.lake, &name)?;
            if let Some(state) = folder.state_at(version).await? {
                files.extend(folder.damaged(&state.files).await?);
            }
        }
        let is_known = known.is_some_and(|known| !known.inputs.is_empty());
        let is_retired = |period| known.is_some_and(|known| known.retired.is_retired(period));
        let parents = state.files.iter().filter_map(|file| file.period);
        let parents = parents.filter(|period| period.day().is_none() && !is_retired(*period));
        let doubtful = if is_known { BTreeSet::new() } else { parents.collect() };
        let checkpoints = state.passed_over.iter().map(|path| format!("{CELLS_TABLE}/{path}"));
        let damaged = Self {
            files,
            absent: absent_parents(state),
            doubtful,
            checkpoints: checkpoints.collect(),
        };
        for file in damaged.listed() {
            let DamagedFile { file, problem, .. } = file;
            tracing::warn!(target: REPORTED, file, problem, "the lake is damaged");
        }
        Ok(damaged)
    }

    /// All of it, ordered by table and path.
    pub(crate) fn listed(&self) -> Vec<DamagedFile> {
        let absent = self.absent.iter().map(|period| DamagedFile {
            file: format!("{CELLS_TABLE}/grain={}/period={period}", period.grain()),
            period: Some(period.to_string()),
            problem: "it is not there, although periods below it are".to_owned(),
        });
        let checkpoints = self.checkpoints.iter().map(|file| DamagedFile {
            file: file.clone(),
            period: None,
            problem: "the log is read without it".to_owned(),
        });
        let mut all: Vec<DamagedFile> = self.files.iter().map(DamagedFile::from).collect();
        all.extend(absent.chain(checkpoints));
        all.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        all
    }

    /// The periods above days that are readable but must not be relied on.
    pub(crate) fn doubtful(&self) -> &BTreeSet<Period> {
        &self.doubtful
    }

    /// The periods whose cells cannot be read, including days.
    pub(crate) fn periods(&self) -> BTreeSet<Period> {
        let files = self.files.iter().filter_map(|damage| damage.period);
        files.chain(self.absent.clone()).collect()
    }

    /// The days whose cells cannot be read.
    pub(crate) fn days(&self) -> BTreeSet<Date> {
        self.files.iter().filter_map(|damage| damage.period?.day()).collect()
    }

    /// The periods above days of a grain that would be rebuilt.
    pub(crate) fn parents(&self, grain: Grain) -> impl Iterator<Item = Period> {
        let all = self.periods().into_iter().chain(self.doubtful.clone());
        all.filter(move |period| period.grain() == grain)
    }

    /// Refuses a run after which the lake could not be served: a damaged day is mended only if the run rebuilds the
    /// day, and a retired month only together with all its days.
    pub(crate) fn refuse_what_stays(
        &self,
        retired: &RetiredDays,
        is_made: impl Fn(Date) -> bool,
    ) -> Result<(), PlanError> {
        let stays = |damage: &&Damage| match damage.period {
            Some(Period::Day(day)) => !is_made(day),
            Some(period) if retired.is_retired(period) => {
                retired.days_of(period).any(|day| !is_made(day))
            }
            Some(Period::Month(..) | Period::Year(_) | Period::All) | None => false,
        };
        let stay: Vec<&Damage> = self.files.iter().filter(stays).collect();
        let Some(first) = stay.first() else { return Ok(()) };
        Err(PlanError::DamageStays {
            first: Box::new((*first).clone()),
            n_more: stay.len() - 1,
            is_retired: first.period.is_some_and(|period| period.day().is_none()),
        })
    }

    /// What a run rebuilds of it, unless it is refused.
    pub(crate) fn mended(&self, asked: Days) -> Vec<DamagedFile> {
        let mut mended = self.listed();
        let bad_rows = format!("{QUARANTINE_TABLE}/");
        mended.retain(|file| asked == Days::All || !file.file.starts_with(&bad_rows));
        mended
    }

    /// Repairs what no commit of cells does: the log's checkpoint, and files of bad rows.
    pub(crate) async fn mend_beside_cells(
        &self,
        config: &Config,
        cells: &DeltaFolder,
        asked: Days,
    ) -> Result<(), EtlError> {
        self.leave_out_bad_rows(config, asked).await?;
        if !self.checkpoints.is_empty()
            && let Some(state) = cells.state().await?
        {
            let deleted = cells.renew_checkpoint(&state).await?;
            tracing::warn!(?deleted, "a damaged checkpoint was replaced by a new one");
        }
        Ok(())
    }

    /// Removes damaged files of bad rows from their table: a run over everything finds the rows again.
    async fn leave_out_bad_rows(&self, config: &Config, asked: Days) -> Result<(), EtlError> {
        let is_damaged = |path: &str| {
            let mut of_table = self.files.iter().filter(|it| it.table == QUARANTINE_TABLE);
            of_table.any(|damage| damage.path == path)
        };
        if asked != Days::All || !self.files.iter().any(|it| it.table == QUARANTINE_TABLE) {
            return Ok(());
        }
        let folder = DeltaFolder::open(&config.lake, QUARANTINE_TABLE)?;
        for _ in 0..MAX_ATTEMPTS {
            let Some(state) = folder.state().await? else { return Ok(()) };
            let files = state.files.iter().filter(|file| is_damaged(&file.path));
            let removed: Vec<_> = files.cloned().collect();
            if removed.is_empty() {
                return Ok(());
            }
            let purpose = Purpose::Removes("damaged files".to_owned());
            let change = Change { removed, purpose, ..Change::default() };
            let now = config.now.as_millisecond();
            match folder.commit(Some(&state), &state.schema, &change, now).await? {
                Outcome::Committed(_) => return Ok(()),
                Outcome::Unclear => return Err(folder.unclear().into()),
                Outcome::Overtaken => {}
            }
        }
        Err(EtlError::Lake(LakeError::Storage {
            url: config.lake.to_string(),
            reason: format!("other runs keep committing table `{QUARANTINE_TABLE}`; run again"),
            is_transient: true,
        }))
    }
}
