//! The exact answers that `clio synth` writes beside its events.

use std::collections::BTreeMap;
use std::path::Path;

use clio_proto::{FieldRef, Filter, Query, QueryRange, Test};
use serde_json::Value;

/// A query with its exact answer.
#[derive(Debug, Clone)]
pub struct Truth {
    /// The id of the query.
    pub id: String,
    /// The query.
    pub query: Query,
    /// All groups.
    pub rows: Vec<TruthRow>,
    /// The union of all that pass the filter.
    pub total: BTreeMap<String, Option<f64>>,
}

/// One group of an exact answer.
#[derive(Debug, Clone)]
pub struct TruthRow {
    /// One for each entry of the query's `group_by`; `None` for null.
    pub keys: Vec<Option<String>>,
    /// By measure; `None` if undefined.
    pub values: BTreeMap<String, Option<f64>>,
}

/// Reads `truth/answers.ndjson` below a folder that `clio synth` wrote.
///
/// # Panics
///
/// The file is not as the command writes it.
pub fn truths(events: &Path) -> Vec<Truth> {
    let file = events.join("truth/answers.ndjson");
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()));
    text.lines().map(|line| truth(&serde_json::from_str(line).expect("a line is JSON"))).collect()
}

fn truth(line: &Value) -> Truth {
    let asked = &line["query"];
    let date = |key: &str| asked[key].as_str().map(|text| text.parse().expect("a date"));
    let range = match (date("from"), date("to")) {
        (None, None) => QueryRange::AllTime,
        (from, to) => QueryRange::Days { from, to },
    };
    let group_by = texts(&asked["group_by"]).into_iter().map(|text| {
        let Ok(key) = text.parse();
        key
    });
    let row = |row: &Value| TruthRow {
        keys: list(&row["keys"]).iter().map(|key| key.as_str().map(ToOwned::to_owned)).collect(),
        values: numbers(&row["values"]),
    };
    Truth {
        id: line["id"].as_str().expect("an id").to_owned(),
        query: Query {
            range,
            filter: asked.get("where").filter(|filter| !filter.is_null()).map(filter),
            group_by: group_by.collect(),
            limit: clio_proto::MAX_LIMIT,
            ..Query::total(texts(&asked["measures"]))
        },
        rows: list(&line["rows"]).iter().map(row).collect(),
        total: numbers(&line["total"]),
    }
}

fn filter(json: &Value) -> Filter {
    if let Some(parts) = json.get("and") {
        return Filter::And(list(parts).iter().map(filter).collect());
    }
    if let Some(parts) = json.get("or") {
        return Filter::Or(list(parts).iter().map(filter).collect());
    }
    if let Some(part) = json.get("not") {
        return Filter::Not(Box::new(filter(part)));
    }
    let field = FieldRef::parse(json["field"].as_str().expect("a test names its field"));
    let test = if let Some(values) = json.get("any_of") {
        Test::AnyOf(texts(values))
    } else if let Some(values) = json.get("all_of") {
        Test::AllOf(texts(values))
    } else {
        Test::NoneOf(texts(json.get("none_of").expect("a test is any_of, all_of or none_of")))
    };
    Filter::Field { field, test }
}

fn list(json: &Value) -> &[Value] {
    json.as_array().expect("a list")
}

fn texts(json: &Value) -> Vec<String> {
    list(json).iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn numbers(json: &Value) -> BTreeMap<String, Option<f64>> {
    let number = |(name, value): (&String, &Value)| {
        let number = |value: &Value| value.as_f64().expect("a measure is a number");
        let value = match value {
            // A share, as numerator and denominator.
            Value::Array(pair) => {
                let (part, whole) = (number(&pair[0]), number(&pair[1]));
                (whole > 0.0).then(|| part / whole)
            }
            value => Some(number(value)),
        };
        (name.clone(), value)
    };
    json.as_object().expect("values by measure").iter().map(number).collect()
}
