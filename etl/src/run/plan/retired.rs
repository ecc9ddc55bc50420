//! Retired months that a run encounters. Their days have left the lake, so such a month cannot be folded again from
//! some new days and the old others: it is rebuilt as a whole, or not at all.
//!
//! ```text
//! no dates    stays as it is, and the report says what would have been rebuilt
//! --all       rebuilt, if the files of all its days exist; otherwise it stays as it is
//! dates       rebuilt, if they cover all its days and the files exist; otherwise the run is refused
//! ```

use std::collections::BTreeSet;
use std::fmt;

use clio_proto::{DayRange, Period, RetiredDays};
use jiff::civil::Date;

use super::{Found, Plan, PlannedDay, Reason};
use crate::config::Days;
use crate::error::{PlanError, list_days};
use crate::input::sweep::Sweep;

/// A retired month with days that are requested or out of date.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlannedMonth {
    /// The month, such as `2025-01`.
    pub month: String,
    /// What a run does about it.
    pub effect: MonthEffect,
    /// Its first day: rebuilding the month means rebuilding the days from here …
    pub from: Date,
    /// … to its last.
    pub to: Date,
    /// Its days that are requested or out of date; none where sources are not filed by day, which cannot tell.
    pub days: Vec<PlannedDay>,
    /// Days that it was folded from whose files are gone: without them it cannot be rebuilt.
    pub without_files: Vec<Date>,
}

/// What a run does about a retired month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthEffect {
    /// All its days are rebuilt, and are in the lake again: it is then no longer retired.
    Rebuilt,
    /// It stays as it is.
    Kept,
    /// The run fails: only some of its days were requested, or their files are gone.
    Refused,
}

/// What it means for the month, as a clause.
impl fmt::Display for PlannedMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { month, from, to, days, without_files, .. } = self;
        match self.effect {
            MonthEffect::Rebuilt => {
                return write!(f, "{month} is rebuilt whole: its days are in the lake again");
            }
            MonthEffect::Kept => write!(f, "{month} stays as it is, ")?,
            MonthEffect::Refused => write!(f, "{month} cannot be rebuilt in part, ")?,
        }
        write!(f, "since its days have left the lake; ")?;
        let reasons: BTreeSet<Reason> =
            days.iter().flat_map(|planned| &planned.reasons).copied().collect();
        let reasons: Vec<&str> = reasons.into_iter().map(Reason::text).collect();
        let reasons = reasons.join("; ");
        match days.len() {
            0 => {}
            1 => write!(f, "one of them would be rebuilt ({reasons}); ")?,
            n_days => write!(f, "{n_days} of them would be rebuilt ({reasons}); ")?,
        }
        if without_files.is_empty() {
            write!(f, "to rebuild it whole: `--from {from} --to {to}`")
        } else {
            let gone = list_days(without_files);
            write!(f, "nor can it be rebuilt whole, since the files of {gone} are gone")
        }
    }
}

impl PlannedMonth {
    pub(crate) fn period(&self) -> Period {
        Period::Month(self.from.year(), self.from.month())
    }

    /// Whether the day is in a month that stays as it is.
    pub(crate) fn keeps(&self, day: Date) -> bool {
        self.effect == MonthEffect::Kept && (self.from..=self.to).contains(&day)
    }
}

/// Decides about every retired month with days that were found, and removes the days of months that stay from the plan.
/// `has_files` says so of requested days; where sources are not filed by day it is true for all.
pub(super) fn settle(
    asked: Days,
    retired: &RetiredDays,
    has_files: impl Fn(Date) -> bool,
    found: &mut Found,
) -> Vec<PlannedMonth> {
    let mut months = Vec::new();
    for month in retired.months() {
        let Some(range) = DayRange::of(month) else { continue };
        let of_month = found.days.iter().filter(|planned| month.contains(planned.day));
        let days: Vec<PlannedDay> = of_month.cloned().collect();
        if days.is_empty() && found.every_day.is_empty() {
            continue;
        }
        let gone = retired.days_of(month).filter(|day| asked.contains(*day) && !has_files(*day));
        let without_files: Vec<Date> = gone.collect();
        let is_whole =
            without_files.is_empty() && retired.days_of(month).all(|day| asked.contains(day));
        let effect = match asked {
            Days::OutOfDate => MonthEffect::Kept,
            _ if is_whole => MonthEffect::Rebuilt,
            Days::All => MonthEffect::Kept,
            Days::Range(_) => MonthEffect::Refused,
        };
        if effect == MonthEffect::Kept {
            let is_kept = |sweep: &Sweep| matches!(sweep.days, Days::Range(range) if month.contains(range.first()));
            found.days.retain(|planned| !month.contains(planned.day));
            found.sweeps.retain(|sweep| !is_kept(sweep));
        }
        let (from, to, month) = (range.first(), range.last(), month.to_string());
        months.push(PlannedMonth { month, effect, from, to, days, without_files });
    }
    months
}

