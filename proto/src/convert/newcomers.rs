//! New and returning people, to the wire and back.

use super::answer::{coverage_from_wire, coverage_to_wire, value_from_wire, value_to_wire};
use super::required;
use crate::error::ServiceError;
use crate::query::{LookBack, Newcomers};
use crate::wire;

pub(super) fn look_back_to_wire(look_back: LookBack) -> wire::LookBack {
    let LookBack { measure, n_days, coverage } = look_back;
    wire::LookBack { measure, days: n_days, coverage: Some(coverage_to_wire(coverage)) }
}

pub(super) fn look_back_from_wire(look_back: wire::LookBack) -> Result<LookBack, ServiceError> {
    let wire::LookBack { measure, days: n_days, coverage } = look_back;
    let coverage = coverage_from_wire(required("look_back.coverage", coverage)?)?;
    Ok(LookBack { measure, n_days, coverage })
}

pub(super) fn newcomers_to_wire(newcomers: Newcomers) -> wire::Newcomers {
    let Newcomers { fresh, returning, n_days_missing } = newcomers;
    let (fresh, returning) = (Some(value_to_wire(fresh)), Some(value_to_wire(returning)));
    wire::Newcomers { fresh, returning, n_days_missing }
}

pub(super) fn newcomers_from_wire(newcomers: wire::Newcomers) -> Result<Newcomers, ServiceError> {
    let wire::Newcomers { fresh, returning, n_days_missing } = newcomers;
    Ok(Newcomers {
        n_days_missing,
        fresh: value_from_wire(required("newcomers.fresh", fresh)?)?,
        returning: value_from_wire(required("newcomers.returning", returning)?)?,
    })
}
