//! One run: from the requested days to one commit, or to an error without a trace.

mod account;
mod book;
mod change;
pub(crate) mod damaged;
mod days;
pub(crate) mod journal;
pub(crate) mod model_change;
pub(crate) mod plan;
pub(crate) mod report;
mod resume;
mod retry;
pub(crate) mod schedule;
pub(crate) mod stage;

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_lake::{CELLS_TABLE, LOOKUPS_FOLDER, SnapshotMetadata, files_by_period};
use clio_proto::{Period, RetiredDays, RunOutcome, RunStep};
use datafusion::prelude::SessionContext;
use url::Url;

use self::account::Account;
use self::book::{Book, tried};
use self::change::{
    Overtaken, bytes_of, change, is_unchanged, made_of, refuse_conflict, refuse_other_cells,
    wider_sums, without_twins,
};
use self::resume::{Finished, take_over};
use crate::attribute::{self, Carried};
use crate::cells::{CellShape, Periods};
use crate::checks::declared::{Evidence, refuse_failures};
use crate::checks::invariants::Checked;
use crate::clock::Clock;
use crate::config::{Config, Days, Progress};
use crate::engine;
use crate::error::EtlError;
use crate::fold::{Fold, n_parents};
use crate::input::columns::Columns;
use crate::input::inputs::Inputs;
use crate::input::inventory::Inventory;
use crate::input::lookups::{self, Members};
use crate::reported::REPORTED;
use crate::run::damaged::Damaged;
use crate::run::journal::Journal;
use crate::run::model_change::Effect;
use crate::run::plan::Plan;
use crate::run::report::RunReport;
use crate::run::stage::Stager;
use clio_lake::{Change, DeltaFolder, LakeError, Outcome, TableState, write_run};

/// How many times parents may be folded again after another run's commit.
const MAX_ATTEMPTS: usize = 5;

/// Rebuilds days, folds their months, years and all time, and commits once.
///
/// Costs one sweep over the events of each day, with the cells of two days in memory, and one over the
/// cells below each changed parent. Runs on the current tokio runtime.
///
/// ```no_run
/// use clio_etl::{Config, Days, Silent};
///
/// # async fn rebuild(config: Config) -> Result<(), clio_etl::EtlError> {
/// let report = clio_etl::run(&config, Days::All, &Silent).await?;
/// assert!(report.unchanged || report.bytes_written > 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Anything that keeps the result from being right; nothing is committed then, and [`EtlError::kind`]
/// says whose fault it is.
pub async fn run(
    config: &Config,
    days: Days,
    progress: &dyn Progress,
) -> Result<RunReport, EtlError> {
    let mut outcome = RunOutcome::Failed;
    let result = Box::pin(to_its_end(config, days, progress, &mut outcome)).await;
    progress.ended(outcome, result.as_ref().err());
    result
}

/// Runs, and records how the run ended; the outcome is known even if recording fails.
async fn to_its_end(
    config: &Config,
    days: Days,
    progress: &dyn Progress,
    outcome: &mut RunOutcome,
) -> Result<RunReport, EtlError> {
    let clock = Clock::new(config.now);
    let cells = DeltaFolder::open(&config.lake, CELLS_TABLE)?;
    let is_new = is_missing(&config.lake)?;
    let journal = match &config.state {
        Some(state) => {
            let journal = Journal::begin(state, config.lake.as_str(), &config.run, clock)?;
            Some(Arc::new(journal))
        }
        None => None,
    };
    let staging = cells.staging(&config.lake, &config.run, journal.as_ref());
    let mut run = Run {
        config,
        asked: days,
        cells,
        stager: Stager { staging, checked: Checked::default(), n_threads: config.n_threads },
        book: Arc::new(Book::new(config, progress, journal, clock)),
        finished: Finished::new(),
        account: Account::new(config),
        columns: Arc::default(),
        damaged: Damaged::default(),
    };
    let result = Box::pin(run.all()).await;
    *outcome = match &result {
        Ok(report) if report.unchanged => RunOutcome::Unchanged,
        Ok(_) => RunOutcome::Committed,
        Err(_) => RunOutcome::Failed,
    };
    if result.is_ok() {
        run.mend_beside_cells().await;
    }
    for left_out in &run.account.left_out {
        match &result {
            Ok(_) => tracing::warn!(target: REPORTED, "left out: {left_out}"),
            // A failing run leaves no report that could say it.
            Err(_) => tracing::warn!("left out: {left_out}"),
        }
    }
    let ended = Box::pin(run.end(*outcome, &result)).await;
    if result.is_err() && is_new {
        remove_if_empty(&config.lake);
    }
    // People need to know the first failure.
    result.and_then(|report| ended.map(|()| report))
}

