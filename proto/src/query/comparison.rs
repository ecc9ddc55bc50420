//! With what the rows of an answer are compared, and what that gives.

use super::Value;
use crate::field::FieldRef;
use crate::period::DayRange;

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
