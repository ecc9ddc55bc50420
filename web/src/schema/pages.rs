//! Pages of an answer: the types `CubeEdge` and `PageInfo`, modelled on GraphQL's cursor connections.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::{Answer, Cursor};

use super::answer::{CUBE_ROW, CubeRow};
use super::object::{ObjectOf, text};

pub(super) const CUBE_EDGE: &str = "CubeEdge";
pub(super) const PAGE_INFO: &str = "PageInfo";

/// A row with its cursor.
#[derive(Debug, Clone)]
pub(super) struct CubeEdge {
    pub(super) node: CubeRow,
    /// The position after the row; `None` from a service of an older version.
    cursor: Option<Cursor>,
}

/// Whether there is anything before and after a page.
#[derive(Debug, Clone)]
pub(super) struct PageInfo {
    start: Option<Cursor>,
    end: Option<Cursor>,
    has_next: bool,
    has_previous: bool,
}

/// Pairs the rows of an answer, which are one page, with their cursors.
pub(super) fn edges(rows: Vec<CubeRow>, end: Option<Cursor>) -> Vec<CubeEdge> {
    let n_rows = rows.len() as u64;
    let cursor = |n_behind: u64| {
        end.map(|end| Cursor { n_before: end.n_before.saturating_sub(n_behind), ..end })
    };
    let places = (1..=n_rows).map(|place| cursor(n_rows - place));
    rows.into_iter().zip(places).map(|(node, cursor)| CubeEdge { node, cursor }).collect()
}

impl PageInfo {
    pub(super) fn new(answer: &Answer) -> Self {
        Self::of(answer.rows.len(), answer.end, answer.has_next_page())
    }

    /// The page information for a page of `n` entries, given whether more follow.
    pub(super) fn of(n_entries: usize, end: Option<Cursor>, has_next: bool) -> Self {
        let n_entries = n_entries as u64;
        let n_before = end.map_or(0, |end| end.n_before.saturating_sub(n_entries));
        let of_page = end.filter(|_| n_entries > 0);
        Self {
            start: of_page.map(|end| Cursor { n_before: n_before + 1, ..end }),
            end: of_page,
            has_next,
            has_previous: n_before > 0,
        }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(edge()).register(page_info())
}

fn cursor(cursor: Option<Cursor>) -> async_graphql::Value {
    text(cursor.map(|cursor| cursor.to_string()).as_deref())
}

fn edge() -> Object {
    ObjectOf::<CubeEdge>::new(CUBE_EDGE, "A group with its position among all.")
        .one("node", CUBE_ROW, "The group.", |it: &CubeEdge| &it.node)
        .leaf(
            "cursor",
            TypeRef::named(TypeRef::STRING),
            "The position after the group, for after; null from a service of an older version.",
            |it| cursor(it.cursor),
        )
        .finish()
}

fn page_info() -> Object {
    let boolean = || TypeRef::named_nn(TypeRef::BOOLEAN);
    ObjectOf::<PageInfo>::new(PAGE_INFO, "Whether there is anything before and after a page.")
        .leaf("hasNextPage", boolean(), "Whether more follow the last one of the page.", |it| {
            it.has_next.into()
        })
        .leaf(
            "hasPreviousPage",
            boolean(),
            "Whether some precede the first one of the page.",
            |it| it.has_previous.into(),
        )
        .leaf(
            "startCursor",
            TypeRef::named(TypeRef::STRING),
            "The cursor of the first one; null if the page is empty.",
            |it| cursor(it.start),
        )
        .leaf(
            "endCursor",
            TypeRef::named(TypeRef::STRING),
            "The cursor of the last one, for after of the next page; null if the page is empty.",
            |it| cursor(it.end),
        )
        .finish()
}
