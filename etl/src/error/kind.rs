//! Whose fault an error is, and whether a retry helps: the single place that decides this for every error of this
//! crate.

use clio_lake::is_transient;

use super::{CheckError, EngineError, EtlError, PlanError, ReadError};

/// Whose fault it is, and what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(test, derive(strum::VariantArray))]
pub enum ErrorKind {
    /// The input or the model: mend what the message names; a retry alone changes nothing.
    Input,
    /// The lake or the folder with the journal: mend what the message names, then run again.
    Lake,
    /// A storage or a network did not answer: the same step may succeed on a retry.
    Unavailable,
    /// Another run changed the same days, or someone changed a file that was read: a new run may succeed.
    Conflict,
    /// An invariant is violated, or a step failed that should not: worth reporting.
    Internal,
}

impl ErrorKind {
    /// Whether a new run may succeed without anything being mended.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Unavailable | Self::Conflict => true,
            Self::Input | Self::Lake | Self::Internal => false,
        }
    }

    /// Whether a retry of the failed step may succeed within the same run. After a conflict it may not: what the run
    /// found in the lake and in the files has changed.
    pub(crate) fn may_retry_step(self) -> bool {
        match self {
            Self::Unavailable => true,
            Self::Conflict | Self::Input | Self::Lake | Self::Internal => false,
        }
    }
}

impl EtlError {
    /// Whose fault it is, and what helps.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Read(error) => of_read(error),
            Self::Plan(error) => of_plan(error),
            Self::Check(error) => of_check(error),
            Self::Engine(error) => of_engine(error),
            Self::Lake(error) if error.is_transient() => ErrorKind::Unavailable,
            Self::Lake(_) | Self::State(_) => ErrorKind::Lake,
            Self::Conflict(_) => ErrorKind::Conflict,
            Self::Column(_)
            | Self::Lookup(_)
            | Self::Schedule(_)
            | Self::Propose(_)
            | Self::Sql(_) => ErrorKind::Input,
        }
    }

    /// Whether a new run may succeed without anything being mended, according to its kind.
    pub fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// Whether a retry of the failed step may succeed within the same run, according to its kind.
    pub(crate) fn may_retry_step(&self) -> bool {
        self.kind().may_retry_step()
    }
}

fn of_read(error: &ReadError) -> ErrorKind {
    match error {
        ReadError::Storage { is_transient: true, .. } => ErrorKind::Unavailable,
        ReadError::FileChanged { .. } => ErrorKind::Conflict,
        ReadError::Address { .. }
        | ReadError::NoFiles { .. }
        | ReadError::NoFileMatches { .. }
        | ReadError::Storage { is_transient: false, .. }
        | ReadError::BadFile { .. }
        | ReadError::BadRow { .. }
        | ReadError::TooManyBadRows { .. } => ErrorKind::Input,
    }
}

fn of_plan(error: &PlanError) -> ErrorKind {
    match error {
        PlanError::DamageStays { .. } => ErrorKind::Lake,
        PlanError::NoEvents { .. }
        | PlanError::OtherMeaning { .. }
        | PlanError::CellsDiffer { .. }
        | PlanError::MonthsRetired { .. } => ErrorKind::Input,
    }
}

fn of_check(error: &CheckError) -> ErrorKind {
    match error {
        CheckError::Invariant { .. } => ErrorKind::Internal,
        CheckError::Declared { .. } => ErrorKind::Input,
    }
}

fn of_engine(error: &EngineError) -> ErrorKind {
    match error {
        EngineError::SumTooLarge { .. } | EngineError::Memory { .. } => ErrorKind::Input,
        EngineError::Failed { error, .. } if is_transient(error.as_ref()) => ErrorKind::Unavailable,
        EngineError::Failed { .. } => ErrorKind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use clio_lake::LakeError;
    use clio_proto::Period;
    use datafusion::common::DataFusionError;
    use strum::VariantArray;

    use super::super::{Conflict, StateError, TableName};
    use super::*;

    #[test]
    fn the_kind_alone_says_what_is_tried_again() {
        let table = || TableName::Source("plays".to_owned());
        let (url, reason) = ("s3://events/".to_owned(), "no answer".to_owned());
        let storage = |is_transient| {
            let (table, url, reason) = (table(), url.clone(), reason.clone());
            EtlError::from(ReadError::Storage { table, url, reason, is_transient })
        };
        let lake = |is_transient| {
            let (url, reason) = (url.clone(), reason.clone());
            EtlError::from(LakeError::Storage { url, reason, is_transient })
        };
        let changed = ReadError::FileChanged { table: table(), file: "a.csv".to_owned() };
        let conflict = Conflict { days: Vec::new(), version: 1 };
        let engine = |error| EtlError::engine("reading", error);
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let generic = object_store::Error::Generic { store: "S3", source: Box::new(broken) };
        let state = StateError { folder: "state".into(), reason: "it is full".to_owned() };
        let invariant = CheckError::Invariant {
            invariant: "counts",
            period: Period::All,
            reason: "2 and 3".to_owned(),
        };
        let mut seen = Vec::new();
        for (error, kind, is_transient) in [
            (storage(true), ErrorKind::Unavailable, true),
            (storage(false), ErrorKind::Input, false),
            (lake(true), ErrorKind::Unavailable, true),
            (lake(false), ErrorKind::Lake, false),
            (changed.into(), ErrorKind::Conflict, true),
            (conflict.into(), ErrorKind::Conflict, true),
            (engine(DataFusionError::ObjectStore(Box::new(generic))), ErrorKind::Unavailable, true),
            (engine(DataFusionError::Plan("no".to_owned())), ErrorKind::Internal, false),
            (invariant.into(), ErrorKind::Internal, false),
            (CheckError::Declared { failed: Vec::new() }.into(), ErrorKind::Input, false),
            (state.into(), ErrorKind::Lake, false),
        ] {
            assert_eq!((error.kind(), error.is_transient()), (kind, is_transient), "{error}");
            // A conflict takes a new run.
            assert_eq!(error.may_retry_step(), kind == ErrorKind::Unavailable, "{error}");
            seen.push(kind);
        }
        assert!(ErrorKind::VARIANTS.iter().all(|kind| seen.contains(kind)));
    }
}
