//! Periods (a day, a month, a year, or all time) and how a range of days is covered by them.

mod retired;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use strum::EnumCount;

pub use retired::RetiredDays;

/// The first day that the lake and serving can hold.
///
/// Years from 1 to 9999 have names of four digits in every engine that reads the lake; an event on any other day is a
/// bad row.
pub const FIRST_DAY: Date = Date::constant(1, 1, 1);
/// The last day that the lake and serving can hold.
pub const LAST_DAY: Date = Date::constant(9999, 12, 31);

/// The length of a period. Ordered from the finest to the coarsest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum Grain {
    /// One day of the dataset's time zone.
    Day,
    /// One calendar month.
    Month,
    /// One calendar year.
    Year,
    /// All time.
    All,
}

impl Grain {
    /// Every grain, finest first.
    pub const ALL: [Self; Self::COUNT] = [Self::Day, Self::Month, Self::Year, Self::All];
    /// The grains of parents, in the order in which they are folded: each is the parent grain of the previous one.
    pub const ABOVE_DAY: [Self; Self::COUNT - 1] = [Self::Month, Self::Year, Self::All];

    /// The grain as written in the lake: `day`, `month`, `year`, `all`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One node of the tree of periods: a parent is the union of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// All time, the root.
    All,
    /// A calendar year.
    Year(i16),
    /// A calendar month: the year, and the month from 1 to 12.
    Month(i16, i8),
    /// One day.
    Day(Date),
}

impl Period {
    /// How long the period is.
    pub fn grain(self) -> Grain {
        match self {
            Self::All => Grain::All,
            Self::Year(_) => Grain::Year,
            Self::Month(..) => Grain::Month,
            Self::Day(_) => Grain::Day,
        }
    }

    /// The period of a grain that contains a day.
    pub fn of(day: Date, grain: Grain) -> Self {
        match grain {
            Grain::Day => Self::Day(day),
            Grain::Month => Self::Month(day.year(), day.month()),
            Grain::Year => Self::Year(day.year()),
            Grain::All => Self::All,
        }
    }

    /// The date of a day; `None` for any longer period.
    pub fn day(self) -> Option<Date> {
        match self {
            Self::Day(day) => Some(day),
            Self::Month(..) | Self::Year(_) | Self::All => None,
        }
    }

    /// The next period up the tree; `None` for all time.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::All => None,
            Self::Year(_) => Some(Self::All),
            Self::Month(year, _) => Some(Self::Year(year)),
            Self::Day(day) => Some(Self::Month(day.year(), day.month())),
        }
    }

    /// Whether the period contains a day.
    pub fn contains(self, day: Date) -> bool {
        match self {
            Self::All => true,
            Self::Year(year) => day.year() == year,
            Self::Month(year, month) => day.year() == year && day.month() == month,
            Self::Day(own) => own == day,
        }
    }
}

impl fmt::Display for Period {
    /// As written in the lake: `2026-01-31`, `2026-01`, `2026`, `all`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

/// A text that is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period: expected `2026-01-31`, `2026-01`, `2026` or `all`")]
pub struct PeriodParseError(String);

impl FromStr for Period {
    type Err = PeriodParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || PeriodParseError(text.to_owned());
        if text == "all" {
            return Ok(Self::All);
        }
        // A year before 0 has a sign. Whether a lake may hold such a period is not checked here.
        let after_sign = text.strip_prefix('-').unwrap_or(text);
        let parsed = match after_sign.matches('-').count() {
            0 => text.parse().map(Self::Year).map_err(|_| fail())?,
            1 => {
                let (year, month) = text.rsplit_once('-').ok_or_else(fail)?;
                let year = year.parse().map_err(|_| fail())?;
                let month = month.parse().map_err(|_| fail())?;
                Date::new(year, month, 1).map_err(|_| fail())?;
                Self::Month(year, month)
            }
            2 => text.parse().map(Self::Day).map_err(|_| fail())?,
            _ => return Err(fail()),
        };
        // Only the canonical spelling is accepted, so that a period has a single name on disk.
        if parsed.to_string() == text { Ok(parsed) } else { Err(fail()) }
    }
}

/// A range of days, both ends included; the first is never after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayRange {
    first: Date,
    last: Date,
}

impl DayRange {
    /// The range from `first` to `last`, or `None` where it would end before it starts.
    pub fn try_new(first: Date, last: Date) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day, included.
    pub fn last(self) -> Date {
        self.last
    }

