//! What rows reach together, to the wire and back.

use super::answer::{value_from_wire, value_to_wire};
use super::required;
use crate::error::ServiceError;
use crate::query::{Overlap, Reach, ReachStep};
use crate::wire;

pub(super) fn reach_to_wire(reach: Reach) -> wire::Reach {
    let Reach { measure, deduplicated, steps, overlaps } = reach;
    let step = |step: ReachStep| wire::ReachStep {
        row: step.row,
        incremental: Some(value_to_wire(step.incremental)),
        alone: Some(value_to_wire(step.alone)),
        cumulative: Some(value_to_wire(step.cumulative)),
    };
    let overlap = |overlap: Overlap| wire::Overlap {
        left: overlap.left,
        right: overlap.right,
        both: Some(value_to_wire(overlap.both)),
        jaccard: Some(value_to_wire(overlap.jaccard)),
    };
    wire::Reach {
        measure,
        deduplicated: Some(value_to_wire(deduplicated)),
        steps: steps.into_iter().map(step).collect(),
        overlaps: overlaps.into_iter().map(overlap).collect(),
    }
}

pub(super) fn reach_from_wire(reach: wire::Reach) -> Result<Reach, ServiceError> {
    let value = |field: &str, value| value_from_wire(required(field, value)?);
    let wire::Reach { measure, deduplicated, steps, overlaps } = reach;
    let step = |step: wire::ReachStep| {
        Ok(ReachStep {
            row: step.row,
            incremental: value("reach.steps.incremental", step.incremental)?,
            alone: value("reach.steps.alone", step.alone)?,
            cumulative: value("reach.steps.cumulative", step.cumulative)?,
        })
    };
    let overlap = |overlap: wire::Overlap| {
        Ok(Overlap {
            left: overlap.left,
            right: overlap.right,
            both: value("reach.overlaps.both", overlap.both)?,
            jaccard: value("reach.overlaps.jaccard", overlap.jaccard)?,
        })
    };
    Ok(Reach {
        measure,
        deduplicated: value("reach.deduplicated", deduplicated)?,
        steps: steps.into_iter().map(step).collect::<Result<_, ServiceError>>()?,
        overlaps: overlaps.into_iter().map(overlap).collect::<Result<_, ServiceError>>()?,
    })
}
