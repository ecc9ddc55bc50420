//! Days as the engine represents them: numbers of days since 1970-01-01.

use jiff::civil::Date;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The date of a number of days since 1970.
pub(crate) fn date_of(days: i32) -> Date {
    // Beyond the calendar, its first or last day.
    match jiff::Span::new().try_days(days) {
        Ok(span) => EPOCH.saturating_add(span),
        Err(_) if days < 0 => Date::MIN,
        Err(_) => Date::MAX,
    }
}

/// The number of days since 1970.
pub(crate) fn number_of(date: Date) -> i32 {
    (date - EPOCH).get_days()
}
