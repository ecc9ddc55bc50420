//! What can go wrong between the lake and an answer.

use clio_lake::{Checksum, Damage, FileError, LakeError, of_newer};
use clio_proto::{Fingerprint, ModelError, Period};
use clio_sketch::SketchError;

/// Why serving could not load a snapshot, or could not run at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServingError {
    /// There is no table of cells yet. It may appear: a retry helps.
    #[error("lake `{lake}` holds no snapshot yet: `clio etl run` makes the first one")]
    NoSnapshot {
        /// The lake.
        lake: String,
    },
    /// The lake did not answer, or its log cannot be read. A retry may help.
    #[error("lake `{lake}` does not answer: {problem}")]
    Lake {
        /// The lake.
        lake: String,
        /// What the storage said.
        problem: String,
    },
    /// A snapshot that must not be served; a retry is refused again.
    #[error("snapshot {version} is refused: {refusal}")]
    Refused {
        /// The snapshot's version.
        version: u64,
        /// What is wrong with it.
        refusal: Box<Refusal>,
    },
    /// The lake has no snapshot of this number yet.
    #[error("there is no snapshot {version}; the newest is {newest}")]
    Unknown {
        /// The requested version.
        version: u64,
        /// The newest version.
        newest: u64,
    },
    /// The lake had this snapshot, but its log or files are gone.
    #[error(
        "snapshot {version} cannot be read: {problem}; `clio lake snapshots` lists those that the log holds"
    )]
    Gone {
        /// The requested version.
        version: u64,
        /// What the storage said.
        problem: String,
    },
    /// The gRPC server could not start, or broke down.
    #[error("grpc server: {0}")]
    Grpc(#[from] tonic::transport::Error),
    /// The gRPC reflection service could not be built.
    #[error("grpc reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// A bug: a task panicked.
    #[error("a task of serving panicked: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<LakeError> for ServingError {
    /// Errors in a commit are errors of its snapshot, and permanent; all others may be gone the next time.
    fn from(error: LakeError) -> Self {
        let refused = |version, refusal| Self::Refused { version, refusal: Box::new(refusal) };
        match error {
            LakeError::NoSnapshot { url } => Self::NoSnapshot { lake: url },
            LakeError::FormatVersion { version, found, writer, .. } => {
                refused(version, Refusal::FormatVersion { found, writer })
            }
            LakeError::Metadata { version, problem, .. } => {
                refused(version, Refusal::Metadata { version, problem })
            }
            LakeError::NoMetadata { version, .. } => refused(version, Refusal::NoMetadata),
            LakeError::Storage { url, reason, .. } => Self::Lake { lake: url, problem: reason },
            error => Self::Lake { lake: String::new(), problem: error.to_string() },
        }
    }
}

impl ServingError {
    /// Whether the same attempt may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::NoSnapshot { .. } | Self::Lake { .. })
    }
}