    /// Whether the range contains a day.
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    /// The days of a month, a year or a day; `None` for all time, which has no end.
    pub fn of(period: Period) -> Option<Self> {
        let (first, last) = match period {
            Period::Day(day) => (day, day),
            Period::Month(year, month) => {
                let first = Date::new(year, month, 1).ok()?;
                (first, first.last_of_month())
            }
            Period::Year(year) => {
                let first = Date::new(year, 1, 1).ok()?;
                (first, first.last_of_year())
            }
            Period::All => return None,
        };
        Self::try_new(first, last)
    }

    /// The days of the range, in order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        let last = self.last;
        std::iter::successors(Some(self.first), |day| day.tomorrow().ok())
            .take_while(move |day| *day <= last)
    }

    /// The number of days in the range; at least one.
    pub fn n_days(self) -> u32 {
        let days = (self.last - self.first).get_days();
        u32::try_from(days).map_or(u32::MAX, |days| days.saturating_add(1))
    }
}

/// Days as ranges: consecutive days become one range. The days must be in order and distinct.
///
/// ```
/// use clio_proto::{n_days, runs};
///
/// let runs = runs(["2026-01-01".parse()?, "2026-01-02".parse()?, "2026-01-04".parse()?]);
/// let texts: Vec<String> = runs.iter().map(ToString::to_string).collect();
/// assert_eq!(texts, ["2026-01-01..2026-01-02", "2026-01-04"]);
/// assert_eq!(n_days(&runs), 3);
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn runs(days: impl IntoIterator<Item = Date>) -> Vec<DayRange> {
    let mut runs: Vec<DayRange> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some(run) if run.last.tomorrow().is_ok_and(|next| next == day) => run.last = day,
            _ => runs.push(DayRange { first: day, last: day }),
        }
    }
    runs
}

/// The days of a range that are not among `present`, which must be in order, within the range and distinct. Takes time
/// in proportion to their number, however long the range is.
pub fn gaps(range: DayRange, present: impl IntoIterator<Item = Date>) -> Vec<DayRange> {
    let mut gaps = Vec::new();
    let mut next = Some(range.first);
    for day in present {
        let gap = next.zip(day.yesterday().ok());
        gaps.extend(gap.and_then(|(first, last)| DayRange::try_new(first, last)));
        next = day.tomorrow().ok();
    }
    gaps.extend(next.and_then(|first| DayRange::try_new(first, range.last)));
    gaps
}

/// The number of days in all ranges together.
pub fn n_days(ranges: &[DayRange]) -> u64 {
    ranges.iter().map(|range| u64::from(range.n_days())).sum()
}

/// The largest number of days listed one by one beside ranges, which are complete.
pub const MAX_LISTED_DAYS: usize = 1_000;

/// The days of some ranges one by one: the first [`MAX_LISTED_DAYS`].
pub fn listed_days(ranges: impl IntoIterator<Item = DayRange>) -> impl Iterator<Item = Date> {
    ranges.into_iter().flat_map(DayRange::days).take(MAX_LISTED_DAYS)
}

impl fmt::Display for DayRange {
    /// `2026-01-01..2026-01-31`, or the one day.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return self.first.fmt(f);
        }
        write!(f, "{}..{}", self.first, self.last)
    }
}

/// The smallest set of periods whose union holds exactly the present days in the range, except for days of retired
/// months that are only partly in the range: those are in no period.
///
/// `present` are the days that the lake's numbers hold, including those of retired months. A month covers its days as
/// soon as all *present* ones lie in the range, so a lake of one week answers that week from `all`. The periods are in
/// order of time; absent days need none. Takes time in proportion to the number of present days.
pub fn cover(present: &BTreeSet<Date>, retired: &RetiredDays, range: DayRange) -> Vec<Period> {
    let mut periods = Vec::new();
    let days: Vec<Date> = present.iter().copied().collect();
    cover_node(Period::All, &days, retired, range, &mut periods);
    periods
}

/// Covers the present days of one node: as a whole if the range holds them all, otherwise by its children.
fn cover_node(
    node: Period,
    days: &[Date],
    retired: &RetiredDays,
    range: DayRange,
    out: &mut Vec<Period>,
) {
    let inside = days.iter().filter(|day| range.contains(**day)).count();
    if inside == 0 {
        return;
    }
    if inside == days.len() {
        out.push(node);
        return;
    }
    let child_grain = match node.grain() {
        Grain::All => Grain::Year,
        Grain::Year => Grain::Month,
        // Its children have left the lake.
        Grain::Month if retired.has_month(days[0]) => return,
        Grain::Month | Grain::Day => Grain::Day,
    };
    for group in days.chunk_by(|a, b| Period::of(*a, child_grain) == Period::of(*b, child_grain)) {
        cover_node(Period::of(group[0], child_grain), group, retired, range, out);
    }
}
