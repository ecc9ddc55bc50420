//! The dataset model: what the data means. Read from one TOML file, checked once, then used
//! everywhere; nothing downstream checks it again.
//!
//! ```text
//! TOML text ──raw.rs──▶ every value with its line ──check.rs──▶ Model ──fingerprint.rs──▶ Fingerprint
//!                └── problems.rs: every problem at once, each with file, line, key, mend ──┘
//! ```

mod attribution;
mod check;
mod checks;
mod columns;
mod expression;
mod fingerprint;
mod problems;
mod raw;

use std::fmt;

pub use attribution::{Attribution, Credit, Window, WindowError};
pub use checks::{Check, CheckKind, OnFailure, Per};
use clio_sketch::{Family, Precision};
pub use columns::{ColumnType, ColumnTypeError};
pub use expression::{Expression, ExpressionError};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::field::FieldRef;
use crate::id::Fingerprint;
use crate::period::{DayRange, FIRST_DAY, LAST_DAY};
use crate::toml_file::TomlProblem;

/// A checked dataset model.
///
/// Always true: every reference resolves; names of dimensions and measures are different, are no
/// reserved word, and stay different as GraphQL names; a derived measure refers to stored ones only;
/// there is at least one dimension and one stored measure.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) name: String,
    pub(crate) timezone_name: String,
    pub(crate) timezone: TimeZone,
    pub(crate) first_day: Option<Date>,
    pub(crate) last_day: Option<Date>,
    pub(crate) sources: Vec<Source>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) measures: Vec<Measure>,
    pub(crate) checks: Vec<Check>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) text: String,
}

impl Model {
    /// Reads and checks a model.
    ///
    /// `file` is named in errors. Addresses in the model stay as they are written; the etl resolves
    /// relative ones against the model file's folder.
    ///
    /// # Errors
    ///
    /// Every problem found, each with its place and the mend.
    pub fn parse(file: &str, text: &str) -> Result<Self, ModelError> {
        check::parse(file, text)
    }

    /// The dataset's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The IANA name of the time zone in which a day begins.
    pub fn timezone_name(&self) -> &str {
        &self.timezone_name
    }

    /// The time zone in which a day begins.
    pub fn timezone(&self) -> &TimeZone {
        &self.timezone
    }

    /// The first and the last day that events may have, where the model says so.
    pub fn day_bounds(&self) -> (Option<Date>, Option<Date>) {
        (self.first_day, self.last_day)
    }

    /// The days that events may have: an event of any other day is a bad row. Without `first_day` and
    /// `last_day` in the model, all that the lake can hold.
    ///
    /// # Panics
    ///
    /// Never: a checked model's last day is not before its first.
    pub fn days(&self) -> DayRange {
        let (first, last) =
            (self.first_day.unwrap_or(FIRST_DAY), self.last_day.unwrap_or(LAST_DAY));
        DayRange::try_new(first, last).expect("a checked model's last day is not before its first")
    }

    /// The sources, in the file's order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// A source by name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// Whether cells are made of a source: a measure is taken of it, or of one that is credited to it.
    pub fn is_read(&self, source: &str) -> bool {
        let measured = self.stored_measures().filter_map(|measure| measure.kind.source());
        let mut measured = measured.filter_map(|name| self.source(name));
        measured.any(|read| {
            let to = read.attribution.as_ref().map(|attribution| attribution.to.as_str());
            read.name == source || to == Some(source)
        })
    }

    /// The lookups, in the file's order.
    pub fn lookups(&self) -> &[Lookup] {
        &self.lookups
    }

    /// A lookup by name.
    pub fn lookup(&self, name: &str) -> Option<&Lookup> {
        self.lookups.iter().find(|lookup| lookup.name == name)
    }

