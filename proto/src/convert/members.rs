//! Member searches and their results, to the wire and back.

use super::cursor::{cursor_from_wire, cursor_to_wire};
use super::query::{check_depth, filter_from_wire, filter_to_wire, range_from_wire, range_to_wire};
use super::{count_from_wire, count_to_wire, field_from_text};
use crate::error::ServiceError;
use crate::field::FieldRef;
use crate::id::SnapshotId;
use crate::service::{Member, MemberPage, MembersRequest};
use crate::wire;

/// The number of members on a page if a request sets no limit.
const DEFAULT_MEMBERS_LIMIT: u32 = 50;

/// A search for a server.
///
/// An empty search text becomes none, which finds the same; likewise an open range.
///
/// # Errors
///
/// A limit or offset over four billion, or a filter nested deeper than [`MAX_FILTER_DEPTH`](crate::MAX_FILTER_DEPTH).
#[expect(deprecated, reason = "servers that do not know cursors yet skip members")]
pub fn members_request_to_wire(
    request: MembersRequest,
) -> Result<wire::MembersRequest, ServiceError> {
    let MembersRequest { field, search, limit, offset, after, snapshot, range, filter } = request;
    let (from, to) = range_to_wire(range);
    if let Some(filter) = &filter {
        check_depth("filter", filter.depth())?;
    }
    Ok(wire::MembersRequest {
        field: field.map_or_else(String::new, |field| field.to_string()),
        search: search.unwrap_or_default(),
        limit: Some(count_to_wire("limit", limit)?),
        offset: count_to_wire("offset", offset)?,
        snapshot: snapshot.map(|id| id.0),
        from,
        to,
        filter: filter.map(filter_to_wire),
        after: cursor_to_wire(after),
    })
}

/// A search as received by a server.
///
/// # Errors
///
/// A string that is not a field, a date or a cursor, and the errors of filters.
#[expect(deprecated, reason = "clients that do not know cursors yet skip members")]
pub fn members_request_from_wire(
    request: wire::MembersRequest,
) -> Result<MembersRequest, ServiceError> {
    let wire::MembersRequest { field, search, limit, offset, snapshot, from, to, filter, after } =
        request;
    let field = (!field.is_empty()).then(|| field_from_text("field", &field)).transpose()?;
    Ok(MembersRequest {
        field,
        search: (!search.is_empty()).then_some(search),
        limit: count_from_wire(limit.unwrap_or(DEFAULT_MEMBERS_LIMIT)),
        offset: count_from_wire(offset),
        snapshot: snapshot.map(SnapshotId),
        range: range_from_wire(&from, &to)?,
        filter: filter.map(|filter| filter_from_wire("filter", filter, 1)).transpose()?,
        after: cursor_from_wire("after", &after)?,
    })
}

/// A page of members for a client.
pub fn member_page_to_wire(page: MemberPage) -> wire::MembersResponse {
    let member = |member: Member| {
        let Member { field, value, label, media, n_cells, n_cells_left } = member;
        wire::Member { value, label, media, n_cells, field: field.to_string(), n_cells_left }
    };
    let has_next_page = page.has_next_page();
    let MemberPage { members, n_total, end } = page;
    wire::MembersResponse {
        members: members.into_iter().map(member).collect(),
        n_total,
        end_cursor: cursor_to_wire(end),
        has_next_page,
    }
}

/// A page of members as received by a client. If the server does not name their field, it is the one `asked` for.
///
/// # Errors
///
/// A member without a field.
pub fn member_page_from_wire(
    response: wire::MembersResponse,
    asked: Option<&FieldRef>,
) -> Result<MemberPage, ServiceError> {
    let member = |member: wire::Member| {
        let wire::Member { value, label, media, n_cells, field, n_cells_left } = member;
        let field = match asked.filter(|_| field.is_empty()) {
            Some(asked) => asked.clone(),
            None => field_from_text("members.field", &field)?,
        };
        Ok(Member { field, value, label, media, n_cells, n_cells_left })
    };
    // Whether more follow is known from the cursor.
    let wire::MembersResponse { members, n_total, end_cursor, has_next_page: _ } = response;
    let members = members.into_iter().map(member).collect::<Result<_, ServiceError>>()?;
    Ok(MemberPage { members, n_total, end: cursor_from_wire("end_cursor", &end_cursor)? })
}
