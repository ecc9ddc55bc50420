//! Why a run failed: what, where, and the mend. Nothing is committed on any of these.

use std::fmt;
use std::path::PathBuf;

use clio_lake::{Damage, LakeError, is_transient};
use clio_proto::Period;
use datafusion::common::DataFusionError;
use jiff::civil::Date;

use words::{failures_text, list, looked, retired_text, unreachable_text, whole_months_text};

mod behind;
pub(crate) mod reasons;
mod table;
mod words;

pub use table::TableName;
pub(crate) use words::{list_days, type_name};

/// Whose fault it is, and what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The input or the model: mend what the message names; a retry alone changes nothing.
    Input,
    /// The lake's storage: mend access, then run again.
    Lake,
    /// Another run changed the same days, or somebody a file that was read: run again.
    Conflict,
    /// A check before the commit failed, or a step that should not fail: worth a report.
    Internal,
}

/// A place in a file: its line where the format has lines, else its row, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A line of a text file.
    Line(u64),
    /// A row of a file without lines.
    Row(u64),
    /// Somewhere in the file.
    Unknown,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, ":{line}"),
            Self::Row(row) => write!(f, ", row {row}"),
            Self::Unknown => Ok(()),
        }
    }
}

/// The type that a column has in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeInFile {
    /// The file's path.
    pub file: String,
    /// The type.
    pub data_type: String,
}

impl fmt::Display for TypeInFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.data_type, self.file)
    }
}

