//! Cursors, to the wire and back, and the digests that tell their queries apart.

use prost::Message as _;

use super::invalid;
use super::members::members_request_to_wire;
use super::query::query_to_wire;
use crate::digest::stable_digest;
use crate::error::ServiceError;
use crate::query::{Cursor, Query};
use crate::service::MembersRequest;

/// A digest of the parts of a query that determine which rows there are, and in which order: days, filter, keys,
/// measures, conditions and order, and the comparison if a condition or the order uses it. The same in every version,
/// since it is computed from the wire's bytes.
///
/// # Errors
///
/// Those of [`query_to_wire`].
pub fn question_digest(query: &Query) -> Result<u64, ServiceError> {
    let question = Query {
        limit: 0,
        offset: 0,
        after: None,
        extras: Vec::new(),
        compare: query.compare.clone().filter(|_| query.is_by_comparison()),
        look_back_days: None,
        ..query.clone()
    };
    Ok(stable_digest(&question_bytes(question)?))
}

/// A query in its wire encoding: equal bytes mean equal queries.
///
/// # Errors
///
/// Those of [`query_to_wire`].
pub fn question_bytes(query: Query) -> Result<Vec<u8>, ServiceError> {
    Ok(query_to_wire(query, None)?.encode_to_vec())
}

/// A digest of the parts of a member search that determine which members there are, and in which order: field, text,
/// days and filter. The same in every version, since it is computed from the wire's bytes.
///
/// # Errors
///
/// Those of [`members_request_to_wire`].
pub fn search_digest(request: &MembersRequest) -> Result<u64, ServiceError> {
    let search =
        MembersRequest { limit: 0, offset: 0, after: None, snapshot: None, ..request.clone() };
    Ok(stable_digest(&members_request_to_wire(search)?.encode_to_vec()))
}

/// The text of a cursor; empty for none.
pub(super) fn cursor_to_wire(cursor: Option<Cursor>) -> String {
    cursor.map_or_else(String::new, |cursor| cursor.to_string())
}

pub(super) fn cursor_from_wire(field: &str, text: &str) -> Result<Option<Cursor>, ServiceError> {
    let cursor = (!text.is_empty()).then(|| text.parse().map_err(|error| invalid(field, error)));
    cursor.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{
        ComparedMeasure, Comparison, Direction, Extra, Having, MeasureTest, Order, OrderBy,
        QueryRange,
    };

    #[test]
    fn what_changes_no_member_changes_no_digest() {
        let search = || MembersRequest::of(None);
        let digest = |request: MembersRequest| search_digest(&request).unwrap();
        let after = Some("c1-7-300-00000000000000ab".parse().unwrap());
        let snapshot = Some(crate::id::SnapshotId(9));
        let same = MembersRequest { limit: 7, offset: 3, after, snapshot, ..search() };
        assert_eq!(digest(same), digest(search()));
        let range = QueryRange::Days { from: Some("2026-01-01".parse().unwrap()), to: None };
        for other in [
            MembersRequest::of(Some(crate::FieldRef::parse("asset"))),
            MembersRequest { search: Some("a".to_owned()), ..search() },
            MembersRequest { range, ..search() },
            MembersRequest { filter: Some(crate::Filter::And(Vec::new())), ..search() },
        ] {
            assert_ne!(digest(other), digest(search()));
        }
    }

    #[test]
    fn what_changes_no_row_changes_no_digest() {
        let query = Query::total(["plays"]);
        let digest = |query: Query| question_digest(&query).unwrap();
        let same = Query {
            limit: 7,
            offset: usize::MAX,
            extras: vec![Extra::Shares],
            compare: Some(Comparison::Rest),
            ..query.clone()
        };
        assert_eq!(digest(same), digest(query.clone()));
        let range = QueryRange::Days { from: Some("2026-01-01".parse().unwrap()), to: None };
        let filter = Some(crate::Filter::And(Vec::new()));
        for other in [
            Query::total(["viewers"]),
            Query { range, ..query.clone() },
            Query { filter, ..query.clone() },
            Query { group_by: vec!["day".parse().unwrap()], ..query.clone() },
            Query { having: Some(Having::And(Vec::new())), ..query.clone() },
        ] {
            assert_ne!(digest(other), digest(query.clone()));
        }
        // If rows are ordered or filtered by a comparison, it determines which rows there are.
        let ratio = || ComparedMeasure::parse("plays.ratio").unwrap();
        let order = OrderBy { by: Order::Compared(ratio()), direction: Direction::Ascending };
        let having = Having::Compared { of: ratio(), test: MeasureTest::AtLeast(1.0) };
        for by in [
            Query { order_by: vec![order], ..query.clone() },
            Query { having: Some(Having::Not(Box::new(having))), ..query.clone() },
        ] {
            let with = |compare| digest(Query { compare: Some(compare), ..by.clone() });
            assert_ne!(with(Comparison::Rest), with(Comparison::Whole));
        }
        // Cursors outlive a restart: with other bytes, those that clients hold would be refused.
        assert_eq!(format!("{:016x}", digest(query)), "fcc1a829c5a0cb2d");
    }
}
