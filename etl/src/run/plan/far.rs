//! Days far away from all others: a zero date, the end of time, the year 2062 instead of 2026. The lake can
//! hold them, but they are more likely mistakes than events, so they are reported unless the model bounds its
//! days.

use std::collections::BTreeSet;

use clio_proto::Model;
use jiff::civil::Date;

/// Days this far apart belong to different groups.
const N_DAYS_APART: i32 = 2 * 366;
/// A group of more days is genuine data.
const N_FEW_DAYS: usize = 3;

/// The days in small groups that are years away from the largest one, if the model bounds days on neither side
/// of them. Among groups of equal size the one nearest to today counts as the largest.
pub(crate) fn far_days(days: &BTreeSet<Date>, model: &Model, today: Date) -> Vec<Date> {
    let days: Vec<Date> = days.iter().copied().collect();
    let groups: Vec<&[Date]> = days.chunk_by(|a, b| (*b - *a).get_days() <= N_DAYS_APART).collect();
    let from_today = |group: &[Date]| {
        let nearest = group.iter().map(|day| (*day - today).get_days().abs()).min();
        std::cmp::Reverse(nearest)
    };
    let Some(main) = groups.iter().max_by_key(|group| (group.len(), from_today(group))) else {
        return Vec::new();
    };
    let (first_day, last_day) = model.day_bounds();
    let is_far = |group: &&&[Date]| {
        let is_bounded = if group[0] < main[0] { first_day.is_some() } else { last_day.is_some() };
        group[0] != main[0] && group.len() <= N_FEW_DAYS && !is_bounded
    };
    groups.iter().filter(is_far).flat_map(|group| group.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn far(days: &[&str], bounds: &str) -> Vec<String> {
        let text = format!(
            "[dataset]\nname = \"a\"\n{bounds}\n[source.s]\nurl = \"s/\"\nformat = \"csv\"\ntime = \
             \"at\"\n[dimension.d]\ncolumn = \"d\"\n[measure.m]\nsource = \"s\"\nkind = \"count\"\n"
        );
        let model = Model::parse("a.toml", &text).unwrap();
        let days = days.iter().map(|day| day.parse().unwrap()).collect();
        let found = far_days(&days, &model, "2026-03-01".parse().unwrap());
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn few_days_years_from_the_others_are_named() {
        let two = ["2026-01-05", "9999-12-31"];
        assert_eq!(far(&two, ""), ["9999-12-31"]);
        assert!(far(&two, "last_day = \"9999-12-31\"").is_empty());
        assert_eq!(far(&two, "first_day = \"1970-01-01\""), ["9999-12-31"]);
        let around = ["1970-01-01", "2024-01-01", "2024-01-02", "2025-06-01", "2062-01-01"];
        assert_eq!(far(&around, ""), ["1970-01-01", "2062-01-01"]);
        assert!(far(&[], "").is_empty() && far(&["1970-01-01"], "").is_empty());
        let archive = ["2001-01-01", "2001-01-02", "2001-01-03", "2001-01-04", "2026-01-01"];
        assert_eq!(far(&archive, ""), ["2026-01-01"]);
    }
}
