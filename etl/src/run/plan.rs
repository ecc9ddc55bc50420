//! What a run would do, and why, from listings and the last commit alone.

mod far;
mod retired;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use clio_lake::{CELLS_TABLE, DayInputs, Digest, Recipe, SnapshotMetadata};
use clio_proto::{DayRange, Grain, Model, Period, RetiredDays, SnapshotId};
use jiff::Timestamp;
use jiff::civil::Date;

pub(crate) use far::far_days;
pub use retired::{MonthEffect, PlannedMonth};

use crate::config::{Config, Days};
use crate::engine;
use crate::error::{EtlError, PlanError};
use crate::input::inventory::Inventory;
use crate::input::left_out::LeftOut;
use crate::input::sweep::Sweep;
use crate::run::damaged::{Damaged, DamagedFile};
use crate::run::model_change::{Effect, ModelChange};
use clio_lake::{DeltaFolder, TableState};

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Plan {
    /// The snapshot that the lake holds; `None` if the lake does not exist yet.
    pub snapshot: Option<SnapshotId>,
    /// What the model means for the lake.
    pub model: ModelChange,
    /// The days that would be rebuilt, in order.
    pub days: Vec<PlannedDay>,
    /// Why all days would be rebuilt in one sweep, where files are not in folders by day; such a sweep may find further
    /// days.
    pub every_day: Vec<Reason>,
    /// Months, years and all time that would be folded again, at most.
    pub parents: Vec<String>,
    /// Days that would stay as they are.
    pub n_up_to_date: usize,
    /// Days of the lake whose files are gone: they stay as they are, too.
    pub days_without_files: Vec<Date>,
    /// Files that are not read, since their names do not end like those of the format.
    pub left_out: Vec<LeftOut>,
    /// Days, in the lake or to be made, that are years away from all others: more likely wrong times than events.
    pub far_days: Vec<Date>,
    /// The consequences of changed lookups that cells take values from.
    pub changed_lookups: Vec<ChangedLookup>,
    /// Retired months with days that are requested or out of date.
    pub retired_months: Vec<PlannedMonth>,
    /// What is damaged in the lake: a run rebuilds it, or says why it cannot.
    pub damaged: Vec<DamagedFile>,
    #[serde(skip)]
    pub(crate) sweeps: Vec<Sweep>,
    /// The retired months according to the lake.
    #[serde(skip)]
    pub(crate) retired: RetiredDays,
    /// Days of retired months whose files are gone, for a run over all days.
    #[serde(skip)]
    pub(crate) retired_without_files: Vec<Date>,
    /// Whether every file is in the folder of a day, so that there is a sweep for each day.
    #[serde(skip)]
    is_by_day: bool,
    /// Sources with a file outside of such folders.
    #[serde(skip)]
    pub(crate) sources_without_folders: BTreeSet<String>,
}

/// A day that would be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlannedDay {
    /// The day.
    pub day: Date,
    /// The reasons, at least one.
    pub reasons: Vec<Reason>,
}

/// More days than this rebuilt for a changed lookup deserve a warning: more than a week.
pub const MANY_DAYS: usize = 7;

/// The consequences of a changed lookup.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ChangedLookup {
    /// The lookup.
    pub lookup: String,
    /// The days of the lake that took values from another state of it: they are rebuilt, or, with `on_change =
    /// "new_days"`, stay as they are.
    pub n_days: usize,
    /// Whether they stay as they are.
    pub are_kept: bool,
}

impl ChangedLookup {
    /// Whether more than [`MANY_DAYS`] days would be rebuilt for it.
    pub fn is_costly(&self) -> bool {
        !self.are_kept && self.n_days > MANY_DAYS
    }
}

impl fmt::Display for ChangedLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lookup, n_days, are_kept } = self;
        let days = if *n_days == 1 { "1 day" } else { &format!("{n_days} days") };
        if *are_kept {
            return write!(
                f,
                "`{lookup}` changed: {days} keep what they were made with (`--all` rebuilds them)"
            );
        }
        write!(f, "`{lookup}` changed: {days} are rebuilt for it")?;
        if self.is_costly() {
            write!(
                f,
                "; if it changes often, give it a history (`as_of = \"day\"`), or let days keep what they \
                 were made with (`on_change = \"new_days\"`)"
            )?;
        }
        Ok(())
    }
}

/// Why a day would be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was requested.
    Asked,
    /// The lake has no such day.
    New,
    /// The lake does not say what the day was made of.
    Unknown,
    /// Files were added, removed or changed.
    Files,
    /// A lookup that cells take values from has changed.
    Lookup,
    /// The model makes different cells.
    Model,
    /// Its numbers were provisional, and its window has passed.
    Provisional,
    /// Its file in the lake is damaged.
    Damaged,
}

