//! The visible rows, and the visible values of them: a policy's filter, bound to the fields of a whole snapshot.

use std::sync::Arc;

use clio_proto::{Code, FieldRef, Filter, Period, ServiceError};
use roaring::RoaringBitmap;
use tracing::warn;

use super::filter::{RowFilter, bind_test};
use super::one_value::values_of_groups;
use super::operators::{BoundTest, always};
use crate::snapshot::{Chunk, Field, Snapshot};

/// Binds the filter of a policy.
///
/// # Errors
///
/// [`Code::PermissionDenied`] if the snapshot does not have a field of the filter: then nothing is visible. Only the
/// log has the reason, since roles are not public.
pub(crate) fn bind_seen(fields: &[Arc<Field>], rows: &Filter) -> Result<RowFilter, ServiceError> {
    bind(fields, rows).map_err(|problem| {
        warn!(problem, "the rows of a role cannot be told of a snapshot, so that nobody sees any by it");
        let message = "which rows your roles show cannot be told of this snapshot; whoever keeps the roles finds the reason in \
                       the log of serving";
        ServiceError::new(Code::PermissionDenied, message)
    })
}

fn bind(fields: &[Arc<Field>], rows: &Filter) -> Result<RowFilter, String> {
    let all = |parts: &[Filter]| -> Result<Vec<RowFilter>, String> {
        parts.iter().map(|part| bind(fields, part)).collect()
    };
    Ok(match rows {
        Filter::And(parts) => RowFilter::And(all(parts)?),
        Filter::Or(parts) => RowFilter::Or(all(parts)?),
        Filter::Not(part) => RowFilter::Not(Box::new(bind(fields, part)?)),
        Filter::Field { field, test } => {
            let found =
                find(fields, field).ok_or_else(|| format!("there is no field `{field}`"))?;
            RowFilter::Test(bind_test(found, test).map_err(|error| error.message)?)
        }
    })
}

fn find<'f>(fields: &'f [Arc<Field>], reference: &FieldRef) -> Option<&'f Field> {
    fields.iter().map(|field| &**field).find(|field| field.reference == *reference)
}

/// The visible rows of a snapshot; `None` for all.
pub(crate) fn seen_rows(snapshot: &Snapshot) -> Result<Option<RowFilter>, ServiceError> {
    let Some(restriction) = &snapshot.restriction else { return Ok(None) };
    restriction.rows().map(|rows| bind_seen(restriction.whole(), rows)).transpose()
}

/// Restricts a filter to the visible rows.
pub(super) fn of_seen(
    snapshot: &Snapshot,
    filter: Option<RowFilter>,
) -> Result<Option<RowFilter>, ServiceError> {
    let filters: Vec<RowFilter> = seen_rows(snapshot)?.into_iter().chain(filter).collect();
    Ok(match filters.len() {
        0 | 1 => filters.into_iter().next(),
        _ => Some(RowFilter::And(filters)),
    })
}

/// A function that returns the visible rows of a chunk; `None` for all.
pub(super) fn seen_of(
    rows: Option<&RowFilter>,
) -> impl Fn(&Chunk, Period) -> Option<RoaringBitmap> + '_ {
    move |chunk, period| rows.map(|rows| rows.rows(chunk, period))
}

/// For an attribute that is a list, its visible values: those for which the filter can be true, taken one at a time.
/// `None` if the filter does not test it, and for other fields.
pub(crate) fn seen_of_list(rows: &Filter, field: &Field) -> Option<Vec<bool>> {
    field.is_list().then(|| values_of_groups(rows, field)).flatten()
}

/// The visible members of a multi-valued dimension, by code: those for which the filter can be true in a cell that
/// holds only that member, with its attributes and any values in other fields. If there is none, as under `allOf`, the
/// members that the filter asks for and does not exclude. `None` if the filter tests no field of the dimension; then
/// all are visible.
pub(crate) fn seen_members(
    fields: &[Arc<Field>],
    rows: &Filter,
    dimension: &str,
    n_members: usize,
) -> Option<Vec<bool>> {
    if !tests(rows, dimension) {
        return None;
    }
    let of = Of { fields, dimension, n_members };
    let alone = of.outcomes(rows).can_hold;
    if alone.iter().skip(1).any(|holds| *holds) {
        return Some(alone);
    }
    let mut named = Named { asked: vec![false; n_members], excluded: vec![false; n_members] };
    of.named(rows, true, &mut named);
    Some(
        named
            .asked
            .iter()
            .zip(named.excluded)
            .map(|(asked, excluded)| *asked && !excluded)
            .collect(),
    )
}

