//! A query and its answer in our own words. gRPC, GraphQL and the command line lower into these.
//!
//! Names in a [`Query`] are unresolved texts: serving binds them to the snapshot's model
//! and lists what exists where one is unknown.

mod columns;
mod comparison;
mod cursor;
mod extra;
mod having;
mod intervals;
mod newcomers;
mod notes;
mod notice;
mod part;
mod reach;
mod verdict;
mod window;
mod withheld;
mod work;

use std::fmt;
use std::str::FromStr;
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
use crate::snapshot::SnapshotInfo;

/// The most rows that one answer holds: a page, not an export.
pub const MAX_LIMIT: usize = 5_000;

/// The most keys that one query groups by: far beyond what people read.
pub const MAX_GROUP_BY: usize = 32;

/// The most measures that one query asks for.
pub const MAX_MEASURES: usize = 256;

/// The most notices that one answer carries; their number says how many there are.
pub const MAX_NOTICES: usize = 20;

/// What is asked of the cube.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The days asked for.
    pub range: QueryRange,
    /// Which cells count; `None` for all.
    pub filter: Option<Filter>,
    /// What one row of the answer stands for; empty for the total alone. Each key once, at most
    /// [`MAX_GROUP_BY`].
    ///
    /// A multi-valued field makes one group a value. Where the filter tests that field, its groups are the
    /// values that the filter can be true for, taken over one value, whatever way the filter is written:
    /// `anyOf [a]` gives `a`, `noneOf [a]` all but `a`, `prefix "a"` those that start so, `or` the groups of
    /// either side, `not` the others; a test of another field leaves all. Where no single value can make it
    /// true (`allOf [a, b]`, `anyOf [a]` and `anyOf [b]`), they are the values that its parts ask for.
    pub group_by: Vec<GroupKey>,
    /// Names of measures, of a quantile measure with the quantile behind a point (`watch.p90`), in the order of the answer's
    /// values. At least one, each once, at most
    /// [`MAX_MEASURES`].
    pub measures: Vec<String>,
    /// Which groups stay; `None` for all. Only where rows are grouped. The total is that of all groups.
    pub having: Option<Having>,
    /// The order of rows; each measure and key once. Empty: time keys ascending if there are any, else the first measure
    /// descending. Ties are broken by the keys, so that the order is always the same.
    pub order_by: Vec<OrderBy>,
    /// The most rows in the answer, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// Rows to skip before the first one; 0 where the page begins after another one.
    pub offset: usize,
    /// The end of the page before: the page begins there, on the same snapshot. The question has to be the same, but for what
    /// the answer shall have beside keys and values.
    pub after: Option<Cursor>,
    /// What the answer shall have beside keys and values; each once.
    pub extras: Vec<Extra>,
    /// With what each row is compared; `None` for nothing.
    pub compare: Option<Comparison>,
    /// Which days count for a row of time; `None` for those of its own step. Not together with a comparison, shares or others. The
    /// total is that of the days asked for.
    pub window: Option<TimeWindow>,
    /// Of each row of time, who of its people is new: not seen in so many days, at most [`MAX_LOOK_BACK_DAYS`], before the row's first
    /// day; by the first distinct measure asked for. Not together with a window.
    pub look_back_days: Option<u32>,
}

impl Query {
    /// The all-time total of some measures: a start to change from.
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
    /// From one day to another, both included; an open end is the edge of the data. Only of a range with both
    /// ends can serving say that it is too long.
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
    /// One row a day.
    Day,
    /// One row a week, which the model may begin on Sundays: of its days that lie in the range. The key's value is the
    /// week's first day, whether it lies in the range or not.
    Week,
    /// One row a calendar month: of its days that lie in the range.
    Month,
    /// One row a calendar year: of its days that lie in the range.
    Year,
}

impl TimeGrain {
    /// Every grain of time, finest first.
    pub const ALL: [Self; Self::COUNT] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// The name: `day`, `week`, `month`, `year`. No dimension or measure has it, but for [`Week`](Self::Week).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Whether no dimension or measure can have the name. Models had a dimension `week` before there were weeks: in
    /// their queries the word means that dimension.
    pub fn is_reserved(self) -> bool {
        self != Self::Week
    }
}

