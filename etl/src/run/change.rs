//! What a run changes in the lake, and what it must not change.

use std::collections::{BTreeMap, BTreeSet};

use clio_lake::{DayInputs, ShapeDifference, SnapshotMetadata, differences, files_by_period};
use clio_proto::Period;
use datafusion::arrow::datatypes::DataType;
use jiff::civil::Date;

use crate::cells::{CellShape, Periods};
use crate::config::Days;
use crate::error::{Conflict, PlanError};
use crate::input::columns::Columns;
use crate::input::inventory::Inventory;
use crate::run::model_change::Effect;
use crate::run::plan::{Plan, days_in};
use clio_lake::{Change, LakeFile, Purpose, TableState};

/// Whether the lake's newest snapshot already says the same.
pub(super) fn is_unchanged(
    known: Option<&SnapshotMetadata>,
    days: &Periods,
    parents: &Periods,
    metadata: &SnapshotMetadata,
) -> bool {
    let has_changed = days.values().chain(parents.values()).any(|rebuilt| rebuilt.is_changed);
    !has_changed
        && known.is_some_and(|known| {
            known.lookups == metadata.lookups
                && known.model == metadata.model
                && known.inputs == metadata.inputs
                && known.provisional_days == metadata.provisional_days
                && known.rows_unattributed == metadata.rows_unattributed
                && known.retired == metadata.retired
                && known.first_days == metadata.first_days
                && known.columns == metadata.columns
        })
}

/// Leaves out days that another run has made of the same files by the same recipe in the meantime.
pub(super) fn without_twins(
    mut days: Periods,
    known: Option<&SnapshotMetadata>,
    made_of: &DayInputs,
) -> Periods {
    let Some(known) = known else { return days };
    days.retain(|period, _| {
        let made = |inputs: &DayInputs| {
            let made = inputs.get(period.day()?);
            made.map(|(recipe, digest)| (recipe.clone(), digest))
        };
        made(made_of).is_none() || made(made_of) != made(&known.inputs)
    });
    days
}

/// The inputs of the snapshot's days: for rebuilt days what was listed, for the others their previous inputs.
pub(super) fn made_of(
    known: Option<&SnapshotMetadata>,
    inventory: &Inventory,
    plan: &Plan,
    asked: Days,
    days: &Periods,
) -> DayInputs {
    let mut made_of = known.map(|known| known.inputs.clone()).unwrap_or_default();
    for (period, rebuilt) in days {
        if let (Some(day), None) = (period.day(), &rebuilt.file) {
            made_of.remove(day);
        }
    }
    for sweep in &plan.sweeps {
        let digest = inventory.digest(sweep);
        match sweep.days {
            Days::Range(range) if inventory.is_by_day() => {
                made_of.set(range.first(), inventory.recipe_of(range.first()), digest);
            }
            _ => {
                let present = days.iter().filter(|(_, rebuilt)| rebuilt.file.is_some());
                let present = present.filter_map(|(period, _)| period.day());
                for day in present.filter(|day| sweep.days.contains(*day)) {
                    made_of.set(day, inventory.recipe_of(day), digest);
                }
                if !matches!(asked, Days::Range(_)) {
                    made_of.set_whole(inventory.recipe().clone(), digest);
                }
            }
        }
    }
    made_of
}

pub(super) fn bytes_of(files: &[LakeFile]) -> u64 {
    files.iter().map(|file| file.size_bytes).sum()
}

/// The files removed and added: those of rebuilt periods whose bytes differ.
pub(super) fn change(
    state: Option<&TableState>,
    days: &Periods,
    parents: &Periods,
    metadata: SnapshotMetadata,
) -> Change {
    let changed = || days.iter().chain(parents).filter(|(_, rebuilt)| rebuilt.is_changed);
    let leaving: BTreeSet<Period> = changed().map(|(period, _)| *period).collect();
    let leaves = |file: &&LakeFile| file.period.is_some_and(|period| leaving.contains(&period));
    Change {
        added: changed().filter_map(|(_, rebuilt)| rebuilt.file.clone()).collect(),
        removed: state.iter().flat_map(|state| &state.files).filter(leaves).cloned().collect(),
        metadata: Some(metadata),
        purpose: Purpose::Writes,
    }
}