/// Whether a filter tests a dimension or an attribute of it.
fn tests(filter: &Filter, dimension: &str) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| tests(part, dimension)),
        Filter::Not(part) => tests(part, dimension),
        Filter::Field { field, .. } => field.dimension == dimension,
    }
}

/// A multi-valued dimension, evaluated per member.
struct Of<'a> {
    fields: &'a [Arc<Field>],
    dimension: &'a str,
    n_members: usize,
}

/// The possible outcomes of a filter in a cell that holds a single member, by code.
struct Outcomes {
    can_hold: Vec<bool>,
    can_fail: Vec<bool>,
}

/// The members that tests ask for or exclude.
struct Named {
    asked: Vec<bool>,
    excluded: Vec<bool>,
}

impl Of<'_> {
    fn outcomes(&self, filter: &Filter) -> Outcomes {
        let joined = |parts: &[Filter], is_and: bool| {
            let (mut can_hold, mut can_fail) =
                (vec![is_and; self.n_members], vec![!is_and; self.n_members]);
            for own in parts.iter().map(|part| self.outcomes(part)) {
                for code in 0..self.n_members {
                    if is_and {
                        can_hold[code] &= own.can_hold[code];
                        can_fail[code] |= own.can_fail[code];
                    } else {
                        can_hold[code] |= own.can_hold[code];
                        can_fail[code] &= own.can_fail[code];
                    }
                }
            }
            Outcomes { can_hold, can_fail }
        };
        match filter {
            Filter::And(parts) => joined(parts, true),
            Filter::Or(parts) => joined(parts, false),
            Filter::Not(part) => {
                let Outcomes { can_hold, can_fail } = self.outcomes(part);
                Outcomes { can_hold: can_fail, can_fail: can_hold }
            }
            Filter::Field { field, test } => {
                let own = find(self.fields, field).filter(|_| field.dimension == self.dimension);
                let Some(field) = own else {
                    // Either outcome is possible, except for tests that name nothing.
                    let always = always(test);
                    let can_hold = vec![always.unwrap_or(true); self.n_members];
                    return Outcomes {
                        can_hold,
                        can_fail: vec![!always.unwrap_or(false); self.n_members],
                    };
                };
                let test = BoundTest::new(test, field);
                let can_hold = self.of_each(field, |values| test.holds_of(values));
                let can_fail = can_hold.iter().map(|holds| !holds).collect();
                Outcomes { can_hold, can_fail }
            }
        }
    }

    /// Collects the members that the tests of a filter, or of its negation, name.
    fn named(&self, filter: &Filter, is_wanted: bool, named: &mut Named) {
        match filter {
            Filter::And(parts) | Filter::Or(parts) => {
                parts.iter().for_each(|part| self.named(part, is_wanted, named));
            }
            Filter::Not(part) => self.named(part, !is_wanted, named),
            Filter::Field { field, test } => {
                let own = find(self.fields, field).filter(|_| field.dimension == self.dimension);
                let Some(field) = own else { return };
                let test = BoundTest::new(test, field);
                let asks = test.excludes() != is_wanted;
                if !asks && test.is_lax() {
                    return;
                }
                let is_named =
                    |values: &[u32]| values.iter().any(|value| test.named()[*value as usize]);
                let of_test = self.of_each(field, is_named);
                let noted = if asks { &mut named.asked } else { &mut named.excluded };
                noted.iter_mut().zip(of_test).for_each(|(noted, own)| *noted |= own);
            }
        }
    }

    /// Evaluates a predicate on the values of each member; code 0 stands for no value and is evaluated as well.
    fn of_each(&self, field: &Field, holds: impl Fn(&[u32]) -> bool) -> Vec<bool> {
        let mut own = [0];
        let members = (0_u32..).take(self.n_members);
        let values = |member: u32, own: &mut [u32; 1]| match member {
            0 => holds(&[]),
            member => holds(field.values_of_member(member, own)),
        };
        members.map(|member| values(member, &mut own)).collect()
    }
}
