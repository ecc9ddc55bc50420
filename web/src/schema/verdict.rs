//! How uncertain values are, and whether one is really higher: the types `Intervals`, `Interval`, `Verdict`,
//! `Exposure`, `Mix`, `DeclaredTest` and `Arm`, the enums `SamplingBasis` and `VerdictWord`.

use async_graphql::dynamic::{Enum, Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};
use clio_proto::{SamplingBasis, VerdictWord};

use super::compared::COMPARED_NUMBER;
use super::enums::{enum_of, enum_value};
use super::numbers::Number;
use super::object::{ObjectOf, int, number, text};
use super::question::FIELD;
use crate::names::enum_name;

pub(super) const INTERVALS: &str = "Intervals";
pub(super) const VERDICT: &str = "Verdict";
pub(super) const DECLARED_TEST: &str = "DeclaredTest";
const ARM: &str = "Arm";
const EXPOSURE: &str = "Exposure";
const MIX: &str = "Mix";
const INTERVAL: &str = "Interval";
const SAMPLING_BASIS: &str = "SamplingBasis";
const VERDICT_WORD: &str = "VerdictWord";

/// The uncertainty of a value, as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Intervals {
    basis: SamplingBasis,
    sampling: Option<Interval>,
    combined: Option<Interval>,
}

#[derive(Debug, Clone)]
struct Interval {
    lower: f64,
    upper: f64,
}

/// The verdict of a comparison, as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    word: VerdictWord,
    own: Option<f64>,
    other: Option<f64>,
    difference: Number,
    n_days: u32,
    smallest_lift: Option<f64>,
    more_days: Option<u32>,
    exposure: Option<Exposure>,
    mix: Option<Mix>,
}

/// How far the mix of people explains a difference, as GraphQL shows it.
#[derive(Debug, Clone)]
struct Mix {
    field: Name,
    raw: f64,
    difference: Number,
    without_counterpart: f64,
    explains: bool,
    is_reversed: bool,
}

/// How often people were shown what they play, as GraphQL shows it.
#[derive(Debug, Clone)]
struct Exposure {
    own: f64,
    other: f64,
    own_by_event: f64,
    other_by_event: f64,
    explains: bool,
}

impl From<clio_proto::Intervals> for Intervals {
    fn from(intervals: clio_proto::Intervals) -> Self {
        let clio_proto::Intervals { basis, sampling, combined } = intervals;
        let interval = |clio_proto::Interval { lower, upper }| Interval { lower, upper };
        Self { basis, sampling: sampling.map(interval), combined: combined.map(interval) }
    }
}

impl From<clio_proto::Verdict> for Verdict {
    fn from(verdict: clio_proto::Verdict) -> Self {
        let clio_proto::Verdict {
            word,
            own,
            other,
            difference,
            n_days,
            smallest_lift,
            more_days,
            exposure,
            mix,
        } = verdict;
        let mix = mix.map(Mix::from);
        let (difference, exposure) = (difference.into(), exposure.map(Exposure::from));
        Self { word, own, other, difference, n_days, smallest_lift, more_days, exposure, mix }
    }
}

impl From<clio_proto::Mix> for Mix {
    fn from(mix: clio_proto::Mix) -> Self {
        let clio_proto::Mix { field, raw, difference, without_counterpart, explains, is_reversed } =
            mix;
        let field = Name::new(enum_name(&field.to_string()));
        let difference = difference.into();
        Self { field, raw, difference, without_counterpart, explains, is_reversed }
    }
}

/// The declared test that verdicts belong to, as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct DeclaredTest {
    name: String,
    arms: Vec<Arm>,
    chance: f64,
    is_as_assigned: bool,
}

#[derive(Debug, Clone)]
struct Arm {
    value: String,
    share: f64,
    people: Number,
}

impl From<clio_proto::DeclaredTest> for DeclaredTest {
    fn from(test: clio_proto::DeclaredTest) -> Self {
        let clio_proto::DeclaredTest { name, arms, chance, is_as_assigned } = test;
        let arm =
            |clio_proto::Arm { value, share, people }| Arm { value, share, people: people.into() };
        Self { name, arms: arms.into_iter().map(arm).collect(), chance, is_as_assigned }
    }
}

