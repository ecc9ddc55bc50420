//! Dimensions: what one filters and groups by, and where its values come from.

use strum::EnumCount;

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
    /// From which day on a member's age counts; `None` where nobody asks for ages. Not of a set of values.
    pub age: Option<Age>,
}

/// From which day on the age of a member counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Age {
    /// The first day of the lake that has events of it, retired ones among them. Of members that were there on the lake's first day, or in a month
    /// that was retired without its first days being kept, it is not known.
    FirstDay,
    /// The day that one of the dimension's attributes holds.
    Attribute(String),
}

impl Age {
    /// The word of the first day.
    pub const FIRST_DAY: &'static str = "first_day";

    /// The word, or the name of the attribute.
    pub fn as_str(&self) -> &str {
        match self {
            Self::FirstDay => Self::FIRST_DAY,
            Self::Attribute(attribute) => attribute,
        }
    }
}

/// A step of age that rows are grouped by, and a filter tests: what stands behind the dimension, as an attribute does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum AgeStep {
    /// Whole days: 0 on the first day.
    Day,
    /// Whole weeks of seven days: 0 in the first seven days.
    Week,
}

impl AgeStep {
    /// Every step.
    pub const ALL: [Self; Self::COUNT] = [Self::Day, Self::Week];

    /// The name: `age_day`, `age_week`. No attribute of a dimension with an age has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "age_day",
            Self::Week => "age_week",
        }
    }

    /// The age of so many days, which are below 0 before the first one.
    pub fn of_days(self, n_days: i32) -> i32 {
        match self {
            Self::Day => n_days,
            Self::Week => n_days.div_euclid(7),
        }
    }
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
