//! The engine's settings: one session a run.

mod pool;

use std::sync::Arc;

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use self::pool::SpillPool;
use crate::error::{During, EtlError};

/// What a run takes for itself: the program, and the pieces of files that threads read and write.
const OWN_BYTES: usize = 200 << 20;
/// Below so much memory of the engine's, its batches have fewer rows: several are on the way in every step.
const LITTLE_BYTES: usize = 256 << 20;
const N_BATCH_ROWS_WITH_LITTLE: usize = 2048;
/// What each sort holds back for merging what it spilled: as much as the engine's default.
const MOST_FOR_MERGING_BYTES: usize = 10 << 20;

/// Makes a session in which names keep their case, as columns of files have it.
pub(crate) fn session(
    n_threads: usize,
    memory_bytes: Option<usize>,
) -> Result<SessionContext, EtlError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(n_threads.max(1))
        .set_bool("datafusion.sql_parser.enable_ident_normalization", false);
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(bytes) = memory_bytes {
        // The engine counts what it sorts and groups, cells that wait, and lookups. A third is for what it does
        // not count: batches between steps, what groups become, and what the allocator keeps.
        let bytes = (bytes.saturating_sub(OWN_BYTES) / 3 * 2).max(bytes / 6);
        // Four sorts a thread at once, and more than as much again for what they sort.
        let for_merging = (bytes / (12 * n_threads.max(1))).min(MOST_FOR_MERGING_BYTES);
        config = config.with_sort_spill_reservation_bytes(for_merging);
        if bytes < LITTLE_BYTES {
            config = config.with_batch_size(N_BATCH_ROWS_WITH_LITTLE);
        }
        runtime = runtime.with_memory_pool(Arc::new(SpillPool::new(bytes)));
    }
    let runtime = runtime.build_arc().during("starting the engine")?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// An error of the engine as ours: the one that a reader of files raised, or what was being done.
pub(crate) fn explained(step: &str, error: DataFusionError) -> EtlError {
    if let Some(own) = EtlError::behind(&error) {
        return own;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(reason) => {
            EtlError::Memory { step: step.to_owned(), reason: reason.clone() }
        }
        _ => EtlError::engine(step, error),
    }
}

/// The innermost message, without the names of the layers around it.
pub(crate) fn root_message(error: &DataFusionError) -> String {
    let message = match error.find_root() {
        DataFusionError::External(inner) => inner.to_string(),
        DataFusionError::ParquetError(inner) => inner.to_string(),
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            ArrowError::CastError(message)
            | ArrowError::ParseError(message)
            | ArrowError::ComputeError(message)
            | ArrowError::InvalidArgumentError(message) => message.clone(),
            other => other.to_string(),
        },
        DataFusionError::Plan(message) | DataFusionError::Execution(message) => message.clone(),
        DataFusionError::SQL(inner, _) => {
            let message = inner.to_string();
            message.strip_prefix("sql parser error: ").unwrap_or(&message).to_owned()
        }
        other => other.strip_backtrace(),
    };
    // A hint of more backtraces, and the full stop of a sentence, are not ours.
    let message = message.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default();
    let message = message.trim_end_matches('.').replace('\n', " ");
    match message.split_once(" Overflowing on ") {
        Some((_, value @ ("NaN" | "inf" | "-inf"))) => {
            format!("{value} cannot be added up: make it null in `columns`")
        }
        _ => message,
    }
}