impl From<clio_proto::Exposure> for Exposure {
    fn from(exposure: clio_proto::Exposure) -> Self {
        let clio_proto::Exposure { own, other, own_by_event, other_by_event, explains } = exposure;
        Self { own, other, own_by_event, other_by_event, explains }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema
        .register(sampling_basis())
        .register(intervals())
        .register(interval())
        .register(verdict_word())
        .register(verdict())
        .register(exposure())
        .register(mix())
        .register(declared_test())
        .register(arm())
}

fn sampling_basis() -> Enum {
    let what = "What the sampling error of a value is estimated from, or why it is not.";
    enum_of(SAMPLING_BASIS, what, &SamplingBasis::ALL, |basis| {
        let description = match basis {
            SamplingBasis::People => {
                "People: it is a rate of people, and those in the numerator are among those in the denominator by construction."
            }
            SamplingBasis::Days => {
                "Days: it is a ratio of sums over days, and events cluster by person."
            }
            SamplingBasis::NoRate => {
                "None: it is not a ratio of two measures, or those in the numerator are not among those in the denominator."
            }
            SamplingBasis::FewDays => {
                "None: it is a ratio of sums over days, and there are fewer than seven settled days."
            }
            SamplingBasis::Nobody => {
                "None: the value is undefined, or nobody is in the denominator."
            }
        };
        (basis.as_str(), description)
    })
}

fn intervals() -> Object {
    ObjectOf::<Intervals>::new(
        INTERVALS,
        "The 95 % intervals of a value by kind of error. That of counting alone is the value's own bounds.",
    )
    .leaf(
        "basis",
        TypeRef::named_nn(SAMPLING_BASIS),
        "What sampling is estimated from; PEOPLE and DAYS have intervals, all others say why there are none.",
        |it| enum_value(it.basis.as_str()),
    )
    .leaf("whyNone", TypeRef::named(TypeRef::STRING), "Why there are none.", |it| {
        text(it.basis.why_none())
    })
    .maybe(
        "sampling",
        INTERVAL,
        "The sampling error alone, as if people, or days, were drawn at random and counted without error.",
        |it: &Intervals| it.sampling.as_ref(),
    )
    .maybe(
        "combined",
        INTERVAL,
        "Sampling and counting together: the one to compare by.",
        |it: &Intervals| it.combined.as_ref(),
    )
    .finish()
}

fn interval() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    ObjectOf::<Interval>::new(INTERVAL, "An interval of numbers.")
        .leaf("lower", float(), "The lower end.", |it| number(Some(it.lower)))
        .leaf("upper", float(), "The upper end.", |it| number(Some(it.upper)))
        .finish()
}

fn verdict_word() -> Enum {
    let what = "A verdict in one word. Differences are observational, since people and machines choose who sees what, except in a test that the model declares.";
    enum_of(VERDICT_WORD, what, &VerdictWord::ALL, |word| {
        let description = match word {
            VerdictWord::Better => {
                "The row's rate is higher, and the row's arm causes it: people were assigned at random."
            }
            VerdictWord::Worse => "The row's rate is lower, with random assignment.",
            VerdictWord::ProbablyBetter => {
                "The row's rate is higher with 80 % confidence, with random assignment."
            }
            VerdictWord::ProbablyWorse => {
                "The row's rate is lower with 80 % confidence, with random assignment."
            }
            VerdictWord::Higher => "The row's rate is higher.",
            VerdictWord::Lower => "The row's rate is lower.",
            VerdictWord::ProbablyHigher => "The row's rate is higher with 80 % confidence.",
            VerdictWord::ProbablyLower => "The row's rate is lower with 80 % confidence.",
            VerdictWord::NoDifference => {
                "The rates differ by less than the model's smallest worthwhile difference."
            }
            VerdictWord::WithinCountingError => {
                "The sketches' error is as large as the difference: more people do not change that, but more precision does."
            }
            VerdictWord::TooLittleData => "There is too little data to tell.",
        };
        (word.as_str(), description)
    })
}

