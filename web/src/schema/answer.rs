//! What the cube answers: the types `CubeAnswer`, `Coverage`, `CubeRow`, `Key` and `Value`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};
use clio_proto::{Answer, DayRange, Description, MixedLookup, TimeGrain};

use super::members::printable;
use super::object::{ObjectOf, number, text};
use super::question::{FIELD, GROUP_KEY, MEASURE};
use super::scalars::DATE;
use super::serving::{SNAPSHOT, Snapshot};
use crate::names::{enum_name, field_name};

pub(super) const CUBE_ANSWER: &str = "CubeAnswer";
const COVERAGE: &str = "Coverage";
const DAYS: &str = "DayRange";
const MIXED_LOOKUP: &str = "MixedLookup";
const NOTICE: &str = "Notice";
const CUBE_ROW: &str = "CubeRow";
const KEY: &str = "Key";
const VALUE: &str = "Value";

/// The most days that the fields list which ranges replaced.
const MAX_LISTED_DAYS: usize = 1_000;

/// An answer as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct CubeAnswer {
    snapshot: Snapshot,
    rows: Vec<CubeRow>,
    total: CubeRow,
    group_count: u64,
    overlapping: Vec<Name>,
    coverage: Coverage,
    notices: Vec<Notice>,
    n_notices: u64,
    elapsed_ms: f64,
}

/// What the filter names and no member is.
#[derive(Debug, Clone)]
struct Notice {
    field: Name,
    notice: clio_proto::Notice,
}

#[derive(Debug, Clone)]
struct Days(DayRange);

#[derive(Debug, Clone)]
struct Coverage {
    from: Option<String>,
    to: Option<String>,
    n_days: u32,
    n_days_present: u32,
    n_missing: u64,
    missing: Vec<Days>,
    retired: Vec<Days>,
    provisional: Vec<Days>,
    periods: Vec<String>,
    mixed: Vec<Mixed>,
}

/// A lookup of which the days took different states.
#[derive(Debug, Clone)]
struct Mixed {
    mixed: MixedLookup,
    others: Vec<Days>,
}

/// A group. Its keys and values know what they are of, so that the typed fields find them.
#[derive(Debug, Clone)]
struct CubeRow {
    keys: Vec<Key>,
    values: Vec<Value>,
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
    number: clio_proto::Value,
}

impl From<Answer> for CubeAnswer {
    fn from(answer: Answer) -> Self {
        let keys: Vec<_> =
            answer.group_by.iter().map(|key| graphql_name(&key.to_string())).collect();
        let measures: Vec<_> = answer.measures.iter().map(|name| graphql_name(name)).collect();
        let row = |row: clio_proto::Row| CubeRow {
            keys: keys.iter().zip(row.keys).map(|(name, key)| Key::new(name, key)).collect(),
            values: measures
                .iter()
                .zip(row.values)
                .map(|(measure, number)| Value { measure: measure.clone(), number })
                .collect(),
        };
        Self {
            snapshot: answer.snapshot.into(),
            rows: answer.rows.into_iter().map(row).collect(),
            total: row(answer.total),
            group_count: answer.n_groups,
            overlapping: answer
                .overlapping
                .iter()
                .map(|field| graphql_name(&field.to_string()))
                .collect(),
            coverage: answer.coverage.into(),
            notices: answer
                .notices
                .into_iter()
                .map(|notice| Notice { field: graphql_name(&notice.field.to_string()), notice })
                .collect(),
            n_notices: answer.n_notices,
            elapsed_ms: answer.elapsed.as_secs_f64() * 1e3,
        }
    }
}

impl From<clio_proto::Coverage> for Coverage {
    fn from(coverage: clio_proto::Coverage) -> Self {
        let days = |ranges: Vec<DayRange>| ranges.into_iter().map(Days).collect();
        Self {
            from: coverage.range.map(|(from, _)| from.to_string()),
            to: coverage.range.map(|(_, to)| to.to_string()),
            n_days: coverage
                .range
                .and_then(|(from, to)| DayRange::try_new(from, to))
                .map_or(0, DayRange::n_days),
            n_days_present: coverage.n_days_present,
            n_missing: coverage.n_missing(),
            missing: days(coverage.missing),
            retired: days(coverage.retired),
            provisional: days(coverage.provisional),
            periods: coverage.periods.iter().map(ToString::to_string).collect(),
            mixed: coverage
                .mixed
                .into_iter()
                .map(|mixed| Mixed { others: days(mixed.others.clone()), mixed })
                .collect(),
        }
    }
}

impl Key {
    fn new(name: &Name, key: clio_proto::Key) -> Self {
        Self {
            key: name.clone(),
            label: printable(key.label, key.value.as_deref()),
            value: key.value,
            media: key.media,
        }
    }
}

fn graphql_name(name: &str) -> Name {
    Name::new(enum_name(name))
}

pub(super) fn register(schema: SchemaBuilder, dataset: &Description) -> SchemaBuilder {
    schema
        .register(answer())
        .register(coverage())
        .register(days_type())
        .register(mixed())
        .register(notice())
        .register(row(dataset))
        .register(key())
        .register(value())
}

