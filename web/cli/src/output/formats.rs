//! The formats of answers, of the cube and of SQL: one file each beside this one, and an entry in one list.

mod csv;
mod json;
mod sql_texts;
mod table;

use std::io::{self, Write};

use arrow::error::ArrowError;
use clap::ValueEnum;
use clio_etl::SqlAnswer;
use clio_proto::{Answer, Description};

use super::asked::Asked;

/// The formats that `--format` knows.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AnswerFormat {
    Table,
    Json,
    Csv,
}

impl AnswerFormat {
    /// The writer of the format.
    pub(crate) fn writer(self) -> &'static dyn Format {
        match self {
            Self::Table => &table::TableFormat,
            Self::Json => &json::JsonFormat,
            Self::Csv => &csv::CsvFormat,
        }
    }
}

/// A way to write answers as text.
pub(crate) trait Format: Sync {
    /// How many rows of the cube's answers it takes.
    fn rows(&self) -> Rows;

    /// Whether it has only rows: everything else in an answer then goes to standard error, or cannot be expressed.
    fn has_rows_alone(&self) -> bool;

    /// Begins an answer of the cube, with all that is known before its rows.
    fn begin(
        &self,
        out: &mut dyn Write,
        first: &Answer,
        dataset: &Description,
        options: Options,
    ) -> io::Result<Box<dyn Pages>>;

    /// Writes the rows of an SQL query.
    ///
    /// # Errors
    ///
    /// When a value cannot be converted to text, such as a time that is out of range.
    fn sql(&self, out: &mut dyn Write, answer: &SqlAnswer) -> Result<(), ArrowError>;
}

/// The pages of one answer of the cube, written as they arrive.
pub(crate) trait Pages {
    /// Writes the rows of a page.
    fn page(&mut self, out: &mut dyn Write, answer: &Answer) -> io::Result<()>;

    /// Writes what follows the last page.
    fn end(&mut self, out: &mut dyn Write, last: &Answer) -> io::Result<()>;
}

/// How many rows a format takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// One page, which also tells people what the numbers lack.
    OnePage {
        /// The number of rows by default.
        n_unless_said: usize,
    },
    /// All, page after page, for programs; what the numbers lack goes to standard error.
    All,
}

/// Options that some formats have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// The parts of the question that the answer does not repeat.
    pub(crate) asked: Asked,
    /// Write text byte for byte, even where a spreadsheet takes it for a formula.
    pub(crate) is_raw: bool,
    /// Also print what the answer took.
    pub(crate) explains: bool,
    /// Columns for the places of rows.
    pub(crate) has_ranks: bool,
    /// Columns for the parts of the total.
    pub(crate) has_shares: bool,
    /// Columns for who is new and who returns.
    pub(crate) has_newcomers: bool,
    /// Columns for how sure values are.
    pub(crate) has_intervals: bool,
    /// Columns for whether values are really higher.
    pub(crate) has_verdicts: bool,
}

#[cfg(test)]
mod tests;
