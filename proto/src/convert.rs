//! Conversions between the wire types and our own words: the only file that names both.
//!
//! Every message has a pair of functions, `…_to_wire` and `…_from_wire`. What comes from the wire is
//! checked: a text that is no date, a value without its kind, a filter nested too deep is an
//! [`InvalidArgument`](crate::Code::InvalidArgument) that names the field. Whether a *name* exists is
//! for whoever answers the query to say, since only the snapshot's model tells.
//!
//! ```text
//! client   Query ──query_to_wire──▶ wire::QueryRequest ──gRPC──▶ query_from_wire ──▶ Query   server
//!          Answer ◀─answer_from_wire── wire::QueryResponse ◀─gRPC── answer_to_wire ◀── Answer
//! ```

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::{Code, ServiceError};
use crate::id::{Fingerprint, RunId, SnapshotId};
use crate::model::MeasureFormat;
use crate::query::{
    Answer, Coverage, Direction, FieldRef, Filter, GroupKey, Key, MAX_FILTER_DEPTH, Order, OrderBy,
    Query, QueryRange, Row, Test, Value,
};
use crate::service::{
    Description, FieldInfo, MeasureClass, MeasureInfo, Member, MemberPage, MembersRequest,
    ServingState, ServingStatus, SnapshotInfo, Unattributed,
};
use crate::wire;

mod runs;
#[cfg(test)]
mod tests;
mod verification;

pub use runs::{runs_from_wire, runs_request_from_wire, runs_request_to_wire, runs_to_wire};

/// Rows of an answer where a request names no limit.
const DEFAULT_QUERY_LIMIT: u32 = 100;
/// Members of a page where a request names no limit.
const DEFAULT_MEMBERS_LIMIT: u32 = 50;
/// Snapshots of a list where a request names no limit.
const DEFAULT_SNAPSHOTS_LIMIT: u32 = 20;

// Errors.

/// The gRPC status of an error, with the same message.
pub fn status_from_error(error: ServiceError) -> tonic::Status {
    tonic::Status::new(error.code.grpc(), error.message)
}

/// The error that a gRPC status stands for, with the same message.
pub fn error_from_status(status: &tonic::Status) -> ServiceError {
    ServiceError::new(Code::from_grpc(status.code()), status.message())
}

// Describe.

/// A description on its way to a client.
pub fn description_to_wire(description: Description) -> wire::DescribeResponse {
    let Description { dataset, timezone, fingerprint, fields, measures } = description;
    wire::DescribeResponse {
        dataset,
        timezone,
        fingerprint: fingerprint.as_str().to_owned(),
        fields: fields.into_iter().map(field_info_to_wire).collect(),
        measures: measures.into_iter().map(measure_info_to_wire).collect(),
    }
}

/// A description as a client received it.
///
/// # Errors
///
/// A field without a name, a measure without a kind or with a precision that is none.
pub fn description_from_wire(
    response: wire::DescribeResponse,
) -> Result<Description, ServiceError> {
    let wire::DescribeResponse { dataset, timezone, fingerprint, fields, measures } = response;
    Ok(Description {
        dataset,
        timezone,
        fingerprint: Fingerprint::new(fingerprint),
        fields: fields.into_iter().map(field_info_from_wire).collect::<Result<_, _>>()?,
        measures: measures.into_iter().map(measure_info_from_wire).collect::<Result<_, _>>()?,
    })
}

fn field_info_to_wire(info: FieldInfo) -> wire::FieldInfo {
    let FieldInfo { field, label, multi, has_label, has_media } = info;
    wire::FieldInfo { name: field.to_string(), label, multi, has_label, has_media }
}

fn field_info_from_wire(info: wire::FieldInfo) -> Result<FieldInfo, ServiceError> {
    let wire::FieldInfo { name, label, multi, has_label, has_media } = info;
    let field = field_from_text("fields.name", &name)?;
    Ok(FieldInfo { field, label, multi, has_label, has_media })
}

