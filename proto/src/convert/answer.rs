//! Answers, to the wire and back.

use jiff::civil::Date;
use prost::Message as _;

use super::comparison::{compared_from_wire, compared_to_wire};
use super::cursor::cursor_to_wire;
use super::intervals::{intervals_from_wire, intervals_to_wire};
use super::newcomers::{
    look_back_from_wire, look_back_to_wire, newcomers_from_wire, newcomers_to_wire,
};
use super::projection::{projection_from_wire, projection_to_wire};
use super::reach::{reach_from_wire, reach_to_wire};
use super::snapshots::{snapshot_from_wire, snapshot_to_wire};
use super::verdict::{test_from_wire, test_to_wire, verdict_from_wire, verdict_to_wire};
use super::work::{work_from_wire, work_to_wire};
use super::{
    date, date_pair, duration_from_wire, duration_to_wire, field_from_text, group_key, invalid,
    optional_date_to_text, required,
};
use crate::error::ServiceError;
use crate::period::{DayRange, listed_days, runs};
use crate::query::{Answer, Coverage, Key, MixedLookup, Notice, Rank, Row, Value, Withheld};
use crate::wire;

/// An answer for a client.
pub fn answer_to_wire(answer: Answer) -> wire::QueryResponse {
    let has_next_page = answer.has_next_page();
    let Answer {
        snapshot,
        group_by,
        measures,
        rows,
        total,
        others,
        reach,
        n_groups,
        end,
        overlapping,
        coverage,
        compared_coverage,
        look_back,
        test,
        notices,
        n_notices,
        withheld,
        elapsed,
        work,
    } = answer;
    wire::QueryResponse {
        snapshot: Some(snapshot_to_wire(snapshot)),
        group_by: group_by.iter().map(ToString::to_string).collect(),
        measures,
        rows: rows.into_iter().map(row_to_wire).collect(),
        total: Some(row_to_wire(total)),
        n_groups,
        overlapping: overlapping.iter().map(ToString::to_string).collect(),
        coverage: Some(coverage_to_wire(coverage)),
        elapsed: Some(duration_to_wire(elapsed)),
        notices: notices.into_iter().map(notice_to_wire).collect(),
        n_notices,
        work: work.map(work_to_wire),
        others: others.map(row_to_wire),
        reach: reach.map(reach_to_wire),
        compared_coverage: compared_coverage.map(coverage_to_wire),
        end_cursor: cursor_to_wire(end),
        has_next_page,
        look_back: look_back.map(look_back_to_wire),
        test: test.map(test_to_wire),
        withheld: withheld
            .map(|Withheld { min_people, n_rows }| wire::Withheld { min_people, n_rows }),
    }
}

/// An answer as bytes that outlive the program: those of the wire, which later versions can read.
pub fn answer_to_bytes(answer: Answer) -> Vec<u8> {
    answer_to_wire(answer).encode_to_vec()
}

/// An answer from stored bytes.
///
/// # Errors
///
/// The bytes are not an answer.
pub fn answer_from_bytes(bytes: &[u8]) -> Result<Answer, ServiceError> {
    let response = wire::QueryResponse::decode(bytes);
    answer_from_wire(response.map_err(|error| invalid("answer", error))?)
}

/// An answer as received by a client.
///
/// # Errors
///
/// A part is missing, or a string is not a date or period.
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
        notices,
        n_notices,
        work,
        others,
        reach,
        compared_coverage,
        end_cursor,
        // It follows from the cursor.
        has_next_page: _,
        look_back,
        test,
        withheld,
    } = response;
    Ok(Answer {
        snapshot: snapshot_from_wire(required("snapshot", snapshot)?)?,
        group_by: group_by
            .iter()
            .map(|key| group_key("group_by", key))
            .collect::<Result<_, _>>()?,
        measures,
        rows: rows.into_iter().map(row_from_wire).collect::<Result<_, _>>()?,
        total: row_from_wire(required("total", total)?)?,
        others: others.map(row_from_wire).transpose()?,
        reach: reach.map(reach_from_wire).transpose()?,
        n_groups,
        // A later version may send another kind, which this one cannot read.
        end: end_cursor.parse().ok(),
        overlapping: overlapping
            .iter()
            .map(|field| field_from_text("overlapping", field))
            .collect::<Result<_, _>>()?,
        coverage: coverage_from_wire(required("coverage", coverage)?)?,
        compared_coverage: compared_coverage.map(coverage_from_wire).transpose()?,
        look_back: look_back.map(look_back_from_wire).transpose()?,
        test: test.map(test_from_wire).transpose()?,
        notices: notices.into_iter().map(notice_from_wire).collect::<Result<_, _>>()?,
        n_notices,
        withheld: withheld.map(|own| Withheld { min_people: own.min_people, n_rows: own.n_rows }),
        elapsed: duration_from_wire(elapsed.unwrap_or_default())?,
        work: work.map(work_from_wire).transpose()?,
    })
}

fn row_to_wire(row: Row) -> wire::Row {
    let Row { keys, values, shares, rank, compared, newcomers, intervals, verdicts } = row;
    wire::Row {
        keys: keys
            .into_iter()
            .map(|Key { value, label, media }| wire::Key { value, label, media })
            .collect(),
        values: values.into_iter().map(value_to_wire).collect(),
        shares: shares.into_iter().map(value_to_wire).collect(),
        rank: rank.map(|Rank { best, worst }| wire::Rank { best, worst }),
        compared: compared.into_iter().map(compared_to_wire).collect(),
        newcomers: newcomers.map(newcomers_to_wire),
        intervals: intervals.into_iter().map(intervals_to_wire).collect(),
        verdicts: verdicts.into_iter().map(verdict_to_wire).collect(),
    }
}

