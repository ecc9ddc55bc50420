//! Dimensions: what one filters and groups by, and where its values come from.

use super::SqlColumn;

/// What one filters and groups by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The name.
    pub name: String,
    /// What people read.
    pub display: String,
    /// Where an event's value comes from.
    pub column: DimensionColumn,
    /// A cell holds a set of values instead of one.
    pub multi: bool,
    /// The lookup that describes members; with `attributes`, `label` or `media` there is one.
    pub members: Option<String>,
    /// Columns of `members` that one can filter and group by. A list column is multi-valued.
    pub attributes: Vec<String>,
    /// The column of `members` with what people read.
    pub label: Option<String>,
    /// The column of `members` with the address of a preview.
    pub media: Option<String>,
}

/// Where a dimension's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DimensionColumn {
    /// From the event.
    Event(SqlColumn),
    /// From the rows of a lookup whose key equals the event's `on`.
    Lookup {
        /// The lookup's name.
        lookup: String,
        /// The event's column or expression that is looked up.
        on: SqlColumn,
        /// The lookup's column or expression with the value.
        column: SqlColumn,
    },
}
