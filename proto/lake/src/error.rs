//! Why a lake cannot be read or written.

use deltalake::DeltaTableError;
use parquet::errors::ParquetError;

use crate::damage::Damage;
use crate::is_transient;
use crate::journal::JournalError;
use crate::version::{READ_VERSIONS, WRITER};

/// Why a lake cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The storage fails, or its contents cannot be used.
    #[error("lake {url}: {reason}")]
    Storage {
        /// The address.
        url: String,
        /// What the storage reports, or what is wrong.
        reason: String,
        /// Whether a network or a storage did not answer, so that a retry may succeed.
        is_transient: bool,
    },
    /// There is no table of cells, or nothing has been committed to it.
    #[error("lake {url}: there is no snapshot yet; run `clio etl run` first")]
    NoSnapshot {
        /// The lake.
        url: String,
    },
    /// A commit of a newer version of Clio.
    #[error("lake {url}: {}", of_newer(*found, writer))]
    FormatVersion {
        /// The lake.
        url: String,
        /// The commit's version of the table of cells.
        version: u64,
        /// The format version found.
        found: u32,
        /// The version of the program that wrote it; empty where it does not say.
        writer: String,
    },
    /// A commit whose metadata cannot be read.
    #[error("lake {url}: the `clio` entry of commit {version}: {problem}")]
    Metadata {
        /// The lake.
        url: String,
        /// The commit's version of the table of cells.
        version: u64,
        /// What is wrong.
        problem: String,
    },
    /// No commit says what the cells of a version mean.
    #[error(
        "lake {url}: no commit at or before version {version}, as far as the log goes back, carries a `clio` entry"
    )]
    NoMetadata {
        /// The lake.
        url: String,
        /// The version of the table of cells.
        version: u64,
    },
    /// A file of cells whose period, or whose live rows, cannot be determined.
    #[error("file `{path}`: {problem}")]
    File {
        /// The file, below its table.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that differs from what the log says.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The journal of the writing run cannot be written.
    #[error(transparent)]
    Journal(JournalError),
}

impl LakeError {
    /// A storage error that a retry does not fix.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers give texts, addresses and references to them"
    )]
    pub fn refused(url: impl ToString, reason: impl Into<String>) -> Self {
        Self::Storage { url: url.to_string(), reason: reason.into(), is_transient: false }
    }

    /// A storage error, transient if its cause is.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers give texts, addresses and references to them"
    )]
    pub fn storage(url: impl ToString, error: &(dyn std::error::Error + 'static)) -> Self {
        if let Some(damage) = Damage::behind(error) {
            return Self::Damaged(damage.clone());
        }
        let (url, is_transient) = (url.to_string(), is_transient(error));
        Self::Storage { url, reason: in_words(&error.to_string()), is_transient }
    }

    /// Whether the same operation may succeed on a retry, with nothing fixed in between.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Storage { is_transient: true, .. })
    }

    pub(crate) fn delta(url: impl ToString, error: &DeltaTableError) -> Self {
        Self::storage(url, error)
    }

    pub(crate) fn unwritten(url: &str, error: &ParquetError) -> Self {
        let (url, is_transient) = (url.to_owned(), is_transient(error));
        Self::Storage { url, reason: format!("writing failed: {error}"), is_transient }
    }
}

/// A library's message without the locations in its own code, with advice where it is about an unreadable log.
pub(crate) fn in_words(said: &str) -> String {
    // A backtrace follows where the environment asks for one. A store's own answer may have several lines, with its
    // code in the second.
    let is_call = |line: &&str| line.trim_start().starts_with("0: ");
    let lines: Vec<&str> = said.lines().take_while(|line| !is_call(line)).collect();
    let said = lines.join("\n");
    let said = said.trim_end();
    match said.strip_prefix("Kernel error: ").or_else(|| said.strip_prefix("Kernel: ")) {
        Some(what) => format!(
            "its log cannot be read ({what}); `clio lake check` tells what of it is damaged"
        ),
        None => said.to_owned(),
    }
}

/// What to say of an unknown format version, and which program reads it.
pub fn of_newer(found: u32, writer: &str) -> String {
    let by = match writer {
        "" => "a newer clio".to_owned(),
        writer => format!("clio {writer}, which wrote it, or a newer one"),
    };
    format!(
        "its format version is {found}, and this program, clio {WRITER}, reads {READ_VERSIONS}; use {by}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of calls in a library stood behind the one line that says what is wrong.
    #[test]
    fn what_a_library_says_is_told_in_a_line() {
        let traced = "Kernel error: Json error: Truncated record\n   0: kernel::Error::with_backtrace\n   1: poll";
        let said = in_words(traced);
        let expected = "its log cannot be read (Json error: Truncated record); `clio lake check` tells what of it is damaged";
        assert_eq!(said, expected);
        assert_eq!(in_words("connection reset"), "connection reset");
        let answer =
            "404 Not Found: <?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code></Error>";
        assert_eq!(in_words(answer), answer);
        assert_eq!(in_words(""), "");
    }
}
