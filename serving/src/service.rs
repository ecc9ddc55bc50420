//! The cube service: answers from the snapshots that are held. It knows nothing of HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use clio_proto::{
    Answer, Code, CubeService, Description, MAX_LIMIT, MemberPage, MembersRequest, Query,
    RunRecord, ServiceError, ServingStatus, SnapshotId, SnapshotInfo, StatusStream,
};
use futures::StreamExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_stream::wrappers::WatchStream;
use tracing::debug;

use crate::aggregate::{self, Cancel};
use crate::config::Limits;
use crate::cubes::Cubes;
use crate::plan;
use crate::snapshot::Snapshot;

/// Ways to write one preview's address: as it is, decoded, and both with what follows a `?`.
const MAX_MEDIA_ADDRESSES: usize = 8;

/// Who may compute now, who may wait, and who is turned away.
#[derive(Debug)]
pub(crate) struct Admission {
    running: Semaphore,
    /// Those that run or wait.
    admitted: Semaphore,
    limits: Limits,
}

impl Admission {
    pub(crate) fn new(limits: Limits) -> Self {
        let n_running = limits.n_running.max(1);
        Self {
            running: Semaphore::new(n_running),
            admitted: Semaphore::new(n_running + limits.n_waiting),
            limits,
        }
    }

    /// Takes a thread, as a query that computes does.
    #[cfg(test)]
    pub(crate) async fn take_thread(&self) -> [SemaphorePermit<'_>; 2] {
        [self.admitted.try_acquire().unwrap(), self.running.acquire().await.unwrap()]
    }

    /// Runs a computation on a thread that may block, when its turn has come; it is told when
    /// nobody waits any more.
    async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Cancel) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| {
            let n = self.limits.n_running + self.limits.n_waiting;
            let message = format!("{n} queries are in progress, which is the limit; try again");
            ServiceError::new(Code::Unavailable, message)
        })?;
        let guard = CancelOnDrop(Arc::default());
        let cancel = Arc::clone(&guard.0);
        let turn = async {
            let permit: SemaphorePermit<'_> =
                self.running.acquire().await.map_err(|error| internal(&error))?;
            let computed = spawn_blocking(move || compute(&cancel)).await;
            let computed = computed.map_err(|error| internal(&error))?;
            drop(permit);
            computed
        };
        let limit = self.limits.query_timeout;
        timeout(limit, turn).await.unwrap_or_else(|_| {
            let message = format!("the query took longer than the limit of {limit:?}");
            Err(ServiceError::new(Code::DeadlineExceeded, message))
        })
    }
}

/// Tells a computation to stop when whoever waits for it goes away.
struct CancelOnDrop(Arc<Cancel>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn internal(error: &dyn fmt::Display) -> ServiceError {
    ServiceError::new(Code::Internal, error.to_string())
}

/// Answers a query from a snapshot; computes, so it belongs on a thread that may block.
pub(crate) fn answer(
    snapshot: &Snapshot,
    query: Query,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Answer, ServiceError> {
    let started = Instant::now();
    let plan = plan::bind(snapshot, &query, limits)?;
    let grouped = aggregate::run(snapshot, &plan, limits, cancel)?;
    let elapsed = started.elapsed();
    debug!(
        snapshot = snapshot.info.id.0,
        n_periods = plan.coverage.periods.len(),
        n_groups = grouped.n_groups,
        n_rows = grouped.rows.len(),
        elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "query answered"
    );
    Ok(Answer {
        snapshot: snapshot.info.clone(),
        group_by: query.group_by,
        measures: query.measures,
        rows: grouped.rows,
        total: grouped.total,
        n_groups: grouped.n_groups as u64,
        overlapping: plan.overlapping,
        coverage: plan.coverage,
        notices: plan.notices,
        n_notices: plan.n_notices,
        elapsed,
    })
}

#[async_trait]
impl CubeService for Cubes {
    async fn describe(&self) -> Result<Description, ServiceError> {
        Ok(self.snapshot(None)?.describe())
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        let snapshot = self.snapshot(snapshot)?;
        let limits = self.config().limits.clone();
        let answer =
            self.admission().run(move |cancel| answer(&snapshot, query, &limits, cancel)).await?;
        Ok(Answer { snapshot: self.with_verification(answer.snapshot), ..answer })
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        if request.limit > MAX_LIMIT {
            let message =
                format!("limit {} is above {MAX_LIMIT}: ask page after page", request.limit);
            return Err(ServiceError::new(Code::ResourceExhausted, message));
        }
        let snapshot = self.snapshot(request.snapshot)?;
        let field = snapshot.field(&request.field)?;
        let MembersRequest { search, limit, offset, .. } = request;
        let most_bytes = self.config().limits.answer_bytes;
        let page =
            move |_: &Cancel| snapshot.members(field, search.as_deref(), limit, offset, most_bytes);
        self.admission().run(page).await
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        if addresses.len() > MAX_MEDIA_ADDRESSES {
            let n = addresses.len();
            let message = format!("{n} addresses are above the limit of {MAX_MEDIA_ADDRESSES}");
            return Err(ServiceError::new(Code::ResourceExhausted, message));
        }
        let snapshot = self.snapshot(None)?;
        Ok(addresses.iter().any(|address| snapshot.has_media(address)))
    }

    async fn snapshots(&self, n_most: usize) -> Result<Vec<SnapshotInfo>, ServiceError> {
        self.history(n_most).await
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunRecord>, ServiceError> {
        self.run_history(n_most).await
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        Ok(self.current_status())
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        Ok(WatchStream::new(self.watch_status()).map(Ok).boxed())
    }
}
