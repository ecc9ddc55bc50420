//! Errors of generating events.

use std::io;
use std::path::{Path, PathBuf};

/// Why no events were written.
///
/// Settings, occupied folders and mismatches are for the caller to fix, and nothing has been touched. After an I/O
/// error a retry is safe: existing data is still there, and half-written data is in a temporary sibling that the next
/// run removes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// A setting is out of its range.
    #[error("`{key}` is {value}: {mend}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: String,
        /// The allowed values.
        mend: String,
    },
    /// The folder contains something that this generator did not write.
    #[error("`{}` holds `{entry}`, which `clio synth` did not write: name an empty or new folder", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// The first foreign entry.
        entry: String,
    },
    /// Further days were requested for a folder without events of this generator.
    #[error("`{}` holds no events of `clio synth`: generate its first days before further ones", path.display())]
    NothingToExtend {
        /// The folder.
        path: PathBuf,
    },
    /// Further days were requested with settings that differ from the folder's.
    #[error("`{}` was made with `{key}` {found}, not {asked}: extend it with its own settings", path.display())]
    OtherWorld {
        /// The folder.
        path: PathBuf,
        /// The setting that differs.
        key: &'static str,
        /// The folder's value.
        found: String,
        /// The requested value.
        asked: String,
    },
    /// Further days would leave a gap.
    #[error("`{}` holds {n_days} days: the next day index is {n_days}, not {asked}", path.display())]
    Gap {
        /// The folder.
        path: PathBuf,
        /// How many days it holds.
        n_days: u32,
        /// The requested day index.
        asked: u32,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried: `create`, `write`, `rename` …
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A Parquet file could not be written.
    #[error("cannot write `{}`", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: parquet::errors::ParquetError,
    },
    /// A summary or answer could not be read or written as JSON.
    #[error("`{}` is not what `clio synth` writes", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
}

impl SynthError {
    /// An I/O error at a path, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
