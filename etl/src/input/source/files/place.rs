//! The place of a row in a file, as messages name it. Slow; used only after a failure.

use clio_proto::Format;
use futures::StreamExt;

use super::lines::{LineChunks, bytes_of, numbered_lines};
use super::quotes::csv_records;
use super::{Files, SourceFile};
use crate::error::Place;

/// The line in which a row of a text file begins, provided that all rows have the right number of
/// fields.
pub(super) async fn place_of(files: &Files, file: &SourceFile, row: u64) -> Place {
    match &files.set.format {
        Format::Parquet => Place::Row(row + 1),
        Format::Csv(options) => {
            let Ok(mut bytes) = bytes_of(&files.name, files.store.as_ref(), file).await else {
                return Place::Row(row + 1);
            };
            let mut text = Vec::new();
            while let Some(Ok(piece)) = bytes.next().await {
                text.extend_from_slice(&piece);
            }
            let mut records = csv_records(options, &text);
            let mut record = csv::ByteRecord::new();
            for _ in 0..=row + u64::from(options.header) {
                if !matches!(records.read_byte_record(&mut record), Ok(true)) {
                    return Place::Row(row + 1);
                }
            }
            record.position().map_or(Place::Row(row + 1), |position| Place::Line(position.line()))
        }
        Format::Ndjson => {
            let Ok(mut chunks) = LineChunks::open(&files.name, files.store.as_ref(), file).await
            else {
                return Place::Row(row + 1);
            };
            let mut n_before = 0;
            while let Ok(Some((first, lines))) = chunks.next().await {
                for (number, _) in numbered_lines(first, &lines) {
                    if n_before == row {
                        return Place::Line(number);
                    }
                    n_before += 1;
                }
            }
            Place::Row(row + 1)
        }
    }
}
