//! The checks of the model: every day whose cells a run changes is judged before the commit.
//!
//! Days are judged by their files as they were written, beside those of the days before that the lake
//! holds. A day whose bytes stay the same was judged, and perhaps accepted, when it was committed.

mod day;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use clio_lake::{CheckFinding, CheckOutcome, StoredType};
use clio_proto::{Check, CheckKind, Model, OnFailure, Period};
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt};
use jiff::Span;
use jiff::civil::Date;
use object_store::ObjectStore;

use self::day::DayTally;
use crate::cells::CellShape;
use crate::error::{CheckError, EtlError, FailedCheck};
use crate::fold::Union;
use crate::input::lookups::Members;
use crate::reported::REPORTED;
use crate::stage::{Periods, Rebuilt};
use clio_lake::LakeFile;

/// How many files of days before are read at once.
const N_FILES_AT_ONCE: usize = 8;

/// What days are judged by.
pub(crate) struct Judge<'a> {
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

impl Judge<'_> {
    /// What every check that is not switched off came to, in the model's order.
    pub(crate) async fn outcomes(&self) -> Result<Vec<CheckOutcome>, EtlError> {
        let is_on = |check: &&Check| check.on_failure != OnFailure::Off;
        let checks: Vec<&Check> = self.model.checks().iter().filter(is_on).collect();
        let none = |check: &&Check| CheckOutcome {
            name: check.name.clone(),
            n_checked: 0,
            findings: Vec::new(),
        };
        let mut outcomes: Vec<CheckOutcome> = checks.iter().map(none).collect();
        self.judge_out_of_day(&checks, &mut outcomes);
        let n_changed = self.changed().count();
        if n_changed == 0 {
            return Ok(outcomes);
        }
        // One thread: the cell that a finding names is the first one, in every run.
        let cells = Union::new(self.ctx, self.shape, Arc::clone(self.store), 1)?;
        self.judge_rows(&cells, &checks, &mut outcomes).await?;
        self.judge_unattributed(&checks, &mut outcomes);
        let known = self.known_members(&checks)?;
        for (day, rebuilt) in self.changed() {
            let Some(file) = &rebuilt.file else { continue };
            let mut tally = DayTally::new(self.shape, self.model, &checks, &known);
            if tally.is_empty() {
                break;
            }
            tally.read(&cells, file).await?;
            for judged in tally.judge() {
                let outcome = &mut outcomes[judged.check];
                outcome.n_checked += judged.n_checked;
                let is_failure = checks[judged.check].on_failure == OnFailure::Fail;
                let finding = |what| CheckFinding { day, is_failure, what };
                outcome.findings.extend(judged.what.map(finding));
            }
        }
        Ok(outcomes)
    }

    fn changed(&self) -> impl Iterator<Item = (Date, &Rebuilt)> {
        let changed = self.days.iter().filter(|(_, rebuilt)| rebuilt.is_changed);
        changed.filter_map(|(period, rebuilt)| Some((period.day()?, rebuilt)))
    }

    /// Days that stay as they are are judged as well: what is lost of them is in no cell.
    fn judge_out_of_day(&self, checks: &[&Check], outcomes: &mut [CheckOutcome]) {
        for (check, outcome) in checks.iter().zip(outcomes) {
            let CheckKind::OutOfDay { sources, at_most } = &check.kind else { continue };
            for source in sources {
                let Some(measure) = count_of(self.shape, source) else { continue };
                let days = self.days.iter().filter(|(_, rebuilt)| rebuilt.file.is_some());
                outcome.n_checked += days.count() as u64;
                for (day, n_lost) in self.out_of_day.get(source).into_iter().flatten() {
                    let of_day = self.days.get(&Period::Day(*day));
                    let n_counted = of_day.and_then(|rebuilt| rebuilt.totals.whole[measure]);
                    let n_lost = i128::from(*n_lost);
                    let n_events = n_lost + n_counted.unwrap_or_default();
                    let most = (at_most * n_events as f64).floor();
                    if n_lost as f64 > most {
                        let what = format!(
                            "{n_lost} of {n_events} events of `{source}` in the folder of that day are of \
                             other days, and in no cell; if folders are those of arrival, say so in the model: \
                             `days = \"arrival\"`"
                        );
                        let is_failure = check.on_failure == OnFailure::Fail;
                        outcome.findings.push(CheckFinding { day: *day, is_failure, what });
                    }
                }
            }
        }
    }

    fn judge_unattributed(&self, checks: &[&Check], outcomes: &mut [CheckOutcome]) {
        for (check, outcome) in checks.iter().zip(outcomes) {
            let CheckKind::Unattributed { sources, at_most } = &check.kind else { continue };
            for (day, rebuilt) in self.changed() {
                for source in sources {
                    let Some(measure) = count_of(self.shape, source) else { continue };
                    let without = self.unattributed.get(source).and_then(|days| days.get(&day));
                    let n_without = i128::from(without.copied().unwrap_or_default());
                    let n_events = n_without + rebuilt.totals.whole[measure].unwrap_or_default();
                    let most = (at_most * n_events as f64).floor();
                    outcome.n_checked += u64::from(n_events > 0);
                    if n_without as f64 > most {
                        let what = format!(
                            "{n_without} of {n_events} events of `{source}` find none to be credited to, \
                             {most:.0} at most expected"
                        );
                        let is_failure = check.on_failure == OnFailure::Fail;
                        outcome.findings.push(CheckFinding { day, is_failure, what });
                    }
                }
            }
        }
    }

    async fn judge_rows(
        &self,
        cells: &Union<'_>,
        checks: &[&Check],
        outcomes: &mut [CheckOutcome],
    ) -> Result<(), EtlError> {
        let trailing_days = |check: &&Check| match &check.kind {
            CheckKind::Rows { trailing_days, .. } => Some(*trailing_days),
            CheckKind::Within { .. }
            | CheckKind::Missing { .. }
            | CheckKind::OutOfDay { .. }
            | CheckKind::Unattributed { .. } => None,
        };
        let Some(longest) = checks.iter().filter_map(trailing_days).max() else { return Ok(()) };
        let totals = self.totals_by_day(cells, longest).await?;
        for (check, outcome) in checks.iter().zip(outcomes) {
            let CheckKind::Rows { sources, .. } = &check.kind else { continue };
            for (day, _) in self.changed() {
                let judged: Vec<RowsJudged> = sources
                    .iter()
                    .filter_map(|source| self.judge_day_rows(&check.kind, source, day, &totals))
                    .collect();
                outcome.n_checked += u64::from(!judged.is_empty());
                let is_failure = check.on_failure == OnFailure::Fail;
                let findings = judged.into_iter().filter_map(|judged| judged.what);
                let finding = |what| CheckFinding { day, is_failure, what };
                outcome.findings.extend(findings.map(finding));
            }
        }
        Ok(())
    }

    /// `None` where too little is known to judge by.
    fn judge_day_rows(
        &self,
        kind: &CheckKind,
        source: &str,
        day: Date,
        totals: &BTreeMap<Date, Vec<Option<i128>>>,
    ) -> Option<RowsJudged> {
        let CheckKind::Rows { trailing_days, n_known_at_least, at_least, at_most, .. } = kind
        else {
            return None;
        };
        let measure = count_of(self.shape, source)?;
        let n_events = |totals: &Vec<Option<i128>>| totals[measure].unwrap_or_default();
        let first = days_before(day, *trailing_days);
        let mut before: Vec<i128> =
            totals.range(first..day).map(|(_, own)| n_events(own)).collect();
        if before.len() < usize::from(*n_known_at_least) {
            return None;
        }
        let median = median(&mut before);
        // Nothing is a share of nothing: the source, or what counts it, is new.
        if median <= 0.0 {
            return None;
        }
        let found = totals.get(&day).map(n_events).unwrap_or_default();
        let (least, most) = ((at_least * median).ceil(), (at_most * median).floor());
        let is_within = (least..=most).contains(&(found as f64));
        let what = (!is_within).then(|| {
            format!(
                "{found} events of `{source}`, {least:.0} to {most:.0} expected: the median of the {} \
                 days before is {median}",
                before.len()
            )
        });
        Some(RowsJudged { what })
    }

    /// What the counts of each day come to, of rebuilt days and of those up to `longest` days before.
    async fn totals_by_day(
        &self,
        cells: &Union<'_>,
        longest: u16,
    ) -> Result<BTreeMap<Date, Vec<Option<i128>>>, EtlError> {
        let mut totals = BTreeMap::new();
        for (period, rebuilt) in self.days {
            if let (Some(day), Some(_)) = (period.day(), &rebuilt.file) {
                totals.insert(day, rebuilt.totals.whole.clone());
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
    fn known_members(&self, checks: &[&Check]) -> Result<KnownMembers, EtlError> {
        let mut known = KnownMembers::new();
        for check in checks {
            let CheckKind::Missing { dimensions, .. } = &check.kind else { continue };
            for dimension in dimensions {
                let lookup = self.model.dimension(dimension).and_then(|own| own.members.as_deref());
                let members = self.members.iter().find(|own| Some(own.name()) == lookup);
                if let Some(members) = members.filter(|own| !known.contains_key(own.name())) {
                    known.insert(members.name().to_owned(), members.keys()?);
                }
            }
        }
        Ok(known)
    }
}

type KnownMembers = BTreeMap<String, HashSet<String>>;

struct RowsJudged {
    what: Option<String>,
}

/// The measure that counts a source's events.
fn count_of(shape: &CellShape, source: &str) -> Option<usize> {
    shape.measures.iter().position(|own| own.stored == StoredType::Count && own.source == source)
}

fn days_before(day: Date, n_days: u16) -> Date {
    day.saturating_sub(Span::new().days(n_days))
}

/// The value in the middle, or between the two there; at least one is given.
fn median(values: &mut [i128]) -> f64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    let upper = values[middle] as f64;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1] as f64, upper)
    } else {
        upper
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&mut [3]).to_string(), "3");
        assert_eq!(median(&mut [9, 1, 5]).to_string(), "5");
        assert_eq!(median(&mut [4, 1, 9, 7]).to_string(), "5.5");
    }
}
