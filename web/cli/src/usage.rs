//! Wrong usage of the command line, beyond what its parser can see.

/// Wrong usage that the argument parser cannot see, such as a filter that does not parse.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl From<clio_proto::SyntaxError> for Usage {
    fn from(error: clio_proto::SyntaxError) -> Self {
        Self(error.to_string())
    }
}
