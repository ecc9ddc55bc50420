//! Days besides those of a step of time: its window, or its look-back.

use std::collections::BTreeSet;

use clio_proto::{
    Code, Coverage, DayRange, QuestionPart, ServiceError, TimeWindow, cover, n_days, runs,
};
use jiff::civil::Date;

use super::{Step, range};
use crate::snapshot::Snapshot;

/// Steps with the days of their windows.
pub(super) struct Windowed {
    pub(super) steps: Vec<Step>,
    /// All days of them.
    pub(super) range: DayRange,
    /// The days of retired months that some step lacks, because its window cuts their month.
    pub(super) left_out: BTreeSet<Date>,
}

/// The largest number of steps that may have windows: ten years of days. Time grows with the square.
const MAX_WINDOWS: usize = 3_660;

/// Gives each step the days of its window.
pub(super) fn windowed(
    snapshot: &Snapshot,
    range: DayRange,
    steps: Vec<Step>,
    window: TimeWindow,
) -> Result<Windowed, ServiceError> {
    if steps.len() > MAX_WINDOWS {
        let message = format!(
            "`window`: {} steps of time, but the limit is {MAX_WINDOWS}; ask for fewer days, or for longer steps",
            steps.len()
        );
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    // Clamped to the first day that can be written.
    let back = |day: Date| match window {
        TimeWindow::Cumulative => range.first(),
        TimeWindow::TrailingDays(n_days) => {
            day.saturating_sub(jiff::Span::new().days(i64::from(n_days) - 1))
        }
    };
    let (days, retired) = (snapshot.days_of_lake(), &snapshot.retired);
    let mut left_out = BTreeSet::new();
    let mut with_windows = Vec::with_capacity(steps.len());
    for step in steps {
        let own = DayRange::try_new(back(step.days.first()), step.days.last());
        let Some(own) = own else { continue };
        snapshot.refuse_days(own).map_err(|error| error.of(QuestionPart::Window))?;
        let periods = cover(days, retired, own);
        let step = Step { periods, days: own, ..step };
        left_out.append(&mut range::left_out(snapshot, own, std::slice::from_ref(&step)));
        with_windows.push(step);
    }
    // Days before the first step's window are in no row.
    let first = with_windows.first().map_or(range.first(), |step| step.days.first());
    let all = DayRange::try_new(first.min(range.first()), range.last()).unwrap_or(range);
    Ok(Windowed { steps: with_windows, range: all, left_out })
}

/// The days before each of some steps of a range, at the same positions, and their coverage.
pub(super) fn before_steps(
    snapshot: &Snapshot,
    steps: &[Step],
    asked_range: Option<DayRange>,
    n_back: u32,
    lookups: &BTreeSet<String>,
) -> Result<(Vec<Step>, Coverage), ServiceError> {
    if steps.len() > MAX_WINDOWS {
        let message = format!(
            "`look_back_days`: {} steps of time, but the limit is {MAX_WINDOWS}; ask for fewer days, or for longer steps",
            steps.len()
        );
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    let before = |day: Date| {
        let last = day.yesterday().ok()?;
        DayRange::try_new(last.saturating_sub(jiff::Span::new().days(i64::from(n_back) - 1)), last)
    };
    let mut left_out = BTreeSet::new();
    let mut looked_back = Vec::with_capacity(steps.len());
    for step in steps {
        // No day can be written before the first one.
        let Some(days) = before(step.first) else {
            looked_back.push(Step { periods: Vec::new(), ..step.clone() });
            continue;
        };
        snapshot.refuse_days(days).map_err(|error| error.of(QuestionPart::LookBack))?;
        let periods = cover(snapshot.days_of_lake(), &snapshot.retired, days);
        let step = Step { days, periods, ..step.clone() };
        left_out.append(&mut range::left_out(snapshot, step.days, std::slice::from_ref(&step)));
        looked_back.push(step);
    }
    // Without rows, the days before the range.
    let mut asked: Vec<DayRange> = looked_back.iter().map(|step| step.days).collect();
    if asked.is_empty() {
        asked.extend(asked_range.and_then(|range| before(range.first())));
    }
    let asked = joined(&asked);
    let all = asked.first().zip(asked.last());
    let all = all.and_then(|(first, last)| DayRange::try_new(first.first(), last.last()));
    let Some(all) = all else { return Ok((looked_back, range::no_days(snapshot))) };
    let is_asked = |day: &Date| asked.iter().any(|range| range.contains(*day));
    let whole = range::coverage(snapshot, all, &looked_back, left_out, lookups);
    // Days between look-backs are neither present nor missing.
    let asked_of =
        |ranges: &[DayRange]| runs(ranges.iter().flat_map(|own| own.days()).filter(is_asked));
    let missing = asked_of(&whole.missing);
    let n_asked: u64 = asked.iter().map(|range| u64::from(range.n_days())).sum();
    let coverage = Coverage {
        n_days_present: u32::try_from(n_asked - n_days(&missing)).unwrap_or(u32::MAX),
        provisional: asked_of(&whole.provisional),
        missing,
        ..whole
    };
    Ok((looked_back, coverage))
}

/// Merges ranges, sorted by their first days, into disjoint ones.
fn joined(ranges: &[DayRange]) -> Vec<DayRange> {
    let mut joined: Vec<DayRange> = Vec::new();
    for range in ranges {
        let last = joined.last().copied();
        let meets =
            |last: &DayRange| last.last().tomorrow().is_ok_and(|next| range.first() <= next);
        match last.filter(meets) {
            Some(last) => {
                let end = last.last().max(range.last());
                joined.pop();
                joined.extend(DayRange::try_new(last.first(), end));
            }
            None => joined.push(*range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_meet_are_one() {
        let day = |text: &str| text.parse().unwrap();
        let range = |first, last| DayRange::try_new(day(first), day(last)).unwrap();
        let ranges = [
            range("2026-01-01", "2026-01-03"),
            range("2026-01-02", "2026-01-02"),
            range("2026-01-04", "2026-01-05"),
            range("2026-01-07", "2026-01-08"),
        ];
        let expected = [range("2026-01-01", "2026-01-05"), range("2026-01-07", "2026-01-08")];
        assert_eq!(joined(&ranges), expected);
        assert!(joined(&[]).is_empty());
    }
}
