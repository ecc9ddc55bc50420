//! What the rows of an answer are compared with, and the results.

use std::fmt;

use strum::EnumCount;

use super::{Having, Order, Query, Value};
use crate::field::FieldRef;
use crate::id::SnapshotId;
use crate::period::DayRange;
use crate::toml_file::nearest;

/// What each row of an answer is compared with.
///
/// A row is compared with the group of the same keys, whatever conditions on measures, order and page leave of the
/// other side. By steps of time, the first step of the range is compared with the first one of the other range, and so
/// on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The same number of days just before the requested ones. Only if the query names the first day.
    PreviousPeriod,
    /// Other days.
    Days(DayRange),
    /// The group with this value of a field, and the row's other keys.
    Member {
        /// A field that rows are grouped by.
        field: FieldRef,
        /// One of its values; `None` for the null member.
        value: Option<String>,
    },
    /// All cells that pass the filter except the row's own: their union, never a difference. If rows are grouped by
    /// time and by fields, those of the row's step of time.
    Rest,
    /// All cells that pass the filter, including the row's own. If rows are grouped by time and by fields, those of the
    /// row's step of time. The ratio of a rate to that of the whole is its *affinity index*.
    Whole,
    /// The answer of another snapshot to the same query: by steps of time, the step of the same name, otherwise the
    /// group of the same keys. Both count the same events except for corrections and additions in between, so that most
    /// of the error is common to them. Groups that only the other snapshot has get no rows: compare the other way round
    /// for them.
    Snapshot(SnapshotId),
}

/// A value compared with that of the other side, with bounds that allow for correlated errors of sketches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// The other side's value. Undefined if none of its days is present; for a group without cells there, counts are 0.
    pub other: Value,
    /// The row's value minus the other one; undefined if either is.
    pub difference: Value,
    /// The row's value divided by the other one; undefined if either is, or if the other one is 0.
    pub ratio: Value,
}

impl Compared {
    /// One of its numbers.
    pub fn part(&self, part: ComparedPart) -> Value {
        match part {
            ComparedPart::Other => self.other,
            ComparedPart::Difference => self.difference,
            ComparedPart::Ratio => self.ratio,
        }
    }
}

/// The number of a comparison by which rows are ordered or filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum ComparedPart {
    /// The other side's value.
    Other,
    /// The row's value minus the other one.
    Difference,
    /// The row's value divided by the other one.
    Ratio,
}

impl ComparedPart {
    /// Every part.
    pub const ALL: [Self; Self::COUNT] = [Self::Other, Self::Difference, Self::Ratio];

    /// The name: `other`, `difference`, `ratio`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Difference => "difference",
            Self::Ratio => "ratio",
        }
    }
}

/// A number of a measure's comparison, written `viewers.difference`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComparedMeasure {
    /// The measure, by the name that queries use.
    pub measure: String,
    /// Which number.
    pub part: ComparedPart,
}

impl ComparedMeasure {
    /// Parses a name with a number of a comparison after its last dot; `None` if there is none.
    ///
    /// ```
    /// use clio_proto::{ComparedMeasure, ComparedPart};
    ///
    /// let of_viewers = ComparedMeasure::parse("viewers.ratio").unwrap();
    /// assert_eq!(of_viewers.part, ComparedPart::Ratio);
    /// assert_eq!(ComparedMeasure::parse("watch.p50.other").unwrap().measure, "watch.p50");
    /// assert_eq!(ComparedMeasure::parse("watch.p50"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (measure, word) = text.rsplit_once('.')?;
        let part = ComparedPart::ALL.into_iter().find(|part| part.as_str() == word)?;
        (!measure.is_empty()).then(|| Self { measure: measure.to_owned(), part })
    }
}

/// The hint for an unknown word after a measure's dot: the numbers of comparisons that exist, and which one may be
/// meant.
pub fn of_comparison(measure: &str, word: &str) -> String {
    let names = ComparedPart::ALL.map(|part| format!("`{measure}.{}`", part.as_str()));
    let meant = nearest(word, ComparedPart::ALL.map(ComparedPart::as_str));
    let meant =
        meant.map_or_else(String::new, |part| format!("; did you mean `{measure}.{part}`?"));
    format!("; of a comparison there are {}{meant}", names.join(", "))
}

impl fmt::Display for ComparedMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.measure, self.part.as_str())
    }
}

impl Query {
    /// Whether the comparison determines which rows there are, or their order.
    pub fn is_by_comparison(&self) -> bool {
        let is_compared = |by: &Order| match by {
            Order::Compared(_) => true,
            Order::Measure(_) | Order::Key(_) => false,
        };
        self.order_by.iter().any(|order| is_compared(&order.by))
            || self.having.as_ref().is_some_and(Having::is_by_comparison)
    }
}
