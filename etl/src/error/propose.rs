//! Why no model can be proposed.

/// Why no model can be proposed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProposeError {
    /// A place without a table.
    #[error("nothing was found at {url}: {reason}")]
    NothingToLookAt {
        /// The file or folder.
        url: String,
        /// Why not.
        reason: String,
    },
    /// Tables, none of which holds events.
    #[error(
        "none of the tables has a time, so none holds events: {tables}; name the files of events too, or \
         write a model whose `time` is an expression (docs/sources.md)"
    )]
    NothingToPropose {
        /// The tables found.
        tables: String,
    },
}
