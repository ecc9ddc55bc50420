//! What all requests share: the schema of the moment, the last status, and the counters of load.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use async_graphql::dynamic::Schema;
use async_graphql::{Data, Executor, Request, Response, ServerError};
use clio_proto::{Code, CubeService, Description, ServiceError, ServingState, ServingStatus};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::backend::Backend;
use crate::config::GatewayConfig;
use crate::error::{complete, server_error};
use crate::limits;
use crate::schema::{self, BuildError};

/// The state behind every request.
pub(crate) struct Gateway {
    pub(crate) config: GatewayConfig,
    /// Says when to stop to what outlives its request: WebSockets.
    pub(crate) stop: CancellationToken,
    /// A permit for each request that is being answered.
    pub(crate) requests: Semaphore,
    /// A permit for each open WebSocket.
    pub(crate) sockets: Arc<Semaphore>,
    pub(crate) service: Arc<dyn CubeService>,
    schema: ArcSwapOption<Schema>,
    statuses: watch::Sender<ServingStatus>,
}

impl Gateway {
    pub(crate) fn new(
        service: Arc<dyn CubeService>,
        config: GatewayConfig,
        stop: CancellationToken,
    ) -> Self {
        let (statuses, _) = watch::channel(ServingStatus {
            state: ServingState::Down,
            message: Some("serving has not answered yet".to_owned()),
            snapshot: None,
        });
        Self {
            requests: Semaphore::new(config.limits.max_requests),
            sockets: Arc::new(Semaphore::new(config.limits.max_sockets)),
            config,
            stop,
            service,
            schema: ArcSwapOption::empty(),
            statuses,
        }
    }

    pub(crate) fn backend(&self) -> Backend {
        Backend::new(
            Arc::clone(&self.service),
            self.statuses.subscribe(),
            self.config.limits.service_timeout,
        )
    }

    /// The last status that serving told, or that it does not answer.
    pub(crate) fn status(&self) -> ServingStatus {
        self.statuses.borrow().clone()
    }

    /// Tells all subscriptions, unless it is what they know.
    pub(crate) fn set_status(&self, status: ServingStatus) {
        self.statuses.send_if_modified(|last| {
            let changed = *last != status;
            if changed {
                tracing::info!(
                    state = schema::state_name(status.state),
                    message = status.message,
                    snapshot = status.snapshot.as_ref().map(|snapshot| snapshot.id.0),
                    "status of serving changed"
                );
                *last = status;
            }
            changed
        });
    }

    /// Builds the schema of a dataset and swaps it in. Operations that are running keep theirs.
    pub(crate) fn set_dataset(&self, dataset: &Description) -> Result<(), BuildError> {
        let schema = schema::build(dataset, Arc::new(self.backend()))?;
        self.schema.store(Some(Arc::new(schema)));
        tracing::info!(
            dataset = dataset.dataset,
            fingerprint = %dataset.fingerprint,
            "graphql schema built"
        );
        Ok(())
    }

    /// The schema of the moment. There is none until serving has described its dataset once; then
    /// there always is one, whether serving answers or not.
    pub(crate) fn schema(&self) -> Result<Arc<Schema>, ServiceError> {
        self.schema.load_full().ok_or_else(|| {
            let message = self.status().message;
            ServiceError::new(
                Code::Unavailable,
                message.unwrap_or_else(|| "serving has not described its dataset yet".to_owned()),
            )
        })
    }
}

/// Executes operations against the schema of the moment, within the limits. Every error that comes
/// out has a code.
#[derive(Clone)]
pub(crate) struct Operations {
    gateway: Arc<Gateway>,
    /// A permit for each open operation of one WebSocket.
    open: Arc<Semaphore>,
}

impl Operations {
    pub(crate) fn new(gateway: Arc<Gateway>) -> Self {
        let open = Arc::new(Semaphore::new(gateway.config.limits.max_operations));
        Self { gateway, open }
    }

    /// Parses and measures the request, and gives the schema to execute it.
    fn prepare(&self, request: &mut Request) -> Result<Arc<Schema>, ServerError> {
        let schema = self.gateway.schema().map_err(server_error)?;
        limits::check(request, &self.gateway.config.limits)?;
        Ok(schema)
    }
}

impl Executor for Operations {
    async fn execute(&self, mut request: Request) -> Response {
        let mut response = match self.prepare(&mut request) {
            Ok(schema) => schema.execute(request).await,
            Err(error) => Response::from_errors(vec![error]),
        };
        complete(&mut response);
        response
    }

    fn execute_stream(
        &self,
        mut request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let permit = Arc::clone(&self.open).try_acquire_owned();
        let schema = if permit.is_ok() {
            self.prepare(&mut request)
        } else {
            let limit = self.gateway.config.limits.max_operations;
            let message = format!("this connection has {limit} open operations; end one first");
            Err(server_error(ServiceError::new(Code::ResourceExhausted, message)))
        };
        let responses = match schema {
            Ok(schema) => {
                schema.execute_stream_with_session_data(request, session.unwrap_or_default())
            }
            Err(error) => stream::iter([Response::from_errors(vec![error])]).boxed(),
        };
        let responses = responses.map(move |mut response| {
            // The operation is open for as long as its stream is there.
            let _open = &permit;
            complete(&mut response);
            response
        });
        responses.boxed()
    }
}
