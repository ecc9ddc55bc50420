//! One replica: its connection, and all that is known of it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use strum::EnumCount;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::Request;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;

use super::breaker::{Breaker, BreakerState};
use super::channel;
use super::config::RemoteConfig;
use super::failure::{error_from, unreadable};
use super::load::Load;
use super::same_part::SamePart;
use crate::convert::serving_status_from_wire;
use crate::error::{Code, ServiceError};
use crate::service::{ServingState, ServingStatus};
use crate::wire;
use crate::wire::cubes_client::CubesClient;

/// The generated client over one connection.
pub(super) type Client = CubesClient<Channel>;

/// Whether a replica answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumCount)]
pub enum Reachability {
    /// Nobody has probed it yet.
    Unknown,
    /// It answers.
    Up,
    /// It has not answered the last probe in time, or took too long for it.
    Suspect,
    /// It cannot be reached, or has not answered a probe for long.
    Down,
}

impl Reachability {
    /// Every reach.
    pub const ALL: [Self; Self::COUNT] = [Self::Unknown, Self::Up, Self::Suspect, Self::Down];

    /// The name: `unknown`, `up`, `suspect`, `down`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Suspect => "suspect",
            Self::Down => "down",
        }
    }
}

/// A replica as its callers know it.
pub(super) struct Replica {
    pub(super) address: String,
    config: RemoteConfig,
    client: Mutex<Client>,
    pub(super) load: Load,
    pub(super) breaker: Breaker,
    known: Mutex<Known>,
    /// Changes whenever the replica stops answering.
    losses: watch::Sender<u64>,
    pub(super) counts: Counts,
}

/// What probes have found.
#[derive(Debug)]
struct Known {
    reach: Reachability,
    /// The last status, or why there is none.
    status: Result<ServingStatus, ServiceError>,
    /// The version of the last snapshot that it was known to serve.
    snapshot: Option<u64>,
    /// The latest beginning of a call that was answered.
    heard: Option<Instant>,
}

/// What has happened since the beginning.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) calls: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) sheds: AtomicU64,
}

impl Counts {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Replica {
    /// # Errors
    ///
    /// The address is none.
    pub(super) fn try_new(address: &str, config: &RemoteConfig) -> Result<Self, ServiceError> {
        let client = client(address, config)?;
        let unknown = format!("serving at {address} has not answered yet");
        Ok(Self {
            address: address.to_owned(),
            config: config.clone(),
            client: Mutex::new(client),
            load: Load::new(),
            breaker: Breaker::new(),
            known: Mutex::new(Known {
                reach: Reachability::Unknown,
                status: Err(ServiceError::new(Code::Unavailable, unknown)),
                snapshot: None,
                heard: None,
            }),
            losses: watch::channel(0).0,
            counts: Counts::default(),
        })
    }

