//! What resolvers know of serving: how to call it, and its last status.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clio_proto::{
    Code, CubeService, Export, Exported, RefusedSnapshot, ReplicaInfo, Replicated, ServiceError,
    ServingState, ServingStatus, SnapshotId, SnapshotInfo,
};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;

use crate::access::Caller;
use crate::clients::{Client, FairQueue, Turn};
use crate::config::GatewayLimits;
use crate::report::Reports;
use crate::spread::Spread;

/// The most simultaneous lookups of preview names: each is nearly instant, and they must not crowd out questions.
const MAX_MEDIA_CALLS: usize = 32;

/// Limits the load that the gateway puts on serving.
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
    newest: Arc<Newest>,
    turns: Turns,
    spread: Arc<Spread>,
    replicas: Option<Arc<dyn Replicated>>,
    pub(crate) reports: Arc<Reports>,
}

impl Backend {
    pub(crate) fn new(
        service: Arc<dyn CubeService>,
        statuses: watch::Receiver<ServingStatus>,
        newest: Arc<Newest>,
        turns: Turns,
        spread: Arc<Spread>,
        replicas: Option<Arc<dyn Replicated>>,
        reports: Arc<Reports>,
    ) -> Self {
        Self { service, statuses, newest, turns, spread, replicas, reports }
    }

    /// Calls the service, as it answers this caller, when it is their turn; the deadline covers both the wait and the answer.
    pub(crate) async fn ask<T, F>(
        &self,
        caller: &Caller,
        question: impl FnOnce(Arc<dyn CubeService>) -> F,
    ) -> Result<T, ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        let asked = async {
            let _turn = self.turn(caller.client).await?;
            question(caller.seen_by(&self.service)).await
        };
        self.in_time(asked).await
    }

    /// Requests a file when it is this caller's turn, which lasts until the last byte. Each piece has to arrive within
    /// the deadline.
    pub(crate) async fn export(
        &self,
        caller: &Caller,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        let asked = async {
            let turn = self.turn(caller.client).await?;
            Ok((turn, caller.seen_by(&self.service).export(export, snapshot).await?))
        };
        let (turn, Exported { head, bytes }) = self.in_time(asked).await?;
        let deadline = self.turns.deadline;
        let in_time = stream::unfold(Some((bytes, turn)), move |left| async move {
            let (mut bytes, turn) = left?;
            match tokio::time::timeout(deadline, bytes.next()).await {
                Ok(None) => None,
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some((bytes, turn)))),
                Ok(Some(Err(error))) => Some((Err(error), None)),
                Err(_) => Some((Err(too_slow(deadline)), None)),
            }
        });
        Ok(Exported { head, bytes: in_time.boxed() })
    }

    async fn turn(&self, client: Client) -> Result<Turn, ServiceError> {
        self.turns.queue.turn(client).await.ok_or_else(|| {
            let (most, waiting) = self.turns.limits;
            let message = format!(
                "you ask {most} questions at once and {waiting} wait, which is the limit; ask \
                 again when some are answered"
            );
            ServiceError::new(Code::ResourceExhausted, message)
        })
    }

    /// Calls the service at once and on the gateway's own account, as the follower of its status does.
    pub(crate) async fn ask_now<T, F>(
        &self,
        question: impl FnOnce(Arc<dyn CubeService>) -> F,
    ) -> Result<T, ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        self.in_time(question(Arc::clone(&self.service))).await
    }

    /// Whether a lookup names one of these addresses as a preview.
    pub(crate) async fn has_media(
        &self,
        caller: &Caller,
        addresses: Vec<String>,
    ) -> Result<bool, ServiceError> {
        let asked = async {
            let _one = self.turns.media.acquire().await.map_err(|closed| {
                ServiceError::new(Code::Internal, format!("no turn for a preview: {closed}"))
            })?;
            caller.seen_by(&self.service).has_media(addresses).await
        };
        self.in_time(asked).await
    }

    async fn in_time<T>(
        &self,
        asked: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, ServiceError> {
        let deadline = self.turns.deadline;
        tokio::time::timeout(deadline, asked).await.unwrap_or_else(|_| Err(too_slow(deadline)))
    }

    /// The current status. A service that does not answer is down; one that lags behind does not withdraw a snapshot
    /// that was already shown.
    pub(crate) async fn status(&self, caller: &Caller) -> ServingStatus {
        let asked = self.ask(caller, |service| async move { service.status().await }).await;
        let status = asked.map_or_else(down, |status| self.newest.show(status));
        self.reports.outward_status(status)
    }

    /// The status as the connection to serving sees it: the current one, and every change.
    #[cfg(test)]
    pub(crate) fn watch(&self) -> watch::Receiver<ServingStatus> {
        self.statuses.clone()
    }

    /// The replicas behind the service; none if it is one process with the gateway.
    pub(crate) fn replicas(&self) -> Vec<ReplicaInfo> {
        self.replicas.as_ref().map(|service| service.replicas()).unwrap_or_default()
    }

    /// The same for a page: a new snapshot is told to many pages one after the other, everything else at once.
    pub(crate) fn announcements(&self) -> BoxStream<'static, ServingStatus> {
        let watched = (self.statuses.clone(), self.spread.enter(), None::<Option<SnapshotId>>);
        let announced = stream::unfold(watched, |(mut statuses, listener, told)| async move {
            if told.is_some() {
                statuses.changed().await.ok()?;
            }
            let snapshot = |status: &ServingStatus| status.snapshot.as_ref().map(|info| info.id);
            let next = snapshot(&statuses.borrow());
            if next.is_some() && told.is_some_and(|told| told.is_some() && told != next) {
                sleep(listener.delay()).await;
            }
            // What came in the meantime counts.
            let status = statuses.borrow_and_update().clone();
            let told = snapshot(&status).or(told.flatten());
            Some((status, (statuses, listener, Some(told))))
        });
        announced.boxed()
    }
}