fn row_from_wire(row: wire::Row) -> Result<Row, ServiceError> {
    let wire::Row { keys, values, shares, rank, compared, newcomers, intervals, verdicts } = row;
    Ok(Row {
        keys: keys
            .into_iter()
            .map(|wire::Key { value, label, media }| Key { value, label, media })
            .collect(),
        values: values.into_iter().map(value_from_wire).collect::<Result<_, _>>()?,
        shares: shares.into_iter().map(value_from_wire).collect::<Result<_, _>>()?,
        rank: rank.map(|wire::Rank { best, worst }| Rank { best, worst }),
        compared: compared.into_iter().map(compared_from_wire).collect::<Result<_, _>>()?,
        newcomers: newcomers.map(newcomers_from_wire).transpose()?,
        intervals: intervals.into_iter().map(intervals_from_wire).collect::<Result<_, _>>()?,
        verdicts: verdicts.into_iter().map(verdict_from_wire).collect::<Result<_, _>>()?,
    })
}

pub(super) fn value_to_wire(value: Value) -> wire::Value {
    let Value { value, lower, upper, exact, whole, withheld } = value;
    let exact_text = whole.map(|whole| whole.to_string());
    wire::Value { value, lower, upper, exact, exact_text, withheld }
}

pub(super) fn value_from_wire(value: wire::Value) -> Result<Value, ServiceError> {
    let wire::Value { value, lower, upper, exact, exact_text, withheld } = value;
    let whole = exact_text.map(|text| {
        text.parse()
            .map_err(|_| invalid("exact_text", format_args!("`{text}` is not a whole number")))
    });
    Ok(Value { value, lower, upper, exact, whole: whole.transpose()?, withheld })
}

fn notice_to_wire(notice: Notice) -> wire::Notice {
    let Notice { field, value, is_prefix, nearest } = notice;
    wire::Notice { field: field.to_string(), value, is_prefix, nearest }
}

fn notice_from_wire(notice: wire::Notice) -> Result<Notice, ServiceError> {
    let wire::Notice { field, value, is_prefix, nearest } = notice;
    let field = field_from_text("notices.field", &field)?;
    Ok(Notice { field, value, is_prefix, nearest })
}

#[expect(deprecated, reason = "clients that do not know ranges yet read the days")]
pub(super) fn coverage_to_wire(coverage: Coverage) -> wire::Coverage {
    let days = |ranges: &[DayRange]| {
        listed_days(ranges.iter().copied()).map(|day| day.to_string()).collect()
    };
    let ranges = |ranges: &[DayRange]| {
        let texts = |range: &DayRange| (range.first().to_string(), range.last().to_string());
        ranges.iter().map(texts).map(|(from, to)| wire::Days { from, to }).collect()
    };
    let Coverage {
        range,
        n_days_present,
        missing,
        retired,
        provisional,
        periods,
        mixed,
        projection,
    } = coverage;
    let mixed_lookup = |MixedLookup { lookup, n_states, others }| wire::MixedLookup {
        lookup,
        n_states,
        other_ranges: ranges(&others),
    };
    wire::Coverage {
        from: optional_date_to_text(range.map(|range| range.0)),
        to: optional_date_to_text(range.map(|range| range.1)),
        missing: days(&missing),
        retired: days(&retired),
        provisional: days(&provisional),
        periods: periods.iter().map(ToString::to_string).collect(),
        missing_ranges: ranges(&missing),
        provisional_ranges: ranges(&provisional),
        retired_ranges: ranges(&retired),
        n_days_present,
        mixed_lookups: mixed.into_iter().map(mixed_lookup).collect(),
        projection: projection.as_deref().map(projection_to_wire),
    }
}

#[expect(deprecated, reason = "a server that does not know ranges yet lists the days")]
pub(super) fn coverage_from_wire(coverage: wire::Coverage) -> Result<Coverage, ServiceError> {
    let wire::Coverage {
        from,
        to,
        missing,
        retired,
        provisional,
        periods,
        missing_ranges,
        provisional_ranges,
        retired_ranges,
        n_days_present,
        mixed_lookups,
        projection,
    } = coverage;
    Ok(Coverage {
        range: date_pair("coverage.from", &from, "coverage.to", &to)?,
        n_days_present,
        missing: ranges("coverage.missing", &missing_ranges, &missing)?,
        retired: ranges("coverage.retired", &retired_ranges, &retired)?,
        provisional: ranges("coverage.provisional", &provisional_ranges, &provisional)?,
        periods: periods
            .iter()
            .map(|text| text.parse().map_err(|error| invalid("coverage.periods", error)))
            .collect::<Result<_, _>>()?,
        mixed: mixed_lookups.into_iter().map(mixed_from_wire).collect::<Result<_, _>>()?,
        projection: projection_from_wire(projection)?,
    })
}

fn mixed_from_wire(mixed: wire::MixedLookup) -> Result<MixedLookup, ServiceError> {
    let wire::MixedLookup { lookup, n_states, other_ranges } = mixed;
    let others = ranges("coverage.mixed_lookups", &other_ranges, &[])?;
    Ok(MixedLookup { lookup, n_states, others })
}

/// The ranges, or those made of the days if a server only lists days.
fn ranges(
    field: &str,
    ranges: &[wire::Days],
    days: &[String],
) -> Result<Vec<DayRange>, ServiceError> {
    if ranges.is_empty() {
        let days = days.iter().map(|day| date(field, day)).collect::<Result<Vec<Date>, _>>()?;
        return Ok(runs(days));
    }
    let range = |range: &wire::Days| {
        let wire::Days { from, to } = range;
        DayRange::try_new(date(field, from)?, date(field, to)?)
            .ok_or_else(|| invalid(field, format_args!("{from} is after {to}")))
    };
    ranges.iter().map(range).collect()
}
