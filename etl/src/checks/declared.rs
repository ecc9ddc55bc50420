//! The checks that a model declares: every day whose cells a run changes is checked before the commit.
//!
//! Days are checked in the form in which they were written, against earlier days in the lake. A day whose bytes stay
//! the same was already checked, and perhaps accepted, when it was committed.
//!
//! Each kind of check is a struct of the model, with a file beside this one that implements it: by the totals of days
//! ([`ByTotals`]), or by their cells ([`ByCells`]), which are read once for all checks. [`judge_of`] says which.

mod cells;
mod missing;
mod out_of_day;
mod rows;
mod unattributed;
mod within;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use clio_lake::{CheckFinding, CheckOutcome};
use clio_proto::{Check, CheckKind, Model, OnFailure, Period};
use datafusion::arrow::array::RecordBatch;
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt};
use jiff::Span;
use jiff::civil::Date;
use object_store::ObjectStore;

use crate::cells::{CellShape, Periods, Rebuilt, Union};
use crate::error::{CheckError, EtlError, FailedCheck};
use crate::input::lookups::Members;
use crate::reported::REPORTED;
use clio_lake::LakeFile;

/// How many files of earlier days are read at once.
const N_FILES_AT_ONCE: usize = 8;

/// What days are checked against.
pub(crate) struct Evidence<'a> {
    pub(crate) ctx: &'a SessionContext,
    pub(crate) model: &'a Model,
    pub(crate) shape: &'a CellShape,
    pub(crate) members: &'a [Members],
    pub(crate) store: &'a Arc<dyn ObjectStore>,
    /// The lake's files from before the run.
    pub(crate) old: &'a BTreeMap<Period, Vec<LakeFile>>,
    /// The rebuilt days.
    pub(crate) days: &'a Periods,
    /// Unattributed events, by source and by the day on which they happened.
    pub(crate) unattributed: &'a BTreeMap<String, BTreeMap<Date, u64>>,
    /// Events in folders of days other than their own, by source and by the folder's day.
    pub(crate) out_of_day: &'a BTreeMap<String, BTreeMap<Date, u64>>,
}

/// What a check has found so far.
#[derive(Debug, Default)]
struct Found {
    n_checked: u64,
    /// What was expected and found, with the day on which the check fails.
    findings: Vec<(Date, String)>,
}

/// The totals of days, by measure.
type TotalsByDay = BTreeMap<Date, Vec<Option<i128>>>;

/// The keys of lookups that describe members, by lookup.
type KnownMembers = BTreeMap<String, HashSet<String>>;

/// A kind of check that needs only the totals of days.
trait ByTotals: Sync {
    /// How many days before a changed day it needs.
    fn n_days_before(&self) -> u16 {
        0
    }

    /// Checks the days of a run; `totals` has the rebuilt days, and as many days before as requested.
    fn judge(&self, evidence: &Evidence<'_>, totals: &TotalsByDay, found: &mut Found);
}

/// A kind of check that reads the cells of changed days.
trait ByCells: Sync {
    /// The dimensions for which it needs the members that a lookup describes.
    fn described(&self) -> &[String] {
        &[]
    }

    /// The tallies that it keeps of a day's cells, one for each separate finding.
    fn tallies<'a>(
        &'a self,
        evidence: &Evidence<'a>,
        known: &'a KnownMembers,
    ) -> Vec<Box<dyn Tally + 'a>>;
}

/// A tally of a day's cells: one day is added and checked before the next.
trait Tally: Send {
    /// The columns that it needs.
    fn columns(&self) -> Vec<&str>;

    /// Adds cells of the day.
    fn add(&mut self, batch: &RecordBatch) -> Result<(), EtlError>;

    /// Checks the day, and resets the tally.
    fn judge(&mut self, day: Date, found: &mut Found);
}

/// How a kind of check is implemented.
enum JudgeOf<'a> {
    Totals(&'a dyn ByTotals),
    Cells(&'a dyn ByCells),
}

/// How each kind is implemented.
fn judge_of(kind: &CheckKind) -> JudgeOf<'_> {
    match kind {
        CheckKind::Rows(check) => JudgeOf::Totals(check),
        CheckKind::Within(check) => JudgeOf::Cells(check),
        CheckKind::Missing(check) => JudgeOf::Cells(check),
        CheckKind::OutOfDay(check) => JudgeOf::Totals(check),
        CheckKind::Unattributed(check) => JudgeOf::Totals(check),
    }
}

