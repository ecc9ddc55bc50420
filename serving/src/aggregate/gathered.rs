//! The rows that a plan selects, grouped and added up.

use clio_proto::ServiceError;

use super::batch::Batch;
use super::groups::Groups;
use super::sums::Sums;
use super::{Cancel, Clock};
use crate::config::Limits;
use crate::plan::Plan;
use crate::snapshot::Snapshot;

/// What a plan is executed with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) plan: &'a Plan,
    pub(super) limits: &'a Limits,
    pub(super) cancel: &'a Cancel,
}

/// The cells of a plan.
#[derive(Debug)]
pub(super) struct Gathered<'a> {
    pub(super) batches: Vec<Batch<'a>>,
    /// The step of time of each batch.
    pub(super) steps: Vec<u32>,
    pub(super) groups: Groups<'a>,
    pub(super) sums: Sums,
}

/// The cells of a plan by group, while they are added up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) batches: &'a [Batch<'a>],
    /// The step of time of each batch.
    pub(super) steps: &'a [u32],
    pub(super) groups: &'a Groups<'a>,
}

impl<'a> Gathered<'a> {
    /// Before anything is selected.
    pub(super) fn none(asked: Asked<'a>) -> Self {
        let Asked { snapshot, plan, limits, cancel: _ } = asked;
        Self {
            batches: Vec::new(),
            steps: Vec::new(),
            groups: Groups::new(plan, limits),
            sums: Sums::new(snapshot, plan),
        }
    }

    pub(super) fn new(asked: Asked<'a>, work: &mut Clock) -> Result<Self, ServiceError> {
        let Asked { snapshot, plan, limits: _, cancel } = asked;
        let mut gathered = Self::none(asked);
        let dimensions = plan.dimensions(snapshot);
        for (step, at) in plan.steps.iter().zip(0_u32..) {
            let files = |period| snapshot.chunks.get(period).into_iter().flatten();
            let files =
                step.periods.iter().flat_map(|own| files(own).map(move |file| (*own, file)));
            for (period, chunk) in files {
                cancel.check()?;
                let chunk = dimensions.map_or(&**chunk, |asked| chunk.narrowest(asked));
                work.read(chunk);
                let filter = plan.filter.as_ref();
                let Some(batch) = Batch::select(chunk, period, filter) else { continue };
                work.selected(&batch);
                gathered.groups.add(at, &batch)?;
                gathered.sums.add(&batch, &gathered.groups);
                gathered.batches.push(batch);
                gathered.steps.push(at);
            }
        }
        Ok(gathered)
    }
}
