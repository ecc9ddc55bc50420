//! Why no model can be proposed.

/// Why no model can be proposed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProposeError {
    /// A place where no table was found.
    #[error("nothing was found at {url}: {reason}")]
    NothingToLookAt {
        /// The file or folder.
        url: String,
        /// Why not.
        reason: String,
    },
    /// Tables of which none holds events.
    #[error(
        "none of the tables has a time, so none holds events: {tables}; name the files of events too, or \
         write a model whose `time` is an expression (docs/sources.md)"
    )]
    NothingToPropose {
        /// The tables that were found.
        tables: String,
    },
}
