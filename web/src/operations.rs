//! Executes operations: within the limits, against the current schema, for one client.

use std::sync::Arc;

use async_graphql::dynamic::Schema;
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response, ServerError};
use clio_proto::{Code, ServiceError, Shortened};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::Semaphore;

use crate::access::{Caller, Throttled};
use crate::budget::Budget;
use crate::error::{complete, server_error};
use crate::gateway::Gateway;
use crate::limits::{self, Measured};

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
    caller: Caller,
    /// A permit for each open operation of one WebSocket.
    open: Arc<Semaphore>,
    /// The foreign origin of the page that sends requests; it may read, but not change anything.
    foreign_origin: Option<String>,
}

impl Operations {
    pub(crate) fn new(gateway: Arc<Gateway>, caller: Caller) -> Self {
        let open = Arc::new(Semaphore::new(gateway.config.limits.max_operations));
        Self { gateway, caller, open, foreign_origin: None }
    }

    /// For a page of another origin.
    pub(crate) fn of_page(self, foreign_origin: Option<String>) -> Self {
        Self { foreign_origin, ..self }
    }

    /// Parses and measures the request, and counts its questions.
    async fn prepare(&self, request: Request) -> Result<Prepared, Refused> {
        let limits = &self.gateway.config.limits;
        let mut request = request;
        let Measured { does, n_roots } = limits::check(&mut request, limits)?;
        if !self.gateway.still_lets_in(&self.caller) {
            let message = "the sign-in does not hold any more; sign in again";
            return Err(server_error(ServiceError::new(Code::Unauthenticated, message)).into());
        }
        self.gateway.count(&self.caller, n_roots)?;
        let lens = self.gateway.lens(&self.caller).await.map_err(server_error)?;
        let schema = Arc::clone(&lens.schema);
        if let (OperationType::Mutation, Some(origin)) = (does, &self.foreign_origin) {
            let message = format!("pages of `{}` may change nothing here", Shortened(origin));
            let error = ServiceError::new(Code::InvalidArgument, message);
            return Err(server_error(error).into());
        }
        // A subscription never ends, and each of its messages is small.
        let is_endless = does == OperationType::Subscription;
        let most = if is_endless { usize::MAX } else { limits.max_answer_values };
        let budget = Budget::new(most);
        let request = request.data(self.caller.clone()).data(Arc::clone(&budget));
        Ok(Prepared { schema, request, budget, does })
    }

    fn complete(&self, response: &mut Response) {
        complete(response, &self.gateway.reports);
    }
}

/// Why a request is not executed.
enum Refused {
    Error(ServerError),
    Throttled(Throttled),
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Self {
        Self::Error(error)
    }
}

impl From<Throttled> for Refused {
    fn from(throttled: Throttled) -> Self {
        Self::Throttled(throttled)
    }
}

impl Refused {
    fn error(self) -> ServerError {
        match self {
            Self::Error(error) => error,
            Self::Throttled(throttled) => server_error(throttled.error()),
        }
    }
}

impl Operations {
    /// Executes a query or mutation.
    ///
    /// # Errors
    ///
    /// The caller asks too often; HTTP has a status of its own for that.
    pub(crate) async fn answer(&self, request: Request) -> Result<Response, Throttled> {
        let mut response = match self.prepare(request).await {
            Ok(Prepared { schema, request, budget, .. }) => {
                let mut response = schema.execute(request).await;
                budget.settle(&mut response);
                response
            }
            Err(Refused::Throttled(throttled)) => return Err(throttled),
            Err(Refused::Error(error)) => Response::from_errors(vec![error]),
        };
        self.complete(&mut response);
        Ok(response)
    }

    /// The answers to an operation that holds a place among the open ones of its socket.
    async fn answers(
        self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let permit = Arc::clone(&self.open).try_acquire_owned();
        let prepared = if permit.is_ok() {
            self.prepare(request).await.map_err(Refused::error)
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
                    Some(self.gateway.place(self.caller.client).map_err(server_error)?)
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
        let responses = responses.map(move |mut response| {
            // The operation is open as long as its stream exists.
            let _open = (&permit, &place);
            if let Some(budget) = &budget {
                budget.settle(&mut response);
            }
            self.complete(&mut response);
            response
        });
        responses.boxed()
    }
}

impl Executor for Operations {
    async fn execute(&self, request: Request) -> Response {
        match self.answer(request).await {
            Ok(response) => response,
            Err(throttled) => Response::from_errors(vec![server_error(throttled.error())]),
        }
    }

    fn execute_stream(
        &self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let own = self.clone();
        stream::once(async move { own.answers(request, session).await }).flatten().boxed()
    }
}
