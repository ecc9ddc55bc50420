//! Answers as CSV: the bytes that serving makes of a file, and tables of SQL in the same form.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::WriterBuilder;
use arrow::error::ArrowError;
use clio_etl::SqlAnswer;
use clio_proto::{Answer, Description, ExportFormat, ServiceError};
use clio_serving::{Encoder, EncoderOptions, Parts, encoder};

use super::sql_texts::{is_nested, nested_texts, with_texts};
use super::{Format, Options, Pages, Rows};

pub(super) struct CsvFormat;

impl Format for CsvFormat {
    fn rows(&self) -> Rows {
        Rows::All
    }

    fn has_rows_alone(&self) -> bool {
        true
    }

    fn begin(
        &self,
        _out: &mut dyn Write,
        first: &Answer,
        dataset: &Description,
        options: Options,
    ) -> io::Result<Box<dyn Pages>> {
        let parts = Parts {
            has_ranks: options.has_ranks,
            has_shares: options.has_shares,
            has_compared: options.asked.compare.is_some(),
            has_intervals: options.has_intervals,
            has_verdicts: options.has_verdicts,
            has_newcomers: options.has_newcomers,
        };
        let own = EncoderOptions { parts, is_raw: options.is_raw, has_comments: false };
        let encoder = encoder(ExportFormat::Csv, first, dataset, &[], own).map_err(failed)?;
        Ok(Box::new(CsvPages { encoder }))
    }

    /// Bytes are hexadecimal; lists, structs and maps are JSON texts.
    fn sql(&self, out: &mut dyn Write, answer: &SqlAnswer) -> Result<(), ArrowError> {
        let mut writer = WriterBuilder::new().with_header(true).build(out);
        let empty = [RecordBatch::new_empty(Arc::clone(answer.schema()))];
        let batches = if answer.batches().is_empty() { &empty } else { answer.batches() };
        batches
            .iter()
            .try_for_each(|batch| writer.write(&with_texts(batch, is_nested, nested_texts)?))
    }
}

/// The lines of a file, the first with the names of its columns.
struct CsvPages {
    encoder: Box<dyn Encoder>,
}

impl Pages for CsvPages {
    fn page(&mut self, out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
        out.write_all(&self.encoder.rows(answer).map_err(failed)?)
    }

    fn end(&mut self, out: &mut dyn Write, _last: &Answer) -> io::Result<()> {
        out.write_all(&self.encoder.end().map_err(failed)?)
    }
}

fn failed(error: ServiceError) -> io::Error {
    io::Error::other(error)
}
