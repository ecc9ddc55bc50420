//! What can go wrong between the lake and an answer.

use clio_lake::{Checksum, Damage, FileError, LakeError, of_newer};
use clio_proto::{Fingerprint, ModelError, Period};
use clio_sketch::SketchError;

/// Why serving could not load a snapshot, or could not run at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServingError {
    /// There is no table of cells yet. It may appear: trying again helps.
    #[error("lake `{lake}` holds no snapshot yet: `clio etl run` makes the first one")]
    NoSnapshot {
        /// The lake.
        lake: String,
    },
    /// The lake did not answer, or its log cannot be read. Trying again may help.
    #[error("lake `{lake}` does not answer: {problem}")]
    Lake {
        /// The lake.
        lake: String,
        /// What the storage said.
        problem: String,
    },
    /// A snapshot that must not be served; the same version is refused again.
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
        /// The version that is asked for.
        version: u64,
        /// The newest there is.
        newest: u64,
    },
    /// The lake had this snapshot, and its log or files have gone.
    #[error(
        "snapshot {version} cannot be read: {problem}; `clio lake snapshots` lists those that the log holds"
    )]
    Gone {
        /// The version that is asked for.
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
    /// A defect of ours: a task panicked.
    #[error("a task of serving broke down: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<LakeError> for ServingError {
    /// What a commit says wrongly is wrong with its snapshot, and stays so; all else may be gone the next time.
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
    #[error("no commit at or before it, as far as the log goes back, carries a `clio` entry")]
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
    /// The log gives other files than the commit did: it is damaged.
    #[error(
        "its log gives other files than it had: their sum is {found}, its commit says {expected}; `clio etl run` rebuilds \
         all days"
    )]
    OtherFiles {
        /// What the commit says.
        expected: Checksum,
        /// What the log gives.
        found: Checksum,
    },
    /// What the log says of it cannot be used.
    #[error(transparent)]
    Log(LakeError),
    /// The model in the metadata does not hold.
    #[error("its model is not valid: {0}")]
    Model(#[from] ModelError),
    /// The model in the metadata is not the one that the metadata names.
    #[error("its model has the fingerprint {computed}, its commit says {stated}")]
    Fingerprint {
        /// What the commit says.
        stated: Fingerprint,
        /// What the model's text gives.
        computed: Fingerprint,
    },
    /// A column of the table of cells is not what the model says.
    #[error("column `{column}` is {found}, the model asks for {expected}")]
    Column {
        /// The column.
        column: String,
        /// What the model asks for.
        expected: String,
        /// What the table has.
        found: String,
    },
    /// A file cannot be served.
    #[error("file `{path}`: {problem}")]
    File {
        /// The file, below its table.
        path: String,
        /// What is wrong with it.
        problem: FileProblem,
    },
    /// A parent period without children.
    #[error("period `{period}` is there, but no day of it")]
    Childless {
        /// The parent.
        period: Period,
    },
    /// A retired month that is not there.
    #[error("month `{month}` is retired, its days are gone, and it is not there itself")]
    RetiredMissing {
        /// The month.
        month: Period,
    },
    /// A retired month with a day in the lake, which its numbers may hold or not.
    #[error("month `{month}` is retired, but its day `{day}` is there")]
    RetiredWithDay {
        /// The month.
        month: Period,
        /// The first of its days that are there.
        day: Period,
    },
    /// A period without its parent.
    #[error("period `{missing}` is missing although `{present}` is there")]
    PeriodMissing {
        /// The period that is not there.
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
        /// How it should have compared.
        relation: &'static str,
        /// What its children give.
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
    /// The snapshot is larger than the memory it may take.
    #[error("it takes {size_bytes} bytes in memory, the limit is {limit_bytes}")]
    OverBudget {
        /// What it takes, at least.
        size_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
}

impl Refusal {
    /// Whether the same version may be served later: somebody may bring a damaged file back.
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
    /// The log tells no period of it, or another engine deleted rows without rewriting it.
    #[error("{0}")]
    Log(String),
    /// It is no Parquet file.
    #[error("{0}")]
    Parquet(String),
    /// It is so broken that its decoder broke down.
    #[error("its decoder broke down: {0}")]
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
        /// What the conversion said.
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
    /// Bytes that are no sketch of the column's kind.
    #[error("column `{column}`, row {row}: {problem}")]
    Sketch {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// What the decoder said.
        problem: SketchError,
    },
    /// A count below zero.
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
        /// The measure of different values, or of quantiles.
        distinct: String,
        /// The least that it can be.
        lower: f64,
        /// The count measure of the same source.
        count: String,
        /// The count.
        found: i64,
    },
    /// The file and the log disagree.
    #[error("it has {found} rows, the log says {expected}")]
    RowCount {
        /// What the log says.
        expected: usize,
        /// What the file holds.
        found: usize,
    },
    /// More rows or coupons than 32 bits count.
    #[error("it has too many {what} for one file")]
    TooLarge {
        /// What there is too much of.
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
