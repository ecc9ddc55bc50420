//! Parts of the messages of errors.

use clio_lake::Damage;
use clio_proto::{DayRange, Period};
use datafusion::arrow::datatypes::DataType;
use jiff::civil::Date;

use super::FailedCheck;

/// How many failed checks a message lists.
const MAX_LISTED: usize = 10;

pub(super) fn failures_text(failed: &[FailedCheck]) -> String {
    let mut text = String::new();
    for FailedCheck { check, day, what } in failed.iter().take(MAX_LISTED) {
        text += &format!("check `{check}` failed for {day}: {what}; ");
    }
    if let Some(n_more @ 1..) = failed.len().checked_sub(MAX_LISTED) {
        text += &format!("and {n_more} more; ");
    }
    text
}

pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn looked(places: &[String]) -> String {
    if places.is_empty() { String::new() } else { format!(" (not {})", places.join(", not ")) }
}

/// A type in words, regardless of its representation in the engine.
pub(crate) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::List(item) | DataType::LargeList(item) => {
            format!("list of {}", type_name(item.data_type()))
        }
        DataType::Dictionary(_, value) => type_name(value),
        other => other.to_string(),
    }
}

pub(super) fn whole_months_text(from: Date, to: Date, without_files: &[Date]) -> String {
    match without_files {
        [] => format!("ask for all of its days: `--from {from} --to {to}`"),
        days => {
            let days = list_days(days);
            format!(
                "the files of {days} are gone: bring them back, or ask for days of other months"
            )
        }
    }
}

pub(super) fn retired_text(days: Option<&(Date, Date)>) -> String {
    days.map(|(first, last)| format!(", those of retired months too: `--from {first} --to {last}`"))
        .unwrap_or_default()
}

pub(super) fn unreachable_text(days: &[Date]) -> String {
    match days {
        [] => String::new(),
        days => format!(" (the files of {} are gone)", list_days(days)),
    }
}

pub(crate) fn list_days(days: &[Date]) -> String {
    days.iter().map(Date::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) fn and_more(n_more: usize) -> String {
    if n_more == 0 { String::new() } else { format!(", and {n_more} more files") }
}

/// What mends a file that a run does not rebuild.
pub(super) fn mend_of(damage: &Damage, is_retired: bool) -> String {
    match damage.period {
        Some(month) if is_retired => {
            let range = DayRange::of(month);
            let days =
                range.map(|range| format!(" --from {} --to {}", range.first(), range.last()));
            format!(
                "bring the file back from a copy, or rebuild the whole month from its events: `clio etl run{}`",
                days.unwrap_or_default()
            )
        }
        Some(Period::Day(day)) => format!(
            "`clio etl run` rebuilds the day where its events are; else bring the file or the events back, or let \
             the day go with `clio etl run --date {day}`; `clio lake check` lists all that is damaged"
        ),
        Some(Period::Month(..) | Period::Year(_) | Period::All) | None => {
            "`clio lake check` lists all that is damaged and what would mend it".to_owned()
        }
    }
}
