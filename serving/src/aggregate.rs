//! From a plan to rows: select, group, add up, unite, estimate, order.
//!
//! ```text
//! for each step, period and file   rows left by the filter ─▶ group ids (groups.rs)
//!                                  counts and sums are added at once (sums.rs)
//!                                  each (file, row) is noted with its group
//! then, group by group             the sketches of its rows are united in one scratch and
//!                                  estimated (estimates.rs)
//! ```
//!
//! Sketches are united group by group, not row by row, so that a query with a hundred thousand groups
//! needs one scratch of some KiB, not a hundred thousand; and only those groups are estimated that the
//! order or the page asks for.

mod batch;
mod estimates;
mod groups;
mod measures;
mod order;
mod scratch;
mod sums;

use std::sync::atomic::{AtomicBool, Ordering};

use clio_proto::{Code, Key, Row, ServiceError, Value};

use crate::config::Limits;
use crate::plan::{Output, Plan};
use crate::propagation;
use crate::snapshot::Snapshot;
use batch::Batch;
use groups::Groups;
use measures::Measures;
use sums::Sums;

/// What a query gives, before it is an answer.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// The page.
    pub(crate) rows: Vec<Row>,
    pub(crate) total: Row,
    pub(crate) n_groups: usize,
}

/// Tells a computation that nobody waits for it any more.
#[derive(Debug, Default)]
pub(crate) struct Cancel(AtomicBool);

impl Cancel {
    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails once cancelled; what the error says, nobody reads.
    fn check(&self) -> Result<(), ServiceError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(ServiceError::new(Code::DeadlineExceeded, "the query was given up"));
        }
        Ok(())
    }
}

/// Carries out a plan.
pub(crate) fn run(
    snapshot: &Snapshot,
    plan: &Plan,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Grouped, ServiceError> {
    let mut batches = Vec::new();
    let mut groups = Groups::new(plan, limits);
    let mut sums = Sums::new(snapshot, plan);
    for (step, at) in plan.steps.iter().zip(0_u32..) {
        let files = step.periods.iter().filter_map(|period| snapshot.chunks.get(period));
        for chunk in files.flatten() {
            cancel.check()?;
            let Some(batch) = Batch::select(chunk, plan.filter.as_ref()) else { continue };
            groups.add(at, &batch)?;
            sums.add(&batch, &groups);
            batches.push(batch);
        }
    }
    let n_threads = limits.n_threads_per_query;
    let mut measures = Measures::new(snapshot, plan, &batches, &groups, sums, n_threads, cancel);
    let total = if plan.has_no_data() {
        vec![Value::undefined(); plan.outputs.len()]
    } else {
        values(plan, |measure| measures.total(measure))?
    };
    let page = order::page(plan, &groups, &mut measures)?;
    check_budget(plan, &groups, snapshot, &page, limits)?;
    let mut rows = Vec::with_capacity(page.len());
    for group in page {
        let values = values(plan, |measure| measures.of(measure, group))?;
        rows.push(Row { keys: groups.keys(snapshot, group), values });
    }
    let total = Row { keys: Vec::new(), values: total };
    Ok(Grouped { rows, total, n_groups: groups.n_groups() })
}

/// Checks what the answer will take before it is built: a row of each group of the page, with its texts.
fn check_budget(
    plan: &Plan,
    groups: &Groups<'_>,
    snapshot: &Snapshot,
    page: &[u32],
    limits: &Limits,
) -> Result<(), ServiceError> {
    let fixed = size_of::<Row>()
        + plan.keys.len() * size_of::<Key>()
        + plan.outputs.len() * size_of::<Value>();
    let mut needed = (page.len() as u64).saturating_mul(fixed as u64);
    for group in page {
        if needed > limits.answer_bytes {
            break;
        }
        needed += groups.text_bytes(snapshot, *group) as u64;
    }
    if needed <= limits.answer_bytes {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::ResourceExhausted,
        format!(
            "the answer of {} rows with {} keys and {} measures takes {needed} bytes or more, the \
             limit is {}; ask for fewer rows a page, or for fewer measures",
            page.len(),
            plan.keys.len(),
            plan.outputs.len(),
            limits.answer_bytes
        ),
    ))
}

/// The values that a query asks for, from those of the stored measures it needs.
fn values(
    plan: &Plan,
    stored: impl FnMut(usize) -> Result<Value, ServiceError>,
) -> Result<Vec<Value>, ServiceError> {
    let stored = (0..plan.measures.len()).map(stored).collect::<Result<Vec<Value>, _>>()?;
    Ok(plan.outputs.iter().map(|output| evaluate(output, &stored)).collect())
}

/// One output, from the values of the stored measures.
fn evaluate(output: &Output, stored: &[Value]) -> Value {
    match output {
        Output::Stored(at) => stored[*at],
        Output::Derived { expression, of } => propagation::with_bounds(expression, |name| {
            of.iter()
                .find(|(own, _)| own == name)
                .map_or_else(Value::undefined, |(_, at)| stored[*at])
        }),
    }
}