impl Reason {
    /// The reason in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Asked => "asked for",
            Self::New => "new",
            Self::Unknown => "the lake does not say what it was made of",
            Self::Files => "its files changed",
            Self::Lookup => "a lookup changed",
            Self::Model => "the model changed",
            Self::Provisional => "it was provisional, and its window has passed",
            Self::Damaged => "its file in the lake is damaged",
        }
    }
}

/// Says what a run would do, and why. Opens no file of a source and writes nothing; reads the files of the lake to
/// check them.
///
/// # Errors
///
/// Where sources, lookups or the lake cannot be listed. A model that the lake must refuse is not an error here: the
/// plan says so.
pub async fn plan(config: &Config, days: Days) -> Result<Plan, EtlError> {
    Box::pin(async {
        let ctx = engine::session(config.n_threads, config.memory_bytes)?;
        let cells = DeltaFolder::open(&config.lake, CELLS_TABLE)?;
        let state = cells.state().await?;
        let known = match &state {
            Some(state) => cells.metadata(state).await?,
            None => None,
        };
        let inventory = Inventory::list(&ctx, &config.model, &config.base, days).await?;
        let lake = (state.as_ref(), known.as_ref());
        let damaged = Damaged::look(config, &cells, lake.0, lake.1).await?;
        Ok(Plan::new(days, config.now, &config.model, &inventory, lake, &damaged))
    })
    .await
}

impl Plan {
    pub(crate) fn new(
        asked: Days,
        now: Timestamp,
        model: &Model,
        inventory: &Inventory,
        (state, known): (Option<&TableState>, Option<&SnapshotMetadata>),
        damaged: &Damaged,
    ) -> Self {
        let change = model_change(known, model);
        let in_lake: BTreeSet<Date> = state.map(days_in).unwrap_or_default();
        let none = DayInputs::default();
        let inputs = known.map_or(&none, |known| &known.inputs);
        let retired = known.map(|known| known.retired.clone()).unwrap_or_default();
        // While a window is open only changed files change numbers, and digests detect those.
        let is_settled = |day: &Date| inventory.settled_at(*day).is_none_or(|at| at <= now);
        let provisional = known.iter().flat_map(|known| known.provisional_days.iter().copied());
        let provisional: BTreeSet<Date> = provisional.filter(is_settled).collect();
        let (in_lake, provisional) = (&in_lake, &provisional);
        let damaged_days = damaged.days();
        let (retired_days, broken) = (&retired, &damaged_days);
        let look = Look { inventory, inputs, in_lake, retired: retired_days, provisional, broken };
        let is_by_day = inventory.is_by_day();
        let changed_lookups = look.changed_lookups();
        let digests = inventory.digests_by_day();
        let has_files = |day: &Date| !is_by_day || digests.contains_key(day);
        let mut found =
            if is_by_day { look.by_day(asked, &digests) } else { look.in_one_sweep(asked) };
        let retired_months = retired::settle(asked, &retired, |day| has_files(&day), &mut found);
        let rebuilt: BTreeSet<Date> = found.days.iter().map(|planned| planned.day).collect();
        let is_rebuilt = |day: &Date| !found.every_day.is_empty() || rebuilt.contains(day);
        let days = in_lake.union(&rebuilt).copied().collect();
        let today = now.to_zoned(model.timezone().clone()).date();
        Self {
            snapshot: state.map(|state| SnapshotId(state.version)),
            model: change,
            parents: if found.every_day.is_empty() {
                parents(&rebuilt, damaged)
            } else {
                let is_rebuilt = |it: &&PlannedMonth| it.effect == MonthEffect::Rebuilt;
                let months = retired_months.iter().filter(is_rebuilt).map(PlannedMonth::period);
                let days = months.flat_map(|month| retired.days_of(month));
                parents(&days.chain(in_lake.iter().copied()).collect(), damaged)
            },
            n_up_to_date: in_lake.iter().filter(|day| !is_rebuilt(day)).count(),
            days_without_files: found.without_files,
            far_days: far_days(&days, model, today),
            days: found.days,
            every_day: found.every_day,
            left_out: inventory.left_out(),
            changed_lookups,
            retired_months,
            damaged: damaged.listed(),
            sweeps: found.sweeps,
            retired_without_files: match asked {
                Days::Range(_) => Vec::new(),
                Days::All | Days::OutOfDate => {
                    retired.days().filter(|day| !has_files(day)).collect()
                }
            },
            retired,
            is_by_day,
            sources_without_folders: inventory.sources_without_folders(),
        }
    }

