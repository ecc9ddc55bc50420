//! One run: from the days asked for to one commit, or to an error and no trace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use clio_proto::{CELLS_TABLE, FORMAT_VERSION, Period, SnapshotId, SnapshotMetadata};
use datafusion::arrow::datatypes::DataType;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use jiff::civil::Date;

use crate::cells::{CellShape, differences};
use crate::check::{self, Checked, Totals};
use crate::config::{Config, Days, Progress};
use crate::engine;
use crate::error::EtlError;
use crate::fold::Fold;
use crate::lake::{Change, DeltaFolder, LakeFile, Outcome, Staging, TableState};
use crate::lookups::{self, Members};
use crate::report::{RunReport, StepTime};
use crate::rollup::{FIRST_CELL_COLUMN, Inputs, RolledUp, roll_up};
use crate::stage::{PeriodCells, Periods, Rebuilt, Stager, files_by_period};

/// How often parents are folded again after another run's commit.
const MAX_ATTEMPTS: usize = 5;

/// Rebuilds days, folds their months, years and all time, and commits once.
///
/// Costs one pass over the events of each day, with the cells of two days in memory, and one over the
/// cells below each parent that changes. Runs on the current tokio runtime.
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
/// Whatever keeps the result from being right; nothing is committed then, and
/// [`EtlError::kind`] tells whose fault it is.
pub async fn run(
    config: &Config,
    days: Days,
    progress: &dyn Progress,
) -> Result<RunReport, EtlError> {
    let cells = DeltaFolder::open(&config.lake, CELLS_TABLE)?;
    let staging = Staging::new(Arc::clone(cells.store()), config.lake.to_string(), &config.run);
    let mut run = Run {
        config,
        asked: days,
        progress,
        cells,
        stager: Stager { staging, checked: Checked::default() },
        steps: Vec::new(),
        rows_in: BTreeMap::new(),
        rows_out_of_day: BTreeMap::new(),
        bytes_written: 0,
    };
    let result = Box::pin(run.all()).await;
    run.stager.staging.discard().await;
    result
}

struct Run<'a> {
    config: &'a Config,
    asked: Days,
    progress: &'a dyn Progress,
    cells: DeltaFolder,
    stager: Stager,
    steps: Vec<StepTime>,
    rows_in: BTreeMap<String, u64>,
    rows_out_of_day: BTreeMap<String, u64>,
    bytes_written: u64,
}

