//! Which files exist, before any is opened: what a day depends on, and the digest of that.

use std::collections::{BTreeMap, BTreeSet};

use clio_lake::{Digest, Recipe};
use clio_proto::{DimensionColumn, Lookup, Model, OnChange, Source};
use datafusion::prelude::SessionContext;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use url::Url;

use super::inputs::piece_days;
use super::sweep::Sweep;
use crate::config::Days;
use crate::error::{EtlError, TableName};
use crate::functions::is_utc;
use crate::input::enrich::History;
use crate::input::left_out::LeftOut;
use crate::input::reach::Reach;
use crate::input::source::{Listed, Piece};

/// The files of every source of a measure, and digests of the lookups' files that give cells values.
///
/// Costs a listing; no file is opened.
#[derive(Debug, Clone)]
pub(crate) struct Inventory {
    /// In the model's order.
    pub(crate) sources: Vec<ListedSource>,
    recipe: Recipe,
    /// The digest of the files of every lookup that may give cells values.
    lookups: BTreeMap<String, Digest>,
    /// Files in the folders of lookups that are not read.
    left_out_of_lookups: Vec<LeftOut>,
    /// The lookups with a history that dimensions take values from.
    histories: BTreeMap<String, History>,
    /// The lookups whose changes do not affect existing days.
    for_new_days: BTreeSet<String>,
    is_utc: bool,
    /// Where days begin.
    zone: TimeZone,
}

/// A source's files.
#[derive(Debug, Clone)]
pub(crate) struct ListedSource {
    pub(crate) listed: Listed,
    /// The files of what its events are credited to, if they are, and the window's reach.
    pub(crate) target: Option<(Listed, Reach)>,
}

impl Inventory {
    /// Lists the files that may hold events of the days.
    pub(crate) async fn list(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        days: Days,
    ) -> Result<Self, EtlError> {
        let is_utc = is_utc(model.timezone_name());
        let sources = list_sources(ctx, model, base, days).await?;
        let (mut lookups, mut histories) = (BTreeMap::new(), BTreeMap::new());
        let mut left_out_of_lookups = Vec::new();
        for lookup in model.lookups() {
            let name = TableName::Lookup(lookup.name.clone());
            let listed = Listed::list(ctx, name, &lookup.files, base, None).await?;
            left_out_of_lookups.extend(listed.left_out());
            lookups.insert(lookup.name.clone(), Digest::of(&listed.describe(&listed.pieces)));
            if lookup.as_of.is_some() {
                let history = History::open(ctx, model, lookup, listed).await?;
                histories.insert(lookup.name.clone(), history);
            }
        }
        let recipe = Recipe {
            cells: model.cells_fingerprint(),
            lookups: BTreeMap::new(),
            states: BTreeMap::new(),
        };
        let keeps_days = |own: &&Lookup| own.on_change == OnChange::NewDays;
        let for_new_days = model.lookups().iter().filter(keeps_days);
        let for_new_days = for_new_days.map(|lookup| lookup.name.clone()).collect();
        let mut inventory = Self {
            sources,
            recipe,
            lookups,
            left_out_of_lookups,
            histories,
            for_new_days,
            is_utc,
            zone: model.timezone().clone(),
        };
        for dimension in model.dimensions() {
            if let DimensionColumn::Lookup { lookup, .. } = &dimension.column {
                inventory.takes_from(lookup);
            }
        }
        if matches!(days, Days::Range(_)) && !inventory.is_by_day() {
            // Every day depends on all pieces, including those of other days.
            inventory.sources = list_sources(ctx, model, base, Days::All).await?;
        }
        Ok(inventory)
    }

    /// Notes that cells take values from a lookup.
    pub(crate) fn takes_from(&mut self, lookup: &str) {
        if self.histories.contains_key(lookup) {
            return;
        }
        if let Some(digest) = self.lookups.get(lookup) {
            self.recipe.lookups.insert(lookup.to_owned(), *digest);
        }
    }

    /// The lookups that cells took values from and that have changed since, optionally for a single day. With the same
    /// model they are the same lookups: only files tell which of them give keys of attribution, and those were read
    /// then.
    pub(crate) fn changed_lookups(&self, known: &Recipe, day: Option<Date>) -> BTreeSet<String> {
        let is_other =
            |(name, digest): &(&String, &Digest)| self.lookups.get(*name) != Some(*digest);
        let changed = known.lookups.iter().filter(is_other).map(|(name, _)| name);
        let new = self.recipe.lookups.keys().filter(|name| !known.lookups.contains_key(*name));
        let states = self.histories.iter().filter(|(name, history)| {
            day.is_some_and(|day| known.states.get(*name) != Some(&history.on(day)))
        });
        changed.chain(new).chain(states.map(|(name, _)| name)).cloned().collect()
    }

