//! How sure values are, and whether one is really higher, in words, as JSON and as columns.

use clio_proto::{
    Answer, Arm, DeclaredTest, Exposure, Interval, Intervals, Mix, Row, SamplingBasis, Value,
    Verdict, VerdictWord,
};
use serde_json::json;

use super::keys::key_text;
use super::numbers::{Shown, Unit, number_with_bounds};

/// The lines below the table: why there are no intervals, and one line per verdict.
pub(super) fn lines(answer: &Answer, units: &[Unit]) -> Vec<String> {
    let rows = || answer.rows.iter().chain([&answer.total]);
    let mut lines = Vec::new();
    if rows().any(|row| !row.intervals.is_empty()) {
        lines.push("95 % interval: of sampling and counting together".to_owned());
    }
    for basis in SamplingBasis::ALL {
        let Some(why) = basis.why_none() else { continue };
        let is_so = |at: &usize| {
            rows().any(|row| row.intervals.get(*at).is_some_and(|own| own.basis == basis))
        };
        let measures = (0..answer.measures.len()).filter(is_so).map(|at| &*answer.measures[at]);
        let measures: Vec<&str> = measures.collect();
        if !measures.is_empty() {
            lines.push(format!("no 95 % interval of {}: {why}", measures.join(", ")));
        }
    }
    lines.extend(answer.test.as_ref().map(test_text));
    for row in rows() {
        let of_row = answer.measures.iter().zip(units).zip(&row.verdicts);
        let verdicts = of_row.filter_map(|(of, verdict)| Some((of, verdict.as_ref()?)));
        lines.extend(verdicts.map(|((measure, unit), verdict)| {
            format!("{measure} of {}: {}", name(row), sentence(verdict, *unit))
        }));
    }
    lines
}

/// The test that verdicts are about, and whether people are missing.
fn test_text(test: &DeclaredTest) -> String {
    let DeclaredTest { name, arms, chance, is_as_assigned } = test;
    let arms = arms.iter().map(|Arm { value, share, people: found }| {
        format!(
            "{value} {} ({:.1} % assigned)",
            number_with_bounds(found, Shown::WHOLE),
            share * 100.0
        )
    });
    let arms = arms.collect::<Vec<_>>().join(", ");
    match is_as_assigned {
        true => format!("test {name}: {arms}; as assigned"),
        false => format!(
            "test {name}: {arms}; NOT as assigned, which happens by chance in {:.4} % of tests: people are missing, and verdicts are \
             observational",
            chance * 100.0
        ),
    }
}

pub(super) fn test_json(test: &DeclaredTest) -> serde_json::Value {
    let DeclaredTest { name, arms, chance, is_as_assigned } = test;
    let arms = arms.iter().map(|Arm { value, share, people }| {
        let Value { value: number, lower, upper, exact, whole: _, withheld: _ } = people;
        json!({
            "value": value, "share": share,
            "people": { "value": number, "lower": lower, "upper": upper, "exact": exact },
        })
    });
    let arms: Vec<_> = arms.collect();
    json!({ "name": name, "arms": arms, "chance": chance, "is_as_assigned": is_as_assigned })
}

fn name(row: &Row) -> String {
    if row.keys.is_empty() {
        return "the total".to_owned();
    }
    row.keys.iter().map(key_text).collect::<Vec<_>>().join(", ")
}

/// A verdict with its basis.
fn sentence(verdict: &Verdict, unit: Unit) -> String {
    let Verdict { word, own, other, difference, n_days, smallest_lift, more_days, exposure, mix } =
        verdict;
    let mut parts = vec![word.to_string()];
    if let (Some(own), Some(other)) = (own, other) {
        let rates = [*own, *other].map(|rate| rate_text(rate, unit));
        parts.push(format!("{} a day against {}", rates[0], rates[1]));
    }
    if difference.value.is_some() {
        parts.push(format!("difference {}", difference_text(difference, unit)));
    }
    parts.push(format!("{n_days} common days"));
    if let Some(lift) = smallest_lift {
        parts.push(format!("from {:.1} % on a difference is told", lift * 100.0));
    }
    if *word == VerdictWord::TooLittleData {
        parts.push(match more_days {
            Some(more) => format!("some {more} days more"),
            None => "never at this precision and growth".to_owned(),
        });
    }
    parts.extend(exposure.filter(|own| own.explains).map(|own| exposure_text(own, unit)));
    let mix = mix.as_ref().filter(|own| own.explains || own.is_reversed);
    parts.extend(mix.map(|own| mix_text(own, unit)));
    parts.join("; ")
}

