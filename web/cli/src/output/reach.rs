//! Whom rows reach together, as tables and as JSON.

use clio_proto::{Answer, Overlap, Reach, ReachStep, Value};
use serde_json::json;

use super::keys::key_text;
use super::numbers::{Shown, number_with_bounds, upper_bound};
use super::tables::table_of;

/// The greedy order, then the pairs.
pub(super) fn tables(answer: &Answer, reach: &Reach) -> String {
    let Reach { measure, deduplicated, steps, overlaps } = reach;
    let n_rows = steps.len();
    let name = |row: u32| {
        let row = answer.rows.get(row as usize);
        let keys = row.map(|row| row.keys.iter().map(key_text).collect::<Vec<_>>());
        keys.unwrap_or_default().join(", ")
    };
    let (people, percent) = (Shown::WHOLE, Shown::PERCENT);
    let heads = |heads: &[&str]| heads.iter().map(|head| (*head).to_owned()).collect();
    let steps = steps.iter().map(|ReachStep { row, incremental, alone, cumulative }| {
        let numbers = [incremental, alone, cumulative].map(|own| told(own, people));
        std::iter::once(name(*row)).chain(numbers).collect()
    });
    let steps = table_of(heads(&["most first", "adds", "alone", "together"]), steps.collect());
    let pairs = overlaps.iter().map(|Overlap { left, right, both, jaccard }| {
        vec![name(*left), name(*right), told(both, people), told(jaccard, percent)]
    });
    let pairs = table_of(heads(&["row", "and row", "both", "of either"]), pairs.collect());
    let together = told(deduplicated, people);
    format!("{measure} of the {n_rows} rows together: {together}\n\n{steps}\n\n{pairs}\n\n")
}

/// A number, or that it cannot be told, with its upper bound.
pub(super) fn told(value: &Value, shown: Shown) -> String {
    match (value.value, value.upper) {
        (None, Some(upper)) => {
            format!("cannot tell (at most {})", upper_bound(upper, shown))
        }
        _ => number_with_bounds(value, shown),
    }
}

pub(super) fn json(reach: &Reach) -> serde_json::Value {
    let Reach { measure, deduplicated, steps, overlaps } = reach;
    let steps = steps.iter().map(|ReachStep { row, incremental, alone, cumulative }| {
        json!({
            "row": row, "incremental": number(incremental), "alone": number(alone),
            "cumulative": number(cumulative),
        })
    });
    let overlaps = overlaps.iter().map(|Overlap { left, right, both, jaccard }| {
        json!({
            "left": left, "right": right, "both": number(both), "jaccard": number(jaccard),
        })
    });
    json!({
        "measure": measure,
        "deduplicated": number(deduplicated),
        "steps": steps.collect::<Vec<_>>(),
        "overlaps": overlaps.collect::<Vec<_>>(),
    })
}

/// A number, which may be one that cannot be told.
pub(super) fn number(number: &Value) -> serde_json::Value {
    // Numbers of people are never beyond what a double holds.
    let Value { value, lower, upper, exact, whole: _, withheld } = number;
    json!({
        "value": value, "lower": lower, "upper": upper, "exact": exact,
        "cannot_tell": value.is_none(), "withheld": withheld,
    })
}
