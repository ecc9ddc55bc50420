//! The proposal, from samples of all tables.

use std::collections::BTreeSet;

use clio_proto::RESERVED_NAMES;
use url::Url;

use super::cast::{Cast, keys_of};
use super::choose::{choose, days};
use super::columns::{Column, Kind};
use super::joins::{Join, determines, looked_up, n_combinations};
use super::proposal::{
    Actions, Choice, Flag, FoundTable, Proposal, ProposedDimension, ProposedLookup, ProposedSource,
    Sum,
};
use super::roles::{self, Role, flag};
use super::sample::Sample;
use super::times::quoted;
use super::words;
use crate::error::{EtlError, ProposeError};
use crate::input::source::FILE_COLUMN;

/// A member that comes from a lookup of keys has at most so many others beside it.
const MAX_MEMBERS_OF_LOOKUP: usize = 200;
/// How long before an action something may have been shown, where nobody says.
const WITHIN: &str = "24h";

/// Makes the proposal; `left_out` says what else is not in it.
pub(super) fn draft(
    samples: &[Sample],
    left_out: Vec<String>,
    base: &Url,
) -> Result<Proposal, EtlError> {
    let Some(cast) = Cast::of(samples) else {
        let found = samples.iter().map(|sample| sample.name.clone()).chain(left_out);
        let tables = found.collect::<Vec<_>>().join(", ");
        return Err(ProposeError::NothingToPropose { tables }.into());
    };
    Ok(Draft::new(samples, cast, base, left_out).proposal())
}

struct Draft<'a> {
    samples: &'a [Sample],
    cast: Cast,
    base: &'a Url,
    events: &'a Sample,
    names: Names,
    left_out: Vec<String>,
}

impl<'a> Draft<'a> {
    fn new(samples: &'a [Sample], cast: Cast, base: &'a Url, left_out: Vec<String>) -> Self {
        let events = &samples[cast.events];
        Self { samples, cast, base, events, names: Names::default(), left_out }
    }

    fn proposal(mut self) -> Proposal {
        let times = roles::times(self.events);
        let flags = self.flags();
        let (people, person) = roles::people(self.events);
        let counted: Vec<String> = person.map(|index| people[index].clone()).unwrap_or_default();
        // What is shown is what is not acted on.
        let is_shown = !flags.is_empty() || words::is_shown(&self.events.name);
        let name = if is_shown { "impressions".to_owned() } else { self.events.name.clone() };
        let mut events = self.source(self.events, name);
        events.time = times.first().map(|time| time.sql.clone());
        let actions = self.actions(&events.name);
        self.take_names(&events.name, &flags, actions.as_ref());
        let mut taken: BTreeSet<String> = flags.iter().map(|(_, column)| column.clone()).collect();
        taken.extend(counted.iter().cloned());
        let (dimensions, lookups) = self.dimensions(&mut taken, &counted);
        let mut sums = self.sums(&events.name, &taken);
        if let Some(actions) = &actions {
            let sample = &self.samples[self.cast.actions.expect("actions come of a table")];
            let source = format!("credited_{}", actions.it.source.name);
            for column in &sample.columns {
                if self.events.column(&column.name).is_none()
                    && roles::role(column, sample) == Role::Amount
                {
                    sums.push(self.sum(column, &source));
                }
            }
        }
        let flags = flags.into_iter().map(|(it, _)| Choice { it, is_taken: true }).collect();
        for &(index, reason) in &self.cast.left_out {
            self.left_out.push(format!("table {}: {reason}", self.samples[index].name));
        }
        Proposal {
            name: self.dataset_name(),
            timezone: "UTC".to_owned(),
            tables: self.tables(&events.name),
            events,
            times,
            time: 0,
            flags,
            actions,
            lookups,
            dimensions,
            people,
            person,
            sums,
            left_out: self.left_out,
        }
    }

    /// Flags with their columns, one for each word.
    fn flags(&self) -> Vec<(Flag, String)> {
        let mut flags: Vec<(Flag, String)> = Vec::new();
        for column in &self.events.columns {
            if let Some(found) = flag(column)
                && flags.iter().all(|(other, _)| other.name != found.name)
            {
                flags.push((found, column.name.clone()));
            }
        }
        flags
    }

