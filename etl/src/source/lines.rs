//! The bytes of a text file, decompressed, as they come or cut at ends of lines.

use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt};

use super::SourceFile;

/// How many bytes are looked at together where lines matter; also the longest line that is cheap.
const CHUNK_BYTES: usize = 1 << 20;

/// A file's text as the store hands it out.
pub(super) async fn bytes_of(
    store: &dyn ObjectStore,
    file: &SourceFile,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let object = store.get(&file.meta.location).await?;
    let stream = object.into_stream().map_err(DataFusionError::from).boxed();
    file.compression().convert_stream(stream)
}

/// A file's text in pieces of whole lines.
pub(super) struct LineChunks {
    bytes: BoxStream<'static, Result<Bytes>>,
    carry: Vec<u8>,
    next_line: u64,
    is_at_end: bool,
}

impl LineChunks {
    pub(super) async fn open(store: &dyn ObjectStore, file: &SourceFile) -> Result<Self> {
        let bytes = bytes_of(store, file).await?;
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

/// The lines of a piece that hold more than space, each with its number.
pub(super) fn numbered_lines(first: u64, lines: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (first..)
        .zip(lines.split(|&byte| byte == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}
