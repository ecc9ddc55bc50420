//! A text file as plain bytes: decompressed by the formats' own crates, with bad rows removed.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use bytes::{Buf, Bytes};
use datafusion::common::{DataFusionError, Result};
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::runtime::Handle;

use super::Opened;
use crate::error::{Place, ReadError};
use crate::input::source::bad_rows::BadRow;
use crate::input::source::files::compression::Compression;
use crate::input::source::files::steady;

/// The rows of a file that a run has set aside.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// For text: by first line, how many lines.
    lines: BTreeMap<u64, u64>,
    /// For other files: row numbers.
    pub(super) rows: Vec<u64>,
}

impl LeftOut {
    /// `quote` is the quote character of CSV fields.
    pub(super) fn of(bad_rows: &[BadRow], quote: Option<u8>) -> Self {
        let mut left_out = Self::default();
        for row in bad_rows {
            match row.place {
                Place::Row(number) => left_out.rows.push(number),
                Place::Line(line) => {
                    let n_lines = 1 + row.content.matches('\n').count() as u64;
                    // An unclosed quote is reported at its own line; its record may begin before.
                    let is_quote = |byte: &u8| Some(*byte) == quote;
                    let is_open = row.content.bytes().filter(is_quote).count() % 2 == 1;
                    let first = if is_open { line + 1 - n_lines } else { line };
                    left_out.lines.insert(first, n_lines);
                }
                Place::Unknown => {}
            }
        }
        left_out
    }
}

/// The text of a file. Lines of bad rows are empty, so that all others keep their numbers.
pub(super) fn of_file(opened: &Opened<'_>) -> Result<Box<dyn Read>> {
    let Opened { reading, file, runtime, .. } = opened;
    let stored = steady::bytes_of(&reading.name, reading.store.as_ref(), file);
    let stored = Stored {
        runtime: (*runtime).clone(),
        pieces: runtime.block_on(stored)?,
        piece: Bytes::new(),
    };
    let text: Box<dyn Read> = match file.compression() {
        None => Box::new(stored),
        Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(stored)),
        Some(Compression::Bzip2) => Box::new(bzip2::read::MultiBzDecoder::new(stored)),
        Some(Compression::Xz) => Box::new(liblzma::read::XzDecoder::new_multi_decoder(stored)),
        Some(Compression::Zstd) => Box::new(zstd::stream::read::Decoder::new(stored)?),
    };
    if opened.left_out.lines.is_empty() {
        return Ok(text);
    }
    let lines = opened.left_out.lines.clone();
    Ok(Box::new(Without { text: BufReader::new(text), lines, line: 0, rest: Vec::new(), at: 0 }))
}

/// A read error: the storage's own, or one for damaged data.
pub(super) fn failed(opened: &Opened<'_>, error: io::Error) -> DataFusionError {
    match error.downcast::<DataFusionError>() {
        Ok(of_storage) => of_storage,
        Err(error) => DataFusionError::External(Box::new(ReadError::BadFile {
            table: opened.reading.name.clone(),
            file: opened.file.path(),
            format: opened.reading.format.as_str(),
            reason: error.to_string(),
        })),
    }
}

/// The bytes of a file as stored, for a thread that may block.
struct Stored {
    runtime: Handle,
    pieces: BoxStream<'static, Result<Bytes>>,
    piece: Bytes,
}

impl Read for Stored {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.runtime.block_on(self.pieces.next()) {
                Some(piece) => self.piece = piece.map_err(io::Error::other)?,
                None => return Ok(0),
            }
        }
        let n_bytes = into.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut into[..n_bytes]);
        Ok(n_bytes)
    }
}

/// Text with some of its lines emptied.
struct Without<R> {
    text: BufReader<R>,
    lines: BTreeMap<u64, u64>,
    /// The last line that was read, counted from 1.
    line: u64,
    rest: Vec<u8>,
    at: usize,
}

impl<R: Read> Read for Without<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.rest.len() {
            self.rest.clear();
            self.at = 0;
            self.text.read_until(b'\n', &mut self.rest)?;
            self.line += 1;
            let before = self.lines.range(..=self.line).next_back();
            if before.is_some_and(|(first, n_lines)| self.line < first + n_lines) {
                let is_ended = self.rest.ends_with(b"\n");
                self.rest.clear();
                self.rest.extend(is_ended.then_some(b'\n'));
            }
        }
        let n_bytes = into.len().min(self.rest.len() - self.at);
        into[..n_bytes].copy_from_slice(&self.rest[self.at..self.at + n_bytes]);
        self.at += n_bytes;
        Ok(n_bytes)
    }
}
