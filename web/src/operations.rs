//! Executes operations: within the limits, against the current schema, for one client.

use std::sync::Arc;

use async_graphql::dynamic::Schema;
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response, ServerError};
use clio_proto::{Code, ServiceError, Shortened};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::Semaphore;

use crate::budget::Budget;
use crate::clients::Client;
use crate::error::{complete, server_error};
use crate::gateway::Gateway;
use crate::limits;

/// A request within the limits, with the schema to execute it and the budget of its answer.
struct Prepared {
    schema: Arc<Schema>,
    request: Request,
    budget: Arc<Budget>,
    does: OperationType,
}

/// Executes operations of one client against the current schema, within the limits. Every resulting
/// error has a code.
#[derive(Clone)]
pub(crate) struct Operations {
    gateway: Arc<Gateway>,
    client: Client,
    /// A permit for each open operation of one WebSocket.
    open: Arc<Semaphore>,
    /// The foreign origin of the page that sends requests; it may read, but not change anything.
    foreign_origin: Option<String>,
}

impl Operations {
    pub(crate) fn new(gateway: Arc<Gateway>, client: Client) -> Self {
        let open = Arc::new(Semaphore::new(gateway.config.limits.max_operations));
        Self { gateway, client, open, foreign_origin: None }
    }

    /// For a page of another origin.
    pub(crate) fn of_page(self, foreign_origin: Option<String>) -> Self {
        Self { foreign_origin, ..self }
    }

    /// Parses and measures the request.
    fn prepare(&self, request: Request) -> Result<Prepared, ServerError> {
        let schema = self.gateway.schema().map_err(server_error)?;
        let limits = &self.gateway.config.limits;
        let mut request = request;
        let does = limits::check(&mut request, limits)?;
        if let (OperationType::Mutation, Some(origin)) = (does, &self.foreign_origin) {
            let message = format!("pages of `{}` may change nothing here", Shortened(origin));
            return Err(server_error(ServiceError::new(Code::InvalidArgument, message)));
        }
        // A subscription never ends, and each of its messages is small.
        let is_endless = does == OperationType::Subscription;
        let most = if is_endless { usize::MAX } else { limits.max_answer_values };
        let budget = Budget::new(most);
        let request = request.data(self.client).data(Arc::clone(&budget));
        Ok(Prepared { schema, request, budget, does })
    }

    fn complete(&self, response: &mut Response) {
        complete(response, &self.gateway.reports);
    }
}

impl Executor for Operations {
    async fn execute(&self, request: Request) -> Response {
        let mut response = match self.prepare(request) {
            Ok(Prepared { schema, request, budget, .. }) => {
                let mut response = schema.execute(request).await;
                budget.settle(&mut response);
                response
            }
            Err(error) => Response::from_errors(vec![error]),
        };
        self.complete(&mut response);
        response
    }

    fn execute_stream(
        &self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let permit = Arc::clone(&self.open).try_acquire_owned();
        let prepared = if permit.is_ok() {
            self.prepare(request)
        } else {
            let limit = self.gateway.config.limits.max_operations;
            let message = format!("this connection has {limit} open operations; end one first");
            Err(server_error(ServiceError::new(Code::ResourceExhausted, message)))
        };
        // A subscription waits most of the time; a single query counts as a request.
        let placed = prepared.and_then(|prepared| {
            let place = match prepared.does {
                OperationType::Subscription => None,
                OperationType::Query => {
                    Some(self.gateway.place(self.client).map_err(server_error)?)
                }
                // Pages of other origins may be allowed to listen here, but not to write.
                OperationType::Mutation => {
                    let message = "mutations are sent as POST to /graphql, not over a WebSocket";
                    let error = ServiceError::new(Code::InvalidArgument, message);
                    return Err(server_error(error));
                }
            };
            Ok((prepared, place))
        });
        let (responses, budget, place) = match placed {
            Ok((Prepared { schema, request, budget, .. }, place)) => {
                let session = session.unwrap_or_default();
                let responses = schema.execute_stream_with_session_data(request, session);
                (responses, Some(budget), place)
            }
            Err(error) => (stream::iter([Response::from_errors(vec![error])]).boxed(), None, None),
        };
        let own = self.clone();
        let responses = responses.map(move |mut response| {
            // The operation is open as long as its stream exists.
            let _open = (&permit, &place);
            if let Some(budget) = &budget {
                budget.settle(&mut response);
            }
            own.complete(&mut response);
            response
        });
        responses.boxed()
    }
}
