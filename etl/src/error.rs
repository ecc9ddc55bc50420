//! Why a run failed: what, where, and the mend. None of these errors leaves anything committed.
//!
//! Errors are grouped by subject into one enum each, since reading files fails in the same ways for every caller: a
//! run, a plan, an inspection, a verification or a proposal. [`EtlError`] joins them. `kind.rs` alone says of what kind
//! each one is, and the kind alone decides whether anything is retried.

use std::path::PathBuf;

use clio_lake::LakeError;
use datafusion::common::DataFusionError;
use jiff::civil::Date;

mod behind;
mod check;
mod column;
mod engine;
mod kind;
mod lookup;
mod plan;
mod propose;
mod read;
pub(crate) mod reasons;
mod table;
mod words;

pub use check::{CheckError, FailedCheck};
pub use column::{ColumnError, TypeInFile};
pub use engine::EngineError;
pub use kind::ErrorKind;
pub use lookup::LookupError;
pub use plan::PlanError;
pub use propose::ProposeError;
pub use read::{Place, ReadError};
pub use table::TableName;
pub(crate) use words::{list_days, type_name};

/// Why an operation of this crate failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtlError {
    /// Files of a source or a lookup cannot be found or read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The model does not match the columns of its files.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// Rows of a lookup cannot be looked up.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The request cannot be carried out in this lake.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A check before the commit failed.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Another run has committed the same days in the meantime.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The engine gave up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(LakeError),
    /// The folder with the journal of runs cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// An unusable schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// No model can be proposed.
    #[error(transparent)]
    Propose(#[from] ProposeError),
    /// An SQL query that does not parse, or that the engine cannot run.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// Another run has committed the same days in the meantime.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "another run has committed {} in the meantime (version {version}); nothing was committed, run again",
    list_days(days)
)]
pub struct Conflict {
    /// The days that both runs rebuilt.
    pub days: Vec<Date>,
    /// The other run's snapshot.
    pub version: u64,
}

/// The folder with the journal of runs cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the state folder {}: {reason}; give another with --state", folder.display())]
pub struct StateError {
    /// The folder.
    pub folder: PathBuf,
    /// What the system or the database reports.
    pub reason: String,
}

/// An unusable schedule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the schedule `{text}`: {reason}")]
pub struct ScheduleError {
    /// The given text.
    pub text: String,
    /// What is wrong with it, and the mend.
    pub reason: String,
}

/// An SQL query that does not parse, or that the engine cannot run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct SqlError {
    /// The engine's message.
    pub reason: String,
}

impl EtlError {
    pub(crate) fn engine(step: impl Into<String>, error: DataFusionError) -> Self {
        Self::Engine(EngineError::Failed { step: step.into(), error: Box::new(error) })
    }

    /// Whether the engine failed in a way that none of our errors explains.
    pub(crate) fn is_unexplained(&self) -> bool {
        matches!(self, Self::Engine(EngineError::Failed { .. }))
    }

    /// Whether bad rows may be the cause: not if it is a network or a storage.
    pub(crate) fn is_of_rows(&self) -> bool {
        let may_be = self.is_unexplained() || matches!(self, Self::Read(ReadError::BadRow { .. }));
        may_be && !self.is_transient()
    }
}

impl From<LakeError> for EtlError {
    fn from(error: LakeError) -> Self {
        match error {
            // The journal is ours: its own error says more.
            LakeError::Journal(error) => match error.downcast::<StateError>() {
                Ok(error) => Self::State(*error),
                Err(error) => Self::Lake(LakeError::Journal(error)),
            },
            error => Self::Lake(error),
        }
    }
}

/// Adds the step being done to errors of the engine that no input explains.
pub(crate) trait During<T> {
    fn during(self, step: &str) -> Result<T, EtlError>;
}

impl<T, E: Into<DataFusionError>> During<T> for Result<T, E> {
    fn during(self, step: &str) -> Result<T, EtlError> {
        self.map_err(|error| reasons::explained(step, error.into()))
    }
}
