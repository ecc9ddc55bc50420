//! Finds the piece and the place of a row whose values cannot be used. Slow; used only after a failure.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::col;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt;

use super::{Piece, Table};
use crate::engine::{explained, root_message};
use crate::error::{EngineError, EtlError, Place, ReadError};

/// The advice where a row's values cannot be used.
const MEND: &str = "correct it there, or change what the model computes from it";

/// Names the first row that makes the plan fail, piece by piece; the error itself if none does.
pub(super) async fn locate<F>(
    table: &Table,
    ctx: &SessionContext,
    pieces: Vec<Piece>,
    error: EtlError,
    plan: F,
    key_of: &(dyn Fn(&str) -> Option<String> + Sync),
) -> EtlError
where
    F: Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
{
    for piece in pieces {
        let provider = table.provider(vec![piece.clone()], 1);
        let Err(failure) = run(plan(Arc::clone(&provider))).await else { continue };
        let (place, reason) = match first_bad_row(ctx, &provider, &plan).await {
            Some((batch, row, reason)) => {
                let key = match plan_over(&plan, &batch) {
                    // Our own messages say where and what helps; the engine's do not.
                    Some(frame) if !is_our_own(&reason) => failing_key(&frame, key_of).await,
                    _ => None,
                };
                let reason = key.map_or_else(|| reason.clone(), |key| format!("`{key}`: {reason}"));
                (table.origin.place_of(&piece, row).await, reason)
            }
            None => match explained("reading a file", failure) {
                EtlError::Engine(EngineError::Failed { error, .. }) => {
                    (Place::Unknown, root_message(&error))
                }
                own => return own,
            },
        };
        let reason = if is_our_own(&reason) { reason } else { format!("{reason}; {MEND}") };
        let (table, file) = (table.name.clone(), piece.name().to_owned());
        return ReadError::BadRow { table, file, place, reason }.into();
    }
    error
}

fn is_our_own(reason: &str) -> bool {
    reason.contains("; ")
}

async fn run(frame: Result<DataFrame, EtlError>) -> Result<(), DataFusionError> {
    let frame = frame.map_err(|error| DataFusionError::External(Box::new(error)))?;
    let mut stream = frame.execute_stream().await?;
    while let Some(batch) = stream.next().await {
        batch?;
    }
    Ok(())
}

/// The model's key behind the single column of a plan over a row that fails; `None` if it is not a single
/// one.
pub(super) async fn failing_key(
    frame: &DataFrame,
    key_of: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Option<String> {
    let names = frame.schema().fields().iter().map(|field| field.name().clone());
    let (mut n_columns, mut failing) = (0, Vec::new());
    for name in names {
        n_columns += 1;
        let column = frame.clone().select(vec![col(&name)]).ok()?;
        if run(Ok(column)).await.is_err() {
            failing.push(name);
        }
    }
    let mut keys: Vec<String> = failing.iter().filter_map(|name| key_of(name)).collect();
    keys.dedup();
    match keys.as_slice() {
        [key] => Some(key.clone()),
        // All columns depend on the time; if not even the row can be read, it is not to blame.
        [time, ..] if failing.len() < n_columns && time.ends_with(".time") => Some(time.clone()),
        _ => None,
    }
}

/// The number of the first row, from 0, that makes the plan fail, with the row and the reason.
async fn first_bad_row<F>(
    ctx: &SessionContext,
    provider: &Arc<dyn TableProvider>,
    plan: &F,
) -> Option<(RecordBatch, u64, String)>
where
    F: Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
{
    let mut stream = ctx.read_table(Arc::clone(provider)).ok()?.execute_stream().await.ok()?;
    let mut n_before = 0_u64;
    while let Some(batch) = stream.next().await {
        // Where rows cannot even be read, the reader's own message is the best there is.
        let batch = batch.ok()?;
        if let Some(failure) = failure_of(&batch, plan).await {
            return Some(bisect(batch, n_before, failure, plan).await);
        }
        n_before += batch.num_rows() as u64;
    }
    None
}

/// Bisects a failing batch until one row is left.
async fn bisect<F>(
    mut batch: RecordBatch,
    mut first_row: u64,
    mut reason: String,
    plan: &F,
) -> (RecordBatch, u64, String)
where
    F: Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
{
    while batch.num_rows() > 1 {
        let n_half = batch.num_rows() / 2;
        let half = batch.slice(0, n_half);
        if let Some(failure) = failure_of(&half, plan).await {
            (batch, reason) = (half, failure);
        } else {
            batch = batch.slice(n_half, batch.num_rows() - n_half);
            first_row += n_half as u64;
        }
    }
    if let Some(failure) = failure_of(&batch, plan).await {
        reason = failure;
    }
    (batch, first_row, reason)
}

async fn failure_of<F>(batch: &RecordBatch, plan: &F) -> Option<String>
where
    F: Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
{
    let rows = MemTable::try_new(batch.schema(), vec![vec![batch.clone()]]).ok()?;
    run(plan(Arc::new(rows))).await.err().map(|error| root_message(&error))
}

fn plan_over<F>(plan: &F, batch: &RecordBatch) -> Option<DataFrame>
where
    F: Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
{
    let rows = MemTable::try_new(batch.schema(), vec![vec![batch.clone()]]).ok()?;
    plan(Arc::new(rows)).ok()
}