    /// Whether a run would rebuild a day, as far as is known before events are read.
    pub(crate) fn may_rebuild(&self, day: Date) -> bool {
        self.sweeps.iter().any(|sweep| sweep.days.contains(day))
    }

    /// Whether a run leaves no day as it is, so that the types of columns can be decided anew.
    pub(crate) fn makes_all_anew(&self, asked: Days) -> bool {
        asked == Days::All && self.days_without_files.is_empty() && self.retired.is_empty()
    }

    /// Whether nothing would be rebuilt.
    pub fn is_empty(&self) -> bool {
        self.sweeps.is_empty() && self.damaged.is_empty()
    }

    /// Rejects a model that would change the meaning of names in the lake.
    pub(crate) fn refuse_other_meaning(&self) -> Result<(), PlanError> {
        if self.model.effect < Effect::Refused {
            return Ok(());
        }
        Err(PlanError::OtherMeaning { differences: self.model.of(Effect::Refused) })
    }
}

/// The differences between the lake's model and a new one. An old model that does not parse is compared later, by the
/// shape of its cells alone.
fn model_change(known: Option<&SnapshotMetadata>, model: &Model) -> ModelChange {
    let Some(known) = known else { return ModelChange::none() };
    match Model::parse("the lake's model", &known.model) {
        Ok(old) => ModelChange::between(&old, model),
        Err(error) => {
            tracing::warn!(%error, "the lake's model cannot be read, cells are compared by their shape");
            ModelChange::none()
        }
    }
}

struct Look<'a> {
    inventory: &'a Inventory,
    inputs: &'a DayInputs,
    in_lake: &'a BTreeSet<Date>,
    retired: &'a RetiredDays,
    provisional: &'a BTreeSet<Date>,
    /// Days of the lake whose files are damaged.
    broken: &'a BTreeSet<Date>,
}

#[derive(Default)]
struct Found {
    days: Vec<PlannedDay>,
    every_day: Vec<Reason>,
    without_files: Vec<Date>,
    sweeps: Vec<Sweep>,
}

