//! One run: from the days asked for to one commit, or to an error and no trace.

mod change;

use std::collections::BTreeMap;
use std::time::Instant;

use clio_proto::{
    CELLS_TABLE, DayInputs, FORMAT_VERSION, LOOKUPS_FOLDER, Period, SnapshotId, SnapshotMetadata,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use jiff::civil::Date;
use url::Url;

use self::change::{
    bytes_of, change, is_unchanged, made_of, refuse_conflict, refuse_other_cells, without_twins,
};
use crate::cells::CellShape;
use crate::check::{self, Checked, Totals};
use crate::config::{Config, Days, Progress};
use crate::engine;
use crate::error::EtlError;
use crate::fold::Fold;
use crate::judge::{Judge, refuse_failures};
use crate::lake::{DeltaFolder, LakeFile, Outcome, TableState};
use crate::lookups::{self, Members};
use crate::model_change::Effect;
use crate::plan::{Plan, day_of};
use crate::report::{RunReport, StepTime};
use crate::rollup::{FIRST_CELL_COLUMN, Inputs, Inventory, RolledUp, roll_up};
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
    let staging = cells.staging(&config.lake, &config.run);
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
    let is_new = is_missing(&config.lake)?;
    let result = Box::pin(run.all()).await;
    run.stager.staging.discard().await;
    if result.is_err() && is_new {
        remove_if_empty(&config.lake);
    }
    result
}

/// Whether the lake is a local folder that is not there.
fn is_missing(lake: &Url) -> Result<bool, EtlError> {
    let Ok(folder) = lake.to_file_path() else { return Ok(false) };
    let there = folder.try_exists();
    let there = there
        .map_err(|error| EtlError::Lake { url: lake.to_string(), reason: error.to_string() })?;
    Ok(!there)
}