    /// What measures of counts and rates are called, no dimension or sum may be.
    fn take_names(
        &mut self,
        events: &str,
        flags: &[(Flag, String)],
        actions: Option<&Choice<Actions>>,
    ) {
        let of_flags = flags.iter().map(|(flag, _)| (flag.name.clone(), flag.people.clone()));
        let of_actions = actions.map(|it| (it.it.source.name.clone(), it.it.people.clone()));
        for (name, people) in of_flags.chain(of_actions) {
            self.names.take(&format!("{}_rate", name.strip_suffix('s').unwrap_or(&name)));
            self.names.take(&name);
            self.names.take(&people);
        }
        self.names.take(events);
        self.names.take("viewers");
        self.names.take(&format!("{events}_people"));
        self.names.take(words::action(events).map_or("viewers", |(_, people)| people));
    }

    /// After the folder that the events lie in.
    fn dataset_name(&self) -> String {
        let url = &self.events.found.url;
        let mut parts: Vec<_> =
            url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).collect();
        if !url.path().ends_with('/') || self.events.found.patterns.is_empty() && parts.len() > 1 {
            parts.pop();
        }
        words::name_of(parts.last().unwrap_or(&"events"))
    }

    fn tables(&self, events_name: &str) -> Vec<FoundTable> {
        let role = |index: usize| {
            if index == self.cast.events {
                "events".to_owned()
            } else if Some(index) == self.cast.actions {
                "what people did".to_owned()
            } else if let Some(join) = self.cast.joins.iter().find(|join| join.table == index) {
                let what = if join.is_unique { "describes" } else { "has sets for" };
                format!("{what} {}", join.on)
            } else {
                "left out".to_owned()
            }
        };
        let table = |(index, sample): (usize, &Sample)| FoundTable {
            name: if index == self.cast.events {
                events_name.to_owned()
            } else {
                sample.name.clone()
            },
            url: self.address(&sample.found.url),
            format: sample.found.format.as_str().to_owned(),
            n_files: sample.n_files,
            size_bytes: sample.size_bytes,
            n_rows: sample.n_rows,
            is_whole: sample.is_whole,
            role: role(index),
        };
        self.samples.iter().enumerate().map(table).collect()
    }

    /// From the model's folder, unless the way there leads over the root.
    fn address(&self, url: &Url) -> String {
        let is_near = |relative: &String| relative.matches("../").count() < 4;
        match self.base.make_relative(url).filter(is_near) {
            Some(relative) if relative.is_empty() => "./".to_owned(),
            Some(relative) => relative,
            None => url.to_string(),
        }
    }

    fn source(&self, sample: &Sample, name: String) -> ProposedSource {
        ProposedSource {
            name,
            url: self.address(&sample.found.url),
            patterns: sample.found.patterns.clone(),
            format: sample.found.format.clone(),
            nothing: sample.nothing.clone(),
            time: None,
            has_folders: sample.has_folders,
            n_files: sample.n_files,
            size_bytes: sample.size_bytes,
        }
    }

    fn actions(&self, events: &str) -> Option<Choice<Actions>> {
        let sample = &self.samples[self.cast.actions?];
        let (name, people) = match words::action(&sample.name) {
            Some((name, people)) if name != events => (name.to_owned(), people.to_owned()),
            _ => (sample.name.clone(), format!("{}_people", sample.name)),
        };
        let mut source = self.source(sample, name);
        source.time = roles::times(sample).first().map(|time| time.sql.clone());
        let keys = keys_of(self.events, sample);
        let it = Actions { source, keys, within: WITHIN.to_owned(), people };
        Some(Choice { it, is_taken: true })
    }

    /// Members of the events, the best described first, as many as do not make a cell of almost every event.
    fn dimensions(
        &mut self,
        taken: &mut BTreeSet<String>,
        counted: &[String],
    ) -> (Vec<Choice<ProposedDimension>>, Vec<ProposedLookup>) {
        let mut all: Vec<(ProposedDimension, Column)> = Vec::new();
        let mut lookups: Vec<(usize, ProposedLookup)> = Vec::new();
        for join in self.cast.joins.clone() {
            let lookup = &self.samples[join.table];
            let name = lookup.name.clone();
            if !lookups.iter().any(|(index, _)| *index == join.table) {
                lookups.push((join.table, self.lookup(&join)));
            }
            let column = self.events.column(&join.on_column);
            let Some(column) = column else { continue };
            let is_member = join.is_unique && !counted.contains(&join.on_column);
            if is_member {
                taken.insert(join.on_column.clone());
                let dimension = self.described(&join, column);
                all.push((dimension, column.clone()));
            } else {
                all.extend(self.members_of_lookup(&join, &name));
            }
        }
        for part in &self.events.parts {
            let place = 1 + all.iter().filter(|(it, _)| it.name.starts_with("file_part")).count();
            let name = self.names.free(&format!("file_part_{place}"));
            let mut dimension = plain_dimension(name, part.name.clone(), part);
            dimension.comment = format!("of the files' names; {}", examples(part));
            all.push((dimension, part.clone()));
        }
        all.extend(self.members(taken, &all));
        // What is described, what files are called after, sets, then whatever has few members.
        all.sort_by_key(|(dimension, _)| match dimension {
            ProposedDimension { described_by: Some(_), .. } => (0, 0),
            ProposedDimension { column, .. } if column.contains(FILE_COLUMN) => (1, 0),
            ProposedDimension { is_multi: true, .. } => (2, 0),
            ProposedDimension { n_members, .. } => (3, *n_members),
        });
        let mut choices = choose(all, days(self.events).as_ref(), self.events.n_rows);
        if choices.iter().all(|choice| !choice.is_taken) {
            // A model has one at least; every row has this.
            let name = self.names.free("file");
            let names = Column::computed(FILE_COLUMN.to_owned(), std::iter::once(None));
            let mut it = plain_dimension(name, FILE_COLUMN.to_owned(), &names);
            it.n_members = self.events.n_files;
            it.comment = "the files' names, since nothing else groups events".to_owned();
            choices.push(Choice { it, is_taken: true });
        }
        // A lookup of which nothing is taken costs nothing, and stays to be chosen from.
        (choices, lookups.into_iter().map(|(_, lookup)| lookup).collect())
    }

    /// What events say of themselves.
    fn members(
        &mut self,
        taken: &mut BTreeSet<String>,
        described: &[(ProposedDimension, Column)],
    ) -> Vec<(ProposedDimension, Column)> {
        let time_columns: Vec<String> = self
            .events
            .columns
            .iter()
            .filter(|column| matches!(column.kind, Kind::Time(_)))
            .map(|column| column.name.clone())
            .collect();
        let mut all = Vec::new();
        for column in &self.events.columns {
            if taken.contains(&column.name) || time_columns.first() == Some(&column.name) {
                continue;
            }
            // What its lookup says of an asset is known of it anyway.
            let is_described = described.iter().any(|(dimension, by)| {
                dimension.attributes.contains(&column.name) && determines(by, column)
            });
            match roles::role(column, self.events) {
                _ if is_described => {
                    self.left_out.push(format!("{}: an attribute says it", column.name));
                }
                Role::Member => {
                    taken.insert(column.name.clone());
                    let name = self.names.free(&words::without_key(&column.name));
                    let mut dimension = plain_dimension(name, column.name.clone(), column);
                    match column.kind {
                        Kind::List => dimension.is_multi = true,
                        Kind::Parts(sign) => {
                            dimension.is_multi = true;
                            dimension.column =
                                format!("string_to_array({}, '{sign}')", quoted(&column.name));
                        }
                        _ => {}
                    }
                    all.push((dimension, column.clone()));
                }
                Role::Amount => {}
                Role::LeftOut(reason) => self.left_out.push(format!("{}: {reason}", column.name)),
            }
        }
        all
    }

    fn lookup(&self, join: &Join) -> ProposedLookup {
        let sample = &self.samples[join.table];
        // A name of its own where the files' cannot be one in GraphQL, and lists out of texts.
        let computed = |column: &Column| match column.kind {
            Kind::Parts(sign) => {
                Some(format!("string_to_array({}, '{sign}')", quoted(&column.name)))
            }
            _ if column.name != words::name_of(&column.name) => Some(quoted(&column.name)),
            _ => None,
        };
        let columns = sample
            .columns
            .iter()
            .filter_map(|column| Some((words::name_of(&column.name), computed(column)?)))
            .collect();
        let comment = match join.is_unique {
            true => format!("one row for each {}", join.on_column),
            false => format!("several rows for a {}: it has a set of values", join.on_column),
        };
        let files = self.source(sample, sample.name.clone());
        ProposedLookup { files, key: join.key.clone(), columns, comment }
    }

    /// A member with what its lookup says of it.
    fn described(&mut self, join: &Join, column: &Column) -> ProposedDimension {
        let lookup = &self.samples[join.table];
        let name = self.names.free(&words::without_key(&column.name));
        let mut dimension = plain_dimension(name, join.on.clone(), column);
        // Numbered within a part of the files' names, there are as many as pairs.
        let part = self.events.parts.iter().find(|part| join.on.starts_with(part.name.as_str()));
        if let Some(part) = part {
            dimension.n_members = n_combinations(&[part, column]);
        }
        dimension.described_by = Some(lookup.name.clone());
        let is_label = |column: &&Column| {
            column.kind == Kind::Text
                && ["name", "title", "label"].contains(&words::name_of(&column.name).as_str())
        };
        let label = lookup.columns.iter().find(is_label);
        dimension.label = label.map(|column| words::name_of(&column.name));
        let media = lookup.columns.iter().find(|column| is_media(column));
        dimension.media = media.map(|column| words::name_of(&column.name));
        for column in &lookup.columns {
            let name = words::name_of(&column.name);
            let is_used = Some(&name) == dimension.label.as_ref()
                || Some(&name) == dimension.media.as_ref()
                || column.name == join.key_column;
            let is_shown = match column.kind {
                Kind::Text | Kind::Whole | Kind::Switch | Kind::List | Kind::Parts(_) => true,
                Kind::Fraction => words::is_summed(&column.name),
                _ => false,
            };
            // A name for both would be one field in GraphQL.
            if !is_used && is_shown && self.names.take(&format!("{}_{name}", dimension.name)) {
                dimension.attributes.push(name);
            }
        }
        let is_described = !dimension.attributes.is_empty()
            || dimension.label.is_some()
            || dimension.media.is_some();
        if !is_described {
            // A model may not name a lookup of which it takes nothing.
            dimension.described_by = None;
            dimension.comment = format!("table {} says nothing more of them", lookup.name);
        }
        dimension
    }

    /// Members that a lookup has of the key of an event: of a person, say.
    fn members_of_lookup(
        &mut self,
        join: &Join,
        lookup_name: &str,
    ) -> Vec<(ProposedDimension, Column)> {
        let lookup = &self.samples[join.table];
        let mut all = Vec::new();
        for column in &lookup.columns {
            let is_list = matches!(column.kind, Kind::List | Kind::Parts(_));
            let is_member = (is_list
                || matches!(column.kind, Kind::Text | Kind::Switch | Kind::Whole))
                && (2..=MAX_MEMBERS_OF_LOOKUP).contains(&column.n_members());
            if column.name == join.key_column || !is_member {
                continue;
            }
            let plain = words::without_key(&column.name);
            let name = match self.names.take(&plain) {
                true => plain,
                false => self.names.free(&format!("{}_{plain}", lookup.name.trim_end_matches('s'))),
            };
            let of_events = looked_up(self.events, lookup, join, column);
            let mut dimension = plain_dimension(name, words::name_of(&column.name), column);
            dimension.from = Some((lookup_name.to_owned(), join.on.clone()));
            dimension.is_multi = is_list || !join.is_unique;
            all.push((dimension, of_events));
        }
        all
    }

    fn sums(&mut self, source: &str, taken: &BTreeSet<String>) -> Vec<Choice<Sum>> {
        let mut sums = Vec::new();
        for column in &self.events.columns {
            if taken.contains(&column.name) || roles::role(column, self.events) != Role::Amount {
                continue;
            }
            sums.push(self.sum(column, source));
        }
        sums
    }

    fn sum(&mut self, column: &Column, source: &str) -> Choice<Sum> {
        let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
        let is_taken = column.known().all(is_number);
        let name = self.names.free(&words::name_of(&column.name));
        Choice { it: Sum { name, source: source.to_owned(), of: column.name.clone() }, is_taken }
    }
}