/// The sums that the lake holds as integers and that no longer are. Where months are retired their files cannot be
/// converted, since their days are gone.
pub(super) fn wider_sums(state: &TableState, shape: &CellShape, plan: &Plan) -> Vec<String> {
    if !plan.retired.is_empty() {
        return Vec::new();
    }
    let is_whole = |name: &str| {
        let field = state.schema.field_with_name(name);
        field.is_ok_and(|field| *field.data_type() == DataType::Int64)
    };
    let floats = shape.measures.iter().filter(|measure| measure.rules.is_rounded());
    floats.map(|measure| measure.name.clone()).filter(|name| is_whole(name)).collect()
}

/// Rejects cells that do not match those of the lake, unless every day of the lake is rebuilt.
pub(super) fn refuse_other_cells(
    state: Option<&TableState>,
    shape: &CellShape,
    plan: &Plan,
    is_rebuilt: impl Fn(Date) -> bool,
) -> Result<(), PlanError> {
    let Some(state) = state else { return Ok(()) };
    let differences = differences(&state.schema, &shape.table_schema);
    let wider = wider_sums(state, shape, plan);
    let is_wider = |own: &ShapeDifference| {
        wider.iter().any(|name| own.what.starts_with(&format!("`{name}` was ")))
    };
    let mut differences: Vec<String> = differences
        .into_iter()
        .filter(|own| !own.is_compatible && !is_wider(own))
        .map(|own| own.what)
        .collect();
    // Cells of the same shape may still have another meaning, for instance if days begin at another time.
    if differences.is_empty() {
        differences = plan.model.of(Effect::Rebuild);
    }
    let mut days = days_in(state);
    days.extend(plan.retired.days());
    if differences.is_empty() || days.iter().all(|day| is_rebuilt(*day)) {
        return Ok(());
    }
    let gone: BTreeSet<Date> =
        plan.days_without_files.iter().chain(&plan.retired_without_files).copied().collect();
    let without_files = gone.into_iter().collect();
    let retired = days.first().copied().zip(days.last().copied());
    let retired = retired.filter(|_| plan.retired.days().any(|day| !is_rebuilt(day)));
    Err(PlanError::CellsDiffer { differences, n_days: days.len(), without_files, retired })
}

/// The lake before a run, and after another run's commit.
pub(super) struct Overtaken<'a> {
    pub(super) before: (Option<&'a TableState>, Option<&'a SnapshotMetadata>),
    pub(super) after: (Option<&'a TableState>, Option<&'a SnapshotMetadata>),
}

/// Refuses to commit over a run that has changed the same days, retired their months, or changed the shape of
/// cells in the meantime.
pub(super) fn refuse_conflict(
    lake: &Overtaken<'_>,
    shape: &CellShape,
    days: &Periods,
    columns: &Columns,
) -> Result<(), Conflict> {
    let (before, after) = (lake.before.0, lake.after.0);
    let (old, new) = (files_by_period(before), files_by_period(after));
    let is_retired = |known: Option<&SnapshotMetadata>, day| {
        known.is_some_and(|known| known.retired.has_month(day))
    };
    // A day that is new to the lake has no file before or after, whether or not its month is retired.
    let is_other = |day| is_retired(lake.before.1, day) != is_retired(lake.after.1, day);
    let both = days
        .keys()
        .filter(|period| old.get(period) != new.get(period) || period.day().is_some_and(is_other));
    let both: Vec<Date> = both.filter_map(|period| period.day()).collect();
    let is_other_shape =
        after.is_some_and(|after| !differences(&after.schema, &shape.table_schema).is_empty());
    // Both runs were the first to see a column, and took its values for different types.
    let newly_known = lake.after.1.map(|known| &known.columns);
    let is_other_shape = is_other_shape || columns.conflict(newly_known).is_some();
    if both.is_empty() && !is_other_shape {
        return Ok(());
    }
    let version = after.map(|after| after.version).unwrap_or_default();
    let days =
        if is_other_shape { days.keys().filter_map(|period| period.day()).collect() } else { both };
    Err(Conflict { days, version })
}

/// The rebuilt days before a lookup's first state, by lookup.
pub(super) fn days_without_state(
    inputs: &DayInputs,
    days: &Periods,
) -> BTreeMap<String, Vec<Date>> {
    let mut found: BTreeMap<String, Vec<Date>> = BTreeMap::new();
    let present = days.iter().filter(|(_, rebuilt)| rebuilt.file.is_some());
    for day in present.filter_map(|(period, _)| period.day()) {
        let states = inputs.get(day).map(|(recipe, _)| &recipe.states);
        for (lookup, _) in states.into_iter().flatten().filter(|(_, state)| state.is_none()) {
            found.entry(lookup.clone()).or_default().push(day);
        }
    }
    found
}
