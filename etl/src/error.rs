//! Why a run failed: what, where, and the mend. Nothing is committed on any of these.
//!
//! Errors are by their subject, each an enum of its own, since reading files fails in the same ways for every caller: a run,
//! a plan, a look, a verification or a proposal. [`EtlError`] joins them. Of what kind each is stands in `kind.rs` alone, and
//! the kind alone decides whether something is tried again.

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

/// Why a run failed, or whatever else this crate does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtlError {
    /// Files of a source or a lookup cannot be found or read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The model does not fit the columns of its files.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// Rows of a lookup cannot be looked up.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// What was asked for cannot be done in this lake.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Something was found wrong before the commit.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Another run committed the same days meanwhile.
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
    /// A schedule that cannot be kept.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// No model can be proposed.
    #[error(transparent)]
    Propose(#[from] ProposeError),
    /// An SQL query that does not parse, or that the engine cannot answer.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// Another run committed the same days meanwhile.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "another run committed {} meanwhile (version {version}); nothing was committed, run again",
    list_days(days)
)]
pub struct Conflict {
    /// The days that both rebuilt.
    pub days: Vec<Date>,
    /// The other's snapshot.
    pub version: u64,
}

/// The folder with the journal of runs cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the state folder {}: {reason}; give another with --state", folder.display())]
pub struct StateError {
    /// The folder.
    pub folder: PathBuf,
    /// What the system or the database says.
    pub reason: String,
}

/// A schedule that cannot be kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the schedule `{text}`: {reason}")]
pub struct ScheduleError {
    /// What was given.
    pub text: String,
    /// What is wrong with it, and the mend.
    pub reason: String,
}

/// An SQL query that does not parse, or that the engine cannot answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct SqlError {
    /// The engine's words.
    pub reason: String,
}

impl EtlError {
    pub(crate) fn engine(step: impl Into<String>, error: DataFusionError) -> Self {
        Self::Engine(EngineError::Failed { step: step.into(), error: Box::new(error) })
    }

    /// Whether the engine failed at something that no error of ours explains.
    pub(crate) fn is_unexplained(&self) -> bool {
        matches!(self, Self::Engine(EngineError::Failed { .. }))
    }

    /// Whether bad rows may be behind it: not where a network or a storage is.
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

/// What was being done, for errors of the engine that no input explains.
pub(crate) trait During<T> {
    fn during(self, step: &str) -> Result<T, EtlError>;
}

impl<T, E: Into<DataFusionError>> During<T> for Result<T, E> {
    fn during(self, step: &str) -> Result<T, EtlError> {
        self.map_err(|error| reasons::explained(step, error.into()))
    }
}
