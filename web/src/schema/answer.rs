//! What the cube answers: the types `CubeAnswer`, `Coverage`, `CubeRow`, `Key` and `Value`.

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use async_graphql::{Name, Value as GraphQlValue};
use clio_proto::{Answer, DayRange, Description, TimeGrain};

use super::members::printable;
use super::object::{ObjectOf, number, text};
use super::question::{FIELD, GROUP_KEY, MEASURE};
use super::scalars::DATE;
use super::serving::{SNAPSHOT, Snapshot};
use crate::names::{enum_name, field_name};

pub(super) const CUBE_ANSWER: &str = "CubeAnswer";
const COVERAGE: &str = "Coverage";
const CUBE_ROW: &str = "CubeRow";
const KEY: &str = "Key";
const VALUE: &str = "Value";

/// An answer as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct CubeAnswer {
    snapshot: Snapshot,
    rows: Vec<CubeRow>,
    total: CubeRow,
    group_count: u64,
    overlapping: Vec<Name>,
    coverage: Coverage,
    elapsed_ms: f64,
}

#[derive(Debug, Clone)]
struct Coverage {
    from: Option<String>,
    to: Option<String>,
    n_days: u32,
    missing: Vec<String>,
    retired: Vec<String>,
    provisional: Vec<String>,
    periods: Vec<String>,
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
            elapsed_ms: answer.elapsed.as_secs_f64() * 1e3,
        }
    }
}

impl From<clio_proto::Coverage> for Coverage {
    fn from(coverage: clio_proto::Coverage) -> Self {
        let days = |days: Vec<jiff::civil::Date>| days.iter().map(ToString::to_string).collect();
        Self {
            from: coverage.range.map(|(from, _)| from.to_string()),
            to: coverage.range.map(|(_, to)| to.to_string()),
            n_days: coverage
                .range
                .and_then(|(from, to)| DayRange::try_new(from, to))
                .map_or(0, DayRange::n_days),
            missing: days(coverage.missing),
            retired: days(coverage.retired),
            provisional: days(coverage.provisional),
            periods: coverage.periods.iter().map(ToString::to_string).collect(),
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
        .leaf("nDays", int(), "How many days were asked for.", |it| it.n_days.into())
        .leaf(
            "missing",
            TypeRef::named_nn_list_nn(DATE),
            "Days asked for that the numbers lack: the snapshot does not hold them, or not one by one.",
            |it| texts(&it.missing),
        )
        .leaf(
            "retired",
            TypeRef::named_nn_list_nn(DATE),
            "Those of the missing days whose month is retired: asked for as a whole, it answers.",
            |it| texts(&it.retired),
        )
        .leaf(
            "provisional",
            TypeRef::named_nn_list_nn(DATE),
            "Days asked for whose numbers may still change.",
            |it| texts(&it.provisional),
        )
        .leaf(
            "periods",
            TypeRef::named_nn_list_nn(TypeRef::STRING),
            "The periods that were read: \"2026\", \"2026-02\", \"2026-03-01\", \"all\".",
            |it| texts(&it.periods),
        )
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
    .leaf("value", float(), "The number; null where it is undefined, as 0 / 0 is.", |it| {
        number(it.number.value)
    })
    .leaf("lower", float(), "The lower bound.", |it| number(it.number.lower))
    .leaf("upper", float(), "The upper bound.", |it| number(it.number.upper))
    .leaf("exact", TypeRef::named_nn(TypeRef::BOOLEAN), "No sketch error is in it.", |it| {
        it.number.exact.into()
    })
    .finish()
}

fn int() -> TypeRef {
    TypeRef::named_nn(TypeRef::INT)
}

fn texts(texts: &[String]) -> GraphQlValue {
    texts.iter().map(String::as_str).collect()
}
