//! Queries, to the wire and back.

use super::comparison::{
    compared_measure_from_wire, compared_measure_to_wire, comparison_from_wire, comparison_to_wire,
};
use super::cursor::{cursor_from_wire, cursor_to_wire};
use super::having::{having_from_wire, having_to_wire};
use super::window::{window_from_wire, window_to_wire};
use super::{
    count_from_wire, count_to_wire, field_from_text, group_key, invalid, optional_date,
    optional_date_to_text,
};
use crate::error::{ServiceError, Shortened};
use crate::filter::{Filter, MAX_FILTER_DEPTH, Operator, Test, WholeRange};
use crate::id::SnapshotId;
use crate::query::{Direction, Extra, Order, OrderBy, Query, QueryRange};
use crate::wire;

/// The number of rows of an answer if a request sets no limit.
const DEFAULT_QUERY_LIMIT: u32 = 100;

/// A query for a server.
///
/// An open range (no day on either end) becomes [`QueryRange::AllTime`], which means the same.
///
/// # Errors
///
/// A filter or condition nested deeper than [`MAX_FILTER_DEPTH`], or a limit or offset over four billion.
#[expect(deprecated, reason = "servers that do not know cursors yet skip rows")]
pub fn query_to_wire(
    query: Query,
    snapshot: Option<SnapshotId>,
) -> Result<wire::QueryRequest, ServiceError> {
    let Query {
        range,
        filter,
        group_by,
        measures,
        having,
        order_by,
        limit,
        offset,
        after,
        extras,
        compare,
        window,
        look_back_days,
    } = query;
    let (from, to) = range_to_wire(range);
    if let Some(filter) = &filter {
        check_depth("filter", filter.depth())?;
    }
    if let Some(having) = &having {
        check_depth("having", having.depth())?;
    }
    Ok(wire::QueryRequest {
        from,
        to,
        filter: filter.map(filter_to_wire),
        group_by: group_by.iter().map(ToString::to_string).collect(),
        measures,
        order_by: order_by.into_iter().map(order_to_wire).collect(),
        limit: Some(count_to_wire("limit", limit)?),
        offset: count_to_wire("offset", offset)?,
        snapshot: snapshot.map(|id| id.0),
        having: having.map(having_to_wire),
        extras: extras.into_iter().map(|extra| extra_to_wire(extra).into()).collect(),
        compare: compare.map(comparison_to_wire),
        after: cursor_to_wire(after),
        window: window.map(window_to_wire),
        look_back_days,
    })
}

/// A query as received by a server, with the snapshot that it names.
///
/// # Errors
///
/// A `from` or `to` that is not a date; an empty name; a filter, test, condition or order without its kind; a test that
/// no value of a measure can be compared with; a comparison with nothing; nesting deeper than [`MAX_FILTER_DEPTH`].
#[expect(deprecated, reason = "clients that do not know cursors yet skip rows")]
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
        having,
        extras,
        compare,
        after,
        window,
        look_back_days,
    } = request;
    let query = Query {
        range: range_from_wire(&from, &to)?,
        filter: filter.map(|filter| filter_from_wire("filter", filter, 1)).transpose()?,
        group_by: group_by
            .iter()
            .enumerate()
            .map(|(at, key)| group_key(&format!("group_by[{at}]"), key))
            .collect::<Result<_, _>>()?,
        measures,
        having: having.map(|having| having_from_wire("having", having, 1)).transpose()?,
        order_by: order_by
            .into_iter()
            .enumerate()
            .map(order_from_wire)
            .collect::<Result<_, _>>()?,
        limit: count_from_wire(limit.unwrap_or(DEFAULT_QUERY_LIMIT)),
        offset: count_from_wire(offset),
        after: cursor_from_wire("after", &after)?,
        window: window.map(window_from_wire).transpose()?,
        look_back_days,
        extras: extras.into_iter().enumerate().map(extra_from_wire).collect::<Result<_, _>>()?,
        compare: compare.map(comparison_from_wire).transpose()?,
    };
    Ok((query, snapshot.map(SnapshotId)))
}

/// The first and the last day as strings.
pub(super) fn range_to_wire(range: QueryRange) -> (String, String) {
    let (from, to) = match range {
        QueryRange::AllTime => (None, None),
        QueryRange::Days { from, to } => (from, to),
    };
    (optional_date_to_text(from), optional_date_to_text(to))
}

pub(super) fn range_from_wire(from: &str, to: &str) -> Result<QueryRange, ServiceError> {
    Ok(match (optional_date("from", from)?, optional_date("to", to)?) {
        (None, None) => QueryRange::AllTime,
        (from, to) => QueryRange::Days { from, to },
    })
}

fn extra_to_wire(extra: Extra) -> wire::Extra {
    match extra {
        Extra::Shares => wire::Extra::Shares,
        Extra::Others => wire::Extra::Others,
        Extra::Ranks => wire::Extra::Ranks,
        Extra::Reach => wire::Extra::Reach,
        Extra::Intervals => wire::Extra::Intervals,
        Extra::Verdicts => wire::Extra::Verdicts,
    }
}

