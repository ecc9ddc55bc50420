//! One CSV file: every field is text, or null if it equals one of the model's null texts.

use std::sync::Arc;

use clio_proto::CsvOptions;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::csv::reader::Decoder;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;
use futures::StreamExt;
use object_store::ObjectStore;
use regex::Regex;
use tokio::sync::mpsc::Sender;

use super::Shape;
use crate::error::{Place, TableName};
use crate::input::source::files::SourceFile;
use crate::input::source::files::lines::bytes_of;
use crate::input::source::files::quotes::{NO_QUOTE, Quotes};
use crate::input::source::files::schema::csv_columns;

pub(super) async fn read(
    shape: &Shape<'_>,
    options: &CsvOptions,
    sender: &Sender<Result<RecordBatch>>,
) -> Result<()> {
    let store = shape.reading.store.as_ref();
    let columns = csv_columns(&shape.reading.name, store, shape.file, options).await?;
    if columns.fields().is_empty() {
        return Ok(());
    }
    let (mut decoder, kept) = projected_decoder(shape, options, &columns)?;
    let failed = |error: ArrowError| match place_and_reason(&error) {
        Some((line, reason)) => shape.bad_row(Place::Line(line), reason),
        None => shape.bad_row(Place::Unknown, error.to_string()),
    };
    let mut quotes = Quotes::new(options);
    let mut bytes = bytes_of(&shape.reading.name, store, shape.file).await?;
    loop {
        let next = bytes.next().await.transpose()?;
        let is_at_end = next.is_none();
        let piece = next.unwrap_or_default();
        if piece.is_empty() && !is_at_end {
            continue;
        }
        let looked = quotes.as_mut().map_or(Ok(()), |quotes| match is_at_end {
            true => quotes.finish(),
            false => quotes.look(&piece),
        });
        if let Err(open) = looked {
            let line = line_of(&shape.reading.name, store, shape.file, open.offset).await?;
            return Err(shape.bad_row(Place::Line(line), open.reason));
        }
        let mut rest: &[u8] = &piece;
        loop {
            // An empty piece marks the end of the file.
            let n_bytes = decoder.decode(rest).map_err(failed)?;
            rest = &rest[n_bytes..];
            let is_full = decoder.capacity() == 0;
            if (is_full || is_at_end)
                && let Some(batch) = decoder.flush().map_err(failed)?
                && !shape.send(&renamed(batch, &kept)?, sender).await?
            {
                return Ok(());
            }
            // What remains after a full batch is decoded into the next one.
            if rest.is_empty() && !(is_full && is_at_end) {
                break;
            }
        }
        if is_at_end {
            return Ok(());
        }
    }
}

/// The line of a byte, counted from 1. Reads the file once more.
pub(in crate::input::source::files) async fn line_of(
    table: &TableName,
    store: &dyn ObjectStore,
    file: &SourceFile,
    offset: u64,
) -> Result<u64> {
    let mut bytes = bytes_of(table, store, file).await?;
    let (mut line, mut n_left) = (1, offset);
    while let Some(piece) = bytes.next().await.transpose()? {
        let n_bytes = usize::try_from(n_left).unwrap_or(usize::MAX).min(piece.len());
        line += memchr::memchr_iter(b'\n', &piece[..n_bytes]).count() as u64;
        n_left -= n_bytes as u64;
        if n_left == 0 {
            break;
        }
    }
    Ok(line)
}

/// A decoder of the requested columns of the file, or of the first column where only rows are counted.
fn projected_decoder(
    shape: &Shape<'_>,
    options: &CsvOptions,
    columns: &SchemaRef,
) -> Result<(Decoder, SchemaRef)> {
    let mut wanted: Vec<usize> =
        shape.wanted().filter_map(|field| columns.index_of(field.name()).ok()).collect();
    if wanted.is_empty() {
        wanted.push(0);
    }
    let kept = Arc::new(columns.project(&wanted)?);
    let builder = builder(columns, options, shape.batch_size)
        .map_err(|error| shape.bad_row(Place::Unknown, error.to_string()))?;
    let builder = builder.with_header(options.header).with_projection(wanted);
    Ok((builder.build_decoder(), kept))
}

/// A decoder of records without a header.
pub(in crate::input::source::files) fn decoder(
    columns: &SchemaRef,
    options: &CsvOptions,
    batch_size: usize,
) -> std::result::Result<Decoder, ArrowError> {
    Ok(builder(columns, options, batch_size)?.build_decoder())
}

fn builder(
    columns: &SchemaRef,
    options: &CsvOptions,
    batch_size: usize,
) -> std::result::Result<ReaderBuilder, ArrowError> {
    let nulls: Vec<String> = options.nulls.iter().map(|null| regex::escape(null)).collect();
    let null = Regex::new(&format!("^(?:{})$", nulls.join("|")))
        .map_err(|error| ArrowError::ParseError(error.to_string()))?;
    Ok(ReaderBuilder::new(Arc::clone(columns))
        .with_header(false)
        .with_delimiter(options.delimiter)
        .with_quote(options.quote.unwrap_or(NO_QUOTE))
        .with_null_regex(null)
        .with_batch_size(batch_size))
}

fn renamed(batch: RecordBatch, schema: &Arc<Schema>) -> Result<RecordBatch> {
    Ok(batch.with_schema(Arc::clone(schema))?)
}

/// Parses "incorrect number of fields for line 3, expected 4 got more than 4", and "Encountered invalid
/// UTF-8 data for line 3 and field 2".
pub(in crate::input::source::files) fn place_and_reason(
    error: &ArrowError,
) -> Option<(u64, String)> {
    let ArrowError::CsvError(message) = error else { return None };
    let (what, after) = message.split_once(" for line ")?;
    if let Some((line, field)) = after.split_once(" and field ") {
        let reason = format!(
            "field {field} is not UTF-8; write the file as UTF-8 (of Latin-1: `iconv -f LATIN1 -t UTF-8`)"
        );
        return what.contains("UTF-8").then_some((line.parse().ok()?, reason));
    }
    let (line, counts) = after.split_once(", expected ")?;
    let (expected, found) = counts.split_once(" got ")?;
    let reason = format!(
        "expected {expected} fields, found {found}; correct the line, or quote fields that hold a \
         delimiter"
    );
    Some((line.parse().ok()?, reason))
}