    /// The files that are skipped because of their names, each table once.
    pub(crate) fn left_out(&self) -> Vec<LeftOut> {
        let tables = self.sources.iter().flat_map(ListedSource::tables);
        let mut all: Vec<LeftOut> = Vec::new();
        for found in tables.filter_map(Listed::left_out).chain(self.left_out_of_lookups.clone()) {
            if !all.contains(&found) {
                all.push(found);
            }
        }
        all
    }

    /// Whether existing days keep what they took from a lookup when it changes.
    pub(crate) fn is_for_new_days(&self, lookup: &str) -> bool {
        self.for_new_days.contains(lookup)
    }

    /// The recipe of a sweep over many days, without the states of single days.
    pub(crate) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The recipe of a day's cells.
    pub(crate) fn recipe_of(&self, day: Date) -> Recipe {
        let states = self.histories.iter().map(|(name, history)| (name.clone(), history.on(day)));
        Recipe { states: states.collect(), ..self.recipe.clone() }
    }

    /// The lookups with a history, by name.
    pub(crate) fn histories(&self) -> &BTreeMap<String, History> {
        &self.histories
    }

    /// The states in force on the days of a sweep, as text.
    pub(crate) fn describe_states(&self, days: Days) -> String {
        let of = |history: &History| -> Vec<(Date, Option<Digest>)> {
            let first = match days {
                Days::Range(range) => Some(range.first()),
                Days::All | Days::OutOfDate => None,
            };
            let starts = history.starts().filter(|start| days.contains(*start));
            let all: BTreeSet<Date> = first.into_iter().chain(starts).collect();
            all.into_iter().map(|day| (day, history.on(day))).collect()
        };
        let states: BTreeMap<&String, _> =
            self.histories.iter().map(|(name, history)| (name, of(history))).collect();
        if states.is_empty() { String::new() } else { format!(" {states:?}") }
    }

    /// Whether every piece is filed under a day, so that one day can be read without the others.
    pub(crate) fn is_by_day(&self) -> bool {
        (0..self.sources.len()).all(|index| self.source_is_by_day(index))
    }

    pub(crate) fn source_is_by_day(&self, index: usize) -> bool {
        self.sources[index].tables().all(Listed::is_by_day)
    }

    /// The sources with a file outside of `dt=` folders: a run over some days reads all of their files, and counts only
    /// those days.
    pub(crate) fn sources_without_folders(&self) -> BTreeSet<String> {
        let name = |index: usize| match &self.sources[index].listed.name {
            TableName::Source(name) => Some(name.clone()),
            TableName::Lookup(_) => None,
        };
        let without = (0..self.sources.len()).filter(|index| !self.source_is_by_day(*index));
        without.filter_map(name).collect()
    }

    /// Whether there are files to read for the days.
    pub(crate) fn has_files(&self, days: Days) -> bool {
        let mut tables = self.sources.iter().flat_map(ListedSource::tables);
        tables.any(|listed| !self.pieces_of(&listed.pieces, listed.late_days(), days).is_empty())
    }

    /// Whether the events of a source are credited to others.
    pub(crate) fn is_credited(&self, source: &str) -> bool {
        let name = TableName::Source(source.to_owned());
        self.sources.iter().any(|source| source.listed.name == name && source.target.is_some())
    }

    /// The moment from which no future event changes a day; `None` where nothing is credited and no event is late, so
    /// that a day is complete as filed.
    pub(crate) fn settled_at(&self, day: Date) -> Option<Timestamp> {
        let of_source = |source: &ListedSource| {
            let reach = source.target.as_ref().map(|(_, reach)| reach);
            let late_days = source.tables().map(Listed::late_days).max().unwrap_or_default();
            if reach.is_none() && late_days == 0 {
                return None;
            }
            // The last day under which an event of the day, or one credited to it, may be filed.
            let last = reach.map_or(day, |reach| reach.last_day(day));
            let last = last.saturating_add(Span::new().days(late_days));
            let arrived = match late_days {
                0 => None,
                _ => last
                    .tomorrow()
                    .ok()?
                    .to_zoned(self.zone.clone())
                    .ok()
                    .map(|end| end.timestamp()),
            };
            arrived.max(reach.map(|reach| reach.settled_at(day)))
        };
        self.sources.iter().filter_map(of_source).max()
    }

    /// The sweeps over the events: one per day where every piece is filed under its day, otherwise a single one.
    pub(crate) fn sweeps(&self, days: Days) -> Vec<Sweep> {
        if !self.is_by_day() {
            return vec![Sweep { days }];
        }
        let slack = i32::from(!self.is_utc);
        let mut found = BTreeSet::new();
        for listed in self.sources.iter().flat_map(ListedSource::tables) {
            let around = -(slack + listed.late_days())..=slack;
            for day in listed.pieces.iter().filter_map(|file| file.day()) {
                let near = around.clone().map(|n| day.saturating_add(Span::new().days(n)));
                found.extend(near.filter(|day| days.contains(*day)));
            }
        }
        found.into_iter().map(|day| Sweep { days: Days::one(day) }).collect()
    }

