//! One query, from its names to its answer.

use std::sync::Arc;
use std::time::Instant;

use clio_proto::{Answer, LookBack, Query, ServiceError, WorkStep};
use tracing::debug;

use crate::aggregate::{self, Cancel, Clock};
use crate::config::Limits;
use crate::plan::{self, OtherSide};
use crate::snapshot::Snapshot;
use crate::turn::Turn;

/// Answers a query, which begins where it says itself, from a snapshot, given the one that it is compared with;
/// computes, so it belongs on a thread that may block.
pub(crate) fn answer(
    snapshot: &Snapshot,
    beside: Option<&Arc<Snapshot>>,
    query: Query,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Answer, ServiceError> {
    let started = Instant::now();
    let mut clock = Clock::start();
    let turn = Turn::new(&query, None)?;
    let plan = plan::bind(snapshot, &query, limits, beside)?;
    clock.took(WorkStep::Bind);
    let grouped = aggregate::run(snapshot, &plan, limits, cancel, clock)?;
    let elapsed = started.elapsed();
    debug!(
        snapshot = snapshot.info.id.0,
        n_periods = plan.coverage.periods.len(),
        n_groups = grouped.n_groups,
        n_rows = grouped.rows.len(),
        elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "query answered"
    );
    let end = turn.end(&query, &snapshot.info, grouped.rows.len())?;
    Ok(Answer {
        snapshot: snapshot.info.clone(),
        end,
        group_by: query.group_by,
        measures: query.measures,
        rows: grouped.rows,
        total: grouped.total,
        others: grouped.others,
        reach: grouped.reach,
        test: grouped.test,
        n_groups: grouped.n_groups as u64,
        overlapping: plan.overlapping,
        coverage: plan.coverage,
        compared_coverage: plan.compare.and_then(OtherSide::into_coverage),
        look_back: plan.look_back.map(|look_back| LookBack {
            measure: look_back.measure.1,
            n_days: look_back.n_days,
            coverage: look_back.plan.coverage,
        }),
        notices: plan.notices,
        n_notices: plan.n_notices,
        withheld: grouped.withheld,
        elapsed,
        // It would reveal how many cells and people there are.
        work: grouped.withheld.is_none().then_some(grouped.work),
    })
}
