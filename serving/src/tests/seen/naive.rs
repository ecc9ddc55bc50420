//! The events that a role shows, computed without any code of serving: with only the audiences for which the role's
//! filter can be true.

use std::collections::BTreeSet;

use clio_proto::{FieldRef, Filter, Test};

use crate::tests::events::{AUDIENCES, Event, audience_kind};
use crate::tests::oracle::holds;

/// The events that match a filter, without the hidden audiences.
pub(super) fn restricted(events: &[Event], rows: &Filter) -> Vec<Event> {
    let seen = audiences(rows);
    let left = events.iter().filter(|event| holds(rows, event)).cloned();
    left.map(|mut event| {
        event.audiences.retain(|own| seen.as_ref().is_none_or(|seen| seen.contains(own)));
        event
    })
    .collect()
}

pub(super) fn tests_tags(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(tests_tags),
        Filter::Not(part) => tests_tags(part),
        Filter::Field { field, .. } => field.attribute.as_deref() == Some("tags"),
    }
}

fn tests_audiences(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(tests_audiences),
        Filter::Not(part) => tests_audiences(part),
        Filter::Field { field, .. } => field.dimension == "audience",
    }
}

/// The visible audiences; `None` for all.
fn audiences(rows: &Filter) -> Option<BTreeSet<String>> {
    if !tests_audiences(rows) {
        return None;
    }
    let all = || AUDIENCES.into_iter();
    let alone: BTreeSet<String> =
        all().filter(|own| alone(rows, own).0).map(str::to_owned).collect();
    if !alone.is_empty() {
        return Some(alone);
    }
    let is_asked = |own: &&str| named(rows, own, true, false) && !named(rows, own, true, true);
    Some(all().filter(is_asked).map(str::to_owned).collect())
}

/// The values of a field of the dimension for one audience.
fn values(field: &FieldRef, audience: &str) -> BTreeSet<String> {
    match field.attribute {
        None => BTreeSet::from([audience.to_owned()]),
        Some(_) => audience_kind(audience).into_iter().collect(),
    }
}

/// Whether a filter can be true for an audience alone, and whether it can be false.
fn alone(filter: &Filter, audience: &str) -> (bool, bool) {
    let of = |parts: &[Filter]| -> Vec<(bool, bool)> {
        parts.iter().map(|part| alone(part, audience)).collect()
    };
    match filter {
        Filter::And(parts) => {
            (of(parts).iter().all(|own| own.0), of(parts).iter().any(|own| own.1))
        }
        Filter::Or(parts) => (of(parts).iter().any(|own| own.0), of(parts).iter().all(|own| own.1)),
        Filter::Not(part) => {
            let (can_hold, can_fail) = alone(part, audience);
            (can_fail, can_hold)
        }
        Filter::Field { field, .. } if field.dimension != "audience" => (true, true),
        Filter::Field { field, test } => {
            let own = values(field, audience);
            let holds = match test {
                Test::AnyOf(values) => values.iter().any(|value| own.contains(value)),
                Test::AllOf(values) => values.iter().all(|value| own.contains(value)),
                Test::NoneOf(values) => !values.iter().any(|value| own.contains(value)),
                Test::Prefix(prefix) => own.iter().any(|value| value.starts_with(prefix)),
                Test::Between(_) => panic!("of ages alone"),
                Test::IsNull(null) => own.is_empty() == *null,
            };
            (holds, !holds)
        }
    }
}

/// Whether a test asks for an audience, or excludes it.
fn named(filter: &Filter, audience: &str, is_wanted: bool, is_excluded: bool) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter().any(|part| named(part, audience, is_wanted, is_excluded))
        }
        Filter::Not(part) => named(part, audience, !is_wanted, is_excluded),
        Filter::Field { field, .. } if field.dimension != "audience" => false,
        Filter::Field { field, test } => {
            let own = values(field, audience);
            let has = |values: &[String]| values.iter().any(|value| own.contains(value));
            let (is_named, excludes) = match test {
                Test::AnyOf(values) => (has(values), false),
                Test::AllOf(values) => {
                    let n_values = values.iter().collect::<BTreeSet<_>>().len();
                    // Lacking one of several means having any of the others.
                    let is_lax = !is_wanted && n_values > 1;
                    (has(values) && !is_lax, false)
                }
                Test::NoneOf(values) => (has(values), true),
                Test::Prefix(prefix) => (own.iter().any(|value| value.starts_with(prefix)), false),
                Test::Between(_) => panic!("of ages alone"),
                Test::IsNull(null) => (!own.is_empty(), *null),
            };
            is_named && (excludes == is_wanted) == is_excluded
        }
    }
}
