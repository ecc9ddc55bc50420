//! The bytes of a text file, decompressed, as they come or split at line ends.

use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::ObjectStore;

use super::steady;
use super::{SourceFile, compression};
use crate::error::{ReadError, TableName};

/// How many bytes are processed together where lines matter; also the longest line that is cheap.
const CHUNK_BYTES: usize = 1 << 20;
/// The longest byte order mark.
const MARK_BYTES: usize = 4;

/// A file's text, decompressed, without the byte order mark that UTF-8 may begin with.
///
/// # Errors
///
/// Here or at the end of the stream: where the file differs from what was listed; where its compressed data
/// is damaged, truncated or followed by something else; and where its encoding is not UTF-8.
pub(super) async fn bytes_of(
    table: &TableName,
    store: &dyn ObjectStore,
    file: &SourceFile,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let stored = steady::bytes_of(table, store, file).await?;
    let mut text = compression::decompressed(table, file, stored);
    let mut start = Vec::new();
    while start.len() < MARK_BYTES {
        let Some(piece) = text.next().await.transpose()? else { break };
        start.extend_from_slice(&piece);
    }
    if let Some(encoding) = other_encoding(&start) {
        return Err(DataFusionError::External(Box::new(ReadError::BadFile {
            table: table.clone(),
            file: file.path(),
            format: "UTF-8 text",
            reason: format!("it is {encoding}; write it as UTF-8 (`iconv -f {encoding} -t UTF-8`)"),
        })));
    }
    let start = Bytes::from(start);
    let start = if start.starts_with(b"\xef\xbb\xbf") { start.slice(3..) } else { start };
    Ok(futures::stream::iter([Ok(start)]).chain(text).boxed())
}

/// The encoding of text that is not UTF-8, recognised by its beginning: a byte order mark, or a first letter
/// of two bytes.
fn other_encoding(start: &[u8]) -> Option<&'static str> {
    match start {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [first, 0, 0, 0, ..] if *first != 0 => Some("UTF-32LE"),
        [0, 0, 0, first, ..] if *first != 0 => Some("UTF-32BE"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some("UTF-16LE"),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some("UTF-16BE"),
        _ => None,
    }
}

/// What is wrong with bytes that are not UTF-8; `None` if they are.
pub(super) fn not_utf8(text: &[u8]) -> Option<String> {
    let error = std::str::from_utf8(text).err()?;
    let byte = text.get(error.valid_up_to()).copied().unwrap_or_default();
    Some(format!(
        "byte 0x{byte:02x} is not UTF-8; write the file as UTF-8 (of Latin-1: `iconv -f LATIN1 -t UTF-8`)"
    ))
}

/// A file's text in pieces of whole lines.
pub(super) struct LineChunks {
    bytes: BoxStream<'static, Result<Bytes>>,
    carry: Vec<u8>,
    next_line: u64,
    is_at_end: bool,
}

impl LineChunks {
    pub(super) async fn open(
        table: &TableName,
        store: &dyn ObjectStore,
        file: &SourceFile,
    ) -> Result<Self> {
        let bytes = bytes_of(table, store, file).await?;
        Ok(Self { bytes, carry: Vec::new(), next_line: 1, is_at_end: false })
    }

    /// The next lines, with the number of the first one, counted from 1; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>> {
        loop {
            let is_due = self.is_at_end || self.carry.len() >= CHUNK_BYTES;
            let end = if self.is_at_end {
                Some(self.carry.len())
            } else {
                is_due.then(|| last_line_end(&self.carry)).flatten()
            };
            if let Some(end) = end {
                if end == 0 {
                    return Ok(None);
                }
                let rest = self.carry.split_off(end);
                let lines = std::mem::replace(&mut self.carry, rest);
                let first = self.next_line;
                self.next_line += n_line_ends(&lines);
                return Ok(Some((first, lines)));
            }
            match self.bytes.next().await.transpose()? {
                Some(more) => self.carry.extend_from_slice(&more),
                None => self.is_at_end = true,
            }
        }
    }
}

fn last_line_end(text: &[u8]) -> Option<usize> {
    text.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1)
}

fn n_line_ends(text: &[u8]) -> u64 {
    text.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}

/// The lines of a piece that are not blank, each with its number.
pub(super) fn numbered_lines(first: u64, lines: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (first..)
        .zip(lines.split(|&byte| byte == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}