fn verdict() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    ObjectOf::<Verdict>::new(
        VERDICT,
        "The verdict of a comparison of two rates of people, over the settled days that both sides have. It holds however often \
         one looks, and for all rows of a page together.",
    )
    .leaf("word", TypeRef::named_nn(VERDICT_WORD), "The verdict in one word.", |it| {
        enum_value(it.word.as_str())
    })
    .leaf("text", TypeRef::named_nn(TypeRef::STRING), "The verdict as text to display.", |it| {
        it.word.to_string().into()
    })
    .leaf(
        "own",
        float(),
        "The row's daily rate, averaged over common days, weighted by the people of both sides; null without common days.",
        |it| number(it.own),
    )
    .leaf("other", float(), "The other side's daily rate.", |it| number(it.other))
    .one(
        "difference",
        COMPARED_NUMBER,
        "The row's rate minus the other one, with an interval that excludes 0 only if the rates are told apart. Has bounds from ten common \
         days on.",
        |it: &Verdict| &it.difference,
    )
    .leaf("days", int(), "The number of settled days that both sides have.", |it| it.n_days.into())
    .leaf(
        "smallestLift",
        float(),
        "The smallest difference that would be detected, relative to the other side's rate.",
        |it| number(it.smallest_lift),
    )
    .leaf(
        "moreDays",
        TypeRef::named(TypeRef::INT),
        "With TOO_LITTLE_DATA, how many more common days it takes, at the present growth, to detect a worthwhile difference; null \
         if that will never be.",
        |it| it.more_days.map_or(GraphQlValue::Null, GraphQlValue::from),
    )
    .maybe(
        "exposure",
        EXPOSURE,
        "How often people were shown what they then play or do not; null if the model does not count it.",
        |it: &Verdict| it.exposure.as_ref(),
    )
    .maybe(
        "mix",
        MIX,
        "How far the mix of people explains the difference: of the dimensions that rows are not grouped by, the one that changes it \
         most; null for a row that is compared with the rest.",
        |it: &Verdict| it.mix.as_ref(),
    )
    .finish()
}

fn exposure() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    ObjectOf::<Exposure>::new(
        EXPOSURE,
        "How often the people of both sides were shown what they then play or do not: people who see something more often play it more \
         often, however good it is.",
    )
    .leaf("own", float(), "Events per person and day of the row, averaged like the rates.", |it| {
        number(Some(it.own))
    })
    .leaf("other", float(), "Events per person and day of the other side.", |it| number(Some(it.other)))
    .leaf("ownByEvent", float(), "The row's rate per event instead of per person.", |it| {
        number(Some(it.own_by_event))
    })
    .leaf("otherByEvent", float(), "The other side's rate per event.", |it| {
        number(Some(it.other_by_event))
    })
    .leaf(
        "explains",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "The rates are told apart, and events per person differ in the same direction and, as a ratio, at least half as much.",
        |it| it.explains.into(),
    )
    .finish()
}

fn mix() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    ObjectOf::<Mix>::new(
        MIX,
        "A difference standardised over the members of a dimension: as if both sides had the people of both together.",
    )
    .leaf("field", TypeRef::named_nn(FIELD), "The dimension.", |it| GraphQlValue::Enum(it.field.clone()))
    .leaf(
        "raw",
        float(),
        "The difference of the rates of people over all settled days, each person counted once for each member.",
        |it| number(Some(it.raw)),
    )
    .one(
        "difference",
        COMPARED_NUMBER,
        "The same, directly standardised with the people of both sides in each member as weights, with its 95 % interval.",
        |it: &Mix| &it.difference,
    )
    .leaf(
        "withoutCounterpart",
        float(),
        "The fraction of these people in members that only one side has: they have no weight.",
        |it| number(Some(it.without_counterpart)),
    )
    .leaf(
        "explains",
        flag(),
        "The rates are told apart, and standardising at least halves the difference, or reverses it.",
        |it| it.explains.into(),
    )
    .leaf(
        "isReversed",
        flag(),
        "The standardised difference is significant in the opposite direction to the raw one, and so it is in members with more than half \
         of the weight.",
        |it| it.is_reversed.into(),
    )
    .finish()
}

fn declared_test() -> Object {
    ObjectOf::<DeclaredTest>::new(
        DECLARED_TEST,
        "The model's declared test that the verdicts belong to: rows are its arms, over its days, compared with one arm or with all others.",
    )
    .leaf("name", TypeRef::named_nn(TypeRef::STRING), "The name.", |it| it.name.as_str().into())
    .list("arms", ARM, "The arms, in the model's order.", |it: &DeclaredTest| &it.arms)
    .leaf(
        "chance",
        TypeRef::named_nn(TypeRef::FLOAT),
        "The probability of these numbers of people in the arms, or of ones further off, if they were assigned as the model says.",
        |it| number(Some(it.chance)),
    )
    .leaf(
        "isAsAssigned",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "That is at least 0.001; otherwise verdicts stay observational.",
        |it| it.is_as_assigned.into(),
    )
    .finish()
}

fn arm() -> Object {
    ObjectOf::<Arm>::new(ARM, "An arm of a test.")
        .leaf(
            "value",
            TypeRef::named_nn(TypeRef::STRING),
            "The arm's value of the test's dimension.",
            |it| it.value.as_str().into(),
        )
        .leaf(
            "share",
            TypeRef::named_nn(TypeRef::FLOAT),
            "The share of people that the model assigns to it.",
            |it| number(Some(it.share)),
        )
        .one("people", COMPARED_NUMBER, "How many people were assigned to it.", |it: &Arm| {
            &it.people
        })
        .finish()
}
