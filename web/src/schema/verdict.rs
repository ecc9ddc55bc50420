//! How sure values are, and whether one is really higher: the types `Intervals`, `Interval`, `Verdict`, `Exposure`, `Mix`, `DeclaredTest` and `Arm`, the enums `SamplingBasis` and
//! `VerdictWord`.

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

/// How sure a value is, as GraphQL shows it.
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

/// What a comparison says, as GraphQL shows it.
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

/// What the mix of people makes of a difference, as GraphQL shows it.
#[derive(Debug, Clone)]
struct Mix {
    field: Name,
    raw: f64,
    difference: Number,
    without_counterpart: f64,
    explains: bool,
    is_reversed: bool,
}

/// How often people were shown what they then play, as GraphQL shows it.
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

/// The test that verdicts are of, as GraphQL shows it.
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
    let what = "What the sampling error of a value is known from, or why it is not.";
    enum_of(SAMPLING_BASIS, what, &SamplingBasis::ALL, |basis| {
        let description = match basis {
            SamplingBasis::People => {
                "People: it is a rate of people, and those above are among those below by construction."
            }
            SamplingBasis::Days => {
                "Days: it is a ratio of what adds up over days, and events cluster by person."
            }
            SamplingBasis::NoRate => {
                "None: it is no ratio of two measures, or one of people who are no part of the others."
            }
            SamplingBasis::FewDays => {
                "None: it is a ratio of what adds up over days, and there are fewer than seven settled ones."
            }
            SamplingBasis::Nobody => "None: the value is undefined, or nobody is below.",
        };
        (basis.as_str(), description)
    })
}

fn intervals() -> Object {
    ObjectOf::<Intervals>::new(
        INTERVALS,
        "The 95 % intervals of a value, by what they are of. That of counting alone is the value's own bounds.",
    )
    .leaf(
        "basis",
        TypeRef::named_nn(SAMPLING_BASIS),
        "What sampling is known from; PEOPLE and DAYS have intervals, any other says why there are none.",
        |it| enum_value(it.basis.as_str()),
    )
    .leaf("whyNone", TypeRef::named(TypeRef::STRING), "Why there are none, in words.", |it| {
        text(it.basis.why_none())
    })
    .maybe(
        "sampling",
        INTERVAL,
        "As if people, or days, were drawn from many, and counted without error.",
        |it: &Intervals| it.sampling.as_ref(),
    )
    .maybe(
        "combined",
        INTERVAL,
        "Sampling and counting together: what a comparison should be by.",
        |it: &Intervals| it.combined.as_ref(),
    )
    .finish()
}

fn interval() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    ObjectOf::<Interval>::new(INTERVAL, "From one number to another.")
        .leaf("lower", float(), "The lower end.", |it| number(Some(it.lower)))
        .leaf("upper", float(), "The upper end.", |it| number(Some(it.upper)))
        .finish()
}

fn verdict_word() -> Enum {
    let what = "A verdict in a word. Differences are observational, since people and machines choose who sees what, but of a test that the model declares.";
    enum_of(VERDICT_WORD, what, &VerdictWord::ALL, |word| {
        let description = match word {
            VerdictWord::Better => {
                "The row's rate is the higher one, and what the row is causes it: people were assigned by lot."
            }
            VerdictWord::Worse => "The row's rate is the lower one, by lot.",
            VerdictWord::ProbablyBetter => "The row's rate is the higher one by 80 %, by lot.",
            VerdictWord::ProbablyWorse => "The row's rate is the lower one by 80 %, by lot.",
            VerdictWord::Higher => "The row's rate is the higher one.",
            VerdictWord::Lower => "The row's rate is the lower one.",
            VerdictWord::ProbablyHigher => "The row's rate is the higher one by 80 %.",
            VerdictWord::ProbablyLower => "The row's rate is the lower one by 80 %.",
            VerdictWord::NoDifference => {
                "The rates differ by less than what the model says is worthwhile."
            }
            VerdictWord::WithinCountingError => {
                "The sketches' error is as large as the difference: more people do not change that, and more precision does."
            }
            VerdictWord::TooLittleData => "Nothing can be said yet.",
        };
        (word.as_str(), description)
    })
}

