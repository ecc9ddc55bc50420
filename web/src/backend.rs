//! What resolvers know of serving: how to ask it, and what it said of itself last.

use std::sync::Arc;
use std::time::Duration;

use clio_proto::{Code, CubeService, ServiceError, ServingState, ServingStatus};
use tokio::sync::watch;
use tokio::time::timeout;

/// The service behind a schema.
pub(crate) struct Backend {
    service: Arc<dyn CubeService>,
    statuses: watch::Receiver<ServingStatus>,
    deadline: Duration,
}

impl Backend {
    pub(crate) fn new(
        service: Arc<dyn CubeService>,
        statuses: watch::Receiver<ServingStatus>,
        deadline: Duration,
    ) -> Self {
        Self { service, statuses, deadline }
    }

    /// Asks the service, and waits no longer than the deadline.
    pub(crate) async fn ask<T, F>(
        &self,
        question: impl FnOnce(Arc<dyn CubeService>) -> F,
    ) -> Result<T, ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        timeout(self.deadline, question(Arc::clone(&self.service))).await.unwrap_or_else(|_| {
            Err(ServiceError::new(
                Code::DeadlineExceeded,
                format!("serving did not answer within {:?}", self.deadline),
            ))
        })
    }

    /// The status now. A service that does not answer is down.
    pub(crate) async fn status(&self) -> ServingStatus {
        self.ask(|service| async move { service.status().await }).await.unwrap_or_else(down)
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