/// A check of the model that failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailedCheck {
    /// The check's name.
    pub check: String,
    /// The day.
    pub day: Date,
    /// What was expected and found.
    pub what: String,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtlError {
    /// An address that cannot be used.
    #[error("{what}: `{url}` cannot be used as an address: {reason}")]
    Address {
        /// What has the address.
        what: String,
        /// The address.
        url: String,
        /// Why not.
        reason: String,
    },
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
    /// An SQL query that is none, or that the engine cannot answer.
    #[error("{reason}")]
    Sql {
        /// The engine's words.
        reason: String,
    },
    /// A source or lookup without any file.
    #[error("{table}: nothing found at {url}; check `{key}`", key = table.key("url"))]
    NothingThere {
        /// The source or lookup.
        table: TableName,
        /// Where it should be.
        url: String,
    },
    /// A folder with files, but none that fits.
    #[error("{table}: none of the files at {url} is named {expected} ({n_files} have other names); check `{key}`", key = table.key("files"))]
    NoFileMatches {
        /// The source or lookup.
        table: TableName,
        /// Where the files are.
        url: String,
        /// How many there are.
        n_files: usize,
        /// What their names should be like.
        expected: String,
    },
    /// A storage that cannot be read.
    #[error("{table}: {url} cannot be read: {reason}")]
    Storage {
        /// The source or lookup.
        table: TableName,
        /// Where.
        url: String,
        /// What the storage says.
        reason: String,
        /// It may be gone the next time.
        passes: bool,
    },
    /// A file that is not what the model says, or is damaged.
    #[error("{table}: {file} is no {format} file: {reason}")]
    BadFile {
        /// The source or lookup.
        table: TableName,
        /// The file's path.
        file: String,
        /// The format in the model.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is not what was listed: it was rewritten, cut, appended to or removed meanwhile.
    #[error(
        "{table}: {file}: the file changed while it was read; nothing was committed, run again"
    )]
    FileChanged {
        /// The source or lookup.
        table: TableName,
        /// The file's path.
        file: String,
    },
    /// A row that cannot be read or computed with.
    #[error("{table}: {file}{place}: {reason}")]
    BadRow {
        /// The source or lookup.
        table: TableName,
        /// The file's path.
        file: String,
        /// Where in the file.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// More bad rows than the model lets pass, although it sets them aside.
    #[error(
        "{table}: {n_bad} rows cannot be read or computed with, more than `max_bad_rows` lets pass; the first is \
         {first}; correct them, or the model, or raise the share; those that were found are in the lake's table \
         `quarantine`"
    )]
    TooManyBadRows {
        /// The source.
        table: TableName,
        /// How many are bad, such as `2 of 5`.
        n_bad: String,
        /// The first of them.
        first: String,
    },
    /// Files of one source that do not fit together.
    #[error("{table}: column `{column}` is {first} but {second}; write the files with one type")]
    TypesDiffer {
        /// The source or lookup.
        table: TableName,
        /// The column.
        column: String,
        /// A file with the column's type in it.
        first: Box<TypeInFile>,
        /// Another file with the column's type in that one.
        second: Box<TypeInFile>,
    },
    /// A column whose name differs from file to file in nothing but case.
    #[error(
        "`{key}`: {table}: the column is `{}` in {} and `{}` in {}; write it alike in all files",
        names[0], files[0], names[1], files[1]
    )]
    SpelledDifferently {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The spellings.
        names: Box<[String; 2]>,
        /// A file with each.
        files: Box<[String; 2]>,
    },
    /// A column that no file has.
    #[error(
        "`{key}`: {table} has no column `{column}`; it has {} (in {first_file})",
        list(existing)
    )]
    MissingColumn {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The column that was asked for.
        column: Box<str>,
        /// The columns that there are, of all files.
        existing: Vec<String>,
        /// The first of the files.
        first_file: Box<str>,
    },
    /// A key of an attribution that one of its sources has not.
    #[error(
        "`{at}`: {table} has no column `{column}`, and no lookup of a dimension gives it{}; it has {}; \
         give it in the source's `columns`, or as a column of such a lookup",
        looked(looked_in),
        list(existing)
    )]
    KeyNotFound {
        /// The key in the model.
        at: String,
        /// The source.
        table: TableName,
        /// The column that was asked for.
        column: Box<str>,
        /// The columns that there are.
        existing: Vec<String>,
        /// The lookups that could have given it.
        looked_in: Vec<String>,
    },
    /// An SQL expression that does not hold.
    #[error("`{key}`: `{text}` is no expression over the columns of {table}: {reason}")]
    BadExpression {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The expression.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A column whose type does not serve.
    #[error("`{key}`: `{text}` of {table} has the type {found}; {mend}")]
    WrongType {
        /// The key in the model.
        key: String,
        /// The source or lookup.
        table: TableName,
        /// The column or expression.
        text: String,
        /// Its type.
        found: Box<str>,
        /// What to do about it.
        mend: Box<str>,
    },
    /// A key with more than one row in a lookup that must have one.
    #[error("{lookup}: key `{key}` has {n_rows} rows; a row's key must be unique")]
    DuplicateKey {
        /// The lookup.
        lookup: TableName,
        /// The key.
        key: String,
        /// How many rows it has.
        n_rows: usize,
    },
    /// A key with more than one row in force on a day, in a lookup that must have one.
    #[error(
        "{lookup}: key `{key}` has {n_rows} rows in force on {day}; on any day a key has one, unless the dimension has `multi = true`"
    )]
    Overlap {
        /// The lookup.
        lookup: TableName,
        /// The key.
        key: String,
        /// How many rows are in force.
        n_rows: usize,
        /// The first day on which they are.
        day: Date,
    },
    /// A file of a lookup with a history that lies in the folder of no day.
    #[error(
        "{lookup}: {file} lies in no folder `dt=YYYY-MM-DD`, so that it is in force on no day; move it into the folder of the first day that it holds for, or name the columns that say so with `valid_from` and `valid_to`"
    )]
    NoState {
        /// The lookup.
        lookup: TableName,
        /// The file.
        file: String,
    },
    /// A key of attribution out of a lookup with a history.
    #[error(
        "`{at}`: `{column}` comes from lookup `{lookup}`, which has `as_of`: a play and its impression of another day would be compared by different states; have the column in the events, or take `as_of` away"
    )]
    KeyInTime {
        /// The key in the model.
        at: String,
        /// The column.
        column: String,
        /// The lookup's name.
        lookup: String,
    },
    /// Rows of a lookup without a key.
    #[error("{lookup}: rows without a key: `{key}` is null in {n_rows} of them")]
    KeyMissing {
        /// The lookup.
        lookup: TableName,
        /// The key's column or expression.
        key: String,
        /// How many rows.
        n_rows: usize,
    },
    /// No event at all.
    #[error("no events found for {days}; looked at {}", looked_at.join(", "))]
    NothingFound {
        /// The days asked for.
        days: String,
        /// The sources with their addresses.
        looked_at: Vec<String>,
    },
    /// The lake holds cells of another shape.
    #[error(
        "the model's cells differ from those in the lake: {}; use a new lake, or rebuild all {n_days} \
         days of this one in one run{}{}", differences.join("; "), retired_text(retired.as_ref()),
         unreachable_text(without_files)
    )]
    CellsDiffer {
        /// What differs, a column each.
        differences: Vec<String>,
        /// How many days the lake holds, those of retired months among them.
        n_days: usize,
        /// Those of them whose files are gone, so that no run can rebuild them.
        without_files: Vec<Date>,
        /// The first and the last of them, where months are retired: such a month is rebuilt only when it is
        /// asked for.
        retired: Option<(Date, Date)>,
    },
    /// Some days of retired months, which can only be rebuilt whole.
    #[error(
        "{}: the days of a retired month have left the lake, and it can only be rebuilt whole; nothing was \
         committed; {}", months.join(", "), whole_months_text(*from, *to, without_files)
    )]
    MonthsRetired {
        /// The months.
        months: Vec<String>,
        /// The first day of those asked for and of the months.
        from: Date,
        /// The last day of those asked for and of the months.
        to: Date,
        /// Days of the months whose files are gone, as far as they were asked for.
        without_files: Vec<Date>,
    },
    /// The model gives names that the lake has another meaning.
    #[error(
        "the model cannot go on in this lake: {}; give what means something else a new name, or use \
         a new lake", differences.join("; ")
    )]
    OtherMeaning {
        /// What means something else.
        differences: Vec<String>,
    },
    /// A sum that its column cannot hold.
    #[error(
        "the sum `{measure}` of a cell is too large: {reason}; sum a smaller unit, or a `double`"
    )]
    SumTooLarge {
        /// The measure.
        measure: String,
        /// What the engine says.
        reason: String,
    },
    /// More memory than the run may have.
    #[error("{step}: the memory limit is too small: {reason}; raise it (`--memory`)")]
    Memory {
        /// What was being done.
        step: String,
        /// What the engine says.
        reason: String,
    },
    /// A check before the commit that failed.
    #[error("check `{check}` failed for {period}: {reason}; nothing was committed")]
    CheckFailed {
        /// The check's name.
        check: &'static str,
        /// The period that failed it.
        period: Period,
        /// What was expected and found.
        reason: String,
    },
    /// Checks of the model that failed.
    #[error(
        "{}nothing was committed; mend the input, change the checks in the model (`on_failure = \"warn\"`), \
         or accept the days as they are: `--accept REASON`",
        failures_text(failed)
    )]
    ChecksFailed {
        /// At least one, in the order of the model's checks, then by day.
        failed: Vec<FailedCheck>,
    },
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(LakeError),
    /// Files of the lake are damaged, and the run does not make them anew: after it the lake could not be served.
    #[error(
        "the lake is damaged where this run mends nothing: {}: {}{}; nothing was committed; {}",
        first.file(), first.problem, words::and_more(*n_more), words::mend_of(first, *is_retired)
    )]
    DamageStays {
        /// The first one, in the order of tables and paths.
        first: Box<Damage>,
        /// How many others there are.
        n_more: usize,
        /// It is a month whose days have left the lake.
        is_retired: bool,
    },
    /// The folder with the journal of runs cannot be used.
    #[error("the state folder {}: {reason}; give another with --state", folder.display())]
    State {
        /// The folder.
        folder: PathBuf,
        /// What the system or the database says.
        reason: String,
    },
    /// A schedule that cannot be kept.
    #[error("the schedule `{text}`: {reason}")]
    Schedule {
        /// What was given.
        text: String,
        /// What is wrong with it, and the mend.
        reason: String,
    },
    /// Another run committed the same days meanwhile.
    #[error(
        "another run committed {} meanwhile (version {version}); nothing was committed, run again",
        list_days(days)
    )]
    Conflict {
        /// The days that both rebuilt.
        days: Vec<Date>,
        /// The other's snapshot.
        version: u64,
    },
    /// The engine failed where it should not.
    #[error("{step}: {error}")]
    Engine {
        /// What was being done.
        step: String,
        /// What the engine says.
        error: Box<DataFusionError>,
    },
}

