//! What an answer took, as `--explain` prints it: in words, as a note, and as JSON.

use clio_proto::{Answer, Work};
use serde_json::{Map, Value, json};

use super::numbers::whole_text;
use super::shortened;

/// In words, for people.
pub(crate) fn words(answer: &Answer) -> String {
    let Some(work) = &answer.work else {
        return match answer.withheld {
            Some(_) => "what an answer takes would tell how many people there are: it is not told of a model with `min_people`",
            None => "the service is of an older version, and does not say what an answer takes",
        }
        .to_owned();
    };
    let Work {
        n_files,
        n_cells,
        n_cells_selected,
        n_groups,
        n_estimates,
        n_unions,
        coupon_bytes,
        register_bytes,
        bucket_bytes,
        steps,
        is_cached,
    } = work;
    let n = |number: u64| whole_text(number.into());
    let periods: Vec<_> = answer.coverage.periods.iter().map(ToString::to_string).collect();
    let steps: Vec<_> = steps
        .iter()
        .map(|(step, elapsed)| format!("{} {:.1} ms", step.as_str(), elapsed.as_secs_f64() * 1e3))
        .collect();
    let lines = [
        format!("periods    {}: {}", n(periods.len() as u64), shortened(&periods)),
        format!("files      {}", n((*n_files).into())),
        format!("cells      {}, {} of them selected", n(*n_cells), n(*n_cells_selected)),
        format!("groups     {}, {} of them kept", n(*n_groups), n(answer.n_groups)),
        format!("estimates  {}, of {} sketches united", n(*n_estimates), n(*n_unions)),
        format!(
            "bytes      {} of coupons, {} of registers, {} of buckets",
            n(*coupon_bytes),
            n(*register_bytes),
            n(*bucket_bytes)
        ),
        format!("time       {}", steps.join(", ")),
    ];
    let cached = "cached     all of this was done earlier for an equal query";
    lines
        .iter()
        .map(String::as_str)
        .chain(is_cached.then_some(cached))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The counts, as a line for programs.
pub(crate) fn note(answer: &Answer) -> String {
    let counts = counts(answer.work.as_ref()).into_iter();
    let counts: Vec<_> = counts.map(|(name, count)| format!("{name}:{count}")).collect();
    format!("note: work={}", counts.join(","))
}

pub(super) fn json(work: Option<&Work>) -> Value {
    let Some(found) = work else { return Value::Null };
    let mut object: Map<String, Value> =
        counts(work).into_iter().map(|(name, count)| (name.to_owned(), json!(count))).collect();
    let steps = found.steps.iter().map(|(step, elapsed)| {
        json!({ "step": step.as_str(), "elapsed_ms": elapsed.as_secs_f64() * 1e3 })
    });
    object.insert("steps".to_owned(), steps.collect());
    object.insert("is_cached".to_owned(), json!(found.is_cached));
    Value::Object(object)
}

/// Everything except the times.
fn counts(work: Option<&Work>) -> Vec<(&'static str, u64)> {
    let Some(work) = work else { return Vec::new() };
    let Work {
        n_files,
        n_cells,
        n_cells_selected,
        n_groups,
        n_estimates,
        n_unions,
        coupon_bytes,
        register_bytes,
        bucket_bytes,
        steps: _,
        is_cached: _,
    } = *work;
    vec![
        ("n_files", n_files.into()),
        ("n_cells", n_cells),
        ("n_cells_selected", n_cells_selected),
        ("n_groups", n_groups),
        ("n_estimates", n_estimates),
        ("n_unions", n_unions),
        ("coupon_bytes", coupon_bytes),
        ("register_bytes", register_bytes),
        ("bucket_bytes", bucket_bytes),
    ]
}