/// One thing that rows are grouped by.
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
    /// Which way. Null and undefined values come last, both ways.
    pub direction: Direction,
}

/// A measure's value or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// By a measure, which the query also asks for.
    Measure(String),
    /// By a key, which the query also groups by. Keys compare by their value's bytes.
    Key(GroupKey),
    /// By a number of the comparison of a measure, which the query also asks for. Only where rows are compared.
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

/// What the cube answers, from exactly one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The snapshot that every number comes from.
    pub snapshot: SnapshotInfo,
    /// What a row's keys stand for, as the query asked.
    pub group_by: Vec<GroupKey>,
    /// What a row's values stand for, as the query asked.
    pub measures: Vec<String>,
    /// The page of rows asked for; empty where nothing was grouped.
    pub rows: Vec<Row>,
    /// The union of everything that the filter leaves: never a sum of groups. It has no keys.
    pub total: Row,
    /// The union of the groups that come after the last one of the page: never a difference. It has no keys. `None` where it is
    /// not asked for, and where there are none.
    pub others: Option<Row>,
    /// What the rows of the page reach together; `None` where it is not asked for.
    pub reach: Option<Reach>,
    /// Groups before `limit` and `offset`, after `having`.
    pub n_groups: u64,
    /// Behind the last row of the page; `None` where nothing is grouped, and from a service that does not say yet.
    pub end: Option<Cursor>,
    /// Multi-valued group keys: their groups overlap and must not be added up.
    pub overlapping: Vec<FieldRef>,
    /// The days behind the numbers.
    pub coverage: Coverage,
    /// The days of the other side, where rows are compared with other days.
    pub compared_coverage: Option<Coverage>,
    /// What new and returning people are told from; `None` where they are not asked for.
    pub look_back: Option<LookBack>,
    /// The test of the model that verdicts are of; `None` where they are of none, or not asked for.
    pub test: Option<DeclaredTest>,
    /// What the filter asks for and no member is: the first [`MAX_NOTICES`].
    pub notices: Vec<Notice>,
    /// How many of them there are in all.
    pub n_notices: u64,
    /// What is not told of small groups; `None` of a model without `min_people`.
    pub withheld: Option<Withheld>,
    /// How long the computation took, without any network.
    pub elapsed: Duration,
    /// What it took; `None` from a service that does not say yet, and of a model with `min_people`, since it would tell how many people
    /// there are.
    pub work: Option<Work>,
}

impl Answer {
    /// Whether rows come behind the last one of the page.
    pub fn has_next_page(&self) -> bool {
        self.end.is_some_and(|end| end.n_before < self.n_groups)
    }
}

/// The days behind an answer. A partial answer is never silent: see `missing` and `provisional`.
///
/// A retired month is answered as a whole alone. Where a query asks for some of its days, or for each of
/// them, all that it asks for are missing, and `retired` says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The first and last day asked for, with those before them that a window holds; `None` where the snapshot holds no day and none
    /// was asked.
    pub range: Option<(Date, Date)>,
    /// How many days' numbers are in the answer. Where it is 0 there is no data, and every value is undefined.
    pub n_days_present: u32,
    /// Days asked for that the numbers lack, in order: the snapshot does not hold them, or not one by one.
    pub missing: Vec<DayRange>,
    /// Those of the missing days whose month is retired: asked for as a whole, it answers.
    pub retired: Vec<DayRange>,
    /// Days asked for whose numbers may still change.
    pub provisional: Vec<DayRange>,
    /// The periods that were read (`2026`, `2026-02`, `2026-03-01`, `all`), in order of time.
    pub periods: Vec<crate::Period>,
    /// Lookups of which the days took different states, as far as the answer depends on them.
    pub mixed: Vec<MixedLookup>,
}

/// A lookup that changed while days kept what they had taken from it (`on_change = "new_days"`), so that an answer
/// over them has some of the one and some of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixedLookup {
    /// The lookup.
    pub lookup: String,
    /// How many states the answer's days took; at least 2.
    pub n_states: u32,
    /// The days that took another state than the last one of the answer.
    pub others: Vec<DayRange>,
}

/// In words, with what makes all days alike. Of more than ten ranges the first ten.
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
    /// How many days are missing.
    pub fn n_missing(&self) -> u64 {
        n_days(&self.missing)
    }
}