fn too_slow(deadline: Duration) -> ServiceError {
    let message = format!("serving did not answer within {deadline:?}");
    ServiceError::new(Code::DeadlineExceeded, message)
}

/// The status of a service that returned an error instead.
pub(crate) fn down(error: ServiceError) -> ServingStatus {
    let message = Some(error.message);
    ServingStatus {
        state: ServingState::Down,
        message,
        snapshot: None,
        refused: None,
        newest: None,
        pin: None,
        is_stuck: false,
        projection: None,
    }
}

/// The newest snapshot that the gateway has shown to anyone.
///
/// Of several replicas one may lag behind. If it takes over, readers of the newer snapshot keep it, and are told that
/// it is stale until the replica has caught up. Snapshots that people have withdrawn, by a pin or by marking them bad,
/// are taken back from everyone.
#[derive(Debug, Default)]
pub(crate) struct Newest(Mutex<Option<SnapshotInfo>>);

impl Newest {
    /// The status to be shown: with its own snapshot, or with a newer one that was shown before.
    pub(crate) fn show(&self, status: ServingStatus) -> ServingStatus {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(told), Some(shown)) = (&status.snapshot, &*newest) else {
            if status.snapshot.is_some() {
                newest.clone_from(&status.snapshot);
            }
            return status;
        };
        if !is_behind(told, shown) || is_withdrawn(shown, &status) {
            newest.clone_from(&status.snapshot);
            return status;
        }
        let message = format!(
            "the replica that answers is behind: it holds snapshot {}, and snapshot {} was shown",
            told.id, shown.id
        );
        ServingStatus {
            state: ServingState::Stale,
            message: Some(message),
            snapshot: Some(shown.clone()),
            ..status
        }
    }
}

/// Whether people have decided that a snapshot must not be served.
fn is_withdrawn(shown: &SnapshotInfo, status: &ServingStatus) -> bool {
    let is_shown = |refused: &RefusedSnapshot| refused.is_marked_bad && refused.id == shown.id;
    status.pin.is_some() || status.refused.as_ref().is_some_and(is_shown)
}

/// Whether a snapshot was committed before another one of the same lake. A recreated lake numbers its snapshots from
/// the beginning, but commits them later.
fn is_behind(told: &SnapshotInfo, shown: &SnapshotInfo) -> bool {
    told.id.0 < shown.id.0 && told.committed_at <= shown.committed_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::snapshot;

    fn serving(version: u64, second: i64) -> ServingStatus {
        let mut snapshot = snapshot(version);
        snapshot.committed_at = jiff::Timestamp::from_second(second).unwrap();
        let snapshot = Some(snapshot);
        ServingStatus { snapshot, ..crate::testing::serving(version) }
    }

    #[test]
    fn a_replica_that_is_behind_takes_no_snapshot_back() {
        let newest = Newest::default();
        assert_eq!(newest.show(serving(1, 100)), serving(1, 100));
        assert_eq!(newest.show(serving(2, 200)), serving(2, 200));
        let lost = down(ServiceError::new(Code::Unavailable, "gone"));
        assert_eq!(newest.show(lost.clone()), lost);

        let behind = newest.show(serving(1, 100));
        assert_eq!(
            (behind.state, &behind.snapshot),
            (ServingState::Stale, &serving(2, 200).snapshot)
        );
        let message = behind.message.unwrap();
        assert!(message.contains("holds snapshot 1, and snapshot 2 was shown"), "{message}");

        assert_eq!(newest.show(serving(2, 200)), serving(2, 200));
        assert_eq!(newest.show(serving(3, 300)), serving(3, 300));
    }

    #[test]
    fn what_people_withdraw_is_taken_back() {
        let newest = Newest::default();
        newest.show(serving(2, 200));
        let decision = ServingStatus {
            pin: Some(clio_proto::Pin {
                id: SnapshotId(1),
                pinned_at: jiff::Timestamp::UNIX_EPOCH,
                by: "ada".to_owned(),
                reason: String::new(),
            }),
            ..serving(1, 100)
        };
        assert_eq!(newest.show(decision.clone()), decision);

        newest.show(serving(2, 200));
        let refused =
            |is_marked_bad| Some(RefusedSnapshot { is_marked_bad, ..crate::testing::refused(2) });
        let bad = ServingStatus { refused: refused(true), ..serving(1, 100) };
        // One that a replica alone cannot read stays.
        let damaged = ServingStatus { refused: refused(false), ..serving(1, 100) };
        assert_eq!(newest.show(damaged).snapshot, serving(2, 200).snapshot);
        assert_eq!(newest.show(bad.clone()), bad);
    }

    #[test]
    fn a_lake_that_was_recreated_is_shown() {
        let newest = Newest::default();
        newest.show(serving(50, 100));
        assert_eq!(newest.show(serving(0, 200)), serving(0, 200));
    }
}
