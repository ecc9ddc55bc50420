//! Outliers among peers: the types `OutlierList`, `Outlier`, `OutlierPeer`, `OutlierContrast`, `EarlierOutliers` and
//! `EarlierOutlier`, the enum `OutlierKind`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::OutlierKind;

use super::enums::{enum_of, enum_value};
use super::object::{ObjectOf, int, number, text};
use super::scalars::{DATE, INT64};

pub(super) const OUTLIER_LIST: &str = "OutlierList";
const OUTLIER: &str = "Outlier";
const OUTLIER_PEER: &str = "OutlierPeer";
const OUTLIER_CONTRAST: &str = "OutlierContrast";
const EARLIER_OUTLIERS: &str = "EarlierOutliers";
const EARLIER_OUTLIER: &str = "EarlierOutlier";
pub(super) const OUTLIER_KIND: &str = "OutlierKind";

/// A list of outliers in GraphQL.
#[derive(Debug, Clone)]
pub(super) struct OutlierList {
    snapshot: u64,
    dimension: String,
    days: [String; 2],
    n_days: u32,
    n_judged: u64,
    n_not_judged: u64,
    outliers: Vec<Outlier>,
    earlier: Option<EarlierOutliers>,
}

#[derive(Debug, Clone)]
struct EarlierOutliers {
    day: String,
    outliers: Vec<EarlierOutlier>,
}

#[derive(Debug, Clone)]
struct EarlierOutlier {
    kind: OutlierKind,
    value: String,
    label: Option<String>,
    media: Option<String>,
    now: Vec<OutlierKind>,
    listed_through: String,
    rate: Option<Contrast>,
    watching: Option<Contrast>,
    words: String,
}

#[derive(Debug, Clone)]
struct Outlier {
    kind: OutlierKind,
    value: String,
    label: Option<String>,
    media: Option<String>,
    peers: Vec<Peer>,
    n_peers: u32,
    since: String,
    or_before: bool,
    error: f64,
    rate: Contrast,
    watching: Option<Contrast>,
    median: Option<Contrast>,
    frequency: Option<Contrast>,
    words: String,
}

#[derive(Debug, Clone)]
struct Peer {
    field: String,
    value: Option<String>,
}

#[derive(Debug, Clone)]
struct Contrast {
    of: String,
    own: f64,
    peers: f64,
    ratio: [Option<f64>; 3],
}

impl From<clio_proto::OutlierList> for OutlierList {
    fn from(list: clio_proto::OutlierList) -> Self {
        let clio_proto::OutlierList {
            snapshot,
            dimension,
            days: (first, last),
            n_days,
            n_judged,
            n_not_judged,
            outliers,
            earlier,
            elapsed: _,
        } = list;
        Self {
            snapshot: snapshot.id.0,
            dimension: dimension.to_string(),
            days: [first, last].map(|day| day.to_string()),
            n_days,
            n_judged,
            n_not_judged,
            outliers: outliers.into_iter().map(Outlier::from).collect(),
            earlier: earlier.map(EarlierOutliers::from),
        }
    }
}

impl From<clio_proto::EarlierOutliers> for EarlierOutliers {
    fn from(earlier: clio_proto::EarlierOutliers) -> Self {
        let clio_proto::EarlierOutliers { day, outliers } = earlier;
        let outliers = outliers.into_iter().map(EarlierOutlier::from).collect();
        Self { day: day.to_string(), outliers }
    }
}

impl From<clio_proto::EarlierOutlier> for EarlierOutlier {
    fn from(outlier: clio_proto::EarlierOutlier) -> Self {
        let words = outlier.to_string();
        let clio_proto::EarlierOutlier {
            kind,
            value,
            label,
            media,
            now,
            listed_through,
            rate,
            watching,
        } = outlier;
        Self {
            kind,
            value,
            label,
            media,
            now,
            listed_through: listed_through.to_string(),
            rate: rate.map(Contrast::from),
            watching: watching.map(Contrast::from),
            words,
        }
    }
}

impl From<clio_proto::Outlier> for Outlier {
    fn from(outlier: clio_proto::Outlier) -> Self {
        let words = outlier.to_string();
        let clio_proto::Outlier {
            kind,
            value,
            label,
            media,
            peers,
            n_peers,
            since,
            or_before,
            error,
            rate,
            watching,
            median,
            frequency,
        } = outlier;
        let peer =
            |(field, value): (clio_proto::FieldRef, _)| Peer { field: field.to_string(), value };
        Self {
            kind,
            value,
            label,
            media,
            peers: peers.into_iter().map(peer).collect(),
            n_peers,
            since: since.to_string(),
            or_before,
            error,
            rate: rate.into(),
            watching: watching.map(Contrast::from),
            median: median.map(Contrast::from),
            frequency: frequency.map(Contrast::from),
            words,
        }
    }
}