/// A step that has begun.
struct Step(&'static str, Instant);

impl Run<'_> {
    async fn all(&mut self) -> Result<RunReport, EtlError> {
        let ctx = engine::session(self.config.n_threads, self.config.memory_bytes)?;
        let mut state = self.cells.state().await?;
        let (inputs, shape, members) = self.open(&ctx, state.as_ref()).await?;
        let may_rebuild = |day| match self.asked {
            // A day without files is rebuilt too: to none.
            Days::Range(range) => range.contains(day),
            Days::All => inputs.may_rebuild(Days::All, day),
        };
        refuse_other_cells(state.as_ref(), &shape, may_rebuild)?;
        let days = self.roll_up_days(&ctx, &inputs, &shape, state.as_ref()).await?;
        let is_rebuilt = |day| days.contains_key(&Period::Day(day));
        refuse_other_cells(state.as_ref(), &shape, is_rebuilt)?;
        self.warn_of_another_model(state.as_ref(), is_rebuilt).await?;
        for _ in 0..MAX_ATTEMPTS {
            let parents = self.fold(&ctx, &shape, state.as_ref(), &days).await?;
            let lookups = self.store_lookups(&members).await?;
            let metadata = self.metadata(&days, &parents, lookups);
            if let Some(state) = &state
                && self.is_unchanged(state, &days, &parents, &metadata).await?
            {
                return Ok(self.report(state.version, true, &days, &parents, metadata));
            }
            let change = change(state.as_ref(), &days, &parents, metadata.clone());
            let step = self.begin("commit", 1);
            let now = self.config.now.as_millisecond();
            let outcome =
                self.cells.commit(state.as_ref(), &shape.table_schema, &change, now).await?;
            self.end(step);
            match outcome {
                Outcome::Committed(version) => {
                    self.stager.staging.committed(&change.added);
                    self.bytes_written += bytes_of(&change.added);
                    return Ok(self.report(version, false, &days, &parents, metadata));
                }
                Outcome::Unclear => {
                    self.stager.staging.committed(&change.added);
                    return Err(self.cells.unclear());
                }
                Outcome::Overtaken => {}
            }
            let newer = self.cells.state().await?;
            refuse_conflict(state.as_ref(), newer.as_ref(), &shape, &days)?;
            tracing::info!("another run committed meanwhile, parents are folded again");
            state = newer;
        }
        Err(EtlError::Lake {
            url: self.config.lake.to_string(),
            reason: format!("other runs committed {MAX_ATTEMPTS} times meanwhile; run again"),
        })
    }

    /// Opens everything that is read, and finds what is wrong with it before any work.
    async fn open(
        &mut self,
        ctx: &SessionContext,
        state: Option<&TableState>,
    ) -> Result<(Inputs, CellShape, Vec<Members>), EtlError> {
        let step = self.begin("open", 1);
        let float_sums: Vec<String> = state
            .iter()
            .flat_map(|state| state.schema.fields())
            .filter(|field| *field.data_type() == DataType::Float64)
            .map(|field| field.name().clone())
            .collect();
        let Config { model, base, n_threads, .. } = self.config;
        let (inputs, shape) =
            Inputs::open(ctx, model, base, *n_threads, self.asked, &float_sums).await?;
        let members = lookups::read(ctx, model, base, *n_threads).await?;
        self.end(step);
        Ok((inputs, shape, members))
    }

    /// Makes and stages the cells of each day.
    async fn roll_up_days(
        &mut self,
        ctx: &SessionContext,
        inputs: &Inputs,
        shape: &CellShape,
        state: Option<&TableState>,
    ) -> Result<Periods, EtlError> {
        let old = files_by_period(state);
        let selections = inputs.selections(self.asked);
        let step = self.begin("roll up", selections.len() as u64);
        let mut days = Periods::new();
        // While one day's cells are written, the next day's events are read already.
        let mut passes = futures::stream::iter(selections)
            .map(|selection| async move { roll_up(ctx, inputs, shape, &selection).await })
            .buffered(2);
        while let Some(rolled) = passes.next().await {
            let rolled = rolled?;
            for (source, n_rows) in &rolled.rows_out_of_day {
                *self.rows_out_of_day.entry(source.clone()).or_default() += n_rows;
            }
            for index in 0..rolled.days.len() {
                let (period, rebuilt) = self.stage_day(shape, &rolled, index, &old).await?;
                days.insert(period, rebuilt);
            }
            self.progress.advance(1);
        }
        drop(passes);
        for source in inputs.sources() {
            self.rows_in.entry(source.name().to_owned()).or_default();
        }
        if days.is_empty() && !inputs.has_files() {
            let days = name_of(self.asked);
            return Err(EtlError::NothingFound { days, looked_at: inputs.addresses() });
        }
        // A day asked for that the lake holds, and that has no events any more, loses its partition.
        if let Days::Range(range) = self.asked {
            for period in old.into_keys() {
                if matches!(period, Period::Day(day) if range.contains(day)) {
                    let totals = Totals::new(shape);
                    let gone = Rebuilt { file: None, totals, is_changed: true };
                    days.entry(period).or_insert(gone);
                }
            }
        }
        self.end(step);
        Ok(days)
    }

    async fn stage_day(
        &mut self,
        shape: &CellShape,
        rolled: &RolledUp,
        index: usize,
        old: &BTreeMap<Period, Vec<LakeFile>>,
    ) -> Result<(Period, Rebuilt), EtlError> {
        let (day, range) = &rolled.days[index];
        let period = Period::Day(*day);
        let cells = PeriodCells {
            cells: &rolled.cells,
            range: range.clone(),
            first_column: FIRST_CELL_COLUMN,
        };
        let old = old.get(&period).map(Vec::as_slice).unwrap_or_default();
        let rebuilt = self.stager.stage(shape, period, cells, old).await?;
        let rows_in = |source: &str| {
            let by_day = rolled.rows_in.get(source);
            by_day.and_then(|days| days.get(day)).copied().unwrap_or_default()
        };
        check::counts_are_rows(shape, period, &rebuilt.totals, rows_in)?;
        self.stager.checked.n_days += 1;
        for source in rolled.rows_in.keys() {
            *self.rows_in.entry(source.clone()).or_default() += rows_in(source);
        }
        Ok((period, rebuilt))
    }

    /// Cells of the same shape may still mean something else: after another condition, say.
    async fn warn_of_another_model(
        &self,
        state: Option<&TableState>,
        is_rebuilt: impl Fn(Date) -> bool,
    ) -> Result<(), EtlError> {
        let Some(state) = state else { return Ok(()) };
        let n_kept = days_in(state).into_iter().filter(|day| !is_rebuilt(*day)).count();
        let known = self.cells.metadata(state).await?;
        let own = self.config.model.fingerprint();
        if n_kept > 0 && known.is_some_and(|known| known.fingerprint != *own) {
            tracing::warn!(
                n_days = n_kept,
                "the model changed: days not rebuilt follow the old one"
            );
        }
        Ok(())
    }

    async fn fold(
        &mut self,
        ctx: &SessionContext,
        shape: &CellShape,
        state: Option<&TableState>,
        days: &Periods,
    ) -> Result<Periods, EtlError> {
        let old = files_by_period(state);
        let store = self.cells.store();
        let n_threads = self.config.n_threads;
        let fold = Fold { ctx, shape, store, n_threads, old: &old, days };
        let step = Step("fold", Instant::now());
        self.progress.step(step.0, fold.n_parents());
        let parents = fold.run(&mut self.stager, self.progress).await?;
        self.end(step);
        Ok(parents)
    }

    async fn store_lookups(
        &mut self,
        members: &[Members],
    ) -> Result<BTreeMap<String, u64>, EtlError> {
        let step = self.begin("lookups", members.len() as u64);
        let versions = lookups::store(members, self.config, &mut self.bytes_written).await?;
        self.end(step);
        Ok(versions)
    }

    fn metadata(
        &self,
        days: &Periods,
        parents: &Periods,
        lookups: BTreeMap<String, u64>,
    ) -> SnapshotMetadata {
        let n_cells =
            |(period, rebuilt): (&Period, &Rebuilt)| (period.to_string(), rebuilt.totals.n_cells);
        SnapshotMetadata {
            format_version: FORMAT_VERSION,
            run: self.config.run.clone(),
            fingerprint: self.config.model.fingerprint().clone(),
            model: self.config.model.text().to_owned(),
            days: days.keys().filter_map(|period| day_of(*period)).collect(),
            provisional_days: Vec::new(),
            rows_in: self.rows_in.clone(),
            rows_out_of_day: self.rows_out_of_day.clone(),
            lookups,
            cells: days.iter().chain(parents).map(n_cells).collect(),
            checks: self.stager.checked.outcomes(),
        }
    }

    /// Whether the lake's newest snapshot says the same already.
    async fn is_unchanged(
        &self,
        state: &TableState,
        days: &Periods,
        parents: &Periods,
        metadata: &SnapshotMetadata,
    ) -> Result<bool, EtlError> {
        if days.values().chain(parents.values()).any(|rebuilt| rebuilt.is_changed) {
            return Ok(false);
        }
        let known = self.cells.metadata(state).await?;
        Ok(known.is_some_and(|known| {
            known.lookups == metadata.lookups && known.model == metadata.model
        }))
    }

    fn report(
        &self,
        version: u64,
        unchanged: bool,
        days: &Periods,
        parents: &Periods,
        metadata: SnapshotMetadata,
    ) -> RunReport {
        let mut cells: BTreeMap<String, u64> = BTreeMap::new();
        for (period, rebuilt) in days.iter().chain(parents) {
            *cells.entry(period.grain().to_string()).or_default() += rebuilt.totals.n_cells;
        }
        let (present, gone): (Vec<_>, Vec<_>) =
            days.iter().partition(|(_, day)| day.file.is_some());
        let dates = |days: Vec<(&Period, &Rebuilt)>| {
            days.into_iter().filter_map(|(period, _)| day_of(*period)).collect()
        };
        let changed = days.values().chain(parents.values()).filter(|rebuilt| rebuilt.is_changed);
        RunReport {
            run: self.config.run.clone(),
            snapshot: SnapshotId(version),
            unchanged,
            days: dates(present),
            days_removed: dates(gone),
            rows_in: metadata.rows_in,
            rows_out_of_day: metadata.rows_out_of_day,
            cells,
            n_periods_changed: changed.count() as u64,
            bytes_written: self.bytes_written,
            lookups: metadata.lookups,
            checks: metadata.checks,
            steps: self.steps.clone(),
        }
    }

    fn begin(&self, step: &'static str, n_total: u64) -> Step {
        self.progress.step(step, n_total);
        Step(step, Instant::now())
    }

    fn end(&mut self, Step(step, since): Step) {
        self.progress.done(step);
        let seconds = since.elapsed().as_secs_f64();
        tracing::debug!(step, seconds, "step done");
        self.steps.push(StepTime { step: step.to_owned(), seconds });
    }
}

