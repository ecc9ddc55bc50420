//! One NDJSON file: an object a line, a missing key is null.

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
use crate::source::lines::{LineChunks, bytes_of, numbered_lines};

pub(super) async fn read(shape: &Shape<'_>, sender: &Sender<Result<RecordBatch>>) -> Result<()> {
    let mut decoder = decoder(shape, shape.batch_size)?;
    let store = shape.reading.store.as_ref();
    let unreadable = |error: DataFusionError| shape.bad_row(Place::Unknown, error.to_string());
    let mut bytes = bytes_of(store, shape.file).await.map_err(unreadable)?;
    loop {
        let piece = bytes.next().await.transpose().map_err(unreadable)?;
        let is_at_end = piece.is_none();
        let piece = piece.unwrap_or_default();
        let mut rest: &[u8] = &piece;
        loop {
            let n_bytes = match decoder.decode(rest) {
                Ok(n_bytes) => n_bytes,
                Err(error) => return Err(first_bad_line(shape, error).await),
            };
            rest = &rest[n_bytes..];
            // The decoder stops short of the piece's end only when its batch is full.
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
    Ok(ReaderBuilder::new(schema).with_batch_size(batch_size).build_decoder()?)
}

/// Reads the file once more, line by line: the decoder does not say where it failed.
async fn first_bad_line(shape: &Shape<'_>, error: ArrowError) -> DataFusionError {
    let find = async || -> Result<Option<(u64, String)>> {
        let mut chunks = LineChunks::open(shape.reading.store.as_ref(), shape.file).await?;
        while let Some((first, lines)) = chunks.next().await? {
            for (number, line) in numbered_lines(first, &lines) {
                let mut decoder = decoder(shape, 1)?;
                let decoded = decoder.decode(line).and_then(|_| decoder.flush());
                if let Err(error) = decoded {
                    return Ok(Some((number, error.to_string())));
                }
            }
        }
        Ok(None)
    };
    match find().await {
        Ok(Some((line, reason))) => shape.bad_row(Place::Line(line), reason),
        _ => shape.bad_row(Place::Unknown, error.to_string()),
    }
}
