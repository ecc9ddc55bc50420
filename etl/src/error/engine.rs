//! Why the engine gave up.

use datafusion::common::DataFusionError;

/// Why the engine gave up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A sum too large for its column.
    #[error(
        "the sum `{measure}` of a cell is too large: {reason}; sum a smaller unit, or a `double`"
    )]
    SumTooLarge {
        /// The measure.
        measure: String,
        /// What the engine reports.
        reason: String,
    },
    /// The run needs more memory than its limit.
    #[error("{step}: the memory limit is too small: {reason}; raise it (`--memory`)")]
    Memory {
        /// What was being done.
        step: String,
        /// What the engine reports.
        reason: String,
    },
    /// An unexpected failure of the engine.
    #[error("{step}: {error}")]
    Failed {
        /// What was being done.
        step: String,
        /// What the engine reports.
        error: Box<DataFusionError>,
    },
}
