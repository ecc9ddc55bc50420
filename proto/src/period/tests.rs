//! Periods as text and as a tree, and covers of ranges.

use super::*;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn covered(present: &[&str], first: &str, last: &str) -> Vec<String> {
    covered_with(present, &[], first, last)
}

fn covered_with(present: &[&str], retired: &[&str], first: &str, last: &str) -> Vec<String> {
    let present = present.iter().map(|text| day(text)).collect();
    let mut months = RetiredDays::default();
    months.retire(retired.iter().map(|text| day(text)));
    let range = DayRange::try_new(day(first), day(last)).unwrap();
    cover(&present, &months, range).iter().map(ToString::to_string).collect()
}

#[test]
fn period_names_round_trip_and_have_one_spelling() {
    for text in ["all", "2026", "2026-01", "2026-01-31", "-002", "-002-06", "-000002-06-01"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    for text in
        ["", "2026-1", "2026-13", "2026-02-30", "26", "All", "+026", "2026-1-01", "-", "--1-1"]
    {
        assert!(text.parse::<Period>().is_err(), "{text}");
    }
}

#[test]
fn a_period_stands_for_its_days_when_the_range_holds_every_present_one() {
    let week = ["2026-01-30", "2026-01-31", "2026-02-01"];
    assert_eq!(covered(&week, "2026-01-01", "2026-12-31"), ["all"]);
    assert_eq!(covered(&week, "2026-01-30", "2026-01-31"), ["2026-01"]);
    assert_eq!(covered(&week, "2026-01-31", "2026-02-28"), ["2026-01-31", "2026-02"]);
    assert!(covered(&week, "2027-01-01", "2027-01-02").is_empty());
    let years = ["2025-12-31", "2026-01-01", "2026-01-02", "2027-03-01"];
    assert_eq!(covered(&years, "2025-12-31", "2026-12-31"), ["2025", "2026"]);
}

#[test]
fn a_retired_month_stands_for_all_its_days_or_for_none() {
    let days = ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"];
    let of = |first, last| covered_with(&days, &days[..2], first, last);
    assert_eq!(of("2026-01-01", "2026-12-31"), ["all"]);
    assert_eq!(of("2026-01-30", "2026-01-31"), ["2026-01"]);
    assert_eq!(of("2026-01-01", "2026-02-01"), ["2026-01", "2026-02-01"]);
    assert_eq!(of("2026-01-31", "2026-02-28"), ["2026-02"]);
    assert!(of("2026-01-31", "2026-01-31").is_empty());
}

#[test]
fn a_range_knows_its_days() {
    let range = DayRange::try_new(day("2024-02-28"), day("2024-03-01")).unwrap();
    assert_eq!(range.n_days(), 3);
    assert_eq!(range.days().count(), 3);
    assert_eq!(DayRange::try_new(day("2024-03-01"), day("2024-02-28")), None);
    let of =
        |text: &str| DayRange::of(text.parse().unwrap()).map(|range| (range.first(), range.last()));
    assert_eq!(of("2024-02"), Some((day("2024-02-01"), day("2024-02-29"))));
    assert_eq!(of("2024"), Some((day("2024-01-01"), day("2024-12-31"))));
    assert_eq!(of("2024-02-03"), Some((day("2024-02-03"), day("2024-02-03"))));
    assert_eq!(of("all"), None);
}

#[test]
fn gaps_are_the_days_between_however_far_they_lie() {
    let of = |first: &str, last: &str, present: &[&str]| -> Vec<String> {
        let range = DayRange::try_new(day(first), day(last)).unwrap();
        let present = present.iter().map(|text| day(text));
        gaps(range, present).iter().map(ToString::to_string).collect()
    };
    assert_eq!(of("1900-01-01", "9999-12-31", &["9999-12-31"]), ["1900-01-01..9999-12-30"]);
    assert_eq!(of("2026-01-01", "2026-01-03", &["2026-01-02"]), ["2026-01-01", "2026-01-03"]);
    assert_eq!(of("2026-01-01", "2026-01-02", &[]), ["2026-01-01..2026-01-02"]);
    assert!(of("2026-01-01", "2026-01-02", &["2026-01-01", "2026-01-02"]).is_empty());
}

proptest! {
    /// Against the definition: every present day of the range is in exactly one period of the cover, and no present day
    /// outside it is in any; of a retired month, all its days or none. No period is a day of a retired month.
    #[test]
    fn a_cover_holds_each_present_day_of_the_range_once(
        offsets in proptest::collection::btree_set(0_i32..1200, 0..60),
        retired_before in 0_i32..1200,
        first in 0_i32..1200,
        length in 0_i32..800,
    ) {
        let at = |offset: i32| day("2024-11-01") + jiff::Span::new().days(offset);
        let present: BTreeSet<Date> = offsets.iter().map(|offset| at(*offset)).collect();
        let mut retired = RetiredDays::default();
        let cut_off = at(retired_before).first_of_month();
        retired.retire(present.iter().copied().filter(|day| *day < cut_off));
        let range = DayRange::try_new(at(first), at(first + length)).unwrap();
        let periods = cover(&present, &retired, range);
        for day in &present {
            let month = Period::of(*day, Grain::Month);
            let is_whole = retired.days_of(month).all(|day| range.contains(day));
            let n_holding = periods.iter().filter(|period| period.contains(*day)).count();
            prop_assert_eq!(n_holding, usize::from(range.contains(*day) && is_whole));
            prop_assert!(!(retired.contains(*day) && periods.contains(&Period::Day(*day))));
        }
    }
}

/// A grain missing from the list of parents would never be folded, nor would any above it.
#[test]
fn parents_are_folded_in_the_order_of_the_tree() {
    let day = Period::Day(jiff::civil::date(2026, 1, 31));
    let parents: Vec<Grain> =
        std::iter::successors(Some(day), |period| period.parent()).map(Period::grain).collect();
    assert_eq!(parents, Grain::ALL);
    assert_eq!(parents[1..], Grain::ABOVE_DAY);
}