fn rate_text(rate: f64, unit: Unit) -> String {
    let rate = Value::exact(rate);
    number_with_bounds(&rate, Shown::of(unit, [&rate]))
}

/// Says that people saw one side more often than the other.
fn exposure_text(exposure: Exposure, unit: Unit) -> String {
    let Exposure { own, other, own_by_event, other_by_event, explains: _ } = exposure;
    format!(
        "but exposure differs, {own:.2} against {other:.2} events a person, and explains at least half of it: {} against {} an event",
        rate_text(own_by_event, unit),
        rate_text(other_by_event, unit)
    )
}

/// Says that the sides have different people.
fn mix_text(mix: &Mix, unit: Unit) -> String {
    let Mix { field, raw, difference, without_counterpart, explains: _, is_reversed } = mix;
    let turned = if *is_reversed { ", which turns it round" } else { "" };
    let raw = difference_text(&Value { value: Some(*raw), ..Value::undefined() }, unit);
    format!(
        "but the mix by {field} differs{turned}: of people {raw}, with the same mix {}, {:.1} % of them without counterpart",
        difference_text(difference, unit),
        without_counterpart * 100.0
    )
}

/// A difference with its interval; in points for rates.
fn difference_text(difference: &Value, unit: Unit) -> String {
    if unit != Unit::Percent {
        return number_with_bounds(difference, Shown::of(unit.of_differences(), [difference]));
    }
    let points = |number: f64| format!("{:+.2}", number * 100.0);
    let value = difference.value.map(points).unwrap_or_default();
    match difference.lower.zip(difference.upper) {
        Some((lower, upper)) => {
            format!("{value} points [{} to {}]", points(lower), points(upper))
        }
        None => format!("{value} points"),
    }
}

pub(super) fn intervals_json(intervals: &Intervals) -> serde_json::Value {
    let Intervals { basis, sampling, combined } = intervals;
    let interval = |Interval { lower, upper }: Interval| json!({ "lower": lower, "upper": upper });
    json!({
        "basis": basis.as_str(), "why_none": basis.why_none(),
        "sampling": sampling.map(interval), "combined": combined.map(interval),
    })
}

pub(super) fn verdict_json(verdict: &Verdict) -> serde_json::Value {
    let Verdict { word, own, other, difference, n_days, smallest_lift, more_days, exposure, mix } =
        verdict;
    let Value { value, lower, upper, exact: _, whole: _, withheld: _ } = difference;
    let exposure = exposure.map(|exposure| {
        let Exposure { own, other, own_by_event, other_by_event, explains } = exposure;
        json!({
            "own": own, "other": other, "own_by_event": own_by_event, "other_by_event": other_by_event, "explains": explains,
        })
    });
    let mix = mix.as_ref().map(|mix| {
        let Mix { field, raw, difference, without_counterpart, explains, is_reversed } = mix;
        let Value { value, lower, upper, exact: _, whole: _, withheld: _ } = difference;
        json!({
            "field": field.to_string(), "raw": raw,
            "difference": { "value": value, "lower": lower, "upper": upper },
            "without_counterpart": without_counterpart, "explains": explains, "is_reversed": is_reversed,
        })
    });
    json!({
        "word": word.as_str(), "text": word.to_string(), "own": own, "other": other,
        "difference": { "value": value, "lower": lower, "upper": upper },
        "days": n_days, "smallest_lift": smallest_lift, "more_days": more_days, "exposure": exposure,
        "mix": mix,
    })
}
