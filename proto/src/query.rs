//! A query and its answer in our own types. gRPC, GraphQL and the command line lower into these.
//!
//! Names in a [`Query`] are unresolved strings: serving binds them to the snapshot's model and lists what exists if one
//! is unknown.

mod columns;
mod comparison;
mod cursor;
mod extra;
mod having;
mod intervals;
mod newcomers;
mod notes;
mod notice;
mod outlier;
mod part;
mod reach;
mod verdict;
mod window;
mod withheld;
mod work;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

pub use columns::{ColumnKind, ColumnValue};
pub use comparison::{Compared, ComparedMeasure, ComparedPart, Comparison, of_comparison};
pub use cursor::{Cursor, CursorParseError};
pub use extra::Extra;
pub use having::{Having, MAX_HAVING_TESTS, MeasureTest};
pub use intervals::{Interval, Intervals, SamplingBasis};
use jiff::civil::Date;
pub use newcomers::{LookBack, MAX_LOOK_BACK_DAYS, Newcomers};
pub use notice::Notice;
pub use outlier::{
    EarlierOutlier, EarlierOutliers, Outlier, OutlierContrast, OutlierKind, OutlierList,
};
pub use part::QuestionPart;
pub use reach::{MAX_REACH_ROWS, Overlap, Reach, ReachStep};
use strum::EnumCount;
pub use verdict::{
    Arm, DeclaredTest, Exposure, MAX_VERDICT_DAYS, MAX_VERDICT_ROWS, Mix, Verdict, VerdictWord,
};
pub use window::{MAX_TRAILING_DAYS, TimeWindow};
pub use withheld::Withheld;
pub use work::{Work, WorkStep};

use crate::field::FieldRef;
use crate::filter::Filter;
use crate::period::{DayRange, n_days};
use crate::projection::Projection;
use crate::snapshot::SnapshotInfo;

/// The largest number of rows in one answer: a page, not an export.
pub const MAX_LIMIT: usize = 5_000;

/// The largest number of keys that one query groups by: far beyond what people read.
pub const MAX_GROUP_BY: usize = 32;

/// The largest number of measures in one query.
pub const MAX_MEASURES: usize = 256;

/// The largest number of notices in one answer; their total is given beside them.
pub const MAX_NOTICES: usize = 20;

/// A query of the cube.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The requested days.
    pub range: QueryRange,
    /// Which cells count; `None` for all.
    pub filter: Option<Filter>,
    /// What one row of the answer stands for; empty for the total alone. Each key once, at most [`MAX_GROUP_BY`].
    ///
    /// A multi-valued field makes one group for each value. If the filter tests that field, its groups are the values
    /// for which the filter can be true, as if a cell held that value alone, however the filter is written: `anyOf [a]`
    /// gives `a`, `noneOf [a]` all but `a`, `prefix "a"` those that start with it, `or` the groups of either side,
    /// `not` the others; a test of another field leaves all. If no single value can make it true (`allOf [a, b]`,
    /// `anyOf [a]` and `anyOf [b]`), they are the values that its parts name.
    /// true (`allOf [a, b]`, `anyOf [a]` and `anyOf [b]`), they are the values that its parts ask for.
    pub group_by: Vec<GroupKey>,
    /// Names of measures, for a quantile measure followed by a dot and the quantile (`watch.p90`), in the order of the
    /// answer's values. At least one, each once, at most [`MAX_MEASURES`].
    pub measures: Vec<String>,
    /// Which groups stay; `None` for all. Only if rows are grouped. The total is that of all groups.
    pub having: Option<Having>,
    /// The order of rows; each measure and key once. If empty: time keys ascending if there are any, otherwise the
    /// first measure descending. Ties are broken by the keys, so that the order is always the same.
    pub order_by: Vec<OrderBy>,
    /// The largest number of rows in the answer, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// The number of rows to skip before the first one; 0 if the page begins after another one.
    pub offset: usize,
    /// The end of the previous page: the page begins there, on the same snapshot. The query must be the same, except
    /// for what the answer contains besides keys and values.
    pub after: Option<Cursor>,
    /// What the answer contains besides keys and values; each once.
    pub extras: Vec<Extra>,
    /// What each row is compared with; `None` for nothing.
    pub compare: Option<Comparison>,
    /// Which days count for a row of time; `None` for those of its own step. Not together with a comparison, shares or
    /// others. The total is that of the requested days.
    pub window: Option<TimeWindow>,
    /// For each row of time, tell which of its people are new: not seen in this many days, at most
    /// [`MAX_LOOK_BACK_DAYS`], before the row's first day; by the first distinct measure requested. Not together with a
    /// window.
    pub look_back_days: Option<u32>,
}

