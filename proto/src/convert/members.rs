//! Searches for members, and what they find, on their way through the wire.

use super::{count_from_wire, count_to_wire, field_from_text};
use crate::error::ServiceError;
use crate::id::SnapshotId;
use crate::service::{Member, MemberPage, MembersRequest};
use crate::wire;

/// Members of a page where a request names no limit.
const DEFAULT_MEMBERS_LIMIT: u32 = 50;

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