/// Why a snapshot must not be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Somebody marked it as bad.
    #[error("{0}")]
    MarkedBad(String),
    /// No commit says what the cells mean.
    #[error("no commit at or before it, as far back as the log goes, has a `clio` entry")]
    NoMetadata,
    /// The commit's metadata cannot be read.
    #[error("the `clio` entry of commit {version}: {problem}")]
    Metadata {
        /// The commit.
        version: u64,
        /// What is wrong.
        problem: String,
    },
    /// A lake of another version of Clio.
    #[error("{}", of_newer(*found, writer))]
    FormatVersion {
        /// The version found.
        found: u32,
        /// The version of the program that wrote it; empty where it does not say.
        writer: String,
    },
    /// A file is not what the log says.
    #[error(transparent)]
    Damaged(Damage),
    /// The log lists other files than the commit did: it is damaged.
    #[error(
        "its log lists other files than it had: their sum is {found}, but its commit says {expected}; `clio etl run` rebuilds \
         all days"
    )]
    OtherFiles {
        /// The sum in the commit.
        expected: Checksum,
        /// The sum of the log.
        found: Checksum,
    },
    /// Its model lacks what the setting of the part to be held names.
    #[error("of what is to be held, {problem}; mend `--only` or `--without`")]
    Projection {
        /// What is missing, and what there is.
        problem: String,
    },
    /// Its description in the log cannot be used.
    #[error(transparent)]
    Log(LakeError),
    /// The model in the metadata is invalid.
    #[error("its model is not valid: {0}")]
    Model(#[from] ModelError),
    /// The model in the metadata does not have the fingerprint in the metadata.
    #[error("its model has the fingerprint {computed}, but its commit says {stated}")]
    Fingerprint {
        /// The fingerprint in the commit.
        stated: Fingerprint,
        /// The fingerprint of the model's text.
        computed: Fingerprint,
    },
    /// A column of the table of cells does not match the model.
    #[error("column `{column}` is {found}, but {expected} in the model")]
    Column {
        /// The column.
        column: String,
        /// The type that the model requires.
        expected: String,
        /// The type in the table.
        found: String,
    },
    /// A file cannot be served.
    #[error("file `{path}`: {problem}")]
    File {
        /// The file, relative to its table.
        path: String,
        /// What is wrong with it.
        problem: FileProblem,
    },
    /// A parent period without children.
    #[error("period `{period}` is present, but none of its days is")]
    Childless {
        /// The parent.
        period: Period,
    },
    /// A retired month that is missing.
    #[error("month `{month}` is retired and its days are gone, but it is missing itself")]
    RetiredMissing {
        /// The month.
        month: Period,
    },
    /// A retired month with a day in the lake, which its numbers may or may not include.
    #[error("month `{month}` is retired, but its day `{day}` is present")]
    RetiredWithDay {
        /// The month.
        month: Period,
        /// The first of its days that are present.
        day: Period,
    },
    /// A period without its parent.
    #[error("period `{missing}` is missing although `{present}` is present")]
    PeriodMissing {
        /// The missing period.
        missing: Period,
        /// The period that needs it.
        present: Period,
    },
    /// A parent period that does not add up.
    #[error(
        "`{measure}` of period `{period}` is {found}, {relation} {expected} of the periods below it"
    )]
    Totals {
        /// The measure.
        measure: String,
        /// The parent period.
        period: Period,
        /// Its total.
        found: f64,
        /// The violated relation.
        relation: &'static str,
        /// The value that its children give.
        expected: f64,
    },
    /// A lookup that the model uses is not what it should be.
    #[error("lookup `{lookup}`: {problem}")]
    Lookup {
        /// The lookup.
        lookup: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The snapshot exceeds the memory that it may take.
    #[error("it takes {size_bytes} bytes in memory, but the limit is {limit_bytes}")]
    OverBudget {
        /// The bytes that it takes, at least.
        size_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
}

impl Refusal {
    /// Whether the same version may be served later: somebody may restore a damaged file.
    pub(crate) fn can_be_mended(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }
}

impl From<LakeError> for Refusal {
    fn from(error: LakeError) -> Self {
        match error {
            LakeError::File { path, problem } => {
                Self::File { path, problem: FileProblem::Log(problem) }
            }
            error => Self::Log(error),
        }
    }
}

/// What is wrong with a file of cells.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The log does not tell its period, or another engine deleted rows without rewriting it.
    #[error("{0}")]
    Log(String),
    /// It is not a Parquet file.
    #[error("{0}")]
    Parquet(String),
    /// It is so damaged that its decoder panicked.
    #[error("its decoder panicked: {0}")]
    Unreadable(tokio::task::JoinError),
    /// It lacks a column.
    #[error("column `{column}` is missing")]
    ColumnMissing {
        /// The column.
        column: String,
    },
    /// A column has another type.
    #[error("column `{column}` cannot be read as {expected}: {problem}")]
    ColumnType {
        /// The column.
        column: String,
        /// The type expected.
        expected: String,
        /// The error of the conversion.
        problem: String,
    },
    /// A measure, a list or a list's element is null.
    #[error("column `{column}`, row {row}: null")]
    Null {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
    },
    /// A set of values is not sorted, or repeats a value.
    #[error("column `{column}`, row {row}: the list is not sorted, or repeats a value")]
    Unsorted {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
    },
    /// Bytes that are not a sketch of the column's kind.
    #[error("column `{column}`, row {row}: {problem}")]
    Sketch {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// The error of the decoder.
        problem: SketchError,
    },
    /// A negative count.
    #[error("column `{column}`, row {row}: a count of {found}")]
    NegativeCount {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// The count.
        found: i64,
    },
    /// More different values than events.
    #[error(
        "row {row}: `{distinct}` has at least {lower} values among {found} events of `{count}`"
    )]
    DistinctAboveCount {
        /// The row, counted from 0.
        row: usize,
        /// The distinct measure, or the quantile measure.
        distinct: String,
        /// Its lower bound.
        lower: f64,
        /// The count measure of the same source.
        count: String,
        /// The count.
        found: i64,
    },
    /// The file and the log disagree.
    #[error("it has {found} rows, the log says {expected}")]
    RowCount {
        /// The rows according to the log.
        expected: usize,
        /// The rows in the file.
        found: usize,
    },
    /// More rows or coupons than 32 bits count.
    #[error("it has too many {what} for one file")]
    TooLarge {
        /// What exceeds the limit.
        what: &'static str,
    },
}

impl From<FileError> for FileProblem {
    fn from(error: FileError) -> Self {
        match error {
            FileError::ColumnMissing { column } => Self::ColumnMissing { column },
            FileError::Undecodable { reason } => Self::Parquet(reason),
        }
    }
}
