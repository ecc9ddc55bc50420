//! From rows to the bytes of a file: one trait, with an encoder for each format in this folder.

use std::fmt::Display;

use clio_proto::{Answer, Code, Description, ExportFormat, Extra, Query, ServiceError};

use super::columns::{Columns, Parts};
use super::csv::CsvEncoder;
use super::ipc::IpcEncoder;
use super::parquet::ParquetEncoder;

/// Produces the bytes of one file, page by page.
///
/// Always true: its memory between two pages does not grow with the number of rows, except for a few bytes for each
/// group of rows in Parquet, whose footer lists them.
pub trait Encoder: Send {
    /// The next bytes, including those of a page's rows as far as they are ready; for an answer without keys, the total
    /// is the row.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] for a value that the format cannot represent, which does not occur.
    fn rows(&mut self, page: &Answer) -> Result<Vec<u8>, ServiceError>;

    /// The last bytes.
    ///
    /// # Errors
    ///
    /// As for [`rows`](Self::rows).
    fn end(&mut self) -> Result<Vec<u8>, ServiceError>;
}

/// What files contain besides keys and values, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct EncoderOptions {
    /// The optional columns.
    pub parts: Parts,
    /// In CSV, write strings byte for byte.
    pub is_raw: bool,
    /// In CSV, write the notes before the rows, in lines that begin with `# `.
    pub has_comments: bool,
}

impl EncoderOptions {
    /// With the columns that a query asks for.
    pub fn of(query: &Query) -> Self {
        let has = |extra| query.extras.contains(&extra);
        let parts = Parts {
            has_ranks: has(Extra::Ranks),
            has_shares: has(Extra::Shares),
            has_compared: query.compare.is_some(),
            has_intervals: has(Extra::Intervals),
            has_verdicts: has(Extra::Verdicts),
            has_newcomers: query.look_back_days.is_some(),
        };
        Self { parts, ..Self::default() }
    }
}

/// The encoder of a format, for an answer whose first page is given, with these [notes](super::said).
///
/// # Errors
///
/// [`Code::Internal`] if the format cannot represent such columns, which does not occur.
pub fn encoder(
    format: ExportFormat,
    first: &Answer,
    dataset: &Description,
    said: &[(String, String)],
    options: EncoderOptions,
) -> Result<Box<dyn Encoder>, ServiceError> {
    let columns = Columns::new(first, dataset, options.parts);
    Ok(match format {
        ExportFormat::Arrow => Box::new(IpcEncoder::try_new(columns, said)?),
        ExportFormat::Parquet => Box::new(ParquetEncoder::try_new(columns, said)?),
        ExportFormat::Csv => {
            let comments = if options.has_comments { said } else { &[] };
            Box::new(CsvEncoder::new(columns, comments, options.is_raw))
        }
    })
}

pub(super) fn internal(error: impl Display) -> ServiceError {
    ServiceError::new(Code::Internal, error.to_string())
}