/// One group of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// One for each entry of `group_by`, in order.
    pub keys: Vec<Key>,
    /// One for each measure asked for, in order.
    pub values: Vec<Value>,
    /// Where shares are asked for, one for each measure: the value over the total's. Undefined where the total is 0, where either
    /// is below 0, and of derived measures and quantiles, whose groups are no parts of a whole.
    pub shares: Vec<Value>,
    /// Where ranks are asked for, the places that it may have; `None` where the value is undefined.
    pub rank: Option<Rank>,
    /// Where rows are compared, one for each measure. The total has them where it is compared with other days, the groups
    /// below the page never.
    pub compared: Vec<Compared>,
    /// Where they are asked for, who is new and who returns; `None` where no day of the look-back is there.
    pub newcomers: Option<Newcomers>,
    /// Where they are asked for, one for each measure. The groups below the page never have them.
    pub intervals: Vec<Intervals>,
    /// Where they are asked for, one for each measure; `None` of one that is no rate of people, and of a row beside itself. The total has
    /// them where it is compared.
    pub verdicts: Vec<Option<Verdict>>,
}

impl Row {
    /// A row with keys and values alone.
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

/// The places that a row may have among the groups that stay. Those of all rows hold at once with 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// The first of them, counted from 1.
    pub best: u64,
    /// The last of them.
    pub worst: u64,
}

/// A member, a value of an attribute, or a step of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The value; `None` for the null member.
    pub value: Option<String>,
    /// What people read: the member's label, or the value.
    pub label: Option<String>,
    /// The address of a preview.
    pub media: Option<String>,
}

/// A measure's number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The number; `None` where it is undefined (`0 / 0`, no data), and then so are the bounds, or cannot be told (of
    /// [`Reach`]), and then they are there. Of a whole
    /// number beyond 2^53, the nearest double.
    pub value: Option<f64>,
    /// The lower end of the 95 % interval of the sketches' error; of quantiles, and of shares of their values, the least that the
    /// number can be.
    pub lower: Option<f64>,
    /// The upper end of the 95 % interval of the sketches' error; of quantiles, and of shares of their values, the most.
    pub upper: Option<f64>,
    /// Neither sketch error nor rounding is in it: both bounds equal the value. A sum of other than whole
    /// numbers counts as exact up to 2^53, and has some fifteen digits.
    pub exact: bool,
    /// The number where it is whole, exact, and beyond 2^53, so that `value` cannot hold it.
    pub whole: Option<i128>,
    /// It is not told, since it is of fewer people than the model's `min_people`, or would tell of such: then there is neither number nor
    /// bounds.
    pub withheld: bool,
}

/// The whole numbers up to which a double holds each.
const MAX_WHOLE: u64 = 1 << 53;

impl Value {
    /// A number without sketch error and rounding.
    pub fn exact(value: f64) -> Self {
        Self::estimate(value, value, value, true)
    }

    /// A number with its bounds, and whether it is exact nevertheless.
    pub fn estimate(value: f64, lower: f64, upper: f64, exact: bool) -> Self {
        Self {
            value: Some(value),
            lower: Some(lower),
            upper: Some(upper),
            exact,
            ..Self::undefined()
        }
    }

    /// A whole number, exact whatever its size.
    pub fn whole(number: i128) -> Self {
        let is_large = number.unsigned_abs() > u128::from(MAX_WHOLE);
        Self { whole: is_large.then_some(number), ..Self::exact(number as f64) }
    }

    /// A sum of other than whole numbers: not exact where doubles lie further apart than 1, undefined where it is
    /// no number.
    pub fn sum(value: f64) -> Self {
        if !value.is_finite() {
            Self::undefined()
        } else if value.abs() > MAX_WHOLE as f64 {
            Self::rounded(value)
        } else {
            Self::exact(value)
        }
    }

    /// A number that was rounded: its bounds are the doubles beside it.
    pub fn rounded(value: f64) -> Self {
        Self::estimate(value, value.next_down(), value.next_up(), false)
    }

    /// A number that is not defined.
    pub fn undefined() -> Self {
        Self { value: None, lower: None, upper: None, exact: false, whole: None, withheld: false }
    }

    /// A number that is not told.
    pub fn withheld() -> Self {
        Self { withheld: true, ..Self::undefined() }
    }
}