/// Takes away the folders that a failed run made, as long as nothing is in them.
fn remove_if_empty(lake: &Url) {
    let Ok(folder) = lake.to_file_path() else { return };
    for below in [folder.join(CELLS_TABLE), folder.join(LOOKUPS_FOLDER), folder] {
        // One that is not there, or not empty, is as it should be.
        let _ = std::fs::remove_dir(below);
    }
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
        let mut known = self.known(state.as_ref()).await?;
        let (inventory, plan) = self.look(&ctx, state.as_ref(), known.as_ref()).await?;
        let (inputs, shape, members) = self.open(&ctx, inventory, &plan, state.as_ref()).await?;
        let may_rebuild = |day| match self.asked {
            // A day without files is rebuilt too: to none.
            Days::Range(range) => range.contains(day),
            Days::All | Days::OutOfDate => plan.may_rebuild(day),
        };
        plan.refuse_other_meaning()?;
        refuse_other_cells(state.as_ref(), &shape, &plan, may_rebuild)?;
        let mut days = self.roll_up_days(&ctx, &inputs, &plan, &shape, state.as_ref()).await?;
        let is_rebuilt = |day| days.contains_key(&Period::Day(day));
        refuse_other_cells(state.as_ref(), &shape, &plan, is_rebuilt)?;
        self.judge(&ctx, &shape, &members, state.as_ref(), &days).await?;
        for _ in 0..MAX_ATTEMPTS {
            let parents = self.fold(&ctx, &shape, state.as_ref(), &days).await?;
            let lookups = self.store_lookups(&members).await?;
            let made_of = made_of(known.as_ref(), inputs.inventory(), &plan, self.asked, &days);
            let metadata = self.metadata(&days, &parents, lookups, made_of.clone());
            if let Some(state) = &state
                && is_unchanged(known.as_ref(), &days, &parents, &metadata)
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
            known = self.known(newer.as_ref()).await?;
            if self.asked == Days::OutOfDate {
                days = without_twins(days, known.as_ref(), &made_of);
            }
            refuse_conflict(state.as_ref(), newer.as_ref(), &shape, &days)?;
            tracing::info!("another run committed meanwhile, parents are folded again");
            state = newer;
        }
        Err(EtlError::Lake {
            url: self.config.lake.to_string(),
            reason: format!("other runs committed {MAX_ATTEMPTS} times meanwhile; run again"),
        })
    }

    /// What the newest commit says of its snapshot.
    async fn known(
        &self,
        state: Option<&TableState>,
    ) -> Result<Option<SnapshotMetadata>, EtlError> {
        match state {
            Some(state) => self.cells.metadata(state).await,
            None => Ok(None),
        }
    }

    /// Lists what there is, and finds what is to be done; says what the model means for the lake.
    async fn look(
        &mut self,
        ctx: &SessionContext,
        state: Option<&TableState>,
        known: Option<&SnapshotMetadata>,
    ) -> Result<(Inventory, Plan), EtlError> {
        let step = self.begin("look", 1);
        let Config { model, base, .. } = self.config;
        let inventory = Inventory::list(ctx, model, base, self.asked).await?;
        let plan = Plan::new(self.asked, model, &inventory, state, known);
        self.end(step);
        if plan.model.effect > Effect::Same {
            self.progress.say(&format!("model: {}", plan.model));
        }
        Ok((inventory, plan))
    }

    /// Opens everything that is read, and finds what is wrong with it before any work.
    async fn open(
        &mut self,
        ctx: &SessionContext,
        inventory: Inventory,
        plan: &Plan,
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
            Inputs::open(ctx, model, base, *n_threads, inventory, &plan.passes, &float_sums)
                .await?;
        let members = lookups::read(ctx, model, base, *n_threads).await?;
        self.end(step);
        Ok((inputs, shape, members))
    }

    /// Makes and stages the cells of each day.
    async fn roll_up_days(
        &mut self,
        ctx: &SessionContext,
        inputs: &Inputs,
        plan: &Plan,
        shape: &CellShape,
        state: Option<&TableState>,
    ) -> Result<Periods, EtlError> {
        let old = files_by_period(state);
        let selections = plan.passes.clone();
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
        // A day that the lake holds, and that has no events any more, loses its partition.
        for period in old.into_keys() {
            if day_of(period).is_some_and(|day| self.is_looked_for(plan, day)) {
                let gone = Rebuilt { file: None, totals: Totals::new(shape), is_changed: true };
                days.entry(period).or_insert(gone);
            }
        }
        if days.is_empty() && !inputs.inventory().has_files() {
            let days = name_of(self.asked);
            return Err(EtlError::NothingFound { days, looked_at: inputs.addresses() });
        }
        self.end(step);
        Ok(days)
    }

    /// Whether a day was asked for by its date, or all that its folder holds was read.
    fn is_looked_for(&self, plan: &Plan, day: Date) -> bool {
        let of_range = |days| matches!(days, Days::Range(range) if range.contains(day));
        of_range(self.asked) || plan.passes.iter().any(|pass| of_range(pass.days))
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

    /// Asks the checks of the model what they say of the days that changed.
    async fn judge(
        &mut self,
        ctx: &SessionContext,
        shape: &CellShape,
        members: &[Members],
        state: Option<&TableState>,
        days: &Periods,
    ) -> Result<(), EtlError> {
        let step = self.begin("check", 1);
        let (model, old) = (&self.config.model, files_by_period(state));
        let store = self.cells.store();
        let judge = Judge { ctx, model, shape, members, store, old: &old, days };
        let outcomes = judge.outcomes().await?;
        refuse_failures(&outcomes, self.config.accept.as_deref())?;
        self.stager.checked.declared = outcomes;
        self.end(step);
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
        made_of: DayInputs,
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
            accepted: self
                .stager
                .checked
                .has_failures()
                .then(|| self.config.accept.clone())
                .flatten(),
            inputs: made_of,
        }
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
            accepted: metadata.accepted,
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

fn name_of(days: Days) -> String {
    match days {
        Days::All | Days::OutOfDate => "any day".to_owned(),
        Days::Range(range) if range.n_days() == 1 => range.first().to_string(),
        Days::Range(range) => format!("{} to {}", range.first(), range.last()),
    }
}
