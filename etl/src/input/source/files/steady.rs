//! Files as they were listed: in every reader, a file that changes while it is read is an error.
//!
//! A run's commit says which files it is made of, by size and age. A file that is rewritten, truncated or
//! appended to between the listing and its last byte would give cells that match no state of it.

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    OBJECT_STORE_COALESCE_DEFAULT, ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, coalesce_ranges,
};

use super::SourceFile;
use clio_lake::is_transient;

use crate::error::{ReadError, TableName};

/// How many bytes of a local file are read at once.
const PIECE_BYTES: usize = 256 << 10;

/// The error for a file that differs from what was listed.
fn changed(table: &TableName, file: &SourceFile) -> ReadError {
    ReadError::FileChanged { table: table.clone(), file: file.path() }
}

/// A storage's error, with the file's name, on its way through the engine.
fn failed(table: &TableName, file: &SourceFile, error: &object_store::Error) -> DataFusionError {
    let error = match error {
        object_store::Error::NotFound { .. } => changed(table, file),
        other => ReadError::Storage {
            table: table.clone(),
            url: file.path(),
            reason: other.to_string(),
            is_transient: is_transient(other),
        },
    };
    DataFusionError::External(Box::new(error))
}

/// Whether a file is in the state in which it was listed.
fn is_same(listed: &ObjectMeta, found: &ObjectMeta) -> bool {
    // Some storages quote tags in one answer and not in the other, and truncate times to seconds.
    let tag = |meta: &ObjectMeta| {
        let tag = meta.e_tag.as_deref()?;
        Some(tag.trim_start_matches("W/").trim_matches('"').to_owned())
    };
    listed.size == found.size
        && match (tag(listed), tag(found)) {
            (Some(listed), Some(found)) => listed == found,
            _ => listed.last_modified.timestamp() == found.last_modified.timestamp(),
        }
}

/// Whether a changed file is behind an error in its contents: half of an old state and half of a new one make
/// no sense either.
pub(super) async fn is_changed(store: &dyn ObjectStore, file: &SourceFile) -> bool {
    match store.head(&file.meta.location).await {
        Ok(found) => !is_same(&file.meta, &found),
        Err(error) => matches!(error, object_store::Error::NotFound { .. }),
    }
}

/// The error for a file that differs from what was listed, if that is the cause; otherwise the original
/// error.
pub(super) async fn explained(
    table: &TableName,
    store: &dyn ObjectStore,
    file: &SourceFile,
    error: DataFusionError,
) -> DataFusionError {
    match is_changed(store, file).await {
        true => DataFusionError::External(Box::new(changed(table, file))),
        false => error,
    }
}

/// The stored bytes of a file, up to the size that was listed.
pub(super) async fn bytes_of(
    table: &TableName,
    store: &dyn ObjectStore,
    file: &SourceFile,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let found = store.get(&file.meta.location).await;
    let found = found.map_err(|error| failed(table, file, &error))?;
    if !is_same(&file.meta, &found.meta) {
        return Err(DataFusionError::External(Box::new(changed(table, file))));
    }
    let (table, file) = (table.clone(), file.clone());
    let stream = match found.payload {
        GetResultPayload::File(opened, _) => pieces_of(opened, table.clone(), file.clone()),
        GetResultPayload::Stream(stream) => {
            let (table, file) = (table.clone(), file.clone());
            stream.map_err(move |error| failed(&table, &file, &error)).boxed()
        }
    };
    Ok(counted(stream, table, file))
}

/// A stream that fails if it ends before or after the listed size.
fn counted(
    stream: BoxStream<'static, Result<Bytes>>,
    table: TableName,
    file: SourceFile,
) -> BoxStream<'static, Result<Bytes>> {
    let state = (stream, file.meta.size);
    let next = move |(mut stream, n_left): (BoxStream<'static, Result<Bytes>>, u64)| {
        let (table, file) = (table.clone(), file.clone());
        async move {
            match stream.try_next().await? {
                Some(piece) => match n_left.checked_sub(piece.len() as u64) {
                    Some(n_left) => Ok(Some((piece, (stream, n_left)))),
                    None => Err(DataFusionError::External(Box::new(changed(&table, &file)))),
                },
                None if n_left == 0 => Ok(None),
                None => Err(DataFusionError::External(Box::new(changed(&table, &file)))),
            }
        }
    };
    futures::stream::try_unfold(state, next).boxed()
}

