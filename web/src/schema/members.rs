//! Values of one field, or of all, for pickers: the types `MemberPage` and `Member`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};

use super::object::{ObjectOf, text};
use super::pages::{PAGE_INFO, PageInfo};
use super::question::FIELD;
use super::scalars::INT64;
use crate::names::enum_name;

pub(super) const MEMBER_PAGE: &str = "MemberPage";
const MEMBER: &str = "Member";

/// A page of members as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct MemberPage {
    members: Vec<Member>,
    total: u64,
    page_info: PageInfo,
}

#[derive(Debug, Clone)]
struct Member {
    field: Name,
    value: Option<String>,
    label: String,
    media: Option<String>,
    n_cells: u64,
    n_cells_left: Option<u64>,
}

impl From<clio_proto::MemberPage> for MemberPage {
    fn from(page: clio_proto::MemberPage) -> Self {
        let page_info = PageInfo::of(page.members.len(), page.end, page.has_next_page());
        let clio_proto::MemberPage { members, n_total, end: _ } = page;
        let members = members.into_iter().map(Member::from).collect();
        Self { members, total: n_total, page_info }
    }
}

impl From<clio_proto::Member> for Member {
    fn from(member: clio_proto::Member) -> Self {
        let clio_proto::Member { field, value, label, media, n_cells, n_cells_left } = member;
        let label = printable(label, value.as_deref());
        let field = Name::new(enum_name(&field.to_string()));
        Self { field, value, label, media, n_cells, n_cells_left }
    }
}

/// The text to display for a member: its label, otherwise its value, otherwise that it has none.
pub(super) fn printable(label: Option<String>, value: Option<&str>) -> String {
    match (label.filter(|label| !label.is_empty()), value) {
        (Some(label), _) => label,
        (None, None) => "(none)".to_owned(),
        (None, Some("")) => "(empty)".to_owned(),
        (None, Some(value)) => value.to_owned(),
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(page()).register(member())
}

fn page() -> Object {
    ObjectOf::<MemberPage>::new(MEMBER_PAGE, "A page of the values of one field, or of all.")
        .list("members", MEMBER, "The members of this page.", |it: &MemberPage| &it.members)
        .leaf("total", TypeRef::named_nn(TypeRef::INT), "The number of all that match.", |it| {
            it.total.into()
        })
        .one("pageInfo", PAGE_INFO, "Whether there are members before and after this page.", |it| {
            &it.page_info
        })
        .finish()
}

fn member() -> Object {
    ObjectOf::<Member>::new(MEMBER, "One value of a field.")
        .leaf("field", TypeRef::named_nn(FIELD), "The field.", |it| {
            GraphQlValue::Enum(it.field.clone())
        })
        .leaf(
            "value",
            TypeRef::named(TypeRef::STRING),
            "The value, as filters accept it; null for the null member.",
            |it| text(it.value.as_deref()),
        )
        .leaf(
            "label",
            TypeRef::named_nn(TypeRef::STRING),
            "The text to display; always printable.",
            |it| it.label.as_str().into(),
        )
        .leaf("media", TypeRef::named(TypeRef::STRING), "The address of a preview.", |it| {
            text(it.media.as_deref())
        })
        .leaf(
            "nCells",
            TypeRef::named_nn(INT64),
            "The number of all-time cells that hold it: how frequent it is, for ordering.",
            |it| it.n_cells.into(),
        )
        .leaf(
            "nCellsLeft",
            TypeRef::named(INT64),
            "If days or a filter are given: the number of cells that hold it, among the periods that make up these days, that pass the \
             filter's tests of other fields. Members are ordered by it then.",
            |it| it.n_cells_left.map_or(GraphQlValue::Null, GraphQlValue::from),
        )
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_always_printable() {
        for (label, value, expected) in [
            (Some("Dune"), Some("a1"), "Dune"),
            (Some(""), Some("a1"), "a1"),
            (None, Some("US"), "US"),
            (None, Some(""), "(empty)"),
            (None, None, "(none)"),
        ] {
            assert_eq!(printable(label.map(str::to_owned), value), expected);
        }
    }
}
