//! Which periods of a lake are loaded if earlier days are left out.

use std::collections::BTreeSet;

use clio_proto::{Period, RetiredDays, Since};
use jiff::civil::Date;

/// The days of a lake, those that are left out, and so the periods that are loaded.
///
/// Always true: the days that are left out come before all others; a period with one of them is not loaded, and no range
/// of the others is covered by one.
#[derive(Debug)]
pub(in crate::snapshot) struct HeldDays {
    of_lake: BTreeSet<Date>,
    left_out: BTreeSet<Date>,
    /// The first day that is not left out, present or not; `None` if all days are held.
    first_day: Option<Date>,
}

impl HeldDays {
    /// Of a lake with these periods; without `since`, all days.
    pub(in crate::snapshot) fn new(
        since: Option<Since>,
        periods: &BTreeSet<Period>,
        retired: &RetiredDays,
    ) -> Self {
        let days = periods.iter().filter_map(|period| period.day());
        let of_lake: BTreeSet<Date> = days.chain(retired.days()).collect();
        let asked = since.zip(of_lake.last().copied()).map(|(since, last)| since.first_day(last));
        let Some(asked) = asked else {
            return Self { of_lake, left_out: BTreeSet::new(), first_day: None };
        };
        // A retired month is held as a whole or not at all.
        let is_cut = |month: &Period| retired.days_of(*month).any(|day| day < asked);
        let cut = retired.months().filter(is_cut).flat_map(|month| retired.days_of(month));
        let left_out: BTreeSet<Date> = of_lake.range(..asked).copied().chain(cut).collect();
        let behind = left_out.last().and_then(|day| day.tomorrow().ok());
        let first_day = Some(behind.map_or(asked, |behind| behind.max(asked)));
        Self { of_lake, left_out, first_day }
    }

    /// Whether a period is loaded.
    pub(in crate::snapshot) fn holds(&self, period: Period) -> bool {
        !self.left_out.iter().any(|day| period.contains(*day))
    }

    /// The days that are not left out.
    pub(in crate::snapshot) fn held(&self) -> BTreeSet<Date> {
        self.of_lake.difference(&self.left_out).copied().collect()
    }

    pub(super) fn of_lake(&self) -> &BTreeSet<Date> {
        &self.of_lake
    }

    pub(super) fn left_out(&self) -> &BTreeSet<Date> {
        &self.left_out
    }

    pub(super) fn first_day(&self) -> Option<Date> {
        self.first_day
    }
}

#[cfg(test)]
mod tests {
    use clio_proto::{DayRange, Grain, cover};

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// The lake of some days, of which some are retired.
    fn lake(days: &[&str], retired: &[&str]) -> (BTreeSet<Period>, RetiredDays) {
        let mut months = RetiredDays::default();
        months.retire(retired.iter().map(|text| day(text)));
        let periods = days.iter().chain(retired).flat_map(|text| {
            let grains =
                Grain::ALL.iter().filter(|grain| **grain != Grain::Day || days.contains(text));
            grains.map(|grain| Period::of(day(text), *grain))
        });
        (periods.collect(), months)
    }

    fn held(since: &str, days: &[&str], retired: &[&str]) -> String {
        let (periods, retired) = lake(days, retired);
        let own = HeldDays::new(since.parse().ok(), &periods, &retired);
        let mut held: Vec<String> = Vec::new();
        for period in periods.iter().filter(|period| own.holds(**period)) {
            held.push(period.to_string());
        }
        held.sort();
        // What is held covers any range of the days that are held.
        let days: Vec<Date> = own.held().into_iter().collect();
        for first in &days {
            for last in days.iter().filter(|last| *last >= first) {
                let range = DayRange::try_new(*first, *last).unwrap();
                let covered = cover(own.of_lake(), &retired, range);
                assert!(covered.iter().all(|period| own.holds(*period)), "{range}: {covered:?}");
            }
        }
        let first = own.first_day().map_or_else(|| "all".to_owned(), |day| day.to_string());
        format!("{first}: {}", held.join(" "))
    }

    #[test]
    fn periods_with_a_day_that_is_left_out_are_not_loaded() {
        let days = ["2025-12-31", "2026-01-30", "2026-01-31", "2026-02-01", "2026-02-03"];
        assert_eq!(
            held("", &days, &[]),
            "all: 2025 2025-12 2025-12-31 2026 2026-01 2026-01-30 2026-01-31 2026-02 2026-02-01 2026-02-03 all"
        );
        assert_eq!(
            held("2026-01-31", &days, &[]),
            "2026-01-31: 2026-01-31 2026-02 2026-02-01 2026-02-03"
        );
        // A period without earlier days is whole, wherever it begins.
        assert_eq!(
            held("2026-01-15", &days, &[]),
            "2026-01-15: 2026 2026-01 2026-01-30 2026-01-31 2026-02 2026-02-01 2026-02-03"
        );
        let all = held("2020-01-01", &days, &[]);
        assert!(all.starts_with("2020-01-01: 2025 ") && all.ends_with(" all"), "{all}");
        assert_eq!(held("2027-01-01", &days, &[]), "2027-01-01: ");
    }

    #[test]
    fn the_newest_days_end_with_the_newest_one() {
        let days = ["2026-01-31", "2026-02-01", "2026-02-03"];
        assert_eq!(held("1d", &days, &[]), "2026-02-03: 2026-02-03");
        assert_eq!(held("3d", &days, &[]), "2026-02-01: 2026-02 2026-02-01 2026-02-03");
        let all = held("9999d", &days, &[]);
        assert!(all.ends_with(" all"), "{all}");
        assert_eq!(held("3d", &[], &[]), "all: ");
    }

    #[test]
    fn a_retired_month_is_held_as_a_whole_or_not_at_all() {
        let (days, retired) = (["2026-02-01", "2026-03-01"], ["2026-01-05", "2026-01-20"]);
        assert_eq!(
            held("2026-01-05", &days, &retired),
            "2026-01-05: 2026 2026-01 2026-02 2026-02-01 2026-03 2026-03-01 all"
        );
        assert_eq!(
            held("2026-01-06", &days, &retired),
            "2026-01-21: 2026-02 2026-02-01 2026-03 2026-03-01"
        );
    }
}