fn bytes_of(files: &[LakeFile]) -> u64 {
    files.iter().map(|file| file.size_bytes).sum()
}

/// The files that leave and come: those of rebuilt periods whose bytes differ.
fn change(
    state: Option<&TableState>,
    days: &Periods,
    parents: &Periods,
    metadata: SnapshotMetadata,
) -> Change {
    let changed = || days.iter().chain(parents).filter(|(_, rebuilt)| rebuilt.is_changed);
    let leaving: BTreeSet<Period> = changed().map(|(period, _)| *period).collect();
    let leaves = |file: &&LakeFile| file.period.is_some_and(|period| leaving.contains(&period));
    Change {
        added: changed().filter_map(|(_, rebuilt)| rebuilt.file.clone()).collect(),
        removed: state.iter().flat_map(|state| &state.files).filter(leaves).cloned().collect(),
        metadata: Some(metadata),
    }
}

/// Refuses cells of another shape than the lake's, unless every day of the lake is rebuilt.
fn refuse_other_cells(
    state: Option<&TableState>,
    shape: &CellShape,
    is_rebuilt: impl Fn(Date) -> bool,
) -> Result<(), EtlError> {
    let Some(state) = state else { return Ok(()) };
    let differences = differences(&state.schema, &shape.table_schema);
    let days = days_in(state);
    if differences.is_empty() || days.iter().all(|day| is_rebuilt(*day)) {
        return Ok(());
    }
    Err(EtlError::CellsDiffer { differences, n_days: days.len() })
}

