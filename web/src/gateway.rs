//! What all requests share: the current schema, the last status, and the load counters.

use std::sync::Arc;

use clio_proto::{Code, CubeService, Description, ServiceError, ServingState, ServingStatus};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::access::{Access, Caller, Throttled};
use crate::backend::{Backend, Newest, Turns};
use crate::clients::{Client, Share, Shares};
use crate::config::GatewayConfig;
use crate::error::WebError;
use crate::keeping::Keeping;
use crate::lenses::{Age, Lens, Lenses};
use crate::names::Names;
use crate::report::Reports;
use crate::schema::{self, BuildError};
use crate::spread::Spread;

/// The state behind every request.
pub(crate) struct Gateway {
    pub(crate) config: GatewayConfig,
    /// Who is let in; `None` for everybody.
    pub(crate) access: Option<Access>,
    /// Signals the stop to what outlives its request: WebSockets.
    pub(crate) stop: CancellationToken,
    /// A permit for each request being answered, with a share for each client.
    requests: Arc<Semaphore>,
    request_shares: Arc<Shares>,
    /// A permit for each KiB of incomplete bodies, with a share for each client.
    arriving: Arc<Semaphore>,
    arriving_shares: Arc<Shares>,
    /// A permit for each KiB of answers that have not been read yet.
    answers: Arc<Semaphore>,
    /// A permit for each open WebSocket, with a share for each client.
    pub(crate) sockets: Arc<Semaphore>,
    pub(crate) socket_shares: Arc<Shares>,
    pub(crate) reports: Arc<Reports>,
    turns: Turns,
    spread: Arc<Spread>,
    pub(crate) service: Arc<dyn CubeService>,
    lenses: Lenses,
    statuses: watch::Sender<ServingStatus>,
    newest: Arc<Newest>,
}

impl Gateway {
    pub(crate) fn try_new(
        service: Arc<dyn CubeService>,
        config: GatewayConfig,
        stop: CancellationToken,
    ) -> Result<Self, WebError> {
        let access = config.access.clone().map(Access::new).transpose()?;
        let (statuses, _) = watch::channel(ServingStatus {
            state: ServingState::Down,
            message: Some("serving has not answered yet".to_owned()),
            snapshot: None,
            refused: None,
            newest: None,
            pin: None,
            is_stuck: false,
            projection: None,
        });
        Ok(Self {
            access,
            requests: Arc::new(Semaphore::new(config.limits.max_requests)),
            request_shares: Shares::new(config.limits.max_requests_per_client),
            arriving: Arc::new(Semaphore::new(config.limits.max_arriving_bytes >> 10)),
            arriving_shares: Shares::new(config.limits.max_arriving_bytes >> 12),
            answers: Arc::new(Semaphore::new(config.limits.max_answer_bytes >> 10)),
            sockets: Arc::new(Semaphore::new(config.limits.max_sockets)),
            socket_shares: Shares::new(config.limits.max_sockets_per_client),
            reports: Arc::default(),
            turns: Turns::new(&config.limits),
            spread: Arc::default(),
            config,
            stop,
            service,
            lenses: Lenses::default(),
            statuses,
            newest: Arc::default(),
        })
    }

    pub(crate) fn backend(&self) -> Backend {
        Backend::new(
            Arc::clone(&self.service),
            self.statuses.subscribe(),
            Arc::clone(&self.newest),
            self.turns.clone(),
            Arc::clone(&self.spread),
            self.config.replicas.clone(),
            Arc::clone(&self.reports),
        )
    }

    /// A place among the requests being answered, for as long as it is held.
    pub(crate) fn place(&self, client: Client) -> Result<Place, ServiceError> {
        let limits = &self.config.limits;
        let Some(share) = self.request_shares.take(client) else {
            let limit = limits.max_requests_per_client;
            let message = format!("{limit} of your requests are already being answered; try again");
            return Err(ServiceError::overloaded(message));
        };
        let Ok(permit) = Arc::clone(&self.requests).try_acquire_owned() else {
            let limit = limits.max_requests;
            let message = format!("the gateway is already answering {limit} requests; try again");
            return Err(ServiceError::overloaded(message));
        };
        Ok(Place { _share: share, _permit: permit })
    }

    /// Room for a KiB of an arriving body, for as long as it is held.
    pub(crate) fn arrival(&self, client: Client) -> Option<Arrival> {
        let share = self.arriving_shares.take(client)?;
        let permit = Arc::clone(&self.arriving).try_acquire_owned().ok()?;
        Some(Arrival { _share: share, _permit: permit })
    }