impl Look<'_> {
    fn by_day(&self, asked: Days, digests: &BTreeMap<Date, Digest>) -> Found {
        let mut found = Found::default();
        for sweep in self.inventory.sweeps(asked) {
            let Days::Range(range) = sweep.days else { continue };
            let day = range.first();
            let mut reasons = self.reasons(day, digests.get(&day).copied());
            if asked != Days::OutOfDate {
                reasons.insert(0, Reason::Asked);
            }
            if !reasons.is_empty() {
                found.days.push(PlannedDay { day, reasons });
                found.sweeps.push(sweep);
            }
        }
        let has_files = |day: &Date| digests.contains_key(day);
        match asked {
            // A requested day of the lake that is left without files is removed from the lake.
            Days::Range(range) => {
                let gone =
                    self.in_lake.iter().filter(|day| range.contains(**day) && !has_files(day));
                found
                    .days
                    .extend(gone.map(|day| PlannedDay { day: *day, reasons: vec![Reason::Asked] }));
                found.days.sort_by_key(|planned| planned.day);
            }
            Days::All | Days::OutOfDate => {
                found.without_files =
                    self.in_lake.iter().filter(|day| !has_files(day)).copied().collect();
            }
        }
        found
    }

    fn in_one_sweep(&self, asked: Days) -> Found {
        let sweep = Sweep { days: asked };
        let digest = self.inventory.digest(&sweep);
        if let Days::Range(range) = asked {
            let planned = |day| PlannedDay { day, reasons: vec![Reason::Asked] };
            let days = range.days().map(planned).collect();
            return Found { days, sweeps: vec![sweep], ..Found::default() };
        }
        let mut reasons = BTreeSet::new();
        match self.inputs.whole() {
            Some(whole) => self.compare(whole, digest, None, &mut reasons),
            None if self.in_lake.is_empty() && self.retired.is_empty() => {
                reasons.insert(Reason::New);
            }
            None => drop(reasons.insert(Reason::Unknown)),
        }
        let mut of_states = BTreeSet::new();
        for day in self.in_lake.iter().copied().chain(self.retired.days()) {
            let Some(known) = self.inputs.get(day) else { continue };
            let mut own = BTreeSet::new();
            self.compare(known, digest, Some(day), &mut own);
            // As long as the reason is a state of this day only, other days are not affected.
            let mut of_all = BTreeSet::new();
            self.compare(known, digest, None, &mut of_all);
            if own != of_all {
                of_states.insert(day);
            }
        }
        for day in self.in_lake {
            match self.inputs.get(*day) {
                Some(known) => self.compare(known, digest, None, &mut reasons),
                None => drop(reasons.insert(Reason::Unknown)),
            }
        }
        if !self.provisional.is_empty() {
            reasons.insert(Reason::Provisional);
        }
        if !self.broken.is_empty() {
            reasons.insert(Reason::Damaged);
        }
        if asked == Days::All {
            reasons.insert(Reason::Asked);
        }
        if !self.inventory.has_files(asked) {
            return Found::default();
        }
        if reasons.is_empty() {
            return of_single_days(&of_states);
        }
        let sweeps = vec![Sweep { days: Days::All }];
        Found { every_day: reasons.into_iter().collect(), sweeps, ..Found::default() }
    }

    fn reasons(&self, day: Date, digest: Option<Digest>) -> Vec<Reason> {
        let mut reasons = BTreeSet::new();
        match (self.inputs.get(day), digest) {
            (Some(known), Some(digest)) => {
                self.compare(known, digest, Some(day), &mut reasons);
            }
            _ if self.in_lake.contains(&day) || self.retired.contains(day) => {
                reasons.insert(Reason::Unknown);
            }
            _ => drop(reasons.insert(Reason::New)),
        }
        if self.provisional.contains(&day) {
            reasons.insert(Reason::Provisional);
        }
        if self.broken.contains(&day) {
            reasons.insert(Reason::Damaged);
        }
        reasons.into_iter().collect()
    }

    /// Compares the inputs of a day, or of all days at once, with the current ones.
    fn compare(
        &self,
        known: (&Recipe, Digest),
        digest: Digest,
        day: Option<Date>,
        reasons: &mut BTreeSet<Reason>,
    ) {
        let recipe = self.inventory.recipe();
        if known.1 != digest {
            reasons.insert(Reason::Files);
        }
        if known.0.cells != recipe.cells {
            reasons.insert(Reason::Model);
        } else {
            let changed = self.inventory.changed_lookups(known.0, day);
            if changed.iter().any(|lookup| !self.inventory.is_for_new_days(lookup)) {
                reasons.insert(Reason::Lookup);
            }
        }
    }

    /// The consequences of each changed lookup, over the days of the lake.
    fn changed_lookups(&self) -> Vec<ChangedLookup> {
        let mut n_days: BTreeMap<String, usize> = BTreeMap::new();
        for day in self.in_lake {
            let Some((known, _)) = self.inputs.get(*day) else { continue };
            if known.cells == self.inventory.recipe().cells {
                for lookup in self.inventory.changed_lookups(known, Some(*day)) {
                    *n_days.entry(lookup).or_default() += 1;
                }
            }
        }
        let changed = n_days.into_iter().map(|(lookup, n_days)| ChangedLookup {
            are_kept: self.inventory.is_for_new_days(&lookup),
            lookup,
            n_days,
        });
        changed.collect()
    }
}

/// Sweeps over files without folders that rebuild single days, since other states of lookups are in force on them: one
/// for each run of consecutive days in a month.
fn of_single_days(days: &BTreeSet<Date>) -> Found {
    let mut ranges: Vec<(Date, Date)> = Vec::new();
    for day in days {
        match ranges.last_mut() {
            Some((first, last))
                if last.tomorrow().ok() == Some(*day) && first.month() == day.month() =>
            {
                *last = *day;
            }
            _ => ranges.push((*day, *day)),
        }
    }
    let ranges = ranges.into_iter().filter_map(|(first, last)| DayRange::try_new(first, last));
    let planned = |day: &Date| PlannedDay { day: *day, reasons: vec![Reason::Lookup] };
    Found {
        days: days.iter().map(planned).collect(),
        sweeps: ranges.map(|range| Sweep { days: Days::Range(range) }).collect(),
        ..Found::default()
    }
}

/// The parents of some days, and damaged ones, by grain, then in order.
fn parents(days: &BTreeSet<Date>, damaged: &Damaged) -> Vec<String> {
    let mut by_grain: BTreeMap<Grain, BTreeSet<Period>> = BTreeMap::new();
    for grain in Grain::ABOVE_DAY {
        let of_days = days.iter().map(|day| Period::of(*day, grain));
        by_grain.insert(grain, of_days.chain(damaged.parents(grain)).collect());
    }
    by_grain.into_values().flatten().map(|period| period.to_string()).collect()
}

/// The days in a state of the lake.
pub(crate) fn days_in(state: &TableState) -> BTreeSet<Date> {
    state.files.iter().filter_map(|file| file.period?.day()).collect()
}