    pub(super) fn client(&self) -> Client {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens another connection for the calls from now on: the old one may be one that lost its other end unnoticed.
    pub(super) fn reconnect(&self) {
        // The address was one at the first time.
        if let Ok(fresh) = client(&self.address, &self.config) {
            *self.client.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }

    /// Asks for the current status. Serving answers it without computing anything.
    pub(super) async fn probe(
        &self,
        metadata: &MetadataMap,
        same_part: &SamePart,
    ) -> Result<ServingStatus, ServiceError> {
        let mut request = Request::new(wire::WatchRequest {});
        *request.metadata_mut() = metadata.clone();
        let failed = |status| error_from(&self.address, &status, self.config.answer_bytes);
        let mut statuses = self.client().watch(request).await.map_err(failed)?;
        if let Some(why) = same_part.refuses(&self.address, statuses.metadata()) {
            return Err(ServiceError::new(Code::Unavailable, why));
        }
        match statuses.get_mut().message().await {
            Ok(Some(response)) => {
                serving_status_from_wire(response).map_err(unreadable(&self.address))
            }
            Err(status) => Err(failed(status)),
            Ok(None) => {
                let message = format!("serving at {} is stopping", self.address);
                Err(ServiceError::new(Code::Unavailable, message))
            }
        }
    }

    /// Notes that a call which began at this time was answered.
    pub(super) fn heard(&self, began: Instant) {
        let mut known = self.known();
        known.heard = known.heard.max(Some(began));
    }

    /// Whether a call that began after this time was answered.
    pub(super) fn was_heard_since(&self, time: Instant) -> bool {
        self.known().heard.is_some_and(|heard| heard >= time)
    }

    /// Notes what a probe has found; returns whether anything changed.
    pub(super) fn found(
        &self,
        reach: Reachability,
        status: Result<ServingStatus, ServiceError>,
    ) -> bool {
        let mut known = self.known();
        let answered = |reach| matches!(reach, Reachability::Unknown | Reachability::Up);
        let is_lost = answered(known.reach) && !answered(reach);
        let is_news = known.reach != reach || known.status != status;
        if known.reach != reach {
            let (before, reach) = (known.reach.as_str(), reach.as_str());
            tracing::info!(address = self.address, before, reach, "replica changed");
        }
        let snapshot = status.as_ref().ok().and_then(|status| Some(status.snapshot.as_ref()?.id.0));
        known.snapshot = snapshot.or(known.snapshot);
        (known.reach, known.status) = (reach, status);
        drop(known);
        if is_lost {
            self.losses.send_modify(|losses| *losses += 1);
        }
        is_news
    }

    /// Ends when the replica stops answering.
    pub(super) fn loss(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut losses = self.losses.subscribe();
        async move {
            if losses.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) fn reach(&self) -> Reachability {
        self.known().reach
    }

    pub(super) fn status(&self) -> Result<ServingStatus, ServiceError> {
        self.known().status.clone()
    }

    /// The version of the snapshot that it serves, as far as is known; of one that is lost, that which it served.
    pub(super) fn snapshot(&self) -> Option<u64> {
        self.known().snapshot
    }

    /// How good it is to ask this replica, apart from its load: the least is the best.
    pub(super) fn standing(&self) -> Standing {
        let known = self.known();
        let has_none = known.status.as_ref().is_ok_and(|status| status.state == ServingState::Down);
        let tier = match (known.reach, self.breaker.state()) {
            (Reachability::Down, _) => Tier::Unreachable,
            (Reachability::Up, _) if has_none => Tier::Unreachable,
            (_, BreakerState::Open) => Tier::Broken,
            (Reachability::Suspect, _) => Tier::Suspect,
            (Reachability::Unknown | Reachability::Up, _) if self.breaker.is_avoided() => {
                Tier::Avoided
            }
            (Reachability::Unknown | Reachability::Up, _) => Tier::Good,
        };
        let of = |status: &ServingStatus| {
            let snapshot = status.snapshot.as_ref()?;
            Some((status.state == ServingState::Serving, snapshot.committed_at, snapshot.id.0))
        };
        Standing { tier, freshness: known.status.as_ref().ok().and_then(of) }
    }

    /// Nothing panics while holding it.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica").field("address", &self.address).finish_non_exhaustive()
    }
}

/// How good it is to ask a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) tier: Tier,
    /// Whether it is up to date, when its snapshot was committed, and its version; the greatest is the best.
    pub(super) freshness: Option<(bool, jiff::Timestamp, u64)>,
}

/// How far a replica can be relied on, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Good,
    /// It had no room a moment ago, or failed once.
    Avoided,
    Suspect,
    /// Its breaker is open.
    Broken,
    Unreachable,
}

/// It connects at the first call, and again after a connection broke.
fn client(address: &str, config: &RemoteConfig) -> Result<Client, ServiceError> {
    let channel = channel::open(address, config)?;
    Ok(CubesClient::new(channel).max_decoding_message_size(config.answer_bytes))
}