    /// Room for an answer that its client has not read yet, for as long as it is held; `None` if too much
    /// is already waiting.
    pub(crate) fn room(&self, n_bytes: usize) -> Option<OwnedSemaphorePermit> {
        let n_kib = u32::try_from(n_bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        Arc::clone(&self.answers).try_acquire_many_owned(n_kib).ok()
    }

    /// The last status of serving, or that it does not answer; without internal details.
    pub(crate) fn outward_status(&self) -> ServingStatus {
        self.reports.outward_status(self.status())
    }

    /// The last status of serving, or that it does not answer.
    pub(crate) fn status(&self) -> ServingStatus {
        self.statuses.borrow().clone()
    }

    /// The status to be shown: never with an older snapshot than was shown before.
    pub(crate) fn shown(&self, status: ServingStatus) -> ServingStatus {
        self.newest.show(status)
    }

    /// Notifies all subscriptions, unless the status is unchanged.
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

    /// Builds the schema of a dataset and swaps it in. Running operations keep theirs.
    pub(crate) fn set_dataset(&self, dataset: &Description) -> Result<(), BuildError> {
        self.lenses.replace(self.build_lens(dataset)?);
        tracing::info!(
            dataset = dataset.dataset,
            fingerprint = %dataset.fingerprint,
            "graphql schema built"
        );
        Ok(())
    }

    fn build_lens(&self, dataset: &Description) -> Result<Lens, BuildError> {
        let backend = Arc::new(self.backend());
        let keeping = Keeping::new(self.config.store.clone(), &dataset.dataset);
        let schema = schema::build(dataset, backend, keeping, self.config.is_insecure)?;
        let names = Arc::new(Names::try_new(dataset)?);
        Ok(Lens { dataset: dataset.clone(), schema: Arc::new(schema), names })
    }

    /// The schema as the gateway itself sees it: of the whole dataset. There is none until serving has described its dataset
    /// once; from then on there always is one, whether serving answers or not.
    pub(crate) fn whole(&self) -> Result<Arc<Lens>, ServiceError> {
        self.lenses.whole().ok_or_else(|| self.undescribed())
    }

    /// The schema as a caller may see it, without what their roles hide.
    ///
    /// # Errors
    ///
    /// Those of serving, among them that they may see nothing.
    pub(crate) async fn lens(&self, caller: &Caller) -> Result<Arc<Lens>, ServiceError> {
        let whole = self.whole()?;
        let Some(principal) = caller.principal() else { return Ok(whole) };
        let last = match self.lenses.of(principal) {
            Some((lens, Age::Fresh)) => return Ok(lens),
            Some((lens, Age::Old)) => Some(lens),
            None => None,
        };
        let backend = self.backend();
        let asked = backend.ask(caller, |service| async move { service.describe().await });
        let dataset = match (asked.await, last) {
            (Ok(dataset), _) => dataset,
            // What they saw before, they may be shown again while serving is away: it has no numbers.
            (Err(error), Some(lens)) if error.code.is_retryable() => return Ok(lens),
            (Err(error), _) => return Err(self.reports.outward(error)),
        };
        let built =
            self.lenses.put(&whole, principal, &dataset, |dataset| self.build_lens(dataset));
        built.map_err(|error| {
            let error = ServiceError::new(Code::Internal, error.to_string());
            self.reports.outward(error)
        })
    }

    /// Whether whoever was let in would be let in still.
    pub(crate) fn still_lets_in(&self, caller: &Caller) -> bool {
        match (&self.access, &caller.signed_in) {
            (Some(access), Some(signed_in)) => access.holds(signed_in),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// Counts questions against the rate of whoever asks.
    ///
    /// # Errors
    ///
    /// They ask too often.
    pub(crate) fn count(&self, caller: &Caller, n_questions: usize) -> Result<(), Throttled> {
        let (Some(access), Some(signed_in)) = (&self.access, &caller.signed_in) else {
            return Ok(());
        };
        access.rates.count(caller.client, signed_in.rate(), n_questions)
    }

    fn undescribed(&self) -> ServiceError {
        let message = self.status().message;
        let message =
            message.unwrap_or_else(|| "serving has not described its dataset yet".to_owned());
        self.reports.outward(ServiceError::new(Code::Unavailable, message))
    }
}

/// A place among the requests that are being answered.
#[derive(Debug)]
pub(crate) struct Place {
    _share: Share,
    _permit: OwnedSemaphorePermit,
}

/// Room for a KiB of a body that arrives.
#[derive(Debug)]
pub(crate) struct Arrival {
    _share: Share,
    _permit: OwnedSemaphorePermit,
}
