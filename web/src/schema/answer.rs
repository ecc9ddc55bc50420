//! Answers of the cube: the types `CubeAnswer`, `CubeRow`, `Key` and `Value`, and their parts.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};
use clio_proto::{Answer, Description};

use super::compared::{COMPARED, Compared};
use super::coverage::{COVERAGE, Coverage};
use super::members::printable;
use super::newcomers::{LOOK_BACK, LookBack, NEWCOMERS, Newcomers};
use super::notices::{NOTICE, Notice, WITHHELD, Withheld};
use super::numbers::{IS_WITHHELD, Number};
use super::object::{ObjectOf, int, number, text};
use super::pages::{CUBE_EDGE, CubeEdge, PAGE_INFO, PageInfo, edges};
use super::quantile::{AskedQuantile, QUANTILE, Quantile};
use super::question::{FIELD, GROUP_KEY, MEASURE};
use super::ranks::{RANK, RowRank};
use super::reach::{REACH, Reach};
use super::serving::{SNAPSHOT, Snapshot};
use super::verdict::{DECLARED_TEST, DeclaredTest, INTERVALS, Intervals, VERDICT, Verdict};
use super::work::{WORK, Work};
use crate::names::{QUANTILES, enum_name, field_name, quantile_measures, time_fields};

pub(super) const CUBE_ANSWER: &str = "CubeAnswer";
pub(super) const CUBE_ROW: &str = "CubeRow";
const KEY: &str = "Key";
const VALUE: &str = "Value";
const SHARE: &str = "Share";

/// An answer as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct CubeAnswer {
    snapshot: Snapshot,
    edges: Vec<CubeEdge>,
    page_info: PageInfo,
    total: CubeRow,
    others: Option<CubeRow>,
    ranks: Vec<RowRank>,
    newcomers: Vec<Newcomers>,
    look_back: Option<LookBack>,
    test: Option<DeclaredTest>,
    reach: Option<Reach>,
    group_count: u64,
    overlapping: Vec<Name>,
    coverage: Coverage,
    compared_coverage: Option<Coverage>,
    notices: Vec<Notice>,
    n_notices: u64,
    withheld: Option<Withheld>,
    elapsed_ms: f64,
    work: Option<Work>,
}

/// A group. Its keys and values carry the names of their fields and measures, so that the typed fields find them.
#[derive(Debug, Clone)]
pub(super) struct CubeRow {
    keys: Vec<Key>,
    values: Vec<Value>,
    quantiles: Vec<Quantile>,
}

#[derive(Debug, Clone)]
struct Key {
    key: Name,
    value: Option<String>,
    label: String,
    media: Option<String>,
}

#[derive(Debug, Clone)]
struct Value {
    measure: Name,
    number: Number,
    share: Option<Share>,
    compared: Option<Compared>,
    intervals: Option<Intervals>,
    verdict: Option<Verdict>,
}

/// The fraction of the total that a value is.
#[derive(Debug, Clone)]
struct Share(Number);

impl CubeAnswer {
    /// An answer to a query that asked for `n_named` measures by name, followed by quantiles.
    pub(super) fn new(answer: Answer, n_named: usize) -> Self {
        let page_info = PageInfo::new(&answer);
        let Answer {
            snapshot,
            group_by,
            measures,
            rows,
            total,
            others,
            reach,
            n_groups,
            end,
            overlapping,
            coverage,
            compared_coverage,
            look_back,
            test,
            notices,
            n_notices,
            withheld,
            elapsed,
            work,
        } = answer;
        let keys: Vec<_> = group_by.iter().map(|key| graphql_name(&key.to_string())).collect();
        let (named, quantiles) = measures.split_at(n_named.min(measures.len()));
        let measures: Vec<_> = named.iter().map(|name| graphql_name(name)).collect();
        let quantiles: Vec<_> = quantiles.iter().map(|name| AskedQuantile::of(name)).collect();
        let ranks = rows.iter().map(|row| RowRank(row.rank)).collect();
        let newcomers = rows.iter().map(|row| Newcomers::from(row.newcomers)).collect();
        let row = |row| CubeRow::new(&keys, &measures, &quantiles, row);
        Self {
            snapshot: snapshot.into(),
            edges: edges(rows.into_iter().map(row).collect(), end),
            page_info,
            total: row(total),
            others: others.map(row),
            ranks,
            newcomers,
            look_back: look_back.map(LookBack::from),
            test: test.map(DeclaredTest::from),
            reach: reach.map(Reach::from),
            group_count: n_groups,
            overlapping: overlapping.iter().map(|it| graphql_name(&it.to_string())).collect(),
            coverage: coverage.into(),
            compared_coverage: compared_coverage.map(Coverage::from),
            notices: notices.into_iter().map(Notice::from).collect(),
            n_notices,
            withheld: withheld.map(Withheld),
            elapsed_ms: elapsed.as_secs_f64() * 1e3,
            work: work.map(Work::from),
        }
    }
}

