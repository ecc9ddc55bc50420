//! The checks of the model: every day whose cells a run changes is judged before the commit.
//!
//! Days are judged by their files as they were written, beside those of the days before that the lake
//! holds. A day whose bytes stay the same was judged, and perhaps accepted, when it was committed.
//!
//! A kind of check is a struct of the model, and a file beside this one that judges by it: by what days come to as
//! wholes ([`ByTotals`]), or by their cells ([`ByCells`]), which are read once for all checks. [`judge_of`] says which.

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

/// How many files of days before are read at once.
const N_FILES_AT_ONCE: usize = 8;

/// What days are judged by.
pub(crate) struct Evidence<'a> {
    pub(crate) ctx: &'a SessionContext,
    pub(crate) model: &'a Model,
    pub(crate) shape: &'a CellShape,
    pub(crate) members: &'a [Members],
    pub(crate) store: &'a Arc<dyn ObjectStore>,
    /// The lake's files before the run.
    pub(crate) old: &'a BTreeMap<Period, Vec<LakeFile>>,
    /// The rebuilt days.
    pub(crate) days: &'a Periods,
    /// Events that found none to be credited to, by source and by the day on which they happened.
    pub(crate) unattributed: &'a BTreeMap<String, BTreeMap<Date, u64>>,
    /// Events in folders of other days than their own, by source and by the day of the folder.
    pub(crate) out_of_day: &'a BTreeMap<String, BTreeMap<Date, u64>>,
}

/// What a check came to so far.
#[derive(Debug, Default)]
struct Found {
    n_checked: u64,
    /// What was expected and found, by the day for which it does not hold.
    findings: Vec<(Date, String)>,
}

/// What the counts of days come to, by measure.
type TotalsByDay = BTreeMap<Date, Vec<Option<i128>>>;

/// The keys of lookups that describe members, by lookup.
type KnownMembers = BTreeMap<String, HashSet<String>>;

/// A kind of check that judges days by what they come to as wholes.
trait ByTotals: Sync {
    /// How many days before a changed one it looks at.
    fn n_days_before(&self) -> u16 {
        0
    }

    /// Judges the days of a run; totals are those of rebuilt days, and of as many before as asked for.
    fn judge(&self, evidence: &Evidence<'_>, totals: &TotalsByDay, found: &mut Found);
}

/// A kind of check that looks into the cells of changed days.
trait ByCells: Sync {
    /// The dimensions of which it has to know the members that a lookup describes.
    fn described(&self) -> &[String] {
        &[]
    }

    /// What it adds up of a day's cells, one for each thing that it judges on its own.
    fn tallies<'a>(
        &'a self,
        evidence: &Evidence<'a>,
        known: &'a KnownMembers,
    ) -> Vec<Box<dyn Tally + 'a>>;
}

/// What the cells of a day come to for a check: a day's are added, and judged, before the next day's.
trait Tally: Send {
    /// The columns that it looks at.
    fn columns(&self) -> Vec<&str>;

    /// Adds cells of the day.
    fn add(&mut self, batch: &RecordBatch) -> Result<(), EtlError>;

    /// Judges the day, and begins again with none.
    fn judge(&mut self, day: Date, found: &mut Found);
}

/// How a kind of check judges.
enum JudgeOf<'a> {
    Totals(&'a dyn ByTotals),
    Cells(&'a dyn ByCells),
}

/// How each kind judges.
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
    /// What every check that is not switched off came to, in the model's order.
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
        // One thread: the cell that a finding names is the first one, in every run.
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

    /// What the counts of each day come to, of rebuilt days and of those up to `longest` days before.
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

    /// The keys of the lookups that describe members of dimensions which checks look at, by lookup.
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

/// Says what was found, and refuses to go on where a check failed that nobody accepts.
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
            // A run that fails gives no report that could say it.
            _ if !failed.is_empty() => tracing::warn!(check, %day, "a check warns: {what}"),
            (true, Some(reason)) => {
                tracing::warn!(target: REPORTED, check, %day, reason, "a check failed and is accepted: {what}");
            }
            _ => tracing::warn!(target: REPORTED, check, %day, "a check warns: {what}"),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(CheckError::Declared { failed }) }
}