impl Query {
    /// The all-time total of some measures: a starting point to modify.
    pub fn total(measures: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            range: QueryRange::AllTime,
            filter: None,
            group_by: Vec::new(),
            measures: measures.into_iter().map(Into::into).collect(),
            having: None,
            order_by: Vec::new(),
            limit: 100,
            offset: 0,
            after: None,
            extras: Vec::new(),
            compare: None,
            window: None,
            look_back_days: None,
        }
    }
}

/// The days that a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryRange {
    /// Every day that the snapshot holds, however far apart they lie.
    AllTime,
    /// From one day to another, both included; a missing end is the edge of the data. Only a range with both ends can
    /// be refused as too long.
    Days {
        /// The first day.
        from: Option<Date>,
        /// The last day, included.
        to: Option<Date>,
    },
}

/// A step of time that rows are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum TimeGrain {
    /// One row per day.
    Day,
    /// One row per week, which may begin on Sundays if the model says so: of those of its days that lie in the range.
    /// The key's value is the week's first day, whether or not it lies in the range.
    Week,
    /// One row per calendar month: of those of its days that lie in the range.
    Month,
    /// One row per calendar year: of those of its days that lie in the range.
    Year,
}

impl TimeGrain {
    /// Every grain of time, finest first.
    pub const ALL: [Self; Self::COUNT] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// The name: `day`, `week`, `month`, `year`. No dimension or measure has it, except for [`Week`](Self::Week).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Whether dimensions and measures must not have the name. Models may have a dimension `week`, since weeks are
    /// younger than models: in their queries the word means that dimension.
    pub fn is_reserved(self) -> bool {
        self != Self::Week
    }
}

/// One key that rows are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// A step of time. At most one in a query.
    Time(TimeGrain),
    /// A field.
    Field(FieldRef),
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(grain) => f.write_str(grain.as_str()),
            Self::Field(field) => field.fmt(f),
        }
    }
}

impl FromStr for GroupKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match TimeGrain::ALL.into_iter().find(|grain| grain.as_str() == text) {
            Some(grain) => Self::Time(grain),
            None => Self::Field(FieldRef::parse(text)),
        })
    }
}

/// What rows are ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    /// A measure or a key of the query.
    pub by: Order,
    /// The direction. Null and undefined values come last, in both.
    pub direction: Direction,
}

/// A measure's value or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// By a measure, which the query also asks for.
    Measure(String),
    /// By a key, which the query also groups by. Keys compare by their value's bytes.
    Key(GroupKey),
    /// By a number of the comparison of a measure, which the query also asks for. Only if rows are compared.
    Compared(ComparedMeasure),
}

