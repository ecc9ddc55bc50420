//! Whether the mix of people explains a difference: the same comparison within strata, and standardised over them.
//!
//! A row that was shown in other countries than the other side has a different rate for that reason alone. Strata are
//! the members of each single-valued dimension that is not a key of the rows; a person counts once in each. The
//! dimension that changes the difference most is reported.

use std::sync::Arc;

use clio_proto::{Mix, ServiceError, Value, Verdict};
use clio_sketch::{Joint, SketchError};

use super::Clock;
use super::days::DayRow;
use super::gathered::{Asked, Gathered};
use super::groups::Groups;
use super::measures::Measures;
use super::scratch::Unions;
use super::side::Side;
use super::verdicts::{RowVerdicts, of_one_kind, rate_of};
use crate::plan::{OtherSide, Plan, PlanKey, RateOf};
use crate::snapshot::{Field, Snapshot};
use crate::verdict::{Standardised, Stratum, standardised};

/// The largest number of members of a dimension that are strata: with more, most of them have too few people to tell
/// anything.
const MAX_STRATA: usize = 1_000;

/// Adds to the verdicts of some rows how far the mix of people explains them; returns the work of uniting. Rows that
/// are compared with the rest get nothing.
pub(super) fn mixes(
    asked: Asked<'_>,
    has_fields: bool,
    rows: &[DayRow],
    verdicts: &mut RowVerdicts,
    work: &mut Clock,
) -> Result<Unions, ServiceError> {
    let mut unions = Unions::default();
    if verdicts.iter().flatten().all(Option::is_none) {
        return Ok(unions);
    }
    let Some(by_day) = &asked.plan.by_day else { return Ok(unions) };
    let (other_days, member) = match (&asked.plan.compare, &by_day.other_days) {
        (Some(OtherSide::Days(_)), Some(days)) => (Some(days), None),
        (Some(OtherSide::Member { key, code }), _) => (None, Some((*key, *code))),
        (
            Some(
                OtherSide::Days(_)
                | OtherSide::Rest { .. }
                | OtherSide::Whole { .. }
                | OtherSide::Snapshot(_),
            )
            | None,
            _,
        ) => return Ok(unions),
    };
    if asked.plan.withholding.is_some() {
        // Strata are groups that may be small, and so are the members that only one side has.
        return Ok(unions);
    }
    for field in strata(asked.snapshot, asked.plan) {
        let Asked { snapshot, limits, cancel, .. } = asked;
        let n_threads = limits.n_threads_per_query;
        let Some(plan) = asked.plan.over_strata(&by_day.days, has_fields, &field) else { continue };
        let Gathered { batches, steps: _, groups, sums } =
            Gathered::new(Asked { plan: &plan, ..asked }, work)?;
        let mut measures =
            Measures::new(snapshot, &plan, &batches, &groups, sums, n_threads, cancel);
        // For other days; without them the other side is among the same groups.
        let other_plan =
            other_days.and_then(|days| asked.plan.over_strata(days, has_fields, &field));
        if other_days.is_some() && other_plan.is_none() {
            continue;
        }
        let other_plan = other_plan.as_ref().unwrap_or(&plan);
        let other_steps = Asked { plan: other_plan, ..asked };
        let other = match other_days {
            Some(_) => Gathered::new(other_steps, work)?,
            None => Gathered::none(other_steps),
        };
        let Gathered { batches: other_batches, steps: _, groups: other_groups, sums: other_sums } =
            other;
        let mut others = Measures::new(
            snapshot,
            other_plan,
            &other_batches,
            &other_groups,
            other_sums,
            n_threads,
            cancel,
        );
        let n_strata = u32::try_from(field.texts().n_codes()).unwrap_or(u32::MAX);
        for (row, verdicts) in rows.iter().zip(verdicts.iter_mut()) {
            if verdicts.iter().all(Option::is_none) {
                continue;
            }
            let mut sides = Vec::new();
            for stratum in 0..n_strata {
                let mut codes = row.fields.clone();
                codes.push(stratum);
                let side = side_of(&groups, &mut measures, &codes)?;
                let beside = match member {
                    None => side_of(&other_groups, &mut others, &codes)?,
                    Some((key, code)) => {
                        codes[key] = code;
                        side_of(&groups, &mut measures, &codes)?
                    }
                };
                sides.push((side, beside));
            }
            add(asked.plan, &field, &sides, verdicts).map_err(of_one_kind)?;
        }
        unions += measures.unions();
        unions += others.unions();
    }
    Ok(unions)
}

/// The dimensions that divide people into strata.
fn strata(snapshot: &Snapshot, plan: &Plan) -> Vec<Arc<Field>> {
    let is_key = |field: &Field| {
        plan.keys.iter().any(|key| match key {
            // The same age means other members, and so another mix.
            PlanKey::Time | PlanKey::Age(_) => false,
            PlanKey::Field { field: own, .. } => own.dimension == field.dimension,
        })
    };
    let is_one = |field: &&Arc<Field>| {
        let n_members = field.n_values_seen();
        let is_dimension = field.reference.attribute.is_none();
        is_dimension && !field.multi && !is_key(field) && (2..=MAX_STRATA).contains(&n_members)
    };
    snapshot.fields.iter().filter(is_one).cloned().collect()
}

fn side_of(
    groups: &Groups<'_>,
    measures: &mut Measures<'_>,
    codes: &[u32],
) -> Result<Option<Side>, ServiceError> {
    groups.find(codes).map(|group| measures.side(group)).transpose()
}

/// Reports a dimension in the verdicts of a row if it changes the difference more than the previous ones.
fn add(
    plan: &Plan,
    field: &Field,
    sides: &[(Option<Side>, Option<Side>)],
    verdicts: &mut [Option<Verdict>],
) -> Result<(), SketchError> {
    for ((rate, output), verdict) in plan.rates.iter().zip(&plan.outputs).zip(verdicts) {
        let (RateOf::People { whole, .. }, Some(verdict)) = (rate, verdict) else { continue };
        let mut strata = Vec::with_capacity(sides.len());
        for (own, other) in sides {
            let of =
                |side: &Option<Side>| side.as_ref().and_then(|side| rate_of(output, *whole, side));
            let sketch =
                |side: &Option<Side>| side.as_ref().and_then(|side| side.sketch(*whole).cloned());
            let both = match (sketch(own), sketch(other)) {
                (Some(own), Some(other)) => Joint::of(&own, &other)?.both.upper,
                _ => 0.0,
            };
            strata.push(Stratum { own: of(own), other: of(other), both });
        }
        let Some(found) = standardised(&strata) else { continue };
        let Standardised { raw, difference, half_width, without_counterpart, is_reversed } = found;
        let changes = |mix: &Mix| (mix.raw - mix.difference.value.unwrap_or(mix.raw)).abs();
        if verdict.mix.as_ref().is_some_and(|mix| changes(mix) >= (raw - difference).abs()) {
            continue;
        }
        let is_less = raw * difference < 0.0 || difference.abs() <= raw.abs() / 2.0;
        verdict.mix = Some(Mix {
            field: field.reference.clone(),
            raw,
            difference: Value::estimate(
                difference,
                difference - half_width,
                difference + half_width,
                false,
            ),
            without_counterpart,
            explains: verdict.word.says_a_difference() && is_less,
            is_reversed,
        });
    }
    Ok(())
}
