//! What was asked besides keys and measures, as answers repeat it: with what rows are compared, and which days count
//! for a row.

use clio_proto::{Answer, Comparison, Coverage, DayRange, TimeWindow};
use serde_json::{Value, json};

/// The parts of a question that its answer does not repeat.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) compare: Option<Comparison>,
    pub(crate) window: Option<TimeWindow>,
}

impl Asked {
    /// The other side of a comparison, as a column's heading.
    pub(super) fn other_side(&self, answer: &Answer) -> Option<String> {
        Some(match self.compare.as_ref()? {
            Comparison::PreviousPeriod => match days(answer.compared_coverage.as_ref()) {
                Some(days) => days.to_string(),
                None => "days before".to_owned(),
            },
            Comparison::Days(days) => days.to_string(),
            Comparison::Member { field, value: Some(value) } => format!("{field} = {value}"),
            Comparison::Member { field, value: None } => format!("{field} is null"),
            Comparison::Rest => "the rest".to_owned(),
            Comparison::Whole => "the whole".to_owned(),
            Comparison::Snapshot(id) => format!("snapshot {id}"),
        })
    }

    /// In words, for people: one line each.
    pub(super) fn words(&self, answer: &Answer) -> Vec<String> {
        let compare = self.compare.as_ref().map(|compare| match compare {
            Comparison::PreviousPeriod => "compared with the days just before".to_owned(),
            Comparison::Days(days) => format!("compared with the days {days}"),
            Comparison::Member { .. } => {
                let side = self.other_side(answer).unwrap_or_default();
                format!("compared with the row of {side} and the same other keys")
            }
            Comparison::Rest => {
                "compared with the rest: all that the filter leaves except the row".to_owned()
            }
            Comparison::Whole => {
                "compared with the whole: all that the filter leaves, including the row".to_owned()
            }
            Comparison::Snapshot(id) => format!("compared with what snapshot {id} says"),
        });
        let window = self.window.map(|window| match window {
            TimeWindow::TrailingDays(n_days) => {
                format!("each day with the {} before it, {n_days} in all", n_days.saturating_sub(1))
            }
            TimeWindow::Cumulative => {
                "each row with all before it, from the first requested day on".to_owned()
            }
        });
        compare.into_iter().chain(window).collect()
    }

    /// In the form of flags, for programs.
    pub(super) fn notes(&self) -> Vec<String> {
        let compare = self.compare.as_ref().map(|compare| format!("compare={compare}"));
        let window = self.window.map(|window| format!("window={window}"));
        compare.into_iter().chain(window).collect()
    }

    /// Entries of an object, in the form of gRPC.
    pub(super) fn json(&self) -> Vec<(&'static str, Value)> {
        let compare = self.compare.as_ref().map(|compare| match compare {
            Comparison::PreviousPeriod => json!({ "previous_period": {} }),
            Comparison::Days(days) => {
                json!({ "days": { "from": days.first().to_string(), "to": days.last().to_string() } })
            }
            Comparison::Member { field, value } => {
                json!({ "member": { "field": field.to_string(), "value": value } })
            }
            Comparison::Rest => json!({ "rest": {} }),
            Comparison::Whole => json!({ "whole": {} }),
            Comparison::Snapshot(id) => json!({ "snapshot": id.0 }),
        });
        let window = self.window.map(|window| match window {
            TimeWindow::TrailingDays(n_days) => json!({ "trailing_days": n_days }),
            TimeWindow::Cumulative => json!({ "cumulative": {} }),
        });
        let compare = compare.map(|compare| ("compare", compare));
        compare.into_iter().chain(window.map(|window| ("window", window))).collect()
    }
}

/// The days of a coverage.
fn days(coverage: Option<&Coverage>) -> Option<DayRange> {
    let (first, last) = coverage?.range?;
    DayRange::try_new(first, last)
}

#[cfg(test)]
mod tests {
    use clio_proto::{FieldRef, SnapshotId};

    use super::*;

    #[test]
    fn notes_and_json_say_what_was_asked() {
        let member = |value: Option<&str>| Comparison::Member {
            field: FieldRef::parse("country"),
            value: value.map(str::to_owned),
        };
        let days = DayRange::try_new("2026-01-01".parse().unwrap(), "2026-01-07".parse().unwrap());
        for (compare, note, in_json) in [
            (Comparison::PreviousPeriod, "previous", json!({ "previous_period": {} })),
            (
                Comparison::Days(days.unwrap()),
                "2026-01-01..2026-01-07",
                json!({ "days": { "from": "2026-01-01", "to": "2026-01-07" } }),
            ),
            (
                member(Some("US")),
                "country=US",
                json!({ "member": { "field": "country", "value": "US" } }),
            ),
            (
                member(None),
                "country isNull",
                json!({ "member": { "field": "country", "value": null } }),
            ),
            (Comparison::Rest, "rest", json!({ "rest": {} })),
            (Comparison::Whole, "whole", json!({ "whole": {} })),
            (Comparison::Snapshot(SnapshotId(412)), "snapshot=412", json!({ "snapshot": 412 })),
            (
                Comparison::Member {
                    field: FieldRef::parse("snapshot"),
                    value: Some("412".to_owned()),
                },
                "snapshot='412'",
                json!({ "member": { "field": "snapshot", "value": "412" } }),
            ),
        ] {
            let asked = Asked { compare: Some(compare), window: Some(TimeWindow::TrailingDays(7)) };
            assert_eq!(asked.notes(), [format!("compare={note}"), "window=7".to_owned()]);
            let window = json!({ "trailing_days": 7 });
            assert_eq!(asked.json(), [("compare", in_json), ("window", window)]);
        }
        assert!(Asked::default().notes().is_empty() && Asked::default().json().is_empty());
    }
}