fn measure_info_to_wire(info: MeasureInfo) -> wire::MeasureInfo {
    use wire::measure_info::Kind;
    let MeasureInfo { name, label, class, format } = info;
    let kind = match class {
        MeasureClass::Count => Kind::Count(wire::CountMeasure {}),
        MeasureClass::Sum => Kind::Sum(wire::SumMeasure {}),
        MeasureClass::Distinct { family, precision, relative_error } => {
            Kind::Distinct(wire::DistinctMeasure {
                family,
                precision: precision.into(),
                relative_error,
            })
        }
        MeasureClass::Derived { expression } => Kind::Derived(wire::DerivedMeasure { expression }),
    };
    let format = match format {
        MeasureFormat::Number => wire::MeasureFormat::Number,
        MeasureFormat::Percent => wire::MeasureFormat::Percent,
        MeasureFormat::Seconds => wire::MeasureFormat::Seconds,
    };
    wire::MeasureInfo { name, label, format: format.into(), kind: Some(kind) }
}

fn measure_info_from_wire(info: wire::MeasureInfo) -> Result<MeasureInfo, ServiceError> {
    use wire::measure_info::Kind;
    // A format or a kind of a later version: shown as a plain number, or refused.
    let format = match info.format() {
        wire::MeasureFormat::Unspecified | wire::MeasureFormat::Number => MeasureFormat::Number,
        wire::MeasureFormat::Percent => MeasureFormat::Percent,
        wire::MeasureFormat::Seconds => MeasureFormat::Seconds,
    };
    let wire::MeasureInfo { name, label, kind, .. } = info;
    let class = match kind {
        Some(Kind::Count(wire::CountMeasure {})) => MeasureClass::Count,
        Some(Kind::Sum(wire::SumMeasure {})) => MeasureClass::Sum,
        Some(Kind::Distinct(distinct)) => MeasureClass::Distinct {
            family: distinct.family,
            precision: u8::try_from(distinct.precision).map_err(|_| {
                invalid(
                    "measures.precision",
                    format_args!("{} of `{name}` is no precision", distinct.precision),
                )
            })?,
            relative_error: distinct.relative_error,
        },
        Some(Kind::Derived(derived)) => MeasureClass::Derived { expression: derived.expression },
        None => return Err(invalid("measures.kind", format_args!("`{name}` has none we know"))),
    };
    Ok(MeasureInfo { name, label, class, format })
}

// Query.

/// A query on its way to a server.
///
/// An open range (no day on either end) becomes [`QueryRange::AllTime`], which means the same.
///
/// # Errors
///
/// A filter nested deeper than [`MAX_FILTER_DEPTH`], or a limit or offset over four billion.
pub fn query_to_wire(
    query: Query,
    snapshot: Option<SnapshotId>,
) -> Result<wire::QueryRequest, ServiceError> {
    let Query { range, filter, group_by, measures, order_by, limit, offset } = query;
    let (from, to) = match range {
        QueryRange::AllTime => (None, None),
        QueryRange::Days { from, to } => (from, to),
    };
    if let Some(filter) = &filter {
        check_depth(filter.depth())?;
    }
    Ok(wire::QueryRequest {
        from: optional_date_to_text(from),
        to: optional_date_to_text(to),
        filter: filter.map(filter_to_wire),
        group_by: group_by.iter().map(ToString::to_string).collect(),
        measures,
        order_by: order_by.into_iter().map(order_to_wire).collect(),
        limit: Some(count_to_wire("limit", limit)?),
        offset: count_to_wire("offset", offset)?,
        snapshot: snapshot.map(|id| id.0),
    })
}

/// A query as a server received it, with the snapshot that it names.
///
/// # Errors
///
/// A `from` or `to` that is no date, an empty name, a filter, test or order without its kind, and a
/// filter nested deeper than [`MAX_FILTER_DEPTH`].
pub fn query_from_wire(
    request: wire::QueryRequest,
) -> Result<(Query, Option<SnapshotId>), ServiceError> {
    let wire::QueryRequest {
        from,
        to,
        filter,
        group_by,
        measures,
        order_by,
        limit,
        offset,
        snapshot,
    } = request;
    let range = match (optional_date("from", &from)?, optional_date("to", &to)?) {
        (None, None) => QueryRange::AllTime,
        (from, to) => QueryRange::Days { from, to },
    };
    let query = Query {
        range,
        filter: filter.map(|filter| filter_from_wire(filter, 1)).transpose()?,
        group_by: group_by
            .iter()
            .map(|key| group_key("group_by", key))
            .collect::<Result<_, _>>()?,
        measures,
        order_by: order_by.into_iter().map(order_from_wire).collect::<Result<_, _>>()?,
        limit: count_from_wire(limit.unwrap_or(DEFAULT_QUERY_LIMIT)),
        offset: count_from_wire(offset),
    };
    Ok((query, snapshot.map(SnapshotId)))
}

