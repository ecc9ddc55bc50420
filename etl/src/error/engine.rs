//! Why the engine gave up.

use datafusion::common::DataFusionError;

/// Why the engine gave up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A sum that its column cannot hold.
    #[error(
        "the sum `{measure}` of a cell is too large: {reason}; sum a smaller unit, or a `double`"
    )]
    SumTooLarge {
        /// The measure.
        measure: String,
        /// What the engine says.
        reason: String,
    },
    /// More memory than the run may have.
    #[error("{step}: the memory limit is too small: {reason}; raise it (`--memory`)")]
    Memory {
        /// What was being done.
        step: String,
        /// What the engine says.
        reason: String,
    },
    /// The engine failed where it should not.
    #[error("{step}: {error}")]
    Failed {
        /// What was being done.
        step: String,
        /// What the engine says.
        error: Box<DataFusionError>,
    },
}
