//! What resolvers know of serving: how to ask it, and what it said of itself last.

use std::sync::Arc;
use std::time::Duration;

use clio_proto::{Code, CubeService, ServiceError, ServingState, ServingStatus};
use tokio::sync::{Semaphore, watch};

use crate::clients::{Client, FairQueue};
use crate::config::GatewayLimits;
use crate::report::Reports;

/// Looks at names of previews that are made at once: each is done in no time, and none may crowd out
/// questions.
const MAX_MEDIA_CALLS: usize = 32;

/// What keeps the gateway from asking serving too much at once.
#[derive(Clone)]
pub(crate) struct Turns {
    queue: Arc<FairQueue>,
    media: Arc<Semaphore>,
    deadline: Duration,
    limits: (usize, usize),
}

impl Turns {
    pub(crate) fn new(limits: &GatewayLimits) -> Self {
        let GatewayLimits { max_calls, max_calls_per_client, max_waiting_per_client, .. } = *limits;
        Self {
            queue: FairQueue::new(max_calls, max_calls_per_client, max_waiting_per_client),
            media: Arc::new(Semaphore::new(MAX_MEDIA_CALLS)),
            deadline: limits.service_timeout,
            limits: (max_calls_per_client, max_waiting_per_client),
        }
    }
}

/// The service behind a schema.
pub(crate) struct Backend {
    service: Arc<dyn CubeService>,
    statuses: watch::Receiver<ServingStatus>,
    turns: Turns,
    pub(crate) reports: Arc<Reports>,
}

impl Backend {
    pub(crate) fn new(
        service: Arc<dyn CubeService>,
        statuses: watch::Receiver<ServingStatus>,
        turns: Turns,
        reports: Arc<Reports>,
    ) -> Self {
        Self { service, statuses, turns, reports }
    }

    /// Asks the service when it is this client's turn, and waits no longer than the deadline for both.
    pub(crate) async fn ask<T, F>(
        &self,
        client: Client,
        question: impl FnOnce(Arc<dyn CubeService>) -> F,
    ) -> Result<T, ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        let asked = async {
            let Some(_turn) = self.turns.queue.turn(client).await else {
                let (most, waiting) = self.turns.limits;
                let message = format!(
                    "you ask {most} questions at once and {waiting} wait, which is the limit; ask \
                     again when some are answered"
                );
                return Err(ServiceError::new(Code::ResourceExhausted, message));
            };
            question(Arc::clone(&self.service)).await
        };
        self.in_time(asked).await
    }

    /// Asks the service now, as who follows it does.
    pub(crate) async fn ask_now<T, F>(
        &self,
        question: impl FnOnce(Arc<dyn CubeService>) -> F,
    ) -> Result<T, ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        self.in_time(question(Arc::clone(&self.service))).await
    }

    /// Whether a lookup names a preview by one of these addresses.
    pub(crate) async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        let asked = async {
            let _one = self.turns.media.acquire().await.map_err(|closed| {
                ServiceError::new(Code::Internal, format!("no turn for a preview: {closed}"))
            })?;
            self.service.has_media(addresses).await
        };
        self.in_time(asked).await
    }

    async fn in_time<T>(
        &self,
        asked: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, ServiceError> {
        let deadline = self.turns.deadline;
        tokio::time::timeout(deadline, asked).await.unwrap_or_else(|_| {
            let message = format!("serving did not answer within {deadline:?}");
            Err(ServiceError::new(Code::DeadlineExceeded, message))
        })
    }

    /// The status now. A service that does not answer is down.
    pub(crate) async fn status(&self, client: Client) -> ServingStatus {
        let status = self.ask(client, |service| async move { service.status().await }).await;
        self.reports.outward_status(status.unwrap_or_else(down))
    }

    /// The status as the connection to serving sees it, now and at every change.
    pub(crate) fn watch(&self) -> watch::Receiver<ServingStatus> {
        self.statuses.clone()
    }
}

/// The status of a service that gave an error instead of one.
pub(crate) fn down(error: ServiceError) -> ServingStatus {
    ServingStatus { state: ServingState::Down, message: Some(error.message), snapshot: None }
}
