//! How sure a value is, beside the error of counting.

use strum::EnumCount;

/// The 95 % intervals of a value, by what they are of. That of counting alone is the value's own bounds.
///
/// Intervals are there where the basis is [`People`](SamplingBasis::People) or [`Days`](SamplingBasis::Days); any other basis says why
/// there are none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intervals {
    /// What sampling is known from.
    pub basis: SamplingBasis,
    /// As if people, or days, were drawn from many, and counted without error.
    pub sampling: Option<Interval>,
    /// Sampling and counting together: what a comparison should be by.
    pub combined: Option<Interval>,
}

/// From one number to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// What the sampling error of a value is known from, or why it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum SamplingBasis {
    /// People: it is a rate of people, and those above are among those below by construction.
    People,
    /// Days: it is a ratio of what adds up over days, and events cluster by person.
    Days,
    /// None: it is no ratio of two measures, or one of people who are no part of the others.
    NoRate,
    /// None: it is a ratio of what adds up over days, and there are fewer than seven settled ones.
    FewDays,
    /// None: the value is undefined, or nobody is below.
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

    /// Why there is no interval, in words; `None` where there is one.
    pub fn why_none(self) -> Option<&'static str> {
        match self {
            Self::People | Self::Days => None,
            Self::NoRate => Some(
                "no rate of people among others, and no ratio of what adds up over days: nothing says how it would vary",
            ),
            Self::FewDays => Some(
                "a ratio of events, which cluster by person, has an interval between days from seven settled ones on",
            ),
            Self::Nobody => Some("there is nobody whom it could be a rate of"),
        }
    }
}

impl Intervals {
    /// None, for a reason.
    pub fn none(basis: SamplingBasis) -> Self {
        Self { basis, sampling: None, combined: None }
    }
}
