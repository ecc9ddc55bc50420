//! Admission control: heavy work waits its turn, away from the async threads.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clio_proto::{Code, ServiceError};
use tokio::sync::Semaphore;
#[cfg(test)]
use tokio::sync::SemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::aggregate::Cancel;
use crate::config::Limits;

/// Who may compute, who may wait, and who is rejected.
#[derive(Debug)]
pub(crate) struct Admission {
    running: Arc<Semaphore>,
    /// The number of those that compute or wait.
    admitted: Semaphore,
    limits: Limits,
    n_sheds: AtomicU64,
}

impl Admission {
    pub(crate) fn new(limits: Limits) -> Self {
        let n_running = limits.n_running.max(1);
        Self {
            running: Arc::new(Semaphore::new(n_running)),
            admitted: Semaphore::new(n_running + limits.n_waiting),
            limits,
            n_sheds: AtomicU64::new(0),
        }
    }

    /// How many are computing or waiting.
    pub(crate) fn n_admitted(&self) -> usize {
        let all = self.limits.n_running.max(1) + self.limits.n_waiting;
        all.saturating_sub(self.admitted.available_permits())
    }

    /// How many were rejected.
    pub(crate) fn n_sheds(&self) -> u64 {
        self.n_sheds.load(Ordering::Relaxed)
    }

    /// Takes a thread, like a computing query.
    #[cfg(test)]
    pub(crate) async fn take_thread(&self) -> [SemaphorePermit<'_>; 2] {
        [self.admitted.try_acquire().unwrap(), self.running.acquire().await.unwrap()]
    }

    /// Runs a computation, in its turn, on a thread that may block; it is told when nobody is waiting any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Cancel) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| {
            self.n_sheds.fetch_add(1, Ordering::Relaxed);
            let n = self.limits.n_running + self.limits.n_waiting;
            let message = format!("{n} queries are in progress, which is the limit; try again");
            ServiceError::overloaded(message)
        })?;
        let guard = CancelOnDrop(Arc::default());
        let cancel = Arc::clone(&guard.0);
        let turn = async {
            let running = Arc::clone(&self.running).acquire_owned();
            let running = running.await.map_err(|error| internal(&error))?;
            let computed = spawn_blocking(move || {
                // As long as the thread is taken, whether anybody is waiting for it or not.
                let _running = running;
                cancel.check()?;
                compute(&cancel)
            });
            computed.await.map_err(|error| internal(&error))?
        };
        let limit = self.limits.query_timeout;
        timeout(limit, turn).await.unwrap_or_else(|_| {
            let message = format!("the query took longer than the limit of {limit:?}");
            Err(ServiceError::new(Code::DeadlineExceeded, message))
        })
    }
}

/// Tells a computation to stop when the one who waits for it goes away.
struct CancelOnDrop(Arc<Cancel>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn internal(error: &dyn fmt::Display) -> ServiceError {
    ServiceError::new(Code::Internal, error.to_string())
}