impl EtlError {
    /// Whose fault it is, and what helps.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Lake(_) | Self::DamageStays { .. } | Self::State { .. } => ErrorKind::Lake,
            Self::Conflict { .. } | Self::FileChanged { .. } => ErrorKind::Conflict,
            Self::CheckFailed { .. } | Self::Engine { .. } => ErrorKind::Internal,
            _ => ErrorKind::Input,
        }
    }

    /// Whether the same may succeed when it is tried again: a storage or a network failed, not the input, or a
    /// file changed meanwhile.
    pub fn can_pass(&self) -> bool {
        match self {
            Self::Storage { passes, .. } => *passes,
            Self::Lake(error) => error.is_transient(),
            Self::Engine { error, .. } => is_transient(error.as_ref()),
            Self::FileChanged { .. } => true,
            _ => false,
        }
    }

    /// Whether only a new run can succeed, which looks at what files there are.
    pub(crate) fn is_of_listing(&self) -> bool {
        matches!(self, Self::FileChanged { .. })
    }

    pub(crate) fn engine(step: impl Into<String>, error: DataFusionError) -> Self {
        Self::Engine { step: step.into(), error: Box::new(error) }
    }
}

impl From<LakeError> for EtlError {
    fn from(error: LakeError) -> Self {
        match error {
            // The journal is ours: its own error says more.
            LakeError::Journal(error) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(error) => Self::Lake(LakeError::Journal(error)),
            },
            error => Self::Lake(error),
        }
    }
}

/// What was being done, for errors of the engine that no input explains.
pub(crate) trait During<T> {
    fn during(self, step: &str) -> Result<T, EtlError>;
}

impl<T, E: Into<DataFusionError>> During<T> for Result<T, E> {
    fn during(self, step: &str) -> Result<T, EtlError> {
        self.map_err(|error| reasons::explained(step, error.into()))
    }
}

/// Whether bad rows may be behind an error: not where a network or a storage is.
pub(crate) fn is_of_rows(error: &EtlError) -> bool {
    matches!(error, EtlError::Engine { .. } | EtlError::BadRow { .. }) && !error.can_pass()
}
