//! What runs of the etl did: the types `Run` and `RunStep`.

use async_graphql::Value;
use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::{FilesLeftOut, RunInfo, RunOutcome, StepInfo};

use super::enums::{enum_of, enum_value};
use super::object::{ObjectOf, text};
use super::scalars::{DATE, INT64, TIMESTAMP};
use crate::report::without_places;

pub(super) const RUN: &str = "Run";
const RUN_STEP: &str = "RunStep";
const RUN_ROWS: &str = "RunRows";
const FILES_LEFT_OUT: &str = "FilesLeftOut";
const RUN_OUTCOME: &str = "RunOutcome";

/// A run as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Run {
    id: String,
    started_at: String,
    ended_at: String,
    outcome: RunOutcome,
    error: Option<String>,
    snapshot: Option<u64>,
    fingerprint: Option<String>,
    days: Vec<String>,
    rows_in: Vec<Rows>,
    rows_quarantined: Vec<Rows>,
    left_out: Vec<FilesLeftOut>,
    steps: Vec<Step>,
}

/// The rows of one source that a run read, or left out.
#[derive(Debug, Clone)]
struct Rows {
    source: String,
    n_rows: u64,
}

#[derive(Debug, Clone)]
struct Step {
    step: String,
    started_at: String,
    ended_at: Option<String>,
    n_rows: u64,
    n_attempts: u32,
    error: Option<String>,
}

impl From<RunInfo> for Run {
    fn from(info: RunInfo) -> Self {
        let RunInfo {
            run,
            started_at,
            ended_at,
            outcome,
            error,
            snapshot,
            fingerprint,
            days,
            rows_in,
            rows_quarantined,
            left_out,
            steps,
        } = info;
        let rows = |(source, n_rows)| Rows { source, n_rows };
        Self {
            id: run.to_string(),
            started_at: started_at.to_string(),
            ended_at: ended_at.to_string(),
            outcome,
            error: error.as_deref().map(without_places),
            snapshot: snapshot.map(|snapshot| snapshot.0),
            fingerprint: fingerprint.map(|fingerprint| fingerprint.to_string()),
            days: days.iter().map(ToString::to_string).collect(),
            rows_in: rows_in.into_iter().map(rows).collect(),
            rows_quarantined: rows_quarantined.into_iter().map(rows).collect(),
            left_out,
            steps: steps.into_iter().map(Step::from).collect(),
        }
    }
}

