//! What an answer's numbers lack, in words that programs can rely on.

use super::{Answer, Coverage, DeclaredTest, MixedLookup, Withheld};
use crate::period::DayRange;
use crate::snapshot::Unattributed;

impl Answer {
    /// What the numbers lack: pairs of a word and its subject.
    ///
    /// `missing_days`, `retired_days`, `provisional_days` (days and ranges with `..`, joined by commas), `mixed_lookup`
    /// (a lookup, a colon, and the days that took a different state of it than the last day), `no_data` (without
    /// subject), `projection` (the part of the lake that the service holds, in words), `unattributed` (a number of events), `overlapping` (fields), `look_back` (a measure, a colon, and a
    /// number of days), `test` (the model's declared test that the verdicts belong to), `not_as_assigned` (a test some
    /// of whose people are missing), `min_people` (the smallest number of people that is shown), `withheld_rows` (the
    /// number of groups of which some measure is withheld), and `unknown_value` with a text for people. If rows are
    /// compared with other days, `compared_days` says which; what those days lack, and what the look-back lacks, has
    /// the same words with the prefixes `compared_` and `look_back_`.
    pub fn notes(&self) -> Vec<(String, String)> {
        let Self {
            coverage,
            compared_coverage,
            look_back,
            test,
            notices,
            n_notices,
            overlapping,
            withheld,
            // The content of the answer, and how it came about.
            snapshot: _,
            group_by: _,
            measures: _,
            rows: _,
            total: _,
            others: _,
            reach: _,
            n_groups: _,
            end: _,
            elapsed: _,
            work: _,
        } = self;
        let mut notes = Vec::new();
        of_coverage("", coverage, &mut notes);
        if let Some(look_back) = look_back {
            let what = format!("{}:{}", look_back.measure, look_back.n_days);
            notes.push(("look_back".to_owned(), what));
            of_coverage("look_back_", &look_back.coverage, &mut notes);
        }
        let mut note = |word: &str, what: String| notes.push((word.to_owned(), what));
        if let Some(compared) = compared_coverage {
            let range = compared.range.and_then(|(first, last)| DayRange::try_new(first, last));
            if let Some(range) = range {
                note("compared_days", range.to_string());
            }
            of_coverage("compared_", compared, &mut notes);
        }
        let mut note = |word: &str, what: String| notes.push((word.to_owned(), what));
        if let Some(DeclaredTest { name, arms: _, chance: _, is_as_assigned }) = test {
            note("test", name.clone());
            if !is_as_assigned {
                note("not_as_assigned", name.clone());
            }
        }
        if let Some(Withheld { min_people, n_rows }) = withheld {
            note("min_people", min_people.to_string());
            if *n_rows > 0 {
                note("withheld_rows", n_rows.to_string());
            }
        }
        let n_unattributed: u64 = self.unattributed(coverage).map(|of_day| of_day.rows).sum();
        if n_unattributed > 0 {
            note("unattributed", n_unattributed.to_string());
        }
        if !overlapping.is_empty() {
            let fields: Vec<_> = overlapping.iter().map(ToString::to_string).collect();
            note("overlapping", fields.join(","));
        }
        notices.iter().for_each(|notice| note("unknown_value", notice.to_string()));
        let n_more = n_notices.saturating_sub(notices.len() as u64);
        if n_more > 0 {
            note("unknown_value", format!("and {n_more} more"));
        }
        notes
    }

    /// The number of unattributed events on the days of one side.
    pub fn unattributed<'a>(
        &'a self,
        coverage: &Coverage,
    ) -> impl Iterator<Item = &'a Unattributed> + use<'a> {
        let range = coverage.range;
        let is_asked = move |day| range.is_some_and(|(first, last)| (first..=last).contains(&day));
        self.snapshot.unattributed.iter().filter(move |of_day| is_asked(of_day.day))
    }
}

/// What the days of one side lack.
fn of_coverage(side: &str, coverage: &Coverage, notes: &mut Vec<(String, String)>) {
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
    let joined = |days: &[DayRange]| {
        let ranges: Vec<_> = days.iter().map(DayRange::to_string).collect();
        ranges.join(",")
    };
    for (word, days) in
        [("missing_days", missing), ("retired_days", retired), ("provisional_days", provisional)]
    {
        if !days.is_empty() {
            notes.push((format!("{side}{word}"), joined(days)));
        }
    }
    for MixedLookup { lookup, n_states: _, others } in mixed {
        notes.push((format!("{side}mixed_lookup"), format!("{lookup}:{}", joined(others))));
    }
    if *n_days_present == 0 {
        notes.push((format!("{side}no_data"), String::new()));
    }
    // The same for all days of one answer.
    if let Some(projection) = projection.as_ref().filter(|_| side.is_empty()) {
        notes.push(("projection".to_owned(), projection.to_string()));
    }
}
