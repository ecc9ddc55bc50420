//! Retired months: their days have left the lake, so that only the month as a whole still answers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Grain, Period};

/// The retired months of a snapshot, each with the days that it was folded from.
///
/// Always true: every month has at least one day here. In the lake such a month has a partition of its own, and its
/// days have none. In a commit it takes about twenty bytes per month.
///
/// ```
/// use clio_proto::RetiredDays;
///
/// let mut retired = RetiredDays::default();
/// retired.retire(["2025-01-30".parse()?, "2025-01-31".parse()?]);
/// assert!(retired.has_month("2025-01-01".parse()?) && !retired.contains("2025-01-01".parse()?));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct RetiredDays(BTreeMap<Period, BTreeSet<Date>>);

impl RetiredDays {
    /// No month is retired.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The retired months, in order.
    pub fn months(&self) -> impl Iterator<Item = Period> {
        self.0.keys().copied()
    }

    /// The days of all retired months, in order.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.0.values().flatten().copied()
    }

    /// The days that a retired month was folded from, in order; empty for any other period.
    pub fn days_of(&self, month: Period) -> impl Iterator<Item = Date> {
        self.0.get(&month).into_iter().flatten().copied()
    }

    /// Whether a retired month was folded from this day, among others.
    pub fn contains(&self, day: Date) -> bool {
        self.0.get(&month_of(day)).is_some_and(|days| days.contains(&day))
    }

    /// Whether a period is a retired month.
    pub fn is_retired(&self, period: Period) -> bool {
        self.0.contains_key(&period)
    }

    /// Whether the month of a day is retired, whether or not the month was folded from this day.
    pub fn has_month(&self, day: Date) -> bool {
        self.0.contains_key(&month_of(day))
    }

    /// Retires the months of some days, which must be all days that the lake holds of them.
    pub fn retire(&mut self, days: impl IntoIterator<Item = Date>) {
        for day in days {
            self.0.entry(month_of(day)).or_default().insert(day);
        }
    }

    /// Removes a month whose days are in the lake again.
    pub fn restore(&mut self, month: Period) {
        self.0.remove(&month);
    }
}

fn month_of(day: Date) -> Period {
    Period::of(day, Grain::Month)
}

/// Its days by month (`2026-01`): `01-28 30-31`.
impl From<RetiredDays> for BTreeMap<String, String> {
    fn from(retired: RetiredDays) -> Self {
        let ranges = |days: BTreeSet<Date>| {
            let days: Vec<i8> = days.into_iter().map(Date::day).collect();
            let ranges = days.chunk_by(|a, b| a + 1 == *b).map(|range| match range {
                [day] => format!("{day:02}"),
                [first, .., last] => format!("{first:02}-{last:02}"),
                [] => String::new(),
            });
            ranges.collect::<Vec<_>>().join(" ")
        };
        retired.0.into_iter().map(|(month, days)| (month.to_string(), ranges(days))).collect()
    }
}

impl TryFrom<BTreeMap<String, String>> for RetiredDays {
    type Error = String;

    fn try_from(stored: BTreeMap<String, String>) -> Result<Self, String> {
        let mut retired = Self::default();
        for (month, ranges) in stored {
            let date = |day: &str| format!("{month}-{day}").parse::<Date>().ok();
            let no_days = || format!("`{ranges}` are not days of {month}");
            for range in ranges.split_whitespace() {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                let range = date(first).zip(date(last)).filter(|(first, last)| first <= last);
                let (first, last) = range.ok_or_else(no_days)?;
                retired
                    .retire(first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last));
            }
            if !month.parse().is_ok_and(|month: Period| retired.0.contains_key(&month)) {
                return Err(no_days());
            }
        }
        Ok(retired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_stored_form_is_short_and_read_back() {
        let mut retired = RetiredDays::default();
        let days = ["2026-01-31", "2026-01-01", "2026-01-02", "2026-01-03", "2024-02-29"];
        retired.retire(days.map(day));
        let text = serde_json::to_string(&retired).unwrap();
        assert_eq!(text, "{\"2024-02\":\"29\",\"2026-01\":\"01-03 31\"}");
        assert_eq!(serde_json::from_str::<RetiredDays>(&text).unwrap(), retired);
        assert_eq!(retired.days().count(), 5);
        let month: Period = "2026-01".parse().unwrap();
        assert_eq!(retired.days_of(month).last(), Some(day("2026-01-31")));
        assert_eq!(retired.days_of(Period::Year(2026)).count(), 0);
        retired.restore(month);
        assert_eq!(retired.months().collect::<Vec<_>>(), [Period::Month(2024, 2)]);
        assert!(!retired.has_month(day("2026-01-31")));
    }

    #[test]
    fn what_are_no_days_of_a_month_is_refused() {
        for (month, days) in [
            ("2026-02", "30"),
            ("2026-02", "05-03"),
            ("2026-02", "a-b"),
            ("2026-02", ""),
            ("2026", "01"),
        ] {
            let text = format!("{{\"{month}\":\"{days}\"}}");
            let error = serde_json::from_str::<RetiredDays>(&text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{days}` are not days of {month}")), "{error}");
        }
    }
}
