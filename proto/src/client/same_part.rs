//! Replicas that hold different parts of a lake are not mixed.

use std::sync::OnceLock;

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::projection::PROJECTION_METADATA;

/// The part of a lake that the first replica holds which answered: only those that hold the same are asked after it.
#[derive(Debug, Default)]
pub(super) struct SamePart(OnceLock<Option<String>>);

impl SamePart {
    /// Why an answer with this metadata is not taken; `None` if the replica holds what the first one holds.
    pub(super) fn refuses(&self, address: &str, metadata: &MetadataMap) -> Option<String> {
        let found = metadata.get_bin(PROJECTION_METADATA).and_then(|value| value.to_bytes().ok());
        let found = found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let first = self.0.get_or_init(|| found.clone());
        let said = |held: &Option<String>| match held {
            None => "everything".to_owned(),
            Some(held) => held.clone(),
        };
        (found != *first).then(|| {
            format!(
                "serving at {address} is not asked: of its lake it holds {}, but the replica that answered first holds {}; give \
                 all replicas of one client the same `--only`, `--since` and `--without`, and restart the client after a change",
                said(&found),
                said(first)
            )
        })
    }
}

/// The metadata of an error that a replica sent itself; `None` for one of the way there.
pub(super) fn of_refusal(status: &Status) -> Option<&MetadataMap> {
    let is_its_own =
        status.code() != Code::Unavailable && std::error::Error::source(status).is_none();
    is_its_own.then(|| status.metadata())
}
