//! From rows to the bytes of a file: one trait, and an encoder for each format in a file beside this one.

use std::fmt::Display;

use clio_proto::{Answer, Code, Description, ExportFormat, Extra, Query, ServiceError};

use super::columns::{Columns, Parts};
use super::csv::CsvEncoder;
use super::ipc::IpcEncoder;
use super::parquet::ParquetEncoder;

/// Makes the bytes of one file, page by page.
///
/// Always true: what it holds between two pages does not grow with the rows that were given, but for some bytes of each group of rows
/// in Parquet, whose end lists them.
pub trait Encoder: Send {
    /// The next bytes, with those of a page's rows as far as they are ready; of an answer without keys, the total is the row.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] where a value has no form in the format, which none has.
    fn rows(&mut self, page: &Answer) -> Result<Vec<u8>, ServiceError>;

    /// The last bytes.
    ///
    /// # Errors
    ///
    /// As for [`rows`](Self::rows).
    fn end(&mut self) -> Result<Vec<u8>, ServiceError>;
}

/// What files have beside keys and values, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct EncoderOptions {
    /// Further columns.
    pub parts: Parts,
    /// In CSV, texts byte for byte.
    pub is_raw: bool,
    /// In CSV, what is said of the rows stands before them, in lines that begin with `# `.
    pub has_comments: bool,
}

impl EncoderOptions {
    /// With the columns that a question asks for.
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

/// The encoder of a format, for an answer of which the first page is there, and of which so much is [said](super::said).
///
/// # Errors
///
/// [`Code::Internal`] where the format takes no such columns, which each does.
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
