//! With what the rows of an answer are compared, and what that gives.

use std::fmt;

use strum::EnumCount;

use super::{Having, Order, Query, Value};
use crate::field::FieldRef;
use crate::id::SnapshotId;
use crate::period::DayRange;
use crate::toml_file::nearest;

/// With what each row of an answer is compared.
///
/// A row stands beside the group of the same keys, whatever conditions on measures, order and page leave of the other side. By steps
/// of time, the first step of the range stands beside the first one of the other range, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The days just before those asked for, as many of them. Only where the query names the first day.
    PreviousPeriod,
    /// Other days.
    Days(DayRange),
    /// The group that has this value of a field, and the row's other keys.
    Member {
        /// A field that rows are grouped by.
        field: FieldRef,
        /// One of its values; `None` for the null member.
        value: Option<String>,
    },
    /// What the filter leaves but for the row's own cells: the union of all that is not in the row, never a difference. Where rows
    /// are grouped by time and by fields, of the row's step of time.
    Rest,
    /// All that the filter leaves, the row's own cells among them. Where rows are grouped by time and by fields, of the row's step of
    /// time. The ratio of a rate to that of the whole is its *affinity index*.
    Whole,
    /// What another snapshot answers to the same question: by steps of time the step of the same name, otherwise the group of the
    /// same keys. Both count the same events but for what was corrected or came between, so that most of the error is common to
    /// them. Groups that the other snapshot alone has are no rows here: ask for them the other way round.
    Snapshot(SnapshotId),
}

/// A value beside that of the other side, with bounds that heed which sketches err together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// The other side's value. Undefined where none of its days is there; of a group that has no cell there, 0 of what is
    /// counted.
    pub other: Value,
    /// The row's value less the other one; undefined where either is.
    pub difference: Value,
    /// The row's value over the other one; undefined where either is, and where the other one is 0.
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

/// Which number of a comparison rows are ordered or kept by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum ComparedPart {
    /// The other side's value.
    Other,
    /// The row's value less the other one.
    Difference,
    /// The row's value over the other one.
    Ratio,
}

impl ComparedPart {
    /// Every one.
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
    /// The measure, as queries ask for it.
    pub measure: String,
    /// Which number.
    pub part: ComparedPart,
}

impl ComparedMeasure {
    /// Reads a name with a number of a comparison behind its last point; `None` where there is none.
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

/// What is said of a word behind a measure's point that names no number of a comparison: those that there are, and which one was meant.
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
    /// Whether its comparison says which rows there are, or in which order.
    pub fn is_by_comparison(&self) -> bool {
        let is_compared = |by: &Order| match by {
            Order::Compared(_) => true,
            Order::Measure(_) | Order::Key(_) => false,
        };
        self.order_by.iter().any(|order| is_compared(&order.by))
            || self.having.as_ref().is_some_and(Having::is_by_comparison)
    }
}
