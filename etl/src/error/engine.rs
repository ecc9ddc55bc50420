//! Why the engine gave up.

use clio_lake::is_transient;
use datafusion::common::DataFusionError;

use super::ErrorKind;

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

impl EngineError {
    /// Whose fault it is, and what helps.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::SumTooLarge { .. } | Self::Memory { .. } => ErrorKind::Input,
            Self::Failed { error, .. } if is_transient(error.as_ref()) => ErrorKind::Unavailable,
            Self::Failed { .. } => ErrorKind::Internal,
        }
    }
}