impl CubeRow {
    /// A row without its rank and newcomers, which are listed beside the rows.
    fn new(
        keys: &[Name],
        measures: &[Name],
        quantiles: &[AskedQuantile],
        row: clio_proto::Row,
    ) -> Self {
        let clio_proto::Row {
            keys: own_keys,
            values,
            shares,
            rank: _,
            compared,
            newcomers: _,
            intervals,
            verdicts,
        } = row;
        let (mut intervals, mut verdicts) = (intervals.into_iter(), verdicts.into_iter());
        let share = |share: clio_proto::Value| share.value.map(|_| Share(share.into()));
        let shares = shares.into_iter().map(share).chain(std::iter::repeat(None));
        let mut compared: Vec<_> =
            compared.into_iter().map(|own| Some(Compared::from(own))).collect();
        let of_quantiles = compared.split_off(measures.len().min(compared.len()));
        let beside = shares.zip(compared.into_iter().chain(std::iter::repeat(None)));
        let value =
            |((measure, value), (share, compared)): ((&Name, clio_proto::Value), _)| Value {
                measure: measure.clone(),
                number: value.into(),
                share,
                compared,
                intervals: intervals.next().map(Intervals::from),
                verdict: verdicts.next().flatten().map(Verdict::from),
            };
        let quantile = |((asked, value), compared): ((&AskedQuantile, &clio_proto::Value), _)| {
            Quantile { asked: asked.clone(), number: (*value).into(), compared }
        };
        let of_quantiles = of_quantiles.into_iter().chain(std::iter::repeat(None));
        let quantiles = quantiles.iter().zip(values.iter().skip(measures.len())).zip(of_quantiles);
        Self {
            quantiles: quantiles.map(quantile).collect(),
            keys: keys.iter().zip(own_keys).map(|(name, key)| Key::new(name, key)).collect(),
            values: measures.iter().zip(values).zip(beside).map(value).collect(),
        }
    }
}

impl Key {
    fn new(name: &Name, key: clio_proto::Key) -> Self {
        let clio_proto::Key { value, label, media } = key;
        Self { key: name.clone(), label: printable(label, value.as_deref()), value, media }
    }
}

fn graphql_name(name: &str) -> Name {
    Name::new(enum_name(name))
}

pub(super) fn register(schema: SchemaBuilder, dataset: &Description) -> SchemaBuilder {
    schema
        .register(answer())
        .register(row(dataset))
        .register(key())
        .register(value())
        .register(share())
}