fn verdict() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    ObjectOf::<Verdict>::new(
        VERDICT,
        "What a comparison of two rates of people says, over the settled days that both sides have. It holds however often \
         somebody looks, and for all rows of a page together.",
    )
    .leaf("word", TypeRef::named_nn(VERDICT_WORD), "In a word.", |it| {
        enum_value(it.word.as_str())
    })
    .leaf("text", TypeRef::named_nn(TypeRef::STRING), "The word for people.", |it| {
        it.word.to_string().into()
    })
    .leaf(
        "own",
        float(),
        "The row's daily rate, averaged over common days with weights of the people of both sides; null without common days.",
        |it| number(it.own),
    )
    .leaf("other", float(), "The other side's daily rate.", |it| number(it.other))
    .one(
        "difference",
        COMPARED_NUMBER,
        "The first less the second, with an interval that leaves out 0 only where they are told apart. Bounds from ten common \
         days on.",
        |it: &Verdict| &it.difference,
    )
    .leaf("days", int(), "How many settled days both sides have.", |it| it.n_days.into())
    .leaf(
        "smallestLift",
        float(),
        "The smallest difference, as a part of the other side's rate, that would be told.",
        |it| number(it.smallest_lift),
    )
    .leaf(
        "moreDays",
        TypeRef::named(TypeRef::INT),
        "With TOO_LITTLE_DATA, how many common days more it takes at the present growth until what is worthwhile is told; null \
         where that is never.",
        |it| it.more_days.map_or(GraphQlValue::Null, GraphQlValue::from),
    )
    .maybe(
        "exposure",
        EXPOSURE,
        "How often people were shown what they then play or do not; null where the model does not count it.",
        |it: &Verdict| it.exposure.as_ref(),
    )
    .maybe(
        "mix",
        MIX,
        "What the mix of people makes of the difference: of the dimensions that rows are not grouped by, by the one that changes it \
         most; null of a row that is compared with the rest.",
        |it: &Verdict| it.mix.as_ref(),
    )
    .finish()
}

fn exposure() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    ObjectOf::<Exposure>::new(
        EXPOSURE,
        "How often the people of both sides were shown what they then play or do not: whoever sees a thing more often plays it more \
         often, however good it is.",
    )
    .leaf("own", float(), "Events a person and day of the row, averaged as the rates are.", |it| {
        number(Some(it.own))
    })
    .leaf("other", float(), "Events a person and day of the other side.", |it| number(Some(it.other)))
    .leaf("ownByEvent", float(), "The row's rate an event, instead of a person.", |it| {
        number(Some(it.own_by_event))
    })
    .leaf("otherByEvent", float(), "The other side's rate an event.", |it| {
        number(Some(it.other_by_event))
    })
    .leaf(
        "explains",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "The rates are told apart, and events a person differ the same way and, as a ratio, at least half as much.",
        |it| it.explains.into(),
    )
    .finish()
}

fn mix() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    ObjectOf::<Mix>::new(
        MIX,
        "A difference within the members of a dimension, and standardised over them: as if both sides had the people of both together.",
    )
    .leaf("field", TypeRef::named_nn(FIELD), "The dimension.", |it| GraphQlValue::Enum(it.field.clone()))
    .leaf(
        "raw",
        float(),
        "The difference of the rates of people over all settled days, each counted once a member.",
        |it| number(Some(it.raw)),
    )
    .one(
        "difference",
        COMPARED_NUMBER,
        "The same standardised directly, weights being the people of both sides in a member, with its 95 % interval.",
        |it: &Mix| &it.difference,
    )
    .leaf(
        "withoutCounterpart",
        float(),
        "The part of these people in members that one side alone has: they are in no weight.",
        |it| number(Some(it.without_counterpart)),
    )
    .leaf(
        "explains",
        flag(),
        "The rates are told apart, and standardised the difference is half of it at the most, or the other way round.",
        |it| it.explains.into(),
    )
    .leaf(
        "isReversed",
        flag(),
        "The standardised difference is beyond 0 the other way round than the raw one, and so it is in members with more than half \
         of the weight.",
        |it| it.is_reversed.into(),
    )
    .finish()
}

fn declared_test() -> Object {
    ObjectOf::<DeclaredTest>::new(
        DECLARED_TEST,
        "A test of the model that verdicts are of: rows are its arms, over its days, and are compared with an arm or with all others.",
    )
    .leaf("name", TypeRef::named_nn(TypeRef::STRING), "The name.", |it| it.name.as_str().into())
    .list("arms", ARM, "The arms, in the model's order.", |it: &DeclaredTest| &it.arms)
    .leaf(
        "chance",
        TypeRef::named_nn(TypeRef::FLOAT),
        "How likely it is that arms have these numbers of people, or ones further off, if they were assigned as the model says.",
        |it| number(Some(it.chance)),
    )
    .leaf(
        "isAsAssigned",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "That is not less than a thousandth; else verdicts stay observational.",
        |it| it.is_as_assigned.into(),
    )
    .finish()
}

fn arm() -> Object {
    ObjectOf::<Arm>::new(ARM, "An arm of a test.")
        .leaf(
            "value",
            TypeRef::named_nn(TypeRef::STRING),
            "The value of the test's dimension.",
            |it| it.value.as_str().into(),
        )
        .leaf(
            "share",
            TypeRef::named_nn(TypeRef::FLOAT),
            "Which share of people the model assigns to it.",
            |it| number(Some(it.share)),
        )
        .one("people", COMPARED_NUMBER, "How many were.", |it: &Arm| &it.people)
        .finish()
}
