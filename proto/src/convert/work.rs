//! The work behind answers, to the wire and back.

use super::{duration_from_wire, duration_to_wire};
use crate::error::ServiceError;
use crate::query::{Work, WorkStep};
use crate::wire;

pub(super) fn work_to_wire(work: Work) -> wire::Work {
    let Work {
        n_files,
        n_cells,
        n_cells_selected,
        n_groups,
        n_estimates,
        n_unions,
        coupon_bytes,
        register_bytes,
        bucket_bytes,
        steps,
        is_cached,
    } = work;
    let step = |(step, elapsed): (WorkStep, _)| wire::WorkStep {
        step: step.as_str().to_owned(),
        elapsed: Some(duration_to_wire(elapsed)),
    };
    wire::Work {
        n_files,
        n_cells,
        n_cells_selected,
        n_groups,
        n_estimates,
        n_unions,
        coupon_bytes,
        register_bytes,
        bucket_bytes,
        steps: steps.into_iter().map(step).collect(),
        is_cached,
    }
}

pub(super) fn work_from_wire(work: wire::Work) -> Result<Work, ServiceError> {
    let wire::Work {
        n_files,
        n_cells,
        n_cells_selected,
        n_groups,
        n_estimates,
        n_unions,
        coupon_bytes,
        register_bytes,
        bucket_bytes,
        steps,
        is_cached,
    } = work;
    // A later version may have steps that are unknown here.
    let step = |wire::WorkStep { step, elapsed }| {
        let known = WorkStep::ALL.into_iter().find(|own| own.as_str() == step)?;
        Some(duration_from_wire(elapsed.unwrap_or_default()).map(|elapsed| (known, elapsed)))
    };
    Ok(Work {
        n_files,
        n_cells,
        n_cells_selected,
        n_groups,
        n_estimates,
        n_unions,
        coupon_bytes,
        register_bytes,
        bucket_bytes,
        steps: steps.into_iter().filter_map(step).collect::<Result<_, _>>()?,
        is_cached,
    })
}
