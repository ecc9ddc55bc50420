//! The days of a run: rolled up and written, or taken over from a killed run that had finished them.

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_proto::{Period, RunStep};
use datafusion::prelude::SessionContext;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use jiff::civil::Date;

use super::book::{Begun, Book};
use super::{Run, resume};
use crate::attribute::{Credited, Credits};
use crate::cells::{CellShape, Periods, Rebuilt, Totals, Union};
use crate::checks::invariants;
use crate::config::Days;
use crate::error::{EtlError, PlanError};
use crate::fold::Stage;
use crate::input::inputs::Inputs;
use crate::input::quarantine::RowKey;
use crate::input::sweep::Sweep;
use crate::rollup::{RolledUp, roll_up};
use crate::run::journal::StagedSweep;
use crate::run::plan::Plan;
use clio_lake::{LakeFile, TableState, files_by_period};

/// The result of a sweep.
enum Made {
    /// Its cells.
    RolledUp(RolledUp),
    /// Files that another run has written.
    Staged(StagedSweep),
}

impl Run<'_> {
    /// Makes and stages the cells of each day.
    pub(super) async fn roll_up_days(
        &mut self,
        ctx: &SessionContext,
        inputs: &Inputs,
        plan: &Plan,
        shape: &CellShape,
        state: Option<&TableState>,
    ) -> Result<Periods, EtlError> {
        let old = files_by_period(state);
        let book = self.book.clone();
        let step = book.begin(RunStep::RollUp, plan.sweeps.len() as u64)?;
        let mut days = Periods::new();
        let credits = Credits::new(ctx, inputs, &plan.sweeps)?;
        let finished = |sweep: &Sweep| self.finished(inputs, shape, plan, sweep);
        let finished: BTreeMap<_, _> = plan
            .sweeps
            .iter()
            .filter_map(|sweep| Some((resume::name_of(sweep), finished(sweep)?)))
            .collect();
        // While one day's cells are written, the next day's events are already being read.
        let mut sweeps = credited(credits, book.clone())
            .map_ok(|(sweep, credited)| {
                let (book, finished) = (book.clone(), &finished);
                async move {
                    let made = match finished.get(&resume::name_of(&sweep)) {
                        Some(staged) => Made::Staged(staged.clone()),
                        None => Made::RolledUp(
                            made(ctx, inputs, shape, &sweep, &credited, &book).await?,
                        ),
                    };
                    Ok::<_, EtlError>((sweep, made, credited))
                }
            })
            .try_buffered(2);
        while let Some((sweep, mut of_sweep, credited)) = sweeps.try_next().await? {
            let part = book.begin_part(RunStep::RollUp, &resume::name_of(&sweep))?;
            self.account.count_unattributed(&credited);
            let mut bad = self.set_aside(inputs, step, &of_sweep).await?;
            if let Made::Staged(staged) = &of_sweep {
                let staging = &mut self.stager.staging;
                match resume::read(staging, shape, staged, &old).await? {
                    Some(read) => self.take(shape, (plan, &sweep), staged, read, &mut days)?,
                    None => {
                        let rolled = made(ctx, inputs, shape, &sweep, &credited, &book).await?;
                        of_sweep = Made::RolledUp(rolled);
                        bad.extend(self.set_aside(inputs, step, &of_sweep).await?);
                    }
                }
            }
            if let Made::RolledUp(rolled) = &of_sweep {
                let of = (plan, &sweep, part);
                self.stage_sweep(inputs, shape, of, rolled, (&old, bad), &mut days).await?;
            }
            let n_rows = match &of_sweep {
                Made::RolledUp(rolled) => &rolled.rows_in,
                Made::Staged(staged) => &staged.rows_in,
            };
            let n_rows = n_rows.values().flat_map(BTreeMap::values).sum();
            book.end(part, n_rows)?;
            book.progress().advance(1);
        }
        drop(sweeps);
        self.account.quarantine.refuse_too_many(inputs, &self.account.rows_in)?;
        for source in inputs.sources() {
            self.account.rows_in.entry(source.name().to_owned()).or_default();
        }
        // A day of the lake that is left without events loses its partition; so does a day of a rebuilt retired
        // month: the day has none, and its month is folded without it.
        let retired = plan.retired.days().map(Period::Day);
        for period in old.into_keys().chain(retired) {
            if period.day().is_some_and(|day| self.is_looked_for(plan, day)) {
                let gone = Rebuilt { file: None, totals: Totals::new(shape), is_changed: true };
                days.entry(period).or_insert(gone);
            }
        }
        if days.is_empty() && !inputs.inventory().has_files(self.asked) {
            let days = name_of(self.asked);
            return Err(PlanError::NoEvents { days, looked_at: inputs.addresses() }.into());
        }
        book.end(step, 0)?;
        Ok(days)
    }

    /// Rewrites the days that are not rebuilt where a sum is no longer an integer: all files of a lake store a sum in
    /// the same way.
    pub(super) async fn recast(
        &mut self,
        ctx: &SessionContext,
        shape: &CellShape,
        state: Option<&TableState>,
        days: &Periods,
    ) -> Result<Periods, EtlError> {
        let mut recast = Periods::new();
        let union = Union::new(ctx, shape, Arc::clone(self.cells.store()), self.config.n_threads)?;
        for (period, files) in files_by_period(state) {
            if period.day().is_none() || days.contains_key(&period) {
                continue;
            }
            let cells = union.cells(&files).await?;
            let rebuilt = self.stager.stage(shape, period, &cells, &files).await?;
            recast.insert(period, rebuilt);
        }
        Ok(recast)
    }

    /// Writes the bad rows found since the previous sweep; returns them.
    async fn set_aside(
        &mut self,
        inputs: &Inputs,
        step: Begun,
        of_sweep: &Made,
    ) -> Result<Vec<RowKey>, EtlError> {
        if let Made::Staged(staged) = of_sweep {
            self.account.quarantine.take_over(&staged.quarantined);
        }
        let journal = self.book.journal().cloned();
        loop {
            match self.account.quarantine.store(self.config, inputs, journal.as_ref()).await {
                Ok(rows) => return Ok(rows),
                Err(error) => self.book.wait_after(step, error).await?,
            }
        }
    }

    /// The result of a dead run's sweep, if it had the same inputs.
    fn finished(
        &self,
        inputs: &Inputs,
        shape: &CellShape,
        plan: &Plan,
        sweep: &Sweep,
    ) -> Option<StagedSweep> {
        let (made_of, staged) = self.finished.get(&resume::name_of(sweep))?;
        let is_same =
            *made_of == resume::made_of(inputs.inventory(), shape, plan, sweep, &self.columns);
        is_same.then(|| staged.clone())
    }

    /// Whether a day was requested by its date, or everything was read that may hold events of it: its folder, or all
    /// files where they are not in folders by day.
    pub(super) fn is_looked_for(&self, plan: &Plan, day: Date) -> bool {
        let by_date = matches!(self.asked, Days::Range(range) if range.contains(day));
        by_date || (plan.may_rebuild(day) && !self.account.keeps(day))
    }

    /// Takes over the days of a sweep that another run has made.
    fn take(
        &mut self,
        shape: &CellShape,
        (plan, sweep): (&Plan, &Sweep),
        staged: &StagedSweep,
        read: Vec<(Period, Rebuilt)>,
        days: &mut Periods,
    ) -> Result<(), EtlError> {
        self.account.keep_months(
            plan,
            self.asked,
            read.iter().filter_map(|(period, _)| period.day()),
        )?;
        for (period, rebuilt) in read {
            if period.day().is_some_and(|day| self.account.keeps(day)) {
                continue;
            }
            self.count_day(shape, period, &rebuilt, &staged.rows_in)?;
            self.stager.checked.n_cells += rebuilt.totals.n_cells;
            days.insert(period, rebuilt);
        }
        self.account.count_others((plan, sweep), &staged.rows_out_of_day, days);
        Ok(())
    }

    /// Writes the days of a sweep, and notes in the journal that all of them are written.
    async fn stage_sweep(
        &mut self,
        inputs: &Inputs,
        shape: &CellShape,
        (plan, sweep, begun): (&Plan, &Sweep, Begun),
        rolled: &RolledUp,
        (old, quarantined): (&BTreeMap<Period, Vec<LakeFile>>, Vec<RowKey>),
        days: &mut Periods,
    ) -> Result<(), EtlError> {
        let mut staged = StagedSweep {
            days: Vec::new(),
            rows_in: rolled.rows_in.clone(),
            rows_out_of_day: rolled.rows_out_of_day.clone(),
            quarantined,
        };
        self.account.keep_months(plan, self.asked, rolled.days.iter().map(|(day, _)| *day))?;
        for index in 0..rolled.days.len() {
            if self.account.keeps(rolled.days[index].0) {
                continue;
            }
            let (period, rebuilt) = loop {
                match self.stage_day(shape, rolled, index, old).await {
                    Ok(day) => break day,
                    Err(error) => self.book.wait_after(begun, error).await?,
                }
            };
            if let (Some(file), Some(_)) = (&rebuilt.file, self.book.journal()) {
                let (day, _) = rolled.days[index];
                staged.days.push(resume::noted(&self.stager.staging, day, file).await?);
            }
            days.insert(period, rebuilt);
        }
        self.account.count_others((plan, sweep), &rolled.rows_out_of_day, days);
        if let Some(journal) = self.book.journal() {
            let made_of = resume::made_of(inputs.inventory(), shape, plan, sweep, &self.columns);
            journal.sweep_done(&resume::name_of(sweep), &made_of, &staged)?;
        }
        Ok(())
    }

    async fn stage_day(
        &mut self,
        shape: &CellShape,
        rolled: &RolledUp,
        index: usize,
        old: &BTreeMap<Period, Vec<LakeFile>>,
    ) -> Result<(Period, Rebuilt), EtlError> {
        let (day, cells) = &rolled.days[index];
        let period = Period::Day(*day);
        let old = old.get(&period).map(Vec::as_slice).unwrap_or_default();
        let rebuilt = self.stager.stage(shape, period, cells, old).await?;
        self.count_day(shape, period, &rebuilt, &rolled.rows_in)?;
        Ok((period, rebuilt))
    }

    /// Compares a day's cells with the events that were read for them, and counts those.
    fn count_day(
        &mut self,
        shape: &CellShape,
        period: Period,
        rebuilt: &Rebuilt,
        rows_in: &BTreeMap<String, BTreeMap<Date, u64>>,
    ) -> Result<(), EtlError> {
        let of_day = |source: &str| {
            let day = period.day()?;
            rows_in.get(source)?.get(&day).copied()
        };
        let of_day = |source: &str| of_day(source).unwrap_or_default();
        invariants::counts_are_rows(shape, period, &rebuilt.totals, of_day)?;
        self.stager.checked.n_days += 1;
        for source in rows_in.keys() {
            *self.account.rows_in.entry(source.clone()).or_default() += of_day(source);
        }
        Ok(())
    }
}

