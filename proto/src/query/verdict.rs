//! Whether a row's rate is really higher than that of the other side.

use std::fmt;

use strum::EnumCount;

use super::Value;
use crate::field::FieldRef;

/// The largest number of rows of a page with verdicts.
pub const MAX_VERDICT_ROWS: usize = 100;

/// The largest number of days of a verdict.
pub const MAX_VERDICT_DAYS: usize = 366;

/// The verdict of a comparison of two rates of people, over the settled days that both sides have.
///
/// It holds however often one looks, and for all rows of a page together: of those called higher or lower, at most 5 %
/// are wrong on average. The rates are daily ones, averaged over common days, weighted by the people of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The verdict in one word.
    pub word: VerdictWord,
    /// The row's daily rate; `None` without common days.
    pub own: Option<f64>,
    /// The other side's daily rate.
    pub other: Option<f64>,
    /// The row's rate minus the other one, with an interval that excludes 0 only if the rates are told apart. It has
    /// bounds from ten common days on.
    pub difference: Value,
    /// The number of settled days that both sides have.
    pub n_days: u32,
    /// The smallest difference that would be detected, relative to the other side's rate: half the width of the
    /// interval.
    pub smallest_lift: Option<f64>,
    /// With [`VerdictWord::TooLittleData`], how many more common days it takes, at the present growth, to detect a
    /// worthwhile difference; `None` if that will never be, because the sketches' error alone is as large, or not
    /// within ten years.
    pub more_days: Option<u32>,
    /// How often people were shown what they then play or do not, if the model counts it.
    pub exposure: Option<Exposure>,
    /// How far the mix of people explains the difference: of the dimensions that rows are not grouped by, the one that
    /// changes it most. `None` for a row that is compared with the rest.
    pub mix: Option<Mix>,
}

/// How often the people of both sides were shown what they then play or do not: people who see something more often
/// play it more often, however good it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Events per person and day of the row, averaged like the rates.
    pub own: f64,
    /// Events per person and day of the other side.
    pub other: f64,
    /// The row's rate per event instead of per person.
    pub own_by_event: f64,
    /// The other side's rate per event.
    pub other_by_event: f64,
    /// The rates are told apart, and events per person differ in the same direction and, as a ratio, at least half as
    /// much.
    pub explains: bool,
}

/// A difference standardised over the members of a dimension: as if both sides had the people of both together.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// The dimension.
    pub field: FieldRef,
    /// The difference of the rates of people over all settled days, each person counted once for each member.
    pub raw: f64,
    /// The same, directly standardised with the people of both sides in each member as weights, with its 95 % interval.
    pub difference: Value,
    /// The fraction of these people in members that only one side has: they have no weight.
    pub without_counterpart: f64,
    /// The rates are told apart, and standardising at least halves the difference, or reverses it.
    pub explains: bool,
    /// The standardised difference is significant in the opposite direction to the raw one, and so it is in members
    /// with more than half of the weight.
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

    /// The corresponding word if people were assigned at random.
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

/// The declared test that a query with verdicts is about: rows are its arms, over its days, compared with one arm or
/// with all others.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredTest {
    /// The name.
    pub name: String,
    /// The arms, in the model's order.
    pub arms: Vec<Arm>,
    /// The probability of these numbers of people in the arms, or of ones further off, if they were assigned as the
    /// model says.
    pub chance: f64,
    /// That is at least 0.001. Otherwise people are missing from some arms, whoever they are, and verdicts stay
    /// observational.
    pub is_as_assigned: bool,
}

/// An arm of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// The arm's value of the test's dimension.
    pub value: String,
    /// The share of people that the model assigns to it.
    pub share: f64,
    /// How many people were assigned to it.
    pub people: Value,
}

/// A verdict in one word.
///
/// Who sees what is chosen by people and machines, and no number of days changes that: so differences are
/// *observational*, except in a test that the model declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum VerdictWord {
    /// The row's rate is higher, and the row's arm causes it: people were assigned at random.
    Better,
    /// The row's rate is lower, with random assignment.
    Worse,
    /// The row's rate is higher with 80 % confidence, with random assignment.
    ProbablyBetter,
    /// The row's rate is lower with 80 % confidence, with random assignment.
    ProbablyWorse,
    /// The row's rate is higher.
    Higher,
    /// The row's rate is lower.
    Lower,
    /// The row's rate is higher with 80 % confidence.
    ProbablyHigher,
    /// The row's rate is lower with 80 % confidence.
    ProbablyLower,
    /// The rates differ by less than the model's smallest worthwhile difference.
    NoDifference,
    /// The sketches' error is as large as the difference: more people do not change that, but more precision does.
    WithinCountingError,
    /// There is too little data to tell.
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

/// The words to display.
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
