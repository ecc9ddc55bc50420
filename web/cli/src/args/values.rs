//! The values of flags, parsed in one way everywhere, with readable errors.

use clio_proto::{MAX_LOOK_BACK_DAYS, MAX_TRAILING_DAYS, TimeWindow};
use jiff::civil::Date;

/// A day, in its one spelling: a time of day would be dropped, a week date guessed.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    day.ok_or_else(|| "not a date; expected a day like `2026-01-31`".to_owned())
}

/// The days that count for a row of time.
pub(super) fn window(text: &str) -> Result<TimeWindow, String> {
    if text == "cumulative" {
        return Ok(TimeWindow::Cumulative);
    }
    let wrong =
        || format!("expected a number of days from 2 to {MAX_TRAILING_DAYS}, or `cumulative`");
    let n_days = text.parse().ok().filter(|n_days| (2..=MAX_TRAILING_DAYS).contains(n_days));
    n_days.map(TimeWindow::TrailingDays).ok_or_else(wrong)
}

/// How many days to look back.
pub(super) fn look_back(text: &str) -> Result<u32, String> {
    let n_days = text.parse().ok().filter(|n_days| (1..=MAX_LOOK_BACK_DAYS).contains(n_days));
    n_days.ok_or_else(|| format!("expected a number of days from 1 to {MAX_LOOK_BACK_DAYS}"))
}

/// A number of rows or members, at most or to skip.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a whole number, 0 or more".to_owned())
}

/// The version of a snapshot.
pub(super) fn version(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "expected a version as `clio lake snapshots` lists them, like `42`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_none_is_told_in_words() {
        assert_eq!(day("2026-01-31").unwrap().to_string(), "2026-01-31");
        for text in ["2026-13-01", "2026-02-30", "20260131", "2026-01-31T10:00", "today", ""] {
            assert_eq!(
                day(text).unwrap_err(),
                "not a date; expected a day like `2026-01-31`",
                "{text}"
            );
        }
        assert_eq!(window("cumulative"), Ok(TimeWindow::Cumulative));
        assert_eq!(window("7"), Ok(TimeWindow::TrailingDays(7)));
        for text in ["1", "367", "-7", "week", ""] {
            assert!(window(text).unwrap_err().contains("from 2 to 366, or `cumulative`"), "{text}");
        }
        assert_eq!(look_back("28"), Ok(28));
        for text in ["0", "3661", "-7", "abc", "99999999999", ""] {
            assert_eq!(look_back(text).unwrap_err(), "expected a number of days from 1 to 3660");
        }
        assert_eq!((count("0"), version("7")), (Ok(0), Ok(7)));
        assert!(count("-1").unwrap_err().contains("0 or more"));
        assert!(version("newest").unwrap_err().contains("clio lake snapshots"));
    }
}