    /// The files of a source that hold events of the days; for attributed events, those that may be credited to the
    /// days.
    pub(crate) fn pieces(&self, index: usize, sweep: &Sweep) -> Vec<Piece> {
        let source = &self.sources[index];
        let days = match &source.target {
            Some((_, reach)) => reach.event_days(sweep.days),
            None => sweep.days,
        };
        self.pieces_of(&source.listed.pieces, source.listed.late_days(), days)
    }

    /// The files of the targets of a source's events, as far as they affect the days.
    pub(crate) fn target_pieces(&self, index: usize, sweep: &Sweep) -> Vec<Piece> {
        let Some((listed, reach)) = &self.sources[index].target else { return Vec::new() };
        self.pieces_of(&listed.pieces, listed.late_days(), reach.target_days(sweep.days))
    }

    /// Those of some files that may hold events of the days, allowing for late events.
    pub(crate) fn pieces_of(&self, pieces: &[Piece], late_days: i32, days: Days) -> Vec<Piece> {
        let near = piece_days(days, self.is_utc, late_days);
        let is_near = |piece: &&Piece| match (piece.day(), &near) {
            (Some(day), Some(near)) => near.contains(&day),
            _ => true,
        };
        pieces.iter().filter(is_near).cloned().collect()
    }

    /// The digest of a sweep's files; where pieces are not filed by day, that of all files.
    pub(crate) fn digest(&self, sweep: &Sweep) -> Digest {
        let all = Sweep { days: Days::All };
        let sweep = if self.is_by_day() { sweep } else { &all };
        let mut text = String::new();
        for (index, source) in self.sources.iter().enumerate() {
            let mut add = |listed: &Listed, pieces: &[Piece]| {
                text += &format!("{}\n{}\n\n", listed.name, listed.describe(pieces));
            };
            add(&source.listed, &self.pieces(index, sweep));
            if let Some((listed, _)) = &source.target {
                add(listed, &self.target_pieces(index, sweep));
            }
        }
        Digest::of(&text)
    }

    /// The digest of all files, including those of lookups.
    pub(crate) fn digest_of_all(&self) -> Digest {
        // Any lookup may give keys of attribution: that depends on files, which are not opened here.
        let is_credited = self.sources.iter().any(|source| source.target.is_some());
        let mut lookups = if is_credited { &self.lookups } else { &self.recipe.lookups }.clone();
        for name in self.histories.keys() {
            lookups.extend(self.lookups.get(name).map(|digest| (name.clone(), *digest)));
        }
        let mut text = format!("{lookups:?}\n");
        for source in &self.sources {
            for listed in source.tables() {
                text += &format!("{}\n{}\n\n", listed.name, listed.describe(&listed.pieces));
            }
        }
        Digest::of(&text)
    }

    /// The digest of each sweep over one day.
    pub(crate) fn digests_by_day(&self) -> BTreeMap<Date, Digest> {
        let by_day = |sweep: Sweep| match sweep.days {
            Days::Range(range) => Some((range.first(), self.digest(&sweep))),
            Days::All | Days::OutOfDate => None,
        };
        if self.is_by_day() {
            self.sweeps(Days::All).into_iter().filter_map(by_day).collect()
        } else {
            BTreeMap::new()
        }
    }
}

impl ListedSource {
    /// All tables whose files are read for the source.
    fn tables(&self) -> impl Iterator<Item = &Listed> {
        std::iter::once(&self.listed).chain(self.target.iter().map(|(listed, _)| listed))
    }
}

async fn list_sources(
    ctx: &SessionContext,
    model: &Model,
    base: &Url,
    days: Days,
) -> Result<Vec<ListedSource>, EtlError> {
    let is_utc = is_utc(model.timezone_name());
    let list = async |source: &Source, days| {
        let name = TableName::Source(source.name.clone());
        let late_days = source.files.late_days.map_or(0, i32::from);
        let filed = piece_days(days, is_utc, late_days);
        Listed::list(ctx, name, &source.files, base, filed).await
    };
    let mut sources = Vec::new();
    for source in model.sources() {
        let is_measured = model.stored_measures().any(|m| m.kind.source() == Some(&source.name));
        if !is_measured {
            continue;
        }
        let listed = match &source.attribution {
            None => ListedSource { listed: list(source, days).await?, target: None },
            Some(attribution) => {
                let reach = Reach::new(model.timezone(), attribution.within);
                let to = model.source(&attribution.to).expect("a model's references resolve");
                let listed = list(source, reach.event_days(days)).await?;
                let target = list(to, reach.target_days(days)).await?;
                ListedSource { listed, target: Some((target, reach)) }
            }
        };
        sources.push(listed);
    }
    Ok(sources)
}