impl From<clio_proto::OutlierContrast> for Contrast {
    fn from(contrast: clio_proto::OutlierContrast) -> Self {
        let clio_proto::OutlierContrast { of, own, peers, ratio } = contrast;
        Self { of, own, peers, ratio: [ratio.value, ratio.lower, ratio.upper] }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let told = |kind: OutlierKind| {
        let description = match kind {
            OutlierKind::Misleading => {
                "Its rate is above that of its peers, and people who were won leave sooner."
            }
            OutlierKind::Fatigue => {
                "Its rate fell, more than that of the others of its pool, while people were shown it more often."
            }
            OutlierKind::Star => "Its rate is above that of its peers.",
            OutlierKind::Weak => "Its rate is below that of its peers.",
        };
        (kind.as_str(), description)
    };
    let kinds =
        enum_of(OUTLIER_KIND, "How a member stands out among its peers.", &OutlierKind::ALL, told);
    schema
        .register(list())
        .register(outlier())
        .register(peer())
        .register(contrast())
        .register(earlier_list())
        .register(earlier())
        .register(kinds)
}

fn list() -> Object {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    ObjectOf::<OutlierList>::new(
        OUTLIER_LIST,
        "What stands out on the newest settled days. Of each kind the list is the longest whose chance of error is 10 % at the most on \
         average.",
    )
    .leaf("snapshot", TypeRef::named_nn(INT64), "The snapshot that every number comes from.", |it| {
        it.snapshot.into()
    })
    .leaf("dimension", string(), "The dimension whose members are compared.", |it| {
        it.dimension.as_str().into()
    })
    .leaf("firstDay", TypeRef::named_nn(DATE), "The first settled day that is looked at.", |it| {
        it.days[0].as_str().into()
    })
    .leaf("lastDay", TypeRef::named_nn(DATE), "The last one.", |it| it.days[1].as_str().into())
    .leaf("nDays", int(), "How many these are.", |it| it.n_days.into())
    .leaf("nJudged", TypeRef::named_nn(INT64), "Members that were compared with peers.", |it| {
        it.n_judged.into()
    })
    .leaf(
        "nNotJudged",
        TypeRef::named_nn(INT64),
        "Members that had events and were not: too few of these, of days or of peers, or so few people that nothing is told of them.",
        |it| it.n_not_judged.into(),
    )
    .list("outliers", OUTLIER, "What stands out, by kind, the surest first.", |it: &OutlierList| {
        &it.outliers
    })
    .maybe(
        "earlier",
        EARLIER_OUTLIERS,
        "The list of an earlier day, and what became of it; null if no earlier list can be computed.",
        |it: &OutlierList| it.earlier.as_ref(),
    )
    .finish()
}

fn earlier_list() -> Object {
    ObjectOf::<EarlierOutliers>::new(
        EARLIER_OUTLIERS,
        "The list of an earlier settled day, computed from the days up to it, as the same snapshot has them.",
    )
    .leaf(
        "day",
        TypeRef::named_nn(DATE),
        "Seven settled days before the newest one, or the first one with a list if that is later.",
        |it| it.day.as_str().into(),
    )
    .list("outliers", EARLIER_OUTLIER, "By kind, then by value.", |it: &EarlierOutliers| {
        &it.outliers
    })
    .finish()
}

fn earlier() -> Object {
    let string = || TypeRef::named(TypeRef::STRING);
    let needed = || TypeRef::named_nn(TypeRef::STRING);
    ObjectOf::<EarlierOutlier>::new(
        EARLIER_OUTLIER,
        "An outlier of an earlier day, and what became of it.",
    )
    .leaf("kind", TypeRef::named_nn(OUTLIER_KIND), "Its kind on that day.", |it| {
        enum_value(it.kind.as_str())
    })
    .leaf("value", needed(), "The member.", |it| it.value.as_str().into())
    .leaf("label", string(), "What people read, where it is not the value.", |it| {
        text(it.label.as_deref())
    })
    .leaf("media", string(), "The address of its preview.", |it| text(it.media.as_deref()))
    .leaf(
        "now",
        TypeRef::named_nn_list_nn(OUTLIER_KIND),
        "Its kinds in the newest list; empty if it is not an outlier any more.",
        |it| it.now.iter().map(|kind| enum_value(kind.as_str())).collect(),
    )
    .leaf(
        "listedThrough",
        TypeRef::named_nn(DATE),
        "The last day through which it has been listed under its kind without a gap.",
        |it| it.listed_through.as_str().into(),
    )
    .maybe(
        "rate",
        OUTLIER_CONTRAST,
        "Its rate beside that of its peers, over the newest days; null if it is not compared any more.",
        |it: &EarlierOutlier| it.rate.as_ref(),
    )
    .maybe(
        "watching",
        OUTLIER_CONTRAST,
        "Of a misleading one: how people go on who were won, over the newest days.",
        |it: &EarlierOutlier| it.watching.as_ref(),
    )
    .leaf("words", needed(), "What became of it, in a sentence.", |it| it.words.as_str().into())
    .finish()
}

fn outlier() -> Object {
    let string = || TypeRef::named(TypeRef::STRING);
    let needed = || TypeRef::named_nn(TypeRef::STRING);
    ObjectOf::<Outlier>::new(OUTLIER, "A member that stands out among its peers.")
        .leaf("kind", TypeRef::named_nn(OUTLIER_KIND), "How.", |it| enum_value(it.kind.as_str()))
        .leaf("value", needed(), "The member.", |it| it.value.as_str().into())
        .leaf("label", string(), "What people read, where it is not the value.", |it| {
            text(it.label.as_deref())
        })
        .leaf("media", string(), "The address of its preview.", |it| text(it.media.as_deref()))
        .list("peers", OUTLIER_PEER, "What its peers have in common with it.", |it: &Outlier| {
            &it.peers
        })
        .leaf("nPeers", int(), "How many peers there are.", |it| it.n_peers.into())
        .leaf("since", TypeRef::named_nn(DATE), "Since which day it has been listed.", |it| {
            it.since.as_str().into()
        })
        .leaf(
            "orBefore",
            TypeRef::named_nn(TypeRef::BOOLEAN),
            "That is the first day that was looked at: it may have been so before.",
            |it| it.or_before.into(),
        )
        .leaf(
            "error",
            TypeRef::named_nn(TypeRef::FLOAT),
            "The chance that it does not stand out so by as much as the model says.",
            |it| it.error.into(),
        )
        .one(
            "rate",
            OUTLIER_CONTRAST,
            "Its rate beside that of its peers. Of a worn one: that of the second half of the days, beside what it would be had it gone on as \
             the others of its pool.",
            |it: &Outlier| &it.rate,
        )
        .maybe(
            "watching",
            OUTLIER_CONTRAST,
            "Of a misleading one: how people go on who were won.",
            |it: &Outlier| it.watching.as_ref(),
        )
        .maybe(
            "median",
            OUTLIER_CONTRAST,
            "The same where watching is a share of a quantile measure and both have one: the median, without regard to mix and age.",
            |it: &Outlier| it.median.as_ref(),
        )
        .maybe(
            "frequency",
            OUTLIER_CONTRAST,
            "Of a worn one: events a person in the second half of the days, beside the first.",
            |it: &Outlier| it.frequency.as_ref(),
        )
        .leaf("words", needed(), "Why it is listed, in a sentence.", |it| it.words.as_str().into())
        .finish()
}

fn peer() -> Object {
    ObjectOf::<Peer>::new(OUTLIER_PEER, "What peers have in common.")
        .leaf("field", TypeRef::named_nn(TypeRef::STRING), "The attribute.", |it| {
            it.field.as_str().into()
        })
        .leaf("value", TypeRef::named(TypeRef::STRING), "Its value.", |it| {
            text(it.value.as_deref())
        })
        .finish()
}

fn contrast() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    let needed = || TypeRef::named_nn(TypeRef::FLOAT);
    ObjectOf::<Contrast>::new(
        OUTLIER_CONTRAST,
        "A number of a member beside what its peers would have.",
    )
    .leaf("of", TypeRef::named_nn(TypeRef::STRING), "What it is, as the model writes it.", |it| {
        it.of.as_str().into()
    })
    .leaf("own", needed(), "The member's.", |it| it.own.into())
    .leaf("peers", needed(), "That of its peers: of rates, with the member's mix and age.", |it| {
        it.peers.into()
    })
    .leaf(
        "ratio",
        float(),
        "How the one stands to the other, drawn towards 1 as far as peers are alike.",
        |it| number(it.ratio[0]),
    )
    .leaf("lower", float(), "The lower end of its 95 % interval.", |it| number(it.ratio[1]))
    .leaf("upper", float(), "The upper end.", |it| number(it.ratio[2]))
    .finish()
}