fn answer() -> Object {
    let description = "An answer of the cube, from exactly one snapshot.";
    beside_rows(ObjectOf::new(CUBE_ANSWER, description))
        .one(
            "snapshot",
            SNAPSHOT,
            "The snapshot that all numbers come from.",
            |it: &CubeAnswer| &it.snapshot,
        )
        .list_in(
            "rows",
            CUBE_ROW,
            "The requested page of groups; empty without groupBy.",
            |it: &CubeAnswer| it.edges.iter().map(|edge| &edge.node).collect(),
        )
        .list(
            "edges",
            CUBE_EDGE,
            "The same groups with their cursors.",
            |it: &CubeAnswer| &it.edges,
        )
        .one("pageInfo", PAGE_INFO, "Whether there are groups before and after the page.", |it: &CubeAnswer| {
            &it.page_info
        })
        .one(
            "total",
            CUBE_ROW,
            "The union of all cells that pass the filter, never a sum of groups. It has no keys.",
            |it: &CubeAnswer| &it.total,
        )
        .leaf("groupCount", int(), "The number of groups on all pages, after having.", |it| it.group_count.into())
        .leaf(
            "overlapping",
            TypeRef::named_nn_list_nn(FIELD),
            "Multi-valued group keys: their groups overlap and do not add up.",
            |it| it.overlapping.iter().cloned().map(GraphQlValue::Enum).collect(),
        )
        .one("coverage", COVERAGE, "The days behind the numbers.", |it: &CubeAnswer| &it.coverage)
        .maybe(
            "comparedCoverage",
            COVERAGE,
            "The days of the other side, if rows are compared with other days.",
            |it: &CubeAnswer| it.compared_coverage.as_ref(),
        )
        .list(
            "notices",
            NOTICE,
            "Values that the filter names but the field does not have: the first 20.",
            |it: &CubeAnswer| &it.notices,
        )
        .leaf("noticeCount", int(), "The number of such values.", |it| it.n_notices.into())
        .leaf(
            "elapsedMs",
            TypeRef::named_nn(TypeRef::FLOAT),
            "The duration of the computation in milliseconds, without the network.",
            |it| number(Some(it.elapsed_ms)),
        )
        .maybe(
            "work",
            WORK,
            "The work behind the answer, to explain its duration; null from a service of an older version, and for a model with \
             min_people.",
            |it: &CubeAnswer| it.work.as_ref(),
        )
        .finish()
}

/// What an answer may have besides its rows.
fn beside_rows(answer: ObjectOf<CubeAnswer>) -> ObjectOf<CubeAnswer> {
    answer
        .maybe(
            "others",
            CUBE_ROW,
            "The union of the groups below the page, if the extra OTHERS is requested and there are any; never a \
             difference. It has no keys.",
            |it: &CubeAnswer| it.others.as_ref(),
        )
        .list(
            "ranks",
            RANK,
            "One for each row, in order: the ranks that it may have by the first measure of orderBy, if the extra RANKS is \
             requested. Those of all rows hold simultaneously with 95 % confidence.",
            |it: &CubeAnswer| &it.ranks,
        )
        .list(
            "newcomers",
            NEWCOMERS,
            "One for each row, in order: how many of its people are new, and how many return, if lookBackDays is given.",
            |it: &CubeAnswer| &it.newcomers,
        )
        .maybe(
            "lookBack",
            LOOK_BACK,
            "What new and returning people are determined from, if lookBackDays is given.",
            |it: &CubeAnswer| it.look_back.as_ref(),
        )
        .maybe(
            "test",
            DECLARED_TEST,
            "The model's declared test that the verdicts belong to; null if they belong to none, or are not requested.",
            |it: &CubeAnswer| it.test.as_ref(),
        )
        .maybe(
            "withheld",
            WITHHELD,
            "What is withheld of small groups; null for a model without min_people.",
            |it: &CubeAnswer| it.withheld.as_ref(),
        )
        .maybe(
            "reach",
            REACH,
            "The people whom the rows of the page reach together, if the extra REACH is requested.",
            |it: &CubeAnswer| it.reach.as_ref(),
        )
}

fn row(dataset: &Description) -> Object {
    let has_quantiles = !quantile_measures(dataset).is_empty();
    let mut row = ObjectOf::<CubeRow>::new(
        CUBE_ROW,
        "One group. Its numbers are in values, in the order requested, and again under the name \
         of each measure; its keys likewise. What was not requested is null.",
    )
    .list("keys", KEY, "One for each entry of groupBy, in order.", |it: &CubeRow| &it.keys)
    .list("values", VALUE, "One for each requested measure, in order.", |it: &CubeRow| &it.values);

    if has_quantiles {
        row = row.list(
            QUANTILES,
            QUANTILE,
            "One for each entry of quantiles, in order.",
            |it: &CubeRow| &it.quantiles,
        );
    }
    let times = time_fields(dataset).map(|grain| {
        let name = grain.as_str();
        (name.to_owned(), format!("The {name}, if the query groups by it."))
    });
    let fields = dataset.fields.iter().chain(&dataset.ages).map(|info| {
        (info.field.to_string(), format!("{}, if the query groups by it.", info.label))
    });
    for (name, description) in times.chain(fields) {
        let key = graphql_name(&name);
        row = row.maybe(&field_name(&name), KEY, &description, move |it: &CubeRow| {
            it.keys.iter().find(|found| found.key == key)
        });
    }
    for info in &dataset.measures {
        let measure = graphql_name(&info.name);
        let description = format!("{}, if the query asks for it.", info.label);
        row = row.maybe(&field_name(&info.name), VALUE, &description, move |it: &CubeRow| {
            it.values.iter().find(|found| found.measure == measure)
        });
    }
    row.finish()
}

