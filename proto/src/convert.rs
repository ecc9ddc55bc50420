//! Conversions between the wire types and ours: the only module that names both.
//!
//! Every message has a pair of functions, `…_to_wire` and `…_from_wire`. What arrives is validated: a string that is
//! not a date, a value without its kind, or a filter nested too deep is an
//! [`InvalidArgument`](crate::Code::InvalidArgument) that names the field. Whether a *name* exists is left to the
//! service that answers, since only the snapshot's model tells.
//!
//! ```text
//! client   Query ──query_to_wire──▶ wire::QueryRequest ──gRPC──▶ query_from_wire ──▶ Query   server
//!          Answer ◀─answer_from_wire── wire::QueryResponse ◀─gRPC── answer_to_wire ◀── Answer
//! ```

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tonic::metadata::AsciiMetadataValue;

use crate::error::{Code, ServiceError};
use crate::field::FieldRef;
use crate::query::GroupKey;

mod answer;
mod comparison;
mod cursor;
mod describe;
mod export;
mod having;
mod intervals;
mod media;
mod members;
mod newcomers;
mod outliers;
mod principal;
mod projection;
mod query;
mod reach;
mod runs;
mod snapshots;
#[cfg(test)]
mod tests;
mod verdict;
mod verification;
mod window;
mod work;

pub use answer::{answer_from_bytes, answer_from_wire, answer_to_bytes, answer_to_wire};
pub use cursor::{question_bytes, question_digest, search_digest};
pub use describe::{description_from_wire, description_to_wire};
pub(crate) use export::ended_by_error;
pub use export::{
    export_bytes_from_wire, export_bytes_to_wire, export_head_from_wire, export_head_to_wire,
    export_request_from_wire, export_request_to_wire,
};
pub use media::{
    has_media_from_wire, has_media_request_from_wire, has_media_request_to_wire, has_media_to_wire,
};
pub use members::{
    member_page_from_wire, member_page_to_wire, members_request_from_wire, members_request_to_wire,
};
pub use outliers::{
    outliers_from_wire, outliers_request_from_wire, outliers_request_to_wire, outliers_to_wire,
};
pub use principal::{principal_from_bytes, principal_to_bytes};
pub use query::{query_from_wire, query_to_wire};
pub use runs::{runs_from_wire, runs_request_from_wire, runs_request_to_wire, runs_to_wire};
pub use snapshots::{
    serving_status_from_wire, serving_status_to_wire, snapshots_from_wire,
    snapshots_request_from_wire, snapshots_request_to_wire, snapshots_to_wire,
};

/// The metadata in which gRPC says when to try again.
const RETRY_PUSHBACK: &str = "grpc-retry-pushback-ms";

/// The gRPC status of an error, with the same message.
pub fn status_from_error(error: ServiceError) -> tonic::Status {
    let mut status = tonic::Status::new(error.code.grpc(), error.message);
    if let Some(wait) = error.retry_after {
        status.metadata_mut().insert(RETRY_PUSHBACK, AsciiMetadataValue::from(milliseconds(wait)));
    }
    status
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// The error for a gRPC status, with the same message.
pub fn error_from_status(status: &tonic::Status) -> ServiceError {
    let error = ServiceError::new(Code::from_grpc(status.code()), status.message());
    let wait =
        status.metadata().get(RETRY_PUSHBACK).and_then(|wait| wait.to_str().ok()?.parse().ok());
    let retry_after = wait.filter(|_| error.code == Code::Unavailable).map(Duration::from_millis);
    ServiceError { retry_after, ..error }
}

fn invalid(field: &str, what: impl std::fmt::Display) -> ServiceError {
    ServiceError::new(Code::InvalidArgument, format!("`{field}`: {what}"))
}

fn required<T>(field: &str, part: Option<T>) -> Result<T, ServiceError> {
    part.ok_or_else(|| invalid(field, "is missing"))
}

fn optional_date_to_text(date: Option<Date>) -> String {
    date.map_or_else(String::new, |date| date.to_string())
}

fn date(field: &str, text: &str) -> Result<Date, ServiceError> {
    // Only the canonical spelling: a time of day or a week date would be dropped or guessed.
    match text.parse::<Date>() {
        Ok(date) if date.to_string() == text => Ok(date),
        _ => Err(invalid(
            field,
            format_args!("`{text}` is not a date; expected a day like `2026-01-31`"),
        )),
    }
}

fn optional_date(field: &str, text: &str) -> Result<Option<Date>, ServiceError> {
    if text.is_empty() { Ok(None) } else { date(field, text).map(Some) }
}

fn date_pair(
    first_field: &str,
    first: &str,
    last_field: &str,
    last: &str,
) -> Result<Option<(Date, Date)>, ServiceError> {
    match (optional_date(first_field, first)?, optional_date(last_field, last)?) {
        (Some(first), Some(last)) => Ok(Some((first, last))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(invalid(last_field, "is missing")),
        (None, Some(_)) => Err(invalid(first_field, "is missing")),
    }
}

fn field_from_text(field: &str, text: &str) -> Result<FieldRef, ServiceError> {
    let parsed = FieldRef::parse(text);
    if parsed.dimension.is_empty() || parsed.attribute.as_deref() == Some("") {
        return Err(invalid(
            field,
            format_args!(
                "`{text}` names no field; expected a dimension like `country` or an attribute like \
                 `asset.title`"
            ),
        ));
    }
    Ok(parsed)
}

fn group_key(field: &str, text: &str) -> Result<GroupKey, ServiceError> {
    // Any string parses as a group key; only an empty name is not a field.
    let Ok(key) = text.parse();
    if let GroupKey::Field(_) = key {
        field_from_text(field, text)?;
    }
    Ok(key)
}

fn count_to_wire(field: &str, count: usize) -> Result<u32, ServiceError> {
    u32::try_from(count)
        .map_err(|_| invalid(field, format_args!("{count} is over the limit of {}", u32::MAX)))
}

fn count_from_wire(count: u32) -> usize {
    // Nothing that Clio is built on supports a `usize` below 32 bits.
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn timestamp_to_wire(timestamp: Timestamp) -> prost_types::Timestamp {
    // In jiff both parts have the same sign; in protobuf nanoseconds count forward from the second.
    let (seconds, nanos) = (timestamp.as_second(), timestamp.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

fn timestamp_from_wire(timestamp: prost_types::Timestamp) -> Result<Timestamp, ServiceError> {
    Timestamp::new(timestamp.seconds, timestamp.nanos).map_err(|error| invalid("a time", error))
}

fn duration_to_wire(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        // Always below a billion.
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or(i32::MAX),
    }
}

fn duration_from_wire(duration: prost_types::Duration) -> Result<Duration, ServiceError> {
    match (u64::try_from(duration.seconds), u32::try_from(duration.nanos)) {
        (Ok(seconds), Ok(nanos)) if nanos < 1_000_000_000 => Ok(Duration::new(seconds, nanos)),
        _ => Err(invalid("elapsed", format_args!("{duration:?} is not a time span"))),
    }
}
