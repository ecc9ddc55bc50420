//! All replicas: which one is asked next, and what is known of them together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::breaker::BreakerState;
use super::budget::RetryBudget;
use super::config::RemoteConfig;
use super::failure::one_of;
use super::harmless::{Harmless, Question};
use super::replica::{Reachability, Replica, Tier};
use super::same_part::SamePart;
use crate::error::{Code, ServiceError};
use crate::service::ServingStatus;

/// Loads that differ by less than this factor are equal.
const NEAR: f64 = 2.0;

/// All replicas of a client.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) replicas: Vec<Arc<Replica>>,
    pub(super) budget: RetryBudget,
    pub(super) harmless: Harmless,
    pub(super) same_part: SamePart,
    pub(super) request_timeout: Duration,
    pub(super) answer_bytes: usize,
    /// The status of the replica that is asked first, or why there is none. `None` until enough have been probed.
    board: watch::Sender<Option<Result<ServingStatus, ServiceError>>>,
    /// Whether replicas are probed.
    is_probed: bool,
    n_retries: AtomicU64,
    n_retries_refused: AtomicU64,
}

/// What a client knows of one replica, for operators.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaInfo {
    /// Its address.
    pub address: String,
    /// Whether it answers.
    pub reachability: Reachability,
    /// Whether calls to it pass.
    pub breaker: BreakerState,
    /// Its last status; `None` if it is not known or does not answer.
    pub status: Option<ServingStatus>,
    /// The calls that wait for its answer.
    pub n_pending: usize,
    /// The response time that is expected of it, in seconds.
    pub latency_seconds: f64,
    /// The calls to it so far.
    pub n_calls: u64,
    /// Those that it did not answer: not reached, broken off or out of time.
    pub n_failures: u64,
    /// Those that it turned away at once because it was overloaded.
    pub n_sheds: u64,
}

/// A service that consists of replicas.
pub trait Replicated: fmt::Debug + Send + Sync {
    /// What is known of each replica, in the order of their addresses.
    fn replicas(&self) -> Vec<ReplicaInfo>;
}

/// How often questions were asked again, for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryCounts {
    /// Further tries after the first one.
    pub n_retries: u64,
    /// Those for which the budget had nothing left.
    pub n_refused: u64,
}

impl Fleet {
    pub(super) fn try_new(config: &RemoteConfig) -> Result<Self, ServiceError> {
        let new = |address: &String| Replica::try_new(address, config).map(Arc::new);
        let replicas = config.endpoints.iter().map(new).collect::<Result<_, _>>()?;
        Ok(Self {
            replicas,
            budget: RetryBudget::new(),
            harmless: Harmless::default(),
            same_part: SamePart::default(),
            request_timeout: config.request_timeout,
            answer_bytes: config.answer_bytes,
            board: watch::channel(None).0,
            is_probed: config.probe_interval.is_some(),
            n_retries: AtomicU64::new(0),
            n_retries_refused: AtomicU64::new(0),
        })
    }

    /// The replica to ask next, by its place: one that was not tried, of the best that are known, with the freshest snapshot
    /// or one that may have the named snapshot, and of those one with little load. Equal questions go to the same one, as
    /// long as it has no more load than others, since it has the answer cached.
    pub(super) fn choose(
        &self,
        tried: &[usize],
        named: Option<u64>,
        question: Question,
    ) -> Option<usize> {
        let untried = (0..self.replicas.len()).filter(|place| !tried.contains(place));
        let all: Vec<_> = untried.map(|place| (place, self.replicas[place].standing())).collect();
        // Without probes nobody would notice that it can be reached again.
        let is_candidate = |tier| !self.is_probed || tier < Tier::Unreachable;
        let best = all.iter().map(|(_, standing)| standing.tier).filter(|tier| is_candidate(*tier));
        let best = best.min()?;
        let of_tier: Vec<_> = all.into_iter().filter(|(_, known)| known.tier == best).collect();
        let freshest = of_tier.iter().map(|(_, standing)| standing.freshness).max().flatten();
        let is_apt = |freshness: Option<(bool, jiff::Timestamp, u64)>| match (freshness, named) {
            (Some((_, _, id)), Some(named)) => id >= named,
            (None, _) => freshest.is_none(),
            (Some(_), None) => freshness == freshest,
        };
        let apt: Vec<usize> = of_tier
            .iter()
            .filter(|(_, standing)| is_apt(standing.freshness))
            .map(|(place, _)| *place)
            .collect();
        let candidates =
            if apt.is_empty() { of_tier.iter().map(|(place, _)| *place).collect() } else { apt };
        self.least_loaded(&candidates, question)
    }

