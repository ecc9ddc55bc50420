//! The reach of a window, in days of the dataset.

use std::ops::RangeInclusive;

use clio_proto::{DayRange, Window};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::Days;

/// A window in the dataset's time zone.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    zone: TimeZone,
    window: SignedDuration,
}

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

impl Reach {
    pub(crate) fn new(zone: &TimeZone, window: Window) -> Self {
        let window = SignedDuration::from_secs(window.seconds().into());
        Self { zone: zone.clone(), window }
    }

    /// The window's length.
    pub(crate) fn micros(&self) -> i64 {
        i64::try_from(self.window.as_micros()).unwrap_or(i64::MAX)
    }

    /// The first instant of a day; beyond the calendar, its first or last instant.
    pub(crate) fn start(&self, day: Date) -> Timestamp {
        let start = day.to_zoned(self.zone.clone()).map(|start| start.timestamp());
        start.unwrap_or(if day.year() < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// The first instant after a day.
    fn end(&self, day: Date) -> Timestamp {
        day.tomorrow().map_or(Timestamp::MAX, |next| self.start(next))
    }

    /// The last day whose events may be credited to the day.
    pub(crate) fn last_day(&self, day: Date) -> Date {
        let last = self.end(day).saturating_sub(MICROSECOND).unwrap_or(Timestamp::MAX);
        let last = last.saturating_add(self.window).unwrap_or(Timestamp::MAX);
        last.to_zoned(self.zone.clone()).date().max(day)
    }

    /// The first day to whose targets an event of the day may be credited.
    pub(crate) fn first_day(&self, day: Date) -> Date {
        let first = self.start(day).saturating_sub(self.window).unwrap_or(Timestamp::MIN);
        first.to_zoned(self.zone.clone()).date().min(day)
    }

    /// From when on no future event can be credited to the day.
    pub(crate) fn settled_at(&self, day: Date) -> Timestamp {
        self.end(day).saturating_add(self.window).unwrap_or(Timestamp::MAX)
    }

    /// The days whose events affect some days.
    pub(crate) fn event_days(&self, days: Days) -> Days {
        self.widened(days, |range| range.first()..=self.last_day(range.last()))
    }

    /// The days whose targets affect some days.
    pub(crate) fn target_days(&self, days: Days) -> Days {
        self.widened(days, |range| self.first_day(range.first())..=self.last_day(range.last()))
    }

    fn widened(&self, days: Days, to: impl Fn(DayRange) -> RangeInclusive<Date>) -> Days {
        let Days::Range(range) = days else { return Days::All };
        let wide = to(range);
        DayRange::try_new(*wide.start(), *wide.end()).map_or(days, Days::Range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn reach(zone: &str, window: &str) -> Reach {
        Reach::new(&TimeZone::get(zone).unwrap(), window.parse().unwrap())
    }

    fn around(reach: &Reach, day: &str) -> [String; 3] {
        let day: Date = day.parse().unwrap();
        [
            reach.first_day(day).to_string(),
            reach.last_day(day).to_string(),
            reach.settled_at(day).to_string(),
        ]
    }

    #[test]
    fn a_window_reaches_into_the_days_around() {
        let day = reach("UTC", "24h");
        let expected = ["2025-12-30", "2026-01-01", "2026-01-02T00:00:00Z"];
        assert_eq!(around(&day, "2025-12-31"), expected);
        let second = reach("UTC", "1s");
        assert_eq!(around(&second, "2026-03-01")[..2], ["2026-02-28", "2026-03-02"]);
        let week = reach("UTC", "7d");
        assert_eq!(around(&week, "2026-01-03")[..2], ["2025-12-27", "2026-01-10"]);
        let more = reach("UTC", "25h");
        assert_eq!(around(&more, "2026-03-10")[..2], ["2026-03-08", "2026-03-12"]);
    }

    #[test]
    fn a_day_of_another_zone_may_be_shorter_than_the_window() {
        let day = reach("America/New_York", "24h");
        // Clocks go forward on the 8th: the day before, and 24 hours, reach into the 9th.
        assert_eq!(
            around(&day, "2026-03-07"),
            ["2026-03-06", "2026-03-09", "2026-03-09T05:00:00Z"].map(str::to_owned)
        );
    }

    #[test]
    fn days_are_widened_on_the_sides_that_matter() {
        let day = reach("UTC", "24h");
        let range = DayRange::try_new(date(2026, 1, 5), date(2026, 1, 6)).unwrap();
        let days = |first, last| {
            Days::Range(DayRange::try_new(date(2026, 1, first), date(2026, 1, last)).unwrap())
        };
        assert_eq!(day.event_days(Days::Range(range)), days(5, 7));
        assert_eq!(day.target_days(Days::Range(range)), days(4, 7));
        assert_eq!(day.event_days(Days::All), Days::All);
    }
}
