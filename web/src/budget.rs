//! The cost limit of an operation's answer, counted as its fields are resolved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_graphql::{Response, ServerError};
use clio_proto::{Code, ServiceError};

use crate::error::server_error;

/// How many more values an operation's answer may have.
#[derive(Debug)]
pub(crate) struct Budget {
    most: usize,
    left: AtomicUsize,
    is_spent: AtomicBool,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, left: AtomicUsize::new(most), is_spent: AtomicBool::new(false) })
    }

    /// Takes this many values; returns whether they were available.
    pub(crate) fn take(&self, n_values: usize) -> bool {
        let take = |left: usize| left.checked_sub(n_values.max(1));
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok();
        if !taken {
            self.is_spent.store(true, Ordering::Relaxed);
        }
        taken
    }

    /// The error that replaces an answer that was cut short.
    fn error(&self) -> Option<ServerError> {
        self.is_spent.load(Ordering::Relaxed).then(|| {
            let message = format!(
                "the answer has more than {} values; ask for fewer fields or rows",
                self.most
            );
            server_error(ServiceError::new(Code::ResourceExhausted, message))
        })
    }

    pub(crate) fn settle(&self, response: &mut Response) {
        if let Some(error) = self.error() {
            *response = Response::from_errors(vec![error]);
        }
    }
}