/// Smallest or largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// An answer of the cube, from exactly one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The snapshot that all numbers come from.
    pub snapshot: SnapshotInfo,
    /// What a row's keys stand for, as in the query.
    pub group_by: Vec<GroupKey>,
    /// What a row's values stand for, as in the query.
    pub measures: Vec<String>,
    /// The requested page of rows; empty if nothing was grouped.
    pub rows: Vec<Row>,
    /// The union of all cells that pass the filter: never a sum of groups. It has no keys.
    pub total: Row,
    /// The union of the groups after the last one of the page: never a difference. It has no keys. `None` if not
    /// requested, and if there are none.
    pub others: Option<Row>,
    /// What the rows of the page reach together; `None` if not requested.
    pub reach: Option<Reach>,
    /// The number of groups before `limit` and `offset`, after `having`.
    pub n_groups: u64,
    /// The position after the last row of the page; `None` if nothing is grouped, and from a service that does not send
    /// it yet.
    pub end: Option<Cursor>,
    /// Multi-valued group keys: their groups overlap and must not be added up.
    pub overlapping: Vec<FieldRef>,
    /// The days behind the numbers.
    pub coverage: Coverage,
    /// The days of the other side, if rows are compared with other days.
    pub compared_coverage: Option<Coverage>,
    /// What new and returning people are determined from; `None` if not requested.
    pub look_back: Option<LookBack>,
    /// The declared test that the verdicts belong to; `None` if they belong to none, or are not requested.
    pub test: Option<DeclaredTest>,
    /// Values that the filter names but no member has: the first [`MAX_NOTICES`].
    pub notices: Vec<Notice>,
    /// The total number of such values.
    pub n_notices: u64,
    /// What is withheld of small groups; `None` for a model without `min_people`.
    pub withheld: Option<Withheld>,
    /// The duration of the computation, without the network.
    pub elapsed: Duration,
    /// The work behind the answer; `None` from a service that does not send it yet, and for a model with `min_people`,
    /// since it would reveal how many people there are.
    pub work: Option<Work>,
}

impl Answer {
    /// Whether more rows follow the last one of the page.
    pub fn has_next_page(&self) -> bool {
        self.end.is_some_and(|end| end.n_before < self.n_groups)
    }
}

/// The days behind an answer. A partial answer is never silent: see `missing` and `provisional`.
///
/// A retired month can only be answered as a whole. If a query asks for some of its days, or for each of them, all of
/// these are missing, and `retired` says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The first and last requested day, including the days before them that a window covers; `None` if the snapshot
    /// holds no day and none was requested.
    pub range: Option<(Date, Date)>,
    /// The number of days whose numbers are in the answer. If it is 0 there is no data, and every value is undefined.
    pub n_days_present: u32,
    /// Requested days that the numbers lack, in order: the snapshot does not hold them, or not day by day.
    pub missing: Vec<DayRange>,
    /// Those of the missing days whose month is retired: a query for the whole month has an answer.
    pub retired: Vec<DayRange>,
    /// Requested days whose numbers may still change.
    pub provisional: Vec<DayRange>,
    /// The periods that were read (`2026`, `2026-02`, `2026-03-01`, `all`), in order of time.
    pub periods: Vec<crate::Period>,
    /// Lookups for which the days took different states, as far as the answer depends on them.
    pub mixed: Vec<MixedLookup>,
    /// The part of the lake that the service holds; `None` if it holds everything. If not all rows are visible to whoever asks,
    /// it names fields without their values.
    pub projection: Option<Arc<Projection>>,
}

/// A lookup that changed while existing days kept their earlier values (`on_change = "new_days"`), so that an answer
/// over them mixes several states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixedLookup {
    /// The lookup.
    pub lookup: String,
    /// The number of states that the answer's days took; at least 2.
    pub n_states: u32,
    /// The days that took a different state than the last one of the answer.
    pub others: Vec<DayRange>,
}

/// In words, with what makes all days consistent. Of more than ten ranges it lists the first ten.
impl fmt::Display for MixedLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const N_RANGES: usize = 10;
        let Self { lookup, n_states, others } = self;
        let mut ranges: Vec<_> = others.iter().take(N_RANGES).map(DayRange::to_string).collect();
        if others.len() > N_RANGES {
            ranges.push("…".to_owned());
        }
        let ranges = ranges.join(", ");
        write!(
            f,
            "{n_states} states of the lookup `{lookup}` are mixed here: {ranges} took another one than the last day; \
             `clio etl run --all` makes all days with the newest one"
        )
    }
}

impl Coverage {
    /// The number of missing days.
    pub fn n_missing(&self) -> u64 {
        n_days(&self.missing)
    }
}