    /// The dimensions, in the file's order, which is also the sort order of cells.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// A dimension by name.
    pub fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.name == name)
    }

    /// The measures, in the file's order.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// A measure by name.
    pub fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.name == name)
    }

    /// The measures that a cell holds: all but the derived ones.
    pub fn stored_measures(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter().filter(|measure| !matches!(measure.kind, MeasureKind::Derived { .. }))
    }

    /// What must hold of days before they are committed: the checks of every model that this one does not
    /// replace, then those that it declares, in the file's order. They are no part of what cells mean.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Every dimension followed by its attributes, in the model's order.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> {
        self.dimensions.iter().flat_map(|dimension| {
            let own = FieldRef { dimension: dimension.name.clone(), attribute: None };
            std::iter::once(own).chain(dimension.attributes.iter().map(|attribute| FieldRef {
                dimension: dimension.name.clone(),
                attribute: Some(attribute.clone()),
            }))
        })
    }

    /// What the model means, as a short text: equal for files that differ only in comments, order
    /// of tables or display names.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// What cells mean, as a short text: equal for models that make the same cells of the same events,
    /// whatever they add to them (attributes, labels, derived measures).
    pub fn cells_fingerprint(&self) -> Fingerprint {
        fingerprint::of_cells(self)
    }

    /// The file's text, as every commit keeps it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Rows of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name.
    pub name: String,
    /// Where its files are.
    pub files: FileSet,
    /// When the event happened: a column or an SQL expression that gives a timestamp.
    pub time: SqlColumn,
    /// What a time without a zone is a time of.
    pub times_are: TimesAre,
    /// Only rows for which this SQL predicate holds.
    pub predicate: Option<String>,
    /// How its rows are credited to those of another source; they take the dimensions and the day
    /// of the row that they are credited to, and one without such a row is in no cell.
    pub attribution: Option<Attribution>,
}

/// What a time without a zone is a time of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimesAre {
    /// Of UTC, whatever the dataset's time zone.
    #[default]
    Utc,
    /// Of the dataset's time zone. The day is the one that is written; of the hour that comes twice when clocks
    /// go back it is the first, and a time that clocks skip is as much later as they were put forward.
    Local,
}

impl TimesAre {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Utc, Self::Local];

    /// The name in the model: `UTC`, `local`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "local",
        }
    }
}

/// Files of one format in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSet {
    /// A file, or a folder (ends in `/`), as the model writes it: relative to the model file, or any
    /// address of an object store. Folders `dt=YYYY-MM-DD` below it are pruned by day.
    pub url: String,
    /// Patterns of file names (`bts-*.csv`), any of which must match; empty for every file of the
    /// format's ending. Rows see their file's name without folder and ending in the column `_file`.
    pub patterns: Vec<String>,
    /// The format.
    pub format: Format,
    /// Columns computed from the file's own, by name, in the file's order.
    pub columns: Vec<(String, String)>,
    /// The types of the files' own columns, by name, in the file's order, as far as the model declares them.
    pub types: Vec<(String, ColumnType)>,
    /// `dt=` folders are those of the day of arrival: one may hold events of so many days before it. `None`
    /// where they are those of the events' day.
    pub late_days: Option<u16>,
    /// What happens to a row that cannot be read or computed with.
    pub on_bad_rows: OnBadRows,
}

/// What happens to a source's rows that cannot be read or computed with.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum OnBadRows {
    /// The run fails and names the first one; nothing is committed.
    #[default]
    Fail,
    /// They are left out, counted, and written with reason and place to a table beside the lake.
    Quarantine {
        /// The run fails all the same if more than this share of a source's rows is bad.
        at_most: f64,
    },
}

impl OnBadRows {
    /// The names in the model.
    pub const NAMES: [&str; 2] = ["fail", "quarantine"];
    /// The share that may be bad where the model does not say.
    pub const DEFAULT_AT_MOST: f64 = 0.01;
}

// A share is a checked number, never NaN.
impl Eq for OnBadRows {}

/// A file format with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values.
    Csv(CsvOptions),
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// The name in the model: `parquet`, `csv`, `ndjson`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv(_) => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// How a CSV file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// The first line names the columns. Default: true; without it they are `column_1`, `column_2` …
    pub header: bool,
    /// Between fields, one ASCII character. Default: a comma.
    pub delimiter: u8,
    /// Around fields that hold a delimiter, one ASCII character. Default: the double quote; `None` (written
    /// `""`) where no character quotes.
    pub quote: Option<u8>,
    /// A field with one of these texts is null; at least one. Default: the empty text alone.
    pub nulls: Vec<String>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { header: true, delimiter: b',', quote: Some(b'"'), nulls: vec![String::new()] }
    }
}

/// A column's name, or an SQL expression over the columns of its table.
///
/// Whether a text is a column or an expression is decided where the columns are known: a column that
/// has exactly this name wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlColumn(pub String);

impl fmt::Display for SqlColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The column of a lookup's table in the lake that identifies a row.
pub const LOOKUP_KEY_COLUMN: &str = "key";

/// A table that knows more about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The name.
    pub name: String,
    /// Where its files are.
    pub files: FileSet,
    /// What identifies a row: a column or an SQL expression.
    pub key: SqlColumn,
    /// Whether it has a history: a day then takes the rows in force on it.
    pub as_of: Option<AsOf>,
    /// What becomes of days that took values from a lookup without history, once it changes.
    pub on_change: OnChange,
}

