//! A body that is sent in slices, and holds what belongs to its request until the last one has been
//! read.
//!
//! A body that is handed over as a whole would leave our hands at once, although its client may never
//! read it: then nothing could tell how much of such answers waits in connections.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// Less than a connection buffers of an answer itself, so that few slices are read ahead.
const SLICE_BYTES: usize = 32 << 10;

/// A body of known length, with what is held on its behalf.
pub(crate) struct Slices<T> {
    rest: Bytes,
    _held: T,
}

impl<T> Slices<T> {
    pub(crate) fn new(content: impl Into<Bytes>, held: T) -> Self {
        Self { rest: content.into(), _held: held }
    }
}

impl<T: Unpin> HttpBody for Slices<T> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let n_bytes = self.rest.len().min(SLICE_BYTES);
        let slice = self.rest.split_to(n_bytes);
        Poll::Ready((n_bytes > 0).then(|| Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use futures::StreamExt;

    use super::*;

    #[tokio::test]
    async fn what_is_held_lasts_until_the_last_slice_was_taken() {
        let held = Arc::new(());
        let content = vec![b'x'; 3 * SLICE_BYTES + 1];
        let body = Body::new(Slices::new(content.clone(), Arc::clone(&held)));
        assert_eq!(body.size_hint().exact(), Some(content.len() as u64));
        let mut slices = body.into_data_stream();
        let mut taken = Vec::new();
        while taken.len() < content.len() {
            assert_eq!(Arc::strong_count(&held), 2);
            taken.extend_from_slice(&slices.next().await.unwrap().unwrap());
        }
        assert_eq!(taken, content);
        assert!(slices.next().await.is_none());
        drop(slices);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
