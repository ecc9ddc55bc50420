//! The engine's settings: one session per run.

pub(crate) mod parquet_files;
mod pool;
pub(crate) mod spilled;

use std::sync::Arc;

use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use self::pool::SpillPool;
pub(crate) use crate::error::reasons::{explained, root_message};
use crate::error::{During, EtlError};

/// What a run takes apart from the engine: the program itself, and the pieces of files that threads read and
/// write.
const OWN_BYTES: usize = 200 << 20;
/// With less engine memory than this, batches have fewer rows: several are in flight in every step.
const LITTLE_BYTES: usize = 256 << 20;
const N_BATCH_ROWS_WITH_LITTLE: usize = 2048;
/// The most that each sort reserves for merging what it spilled: the engine's default.
const MOST_FOR_MERGING_BYTES: usize = 10 << 20;

/// Makes a session in which names are case-sensitive, like the columns of files.
pub(crate) fn session(
    n_threads: usize,
    memory_bytes: Option<usize>,
) -> Result<SessionContext, EtlError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(n_threads.max(1))
        .set_bool("datafusion.sql_parser.enable_ident_normalization", false);
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(bytes) = memory_bytes {
        // The engine accounts for what it sorts and groups, waiting cells, and lookups. A third is left for
        // what it does not account for: batches in flight, the results of groups, and the allocator's overhead.
        let bytes = (bytes.saturating_sub(OWN_BYTES) / 3 * 2).max(bytes / 6);
        // For four sorts per thread at once, leaving more than twice as much for the data being sorted.
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