/// Where a lookup's history is: which of its rows are in force on a day. Days are those of the
/// dataset's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsOf {
    /// In folders `dt=YYYY-MM-DD`: each is a whole state, in force from its day on until the day before
    /// the next folder's.
    Folders,
    /// In its rows: each is in force from the day of `valid_from`, that day included, until the day of
    /// `valid_to`, that day not included.
    Rows {
        /// A column or an SQL expression; a date, or an instant, of which the day counts.
        valid_from: SqlColumn,
        /// As `valid_from`; null, or without it, a row stays in force.
        valid_to: Option<SqlColumn>,
    },
}

/// What a changed lookup without history does to the days that took values from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnChange {
    /// They are rebuilt.
    #[default]
    Rebuild,
    /// They keep what they were made with; days that are made or rebuilt from then on, for whatever
    /// reason, take the lookup as it is.
    NewDays,
}

impl OnChange {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Rebuild, Self::NewDays];

    /// The name in the model: `rebuild`, `new_days`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::NewDays => "new_days",
        }
    }
}

/// What one filters and groups by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The name.
    pub name: String,
    /// What people read.
    pub display: String,
    /// Where an event's value comes from.
    pub column: DimensionColumn,
    /// A cell holds a set of values instead of one.
    pub multi: bool,
    /// The lookup that describes members; with `attributes`, `label` or `media` there is one.
    pub members: Option<String>,
    /// Columns of `members` that one can filter and group by. A list column is multi-valued.
    pub attributes: Vec<String>,
    /// The column of `members` with what people read.
    pub label: Option<String>,
    /// The column of `members` with the address of a preview.
    pub media: Option<String>,
}

/// Where a dimension's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DimensionColumn {
    /// From the event.
    Event(SqlColumn),
    /// From the rows of a lookup whose key equals the event's `on`.
    Lookup {
        /// The lookup's name.
        lookup: String,
        /// The event's column or expression that is looked up.
        on: SqlColumn,
        /// The lookup's column or expression with the value.
        column: SqlColumn,
    },
}

/// A number.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The name.
    pub name: String,
    /// What people read.
    pub display: String,
    /// What it is.
    pub kind: MeasureKind,
    /// How it is shown.
    pub format: MeasureFormat,
}

/// What a measure is.
#[derive(Debug, Clone, PartialEq)]
pub enum MeasureKind {
    /// The number of a source's events.
    Count {
        /// The source's name.
        source: String,
    },
    /// The sum of a column over a source's events; nulls add nothing.
    Sum {
        /// The source's name.
        source: String,
        /// What is summed: whole numbers stay whole.
        of: SqlColumn,
    },
    /// The number of different values among a source's events; nulls do not count, nor do several columns together
    /// of which one is null.
    Distinct {
        /// The source's name.
        source: String,
        /// One column, or several together; at least one.
        of: Vec<SqlColumn>,
        /// The sketch family.
        family: Family,
        /// The sketch's precision.
        precision: Precision,
        /// Whether the column holds ready-made sketches of that family and precision, which are united,
        /// instead of values. A row then stands for any number of events.
        from_sketch: bool,
    },
    /// An expression over stored measures.
    Derived {
        /// The expression.
        expression: Expression,
    },
}

impl MeasureKind {
    /// The source whose events are measured; `None` for a derived measure.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Count { source } | Self::Sum { source, .. } | Self::Distinct { source, .. } => {
                Some(source)
            }
            Self::Derived { .. } => None,
        }
    }
}

/// How a measure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MeasureFormat {
    /// A plain number.
    #[default]
    Number,
    /// A share, shown as a percentage.
    Percent,
    /// A duration in seconds.
    Seconds,
}

impl MeasureFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Number, Self::Percent, Self::Seconds];

    /// The name in the model: `number`, `percent`, `seconds`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Seconds => "seconds",
        }
    }
}

/// What people read where the model gives no `display`: `media_type` becomes `Media type`.
pub fn display_name(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// A model file that does not hold; its text lists every problem, one a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ModelError {
    /// The file's name.
    pub file: String,
    /// At least one problem, in the file's order.
    pub problems: Vec<TomlProblem>,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}: ", self.file, problem.line)?;
            if !problem.key.is_empty() {
                write!(f, "`{}`: ", problem.key)?;
            }
            write!(f, "{}; {}", problem.what, problem.mend)?;
        }
        Ok(())
    }
}