fn key() -> Object {
    ObjectOf::<Key>::new(KEY, "A member, a value of an attribute, or a step of time.")
        .leaf("key", TypeRef::named_nn(GROUP_KEY), "The key that it is a value of.", |it| {
            GraphQlValue::Enum(it.key.clone())
        })
        .leaf(
            "value",
            TypeRef::named(TypeRef::STRING),
            "The value, as filters accept it; null for the null member.",
            |it| text(it.value.as_deref()),
        )
        .leaf(
            "label",
            TypeRef::named_nn(TypeRef::STRING),
            "The text to display; always printable.",
            |it| it.label.as_str().into(),
        )
        .leaf("media", TypeRef::named(TypeRef::STRING), "The address of a preview.", |it| {
            text(it.media.as_deref())
        })
        .finish()
}

fn value() -> Object {
    let float = || TypeRef::named(TypeRef::FLOAT);
    ObjectOf::<Value>::new(
        VALUE,
        "A number with the 95 % bounds of its sketch error; both equal an exact value. The bounds of quantiles, and of \
         shares of their values, are certain.",
    )
    .leaf("measure", TypeRef::named_nn(MEASURE), "The measure that it is a value of.", |it| {
        GraphQlValue::Enum(it.measure.clone())
    })
    .leaf("value", float(), "The number; null if it is undefined (0 / 0, no data). Of a whole number beyond 2^53, the nearest double.", |it| {
        number(it.number.value)
    })
    .leaf("lower", float(), "The lower bound.", |it| number(it.number.lower))
    .leaf("upper", float(), "The upper bound.", |it| number(it.number.upper))
    .leaf(
        "withheld",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        IS_WITHHELD,
        |it| it.number.withheld.into(),
    )
    .maybe(
        "share",
        SHARE,
        "The fraction of the total's value, if the extra SHARES is requested; null if the total is 0, if either value is \
         negative, and for derived measures and quantiles.",
        |it: &Value| it.share.as_ref(),
    )
    .maybe(
        "compared",
        COMPARED,
        "The comparison with the other side's value, if rows are compared. The total has one only if it is compared with other days.",
        |it: &Value| it.compared.as_ref(),
    )
    .maybe(
        "intervals",
        INTERVALS,
        "Its intervals besides its own bounds, if the extra INTERVALS is requested.",
        |it: &Value| it.intervals.as_ref(),
    )
    .maybe(
        "verdict",
        VERDICT,
        "Whether it is really higher than the other side's value, if the extra VERDICTS is requested; null if it is not a rate \
         of people, or if the row is compared with itself.",
        |it: &Value| it.verdict.as_ref(),
    )
    .leaf("exact", TypeRef::named_nn(TypeRef::BOOLEAN), "It has neither sketch error nor rounding.", |it| {
        it.number.exact.into()
    })
    .leaf(
        "exactText",
        TypeRef::named(TypeRef::STRING),
        "All decimal digits, if the number is whole, exact and beyond 2^53, so that a JSON \
         number cannot hold it; otherwise null.",
        |it| text(it.number.whole.map(|whole| whole.to_string()).as_deref()),
    )
    .finish()
}

fn share() -> Object {
    let float = || TypeRef::named_nn(TypeRef::FLOAT);
    let bound = || TypeRef::named(TypeRef::FLOAT);
    ObjectOf::<Share>::new(
        SHARE,
        "The fraction of the total that a value is, with 95 % bounds that allow for the correlated errors of part and whole.",
    )
    .leaf("value", float(), "The fraction, between 0 and 1.", |it| number(it.0.value))
    .leaf("lower", bound(), "The lower bound.", |it| number(it.0.lower))
    .leaf("upper", bound(), "The upper bound.", |it| number(it.0.upper))
    .leaf("exact", TypeRef::named_nn(TypeRef::BOOLEAN), "It has no sketch error.", |it| {
        it.0.exact.into()
    })
    .finish()
}
