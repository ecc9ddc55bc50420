//! Dimensions: what one filters and groups by, and where its values come from.

use strum::EnumCount;

use super::SqlColumn;

/// A dimension: what one filters and groups by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The name.
    pub name: String,
    /// The text to display.
    pub display: String,
    /// Where an event's value comes from.
    pub column: DimensionColumn,
    /// A cell holds a set of values instead of one.
    pub multi: bool,
    /// The lookup that describes members; required by `attributes`, `label` and `media`.
    pub members: Option<String>,
    /// Columns of `members` that one can filter and group by. A list column is multi-valued.
    pub attributes: Vec<String>,
    /// The column of `members` with the text to display.
    pub label: Option<String>,
    /// The column of `members` with the address of a preview.
    pub media: Option<String>,
    /// The day from which a member's age counts; `None` if the dimension has no ages. Not for sets of values.
    pub age: Option<Age>,
}

/// The day from which the age of a member counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Age {
    /// The first day with events of it in the lake, including retired days. It is unknown for members that were present
    /// on the lake's first day, or in a month that was retired without keeping its first days.
    FirstDay,
    /// The day in one of the dimension's attributes.
    Attribute(String),
}

impl Age {
    /// The keyword for the first day.
    pub const FIRST_DAY: &'static str = "first_day";

    /// The keyword, or the name of the attribute.
    pub fn as_str(&self) -> &str {
        match self {
            Self::FirstDay => Self::FIRST_DAY,
            Self::Attribute(attribute) => attribute,
        }
    }
}

/// A step of age to group rows and to filter by, named after the dimension like an attribute.
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

    /// The age after this many days, which are negative before the first one.
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
