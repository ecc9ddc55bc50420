//! Answers on their way through the wire.

use jiff::civil::Date;

use super::snapshots::{snapshot_from_wire, snapshot_to_wire};
use super::{
    date, date_pair, duration_from_wire, duration_to_wire, field_from_text, group_key, invalid,
    optional_date_to_text, required,
};
use crate::error::ServiceError;
use crate::query::{Answer, Coverage, Key, Row, Value};
use crate::wire;

/// An answer on its way to a client.
pub fn answer_to_wire(answer: Answer) -> wire::QueryResponse {
    let Answer {
        snapshot,
        group_by,
        measures,
        rows,
        total,
        n_groups,
        overlapping,
        coverage,
        elapsed,
    } = answer;
    wire::QueryResponse {
        snapshot: Some(snapshot_to_wire(snapshot)),
        group_by: group_by.iter().map(ToString::to_string).collect(),
        measures,
        rows: rows.into_iter().map(row_to_wire).collect(),
        total: Some(row_to_wire(total)),
        n_groups,
        overlapping: overlapping.iter().map(ToString::to_string).collect(),
        coverage: Some(coverage_to_wire(&coverage)),
        elapsed: Some(duration_to_wire(elapsed)),
    }
}

/// An answer as a client received it.
///
/// # Errors
///
/// A part that is missing, or a text that is no date or period.
pub fn answer_from_wire(response: wire::QueryResponse) -> Result<Answer, ServiceError> {
    let wire::QueryResponse {
        snapshot,
        group_by,
        measures,
        rows,
        total,
        n_groups,
        overlapping,
        coverage,
        elapsed,
    } = response;
    Ok(Answer {
        snapshot: snapshot_from_wire(required("snapshot", snapshot)?)?,
        group_by: group_by
            .iter()
            .map(|key| group_key("group_by", key))
            .collect::<Result<_, _>>()?,
        measures,
        rows: rows.into_iter().map(row_from_wire).collect(),
        total: row_from_wire(required("total", total)?),
        n_groups,
        overlapping: overlapping
            .iter()
            .map(|field| field_from_text("overlapping", field))
            .collect::<Result<_, _>>()?,
        coverage: coverage_from_wire(&required("coverage", coverage)?)?,
        elapsed: duration_from_wire(elapsed.unwrap_or_default())?,
    })
}

fn row_to_wire(row: Row) -> wire::Row {
    wire::Row {
        keys: row
            .keys
            .into_iter()
            .map(|Key { value, label, media }| wire::Key { value, label, media })
            .collect(),
        values: row
            .values
            .into_iter()
            .map(|Value { value, lower, upper, exact }| wire::Value { value, lower, upper, exact })
            .collect(),
    }
}

fn row_from_wire(row: wire::Row) -> Row {
    Row {
        keys: row
            .keys
            .into_iter()
            .map(|wire::Key { value, label, media }| Key { value, label, media })
            .collect(),
        values: row
            .values
            .into_iter()
            .map(|wire::Value { value, lower, upper, exact }| Value { value, lower, upper, exact })
            .collect(),
    }
}

fn coverage_to_wire(coverage: &Coverage) -> wire::Coverage {
    let texts = |days: &[Date]| days.iter().map(ToString::to_string).collect();
    wire::Coverage {
        from: optional_date_to_text(coverage.range.map(|range| range.0)),
        to: optional_date_to_text(coverage.range.map(|range| range.1)),
        missing: texts(&coverage.missing),
        retired: texts(&coverage.retired),
        provisional: texts(&coverage.provisional),
        periods: coverage.periods.iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn coverage_from_wire(coverage: &wire::Coverage) -> Result<Coverage, ServiceError> {
    let dates = |field: &str, days: &[String]| {
        days.iter().map(|day| date(field, day)).collect::<Result<_, _>>()
    };
    Ok(Coverage {
        range: date_pair("coverage.from", &coverage.from, "coverage.to", &coverage.to)?,
        missing: dates("coverage.missing", &coverage.missing)?,
        retired: dates("coverage.retired", &coverage.retired)?,
        provisional: dates("coverage.provisional", &coverage.provisional)?,
        periods: coverage
            .periods
            .iter()
            .map(|text| text.parse().map_err(|error| invalid("coverage.periods", error)))
            .collect::<Result<_, _>>()?,
    })
}