/// One group of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// One for each entry of `group_by`, in order.
    pub keys: Vec<Key>,
    /// One for each requested measure, in order.
    pub values: Vec<Value>,
    /// If shares are requested, one for each measure: the value divided by the total's. Undefined if the total is 0, if
    /// either is negative, and for derived measures and quantiles, whose groups are not parts of a whole.
    pub shares: Vec<Value>,
    /// If ranks are requested, the ranks that it may have; `None` if the value is undefined.
    pub rank: Option<Rank>,
    /// If rows are compared, one for each measure. The total has them if it is compared with other days, the groups
    /// below the page never.
    pub compared: Vec<Compared>,
    /// If requested, its new and returning people; `None` if no day of the look-back is present.
    pub newcomers: Option<Newcomers>,
    /// If requested, one for each measure. The groups below the page never have them.
    pub intervals: Vec<Intervals>,
    /// If requested, one for each measure; `None` for one that is not a rate of people, and for a row compared with
    /// itself. The total has them if it is compared.
    pub verdicts: Vec<Option<Verdict>>,
}

impl Row {
    /// A row with only keys and values.
    pub fn new(keys: Vec<Key>, values: Vec<Value>) -> Self {
        Self {
            keys,
            values,
            shares: Vec::new(),
            rank: None,
            compared: Vec::new(),
            newcomers: None,
            intervals: Vec::new(),
            verdicts: Vec::new(),
        }
    }
}

/// The ranks that a row may have among the groups that stay. Those of all rows hold simultaneously with 95 %
/// confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// The best of them, counted from 1.
    pub best: u64,
    /// The worst of them.
    pub worst: u64,
}

/// A member, a value of an attribute, or a step of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The value; `None` for the null member.
    pub value: Option<String>,
    /// The text to display: the member's label, or the value.
    pub label: Option<String>,
    /// The address of a preview.
    pub media: Option<String>,
}

/// A measure's number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The number; `None` if it is undefined (`0 / 0`, no data), in which case the bounds are undefined too, or if it
    /// cannot be determined (in [`Reach`]), in which case the bounds are present. For a whole number beyond 2^53, the
    /// nearest double.
    pub value: Option<f64>,
    /// The lower end of the 95 % interval of the sketch error; for quantiles, and shares of their values, the smallest
    /// possible number.
    pub lower: Option<f64>,
    /// The upper end of the 95 % interval of the sketch error; for quantiles, and shares of their values, the largest
    /// possible number.
    pub upper: Option<f64>,
    /// It has neither sketch error nor rounding: both bounds equal the value. A sum of non-integers counts as exact up
    /// to 2^53, and has about fifteen digits.
    pub exact: bool,
    /// The number, if it is whole, exact and beyond 2^53, so that `value` cannot hold it.
    pub whole: Option<i128>,
    /// It is withheld, because it is about fewer people than the model's `min_people`, or would reveal such a number:
    /// then there is neither number nor bounds.
    pub withheld: bool,
}

/// The number up to which a double represents every integer.
const MAX_WHOLE: u64 = 1 << 53;

impl Value {
    /// A number without sketch error and rounding.
    pub fn exact(value: f64) -> Self {
        Self::estimate(value, value, value, true)
    }

    /// A number with its bounds, which may be exact nevertheless.
    pub fn estimate(value: f64, lower: f64, upper: f64, exact: bool) -> Self {
        Self {
            value: Some(value),
            lower: Some(lower),
            upper: Some(upper),
            exact,
            ..Self::undefined()
        }
    }

    /// A whole number, exact however large it is.
    pub fn whole(number: i128) -> Self {
        let is_large = number.unsigned_abs() > u128::from(MAX_WHOLE);
        Self { whole: is_large.then_some(number), ..Self::exact(number as f64) }
    }

    /// A sum of non-integers: not exact where doubles are more than 1 apart, undefined if it is not a number.
    pub fn sum(value: f64) -> Self {
        if !value.is_finite() {
            Self::undefined()
        } else if value.abs() > MAX_WHOLE as f64 {
            Self::rounded(value)
        } else {
            Self::exact(value)
        }
    }

    /// A rounded number: its bounds are the adjacent doubles.
    pub fn rounded(value: f64) -> Self {
        Self::estimate(value, value.next_down(), value.next_up(), false)
    }

    /// An undefined number.
    pub fn undefined() -> Self {
        Self { value: None, lower: None, upper: None, exact: false, whole: None, withheld: false }
    }

    /// A withheld number.
    pub fn withheld() -> Self {
        Self { withheld: true, ..Self::undefined() }
    }
}
