//! Checks whether a source has about as many events as on previous days.

use clio_proto::RowsCheck;
use jiff::civil::Date;

use super::{ByTotals, Evidence, Found, TotalsByDay, days_before};

impl ByTotals for RowsCheck {
    fn n_days_before(&self) -> u16 {
        self.trailing_days
    }

    fn judge(&self, evidence: &Evidence<'_>, totals: &TotalsByDay, found: &mut Found) {
        for (day, _) in evidence.changed() {
            let counts = self.sources.iter().filter_map(|source| {
                let measure = evidence.shape.count_of(source)?;
                let expected = expected(self, measure, day, totals)?;
                Some((source, n_events(totals.get(&day), measure), expected))
            });
            let mut is_checked = false;
            for (source, n_found, Expected { n_known, median, least, most }) in counts {
                is_checked = true;
                if !(least..=most).contains(&(n_found as f64)) {
                    let what = format!(
                        "{n_found} events of `{source}`, expected {least:.0} to {most:.0}: the median of \
                         the {n_known} days before is {median}"
                    );
                    found.findings.push((day, what));
                }
            }
            found.n_checked += u64::from(is_checked);
        }
    }
}

/// How many events a day should have.
struct Expected {
    /// For how many earlier days the number is known.
    n_known: usize,
    median: f64,
    least: f64,
    most: f64,
}

/// `None` where too little is known to decide.
fn expected(
    check: &RowsCheck,
    measure: usize,
    day: Date,
    totals: &TotalsByDay,
) -> Option<Expected> {
    let first = days_before(day, check.trailing_days);
    let before = totals.range(first..day);
    let mut before: Vec<i128> = before.map(|(_, own)| n_events(Some(own), measure)).collect();
    if before.len() < usize::from(check.n_known_at_least) {
        return None;
    }
    let median = median(&mut before);
    // No share of zero means anything: the source, or the measure that counts it, is new.
    if median <= 0.0 {
        return None;
    }
    let (least, most) = ((check.at_least * median).ceil(), (check.at_most * median).floor());
    Some(Expected { n_known: before.len(), median, least, most })
}

fn n_events(totals: Option<&Vec<Option<i128>>>, measure: usize) -> i128 {
    totals.and_then(|totals| totals[measure]).unwrap_or_default()
}

/// The median: the middle value, or the mean of the two middle ones; takes at least one value.
fn median(values: &mut [i128]) -> f64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    let upper = values[middle] as f64;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1] as f64, upper)
    } else {
        upper
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&mut [3]).to_string(), "3");
        assert_eq!(median(&mut [9, 1, 5]).to_string(), "5");
        assert_eq!(median(&mut [4, 1, 9, 7]).to_string(), "5.5");
    }
}
