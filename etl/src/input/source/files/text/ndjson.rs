//! One NDJSON file: an object per line; a missing key is null.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Fields, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::ReaderBuilder;
use datafusion::arrow::json::reader::Decoder;
use datafusion::common::{DataFusionError, Result};
use futures::StreamExt;
use tokio::sync::mpsc::Sender;

use super::Shape;
use crate::error::Place;
use crate::input::source::files::lines::{LineChunks, bytes_of, numbered_lines};
use crate::input::source::files::schema::{bad_json, types_differ};

pub(super) async fn read(shape: &Shape<'_>, sender: &Sender<Result<RecordBatch>>) -> Result<()> {
    let mut decoder = decoder(shape, shape.batch_size)?;
    let store = shape.reading.store.as_ref();
    let mut bytes = bytes_of(&shape.reading.name, store, shape.file).await?;
    loop {
        let piece = bytes.next().await.transpose()?;
        let is_at_end = piece.is_none();
        let piece = piece.unwrap_or_default();
        let mut rest: &[u8] = &piece;
        loop {
            let n_bytes = match decoder.decode(rest) {
                Ok(n_bytes) => n_bytes,
                Err(error) => return Err(first_bad_line(shape, error).await),
            };
            rest = &rest[n_bytes..];
            // The decoder stops before the end of the piece only when its batch is full.
            let is_full = !rest.is_empty();
            if is_full || is_at_end {
                let batch = match decoder.flush() {
                    Ok(batch) => batch,
                    Err(error) => return Err(first_bad_line(shape, error).await),
                };
                if let Some(batch) = batch
                    && !shape.send(&batch, sender).await?
                {
                    return Ok(());
                }
            }
            if !is_full {
                break;
            }
        }
        if is_at_end {
            return Ok(());
        }
    }
}

fn decoder(shape: &Shape<'_>, batch_size: usize) -> Result<Decoder> {
    let fields: Fields = shape.wanted().cloned().collect();
    let schema = Arc::new(Schema::new(fields));
    let builder = ReaderBuilder::new(schema).with_batch_size(batch_size);
    Ok(builder.with_coerce_primitive(shape.reading.coerces).build_decoder()?)
}

/// Reads the file again, line by line: the decoder does not say where it failed.
async fn first_bad_line(shape: &Shape<'_>, error: ArrowError) -> DataFusionError {
    match find_bad_line(shape).await {
        Ok(Some((line, reason))) => shape.bad_row(Place::Line(line), reason),
        Ok(None) => shape.bad_row(Place::Unknown, error.to_string()),
        // The file has changed in the meantime, or its storage is gone.
        Err(error) => error,
    }
}

async fn find_bad_line(shape: &Shape<'_>) -> Result<Option<(u64, String)>> {
    let store = shape.reading.store.as_ref();
    let mut chunks = LineChunks::open(&shape.reading.name, store, shape.file).await?;
    while let Some((first, lines)) = chunks.next().await? {
        for (number, line) in numbered_lines(first, &lines) {
            let mut decoder = decoder(shape, 1)?;
            if let Err(error) = decoder.decode(line).and_then(|_| decoder.flush()) {
                let reason = shape.wanted().find_map(|field| types_differ(field));
                let reason = bad_json(line).or(reason).unwrap_or_else(|| error.to_string());
                return Ok(Some((number, reason)));
            }
        }
    }
    Ok(None)
}
