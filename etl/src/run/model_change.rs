//! What a model means for a lake made with another model: reported before a run begins work.
//!
//! ```text
//! same        no difference could be seen in any answer
//! compatible  existing cells stay right; a new measure is 0 in them until they are rebuilt
//! rebuild     every day has to be rebuilt, in one run: another precision, another dimension
//! refused     a name that the lake already uses would change its meaning
//! ```
//!
//! Committed snapshots stay as they are: each carries the model that it was made with.

use std::collections::BTreeSet;
use std::fmt;

use clio_proto::{AsOf, Dimension, DimensionColumn, Format, Lookup, Measure, Model, Source};

use crate::measures::{MeaningChange, kind_of};

/// What a change requires; in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing.
    Same,
    /// Existing cells stay right.
    Compatible,
    /// Every day has to be rebuilt, in one run.
    Rebuild,
    /// The lake cannot take the model.
    Refused,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "same",
            Self::Compatible => "compatible",
            Self::Rebuild => "rebuild",
            Self::Refused => "refused",
        })
    }
}

/// One difference between two models.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The difference, as a clause.
    pub what: String,
    /// What it requires.
    pub effect: Effect,
}

/// How a model differs from the one that a lake was made with.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ModelChange {
    /// The greatest effect of the differences.
    pub effect: Effect,
    /// Every relevant difference, in the order of the model file's sections.
    pub differences: Vec<Difference>,
    /// Whether the model's cells differ from those of the lake's model: all days are then out of date.
    pub changes_cells: bool,
}

impl fmt::Display for ModelChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.effect)?;
        for (index, difference) in self.differences.iter().enumerate() {
            let lead = if index == 0 { ": " } else { "; " };
            write!(f, "{lead}{}", difference.what)?;
        }
        Ok(())
    }
}

impl ModelChange {
    /// There is no lake yet, or no difference.
    pub(crate) fn none() -> Self {
        Self { effect: Effect::Same, differences: Vec::new(), changes_cells: false }
    }

    /// Compares the lake's model with that of a run.
    pub(crate) fn between(old: &Model, new: &Model) -> Self {
        let mut found = Found(Vec::new());
        found.dataset(old, new);
        found.sources(old, new);
        found.lookups(old, new);
        found.dimensions(old, new);
        found.measures(old, new);
        let changes_cells = old.cells_fingerprint() != new.cells_fingerprint();
        if found.0.is_empty() && old.fingerprint() != new.fingerprint() {
            let what = "what describes members, or where files lie, has changed".to_owned();
            found.0.push(Difference { what, effect: Effect::Compatible });
        }
        let effect = found.0.iter().map(|difference| difference.effect).max();
        Self { effect: effect.unwrap_or(Effect::Same), differences: found.0, changes_cells }
    }

    /// The differences with a given effect.
    pub(crate) fn of(&self, effect: Effect) -> Vec<String> {
        let own = self.differences.iter().filter(|difference| difference.effect == effect);
        own.map(|difference| difference.what.clone()).collect()
    }
}

struct Found(Vec<Difference>);

impl Found {
    fn add(&mut self, effect: Effect, what: String) {
        self.0.push(Difference { what, effect });
    }

