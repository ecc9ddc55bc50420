//! An exact recount of days, compared with what the lake holds: *are the numbers right?*
//!
//! ```text
//! sources ─▶ read by a second way ─▶ a view each ─▶ SQL: COUNT, SUM, DISTINCT, ORDER ─┐
//! lookups ─▶ read by a second way ─▶ joined in SQL                                ├─▶ compare ─▶ report, file
//! lake    ─▶ the day's cells ─▶ sums and unions by dimension ─────────────────────┘
//! ```
//!
//! Compared are the total of a day, every member of every dimension, and a random sample of whole cells. Files are read
//! by separate readers (`source/recount.rs`), which keep every value as written and reject one that the run's type does
//! not hold. The recount shares with a run the types of columns, which rows are bad, how values are converted for sums
//! and, where the engine has no equivalent cast, how a time becomes a day. Lookups, grouping, summing and counting are
//! the engine's own SQL, without our functions: a second way to the same numbers. So is attribution, by a join instead
//! of an ordered sweep; binding keys and reading instants is the run's. Each `hll++` estimate is also compared with
//! that of the `hyperloglogplus` crate.

mod compare;
mod credited;
mod distinct;
mod exact;
mod facts;
mod place;
mod quantiles;
mod stored;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use clio_lake::{
    CELLS_TABLE, DeltaFolder, LakeError, LakeFile, SnapshotMetadata, TableState,
    VERIFICATION_VERSION, Verification, files_by_period, write_verification,
};
use clio_proto::{DayRange, Model, Period, RetiredDays, SnapshotId};
use jiff::civil::Date;

use self::compare::Comparison;
use self::facts::Facts;
use crate::attribute;
use crate::cells::{CellShape, Union};
use crate::config::{Config, Days, Progress};
use crate::engine;
use crate::error::EtlError;
use crate::input::columns::Columns;
use crate::input::inputs::Inputs;
use crate::input::inventory::Inventory;
use crate::input::sweep::Sweep;
use crate::run::damaged::Damaged;
use crate::run::plan::{Plan, Reason, days_in};

/// What to recount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The days; `None` for the last day that the lake holds.
    pub days: Option<DayRange>,
    /// How many cells of each day, in addition to its totals.
    pub n_cells: usize,
    /// The seed of the sample: the same seed selects the same cells.
    pub seed: u64,
}

/// Recounts days of the newest snapshot and writes the result into the lake.
///
/// Costs one reading of the day's files, value by value, into a temporary file with the columns that the model uses;
/// then a sweep over that file for each dimension and distinct count, sorting the day's distinct values, on disk where
/// memory is limited. Days of retired months are left out, and the report says so.
///
/// # Errors
///
/// Where the lake, the sources or the lookups cannot be read, where the lake does not hold the day, and where it is out
/// of date: the sources are then not what its cells were made of. Differing numbers are not an error here: the report
/// has them.
pub async fn verify(
    config: &Config,
    sample: Sample,
    progress: &dyn Progress,
) -> Result<Verification, EtlError> {
    Box::pin(Verifier { config, sample, progress }.run()).await
}

struct Verifier<'a> {
    config: &'a Config,
    sample: Sample,
    progress: &'a dyn Progress,
}