/// The pieces of an open local file, to wherever its end is; then a check of its age.
///
/// The store's own stream would wait forever for the rest of a truncated file.
fn pieces_of(
    opened: File,
    table: TableName,
    file: SourceFile,
) -> BoxStream<'static, Result<Bytes>> {
    let next = move |mut opened: File| {
        let (table, file) = (table.clone(), file.clone());
        async move {
            let listed = file.meta.clone();
            let read = move || -> std::io::Result<(Vec<u8>, bool, File)> {
                let mut piece = Vec::with_capacity(PIECE_BYTES);
                let n_bytes = (&mut opened).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
                let is_changed = n_bytes == 0 && {
                    let now = opened.metadata()?;
                    now.len() != listed.size
                        || chrono::DateTime::<chrono::Utc>::from(now.modified()?)
                            != listed.last_modified
                };
                Ok((piece, is_changed, opened))
            };
            let own = |error| DataFusionError::External(Box::new(error));
            let read = tokio::task::spawn_blocking(read).await;
            let read = read.map_err(|error| DataFusionError::External(Box::new(error)))?;
            let (piece, is_changed, opened) = read.map_err(|error| {
                let (table, url) = (table.clone(), file.path());
                let (reason, is_transient) = (error.to_string(), is_transient(&error));
                own(ReadError::Storage { table, url, reason, is_transient })
            })?;
            match (piece.is_empty(), is_changed) {
                (true, true) => Err(own(changed(&table, &file))),
                (true, false) => Ok(None),
                (false, _) => Ok(Some((Bytes::from(piece), opened))),
            }
        }
    };
    futures::stream::try_unfold(opened, next).boxed()
}

/// One file behind the interface of a store: readers of its parts see the state that was listed.
#[derive(Debug)]
pub(super) struct SteadyFile {
    table: TableName,
    file: SourceFile,
    inner: Arc<dyn ObjectStore>,
}

impl SteadyFile {
    pub(super) fn new(table: &TableName, file: &SourceFile, inner: Arc<dyn ObjectStore>) -> Self {
        Self { table: table.clone(), file: file.clone(), inner }
    }

    fn changed(&self) -> object_store::Error {
        let source = Box::new(changed(&self.table, &self.file));
        object_store::Error::Generic { store: "a file of a source", source }
    }

    /// Fails if the file has changed since it was listed.
    async fn check(&self, location: &Path) -> object_store::Result<()> {
        match self.inner.head(location).await {
            Ok(found) if is_same(&self.file.meta, &found) => Ok(()),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Err(self.changed()),
            Err(other) => Err(other),
        }
    }
}

impl fmt::Display for SteadyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file.path())
    }
}

#[async_trait]
impl ObjectStore for SteadyFile {
    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        let is_part = options.range.is_some();
        let found = match self.inner.get_opts(location, options).await {
            Ok(found) if is_same(&self.file.meta, &found.meta) => found,
            Ok(_) | Err(object_store::Error::NotFound { .. }) => return Err(self.changed()),
            Err(error) => {
                // Reading a part that no longer exists gives another error.
                self.check(location).await?;
                return Err(error);
            }
        };
        if !is_part || !matches!(found.payload, GetResultPayload::File(..)) {
            return Ok(found);
        }
        // A local file may change between being opened and being read.
        let (meta, range) = (found.meta.clone(), found.range.clone());
        let bytes = found.bytes().await;
        self.check(location).await?;
        let payload = GetResultPayload::Stream(futures::stream::iter([bytes]).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::default() })
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<Bytes>> {
        if self.file.is_local() {
            let bytes = self.inner.get_ranges(location, ranges).await;
            self.check(location).await?;
            return bytes;
        }
        let part = |range| self.get_range(location, range);
        coalesce_ranges(ranges, part, OBJECT_STORE_COALESCE_DEFAULT).await
    }

    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
