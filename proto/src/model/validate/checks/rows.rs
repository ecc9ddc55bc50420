//! Checks of how many events a day has.

use super::keys::{counted_sources, share, sources};
use crate::model::checks::RowsCheck;
use crate::model::problems::Problems;
use crate::model::raw::{Entry, RawCheck, RawModel};

/// Four weeks: they contain each weekday equally often.
const DEFAULT_TRAILING_DAYS: u16 = 28;
/// A year: beyond that a day's volume says nothing about another's.
const MAX_TRAILING_DAYS: u16 = 366;
/// A median of less than a week says nothing about a weekend.
const N_KNOWN_AT_LEAST: u16 = 7;
/// Half: a weekend's dip is not worth a warning, a source that arrived only in part is.
const DEFAULT_AT_LEAST: f64 = 0.5;
/// Twice: a campaign's first day is not worth a warning, files that arrived twice with different events are.
const DEFAULT_AT_MOST: f64 = 2.0;

/// The default in a model that declares none.
pub(super) fn by_default(raw: &RawModel) -> Option<RowsCheck> {
    let sources = counted_sources(raw);
    (!sources.is_empty()).then_some(RowsCheck {
        sources,
        trailing_days: DEFAULT_TRAILING_DAYS,
        n_known_at_least: N_KNOWN_AT_LEAST,
        at_least: DEFAULT_AT_LEAST,
        at_most: DEFAULT_AT_MOST,
    })
}

pub(super) fn declared(
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<RowsCheck> {
    let place = &check.place;
    let sources = sources(raw, check, problems);
    let trailing_days = match &check.trailing_days {
        Entry::Absent => Some(DEFAULT_TRAILING_DAYS),
        Entry::Bad => None,
        Entry::Given(at) => {
            let days = u16::try_from(at.value).ok();
            let days = days.filter(|days| (1..=MAX_TRAILING_DAYS).contains(days));
            if days.is_none() {
                let what = format!("{} is not a number of days to look back", at.value);
                let mend = format!("choose 1 to {MAX_TRAILING_DAYS}");
                problems.report(at.line, place.key("trailing_days"), what, mend);
            }
            days
        }
    };
    let at_least = share(check, "at_least", &check.at_least, DEFAULT_AT_LEAST, problems);
    let at_most = share(check, "at_most", &check.at_most, DEFAULT_AT_MOST, problems);
    let (at_least, at_most) = (at_least?, at_most?);
    if at_least >= at_most {
        let line = check.at_most.line_or(check.at_least.line_or(place.line));
        let what = "the range ends before it begins";
        let mend = "choose `at_least` below `at_most`; without them they are 50 % and 200 %";
        problems.report(line, place.key("at_most"), what, mend);
        return None;
    }
    let trailing_days = trailing_days?;
    let n_known_at_least = trailing_days.min(N_KNOWN_AT_LEAST);
    Some(RowsCheck { sources: sources?, trailing_days, n_known_at_least, at_least, at_most })
}
