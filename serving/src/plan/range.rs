//! The days of a query: where open ends lie, the steps of time, the periods that hold them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use clio_proto::{
    Code, Coverage, DayRange, Grain, Period, QueryRange, RetiredDays, ServiceError, TimeGrain,
    TimeWindow, WeekStart, cover, gaps, runs,
};
use jiff::civil::Date;

use super::Step;
use super::windows::{Windowed, windowed};
use crate::config::Limits;
use crate::snapshot::Snapshot;

/// The requested days and steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) range: QueryRange,
    pub(crate) grain: Option<TimeGrain>,
    /// Which days count for a step besides its own; only with a grain, and trailing days only by day.
    pub(crate) window: Option<TimeWindow>,
    /// Whether only single days are read, whatever the steps: then retired months have none.
    pub(crate) by_day: bool,
}

/// The days of a query.
#[derive(Debug)]
pub(crate) struct BoundRange {
    pub(crate) steps: Vec<Step>,
    /// The periods of the total, if it is not the union of the steps.
    pub(crate) total: Option<Vec<Period>>,
    pub(crate) coverage: Coverage,
}

/// The steps of a query and the days behind them, with the notes on the lookups that it depends on.
pub(crate) fn bind_range(
    snapshot: &Snapshot,
    asked: Asked,
    lookups: &BTreeSet<String>,
    limits: &Limits,
) -> Result<BoundRange, ServiceError> {
    let Asked { range, grain, window, by_day } = asked;
    // Only a range with both ends can be a mistake: data may span any range.
    let is_asked = matches!(range, QueryRange::Days { from: Some(_), to: Some(_) });
    let range = resolve(snapshot.first_and_last(), range)?;
    let Some(range) = range else {
        return Ok(BoundRange { steps: Vec::new(), total: None, coverage: no_days(snapshot) });
    };
    if is_asked && range.n_days() > limits.n_range_days {
        return Err(ServiceError::new(
            Code::ResourceExhausted,
            format!(
                "the days from {} to {} are {}, the limit is {}; without an end they reach to the edge of the data",
                range.first(),
                range.last(),
                range.n_days(),
                limits.n_range_days
            ),
        ));
    }
    snapshot.refuse_days(range)?;
    let (days, retired) = (snapshot.days_of_lake(), &snapshot.retired);
    let steps = match grain {
        None => {
            let periods = periods(days, retired, range, by_day);
            vec![Step { name: String::new(), place: 0, first: range.first(), days: range, periods }]
        }
        Some(grain) => {
            let step_of = StepOf::new(grain, snapshot.model.week_starts());
            steps(days, retired, range, step_of, by_day)
        }
    };
    let Some(window) = window else {
        let coverage =
            coverage(snapshot, range, &steps, left_out(snapshot, range, &steps), lookups);
        return Ok(BoundRange { steps, total: None, coverage });
    };
    let Windowed { steps, range: all, left_out } = windowed(snapshot, range, steps, window)?;
    let coverage = coverage(snapshot, all, &steps, left_out, lookups);
    Ok(BoundRange { steps, total: Some(cover(days, retired, range)), coverage })
}

/// The days of retired months that no step reads.
pub(super) fn left_out(snapshot: &Snapshot, range: DayRange, steps: &[Step]) -> BTreeSet<Date> {
    let periods: BTreeSet<Period> = steps.iter().flat_map(|step| &step.periods).copied().collect();
    let is_read =
        |day: &Date| Grain::ALL.iter().any(|grain| periods.contains(&Period::of(*day, *grain)));
    retired_days(snapshot, range).filter(|day| !is_read(day)).collect()
}

fn retired_days(snapshot: &Snapshot, range: DayRange) -> impl Iterator<Item = Date> {
    let days = snapshot.days.range(range.first()..=range.last()).copied();
    days.filter(|day| snapshot.retired.contains(*day))
}

/// The coverage of a range, without the days that are left out.
pub(super) fn coverage(
    snapshot: &Snapshot,
    range: DayRange,
    steps: &[Step],
    left_out: BTreeSet<Date>,
    lookups: &BTreeSet<String>,
) -> Coverage {
    let asked = snapshot.days.range(range.first()..=range.last()).copied();
    let present: Vec<Date> = asked.filter(|day| !left_out.contains(day)).collect();
    let mixed = snapshot.lookup_states.mixed(lookups, &present);
    let provisional = snapshot.provisional.range(range.first()..=range.last()).copied();
    let mut seen = BTreeSet::new();
    let periods = steps.iter().flat_map(|step| step.periods.iter().copied());
    Coverage {
        range: Some((range.first(), range.last())),
        n_days_present: u32::try_from(present.len()).unwrap_or(u32::MAX),
        missing: gaps(range, present),
        retired: runs(left_out),
        provisional: runs(provisional.filter(|day| snapshot.days.contains(day))),
        periods: in_order(periods.filter(|period| seen.insert(*period)).collect()),
        mixed,
        projection: snapshot.told_projection(),
    }
}

