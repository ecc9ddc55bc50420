//! What an answer's numbers lack, one line each, in words that programs can rely on.

use clio_proto::{
    Answer, Coverage, DayRange, DeclaredTest, MixedLookup, Row, Unattributed, Value, Withheld,
};

use super::asked::Asked;

/// The lines, each `note: WORD=…` or `note: WORD`.
///
/// They stand on standard error beside CSV and JSON: `missing_days`, `retired_days`, `provisional_days` (days and
/// ranges with `..`, joined by commas), `mixed_lookup` (a lookup, a colon, and the days that took another state of it than
/// the last day), `no_data`, `projection` (the part of the lake that the service holds, in words), `unattributed` (events), `overlapping` (fields), and
/// `unknown_value` with words for people. `compare`, `window` and `look_back` repeat what was asked. Where rows are compared with other
/// days, `compared_days` says which; what these lack, and what a look-back lacks, stands behind the same words with `compared_` and
/// `look_back_` before them. `test` names the test of the model that verdicts are of, and `not_as_assigned` one that people are missing
/// of. `min_people` is that of the model, and `withheld_rows` says of how many groups some measure is withheld. `no_rows_left` says that the page begins behind the last row.
pub(crate) fn for_programs(answer: &Answer, asked: &Asked) -> Vec<String> {
    let mut notes = asked.notes();
    of_coverage("", &answer.coverage, &mut notes);
    if let Some(look_back) = &answer.look_back {
        notes.push(format!("look_back={}:{}", look_back.measure, look_back.n_days));
        of_coverage("look_back_", &look_back.coverage, &mut notes);
    }
    if let Some(compared) = &answer.compared_coverage {
        let range = compared.range.and_then(|(first, last)| DayRange::try_new(first, last));
        notes.extend(range.map(|range| format!("compared_days={range}")));
        of_coverage("compared_", compared, &mut notes);
    }
    if let Some(DeclaredTest { name, arms: _, chance: _, is_as_assigned }) = &answer.test {
        notes.push(format!("test={name}"));
        if !is_as_assigned {
            notes.push(format!("not_as_assigned={name}"));
        }
    }
    if let Some(Withheld { min_people, n_rows }) = answer.withheld {
        notes.push(format!("min_people={min_people}"));
        notes.extend((n_rows > 0).then(|| format!("withheld_rows={n_rows}")));
    }
    let n_unattributed: u64 =
        unattributed(answer, &answer.coverage).map(|of_day| of_day.rows).sum();
    if n_unattributed > 0 {
        notes.push(format!("unattributed={n_unattributed}"));
    }
    if !answer.overlapping.is_empty() {
        let fields: Vec<_> = answer.overlapping.iter().map(ToString::to_string).collect();
        notes.push(format!("overlapping={}", fields.join(",")));
    }
    notes.extend(answer.notices.iter().map(|notice| format!("unknown_value={notice}")));
    let n_more = answer.n_notices.saturating_sub(answer.notices.len() as u64);
    if n_more > 0 {
        notes.push(format!("unknown_value=and {n_more} more"));
    }
    if is_behind_the_last(answer) {
        notes.push(format!("no_rows_left=of {}", answer.n_groups));
    }
    notes.into_iter().map(|note| format!("note: {note}")).collect()
}

/// What the days of one side lack.
fn of_coverage(side: &str, coverage: &Coverage, notes: &mut Vec<String>) {
    let Coverage {
        range: _,
        n_days_present,
        missing,
        retired,
        provisional,
        periods: _,
        mixed,
        projection,
    } = coverage;
    for (word, days) in
        [("missing_days", missing), ("retired_days", retired), ("provisional_days", provisional)]
    {
        if !days.is_empty() {
            let ranges: Vec<_> = days.iter().map(DayRange::to_string).collect();
            notes.push(format!("{side}{word}={}", ranges.join(",")));
        }
    }
    for MixedLookup { lookup, n_states: _, others } in mixed {
        let ranges: Vec<_> = others.iter().map(DayRange::to_string).collect();
        notes.push(format!("{side}mixed_lookup={lookup}:{}", ranges.join(",")));
    }
    if *n_days_present == 0 {
        notes.push(format!("{side}no_data"));
    }
    // The same for all days of one answer.
    if let Some(projection) = projection.as_ref().filter(|_| side.is_empty()) {
        notes.push(format!("projection={projection}"));
    }
}

/// Whether a page has no rows because it begins after the last one.
pub(super) fn is_behind_the_last(answer: &Answer) -> bool {
    let n_before = answer.end.map_or(0, |end| end.n_before);
    answer.rows.is_empty() && n_before > 0 && n_before >= answer.n_groups
}

/// The total as a line, with the names of columns; CSV has only rows with keys. `None` if the total is the only row.
pub(crate) fn total_note(answer: &Answer) -> Option<String> {
    if answer.group_by.is_empty() {
        return None;
    }
    let Row {
        values,
        compared,
        keys: _,
        shares: _,
        rank: _,
        newcomers: _,
        // Words rather than numbers: JSON and tables have them.
        intervals: _,
        verdicts: _,
    } = &answer.total;
    let mut numbers = Vec::new();
    for (at, measure) in answer.measures.iter().enumerate() {
        numbers.extend(values.get(at).map(|value| (measure.clone(), *value)));
        if let Some(own) = compared.get(at) {
            numbers.push((format!("{measure}_other"), own.other));
            numbers.push((format!("{measure}_difference"), own.difference));
            numbers.push((format!("{measure}_ratio"), own.ratio));
        }
    }
    let numbers = numbers.into_iter().flat_map(|(name, value)| {
        let Value { value, lower, upper, whole, exact: _, withheld: _ } = value;
        let text = |number: Option<f64>| match (whole, number) {
            (Some(whole), _) => whole.to_string(),
            (None, number) => number.map_or_else(String::new, |number| number.to_string()),
        };
        [("", value), ("_lower", lower), ("_upper", upper)]
            .map(|(end, number)| format!("{name}{end}:{}", text(number)))
    });
    Some(format!("note: total={}", numbers.collect::<Vec<_>>().join(",")))
}

/// The groups below the page as a line; CSV has only rows with keys.
pub(crate) fn others_note(answer: &Answer) -> Option<String> {
    let others = answer.others.as_ref()?;
    let values = answer.measures.iter().zip(&others.values).map(|(measure, value)| {
        let number = value.value.map_or_else(String::new, |number| number.to_string());
        format!("{measure}:{}", value.whole.map_or(number, |whole| whole.to_string()))
    });
    Some(format!("note: others={}", values.collect::<Vec<_>>().join(",")))
}

/// Where the next page begins, as a line.
pub(crate) fn next_note(answer: &Answer) -> Option<String> {
    let end = answer.end.filter(|_| answer.has_next_page())?;
    Some(format!("note: next={end}"))
}

/// The unattributed events of the days of one side.
pub(crate) fn unattributed<'a>(
    answer: &'a Answer,
    coverage: &Coverage,
) -> impl Iterator<Item = &'a Unattributed> + use<'a> {
    let range = coverage.range;
    let is_asked = move |day| range.is_some_and(|(first, last)| (first..=last).contains(&day));
    answer.snapshot.unattributed.iter().filter(move |of_day| is_asked(of_day.day))
}