fn answer() -> Object {
    ObjectOf::<CubeAnswer>::new(CUBE_ANSWER, "What the cube answers, from exactly one snapshot.")
        .one(
            "snapshot",
            SNAPSHOT,
            "The snapshot that every number comes from.",
            |it: &CubeAnswer| &it.snapshot,
        )
        .list(
            "rows",
            CUBE_ROW,
            "The page of groups asked for; empty where nothing is grouped.",
            |it: &CubeAnswer| &it.rows,
        )
        .one(
            "total",
            CUBE_ROW,
            "The union of everything the filter leaves, never a sum of groups. It has no keys.",
            |it: &CubeAnswer| &it.total,
        )
        .leaf("groupCount", int(), "Groups before limit and offset.", |it| it.group_count.into())
        .leaf(
            "overlapping",
            TypeRef::named_nn_list_nn(FIELD),
            "Multi-valued group keys: their groups overlap and do not add up.",
            |it| it.overlapping.iter().cloned().map(GraphQlValue::Enum).collect(),
        )
        .one("coverage", COVERAGE, "The days behind the numbers.", |it: &CubeAnswer| &it.coverage)
        .list(
            "notices",
            NOTICE,
            "Values that the filter names and the field does not have: the first 20.",
            |it: &CubeAnswer| &it.notices,
        )
        .leaf("noticeCount", int(), "How many such values there are.", |it| it.n_notices.into())
        .leaf(
            "elapsedMs",
            TypeRef::named_nn(TypeRef::FLOAT),
            "How many milliseconds the computation took, without any network.",
            |it| number(Some(it.elapsed_ms)),
        )
        .finish()
}

fn coverage() -> Object {
    ObjectOf::<Coverage>::new(COVERAGE, "The days behind an answer.")
        .leaf(
            "from",
            TypeRef::named(DATE),
            "The first day asked for; null when the lake is empty.",
            |it| text(it.from.as_deref()),
        )
        .leaf(
            "to",
            TypeRef::named(DATE),
            "The last day asked for; null when the lake is empty.",
            |it| text(it.to.as_deref()),
        )
        .leaf("nDays", int(), "How many days lie between them, both included.", |it| {
            it.n_days.into()
        })
        .leaf(
            "nDaysPresent",
            int(),
            "The days whose numbers are in the answer; 0: there is no data, and every value is null.",
            |it| it.n_days_present.into(),
        )
        .leaf("nMissing", int(), "How many days missingRanges holds.", |it| it.n_missing.into())
        .list(
            "missingRanges",
            DAYS,
            "Days asked for that the numbers lack: the snapshot does not hold them, or not one by \
             one. Without from and to, the gaps between the days that are there.",
            |it: &Coverage| &it.missing,
        )
        .list(
            "retiredRanges",
            DAYS,
            "Those of the missing days whose month is retired: asked for as a whole, it answers.",
            |it: &Coverage| &it.retired,
        )
        .list(
            "provisionalRanges",
            DAYS,
            "Days asked for whose numbers may still change.",
            |it: &Coverage| &it.provisional,
        )
        .old_leaf(
            "missing",
            TypeRef::named_nn_list_nn(DATE),
            "The first 1000 days of missingRanges.",
            "Ask for missingRanges, which are complete however long they are.",
            |it| listed(&it.missing),
        )
        .old_leaf(
            "retired",
            TypeRef::named_nn_list_nn(DATE),
            "The first 1000 days of retiredRanges.",
            "Ask for retiredRanges, which are complete however long they are.",
            |it| listed(&it.retired),
        )
        .old_leaf(
            "provisional",
            TypeRef::named_nn_list_nn(DATE),
            "The first 1000 days of provisionalRanges.",
            "Ask for provisionalRanges, which are complete however long they are.",
            |it| listed(&it.provisional),
        )
        .leaf(
            "periods",
            TypeRef::named_nn_list_nn(TypeRef::STRING),
            "The periods that were read: \"2026\", \"2026-02\", \"2026-03-01\", \"all\".",
            |it| texts(&it.periods),
        )
        .list(
            "mixedLookups",
            MIXED_LOOKUP,
            "Lookups that changed while days kept what they had taken from them, as far as the answer depends on it.",
            |it: &Coverage| &it.mixed,
        )
        .finish()
}

fn mixed() -> Object {
    ObjectOf::<Mixed>::new(
        MIXED_LOOKUP,
        "A lookup of which the days of an answer took different states (on_change = \"new_days\").",
    )
    .leaf("lookup", TypeRef::named_nn(TypeRef::STRING), "The lookup's name in the model.", |it| {
        it.mixed.lookup.as_str().into()
    })
    .leaf("stateCount", int(), "How many states there are.", |it| it.mixed.n_states.into())
    .list("otherRanges", DAYS, "The days that took another one than the last day.", |it: &Mixed| {
        &it.others
    })
    .leaf("message", TypeRef::named_nn(TypeRef::STRING), "All of it in words.", |it| {
        it.mixed.to_string().into()
    })
    .finish()
}

