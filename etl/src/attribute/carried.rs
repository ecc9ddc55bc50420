//! What a snapshot's metadata says of days, whichever run rebuilt them.

use std::collections::{BTreeMap, BTreeSet};

use clio_lake::SnapshotMetadata;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::input::inventory::Inventory;

/// Carries over what the last commit says of days that a run leaves alone.
#[derive(Debug)]
pub(crate) struct Carried<'a, F> {
    pub(crate) inventory: &'a Inventory,
    /// The time of the run.
    pub(crate) now: Timestamp,
    /// The metadata of the last commit.
    pub(crate) known: Option<&'a SnapshotMetadata>,
    /// Whether the run examined a day.
    pub(crate) is_asked: F,
}

impl<F: Fn(Date) -> bool> Carried<'_, F> {
    /// The days whose numbers may still change: rebuilt days whose window has not passed, and days that
    /// were already provisional and are not rebuilt.
    pub(crate) fn provisional_days(&self, rebuilt: impl Iterator<Item = Date>) -> Vec<Date> {
        let is_open = |day: &Date| self.inventory.settled_at(*day).is_some_and(|at| self.now < at);
        let known = self.known.map(|known| known.provisional_days.as_slice()).unwrap_or_default();
        let left_alone = known.iter().copied().filter(|day| !(self.is_asked)(*day));
        let days: BTreeSet<Date> = rebuilt.filter(is_open).chain(left_alone).collect();
        days.into_iter().collect()
    }

    /// The unattributed events of all days, counted by this run or by earlier ones.
    pub(crate) fn rows_unattributed(
        &self,
        counted: &BTreeMap<String, BTreeMap<Date, u64>>,
    ) -> BTreeMap<String, BTreeMap<Date, u64>> {
        let mut all: BTreeMap<String, BTreeMap<Date, u64>> = BTreeMap::new();
        for (source, by_day) in self.known.iter().flat_map(|known| &known.rows_unattributed) {
            // A source that the model no longer attributes has none.
            if self.inventory.is_credited(source) {
                let left_alone = by_day.iter().filter(|(day, _)| !(self.is_asked)(**day));
                all.entry(source.clone()).or_default().extend(left_alone);
            }
        }
        for (source, by_day) in counted {
            all.entry(source.clone()).or_default().extend(by_day);
        }
        all
    }
}
