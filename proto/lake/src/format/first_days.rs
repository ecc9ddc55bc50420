//! First days that outlive their days: those of members seen on days that have left the lake.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{Grain, Period};
use jiff::civil::Date;

/// The most members whose first days a commit carries, over all dimensions: with names of some twenty bytes, 2 MB per
/// commit.
pub const MAX_FIRST_DAYS: usize = 100_000;

/// By dimension, the first day of each member among the days of retired months, as far as it was known when the months
/// were retired.
///
/// Always true: a member has one day. Nothing is known here of a month that was retired without its first days, or
/// whose days are back; callers have to assume that a member of such a month may have been seen before. In a commit it
/// takes each member's name plus some three bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(from = "ByDay", into = "ByDay")]
pub struct FirstDays(BTreeMap<String, BTreeMap<String, Date>>);

/// Its form in a commit: by dimension and day, the members.
type ByDay = BTreeMap<String, BTreeMap<Date, BTreeSet<String>>>;

impl FirstDays {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many members have a day, over all dimensions.
    pub fn n_members(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// The members of a dimension, each with its first day.
    pub fn of(&self, dimension: &str) -> impl Iterator<Item = (&str, Date)> {
        let members = self.0.get(dimension).into_iter().flatten();
        members.map(|(member, day)| (member.as_str(), *day))
    }

    /// Notes that a member was seen on a day; the earliest day stays.
    pub fn note(&mut self, dimension: &str, member: &str, day: Date) {
        if !self.0.contains_key(dimension) {
            self.0.insert(dimension.to_owned(), BTreeMap::new());
        }
        let Some(members) = self.0.get_mut(dimension) else { return };
        match members.get_mut(member) {
            Some(known) => *known = day.min(*known),
            None => drop(members.insert(member.to_owned(), day)),
        }
    }

    /// Merges all notes of another one.
    pub fn merge(&mut self, others: &Self) {
        for (dimension, members) in &others.0 {
            for (member, day) in members {
                self.note(dimension, member, *day);
            }
        }
    }

    /// Keeps only some dimensions, and only months that are still retired.
    pub fn retain(&mut self, is_asked: impl Fn(&str) -> bool, is_retired: impl Fn(Period) -> bool) {
        self.0.retain(|dimension, members| {
            members.retain(|_, day| is_retired(Period::of(*day, Grain::Month)));
            is_asked(dimension) && !members.is_empty()
        });
    }

    /// Drops the oldest days, a whole day at a time, until at most this many members are left; returns how many were
    /// dropped.
    pub fn keep_youngest(&mut self, n_members: usize) -> usize {
        let before = self.n_members();
        let mut by_day: BTreeMap<Date, usize> = BTreeMap::new();
        for day in self.0.values().flat_map(BTreeMap::values) {
            *by_day.entry(*day).or_default() += 1;
        }
        let mut n_left = before;
        let mut first_kept = Date::MIN;
        for (day, n_of_day) in by_day {
            if n_left <= n_members {
                break;
            }
            n_left -= n_of_day;
            first_kept = day.tomorrow().unwrap_or(Date::MAX);
        }
        self.0.retain(|_, members| {
            members.retain(|_, day| *day >= first_kept);
            !members.is_empty()
        });
        before - self.n_members()
    }
}

impl From<FirstDays> for ByDay {
    fn from(first_days: FirstDays) -> Self {
        let of_dimension = |members: BTreeMap<String, Date>| {
            let mut by_day: BTreeMap<Date, BTreeSet<String>> = BTreeMap::new();
            for (member, day) in members {
                by_day.entry(day).or_default().insert(member);
            }
            by_day
        };
        let dimensions = first_days.0.into_iter();
        dimensions.map(|(dimension, members)| (dimension, of_dimension(members))).collect()
    }
}

impl From<ByDay> for FirstDays {
    fn from(stored: ByDay) -> Self {
        let mut found = Self::default();
        for (dimension, by_day) in stored {
            for (day, members) in by_day {
                members.iter().for_each(|member| found.note(&dimension, member, day));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn some() -> FirstDays {
        let mut first_days = FirstDays::default();
        for (dimension, member, of) in [
            ("asset", "b", "2026-02-03"),
            ("asset", "a", "2026-01-31"),
            ("asset", "a", "2026-02-01"),
            ("asset", "c", "2026-01-31"),
            ("country", "a", "2026-02-01"),
            ("country", "a", "2026-01-30"),
        ] {
            first_days.note(dimension, member, day(of));
        }
        first_days
    }

    #[test]
    fn the_stored_form_is_short_and_read_back() {
        let text = serde_json::to_string(&some()).unwrap();
        assert_eq!(
            text,
            "{\"asset\":{\"2026-01-31\":[\"a\",\"c\"],\"2026-02-03\":[\"b\"]},\"country\":{\"2026-01-30\":[\"a\"]}}"
        );
        assert_eq!(serde_json::from_str::<FirstDays>(&text).unwrap(), some());
        // Whoever wrote a member twice meant the first day.
        let twice = "{\"asset\":{\"2026-01-31\":[\"a\"],\"2026-02-03\":[\"a\"]}}";
        let twice: FirstDays = serde_json::from_str(twice).unwrap();
        assert_eq!(twice.of("asset").collect::<Vec<_>>(), [("a", day("2026-01-31"))]);
        assert!(serde_json::from_str::<FirstDays>("{\"asset\":{\"soon\":[\"a\"]}}").is_err());
    }

    #[test]
    fn what_nobody_asks_for_and_what_is_in_the_lake_again_is_forgotten() {
        let mut first_days = some();
        let february = Period::Month(2026, 2);
        first_days.retain(|_| true, |month| month == february);
        assert_eq!(first_days.of("asset").collect::<Vec<_>>(), [("b", day("2026-02-03"))]);
        assert_eq!((first_days.n_members(), first_days.of("country").count()), (1, 0));
        let mut first_days = some();
        first_days.retain(|dimension| dimension == "country", |_| true);
        assert_eq!((first_days.n_members(), first_days.of("asset").count()), (1, 0));
    }

    #[test]
    fn of_too_many_the_youngest_are_kept() {
        let left = |n_members: usize| {
            let mut first_days = some();
            let n_forgotten = first_days.keep_youngest(n_members);
            assert_eq!(n_forgotten + first_days.n_members(), 4);
            first_days.n_members()
        };
        assert_eq!([4, 3, 2, 1, 0].map(left), [4, 3, 1, 1, 0]);
    }

    #[test]
    fn merging_keeps_the_earlier_day() {
        let mut first_days = some();
        let mut others = FirstDays::default();
        others.note("asset", "b", day("2026-01-01"));
        others.note("asset", "a", day("2026-03-01"));
        first_days.merge(&others);
        let expected =
            [("a", day("2026-01-31")), ("b", day("2026-01-01")), ("c", day("2026-01-31"))];
        assert_eq!(first_days.of("asset").collect::<Vec<_>>(), expected);
    }
}
