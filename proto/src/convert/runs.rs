//! Runs of the etl, to the wire and back.

use std::collections::BTreeMap;

use super::{count_from_wire, date, invalid, required, timestamp_from_wire, timestamp_to_wire};
use crate::error::ServiceError;
use crate::id::{Fingerprint, RunId, SnapshotId};
use crate::runs::{FilesLeftOut, RunInfo, RunOutcome, StepInfo};
use crate::wire;

/// The number of runs in a list if a request sets no limit.
const DEFAULT_RUNS_LIMIT: u32 = 20;

/// A request for runs, for a server; numbers over four billion ask for all.
pub fn runs_request_to_wire(n_most: usize) -> wire::RunsRequest {
    wire::RunsRequest { limit: Some(u32::try_from(n_most).unwrap_or(u32::MAX)) }
}

/// How many runs a request asks for.
pub fn runs_request_from_wire(request: wire::RunsRequest) -> usize {
    count_from_wire(request.limit.unwrap_or(DEFAULT_RUNS_LIMIT))
}

/// A list of runs for a client.
pub fn runs_to_wire(runs: Vec<RunInfo>) -> wire::RunsResponse {
    wire::RunsResponse { runs: runs.into_iter().map(run_to_wire).collect() }
}

/// A list of runs as received by a client.
///
/// # Errors
///
/// A run without its times, or with an unknown outcome.
pub fn runs_from_wire(response: wire::RunsResponse) -> Result<Vec<RunInfo>, ServiceError> {
    response.runs.into_iter().map(run_from_wire).collect()
}

fn run_to_wire(record: RunInfo) -> wire::Run {
    let outcome = match record.outcome {
        RunOutcome::Committed => wire::RunOutcome::Committed,
        RunOutcome::Unchanged => wire::RunOutcome::Unchanged,
        RunOutcome::Failed => wire::RunOutcome::Failed,
        RunOutcome::Died => wire::RunOutcome::Died,
    };
    wire::Run {
        run: record.run.as_str().to_owned(),
        started_at: Some(timestamp_to_wire(record.started_at)),
        ended_at: Some(timestamp_to_wire(record.ended_at)),
        outcome: outcome.into(),
        error: record.error.unwrap_or_default(),
        snapshot: record.snapshot.map(|snapshot| snapshot.0),
        fingerprint: record.fingerprint.map(|own| own.as_str().to_owned()).unwrap_or_default(),
        days: record.days.iter().map(ToString::to_string).collect(),
        rows_in: record.rows_in.into_iter().collect(),
        rows_quarantined: record.rows_quarantined.into_iter().collect(),
        left_out: record
            .left_out
            .into_iter()
            .map(|FilesLeftOut { table, n_files, files }| wire::FilesLeftOut {
                table,
                n_files,
                files,
            })
            .collect(),
        steps: record.steps.into_iter().map(step_to_wire).collect(),
    }
}

fn run_from_wire(run: wire::Run) -> Result<RunInfo, ServiceError> {
    let outcome = match wire::RunOutcome::try_from(run.outcome) {
        Ok(wire::RunOutcome::Committed) => RunOutcome::Committed,
        Ok(wire::RunOutcome::Unchanged) => RunOutcome::Unchanged,
        Ok(wire::RunOutcome::Failed) => RunOutcome::Failed,
        Ok(wire::RunOutcome::Died) => RunOutcome::Died,
        Ok(wire::RunOutcome::Unspecified) | Err(_) => {
            return Err(invalid("run.outcome", format_args!("{} is unknown", run.outcome)));
        }
    };
    let days = run.days.iter().map(|day| date("run.days", day));
    Ok(RunInfo {
        run: RunId::new(run.run),
        started_at: timestamp_from_wire(required("run.started_at", run.started_at)?)?,
        ended_at: timestamp_from_wire(required("run.ended_at", run.ended_at)?)?,
        outcome,
        error: (!run.error.is_empty()).then_some(run.error),
        snapshot: run.snapshot.map(SnapshotId),
        fingerprint: (!run.fingerprint.is_empty()).then(|| Fingerprint::new(run.fingerprint)),
        days: days.collect::<Result<_, _>>()?,
        rows_in: run.rows_in.into_iter().collect::<BTreeMap<_, _>>(),
        rows_quarantined: run.rows_quarantined.into_iter().collect::<BTreeMap<_, _>>(),
        left_out: run
            .left_out
            .into_iter()
            .map(|wire::FilesLeftOut { table, n_files, files }| FilesLeftOut {
                table,
                n_files,
                files,
            })
            .collect(),
        steps: run.steps.into_iter().map(step_from_wire).collect::<Result<_, _>>()?,
    })
}

fn step_to_wire(step: StepInfo) -> wire::RunStep {
    wire::RunStep {
        step: step.step,
        started_at: Some(timestamp_to_wire(step.started_at)),
        ended_at: step.ended_at.map(timestamp_to_wire),
        n_rows: step.n_rows,
        n_attempts: step.n_attempts,
        error: step.error.unwrap_or_default(),
    }
}

fn step_from_wire(step: wire::RunStep) -> Result<StepInfo, ServiceError> {
    Ok(StepInfo {
        step: step.step,
        started_at: timestamp_from_wire(required("run.steps.started_at", step.started_at)?)?,
        ended_at: step.ended_at.map(timestamp_from_wire).transpose()?,
        n_rows: step.n_rows,
        n_attempts: step.n_attempts,
        error: (!step.error.is_empty()).then_some(step.error),
    })
}
