//! Whom rows reach together, as tables and as JSON.

use clio_proto::{Answer, MeasureFormat, Overlap, Reach, ReachStep, Value};
use serde_json::json;

use super::keys::key_text;
use super::numbers::{Shown, number_with_bounds};
use super::tables::table_of;

/// The greedy order, then the pairs.
pub(super) fn tables(answer: &Answer, reach: &Reach) -> String {
    let name = |row: u32| {
        let row = answer.rows.get(row as usize);
        let keys = row.map(|row| row.keys.iter().map(key_text).collect::<Vec<_>>());
        keys.unwrap_or_default().join(", ")
    };
    let people = Shown { format: MeasureFormat::Number, is_whole: true };
    let percent = Shown { format: MeasureFormat::Percent, is_whole: false };
    let heads = |heads: &[&str]| heads.iter().map(|head| (*head).to_owned()).collect();
    let steps = reach.steps.iter().map(|ReachStep { row, incremental, alone, cumulative }| {
        let numbers = [incremental, alone, cumulative].map(|own| told(own, people));
        std::iter::once(name(*row)).chain(numbers).collect()
    });
    let steps = table_of(heads(&["most first", "adds", "alone", "together"]), steps.collect());
    let pairs = reach.overlaps.iter().map(|Overlap { left, right, both, jaccard }| {
        vec![name(*left), name(*right), told(both, people), told(jaccard, percent)]
    });
    let pairs = table_of(heads(&["row", "and row", "both", "of either"]), pairs.collect());
    let together = told(&reach.deduplicated, people);
    let n_rows = reach.steps.len();
    format!("{} of the {n_rows} rows together: {together}\n\n{steps}\n\n{pairs}\n\n", reach.measure)
}

/// A number, or that it cannot be told, with the most that it may be.
fn told(value: &Value, shown: Shown) -> String {
    match (value.value, value.upper) {
        (None, Some(upper)) => {
            let most = Value::exact(if shown.is_whole { upper.ceil() } else { upper });
            format!("cannot tell (at most {})", number_with_bounds(&most, shown))
        }
        _ => number_with_bounds(value, shown),
    }
}

pub(super) fn json(reach: &Reach) -> serde_json::Value {
    let number = |value: &Value| {
        json!({
            "value": value.value, "lower": value.lower, "upper": value.upper, "exact": value.exact,
            "cannot_tell": value.value.is_none(),
        })
    };
    let steps = reach.steps.iter().map(|step| {
        json!({
            "row": step.row, "incremental": number(&step.incremental), "alone": number(&step.alone),
            "cumulative": number(&step.cumulative),
        })
    });
    let overlaps = reach.overlaps.iter().map(|overlap| {
        json!({
            "left": overlap.left, "right": overlap.right, "both": number(&overlap.both),
            "jaccard": number(&overlap.jaccard),
        })
    });
    json!({
        "measure": reach.measure,
        "deduplicated": number(&reach.deduplicated),
        "steps": steps.collect::<Vec<_>>(),
        "overlaps": overlaps.collect::<Vec<_>>(),
    })
}
