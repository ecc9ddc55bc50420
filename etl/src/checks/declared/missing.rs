//! Checks whether events lack a known member of a dimension.

use std::collections::HashSet;

use clio_proto::MissingCheck;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use jiff::civil::Date;

use super::cells::column;
use super::{ByCells, Evidence, Found, KnownMembers, Tally};
use crate::error::EtlError;

impl ByCells for MissingCheck {
    fn described(&self) -> &[String] {
        &self.dimensions
    }

    fn tallies<'a>(
        &'a self,
        evidence: &Evidence<'a>,
        known: &'a KnownMembers,
    ) -> Vec<Box<dyn Tally + 'a>> {
        let mut tallies: Vec<Box<dyn Tally + 'a>> = Vec::new();
        let shape = evidence.shape;
        for dimension in &self.dimensions {
            let lookup = evidence.model.dimension(dimension).and_then(|d| d.members.as_deref());
            let known = lookup.and_then(|name| Some((name, known.get(name)?)));
            for source in &self.sources {
                let Some(count) = evidence.shape.count_of(source) else { continue };
                let count = &shape.measures[count].name;
                let (at_most, seen) = (self.at_most, Seen::default());
                tallies.push(Box::new(Gap { dimension, source, count, known, at_most, seen }));
            }
        }
        tallies
    }
}

/// The events of a source that lack a known member of a dimension.
struct Gap<'a> {
    dimension: &'a str,
    source: &'a str,
    /// The measure that counts the source's events.
    count: &'a str,
    /// The lookup that describes members, with its keys.
    known: Option<(&'a str, &'a HashSet<String>)>,
    at_most: f64,
    seen: Seen,
}

/// The tally of a day's cells.
#[derive(Default)]
struct Seen {
    n_events: i128,
    n_null: i128,
    n_unknown: i128,
    example: Option<String>,
}

impl Tally for Gap<'_> {
    fn columns(&self) -> Vec<&str> {
        vec![self.dimension, self.count]
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), EtlError> {
        let counts = column(batch, self.count)?;
        let counts = counts.as_primitive::<Int64Type>();
        let members = column(batch, self.dimension)?;
        let members = members.as_string_view();
        let seen = &mut self.seen;
        for row in 0..batch.num_rows() {
            let n_events = if counts.is_valid(row) { i128::from(counts.value(row)) } else { 0 };
            seen.n_events += n_events;
            if members.is_null(row) {
                seen.n_null += n_events;
                continue;
            }
            let member = members.value(row);
            if n_events > 0 && self.known.is_some_and(|(_, keys)| !keys.contains(member)) {
                seen.n_unknown += n_events;
                seen.example.get_or_insert_with(|| member.to_owned());
            }
        }
        Ok(())
    }

    fn judge(&mut self, day: Date, found: &mut Found) {
        let Self { dimension, source, .. } = self;
        let Seen { n_events, n_null, n_unknown, example } = std::mem::take(&mut self.seen);
        found.n_checked += u64::from(n_events > 0);
        let n_missing = n_null + n_unknown;
        let most = (self.at_most * n_events as f64).floor();
        if n_missing as f64 > most {
            let unknown = match (self.known, example) {
                (Some((lookup, _)), Some(example)) => {
                    format!(
                        ", {n_unknown} that lookup `{lookup}` does not have, such as `{example}`"
                    )
                }
                _ => String::new(),
            };
            let what = format!(
                "{n_missing} of {n_events} events of `{source}` lack a known `{dimension}` ({n_null} \
                 have none{unknown}), expected at most {most:.0}"
            );
            found.findings.push((day, what));
        }
    }
}
