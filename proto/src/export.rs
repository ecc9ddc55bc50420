//! All rows of a question as the bytes of a file, for those who read files.

use std::fmt;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use strum::EnumCount;

use crate::error::ServiceError;
use crate::id::SnapshotId;
use crate::query::Query;

/// What is asked for: a question, and the file that its rows make.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The question. All its rows are answered, of one snapshot, up to its `limit`, which may be any number; without `offset`, `after`,
    /// others and reach, which are of pages.
    pub query: Query,
    /// The format of the file.
    pub format: ExportFormat,
    /// In CSV, texts byte for byte, also where a spreadsheet takes them for formulas.
    pub is_raw: bool,
    /// In CSV, what is said of the rows ([`ExportHead::said`]) stands before them, each in a line that begins with `# `.
    pub has_comments: bool,
}

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum ExportFormat {
    /// Arrow's IPC stream.
    Arrow,
    /// Parquet, compressed by zstd.
    Parquet,
    /// CSV in UTF-8, with a line of names.
    Csv,
}

impl ExportFormat {
    /// Every one.
    pub const ALL: [Self; Self::COUNT] = [Self::Arrow, Self::Parquet, Self::Csv];

    /// The name, and how the names of its files end: `arrow`, `parquet`, `csv`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }

    /// What HTTP calls it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// What is known before the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportHead {
    /// The snapshot that every row is of.
    pub snapshot: SnapshotId,
    /// How many rows there are.
    pub n_rows: u64,
    /// What is said of the rows, each by a word: `dataset`, `snapshot`, `committed_at`, `days`, `where`, `having`, `compare`, `window`, and
    /// what the numbers lack, as [`Answer::notes`](crate::Answer::notes) has it. Parquet and Arrow hold the same as `clio.` and the word,
    /// of the file and of the schema.
    pub said: Vec<(String, String)>,
}

/// A file on its way.
pub struct Exported {
    /// What is known before it.
    pub head: ExportHead,
    /// Its bytes, in pieces; an error is the last one, and the file is not whole then. Whoever drops the stream ends the work behind it.
    pub bytes: BoxStream<'static, Result<Vec<u8>, ServiceError>>,
}

impl Exported {
    /// The next bytes; `None` behind the last ones.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, ServiceError>> {
        self.bytes.next().await
    }
}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported").field("head", &self.head).finish_non_exhaustive()
    }
}