/// Periods by their first days, longer ones before those in them: steps that overlap may list them out of order.
fn in_order(mut periods: Vec<Period>) -> Vec<Period> {
    periods.sort_by_key(|period| {
        let days = DayRange::of(*period);
        (days.map(DayRange::first), days.map(|days| Reverse(days.n_days())))
    });
    periods
}

/// How many days of a step the snapshot lacks, or has only in a retired month that the step cuts.
pub(crate) fn n_days_missing(snapshot: &Snapshot, step: &Step) -> u32 {
    let Step { days, .. } = step;
    let present = snapshot.days.range(days.first()..=days.last()).count();
    let left_out = left_out(snapshot, *days, std::slice::from_ref(step)).len();
    let n_there = u32::try_from(present - left_out).unwrap_or(u32::MAX);
    days.n_days().saturating_sub(n_there)
}

/// The days of a snapshot that holds none.
pub(super) fn no_days(snapshot: &Snapshot) -> Coverage {
    Coverage {
        range: None,
        n_days_present: 0,
        missing: Vec::new(),
        retired: Vec::new(),
        provisional: Vec::new(),
        periods: Vec::new(),
        mixed: Vec::new(),
        projection: snapshot.told_projection(),
    }
}

/// The requested days; `None` if none were named and the snapshot holds none.
fn resolve(
    data: Option<(Date, Date)>,
    range: QueryRange,
) -> Result<Option<DayRange>, ServiceError> {
    let (from, to) = match range {
        QueryRange::AllTime => (None, None),
        QueryRange::Days { from, to } => (from, to),
    };
    let (first, last) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        // An open end is the edge of the data; beyond that edge a range consists of its closed end alone.
        (Some(from), None) => (from, data.map_or(from, |(_, last)| last.max(from))),
        (None, Some(to)) => (data.map_or(to, |(first, _)| first.min(to)), to),
        (None, None) => match data {
            Some(data) => data,
            None => return Ok(None),
        },
    };
    DayRange::try_new(first, last).map(Some).ok_or_else(|| {
        ServiceError::new(
            Code::InvalidArgument,
            format!("range ends before it starts: from={first} to={last}"),
        )
    })
}

/// The days of one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepOf {
    Period(Grain),
    Week(WeekStart),
}

impl StepOf {
    fn new(grain: TimeGrain, week_starts: WeekStart) -> Self {
        match grain {
            TimeGrain::Day => Self::Period(Grain::Day),
            TimeGrain::Week => Self::Week(week_starts),
            TimeGrain::Month => Self::Period(Grain::Month),
            TimeGrain::Year => Self::Period(Grain::Year),
        }
    }

    /// The step of a day, named by its period or by the first day of its week.
    fn of(self, day: Date) -> Period {
        match self {
            Self::Period(grain) => Period::of(day, grain),
            Self::Week(starts) => Period::Day(starts.first_day_of_week(day)),
        }
    }

    /// The number of a day's step, which grows by 1 from step to step.
    fn number(self, day: Date) -> i32 {
        let days = |day: Date| (day - Date::ZERO).get_days();
        match self {
            Self::Period(Grain::Day) => days(day),
            Self::Week(starts) => days(starts.first_day_of_week(day)).div_euclid(7),
            Self::Period(Grain::Month) => i32::from(day.year()) * 12 + i32::from(day.month()),
            Self::Period(Grain::Year) => i32::from(day.year()),
            Self::Period(Grain::All) => 0,
        }
    }
}

/// The smallest set of periods that hold the present days of a range; or each of these days, except those of retired
/// months.
fn periods(
    present: &BTreeSet<Date>,
    retired: &RetiredDays,
    range: DayRange,
    by_day: bool,
) -> Vec<Period> {
    if !by_day {
        return cover(present, retired, range);
    }
    let days = present.range(range.first()..=range.last()).copied();
    days.filter(|day| !retired.contains(*day)).map(Period::Day).collect()
}

