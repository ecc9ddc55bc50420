//! The cause of an engine's error: one of ours, raised by a reader of files or by the lake.

use clio_lake::{Damage, LakeError};

use super::{EtlError, ReadError};

impl EtlError {
    /// The error of a reader of files behind one of the engine's, if any.
    pub(crate) fn behind(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        if let Some(damage) = Damage::behind(error) {
            return Some(Self::Lake(LakeError::Damaged(damage.clone())));
        }
        let mut causes = std::iter::successors(Some(error), |cause| cause.source());
        causes.find_map(read_error).map(Self::Read)
    }
}

fn read_error(cause: &(dyn std::error::Error + 'static)) -> Option<ReadError> {
    match cause.downcast_ref::<EtlError>() {
        Some(EtlError::Read(error)) => Some(error.clone()),
        Some(_) => None,
        None => cause.downcast_ref::<ReadError>().cloned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use datafusion::common::DataFusionError;

    use super::super::{ErrorKind, TableName};
    use super::*;

    fn generic(store: &'static str, kind: io::ErrorKind) -> object_store::Error {
        object_store::Error::Generic { store, source: Box::new(io::Error::from(kind)) }
    }

    #[test]
    fn an_error_of_the_engine_is_transient_if_its_cause_is() {
        let engine = |error: object_store::Error| {
            EtlError::engine("reading", DataFusionError::ObjectStore(Box::new(error)))
        };
        assert!(engine(generic("S3", io::ErrorKind::BrokenPipe)).is_transient());
        assert!(!engine(generic("LocalFileSystem", io::ErrorKind::InvalidData)).is_transient());
        let planning = EtlError::engine("planning", DataFusionError::Plan("no".to_owned()));
        assert_eq!(planning.kind(), ErrorKind::Internal);
    }

    #[test]
    fn what_a_reader_of_files_says_comes_through_the_engine() {
        let table = TableName::Source("plays".to_owned());
        let own = ReadError::FileChanged { table, file: "a.csv".to_owned() };
        let joined = EtlError::Read(own.clone());
        let boxed: [Box<dyn std::error::Error + Send + Sync>; 2] =
            [Box::new(own.clone()), Box::new(joined)];
        for error in boxed {
            let error = DataFusionError::External(error).context("reading");
            assert!(
                matches!(EtlError::behind(&error), Some(EtlError::Read(found)) if found == own)
            );
        }
    }
}