impl From<StepInfo> for Step {
    fn from(info: StepInfo) -> Self {
        let StepInfo { step, started_at, ended_at, n_rows, n_attempts, error } = info;
        Self {
            step,
            started_at: started_at.to_string(),
            ended_at: ended_at.map(|time| time.to_string()),
            n_rows,
            n_attempts,
            error: error.as_deref().map(without_places),
        }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let told = |outcome: RunOutcome| {
        let description = match outcome {
            RunOutcome::Committed => "It committed a snapshot.",
            RunOutcome::Unchanged => "The lake already held all of it.",
            RunOutcome::Failed => "It failed, and committed nothing.",
            RunOutcome::Died => "It was killed.",
        };
        (outcome.as_str(), description)
    };
    let outcomes = enum_of(RUN_OUTCOME, "How a run of the etl ended.", &RunOutcome::ALL, told);
    schema.register(run()).register(rows()).register(left_out()).register(step()).register(outcomes)
}

fn run() -> Object {
    let string = || TypeRef::named(TypeRef::STRING);
    ObjectOf::<Run>::new(RUN, "One finished run of the etl.")
        .leaf("id", TypeRef::named_nn(TypeRef::STRING), "Its id, as in snapshots.", |it| {
            it.id.as_str().into()
        })
        .leaf("startedAt", TypeRef::named_nn(TIMESTAMP), "When it began.", |it| {
            it.started_at.as_str().into()
        })
        .leaf(
            "endedAt",
            TypeRef::named_nn(TIMESTAMP),
            "When it ended; for a run that was killed, when a later run noticed.",
            |it| it.ended_at.as_str().into(),
        )
        .leaf("outcome", TypeRef::named_nn(RUN_OUTCOME), "How it ended.", |it| {
            enum_value(it.outcome.as_str())
        })
        .leaf("error", string(), "Why it failed.", |it| text(it.error.as_deref()))
        .leaf(
            "snapshot",
            TypeRef::named(INT64),
            "The snapshot that it committed, or that already held everything.",
            |it| it.snapshot.map_or(Value::Null, Value::from),
        )
        .leaf("fingerprint", string(), "The fingerprint of its model.", |it| {
            text(it.fingerprint.as_deref())
        })
        .leaf("days", TypeRef::named_nn_list_nn(DATE), "The days that it rebuilt.", |it| {
            Value::List(it.days.iter().map(|day| day.as_str().into()).collect())
        })
        .list("rowsIn", RUN_ROWS, "Events that it read and counted, by source.", |it: &Run| {
            &it.rows_in
        })
        .list(
            "rowsQuarantined",
            RUN_ROWS,
            "Bad rows that it left out and wrote to the lake's table `quarantine`, by source.",
            |it: &Run| &it.rows_quarantined,
        )
        .list(
            "leftOut",
            FILES_LEFT_OUT,
            "Files beside those of sources and lookups that it did not read because of their extensions.",
            |it: &Run| &it.left_out,
        )
        .list("steps", RUN_STEP, "Its steps, in the order in which they began.", |it: &Run| {
            &it.steps
        })
        .finish()
}

fn rows() -> Object {
    ObjectOf::<Rows>::new(RUN_ROWS, "Rows of one source that a run read, or left out.")
        .leaf("source", TypeRef::named_nn(TypeRef::STRING), "The source.", |it| {
            it.source.as_str().into()
        })
        .leaf("nRows", TypeRef::named_nn(INT64), "The number of rows.", |it| it.n_rows.into())
        .finish()
}

fn left_out() -> Object {
    ObjectOf::<FilesLeftOut>::new(
        FILES_LEFT_OUT,
        "Files of one source or lookup that a run did not read because of their extensions.",
    )
    .leaf("table", TypeRef::named_nn(TypeRef::STRING), "The source or lookup.", |it| {
        it.table.as_str().into()
    })
    .leaf("nFiles", TypeRef::named_nn(INT64), "The number of files.", |it| it.n_files.into())
    .leaf(
        "files",
        TypeRef::named_nn_list_nn(TypeRef::STRING),
        "The first 20 of them: paths relative to the model's folder, or names alone.",
        |it| Value::List(it.files.iter().map(|file| file.as_str().into()).collect()),
    )
    .finish()
}

fn step() -> Object {
    ObjectOf::<Step>::new(RUN_STEP, "One step of a run.")
        .leaf(
            "step",
            TypeRef::named_nn(TypeRef::STRING),
            "look, open, roll up, check, recast, fold, lookups or commit.",
            |it| it.step.as_str().into(),
        )
        .leaf("startedAt", TypeRef::named_nn(TIMESTAMP), "When it began.", |it| {
            it.started_at.as_str().into()
        })
        .leaf(
            "endedAt",
            TypeRef::named(TIMESTAMP),
            "When it ended; null for the step in which the run failed or died.",
            |it| text(it.ended_at.as_deref()),
        )
        .leaf("nRows", TypeRef::named_nn(INT64), "Rows that it read or produced.", |it| {
            it.n_rows.into()
        })
        .leaf(
            "nAttempts",
            TypeRef::named_nn(TypeRef::INT),
            "The number of attempts; 1 if nothing failed.",
            |it| it.n_attempts.into(),
        )
        .leaf("error", TypeRef::named(TypeRef::STRING), "The last failure.", |it| {
            text(it.error.as_deref())
        })
        .finish()
}
