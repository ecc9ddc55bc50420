//! The part of a lake that a service holds.

use std::sync::Arc;

use super::{invalid, optional_date, optional_date_to_text};
use crate::error::ServiceError;
use crate::field::FieldRef;
use crate::projection::{KeptValues, Projection, Since};
use crate::wire;

pub(super) fn projection_to_wire(projection: &Projection) -> wire::Projection {
    let Projection { only, since, without, first_day } = projection;
    let kept = |KeptValues { field, values }: &KeptValues| wire::KeptValues {
        field: field.to_string(),
        values: values.clone(),
    };
    wire::Projection {
        only: only.iter().map(kept).collect(),
        since: since.map_or_else(String::new, |since| since.to_string()),
        first_day: optional_date_to_text(*first_day),
        without: without.clone(),
    }
}

pub(super) fn projection_from_wire(
    projection: Option<wire::Projection>,
) -> Result<Option<Arc<Projection>>, ServiceError> {
    let Some(wire::Projection { only, since, first_day, without }) = projection else {
        return Ok(None);
    };
    let kept =
        |wire::KeptValues { field, values }| KeptValues { field: FieldRef::parse(&field), values };
    let since = match since.as_str() {
        "" => None,
        text => Some(text.parse::<Since>().map_err(|error| invalid("projection.since", error))?),
    };
    Ok(Some(Arc::new(Projection {
        only: only.into_iter().map(kept).collect(),
        since,
        first_day: optional_date("projection.first_day", &first_day)?,
        without,
    })))
}
