//! Checks whether events are in the folder of another day, where the run of their own day does not
//! see them.

use clio_proto::{OutOfDayCheck, Period};

use super::{ByTotals, Evidence, Found, TotalsByDay};

impl ByTotals for OutOfDayCheck {
    /// Unchanged days are checked as well: the events that they lose are in no cell.
    fn judge(&self, evidence: &Evidence<'_>, _totals: &TotalsByDay, found: &mut Found) {
        for source in &self.sources {
            let Some(measure) = evidence.shape.count_of(source) else { continue };
            let days = evidence.days.values().filter(|rebuilt| rebuilt.file.is_some());
            found.n_checked += days.count() as u64;
            for (day, n_lost) in evidence.out_of_day.get(source).into_iter().flatten() {
                let of_day = evidence.days.get(&Period::Day(*day));
                let n_counted = of_day.and_then(|rebuilt| rebuilt.totals.whole(measure));
                let n_lost = i128::from(*n_lost);
                let n_events = n_lost + n_counted.unwrap_or_default();
                let most = (self.at_most * n_events as f64).floor();
                if n_lost as f64 > most {
                    let what = format!(
                        "{n_lost} of {n_events} events of `{source}` in the folder of that day are of \
                         other days, and in no cell; if folders are those of arrival, say so in the model: \
                         `days = \"arrival\"`"
                    );
                    found.findings.push((*day, what));
                }
            }
        }
    }
}