fn filter_to_wire(filter: Filter) -> wire::Filter {
    use wire::filter::Node;
    let list = |filters: Vec<Filter>| wire::FilterList {
        filters: filters.into_iter().map(filter_to_wire).collect(),
    };
    let node = match filter {
        Filter::And(filters) => Node::And(list(filters)),
        Filter::Or(filters) => Node::Or(list(filters)),
        Filter::Not(filter) => Node::Not(Box::new(filter_to_wire(*filter))),
        Filter::Field { field, test } => Node::Field(wire::FieldTest {
            field: field.to_string(),
            test: Some(test_to_wire(test)),
        }),
    };
    wire::Filter { node: Some(node) }
}

/// Converts one node that lies `depth` deep, the outermost at 1.
fn filter_from_wire(filter: wire::Filter, depth: usize) -> Result<Filter, ServiceError> {
    use wire::filter::Node;
    check_depth(depth)?;
    let list = |list: wire::FilterList| -> Result<Vec<Filter>, ServiceError> {
        list.filters.into_iter().map(|filter| filter_from_wire(filter, depth + 1)).collect()
    };
    Ok(match filter.node {
        Some(Node::And(filters)) => Filter::And(list(filters)?),
        Some(Node::Or(filters)) => Filter::Or(list(filters)?),
        Some(Node::Not(filter)) => Filter::Not(Box::new(filter_from_wire(*filter, depth + 1)?)),
        Some(Node::Field(wire::FieldTest { field, test })) => Filter::Field {
            test: test_from_wire(&field, test)?,
            field: field_from_text("filter.field", &field)?,
        },
        None => {
            return Err(invalid(
                "filter",
                "a node is empty; expected one of `and`, `or`, `not`, `field`",
            ));
        }
    })
}

fn check_depth(depth: usize) -> Result<(), ServiceError> {
    if depth > MAX_FILTER_DEPTH {
        return Err(invalid(
            "filter",
            format_args!(
                "nested {depth} deep or more, over the limit of {MAX_FILTER_DEPTH}; list values in \
                 one `any_of` instead of nesting tests"
            ),
        ));
    }
    Ok(())
}

fn test_to_wire(test: Test) -> wire::field_test::Test {
    use wire::field_test::Test as Wire;
    match test {
        Test::AnyOf(values) => Wire::AnyOf(wire::ValueList { values }),
        Test::AllOf(values) => Wire::AllOf(wire::ValueList { values }),
        Test::NoneOf(values) => Wire::NoneOf(wire::ValueList { values }),
        Test::Prefix(prefix) => Wire::Prefix(prefix),
        Test::IsNull(is_null) => Wire::IsNull(is_null),
    }
}

fn test_from_wire(field: &str, test: Option<wire::field_test::Test>) -> Result<Test, ServiceError> {
    use wire::field_test::Test as Wire;
    Ok(match test {
        Some(Wire::AnyOf(list)) => Test::AnyOf(list.values),
        Some(Wire::AllOf(list)) => Test::AllOf(list.values),
        Some(Wire::NoneOf(list)) => Test::NoneOf(list.values),
        Some(Wire::Prefix(prefix)) => Test::Prefix(prefix),
        Some(Wire::IsNull(is_null)) => Test::IsNull(is_null),
        None => {
            return Err(invalid(
                "filter.field",
                format_args!(
                    "`{field}` has no test; expected one of `any_of`, `all_of`, `none_of`, \
                     `prefix`, `is_null`"
                ),
            ));
        }
    })
}

fn order_to_wire(order: OrderBy) -> wire::OrderBy {
    use wire::order_by::By;
    let by = match order.by {
        Order::Measure(measure) => By::Measure(measure),
        Order::Key(key) => By::Key(key.to_string()),
    };
    let direction = match order.direction {
        Direction::Ascending => wire::Direction::Ascending,
        Direction::Descending => wire::Direction::Descending,
    };
    wire::OrderBy { by: Some(by), direction: direction.into() }
}

