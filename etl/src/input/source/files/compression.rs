//! Compressed text files: recognised by their names, and read with all of their members.

use async_compression::tokio::bufread::{BzDecoder, GzipDecoder, XzDecoder, ZstdDecoder};
use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use std::io;
use tokio::io::AsyncRead;
use tokio_util::io::{ReaderStream, StreamReader};

use super::SourceFile;
use crate::error::{ReadError, TableName};

/// How many bytes of text are decompressed at once.
const PIECE_BYTES: usize = 64 << 10;

/// A way to compress a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Compression {
    /// Every extension, following the format's own, in lower case.
    pub(super) const ENDINGS: [(&str, Self); 7] = [
        (".gz", Self::Gzip),
        (".gzip", Self::Gzip),
        (".bz2", Self::Bzip2),
        (".bzip2", Self::Bzip2),
        (".xz", Self::Xz),
        (".zst", Self::Zstd),
        (".zstd", Self::Zstd),
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }

    /// A name without the extension, and the compression that the extension stands for.
    pub(super) fn split(name: &str) -> (&str, Option<Self>) {
        let found = Self::ENDINGS.iter().find_map(|(ending, compression)| {
            let at = name.len().checked_sub(ending.len()).filter(|&at| at > 0)?;
            let is_same = name.get(at..)?.eq_ignore_ascii_case(ending);
            is_same.then(|| (&name[..at], Some(*compression)))
        });
        found.unwrap_or((name, None))
    }
}

/// The decompressed contents of a file: all members, one after another, as the formats define.
pub(super) fn decompressed(
    table: &TableName,
    file: &SourceFile,
    stored: BoxStream<'static, Result<Bytes>>,
) -> BoxStream<'static, Result<Bytes>> {
    let Some(compression) = file.compression() else { return stored };
    let stored = StreamReader::new(stored.map_err(io::Error::other));
    let (table, path) = (table.clone(), file.path());
    let reader: Box<dyn AsyncRead + Send + Unpin> = match compression {
        Compression::Gzip => {
            let mut reader = GzipDecoder::new(stored);
            reader.multiple_members(true);
            Box::new(reader)
        }
        Compression::Bzip2 => {
            let mut reader = BzDecoder::new(stored);
            reader.multiple_members(true);
            Box::new(reader)
        }
        Compression::Xz => {
            let mut reader = XzDecoder::new(stored);
            reader.multiple_members(true);
            Box::new(reader)
        }
        Compression::Zstd => {
            let mut reader = ZstdDecoder::new(stored);
            reader.multiple_members(true);
            Box::new(reader)
        }
    };
    let text = ReaderStream::with_capacity(reader, PIECE_BYTES);
    text.map_err(move |error| failed(&table, &path, compression, error)).boxed()
}

/// The storage's own error, or one for damaged data.
fn failed(
    table: &TableName,
    path: &str,
    compression: Compression,
    error: io::Error,
) -> DataFusionError {
    let error = match error.downcast::<DataFusionError>() {
        Ok(of_storage) => return of_storage,
        Err(error) => error,
    };
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends in the middle of its data".to_owned(),
        _ => format!("it is damaged, or something else follows its data ({error})"),
    };
    DataFusionError::External(Box::new(ReadError::BadFile {
        table: table.clone(),
        file: path.to_owned(),
        format: compression.as_str(),
        reason: format!("{reason}; compress it again, or copy it again from where it came"),
    }))
}