impl Evidence<'_> {
    /// The outcome of every check that is not switched off, in the model's order.
    pub(crate) async fn outcomes(&self) -> Result<Vec<CheckOutcome>, EtlError> {
        let is_on = |check: &&Check| check.on_failure != OnFailure::Off;
        let checks: Vec<&Check> = self.model.checks().iter().filter(is_on).collect();
        let (mut by_totals, mut by_cells) = (Vec::new(), Vec::new());
        for (at, check) in checks.iter().enumerate() {
            match judge_of(&check.kind) {
                JudgeOf::Totals(judge) => by_totals.push((at, judge)),
                JudgeOf::Cells(judge) => by_cells.push((at, judge)),
            }
        }
        let mut found: Vec<Found> = checks.iter().map(|_| Found::default()).collect();
        // One thread, so that a finding names the same cell, the first one, in every run.
        let cells = Union::new(self.ctx, self.shape, Arc::clone(self.store), 1)?;
        let longest = by_totals.iter().map(|(_, judge)| judge.n_days_before()).max();
        let totals = self.totals_by_day(&cells, longest.unwrap_or_default()).await?;
        for (at, judge) in by_totals {
            judge.judge(self, &totals, &mut found[at]);
        }
        if self.changed().next().is_some() {
            self.judge_cells(&cells, &by_cells, &mut found).await?;
        }
        let outcome = |(check, Found { n_checked, findings }): (&Check, Found)| {
            let is_failure = check.on_failure == OnFailure::Fail;
            let finding = |(day, what)| CheckFinding { day, is_failure, what };
            let findings = findings.into_iter().map(finding).collect();
            CheckOutcome { name: check.name.clone(), n_checked, findings }
        };
        Ok(checks.into_iter().zip(found).map(outcome).collect())
    }

    /// The days whose cells the run changes, in order.
    fn changed(&self) -> impl Iterator<Item = (Date, &Rebuilt)> {
        let changed = self.days.iter().filter(|(_, rebuilt)| rebuilt.is_changed);
        changed.filter_map(|(period, rebuilt)| Some((period.day()?, rebuilt)))
    }

    async fn judge_cells(
        &self,
        cells: &Union<'_>,
        judges: &[(usize, &dyn ByCells)],
        found: &mut [Found],
    ) -> Result<(), EtlError> {
        let known = self.known_members(judges)?;
        let mut tallies: Vec<(usize, Box<dyn Tally + '_>)> = Vec::new();
        for (at, judge) in judges {
            tallies.extend(judge.tallies(self, &known).into_iter().map(|tally| (*at, tally)));
        }
        if tallies.is_empty() {
            return Ok(());
        }
        for (day, rebuilt) in self.changed() {
            let Some(file) = &rebuilt.file else { continue };
            cells::read(cells, file, &mut tallies).await?;
            for (at, tally) in &mut tallies {
                tally.judge(day, &mut found[*at]);
            }
        }
        Ok(())
    }

    /// The totals of the rebuilt days and of the days up to `longest` days before them.
    async fn totals_by_day(
        &self,
        cells: &Union<'_>,
        longest: u16,
    ) -> Result<TotalsByDay, EtlError> {
        let mut totals = TotalsByDay::new();
        for (period, rebuilt) in self.days {
            if let (Some(day), Some(_)) = (period.day(), &rebuilt.file) {
                totals.insert(day, rebuilt.totals.wholes());
            }
        }
        let before: BTreeSet<Date> = self
            .changed()
            .flat_map(|(day, _)| {
                let window = Period::Day(days_before(day, longest))..Period::Day(day);
                self.old.range(window).map(|(period, _)| *period)
            })
            .filter(|period| !self.days.contains_key(period))
            .filter_map(Period::day)
            .collect();
        let known: Vec<(Date, Vec<Option<i128>>)> = futures::stream::iter(before)
            .map(|day| async move {
                let files = self.old.get(&Period::Day(day)).map(Vec::as_slice).unwrap_or_default();
                Ok::<_, EtlError>((day, cells.whole_totals(files).await?))
            })
            .buffered(N_FILES_AT_ONCE)
            .try_collect()
            .await?;
        totals.extend(known);
        Ok(totals)
    }

    /// The keys of the lookups that describe members of the dimensions being checked, by lookup.
    fn known_members(&self, judges: &[(usize, &dyn ByCells)]) -> Result<KnownMembers, EtlError> {
        let mut known = KnownMembers::new();
        for dimension in judges.iter().flat_map(|(_, judge)| judge.described()) {
            let lookup = self.model.dimension(dimension).and_then(|own| own.members.as_deref());
            let members = self.members.iter().find(|own| Some(own.name()) == lookup);
            if let Some(members) = members.filter(|own| !known.contains_key(own.name())) {
                known.insert(members.name().to_owned(), members.keys()?);
            }
        }
        Ok(known)
    }
}

fn days_before(day: Date, n_days: u16) -> Date {
    day.saturating_sub(Span::new().days(n_days))
}

/// Reports what was found, and refuses to go on if a check failed and nobody accepted that.
pub(crate) fn refuse_failures(
    outcomes: &[CheckOutcome],
    accepted: Option<&str>,
) -> Result<(), CheckError> {
    let mut failed = Vec::new();
    let mut warned = Vec::new();
    for outcome in outcomes {
        for finding in &outcome.findings {
            if finding.is_failure && accepted.is_none() {
                failed.push(FailedCheck {
                    check: outcome.name.clone(),
                    day: finding.day,
                    what: finding.what.clone(),
                });
            } else {
                warned.push((outcome.name.as_str(), finding));
            }
        }
    }
    for (check, CheckFinding { day, is_failure, what }) in warned {
        match (is_failure, accepted) {
            // A failing run leaves no report that could say it.
            _ if !failed.is_empty() => tracing::warn!(check, %day, "a check warns: {what}"),
            (true, Some(reason)) => {
                tracing::warn!(target: REPORTED, check, %day, reason, "a check failed and is accepted: {what}");
            }
            _ => tracing::warn!(target: REPORTED, check, %day, "a check warns: {what}"),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(CheckError::Declared { failed }) }
}
