//! A file's rows with their places; unreadable rows are singled out here.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use clio_proto::{CsvOptions, Format};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::ReaderBuilder;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;

use super::lines::{LineChunks, bytes_of};
use super::quotes::{OpenQuote, Quotes, csv_records};
use super::schema::{bad_json, csv_columns};
use super::text::{Conversion, csv_decoder, csv_place_and_reason};
use super::{Files, file_of};
use crate::engine::{explained, root_message};
use crate::error::{During, EtlError, Place};
use crate::input::source::Piece;
use crate::input::source::origin::{Note, Origin, PlacedRows, RowColumns, Rows};

const STEP: &str = "looking for bad rows";
/// How many rows are decoded together.
const N_PIECE_ROWS: usize = 8192;

/// Opens the rows of a file.
pub(super) async fn open<'a>(
    files: &'a Files,
    ctx: &SessionContext,
    columns: &'a RowColumns,
    piece: &'a Piece,
) -> Result<Box<dyn Rows + 'a>, EtlError> {
    let (file, store) = (file_of(piece), files.store.as_ref());
    let conversion = Conversion::new(&columns.own, &columns.all(), file);
    let unreadable = |error| explained("reading a file", error);
    Ok(match &files.set.format {
        Format::Parquet => {
            let rows = files.provide(columns, std::slice::from_ref(piece), 1);
            let rows = ctx.read_table(rows).during(STEP)?;
            let stream = rows.execute_stream().await.map_err(unreadable)?;
            Box::new(ParquetRows { stream, n_before: 0 })
        }
        Format::Ndjson => {
            let chunks = LineChunks::open(&files.name, store, file).await.map_err(unreadable)?;
            let decoder = Decoder::Json(Arc::clone(&columns.own), columns.coerces);
            Box::new(TextRows { decoder, records: Records::Json(chunks), conversion })
        }
        Format::Csv(options) => {
            let own = csv_columns(&files.name, store, file, options).await.map_err(unreadable)?;
            let mut bytes = bytes_of(&files.name, store, file).await.map_err(unreadable)?;
            let mut text = Vec::new();
            while let Some(piece) = bytes.next().await.transpose().map_err(unreadable)? {
                text.extend_from_slice(&piece);
            }
            let records = CsvRecords::new(text, options.clone());
            let decoder = Decoder::Csv(own, options.clone());
            Box::new(TextRows { decoder, records: Records::Csv(records), conversion })
        }
    })
}

/// The rows of a Parquet file.
struct ParquetRows {
    stream: SendableRecordBatchStream,
    n_before: u64,
}

#[async_trait]
impl Rows for ParquetRows {
    async fn next(&mut self, _note: &mut Note<'_>) -> Result<Option<PlacedRows>, EtlError> {
        let Some(batch) = self.stream.next().await else { return Ok(None) };
        let batch = batch.map_err(|error| explained("reading a file", error))?;
        let first = self.n_before + 1;
        self.n_before += batch.num_rows() as u64;
        let places = (first..=self.n_before).map(Place::Row).collect();
        Ok(Some(PlacedRows { batch, places, texts: Vec::new() }))
    }
}

/// The rows of a text file.
struct TextRows<'a> {
    decoder: Decoder,
    records: Records,
    conversion: Conversion<'a>,
}

enum Records {
    Json(LineChunks),
    Csv(CsvRecords),
}

#[async_trait]
impl Rows for TextRows<'_> {
    async fn next(&mut self, note: &mut Note<'_>) -> Result<Option<PlacedRows>, EtlError> {
        let chunk = match &mut self.records {
            Records::Csv(records) => records.next(),
            Records::Json(chunks) => {
                let next = chunks.next().await;
                let next = next.map_err(|error| explained("reading a file", error))?;
                next.map(|(first, text)| Chunk::of_lines(first, text))
            }
        };
        let Some(chunk) = chunk else { return Ok(None) };
        let (mut batches, mut places, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        let mut waiting: Vec<Range<usize>> = halves_of(0..chunk.records.len()).collect();
        while let Some(range) = waiting.pop() {
            let records = &chunk.records[range.clone()];
            match self.decoder.decode(&chunk.text, records) {
                Ok(batch) => {
                    for record in records {
                        places.push(Place::Line(record.line));
                        texts.push(record.text(&chunk.text));
                    }
                    batches.push(self.conversion.convert(&batch).during(STEP)?);
                }
                Err(reason) if records.len() == 1 => {
                    let record = &records[0];
                    note(Place::Line(record.line), reason, record.text(&chunk.text))?;
                }
                Err(_) => {
                    let middle = range.start + range.len() / 2;
                    waiting.push(middle..range.end);
                    waiting.push(range.start..middle);
                }
            }
        }
        let schema = self.conversion.schema();
        let batch = concat_batches(schema, &batches).during(STEP)?;
        Ok(Some(PlacedRows { batch, places, texts }))
    }
}

/// Splits into ranges of as many records as a decoder's batch holds; the last one first, for use as a
/// stack.
fn halves_of(all: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let starts = all.clone().step_by(N_PIECE_ROWS);
    let ranges: Vec<_> = starts.map(|start| start..(start + N_PIECE_ROWS).min(all.end)).collect();
    ranges.into_iter().rev()
}

/// Some text, and the records in it.
struct Chunk {
    text: Vec<u8>,
    records: Vec<Record>,
}

impl Chunk {
    fn of_lines(first: u64, text: Vec<u8>) -> Self {
        let mut records = Vec::new();
        let mut start = 0;
        for (line, bytes) in (first..).zip(text.split_inclusive(|&byte| byte == b'\n')) {
            let bytes_range = start..start + bytes.len();
            start = bytes_range.end;
            if !bytes.trim_ascii().is_empty() {
                let fault = bad_json(bytes);
                records.push(Record { line, bytes: bytes_range, fault });
            }
        }
        Self { text, records }
    }
}

