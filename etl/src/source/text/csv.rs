//! One CSV file: every field a text, null where it equals the model's null text.

use std::sync::Arc;

use clio_proto::CsvOptions;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::csv::reader::Decoder;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result};
use futures::StreamExt;
use regex::Regex;
use tokio::sync::mpsc::Sender;

use super::Shape;
use crate::error::Place;
use crate::source::lines::bytes_of;
use crate::source::schema::csv_columns;

pub(super) async fn read(
    shape: &Shape<'_>,
    options: &CsvOptions,
    sender: &Sender<Result<RecordBatch>>,
) -> Result<()> {
    let store = shape.reading.store.as_ref();
    let unreadable = |error: DataFusionError| shape.bad_row(Place::Unknown, error.to_string());
    let columns = csv_columns(store, shape.file, options)
        .await
        .map_err(|reason| shape.bad_row(Place::Unknown, reason))?;
    if columns.fields().is_empty() {
        return Ok(());
    }
    let (mut decoder, kept) = projected_decoder(shape, options, &columns)?;
    let failed = |error: ArrowError| match place_and_reason(&error) {
        Some((line, reason)) => shape.bad_row(Place::Line(line), reason),
        None => shape.bad_row(Place::Unknown, error.to_string()),
    };
    let mut bytes = bytes_of(store, shape.file).await.map_err(unreadable)?;
    let mut is_first = true;
    loop {
        let next = bytes.next().await.transpose().map_err(unreadable)?;
        let is_at_end = next.is_none();
        let mut piece = next.unwrap_or_default();
        if piece.is_empty() && !is_at_end {
            continue;
        }
        if std::mem::take(&mut is_first) && piece.starts_with(b"\xef\xbb\xbf") {
            piece = piece.slice(3..);
        }
        let mut rest: &[u8] = &piece;
        loop {
            // An empty piece tells the decoder that the file ends here.
            let n_bytes = decoder.decode(rest).map_err(failed)?;
            rest = &rest[n_bytes..];
            let is_full = decoder.capacity() == 0;
            if (is_full || is_at_end)
                && let Some(batch) = decoder.flush().map_err(failed)?
                && !shape.send(&renamed(batch, &kept)?, sender).await?
            {
                return Ok(());
            }
            // What is left behind a full batch is decoded into the next one.
            if rest.is_empty() && !(is_full && is_at_end) {
                break;
            }
        }
        if is_at_end {
            return Ok(());
        }
    }
}

/// A decoder of the file's columns that are wanted, or of the first where only rows are counted.
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
pub(in crate::source) fn decoder(
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
    let null = Regex::new(&format!("^{}$", regex::escape(&options.null)))
        .map_err(|error| ArrowError::ParseError(error.to_string()))?;
    Ok(ReaderBuilder::new(Arc::clone(columns))
        .with_header(false)
        .with_delimiter(options.delimiter)
        .with_quote(options.quote)
        .with_null_regex(null)
        .with_batch_size(batch_size))
}

fn renamed(batch: RecordBatch, schema: &Arc<Schema>) -> Result<RecordBatch> {
    Ok(batch.with_schema(Arc::clone(schema))?)
}

/// From "incorrect number of fields for line 3, expected 4 got more than 4".
pub(in crate::source) fn place_and_reason(error: &ArrowError) -> Option<(u64, String)> {
    let ArrowError::CsvError(message) = error else { return None };
    let (_, after) = message.split_once(" for line ")?;
    let (line, counts) = after.split_once(", expected ")?;
    let (expected, found) = counts.split_once(" got ")?;
    let reason = format!(
        "expected {expected} fields, found {found}; correct the line, or quote fields that hold a \
         delimiter"
    );
    Some((line.parse().ok()?, reason))
}
