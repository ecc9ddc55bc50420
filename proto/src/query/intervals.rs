//! The uncertainty of a value besides counting error.

use strum::EnumCount;

/// The 95 % intervals of a value, by kind of error. That of counting alone is the value's own bounds.
///
/// There are intervals if the basis is [`People`](SamplingBasis::People) or [`Days`](SamplingBasis::Days); any other
/// basis says why there are none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intervals {
    /// What sampling error is estimated from.
    pub basis: SamplingBasis,
    /// The sampling error alone, as if people, or days, were drawn at random and counted without error.
    pub sampling: Option<Interval>,
    /// Sampling and counting together: the one to compare by.
    pub combined: Option<Interval>,
}

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// What the sampling error of a value is estimated from, or why it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum SamplingBasis {
    /// People: it is a rate of people, and those in the numerator are among those in the denominator by construction.
    People,
    /// Days: it is a ratio of sums over days, and events cluster by person.
    Days,
    /// None: it is not a ratio of two measures, or those in the numerator are not among those in the denominator.
    NoRate,
    /// None: it is a ratio of sums over days, and there are fewer than seven settled days.
    FewDays,
    /// None: the value is undefined, or nobody is in the denominator.
    Nobody,
}

impl SamplingBasis {
    /// Every basis.
    pub const ALL: [Self; Self::COUNT] =
        [Self::People, Self::Days, Self::NoRate, Self::FewDays, Self::Nobody];

    /// The name: `people`, `days`, `no_rate`, `few_days`, `nobody`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Days => "days",
            Self::NoRate => "no_rate",
            Self::FewDays => "few_days",
            Self::Nobody => "nobody",
        }
    }

    /// Why there is no interval, in words; `None` if there is one.
    pub fn why_none(self) -> Option<&'static str> {
        match self {
            Self::People | Self::Days => None,
            Self::NoRate => Some(
                "neither a rate of people among others nor a ratio of sums over days: nothing tells how it would vary",
            ),
            Self::FewDays => Some(
                "the interval of a ratio of events, which cluster by person, comes from its variation over days: it takes at least seven settled days",
            ),
            Self::Nobody => Some("nobody is in the denominator of the rate"),
        }
    }
}

impl Intervals {
    /// None, for a reason.
    pub fn none(basis: SamplingBasis) -> Self {
        Self { basis, sampling: None, combined: None }
    }
}