fn days_type() -> Object {
    ObjectOf::<Days>::new(DAYS, "Days from one to another, both included.")
        .leaf("from", TypeRef::named_nn(DATE), "The first day.", |it| {
            it.0.first().to_string().into()
        })
        .leaf("to", TypeRef::named_nn(DATE), "The last day.", |it| it.0.last().to_string().into())
        .leaf("nDays", int(), "How many days they are.", |it| it.0.n_days().into())
        .finish()
}

/// The first days of some ranges.
fn listed(ranges: &[Days]) -> GraphQlValue {
    let days = ranges.iter().flat_map(|Days(range)| range.days()).take(MAX_LISTED_DAYS);
    days.map(|day| day.to_string()).collect()
}

fn notice() -> Object {
    ObjectOf::<Notice>::new(
        NOTICE,
        "A value of the filter that the field does not have: a slip of the pen, perhaps.",
    )
    .leaf("field", TypeRef::named_nn(FIELD), "The field that is tested.", |it| {
        GraphQlValue::Enum(it.field.clone())
    })
    .leaf("value", TypeRef::named_nn(TypeRef::STRING), "As the filter has it.", |it| {
        it.notice.value.as_str().into()
    })
    .leaf(
        "isPrefix",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "It is a prefix, with which no value starts.",
        |it| it.notice.is_prefix.into(),
    )
    .leaf(
        "nearest",
        TypeRef::named_nn_list_nn(TypeRef::STRING),
        "Up to three values of the field that are written alike, the nearest first.",
        |it| texts(&it.notice.nearest),
    )
    .leaf("message", TypeRef::named_nn(TypeRef::STRING), "All of it in words.", |it| {
        it.notice.to_string().into()
    })
    .finish()
}

fn row(dataset: &Description) -> Object {
    let mut row = ObjectOf::<CubeRow>::new(
        CUBE_ROW,
        "One group. Its numbers are in values, in the order asked for, and again under the name \
         of each measure; its keys likewise. What was not asked for is null.",
    )
    .list("keys", KEY, "One for each entry of groupBy, in order.", |it: &CubeRow| &it.keys)
    .list("values", VALUE, "One for each measure asked for, in order.", |it: &CubeRow| &it.values);

    let times = TimeGrain::ALL.map(|grain| {
        let name = grain.as_str();
        (name.to_owned(), format!("The {name}, where the query groups by it."))
    });
    let fields = dataset.fields.iter().map(|info| {
        (info.field.to_string(), format!("{}, where the query groups by it.", info.label))
    });
    for (name, description) in times.into_iter().chain(fields) {
        let key = graphql_name(&name);
        row = row.maybe(&field_name(&name), KEY, &description, move |it: &CubeRow| {
            it.keys.iter().find(|found| found.key == key)
        });
    }
    for info in &dataset.measures {
        let measure = graphql_name(&info.name);
        let description = format!("{}, where the query asks for it.", info.label);
        row = row.maybe(&field_name(&info.name), VALUE, &description, move |it: &CubeRow| {
            it.values.iter().find(|found| found.measure == measure)
        });
    }
    row.finish()
}

fn key() -> Object {
    ObjectOf::<Key>::new(KEY, "A member, a value of an attribute, or a step of time.")
        .leaf("key", TypeRef::named_nn(GROUP_KEY), "What it is a value of.", |it| {
            GraphQlValue::Enum(it.key.clone())
        })
        .leaf(
            "value",
            TypeRef::named(TypeRef::STRING),
            "The value, as filters take it; null for the null member.",
            |it| text(it.value.as_deref()),
        )
        .leaf(
            "label",
            TypeRef::named_nn(TypeRef::STRING),
            "What people read; always printable.",
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
        "A number with the 95 % bounds of its sketch error; for an exact one both equal the value.",
    )
    .leaf("measure", TypeRef::named_nn(MEASURE), "What it is a value of.", |it| {
        GraphQlValue::Enum(it.measure.clone())
    })
    .leaf("value", float(), "The number; null where it is undefined (0 / 0, no data). The nearest double of a whole number beyond 2^53.", |it| {
        number(it.number.value)
    })
    .leaf("lower", float(), "The lower bound.", |it| number(it.number.lower))
    .leaf("upper", float(), "The upper bound.", |it| number(it.number.upper))
    .leaf("exact", TypeRef::named_nn(TypeRef::BOOLEAN), "Neither sketch error nor rounding is in it.", |it| {
        it.number.exact.into()
    })
    .leaf(
        "exactText",
        TypeRef::named(TypeRef::STRING),
        "All decimal digits, where the number is whole, exact, and beyond 2^53, so that a JSON \
         number cannot hold it; else null.",
        |it| text(it.number.whole.map(|whole| whole.to_string()).as_deref()),
    )
    .finish()
}

fn int() -> TypeRef {
    TypeRef::named_nn(TypeRef::INT)
}

fn texts(texts: &[String]) -> GraphQlValue {
    texts.iter().map(String::as_str).collect()
}