/// The steps that hold data, in order. A retired month is not a step by day, and contributes nothing to a longer one if
/// the step or the range cuts it.
fn steps(
    present: &BTreeSet<Date>,
    retired: &RetiredDays,
    range: DayRange,
    step_of: StepOf,
    by_day: bool,
) -> Vec<Step> {
    let days: Vec<Date> = present.range(range.first()..=range.last()).copied().collect();
    days.chunk_by(|a, b| step_of.of(*a) == step_of.of(*b))
        .filter_map(|days| {
            let (first, last) = (days[0], days[days.len() - 1]);
            let own = step_of.of(first);
            let first_of_step = DayRange::of(own).map_or(first, DayRange::first);
            let first_asked = first_of_step.max(range.first());
            let place = step_of.number(first) - step_of.number(range.first());
            let days = DayRange::try_new(first, last)?;
            let is_day = step_of == StepOf::Period(Grain::Day);
            let periods = periods(present, retired, days, by_day || is_day);
            Some(Step { name: own.to_string(), place, first: first_asked, days, periods })
        })
        .filter(|step| !step.periods.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn resolved(from: &str, to: &str) -> String {
        let end = |text: &str| (!text.is_empty()).then(|| day(text));
        let range = QueryRange::Days { from: end(from), to: end(to) };
        match resolve(Some((day("2026-01-10"), day("2026-01-20"))), range) {
            Ok(Some(range)) => format!("{}..{}", range.first(), range.last()),
            Ok(None) => "none".to_owned(),
            Err(error) => error.message,
        }
    }

    #[test]
    fn an_open_end_is_the_edge_of_the_data() {
        assert_eq!(resolved("", ""), "2026-01-10..2026-01-20");
        assert_eq!(resolved("2026-01-15", ""), "2026-01-15..2026-01-20");
        assert_eq!(resolved("", "2026-01-15"), "2026-01-10..2026-01-15");
        assert_eq!(resolved("2025-12-31", "2026-02-01"), "2025-12-31..2026-02-01");
        assert_eq!(resolved("2026-02-01", ""), "2026-02-01..2026-02-01");
        assert_eq!(resolved("", "2026-01-01"), "2026-01-01..2026-01-01");
        assert_eq!(
            resolved("2026-02-02", "2026-02-01"),
            "range ends before it starts: from=2026-02-02 to=2026-02-01"
        );
        assert_eq!(resolve(None, QueryRange::AllTime).unwrap(), None);
    }

    #[test]
    fn periods_come_in_order_of_time() {
        let period = |text: &str| text.parse::<Period>().unwrap();
        let mixed = ["2026-02-01", "2026", "2026-01-31", "2026-02", "all", "2026-01"].map(period);
        let expected = ["all", "2026", "2026-01", "2026-01-31", "2026-02", "2026-02-01"];
        assert_eq!(in_order(mixed.to_vec()), expected.map(period));
    }

    #[test]
    fn a_step_begins_with_its_first_day_that_is_asked_for() {
        let present = ["2026-01-08", "2026-02-03"].map(day).into();
        let range = DayRange::try_new(day("2026-01-06"), day("2026-02-28")).unwrap();
        let first_days = |grain| -> Vec<String> {
            let step_of = StepOf::new(grain, WeekStart::Monday);
            let steps = steps(&present, &RetiredDays::default(), range, step_of, false);
            steps.iter().map(|step| step.first.to_string()).collect()
        };
        assert_eq!(first_days(TimeGrain::Day), ["2026-01-08", "2026-02-03"]);
        assert_eq!(first_days(TimeGrain::Week), ["2026-01-06", "2026-02-02"]);
        assert_eq!(first_days(TimeGrain::Month), ["2026-01-06", "2026-02-01"]);
        assert_eq!(first_days(TimeGrain::Year), ["2026-01-06"]);
    }

    #[test]
    fn steps_hold_the_days_of_the_range_alone() {
        let present =
            ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02", "2026-03-01"].map(day).into();
        let steps_of = |retired: &RetiredDays, grain, first, last| -> Vec<String> {
            let range = DayRange::try_new(day(first), day(last)).unwrap();
            let steps =
                steps(&present, retired, range, StepOf::new(grain, WeekStart::Monday), false);
            steps
                .iter()
                .map(|step| {
                    let periods: Vec<String> =
                        step.periods.iter().map(ToString::to_string).collect();
                    format!("{}: {}", step.name, periods.join(" "))
                })
                .collect()
        };
        let none = RetiredDays::default();
        let of = |grain, first, last| steps_of(&none, grain, first, last);
        assert_eq!(
            of(TimeGrain::Month, "2026-01-31", "2026-02-28"),
            ["2026-01: 2026-01-31", "2026-02: 2026-02"]
        );
        assert_eq!(of(TimeGrain::Year, "2026-01-01", "2026-12-31"), ["2026: all"]);
        assert_eq!(
            of(TimeGrain::Day, "2026-02-02", "2026-03-01"),
            ["2026-02-02: 2026-02-02", "2026-03-01: 2026-03-01"]
        );
        assert_eq!(
            of(TimeGrain::Week, "2026-01-31", "2026-03-01"),
            ["2026-01-26: 2026-01-31 2026-02-01", "2026-02-02: 2026-02-02", "2026-02-23: 2026-03"]
        );
        let mut retired = RetiredDays::default();
        retired.retire(["2026-01-30", "2026-01-31"].map(day));
        let of = |grain, first, last| steps_of(&retired, grain, first, last);
        assert_eq!(
            of(TimeGrain::Month, "2026-01-01", "2026-02-01"),
            ["2026-01: 2026-01", "2026-02: 2026-02-01"]
        );
        assert_eq!(of(TimeGrain::Month, "2026-01-31", "2026-02-28"), ["2026-02: 2026-02"]);
        assert_eq!(of(TimeGrain::Year, "2026-01-31", "2026-02-28"), ["2026: 2026-02"]);
        assert_eq!(of(TimeGrain::Day, "2026-01-30", "2026-02-01"), ["2026-02-01: 2026-02-01"]);
        // The week holds everything that the retired month was folded from.
        assert_eq!(
            of(TimeGrain::Week, "2026-01-30", "2026-02-01"),
            ["2026-01-26: 2026-01 2026-02-01"]
        );
        assert_eq!(of(TimeGrain::Week, "2026-01-31", "2026-02-01"), ["2026-01-26: 2026-02-01"]);
    }
}