/// Refuses to commit over a run that changed the same days, or the shape of cells, meanwhile.
fn refuse_conflict(
    before: Option<&TableState>,
    after: Option<&TableState>,
    shape: &CellShape,
    days: &Periods,
) -> Result<(), EtlError> {
    let (old, new) = (files_by_period(before), files_by_period(after));
    let both = days.keys().filter(|day| old.get(day) != new.get(day));
    let both: Vec<Date> = both.filter_map(|period| day_of(*period)).collect();
    let is_other_shape =
        after.is_some_and(|after| !differences(&after.schema, &shape.table_schema).is_empty());
    if both.is_empty() && !is_other_shape {
        return Ok(());
    }
    let version = after.map(|after| after.version).unwrap_or_default();
    let days = if is_other_shape {
        days.keys().filter_map(|period| day_of(*period)).collect()
    } else {
        both
    };
    Err(EtlError::Conflict { days, version })
}

fn days_in(state: &TableState) -> BTreeSet<Date> {
    state.files.iter().filter_map(|file| day_of(file.period?)).collect()
}

fn day_of(period: Period) -> Option<Date> {
    match period {
        Period::Day(day) => Some(day),
        Period::Month(..) | Period::Year(_) | Period::All => None,
    }
}

fn name_of(days: Days) -> String {
    match days {
        Days::All => "any day".to_owned(),
        Days::Range(range) if range.n_days() == 1 => range.first().to_string(),
        Days::Range(range) => format!("{} to {}", range.first(), range.last()),
    }
}