fn extra_from_wire((at, extra): (usize, i32)) -> Result<Extra, ServiceError> {
    match wire::Extra::try_from(extra) {
        Ok(wire::Extra::Shares) => Ok(Extra::Shares),
        Ok(wire::Extra::Others) => Ok(Extra::Others),
        Ok(wire::Extra::Ranks) => Ok(Extra::Ranks),
        Ok(wire::Extra::Reach) => Ok(Extra::Reach),
        Ok(wire::Extra::Intervals) => Ok(Extra::Intervals),
        Ok(wire::Extra::Verdicts) => Ok(Extra::Verdicts),
        Ok(wire::Extra::Unspecified) | Err(_) => Err(invalid(
            &format!("extras[{at}]"),
            format_args!(
                "{extra} is unknown; expected EXTRA_SHARES, EXTRA_OTHERS, EXTRA_RANKS, \
                 EXTRA_REACH, EXTRA_INTERVALS or EXTRA_VERDICTS"
            ),
        )),
    }
}

pub(super) fn filter_to_wire(filter: Filter) -> wire::Filter {
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

/// Converts the node at a path, `depth` levels deep; the outermost is at 1.
pub(super) fn filter_from_wire(
    path: &str,
    filter: wire::Filter,
    depth: usize,
) -> Result<Filter, ServiceError> {
    use wire::filter::Node;
    check_depth("filter", depth)?;
    let list = |joint: &str, list: wire::FilterList| -> Result<Vec<Filter>, ServiceError> {
        let parts = list.filters.into_iter().enumerate();
        let part = |(at, part)| {
            filter_from_wire(&format!("{path}.{joint}.filters[{at}]"), part, depth + 1)
        };
        parts.map(part).collect()
    };
    Ok(match filter.node {
        Some(Node::And(filters)) => Filter::And(list("and", filters)?),
        Some(Node::Or(filters)) => Filter::Or(list("or", filters)?),
        Some(Node::Not(filter)) => {
            let inner = filter_from_wire(&format!("{path}.not"), *filter, depth + 1)?;
            Filter::Not(Box::new(inner))
        }
        Some(Node::Field(wire::FieldTest { field, test })) => Filter::Field {
            test: test_from_wire(path, &field, test)?,
            field: field_from_text(&format!("{path}.field.field"), &field)?,
        },
        None => {
            return Err(invalid(
                path,
                "a node is empty; expected one of `and`, `or`, `not`, `field`",
            ));
        }
    })
}

pub(super) fn check_depth(what: &str, depth: usize) -> Result<(), ServiceError> {
    if depth > MAX_FILTER_DEPTH {
        let mend = match what {
            "filter" => "; list values in one `any_of` instead of nesting tests",
            _ => "",
        };
        return Err(invalid(
            what,
            format_args!("nested {depth} deep or more, over the limit of {MAX_FILTER_DEPTH}{mend}"),
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
        Test::Between(range) => {
            Wire::Between(wire::WholeRange { from: range.from(), to: range.to() })
        }
        Test::IsNull(is_null) => Wire::IsNull(is_null),
    }
}

fn test_from_wire(
    path: &str,
    field: &str,
    test: Option<wire::field_test::Test>,
) -> Result<Test, ServiceError> {
    use wire::field_test::Test as Wire;
    Ok(match test {
        Some(Wire::AnyOf(list)) => Test::AnyOf(list.values),
        Some(Wire::AllOf(list)) => Test::AllOf(list.values),
        Some(Wire::NoneOf(list)) => Test::NoneOf(list.values),
        Some(Wire::Prefix(prefix)) => Test::Prefix(prefix),
        Some(Wire::Between(range)) => {
            let found = WholeRange::try_new(range.from, range.to);
            Test::Between(found.map_err(|error| invalid(&format!("{path}.field.between"), error))?)
        }
        Some(Wire::IsNull(is_null)) => Test::IsNull(is_null),
        None => {
            let known = Operator::ALL.map(|operator| format!("`{}`", operator.wire_name()));
            let field = Shortened(field);
            return Err(invalid(
                &format!("{path}.field"),
                format_args!("`{field}` has no test; expected one of {}", known.join(", ")),
            ));
        }
    })
}

fn order_to_wire(order: OrderBy) -> wire::OrderBy {
    use wire::order_by::By;
    let by = match order.by {
        Order::Measure(measure) => By::Measure(measure),
        Order::Key(key) => By::Key(key.to_string()),
        Order::Compared(of) => By::Compared(compared_measure_to_wire(of)),
    };
    let direction = match order.direction {
        Direction::Ascending => wire::Direction::Ascending,
        Direction::Descending => wire::Direction::Descending,
    };
    wire::OrderBy { by: Some(by), direction: direction.into() }
}

fn order_from_wire((at, order): (usize, wire::OrderBy)) -> Result<OrderBy, ServiceError> {
    use wire::order_by::By;
    // A missing direction is never guessed: a page in the wrong order looks right.
    let direction = match wire::Direction::try_from(order.direction) {
        Ok(wire::Direction::Ascending) => Direction::Ascending,
        Ok(wire::Direction::Descending) => Direction::Descending,
        Ok(wire::Direction::Unspecified) | Err(_) => {
            return Err(invalid(
                &format!("order_by[{at}].direction"),
                "none given; expected DIRECTION_ASCENDING or DIRECTION_DESCENDING",
            ));
        }
    };
    let by = match order.by {
        Some(By::Measure(measure)) => Order::Measure(measure),
        Some(By::Key(key)) => Order::Key(group_key(&format!("order_by[{at}].key"), &key)?),
        Some(By::Compared(of)) => {
            Order::Compared(compared_measure_from_wire(&format!("order_by[{at}].compared"), of)?)
        }
        None => {
            let message = "an entry is empty; expected `measure`, `key` or `compared`";
            return Err(invalid(&format!("order_by[{at}]"), message));
        }
    };
    Ok(OrderBy { by, direction })
}