fn plain_dimension(name: String, column: String, of: &Column) -> ProposedDimension {
    ProposedDimension {
        name,
        column,
        n_members: of.n_members(),
        from: None,
        described_by: None,
        attributes: Vec::new(),
        label: None,
        media: None,
        is_multi: false,
        comment: String::new(),
    }
}

/// Some values of a column.
fn examples(column: &Column) -> String {
    let values: Vec<_> = column.known().take(3).collect();
    format!("such as {}", values.join(", "))
}

/// Whether all values are files that a page can show.
fn is_media(column: &Column) -> bool {
    let endings = [".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".mp4", ".webm"];
    let is_one =
        |text: &str| endings.iter().any(|ending| text.to_ascii_lowercase().ends_with(ending));
    column.kind == Kind::Text && column.n_different() > 0 && column.known().all(is_one)
}

/// Names that are taken, as GraphQL spells them.
#[derive(Debug, Default)]
struct Names(BTreeSet<String>);

impl Names {
    /// Takes a name, unless it is taken already or means something else.
    fn take(&mut self, name: &str) -> bool {
        !RESERVED_NAMES.contains(&name) && self.0.insert(name.replace('_', ""))
    }

    /// Takes a name, or one that is like it.
    fn free(&mut self, name: &str) -> String {
        if self.take(name) {
            return name.to_owned();
        }
        let mut number = 1;
        loop {
            let other =
                if number == 1 { format!("{name}_value") } else { format!("{name}_{number}") };
            if self.take(&other) {
                return other;
            }
            number += 1;
        }
    }
}
