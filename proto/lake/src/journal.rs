//! Where a run notes what it is about to write, so that a later one can clean up after it.

use std::fmt;

/// What a journal says when it cannot note a file: its own error, given back as it is.
pub type JournalError = Box<dyn std::error::Error + Send + Sync>;

/// A run's notes of its files.
///
/// A file is noted before its first byte is written and forgotten when a commit names it, or when it is deleted:
/// whatever is still noted belongs to a run that is alive, or that died.
pub trait Journal: fmt::Debug + Send + Sync {
    /// Notes a file, by the folder below the lake and the path below that.
    ///
    /// # Errors
    ///
    /// Where it cannot be noted; the file is not written then.
    fn intend(&self, folder: &str, path: &str) -> Result<(), JournalError>;

    /// Forgets a file that a commit names, or that is deleted.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written. That the file stays in it costs the next run a look, and no more.
    fn forget(&self, folder: &str, path: &str) -> Result<(), JournalError>;
}
