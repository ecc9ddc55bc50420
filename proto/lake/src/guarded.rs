//! A store behind a guard, which checks what is read and may hide paths.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Guards a store.
#[async_trait]
pub(crate) trait Guard: fmt::Debug + Send + Sync + 'static {
    /// Checks a file whose bytes are about to be read; an error prevents the read.
    async fn admit(&self, _store: &Arc<dyn ObjectStore>, _path: &Path) -> Result<()> {
        Ok(())
    }

    /// Whether a path is treated as absent: it is not listed, not found, and not deleted.
    fn hides(&self, _path: &Path) -> bool {
        false
    }
}

/// A store behind a guard.
#[derive(Debug)]
pub(crate) struct Guarded<G> {
    inner: Arc<dyn ObjectStore>,
    guard: Arc<G>,
}

impl<G: Guard> Guarded<G> {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, guard: Arc<G>) -> Self {
        Self { inner, guard }
    }

    async fn admit(&self, path: &Path) -> Result<()> {
        if self.guard.hides(path) {
            let source = "it is left out on purpose".into();
            return Err(object_store::Error::NotFound { path: path.to_string(), source });
        }
        self.guard.admit(&self.inner, path).await
    }
}

impl<G: Guard> fmt::Display for Guarded<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl<G: Guard> ObjectStore for Guarded<G> {
    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        if options.head && !self.guard.hides(path) {
            return self.inner.get_opts(path, options).await;
        }
        self.admit(path).await?;
        self.inner.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.admit(path).await?;
        self.inner.get_ranges(path, ranges).await
    }

    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let guard = Arc::clone(&self.guard);
        let seen = paths.try_filter(move |path| std::future::ready(!guard.hides(path)));
        self.inner.delete_stream(seen.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let guard = Arc::clone(&self.guard);
        let listed = self.inner.list(prefix);
        listed.try_filter(move |meta| std::future::ready(!guard.hides(&meta.location))).boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let guard = Arc::clone(&self.guard);
        let listed = self.inner.list_with_offset(prefix, offset);
        listed.try_filter(move |meta| std::future::ready(!guard.hides(&meta.location))).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut listed = self.inner.list_with_delimiter(prefix).await?;
        listed.objects.retain(|meta| !self.guard.hides(&meta.location));
        Ok(listed)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
