//! Generated member searches and their results.

use proptest::prelude::{Strategy, any, prop};

use super::rows::cursors;
use super::{count, field, filters, optional_text, ranges, said};
use crate::convert::{member_page_from_wire, member_page_to_wire};
use crate::field::FieldRef;
use crate::id::SnapshotId;
use crate::service::{Member, MemberPage, MembersRequest};

pub(super) fn members_requests() -> impl Strategy<Value = MembersRequest> {
    let snapshot = prop::option::of(any::<u64>().prop_map(SnapshotId));
    let asked = (prop::option::of(field()), said(), ranges(), prop::option::of(filters()));
    (asked, count(), count(), prop::option::of(cursors()), snapshot).prop_map(
        |((field, search, range, filter), limit, offset, after, snapshot)| MembersRequest {
            field,
            search,
            limit,
            offset,
            after,
            snapshot,
            range,
            filter,
        },
    )
}

pub(super) fn member_pages() -> impl Strategy<Value = MemberPage> {
    let texts = (optional_text(), optional_text(), optional_text());
    let member = (field(), texts, any::<u64>(), prop::option::of(any::<u64>())).prop_map(
        |(field, (value, label, media), n_cells, n_cells_left)| Member {
            field,
            value,
            label,
            media,
            n_cells,
            n_cells_left,
        },
    );
    (prop::collection::vec(member, 0..4), any::<u64>(), prop::option::of(cursors()))
        .prop_map(|(members, n_total, end)| MemberPage { members, n_total, end })
}

/// Servers from before searches over all fields do not name the field of members.
#[test]
fn members_of_no_field_are_of_the_one_that_was_asked_for() {
    let field = FieldRef::parse("country");
    let (value, label, media) = (Some("US".to_owned()), None, None);
    let member =
        Member { field: field.clone(), value, label, media, n_cells: 3, n_cells_left: None };
    let page = MemberPage { members: vec![member], n_total: 1, end: None };
    let mut wire = member_page_to_wire(page.clone());
    wire.members[0].field.clear();
    assert_eq!(member_page_from_wire(wire.clone(), Some(&field)), Ok(page));
    let error = member_page_from_wire(wire, None).unwrap_err();
    assert!(error.message.starts_with("`members.field`: `` names no field"), "{error}");
}