    fn dataset(&mut self, old: &Model, new: &Model) {
        if old.name() != new.name() {
            let (old, new) = (old.name(), new.name());
            self.add(
                Effect::Refused,
                format!("the lake is of dataset `{old}`, the model of `{new}`"),
            );
        }
        if old.timezone_name() != new.timezone_name() {
            let (old, new) = (old.timezone_name(), new.timezone_name());
            self.add(Effect::Rebuild, format!("days began in {old} and begin in {new}"));
        }
        if old.week_starts() != new.week_starts() {
            let what = format!("weeks begin on {}", new.week_starts().as_str());
            self.add(Effect::Compatible, what);
        }
        if old.worthwhile().to_bits() != new.worthwhile().to_bits() {
            let what = format!("differences from {} % on are worthwhile", new.worthwhile() * 100.0);
            self.add(Effect::Compatible, what);
        }
        if old.small_groups() != new.small_groups() {
            let what = match new.small_groups() {
                Some(own) => format!("groups of fewer than {} people are withheld", own.min_people),
                None => "no groups are withheld".to_owned(),
            };
            self.add(Effect::Compatible, what);
        }
        if old.experiments() != new.experiments() {
            self.add(Effect::Compatible, "other tests are declared".to_owned());
        }
        if old.outliers() != new.outliers() {
            self.add(Effect::Compatible, "other outliers are declared".to_owned());
        }
        if old.days() != new.days() {
            let (first, last) = (new.days().first(), new.days().last());
            let what = format!("events may have the days from {first} to {last}");
            self.add(Effect::Compatible, what);
        }
    }

    /// Keys of a source that decide which events a day has, or what their columns hold: all days change.
    fn readings(&mut self, old: &Source, new: &Source) {
        let name = &new.name;
        if old.times_are != new.times_are {
            let (old, new) = (old.times_are.as_str(), new.times_are.as_str());
            let what = format!("times of source `{name}` without a zone were {old} and are {new}");
            self.add(Effect::Rebuild, what);
        }
        if old.files.late_days != new.files.late_days {
            let what =
                format!("the `dt=` folders of source `{name}` may hold events of other days");
            self.add(Effect::Rebuild, what);
        }
        if old.files.types != new.files.types {
            let what = format!("the declared types of source `{name}` have changed");
            self.add(Effect::Rebuild, what);
        }
    }

    /// Lookups whose keys give cells values.
    fn lookups(&mut self, old: &Model, new: &Model) {
        for lookup in new.lookups() {
            let Some(known) = old.lookup(&lookup.name) else { continue };
            if known.files.types != lookup.files.types {
                let what = format!("the declared types of lookup `{}` have changed", lookup.name);
                self.add(Effect::Compatible, what);
            }
        }
    }

    /// Sources that the cells of both models are made of.
    fn sources(&mut self, old: &Model, new: &Model) {
        for source in new.sources() {
            let Some(known) = old.source(&source.name) else { continue };
            if !old.is_read(&known.name) || !new.is_read(&source.name) {
                continue;
            }
            let name = &source.name;
            let changed_columns = changed_columns(known, source);
            if !changed_columns.is_empty() {
                let columns = changed_columns.join(", ");
                self.add(
                    Effect::Refused,
                    format!(
                        "the computed columns {columns} of source `{name}` mean something else"
                    ),
                );
            }
            self.readings(known, source);
            if same_but_for_files(known, source) {
                if parses_differently(&known.files.format, &source.files.format) {
                    self.add(
                        Effect::Rebuild,
                        format!("the files of source `{name}` are read in another way"),
                    );
                }
                continue;
            }
            self.add(Effect::Refused, format!("source `{name}` means other events"));
        }
    }

    fn dimensions(&mut self, old: &Model, new: &Model) {
        for dimension in new.dimensions() {
            // Descriptions of members are not in cells.
            let Dimension {
                name,
                display: _,
                column,
                multi,
                members: _,
                attributes: _,
                label: _,
                media: _,
                age: _,
            } = dimension;
            let Some(known) = old.dimension(name) else {
                self.add(Effect::Rebuild, format!("dimension `{name}` is new"));
                continue;
            };
            let looked_up = |model: &Model, dimension: &Dimension| match &dimension.column {
                DimensionColumn::Lookup { lookup, .. } => model.lookup(lookup).cloned(),
                DimensionColumn::Event(_) => None,
            };
            let lookups = (looked_up(old, known), looked_up(new, dimension));
            if known.column != *column
                || known.multi != *multi
                || !same_keys(lookups.0.as_ref(), lookups.1.as_ref())
            {
                self.add(Effect::Refused, format!("dimension `{name}` means something else"));
            } else if as_of(&lookups.0) != as_of(&lookups.1) {
                let what = format!("dimension `{name}` takes other rows of its lookup");
                self.add(Effect::Rebuild, what);
            } else if known != dimension {
                self.add(Effect::Compatible, format!("what describes `{name}` has changed"));
            }
        }
        for known in old.dimensions() {
            if new.dimension(&known.name).is_none() {
                self.add(Effect::Rebuild, format!("dimension `{}` is gone", known.name));
            }
        }
        let names = |model: &Model| -> BTreeSet<String> {
            model.dimensions().iter().map(|dimension| dimension.name.clone()).collect()
        };
        let order = |model: &Model| -> Vec<String> {
            model.dimensions().iter().map(|dimension| dimension.name.clone()).collect()
        };
        if names(old) == names(new) && order(old) != order(new) {
            self.add(
                Effect::Rebuild,
                format!("the order of dimensions was {}", order(old).join(", ")),
            );
        }
    }

