//! Checksums of files: computed while a file is written, carried by the commit that adds it, compared when it is
//! read.

use std::fmt;
use std::io::{self, Read as _};

use bytes::Bytes;
use clio_proto::Period;
use futures::TryStreamExt as _;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{GetResultPayload, ObjectStore, ObjectStoreExt as _};
use parquet::arrow::async_writer::AsyncFileWriter;
use parquet::errors::ParquetError;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

/// The tag of an `add` action that holds the file's [`Checksum`]. It names the algorithm, so that another algorithm
/// gets another tag.
pub const CHECKSUM_TAG: &str = "clio.xxh3-128";

/// How much of a local file is read at once: hashing is faster than the system's copy, so larger pieces gain nothing.
const PIECE_BYTES: usize = 1 << 20;

/// The XXH3 checksum of a file's bytes, 128 bits.
///
/// It detects bit rot, truncation and mixed-up files; it is no defence against an attacker who can write to the lake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum(u128);

impl Checksum {
    /// The checksum of some bytes.
    ///
    /// ```
    /// use clio_lake::Checksum;
    ///
    /// let sum = Checksum::of(b"cells");
    /// assert_eq!(Checksum::parse(&sum.to_string()), Some(sum));
    /// assert_ne!(Checksum::of(b"cell"), sum);
    /// ```
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxh3_128(bytes))
    }

    /// Parses what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 32 { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

/// Thirty-two hexadecimal digits.
impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Checksum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Checksum {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not thirty-two hexadecimal digits"))
        })
    }
}

/// The checksum of a set of files: of the log's description of each, in the order of their paths.
pub(crate) fn sum_of_files<'a>(
    files: impl Iterator<Item = (&'a str, Option<Period>, u64, Option<Checksum>)>,
) -> Checksum {
    let line = |(path, period, size_bytes, checksum): (_, Option<Period>, _, Option<Checksum>)| {
        let period = period.map(|period| period.to_string()).unwrap_or_default();
        let checksum = checksum.map(|checksum| checksum.to_string()).unwrap_or_default();
        format!("{path}\t{period}\t{size_bytes}\t{checksum}\n")
    };
    let mut lines: Vec<String> = files.map(line).collect();
    lines.sort_unstable();
    Checksum::of(lines.concat().as_bytes())
}

/// Reads a file once, front to back; returns its size and its checksum.
pub(crate) async fn sum_of(
    store: &dyn ObjectStore,
    path: &Path,
) -> object_store::Result<(u64, Checksum)> {
    let found = store.get(path).await?;
    let failed = |error: io::Error| object_store::Error::Generic {
        store: "LocalFileSystem",
        source: error.into(),
    };
    if let GetResultPayload::File(mut file, _) = found.payload {
        let read = tokio::task::spawn_blocking(move || {
            let (mut sum, mut n_bytes) = (Xxh3Default::new(), 0);
            let mut piece = vec![0; PIECE_BYTES];
            loop {
                match file.read(&mut piece) {
                    Ok(0) => return Ok((n_bytes, Checksum(sum.digest128()))),
                    Ok(n) => {
                        sum.update(&piece[..n]);
                        n_bytes += n as u64;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        });
        let read = read.await.map_err(|error| failed(io::Error::other(error)))?;
        return read.map_err(failed);
    }
    let mut pieces = found.into_stream();
    let (mut sum, mut n_bytes) = (Xxh3Default::new(), 0);
    while let Some(piece) = pieces.try_next().await? {
        sum.update(&piece);
        n_bytes += piece.len() as u64;
    }
    Ok((n_bytes, Checksum(sum.digest128())))
}

/// Writes a file and computes its checksum along the way.
pub(crate) struct SummedWriter {
    store: BufWriter,
    sum: Xxh3Default,
}

impl SummedWriter {
    pub(crate) fn new(store: BufWriter) -> Self {
        Self { store, sum: Xxh3Default::new() }
    }

    /// The checksum of what has been written so far.
    pub(crate) fn checksum(&self) -> Checksum {
        Checksum(self.sum.digest128())
    }

    pub(crate) async fn put(&mut self, bytes: Bytes) -> Result<(), ParquetError> {
        self.sum.update(&bytes);
        let put = self.store.put(bytes).await;
        put.map_err(|error| ParquetError::External(Box::new(error)))
    }

    pub(crate) async fn close(&mut self) -> Result<(), ParquetError> {
        let closed = tokio::io::AsyncWriteExt::shutdown(&mut self.store).await;
        closed.map_err(|error| ParquetError::External(Box::new(error)))
    }
}

impl AsyncFileWriter for SummedWriter {
    fn write(&mut self, bytes: Bytes) -> futures::future::BoxFuture<'_, Result<(), ParquetError>> {
        Box::pin(self.put(bytes))
    }

    fn complete(&mut self) -> futures::future::BoxFuture<'_, Result<(), ParquetError>> {
        Box::pin(self.close())
    }
}
