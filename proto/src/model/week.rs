//! Weeks: seven days from a Monday or a Sunday on.

use jiff::civil::{Date, Weekday};
use strum::EnumCount;

/// On which day a week begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumCount)]
pub enum WeekStart {
    /// On Monday, as ISO 8601 has it.
    #[default]
    Monday,
    /// On Sunday.
    Sunday,
}

impl WeekStart {
    /// Every choice.
    pub const ALL: [Self; Self::COUNT] = [Self::Monday, Self::Sunday];

    /// The name in the model: `monday`, `sunday`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Sunday => "sunday",
        }
    }

    /// The first day of the week that a day lies in; the first of all days that can be written where it would
    /// lie before that.
    ///
    /// ```
    /// use clio_proto::WeekStart;
    ///
    /// let new_year = "2026-01-01".parse()?;
    /// assert_eq!(WeekStart::Monday.first_day_of_week(new_year).to_string(), "2025-12-29");
    /// assert_eq!(WeekStart::Sunday.first_day_of_week(new_year).to_string(), "2025-12-28");
    /// # Ok::<(), jiff::Error>(())
    /// ```
    pub fn first_day_of_week(self, day: Date) -> Date {
        let first = match self {
            Self::Monday => Weekday::Monday,
            Self::Sunday => Weekday::Sunday,
        };
        day.saturating_sub(jiff::Span::new().days(day.weekday().since(first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against ISO 8601 itself, over the turns of leap years and others, in which a week is of two years.
    #[test]
    fn weeks_from_monday_are_those_of_iso_8601() {
        let first: Date = "2019-12-20".parse().unwrap();
        for day in first.series(jiff::Span::new().days(1)).take(2_500) {
            let monday = day.iso_week_date().first_of_week().unwrap().date();
            assert_eq!(WeekStart::Monday.first_day_of_week(day), monday, "{day}");
        }
    }

    #[test]
    fn a_week_is_seven_days_that_begin_with_its_name() {
        let first: Date = "2025-12-20".parse().unwrap();
        for (start, weekday) in
            [(WeekStart::Monday, Weekday::Monday), (WeekStart::Sunday, Weekday::Sunday)]
        {
            for day in first.series(jiff::Span::new().days(1)).take(30) {
                let start = start.first_day_of_week(day);
                assert_eq!(start.weekday(), weekday);
                assert!((0..7).contains(&(day - start).get_days()), "{day} {start}");
            }
        }
        assert_eq!(WeekStart::Sunday.first_day_of_week(Date::MIN), Date::MIN);
    }
}
