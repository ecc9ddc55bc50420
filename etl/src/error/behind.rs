//! What is behind an error of the engine: one of ours, raised by a reader of files, or of the lake's.

use clio_lake::{Damage, LakeError};

use super::EtlError;

impl EtlError {
    /// The error of a reader of files behind one of the engine's.
    pub(crate) fn behind(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        if let Some(damage) = Damage::behind(error) {
            return Some(Self::Lake(LakeError::Damaged(damage.clone())));
        }
        let causes = std::iter::successors(Some(error), |cause| cause.source());
        let mut own = causes.filter_map(|cause| cause.downcast_ref::<Self>());
        own.find_map(|own| match own {
            Self::BadRow { table, file, place, reason } => Some(Self::BadRow {
                table: table.clone(),
                file: file.clone(),
                place: *place,
                reason: reason.clone(),
            }),
            Self::BadFile { table, file, format, reason } => Some(Self::BadFile {
                table: table.clone(),
                file: file.clone(),
                format,
                reason: reason.clone(),
            }),
            Self::FileChanged { table, file } => {
                Some(Self::FileChanged { table: table.clone(), file: file.clone() })
            }
            Self::Storage { table, url, reason, passes } => Some(Self::Storage {
                table: table.clone(),
                url: url.clone(),
                reason: reason.clone(),
                passes: *passes,
            }),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use datafusion::common::DataFusionError;

    use super::*;

    fn generic(store: &'static str, kind: io::ErrorKind) -> object_store::Error {
        object_store::Error::Generic { store, source: Box::new(io::Error::from(kind)) }
    }

    #[test]
    fn an_error_of_the_engine_passes_if_its_cause_does() {
        let engine = |error: object_store::Error| {
            EtlError::engine("reading", DataFusionError::ObjectStore(Box::new(error)))
        };
        assert!(engine(generic("S3", io::ErrorKind::BrokenPipe)).can_pass());
        assert!(!engine(generic("LocalFileSystem", io::ErrorKind::InvalidData)).can_pass());
        assert!(!EtlError::engine("planning", DataFusionError::Plan("no".to_owned())).can_pass());
    }
}