    fn least_loaded(&self, candidates: &[usize], question: Question) -> Option<usize> {
        let loads: Option<Vec<(usize, f64)>> = candidates
            .iter()
            .map(|place| Some((*place, self.replicas[*place].load.current()?)))
            .collect();
        // As long as one has never answered, in their order.
        let Some(loads) = loads else {
            let n_pending = |place: &&usize| self.replicas[**place].load.n_pending();
            return candidates.iter().min_by_key(n_pending).copied();
        };
        let least = loads.iter().map(|(_, load)| *load).fold(f64::INFINITY, f64::min);
        let near = loads.iter().filter(|(_, load)| *load <= least * NEAR);
        near.map(|(place, _)| *place).max_by_key(|place| question.draw(*place))
    }

    /// Whether there is another replica that can be relied on, and how long it is expected to take.
    pub(super) fn patience_elsewhere(&self, tried: &[usize]) -> Option<f64> {
        let untried = (0..self.replicas.len()).filter(|place| !tried.contains(place));
        let good = untried.filter(|place| self.replicas[*place].standing().tier <= Tier::Avoided);
        good.map(|place| self.replicas[place].load.latency()).min_by(f64::total_cmp)
    }

    /// Takes a further try from the budget, if there is one.
    pub(super) fn retry(&self) -> bool {
        let given = self.budget.take();
        let counter = if given { &self.n_retries } else { &self.n_retries_refused };
        counter.fetch_add(1, Ordering::Relaxed);
        given
    }

    /// Why none can be asked.
    pub(super) fn why_none(&self) -> ServiceError {
        let reason = |replica: &Arc<Replica>| match replica.status() {
            Ok(status) => {
                let message = status.message.unwrap_or_else(|| "no snapshot is held".to_owned());
                let message = format!("serving at {}: {message}", replica.address);
                ServiceError::new(Code::Unavailable, message)
            }
            Err(error) => error,
        };
        let error = one_of(self.replicas.iter().map(reason).collect());
        // Whatever a probe was answered: none can be asked for the moment.
        ServiceError { code: Code::Unavailable, ..error }
    }

    /// Tells those who watch what is known of all replicas together.
    pub(super) fn post(&self) {
        let known = self.replicas.iter().filter_map(|replica| {
            let standing = replica.standing();
            let status = replica.status().ok().filter(|_| replica.reach() != Reachability::Down)?;
            Some((standing, status))
        });
        let best = known
            .max_by_key(|(standing, _)| (std::cmp::Reverse(standing.tier), standing.freshness));
        let news = match best {
            Some((_, status)) => Ok(status),
            None if self
                .replicas
                .iter()
                .any(|replica| replica.reach() == Reachability::Unknown) =>
            {
                return;
            }
            None => Err(self.why_none()),
        };
        self.board.send_if_modified(|known| {
            let is_news = known.as_ref() != Some(&news);
            if is_news {
                *known = Some(news);
            }
            is_news
        });
    }

    /// The status of all replicas together, if they are probed.
    pub(super) fn board(
        &self,
    ) -> Option<watch::Receiver<Option<Result<ServingStatus, ServiceError>>>> {
        self.is_probed.then(|| self.board.subscribe())
    }

    pub(super) fn infos(&self) -> Vec<ReplicaInfo> {
        let info = |replica: &Arc<Replica>| ReplicaInfo {
            address: replica.address.clone(),
            reachability: replica.reach(),
            breaker: replica.breaker.state(),
            status: replica.status().ok(),
            n_pending: replica.load.n_pending(),
            latency_seconds: replica.load.latency(),
            n_calls: replica.counts.calls.load(Ordering::Relaxed),
            n_failures: replica.counts.failures.load(Ordering::Relaxed),
            n_sheds: replica.counts.sheds.load(Ordering::Relaxed),
        };
        self.replicas.iter().map(info).collect()
    }

    pub(super) fn retries(&self) -> RetryCounts {
        RetryCounts {
            n_retries: self.n_retries.load(Ordering::Relaxed),
            n_refused: self.n_retries_refused.load(Ordering::Relaxed),
        }
    }
}
