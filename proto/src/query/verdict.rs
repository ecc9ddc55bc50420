//! Whether a row's rate is really higher than that of the other side.

use std::fmt;

use strum::EnumCount;

use super::Value;
use crate::field::FieldRef;

/// The most rows of a page that have verdicts.
pub const MAX_VERDICT_ROWS: usize = 100;

/// The most days that a verdict is of.
pub const MAX_VERDICT_DAYS: usize = 366;

/// What a comparison of two rates of people says, over the settled days that both sides have.
///
/// It holds however often somebody looks, and for all rows of a page together: of those said to be higher or lower, 5 % at the most are
/// wrong on average. The rates are daily ones, averaged over common days with weights of the people of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In a word.
    pub word: VerdictWord,
    /// The row's daily rate; `None` without common days.
    pub own: Option<f64>,
    /// The other side's daily rate.
    pub other: Option<f64>,
    /// The first less the second, with an interval that leaves out 0 only where they are told apart. It has bounds from ten common days
    /// on.
    pub difference: Value,
    /// How many settled days both sides have.
    pub n_days: u32,
    /// The smallest difference, as a part of the other side's rate, that would be told: half the width of the interval.
    pub smallest_lift: Option<f64>,
    /// With [`VerdictWord::TooLittleData`], how many common days more it takes at the present growth until what is worthwhile is told;
    /// `None` where that is never, since the sketches' error alone is as large, or it is no matter of ten years.
    pub more_days: Option<u32>,
    /// How often people were shown what they then play or do not, where the model counts it.
    pub exposure: Option<Exposure>,
    /// What the mix of people makes of the difference: of the dimensions that rows are not grouped by, by the one that changes it most. `None`
    /// of a row that is compared with the rest.
    pub mix: Option<Mix>,
}

/// How often the people of both sides were shown what they then play or do not: whoever sees a thing more often plays it more often,
/// however good it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Events a person and day of the row, averaged as the rates are.
    pub own: f64,
    /// Events a person and day of the other side.
    pub other: f64,
    /// The row's rate an event, instead of a person.
    pub own_by_event: f64,
    /// The other side's rate an event.
    pub other_by_event: f64,
    /// The rates are told apart, and events a person differ the same way and, as a ratio, at least half as much.
    pub explains: bool,
}

/// A difference within the members of a dimension, and standardised over them: as if both sides had the people of both together.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// The dimension.
    pub field: FieldRef,
    /// The difference of the rates of people over all settled days, each counted once a member.
    pub raw: f64,
    /// The same standardised directly, weights being the people of both sides in a member, with its 95 % interval.
    pub difference: Value,
    /// The part of these people in members that one side alone has: they are in no weight.
    pub without_counterpart: f64,
    /// The rates are told apart, and standardised the difference is half of it at the most, or the other way round.
    pub explains: bool,
    /// The standardised difference is beyond 0 the other way round than the raw one, and so it is in members with more than half of the
    /// weight.
    pub is_reversed: bool,
}

impl VerdictWord {
    /// Whether it says that rates differ, with or without reserve.
    pub fn says_a_difference(self) -> bool {
        match self {
            Self::Better
            | Self::Worse
            | Self::ProbablyBetter
            | Self::ProbablyWorse
            | Self::Higher
            | Self::Lower
            | Self::ProbablyHigher
            | Self::ProbablyLower => true,
            Self::NoDifference | Self::WithinCountingError | Self::TooLittleData => false,
        }
    }

    /// The word where people were assigned by lot.
    #[must_use]
    pub fn by_lot(self) -> Self {
        match self {
            Self::Higher => Self::Better,
            Self::Lower => Self::Worse,
            Self::ProbablyHigher => Self::ProbablyBetter,
            Self::ProbablyLower => Self::ProbablyWorse,
            Self::Better
            | Self::Worse
            | Self::ProbablyBetter
            | Self::ProbablyWorse
            | Self::NoDifference
            | Self::WithinCountingError
            | Self::TooLittleData => self,
        }
    }
}

/// A test of the model that a question with verdicts is of: rows are its arms, over its days, and are compared with an arm or with all others.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredTest {
    /// The name.
    pub name: String,
    /// The arms, in the model's order.
    pub arms: Vec<Arm>,
    /// How likely it is that arms have these numbers of people, or ones further off, if they were assigned as the model says.
    pub chance: f64,
    /// That is not less than a thousandth. Where it is, people are missing of some arms, whoever they are, and verdicts stay observational.
    pub is_as_assigned: bool,
}

/// An arm of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// The value of the test's dimension.
    pub value: String,
    /// Which share of people the model assigns to it.
    pub share: f64,
    /// How many were.
    pub people: Value,
}

/// A verdict in a word.
///
/// Who sees what is chosen by people and by machines, and no number of days removes that: so a difference is *observational*, but of a
/// test that the model declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum VerdictWord {
    /// The row's rate is the higher one, and that is caused by what the row is: people were assigned by lot.
    Better,
    /// The row's rate is the lower one, by lot.
    Worse,
    /// The row's rate is the higher one by 80 %, by lot.
    ProbablyBetter,
    /// The row's rate is the lower one by 80 %, by lot.
    ProbablyWorse,
    /// The row's rate is the higher one.
    Higher,
    /// The row's rate is the lower one.
    Lower,
    /// The row's rate is the higher one by 80 %.
    ProbablyHigher,
    /// The row's rate is the lower one by 80 %.
    ProbablyLower,
    /// The rates differ by less than what the model says is worthwhile.
    NoDifference,
    /// The sketches' error is as large as the difference: more people do not change that, and more precision does.
    WithinCountingError,
    /// Nothing can be said yet.
    TooLittleData,
}

impl VerdictWord {
    /// Every word.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Better,
        Self::Worse,
        Self::ProbablyBetter,
        Self::ProbablyWorse,
        Self::Higher,
        Self::Lower,
        Self::ProbablyHigher,
        Self::ProbablyLower,
        Self::NoDifference,
        Self::WithinCountingError,
        Self::TooLittleData,
    ];

    /// The name: `better`, `worse`, `probably_better`, `probably_worse`, `higher`, `lower`, `probably_higher`, `probably_lower`, `no_difference`, `within_counting_error`,
    /// `too_little_data`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::ProbablyBetter => "probably_better",
            Self::ProbablyWorse => "probably_worse",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::ProbablyHigher => "probably_higher",
            Self::ProbablyLower => "probably_lower",
            Self::NoDifference => "no_difference",
            Self::WithinCountingError => "within_counting_error",
            Self::TooLittleData => "too_little_data",
        }
    }
}

/// The words for people.
impl fmt::Display for VerdictWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::ProbablyBetter => "probably better",
            Self::ProbablyWorse => "probably worse",
            Self::Higher => "higher (observational)",
            Self::Lower => "lower (observational)",
            Self::ProbablyHigher => "probably higher (observational)",
            Self::ProbablyLower => "probably lower (observational)",
            Self::NoDifference => "no difference",
            Self::WithinCountingError => "within counting error",
            Self::TooLittleData => "too little data",
        })
    }
}