    fn measures(&mut self, old: &Model, new: &Model) {
        for measure in new.measures() {
            let name = &measure.name;
            match old.measure(name) {
                None if measure.kind.is_stored() => match bounded_by(old, measure) {
                    // In existing cells it would be 0, less than the values of the same events.
                    Some(known) => {
                        let what = format!("measure `{name}` is new, and at least `{known}`");
                        self.add(Effect::Rebuild, what);
                    }
                    None => self.add(Effect::Compatible, format!("measure `{name}` is new")),
                },
                None => self.add(Effect::Compatible, format!("derived measure `{name}` is new")),
                Some(known) => self.measure(known, measure),
            }
        }
        for known in old.measures() {
            if new.measure(&known.name).is_none() {
                let effect =
                    if known.kind.is_stored() { Effect::Rebuild } else { Effect::Compatible };
                self.add(effect, format!("measure `{}` is gone", known.name));
            }
        }
    }

    fn measure(&mut self, known: &Measure, measure: &Measure) {
        let name = &measure.name;
        if known.kind == measure.kind {
            return;
        }
        match kind_of(&measure.kind).change_from(name, &known.kind) {
            MeaningChange::Answers(what) => self.add(Effect::Compatible, what),
            MeaningChange::Cells(what) => self.add(Effect::Rebuild, what),
            MeaningChange::Other => {
                self.add(Effect::Refused, format!("measure `{name}` means something else"));
            }
        }
    }
}

/// A measure of the lake that counts values among the events that a new measure counts.
fn bounded_by<'a>(old: &'a Model, measure: &Measure) -> Option<&'a str> {
    let kind = kind_of(&measure.kind);
    let source = kind.counts_events_of()?;
    let counts_values = |known: &&Measure| kind_of(&known.kind).counts_values_of() == Some(source);
    old.stored_measures().find(counts_values).map(|known| known.name.as_str())
}

/// Whether two sources differ only in where and how their files are written.
fn same_but_for_files(old: &Source, new: &Source) -> bool {
    Source { files: old.files.clone(), times_are: old.times_are, ..new.clone() } == *old
}

/// The computed columns that both have, with different expressions.
fn changed_columns(old: &Source, new: &Source) -> Vec<String> {
    let changed = new.files.columns.iter().filter(|(name, expression)| {
        old.files.columns.iter().any(|(known, before)| known == name && before != expression)
    });
    changed.map(|(name, _)| format!("`{name}`")).collect()
}

fn parses_differently(old: &Format, new: &Format) -> bool {
    matches!((old, new), (Format::Csv(_), Format::Csv(_))) && old != new
}

/// The history of a lookup of values, if it has one.
fn as_of(lookup: &Option<Lookup>) -> Option<&AsOf> {
    lookup.as_ref().and_then(|lookup| lookup.as_of.as_ref())
}

/// Whether two lookups of values have the same keys.
fn same_keys(old: Option<&Lookup>, new: Option<&Lookup>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => old.key == new.key,
        (None, None) => true,
        _ => false,
    }
}
