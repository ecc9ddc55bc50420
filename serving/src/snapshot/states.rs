//! Which state of a lookup each day took, if the days of a snapshot took different ones.

use std::collections::{BTreeMap, BTreeSet};

use clio_lake::{DayInputs, Digest};
use clio_proto::{MixedLookup, runs};
use jiff::civil::Date;

/// The states of lookups that changed while existing days kept their earlier values. Lookups for which all days took
/// one state, the usual case, are not held.
#[derive(Debug, Clone, Default)]
pub(crate) struct LookupStates(BTreeMap<String, BTreeMap<Date, Digest>>);

impl LookupStates {
    /// From what a commit says that days were made of, including those of retired months.
    pub(crate) fn of(inputs: &DayInputs) -> Self {
        let mut all: BTreeMap<String, BTreeMap<Date, Digest>> = BTreeMap::new();
        for day in inputs.days() {
            let lookups = inputs.get(day).into_iter().flat_map(|(recipe, _)| &recipe.lookups);
            for (lookup, state) in lookups {
                match all.get_mut(lookup) {
                    Some(days) => days.insert(day, *state),
                    None => all.entry(lookup.clone()).or_default().insert(day, *state),
                };
            }
        }
        all.retain(|_, days| n_states(days.values()) > 1);
        Self(all)
    }

    /// The lookups that are held.
    pub(crate) fn lookups(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Those of some lookups for which some days, in order, took different states.
    pub(crate) fn mixed(&self, lookups: &BTreeSet<String>, days: &[Date]) -> Vec<MixedLookup> {
        let of = |(lookup, states): (&String, &BTreeMap<Date, Digest>)| {
            let own: Vec<(Date, Digest)> =
                days.iter().filter_map(|day| Some((*day, *states.get(day)?))).collect();
            let (_, last) = own.last()?;
            let n_states = n_states(own.iter().map(|(_, state)| state));
            let others = own.iter().filter(|(_, state)| state != last).map(|(day, _)| *day);
            let others = runs(others);
            let lookup = lookup.clone();
            (n_states > 1).then_some(MixedLookup { lookup, n_states, others })
        };
        let is_asked = |(lookup, _): &(&String, _)| lookups.contains(*lookup);
        self.0.iter().filter(is_asked).filter_map(of).collect()
    }
}

fn n_states<'a>(states: impl Iterator<Item = &'a Digest>) -> u32 {
    let different: BTreeSet<&Digest> = states.collect();
    u32::try_from(different.len()).unwrap_or(u32::MAX)
}
