//! All rows of a query as the bytes of a file.

use std::fmt;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use strum::EnumCount;

use crate::error::ServiceError;
use crate::id::SnapshotId;
use crate::query::Query;

/// A request: a query, and the file to make of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The query. All its rows are answered, from one snapshot, up to its `limit`, which may be any number; without
    /// `offset`, `after`, others and reach, which belong to pages.
    pub query: Query,
    /// The format of the file.
    pub format: ExportFormat,
    /// In CSV, write strings byte for byte, even those that a spreadsheet would interpret as formulas.
    pub is_raw: bool,
    /// In CSV, precede the rows with the notes on them ([`ExportHead::said`]), one per line, each after `# `.
    pub has_comments: bool,
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum ExportFormat {
    /// Arrow's IPC stream.
    Arrow,
    /// Parquet, compressed by zstd.
    Parquet,
    /// CSV in UTF-8, with a header line.
    Csv,
}

impl ExportFormat {
    /// Every one.
    pub const ALL: [Self; Self::COUNT] = [Self::Arrow, Self::Parquet, Self::Csv];

    /// The name, also used as file extension: `arrow`, `parquet`, `csv`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }

    /// The media type in HTTP.
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
    /// The snapshot that all rows come from.
    pub snapshot: SnapshotId,
    /// The number of rows.
    pub n_rows: u64,
    /// Notes on the rows, each under a word: `dataset`, `snapshot`, `committed_at`, `days`, `where`, `having`,
    /// `compare`, `window`, and what the numbers lack, as in [`Answer::notes`](crate::Answer::notes). Parquet and Arrow
    /// hold the same in the metadata of file and schema, under `clio.` and the word.
    pub said: Vec<(String, String)>,
}

/// A file being produced.
pub struct Exported {
    /// What is known before the bytes.
    pub head: ExportHead,
    /// Its bytes, in chunks; after an error, the last item, the file is incomplete. Dropping the stream cancels the
    /// work behind it.
    pub bytes: BoxStream<'static, Result<Vec<u8>, ServiceError>>,
}

impl Exported {
    /// The next bytes; `None` after the last ones.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, ServiceError>> {
        self.bytes.next().await
    }
}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported").field("head", &self.head).finish_non_exhaustive()
    }
}