/// Whether the lake is a local folder that does not exist.
fn is_missing(lake: &Url) -> Result<bool, EtlError> {
    let Ok(folder) = lake.to_file_path() else { return Ok(false) };
    let there = folder.try_exists();
    let there = there.map_err(|error| LakeError::refused(lake, error.to_string()))?;
    Ok(!there)
}

/// Removes the folders that a failed run created, as long as they are empty.
fn remove_if_empty(lake: &Url) {
    let Ok(folder) = lake.to_file_path() else { return };
    for below in [folder.join(CELLS_TABLE), folder.join(LOOKUPS_FOLDER), folder] {
        // One that does not exist, or is not empty, is as it should be.
        let _ = std::fs::remove_dir(below);
    }
}

struct Run<'a> {
    config: &'a Config,
    asked: Days,
    cells: DeltaFolder,
    stager: Stager,
    book: Arc<Book<'a>>,
    /// The sweeps that dead runs have finished.
    finished: Finished,
    account: Account<'a>,
    /// The columns of the run's files.
    columns: Arc<Columns>,
    /// What is damaged in the lake.
    damaged: Damaged,
}

impl Run<'_> {
    #[expect(
        clippy::too_many_lines,
        reason = "the steps of a run in their order, a line or two each"
    )]
    async fn all(&mut self) -> Result<RunReport, EtlError> {
        let ctx = engine::session(self.config.n_threads, self.config.memory_bytes)?;
        let book = Arc::clone(&self.book);
        let (mut state, mut known) = tried!(book, RunStep::Look, 1, self.find());
        tried!(book, RunStep::Look, 1, self.look_for_damage(state.as_ref(), known.as_ref()));
        let (inventory, plan) =
            tried!(book, RunStep::Look, 1, self.look(&ctx, state.as_ref(), known.as_ref()));
        self.say_what_is_found(&plan);
        plan.refuse_part_of_month(self.asked)?;
        self.account.retired_months = plan.retired_months.clone();
        let (inputs, shape, members) = tried!(
            book,
            RunStep::Open,
            1,
            self.open(&ctx, &inventory, &plan, state.as_ref(), known.as_ref())
        );
        let may_rebuild = |day| match self.asked {
            // A day without files is rebuilt too, to no cells.
            Days::Range(range) => range.contains(day),
            Days::All | Days::OutOfDate => !self.account.keeps(day) && plan.may_rebuild(day),
        };
        plan.refuse_other_meaning()?;
        refuse_other_cells(state.as_ref(), &shape, &plan, may_rebuild)?;
        self.damaged.refuse_what_stays(&plan.retired, |day| self.is_looked_for(&plan, day))?;
        self.account.mended = self.damaged.mended(self.asked);
        let mut days = self.roll_up_days(&ctx, &inputs, &plan, &shape, state.as_ref()).await?;
        let is_rebuilt = |day| days.contains_key(&Period::Day(day));
        refuse_other_cells(state.as_ref(), &shape, &plan, is_rebuilt)?;
        tried!(book, RunStep::Check, 1, self.judge(&ctx, &shape, &members, state.as_ref(), &days));
        let is_wider =
            state.as_ref().is_some_and(|state| !wider_sums(state, &shape, &plan).is_empty());
        let recast = if is_wider {
            tried!(
                book,
                RunStep::Recast,
                1,
                self.recast(&ctx, &shape, state.as_ref(), &days),
                n_cells_of
            )
        } else {
            Periods::new()
        };
        let checked = self.stager.checked.clone();
        for _ in 0..MAX_ATTEMPTS {
            let mut changed = recast.clone();
            changed.extend(days.clone());
            let n_parents = n_parents(&changed, &self.damaged.periods(), self.damaged.doubtful());
            let parents = tried!(
                book,
                RunStep::Fold,
                n_parents,
                {
                    self.stager.checked = checked.clone();
                    self.fold(&ctx, &shape, state.as_ref(), known.as_ref(), &changed)
                },
                n_cells_of
            );
            let n_lookups = members.len() as u64;
            let lookups = tried!(book, RunStep::Lookups, n_lookups, self.store_lookups(&members));
            let made_of = made_of(known.as_ref(), inputs.inventory(), &plan, self.asked, &days);
            let carried = Carried {
                inventory: inputs.inventory(),
                now: self.config.now,
                known: known.as_ref(),
                is_asked: |day| {
                    !self.account.keeps(day)
                        && (self.is_looked_for(&plan, day) || plan.may_rebuild(day))
                },
            };
            let (made_of_days, checked) = (made_of.clone(), &self.stager.checked);
            let metadata = self.account.metadata(
                &carried,
                (&days, &parents),
                lookups,
                made_of_days,
                checked,
                &self.columns,
            );
            if let Some(state) = &state
                && is_unchanged(known.as_ref(), &changed, &parents, &metadata)
            {
                let outcome = (state.version, true);
                return Ok(self.report(outcome, Some(state), (&days, &parents), metadata));
            }
            let change = change(state.as_ref(), &changed, &parents, metadata.clone());
            let outcome = tried!(
                book,
                RunStep::Commit,
                1,
                self.commit(state.as_ref(), &shape, &change),
                |_| change.added.iter().map(|file| file.n_rows).sum()
            );
            match outcome {
                Outcome::Committed(version) => {
                    self.stager.staging.committed(&change.added);
                    self.account.bytes_written += bytes_of(&change.added);
                    let (outcome, periods) = ((version, false), (&days, &parents));
                    return Ok(self.report(outcome, state.as_ref(), periods, metadata));
                }
                Outcome::Unclear => {
                    self.stager.staging.committed(&change.added);
                    return Err(self.cells.unclear().into());
                }
                Outcome::Overtaken => {}
            }
            let (newer, newly_known) = tried!(book, RunStep::Look, 1, self.find());
            tried!(
                book,
                RunStep::Look,
                1,
                self.look_for_damage(newer.as_ref(), newly_known.as_ref())
            );
            if self.asked == Days::OutOfDate {
                days = without_twins(days, newly_known.as_ref(), &made_of);
            }
            let lake = Overtaken {
                before: (state.as_ref(), known.as_ref()),
                after: (newer.as_ref(), newly_known.as_ref()),
            };
            let mut own = recast.clone();
            own.extend(days.clone());
            refuse_conflict(&lake, &shape, &own, &self.columns)?;
            tracing::info!("another run has committed in the meantime; parents are folded again");
            (state, known) = (newer, newly_known);
        }
        Err(EtlError::Lake(LakeError::Storage {
            url: self.config.lake.to_string(),
            reason: format!("other runs committed {MAX_ATTEMPTS} times in the meantime; run again"),
            is_transient: true,
        }))
    }

    /// The current lake and its newest metadata; takes over what dead runs left.
    async fn find(&mut self) -> Result<(Option<TableState>, Option<SnapshotMetadata>), EtlError> {
        let state = self.cells.state().await?;
        let known = match &state {
            Some(state) => self.cells.metadata(state).await?,
            None => None,
        };
        if let Some(journal) = self.book.journal() {
            journal.found_version(state.as_ref().map(|state| state.version))?;
            let staging = &mut self.stager.staging;
            let found = take_over(self.config, journal, &self.cells, staging).await?;
            self.finished.extend(found);
        }
        Ok((state, known))
    }

    /// Reads the files of the lake and checks them.
    async fn look_for_damage(
        &mut self,
        state: Option<&TableState>,
        known: Option<&SnapshotMetadata>,
    ) -> Result<(), EtlError> {
        self.damaged = Damaged::look(self.config, &self.cells, state, known).await?;
        Ok(())
    }

    /// Repairs what no commit of cells does. Failures are logged, and the run succeeds all the same.
    async fn mend_beside_cells(&self) {
        let mended = self.damaged.mend_beside_cells(self.config, &self.cells, self.asked).await;
        if let Err(error) = mended {
            tracing::warn!(%error, "what is damaged beside the cells is not mended");
        }
    }

    async fn commit(
        &self,
        state: Option<&TableState>,
        shape: &CellShape,
        change: &Change,
    ) -> Result<Outcome, EtlError> {
        let now = self.config.now.as_millisecond();
        let outcome = self.cells.commit(state, &shape.table_schema, change, now).await?;
        Ok(outcome)
    }

    /// Cleans up, and records how the run ended.
    async fn end(
        &mut self,
        outcome: RunOutcome,
        result: &Result<RunReport, EtlError>,
    ) -> Result<(), EtlError> {
        let error = result.as_ref().err();
        // After a transient error the finished days are kept for the next run.
        let is_kept = error.is_some_and(EtlError::is_transient) && self.book.journal().is_some();
        if !is_kept {
            self.stager.staging.discard().await;
        }
        let Some(journal) = self.book.journal() else { return Ok(()) };
        let has_lake = result.is_ok() || self.cells.state().await.is_ok_and(|it| it.is_some());
        if has_lake {
            write_run(&self.config.lake, &self.account.record(outcome, result, &self.book)).await?;
        }
        journal.end(outcome, error, is_kept)?;
        if !has_lake && !is_kept {
            journal.remove_if_unused(&self.config.lake);
        }
        Ok(())
    }

    fn report(
        &self,
        outcome: (u64, bool),
        state: Option<&TableState>,
        periods: (&Periods, &Periods),
        metadata: SnapshotMetadata,
    ) -> RunReport {
        self.account.report(outcome, state, periods, metadata, &self.columns, &self.book)
    }

    /// Lists the files, and plans the work.
    async fn look(
        &mut self,
        ctx: &SessionContext,
        state: Option<&TableState>,
        known: Option<&SnapshotMetadata>,
    ) -> Result<(Inventory, Plan), EtlError> {
        let Config { model, base, .. } = self.config;
        let inventory = Inventory::list(ctx, model, base, self.asked).await?;
        let lake = (state, known);
        let plan = Plan::new(self.asked, self.config.now, model, &inventory, lake, &self.damaged);
        self.account.left_out.clone_from(&plan.left_out);
        Ok((inventory, plan))
    }

    /// Reports what the lookups and the model mean for the lake.
    fn say_what_is_found(&self, plan: &Plan) {
        for lookup in &plan.changed_lookups {
            self.book.progress().say(&format!("lookup: {lookup}"));
        }
        if plan.model.effect > Effect::Same {
            self.book.progress().say(&format!("model: {}", plan.model));
        }
    }

    /// Opens everything that is read, and finds errors in it before any work.
    async fn open(
        &mut self,
        ctx: &SessionContext,
        inventory: &Inventory,
        plan: &Plan,
        state: Option<&TableState>,
        known: Option<&SnapshotMetadata>,
    ) -> Result<(Inputs, CellShape, Vec<Members>), EtlError> {
        let float_sums = state.map(TableState::float_sums).unwrap_or_default();
        let columns = known.map(|known| &known.columns);
        self.columns =
            Columns::install(ctx, &self.config.model, columns, plan.makes_all_anew(self.asked));
        let Config { model, base, n_threads, .. } = self.config;
        let (inputs, shape) = Inputs::open(
            ctx,
            model,
            base,
            *n_threads,
            inventory.clone(),
            &plan.sweeps,
            &float_sums,
        )
        .await?;
        attribute::bind(ctx, &inputs)?;
        let members = lookups::read(ctx, model, base, *n_threads).await?;
        Ok((inputs, shape, members))
    }

    /// Runs the declared checks on the changed days.
    async fn judge(
        &mut self,
        ctx: &SessionContext,
        shape: &CellShape,
        members: &[Members],
        state: Option<&TableState>,
        days: &Periods,
    ) -> Result<(), EtlError> {
        let (model, old) = (&self.config.model, files_by_period(state));
        let store = self.cells.store();
        let unattributed = &self.account.rows_unattributed;
        let out_of_day = &self.account.out_of_day;
        let old = &old;
        let evidence =
            Evidence { ctx, model, shape, members, store, old, days, unattributed, out_of_day };
        let outcomes = evidence.outcomes().await?;
        refuse_failures(&outcomes, self.config.accept.as_deref())?;
        self.stager.checked.declared = outcomes;
        Ok(())
    }

    async fn fold(
        &mut self,
        ctx: &SessionContext,
        shape: &CellShape,
        state: Option<&TableState>,
        known: Option<&SnapshotMetadata>,
        days: &Periods,
    ) -> Result<Periods, EtlError> {
        let old = files_by_period(state);
        let store = self.cells.store();
        let n_threads = self.config.n_threads;
        let none = RetiredDays::default();
        let retired = known.map_or(&none, |known| &known.retired);
        let (damaged, doubtful) = (&self.damaged.periods(), self.damaged.doubtful());
        let fold =
            Fold { ctx, shape, store, n_threads, old: &old, retired, days, damaged, doubtful };
        let parents = fold.run(&mut self.stager, self.book.progress()).await?;
        self.stager.checked.n_parents += parents.len() as u64;
        Ok(parents)
    }

    async fn store_lookups(
        &mut self,
        members: &[Members],
    ) -> Result<BTreeMap<String, u64>, EtlError> {
        let journal = self.book.journal();
        let versions =
            lookups::store(members, self.config, journal, &mut self.account.bytes_written).await?;
        Ok(versions)
    }
}

fn n_cells_of(periods: &Periods) -> u64 {
    periods.values().map(|rebuilt| rebuilt.totals.n_cells).sum()
}