/// The sweeps, each with the events credited to its days; retried where the storage failed.
fn credited<'a>(
    credits: Credits<'a>,
    book: Arc<Book<'a>>,
) -> BoxStream<'a, Result<(Sweep, Credited), EtlError>> {
    let stream = futures::stream::try_unfold((credits, book), |(mut credits, book)| async move {
        let Some(sweep) = credits.sweep() else { return Ok(None) };
        let part = book.begin_part(RunStep::RollUp, &resume::name_of(&sweep))?;
        let credited = loop {
            match credits.credit().await {
                Ok(credited) => break credited,
                Err(error) => book.wait_after(part, error).await?,
            }
        };
        Ok(Some(((sweep, credited), (credits, book))))
    });
    stream.boxed()
}

/// Rolls up a sweep; retried where the storage failed.
async fn made(
    ctx: &SessionContext,
    inputs: &Inputs,
    shape: &CellShape,
    sweep: &Sweep,
    credited: &Credited,
    book: &Book<'_>,
) -> Result<RolledUp, EtlError> {
    let part = book.begin_part(RunStep::RollUp, &resume::name_of(sweep))?;
    loop {
        match roll_up(ctx, inputs, shape, sweep, credited).await {
            Ok(rolled) => return Ok(rolled),
            Err(error) => book.wait_after(part, error).await?,
        }
    }
}

fn name_of(days: Days) -> String {
    match days {
        Days::All | Days::OutOfDate => "any day".to_owned(),
        Days::Range(range) if range.n_days() == 1 => range.first().to_string(),
        Days::Range(range) => format!("{} to {}", range.first(), range.last()),
    }
}
