//! Files of one format in one folder: how they are named, written and read.

use super::columns::ColumnType;

/// Files of one format in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSet {
    /// A file, or a folder (ends in `/`), as written in the model: relative to the model file, or any address of an
    /// object store. Folders `dt=YYYY-MM-DD` below it are pruned by day.
    pub url: String,
    /// Patterns of file names (`bts-*.csv`), at least one of which must match; empty for every file with the format's
    /// extension. Rows see their file's name, without folder and extension, in the column `_file`.
    pub patterns: Vec<String>,
    /// The format.
    pub format: Format,
    /// Columns computed from the file's own, by name, in the file's order.
    pub columns: Vec<(String, String)>,
    /// The declared types of the files' own columns, by name, in the file's order.
    pub types: Vec<(String, ColumnType)>,
    /// `dt=` folders are those of the day of arrival: one may hold events of up to this many days earlier. `None` if
    /// they are those of the events' day.
    pub late_days: Option<u16>,
    /// What happens to a row that cannot be read or computed with.
    pub on_bad_rows: OnBadRows,
}

/// What happens to a source's rows that cannot be read or computed with.
#[derive(Debug, Clone, Copy, PartialEq, Default, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(BadRowsPolicy),
    vis(pub(super)),
    derive(strum::VariantArray),
    doc = "What happens to bad rows, without their share."
)]
pub enum OnBadRows {
    /// The run fails and names the first one; nothing is committed.
    #[default]
    Fail,
    /// They are left out, counted, and written with reason and location to a table in the lake.
    Quarantine {
        /// The run fails nevertheless if more than this share of a source's rows is bad.
        at_most: f64,
    },
}

impl OnBadRows {
    /// The share that may be bad if the model does not set one.
    pub const DEFAULT_AT_MOST: f64 = 0.01;
}

// A share is a valid number, never NaN.
impl Eq for OnBadRows {}

impl BadRowsPolicy {
    /// The name in the model: `fail`, `quarantine`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Quarantine => "quarantine",
        }
    }
}

/// A file format with its options.
#[derive(Debug, Clone, PartialEq, Eq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(FormatName),
    vis(pub(super)),
    derive(strum::VariantArray),
    doc = "A file format, without its options."
)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values.
    Csv(CsvOptions),
    /// One JSON object per line.
    Ndjson,
}

impl Format {
    /// The name in the model: `parquet`, `csv`, `ndjson`.
    pub fn as_str(&self) -> &'static str {
        FormatName::from(self).as_str()
    }
}

impl FormatName {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// How a CSV file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// The first line names the columns. Default: true; without it they are `column_1`, `column_2` …
    pub header: bool,
    /// The delimiter of fields, one ASCII character. Default: a comma.
    pub delimiter: u8,
    /// The quote around fields that contain a delimiter, one ASCII character. Default: the double quote; `None`
    /// (written `""`) for no quoting.
    pub quote: Option<u8>,
    /// A field with one of these texts is null; at least one. Default: only the empty text.
    pub nulls: Vec<String>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { header: true, delimiter: b',', quote: Some(b'"'), nulls: vec![String::new()] }
    }
}
