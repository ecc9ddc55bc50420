//! Checks whether too many events of a day have no target.

use clio_proto::UnattributedCheck;

use super::{ByTotals, Evidence, Found, TotalsByDay};

impl ByTotals for UnattributedCheck {
    fn judge(&self, evidence: &Evidence<'_>, _totals: &TotalsByDay, found: &mut Found) {
        for (day, rebuilt) in evidence.changed() {
            for source in &self.sources {
                let Some(measure) = evidence.shape.count_of(source) else { continue };
                let without = evidence.unattributed.get(source).and_then(|days| days.get(&day));
                let n_without = i128::from(without.copied().unwrap_or_default());
                let n_events = n_without + rebuilt.totals.whole(measure).unwrap_or_default();
                let most = (self.at_most * n_events as f64).floor();
                found.n_checked += u64::from(n_events > 0);
                if n_without as f64 > most {
                    let what = format!(
                        "{n_without} of {n_events} events of `{source}` have no target, \
                         expected at most {most:.0}"
                    );
                    found.findings.push((day, what));
                }
            }
        }
    }
}