impl Verifier<'_> {
    async fn run(&self) -> Result<Verification, EtlError> {
        let cells = DeltaFolder::open(&self.config.lake, CELLS_TABLE)?;
        let Some(state) = cells.state().await? else {
            return Err(LakeError::NoSnapshot { url: self.config.lake.to_string() }.into());
        };
        let metadata = cells.metadata(&state).await?;
        let none = RetiredDays::default();
        let retired = metadata.as_ref().map_or(&none, |metadata| &metadata.retired);
        let days = self.days(&state, retired)?;
        self.progress.step("verify", days.len() as u64);
        let mut comparison = Comparison::new(self.config.model.dimensions());
        for day in &days {
            let compared =
                self.one_day(&cells, &state, metadata.as_ref(), *day, &mut comparison).await;
            compared.map_err(|error| match cells.met_damage() {
                Some(damage) => LakeError::Damaged(damage).into(),
                None => error,
            })?;
            self.progress.advance(1);
        }
        self.progress.done("verify");
        let mut verification = comparison.finish(Verification {
            format_version: VERIFICATION_VERSION,
            snapshot: SnapshotId(state.version),
            run: self.config.run.clone(),
            verified_at: self.config.now,
            days,
            seed: self.sample.seed,
            n_cells: 0,
            n_additive: 0,
            n_distinct: 0,
            max_error: 0.0,
            rms_error: 0.0,
            share_within_bounds: 1.0,
            reference: None,
            n_mismatches: 0,
            mismatches: Vec::new(),
            not_compared: Vec::new(),
        });
        verification.not_compared.extend(self.left_out(retired));
        write_verification(&self.config.lake, &verification).await?;
        Ok(verification)
    }

    /// A note on requested days whose months are retired.
    fn left_out(&self, retired: &RetiredDays) -> Option<String> {
        let range = self.sample.days?;
        let is_cut = |month: &Period| retired.days_of(*month).any(|day| range.contains(day));
        let months: Vec<Period> = retired.months().filter(is_cut).collect();
        let days = months.iter().flat_map(|month| retired.days_of(*month));
        let n_days = days.filter(|day| range.contains(*day)).count();
        let (first, last) = (months.first()?, months.last()?);
        let months =
            if first == last { format!("{first} is") } else { format!("{first} to {last} are") };
        Some(format!("{n_days} days that have left the lake: {months} retired"))
    }

    fn refuse(&self, reason: impl Into<String>) -> EtlError {
        LakeError::refused(&self.config.lake, reason).into()
    }

    /// The requested days that the lake holds, in order.
    fn days(&self, state: &TableState, retired: &RetiredDays) -> Result<Vec<Date>, EtlError> {
        let held = days_in(state);
        let (Some(first), Some(last)) = (held.first().copied(), held.last().copied()) else {
            let reason = match retired.days().last() {
                Some(day) => format!("the snapshot holds no day: all months to {day} are retired"),
                None => "the snapshot holds no day".to_owned(),
            };
            return Err(self.refuse(reason));
        };
        let Some(range) = self.sample.days else { return Ok(vec![last]) };
        let days: Vec<Date> = held.into_iter().filter(|day| range.contains(*day)).collect();
        if days.is_empty() {
            let (from, to) = (range.first(), range.last());
            let why = self.left_out(retired).map(|why| format!(" ({why})")).unwrap_or_default();
            let reason =
                format!("it holds no day from {from} to {to}{why}; it has {first} to {last}");
            return Err(self.refuse(reason));
        }
        Ok(days)
    }

    async fn one_day(
        &self,
        cells: &DeltaFolder,
        state: &TableState,
        metadata: Option<&SnapshotMetadata>,
        day: Date,
        comparison: &mut Comparison<'_>,
    ) -> Result<(), EtlError> {
        let Config { model, base, n_threads, .. } = self.config;
        // A session of its own: views of another day would have the same names.
        let ctx = engine::session(*n_threads, self.config.memory_bytes)?;
        let range = DayRange::try_new(day, day).expect("a day is a range");
        let inventory = Inventory::list(&ctx, model, base, Days::Range(range)).await?;
        self.refuse_out_of_date(&inventory, state, metadata, day)?;
        let sweep = Sweep { days: Days::Range(range) };
        let columns = metadata.map(|metadata| &metadata.columns);
        Columns::install(&ctx, model, columns, false);
        let float_sums = state.float_sums();
        let sweeps = [sweep];
        let (inputs, shape) =
            Inputs::open(&ctx, model, base, *n_threads, inventory, &sweeps, &float_sums).await?;
        attribute::bind(&ctx, &inputs)?;
        // Rows that the run left out are not recounted: whether a row is bad depends on what the run computes from it.
        attribute::set_all_aside(&inputs, &sweep).await?;
        let files = files_by_period(Some(state)).remove(&Period::Day(day)).unwrap_or_default();
        let day_cells = DayCells { model, shape: &shape, files: &files };
        // One thread: rows keep their order, so that a seed selects the same cells on any machine.
        let union = Union::new(&ctx, &shape, Arc::clone(cells.store()), 1)?;
        let chosen = stored::choose(&day_cells, &union, self.sample).await?;
        let mut stored = stored::totals(&day_cells, &union).await?;
        comparison.add_cells(chosen.len() as u64);
        let keys: Vec<String> = chosen.keys().cloned().collect();
        stored.add_cells(chosen);
        let facts = Facts::open(&ctx, model, base, &inputs, sweep).await?;
        let exact = exact::count(&ctx, &facts, &shape, &keys).await?;
        let recounted = exact::recounted(&facts);
        let not_compared = facts.not_compared();
        comparison.add_day(day, &shape, &stored, &exact, &recounted, not_compared);
        Ok(())
    }

    /// A day whose files, lookups or model have changed since is expected to have other numbers.
    fn refuse_out_of_date(
        &self,
        inventory: &Inventory,
        state: &TableState,
        metadata: Option<&SnapshotMetadata>,
        day: Date,
    ) -> Result<(), EtlError> {
        let plan = Plan::new(
            Days::OutOfDate,
            self.config.now,
            &self.config.model,
            inventory,
            (Some(state), metadata),
            &Damaged::default(),
        );
        let of_day = plan.days.iter().find(|planned| planned.day == day);
        let reasons = of_day.map_or(plan.every_day.as_slice(), |planned| &planned.reasons);
        let is_other =
            |reason: &&Reason| matches!(reason, Reason::Files | Reason::Lookup | Reason::Model);
        let reasons: Vec<&str> =
            reasons.iter().filter(is_other).map(|reason| reason.text()).collect();
        if reasons.is_empty() {
            return self.refuse_other_state(inventory, metadata, day);
        }
        let reason = format!(
            "{day} is out of date: {}; run `clio etl run` first, then verify",
            reasons.join(", ")
        );
        Err(self.refuse(reason))
    }

    /// A day that keeps what it took from a lookup that has since changed cannot be recounted: that state is gone.
    fn refuse_other_state(
        &self,
        inventory: &Inventory,
        metadata: Option<&SnapshotMetadata>,
        day: Date,
    ) -> Result<(), EtlError> {
        let known = metadata.and_then(|metadata| metadata.inputs.get(day));
        let changed = known.map(|(recipe, _)| inventory.changed_lookups(recipe, Some(day)));
        let changed: Vec<String> =
            changed.into_iter().flatten().map(|lookup| format!("`{lookup}`")).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let lookups = changed.join(", ");
        let reason = format!(
            "{day} was made with an earlier state of {lookups} and keeps it (`on_change = \"new_days\"`): that \
             state is gone and cannot be recounted from; `clio etl run --date {day}` makes the day with the \
             newest one, `--all` every day"
        );
        Err(self.refuse(reason))
    }
}

/// The cells of one day.
struct DayCells<'a> {
    model: &'a Model,
    shape: &'a CellShape,
    files: &'a [LakeFile],
}
