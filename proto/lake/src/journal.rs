//! Where a run notes the files that it is about to write, so that a later run can clean up after it.

use std::fmt;

/// A journal's own error, passed through as it is.
pub type JournalError = Box<dyn std::error::Error + Send + Sync>;

/// A run's notes of its files.
///
/// A file is noted before its first byte is written and forgotten when a commit names it or it is deleted: a
/// file that is still noted belongs to a live run or to one that died.
pub trait Journal: fmt::Debug + Send + Sync {
    /// Notes a file, by its folder below the lake and its path below that.
    ///
    /// # Errors
    ///
    /// Where the file cannot be noted; it must not be written then.
    fn intend(&self, folder: &str, path: &str) -> Result<(), JournalError>;

    /// Forgets a file that a commit names or that has been deleted.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written. The file then stays noted, which only costs the next run a lookup.
    fn forget(&self, folder: &str, path: &str) -> Result<(), JournalError>;
}