impl Plan {
    /// Retired months to be rebuilt for which a sweep over sources that are not filed by day found no events on some
    /// days: each with those days.
    ///
    /// # Errors
    ///
    /// Where such a month was requested by its dates.
    pub(crate) fn months_without_events(
        &self,
        asked: Days,
        found: &BTreeSet<Date>,
    ) -> Result<Vec<(Period, Vec<Date>)>, PlanError> {
        if self.is_by_day {
            return Ok(Vec::new());
        }
        let rebuilt = self.retired_months.iter().filter(|it| it.effect == MonthEffect::Rebuilt);
        let lacking: Vec<(Period, Vec<Date>)> = rebuilt
            .map(|it| (it.period(), self.retired.days_of(it.period())))
            .map(|(month, days)| (month, days.filter(|day| !found.contains(day)).collect()))
            .filter(|(_, days): &(Period, Vec<Date>)| !days.is_empty())
            .collect();
        if lacking.is_empty() || !matches!(asked, Days::Range(_)) {
            return Ok(lacking);
        }
        let (months, days): (Vec<Period>, Vec<Vec<Date>>) = lacking.into_iter().unzip();
        Err(refused(asked, &months, days.concat()))
    }

    /// Refuses to rebuild a retired month from only some of its days.
    pub(crate) fn refuse_part_of_month(&self, asked: Days) -> Result<(), PlanError> {
        let cut = self.retired_months.iter().filter(|it| it.effect == MonthEffect::Refused);
        let months: Vec<Period> = cut.clone().map(PlannedMonth::period).collect();
        if months.is_empty() {
            return Ok(());
        }
        let without_files = cut.flat_map(|month| month.without_files.iter().copied()).collect();
        Err(refused(asked, &months, without_files))
    }
}

/// The error, with the dates that would do: the requested ones, and the remaining ones of the months that they cut.
fn refused(asked: Days, months: &[Period], without_files: Vec<Date>) -> PlanError {
    let ranges = months.iter().filter_map(|month| DayRange::of(*month));
    let ranges = ranges.chain(if let Days::Range(range) = asked { Some(range) } else { None });
    let (from, to) = ranges.fold((Date::MAX, Date::MIN), |(from, to), range| {
        (from.min(range.first()), to.max(range.last()))
    });
    let months = months.iter().map(ToString::to_string).collect();
    PlanError::MonthsRetired { months, from, to, without_files }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// January 2026 retired with its last two days; found are these days with a sweep each.
    fn settled(asked: Days, found_days: &[&str], with_files: &[&str]) -> (Vec<String>, usize) {
        let mut retired = RetiredDays::default();
        retired.retire(["2026-01-30", "2026-01-31"].map(day));
        let planned = |text: &&str| PlannedDay { day: day(text), reasons: vec![Reason::Files] };
        let mut found = Found {
            days: found_days.iter().map(planned).collect(),
            sweeps: found_days.iter().map(|it| Sweep { days: Days::one(day(it)) }).collect(),
            ..Found::default()
        };
        let with_files: Vec<Date> = with_files.iter().map(|text| day(text)).collect();
        let months = settle(asked, &retired, |day| with_files.contains(&day), &mut found);
        assert_eq!(found.days.len(), found.sweeps.len());
        let text = |it: &PlannedMonth| format!("{:?} {}", it.effect, it.without_files.len());
        (months.iter().map(text).collect(), found.sweeps.len())
    }

    #[test]
    fn a_retired_month_is_rebuilt_whole_or_not_at_all() {
        let both = ["2026-01-30", "2026-01-31"];
        let and_later = ["2026-01-30", "2026-01-31", "2026-02-01"];
        let range = |first, last| Days::Range(DayRange::try_new(day(first), day(last)).unwrap());
        let is = |(months, n_sweeps): (Vec<String>, usize), month: &str, n_left: usize| {
            assert_eq!((months.join(", ").as_str(), n_sweeps), (month, n_left));
        };
        is(settled(Days::OutOfDate, &["2026-02-01"], &both), "", 1);
        is(settled(Days::OutOfDate, &["2026-01-31", "2026-02-01"], &both), "Kept 0", 1);
        is(settled(Days::OutOfDate, &and_later, &both), "Kept 0", 1);
        // A day that the month did not have.
        is(settled(Days::OutOfDate, &["2026-01-02"], &both), "Kept 0", 0);
        is(settled(Days::All, &and_later, &both), "Rebuilt 0", 3);
        is(settled(Days::All, &and_later[1..], &both[1..]), "Kept 1", 1);
        is(settled(range("2026-01-30", "2026-02-01"), &and_later, &both), "Rebuilt 0", 3);
        is(settled(range("2026-01-31", "2026-02-01"), &and_later[1..], &both), "Refused 0", 2);
        is(settled(range("2026-01-01", "2026-01-31"), &both[1..], &both[1..]), "Refused 1", 1);
        is(settled(range("2026-02-01", "2026-02-01"), &["2026-02-01"], &[]), "", 1);
    }

    #[test]
    fn the_mend_adds_what_is_lacking_to_the_dates_asked_for() {
        let range = DayRange::try_new(day("2025-12-20"), day("2026-03-04")).unwrap();
        let months = [Period::Month(2026, 1), Period::Month(2026, 3)];
        let message = |gone| refused(Days::Range(range), &months, gone).to_string();
        assert_eq!(
            message(Vec::new()),
            "2026-01, 2026-03: the days of a retired month have left the lake, and it can only be rebuilt \
             whole; nothing was committed; ask for all of its days: `--from 2025-12-20 --to 2026-03-31`"
        );
        assert!(message(vec![day("2026-01-02")]).ends_with(
            "; the files of 2026-01-02 are gone: bring them back, or ask for days of other months"
        ));
    }
}