/// One record of text.
struct Record {
    line: u64,
    bytes: Range<usize>,
    /// What is wrong with it although a decoder would accept it.
    fault: Option<String>,
}

impl Record {
    fn text(&self, text: &[u8]) -> String {
        String::from_utf8_lossy(text[self.bytes.clone()].trim_ascii_end()).into_owned()
    }
}

/// Decodes records of text, all or none.
enum Decoder {
    Json(SchemaRef, bool),
    Csv(SchemaRef, CsvOptions),
}

impl Decoder {
    fn decode(&self, text: &[u8], records: &[Record]) -> Result<RecordBatch, String> {
        if let Some(fault) = records.iter().find_map(|record| record.fault.clone()) {
            return Err(fault);
        }
        let bytes: Vec<&[u8]> = records.iter().map(|record| &text[record.bytes.clone()]).collect();
        let bytes = bytes.concat();
        let batch = match self {
            Self::Json(schema, coerces) => decode_json(schema, *coerces, &bytes, records.len()),
            Self::Csv(schema, options) => decode_csv(schema, options, &bytes, records.len()),
        };
        let batch = batch.map_err(|error| root_message(&error.into()))?;
        // A record that swallows the next one, or splits in two, is as bad as an unreadable one.
        match batch.filter(|batch| batch.num_rows() == records.len()) {
            Some(batch) => Ok(batch),
            None => Err("not one row; a bracket or a quote is missing".to_owned()),
        }
    }
}

fn decode_json(
    schema: &SchemaRef,
    coerces: bool,
    bytes: &[u8],
    n_rows: usize,
) -> Result<Option<RecordBatch>, ArrowError> {
    let builder = ReaderBuilder::new(Arc::clone(schema)).with_batch_size(n_rows + 1);
    let mut decoder = builder.with_coerce_primitive(coerces).build_decoder()?;
    decoder.decode(bytes)?;
    decoder.flush()
}

fn decode_csv(
    schema: &SchemaRef,
    options: &CsvOptions,
    bytes: &[u8],
    n_rows: usize,
) -> Result<Option<RecordBatch>, ArrowError> {
    let mut decoder = csv_decoder(schema, options, n_rows + 1)?;
    let mut rest = bytes;
    let reason = |error| match csv_place_and_reason(&error) {
        Some((_, reason)) => ArrowError::ParseError(reason),
        None => error,
    };
    loop {
        // An empty piece marks the end of the text.
        let n_bytes = decoder.decode(rest).map_err(reason)?;
        if rest.is_empty() {
            return decoder.flush();
        }
        rest = &rest[n_bytes..];
    }
}

/// The records of CSV text, whose quoted fields may contain line ends.
struct CsvRecords {
    text: Vec<u8>,
    options: CsvOptions,
    next: csv::Position,
    is_at_end: bool,
}

impl CsvRecords {
    fn new(text: Vec<u8>, options: CsvOptions) -> Self {
        let mut records = Self { text, options, next: csv::Position::new(), is_at_end: false };
        if records.options.header {
            records.take(1);
        }
        records
    }

    fn next(&mut self) -> Option<Chunk> {
        if self.is_at_end {
            return None;
        }
        let (start, records) = self.take(N_PIECE_ROWS);
        let end = start + records.last().map_or(0, |record| record.bytes.end);
        Some(Chunk { text: self.text[start..end].to_vec(), records })
    }

    /// Scans the next records; returns where the first one begins, and all records from there on.
    fn take(&mut self, n_records: usize) -> (usize, Vec<Record>) {
        let offset = |position: &csv::Position| {
            usize::try_from(position.byte()).unwrap_or(usize::MAX).min(self.text.len())
        };
        let start = offset(&self.next);
        let first_line = self.next.line() - 1;
        let text = &self.text[start..];
        let mut reader = csv_records(&self.options, text);
        let (mut records, mut record) = (Vec::new(), csv::ByteRecord::new());
        let mut next = reader.position().clone();
        while records.len() < n_records {
            let Ok(true) = reader.read_byte_record(&mut record) else {
                self.is_at_end = true;
                break;
            };
            let at = record.position().cloned().unwrap_or_else(csv::Position::new);
            let bytes = offset_in(&at)..offset_in(reader.position());
            next = reader.position().clone();
            let line = first_line + at.line();
            let Some(open) = self.open_quote(&text[bytes.clone()]) else {
                records.push(Record { line, bytes, fault: None });
                continue;
            };
            // Everything up to the end of the line in which the quote opens is bad; the swallowed lines
            // are records of their own.
            let from = bytes.start + usize::try_from(open.offset).unwrap_or(usize::MAX);
            let rest = &text[from..bytes.end];
            let end =
                rest.iter().position(|&byte| byte == b'\n').map_or(bytes.end, |n| from + n + 1);
            let n_lines = |range: Range<usize>| {
                text[range].iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>()
            };
            let opens_at = line + n_lines(bytes.start..from);
            next.set_byte(end as u64);
            next.set_line(at.line() + n_lines(bytes.start..end));
            records.push(Record {
                line: opens_at,
                bytes: bytes.start..end,
                fault: Some(open.reason),
            });
            break;
        }
        self.is_at_end |= offset_in(&next) >= text.len();
        let mut position = csv::Position::new();
        position.set_byte(self.next.byte() + next.byte());
        position.set_line(first_line + next.line());
        self.next = position;
        (start, records)
    }

    fn open_quote(&self, record: &[u8]) -> Option<OpenQuote> {
        let mut quotes = Quotes::new(&self.options)?;
        quotes.look(record).and_then(|()| quotes.finish()).err()
    }
}

fn offset_in(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}
