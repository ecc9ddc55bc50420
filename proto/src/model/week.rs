//! Weeks: seven days beginning on Monday or Sunday.

use jiff::civil::{Date, Weekday};
use strum::EnumCount;

/// The day on which a week begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumCount)]
pub enum WeekStart {
    /// Monday, as in ISO 8601.
    #[default]
    Monday,
    /// Sunday.
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

    /// The first day of the week that contains a day; clamped to the first day that can be written.
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

    /// Against ISO 8601 itself, at the ends of years, including leap years, when a week belongs to two years.
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