fn order_from_wire(order: wire::OrderBy) -> Result<OrderBy, ServiceError> {
    use wire::order_by::By;
    // A direction is never guessed: a page in the wrong order looks right.
    let direction = match wire::Direction::try_from(order.direction) {
        Ok(wire::Direction::Ascending) => Direction::Ascending,
        Ok(wire::Direction::Descending) => Direction::Descending,
        Ok(wire::Direction::Unspecified) | Err(_) => {
            return Err(invalid(
                "order_by.direction",
                "none given; expected DIRECTION_ASCENDING or DIRECTION_DESCENDING",
            ));
        }
    };
    let by = match order.by {
        Some(By::Measure(measure)) => Order::Measure(measure),
        Some(By::Key(key)) => Order::Key(group_key("order_by.key", &key)?),
        None => {
            return Err(invalid("order_by", "an entry is empty; expected `measure` or `key`"));
        }
    };
    Ok(OrderBy { by, direction })
}

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

fn coverage_from_wire(coverage: &wire::Coverage) -> Result<Coverage, ServiceError> {
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

// Members.

/// A search on its way to a server.
///
/// An empty search text becomes none, which finds the same.
///
/// # Errors
///
/// A limit or offset over four billion.
pub fn members_request_to_wire(
    request: MembersRequest,
) -> Result<wire::MembersRequest, ServiceError> {
    let MembersRequest { field, search, limit, offset, snapshot } = request;
    Ok(wire::MembersRequest {
        field: field.to_string(),
        search: search.unwrap_or_default(),
        limit: Some(count_to_wire("limit", limit)?),
        offset: count_to_wire("offset", offset)?,
        snapshot: snapshot.map(|id| id.0),
    })
}

/// A search as a server received it.
///
/// # Errors
///
/// An empty field name.
pub fn members_request_from_wire(
    request: wire::MembersRequest,
) -> Result<MembersRequest, ServiceError> {
    let wire::MembersRequest { field, search, limit, offset, snapshot } = request;
    Ok(MembersRequest {
        field: field_from_text("field", &field)?,
        search: (!search.is_empty()).then_some(search),
        limit: count_from_wire(limit.unwrap_or(DEFAULT_MEMBERS_LIMIT)),
        offset: count_from_wire(offset),
        snapshot: snapshot.map(SnapshotId),
    })
}

/// A page of members on its way to a client.
pub fn member_page_to_wire(page: MemberPage) -> wire::MembersResponse {
    let members = page.members.into_iter();
    wire::MembersResponse {
        members: members
            .map(|Member { value, label, media, n_cells }| wire::Member {
                value,
                label,
                media,
                n_cells,
            })
            .collect(),
        n_total: page.n_total,
    }
}

/// A page of members as a client received it.
pub fn member_page_from_wire(response: wire::MembersResponse) -> MemberPage {
    let members = response.members.into_iter();
    MemberPage {
        members: members
            .map(|wire::Member { value, label, media, n_cells }| Member {
                value,
                label,
                media,
                n_cells,
            })
            .collect(),
        n_total: response.n_total,
    }
}

// Snapshots and status.

/// A request for snapshots on its way to a server; numbers over four billion ask for all.
pub fn snapshots_request_to_wire(n_most: usize) -> wire::SnapshotsRequest {
    wire::SnapshotsRequest { limit: Some(u32::try_from(n_most).unwrap_or(u32::MAX)) }
}

/// How many snapshots a request asks for.
pub fn snapshots_request_from_wire(request: wire::SnapshotsRequest) -> usize {
    count_from_wire(request.limit.unwrap_or(DEFAULT_SNAPSHOTS_LIMIT))
}

/// A list of snapshots on its way to a client.
pub fn snapshots_to_wire(snapshots: Vec<SnapshotInfo>) -> wire::SnapshotsResponse {
    wire::SnapshotsResponse { snapshots: snapshots.into_iter().map(snapshot_to_wire).collect() }
}

/// A list of snapshots as a client received it.
///
/// # Errors
///
/// A snapshot without its time, or with a text that is no date.
pub fn snapshots_from_wire(
    response: wire::SnapshotsResponse,
) -> Result<Vec<SnapshotInfo>, ServiceError> {
    response.snapshots.into_iter().map(snapshot_from_wire).collect()
}

/// A status on its way to a client.
pub fn serving_status_to_wire(status: ServingStatus) -> wire::WatchResponse {
    let ServingStatus { state, message, snapshot } = status;
    let state = match state {
        ServingState::Serving => wire::ServingState::Serving,
        ServingState::Stale => wire::ServingState::Stale,
        ServingState::Down => wire::ServingState::Down,
    };
    wire::WatchResponse {
        state: state.into(),
        message: message.unwrap_or_default(),
        snapshot: snapshot.map(snapshot_to_wire),
    }
}

/// A status as a client received it.
///
/// # Errors
///
/// A state that this version does not know, or a snapshot that does not hold.
pub fn serving_status_from_wire(
    response: wire::WatchResponse,
) -> Result<ServingStatus, ServiceError> {
    let state = match wire::ServingState::try_from(response.state) {
        Ok(wire::ServingState::Serving) => ServingState::Serving,
        Ok(wire::ServingState::Stale) => ServingState::Stale,
        Ok(wire::ServingState::Down) => ServingState::Down,
        Ok(wire::ServingState::Unspecified) | Err(_) => {
            return Err(invalid("state", format_args!("{} is no state we know", response.state)));
        }
    };
    Ok(ServingStatus {
        state,
        message: (!response.message.is_empty()).then_some(response.message),
        snapshot: response.snapshot.map(snapshot_from_wire).transpose()?,
    })
}

fn snapshot_to_wire(info: SnapshotInfo) -> wire::Snapshot {
    let SnapshotInfo {
        id,
        committed_at,
        run,
        fingerprint,
        days,
        n_days,
        n_cells,
        rows_in,
        unattributed,
        verification,
    } = info;
    let unattributed = unattributed.iter().map(|Unattributed { source, day, rows }| {
        wire::Unattributed { source: source.clone(), day: day.to_string(), rows: *rows }
    });
    wire::Snapshot {
        version: id.0,
        committed_at: Some(timestamp_to_wire(committed_at)),
        run: run.as_str().to_owned(),
        fingerprint: fingerprint.as_str().to_owned(),
        first_day: optional_date_to_text(days.map(|days| days.0)),
        last_day: optional_date_to_text(days.map(|days| days.1)),
        n_days,
        n_cells,
        rows_in,
        unattributed: unattributed.collect(),
        verification: verification.as_ref().map(verification::to_wire),
    }
}

fn snapshot_from_wire(snapshot: wire::Snapshot) -> Result<SnapshotInfo, ServiceError> {
    let wire::Snapshot {
        version,
        committed_at,
        run,
        fingerprint,
        first_day,
        last_day,
        n_days,
        n_cells,
        rows_in,
        unattributed,
        verification,
    } = snapshot;
    let unattributed = unattributed.into_iter().map(|wire::Unattributed { source, day, rows }| {
        let day = date("snapshot.unattributed.day", &day)?;
        Ok(Unattributed { source, day, rows })
    });
    Ok(SnapshotInfo {
        id: SnapshotId(version),
        committed_at: timestamp_from_wire(required("snapshot.committed_at", committed_at)?)?,
        run: RunId::new(run),
        fingerprint: Fingerprint::new(fingerprint),
        days: date_pair("snapshot.first_day", &first_day, "snapshot.last_day", &last_day)?,
        n_days,
        n_cells,
        rows_in,
        unattributed: unattributed.collect::<Result<_, ServiceError>>()?,
        verification: verification.map(verification::from_wire).transpose()?,
    })
}

// The small things.

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
    // Only the one spelling: a time of day or a week date would be dropped or guessed.
    match text.parse::<Date>() {
        Ok(date) if date.to_string() == text => Ok(date),
        _ => Err(invalid(
            field,
            format_args!("`{text}` is no date; expected a day like `2026-01-31`"),
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
    // The parse of a group key takes any text; only an empty name is no field.
    let Ok(key) = text.parse();
    if let GroupKey::Field(_) = key {
        field_from_text(field, text)?;
    }
    Ok(key)
}

fn count_to_wire(field: &str, count: usize) -> Result<u32, ServiceError> {
    u32::try_from(count)
        .map_err(|_| invalid(field, format_args!("{count} is over {}, the most", u32::MAX)))
}

fn count_from_wire(count: u32) -> usize {
    // A `usize` of fewer than 32 bits is not supported by anything that Clio is built on.
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn timestamp_to_wire(timestamp: Timestamp) -> prost_types::Timestamp {
    // Ours has both parts of one sign; theirs counts nanoseconds forward from the second.
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
        // Below a billion, always.
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or(i32::MAX),
    }
}

fn duration_from_wire(duration: prost_types::Duration) -> Result<Duration, ServiceError> {
    match (u64::try_from(duration.seconds), u32::try_from(duration.nanos)) {
        (Ok(seconds), Ok(nanos)) if nanos < 1_000_000_000 => Ok(Duration::new(seconds, nanos)),
        _ => Err(invalid("elapsed", format_args!("{duration:?} is no time span"))),
    }
}
