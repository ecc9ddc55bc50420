//! The engine's settings: one session a run.

use std::sync::Arc;

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::error::{During, EtlError};

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
        // The engine counts what it sorts and groups. As much again is for what it does not count: files being
        // read, batches between steps, and the cells of two days.
        let bytes = bytes / 2;
        // Four sorts a thread at once, and as much again for what they sort.
        let for_merging = (bytes / (8 * n_threads.max(1))).min(MOST_FOR_MERGING_BYTES);
        config = config.with_sort_spill_reservation_bytes(for_merging);
        runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
    }
    let runtime = runtime.build_arc().during("starting the engine")?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// An error of the engine as ours: the one that a reader of files raised, or what was being done.
pub(crate) fn explained(step: &str, error: DataFusionError) -> EtlError {
    match error.find_root() {
        DataFusionError::External(inner) => match inner.downcast_ref::<EtlError>() {
            Some(EtlError::BadRow { table, file, place, reason }) => EtlError::BadRow {
                table: table.clone(),
                file: file.clone(),
                place: *place,
                reason: reason.clone(),
            },
            _ => EtlError::engine(step, error),
        },
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
    message.trim_end_matches('.').replace('\n', " ")
}
