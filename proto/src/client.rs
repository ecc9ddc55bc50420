//! The cube across a network: [`RemoteCubes`] calls one of several serving replicas over gRPC.
//!
//! ```text
//! question ──▶ choose a replica ──▶ call ──▶ answer
//!                 ▲   by snapshot,   │
//!                 │   health, load   ├── not reached, no room, not this snapshot ──▶ another one, within the budget
//!                 │                  ├── lost while it computes ──▶ another one, if the question is known not to break any
//!                 └── probes: status │                            └─ otherwise an error
//!                     of each replica└── any other error ──▶ the caller
//! ```
//!
//! A question is sent to no replica twice, and to at most two that did not answer it. A connection that breaks during an
//! answer may have been broken by the question: such a question is handed on only if one has answered it before, or one
//! question would take down every replica. A call that takes much longer than another replica needs is made there too,
//! and the first answer counts. All further tries spend from one budget. The client does not know what the cube holds.
//! Replicas that hold another part of their lake than the first one that answered are not asked: what they answer is
//! something else.

mod ask;
mod breaker;
mod budget;
mod channel;
mod config;
mod failure;
mod fleet;
mod harmless;
mod load;
mod probe;
mod replica;
mod same_part;

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use prost::Message;
use tokio::task::JoinSet;
use tonic::metadata::{AsciiMetadataValue, BinaryMetadataValue, MetadataMap};
use tonic::{Request, Response, Status};
use xxhash_rust::xxh3::xxh3_64;

use self::ask::Asked;
pub use self::breaker::BreakerState;
pub use self::config::RemoteConfig;
use self::failure::{error_from, unreadable};
use self::fleet::Fleet;
pub use self::fleet::{ReplicaInfo, Replicated, RetryCounts};
pub use self::replica::Reachability;
use self::replica::{Client, Replica};
use crate::calls::CallKind;
use crate::convert::{
    answer_from_wire, description_from_wire, ended_by_error, export_bytes_from_wire,
    export_head_from_wire, export_request_to_wire, has_media_from_wire, has_media_request_to_wire,
    member_page_from_wire, members_request_to_wire, outliers_from_wire, outliers_request_to_wire,
    principal_to_bytes, query_to_wire, runs_from_wire, runs_request_to_wire,
    serving_status_from_wire, snapshots_from_wire, snapshots_request_to_wire,
};
use crate::error::{Code, ServiceError};
use crate::export::{Export, Exported};
use crate::id::SnapshotId;
use crate::principal::{GATEWAY_TOKEN, PRINCIPAL_METADATA, Principal};
use crate::query::{Answer, OutlierList, Query};
use crate::runs::RunInfo;
use crate::secret::Secret;
use crate::service::{
    CubeService, Description, MemberPage, MembersRequest, ServingStatus, StatusStream,
};
use crate::snapshot::SnapshotList;
use crate::wire;

/// The metadata by which callers other than gateways say who they are.
const AUTHORIZATION: &str = "authorization";

/// A [`CubeService`] that calls serving replicas over gRPC.
///
/// It connects at the first call or probe, and again after a connection broke. One object serves any number of calls at
/// once, over one connection to each replica, shared with those that [`seen_by`](CubeService::seen_by) makes from it.
/// With [`RemoteConfig::probe_interval`] its own status is that of the best replica, and changes without a gap from one
/// replica to the next.
pub struct RemoteCubes {
    shared: Arc<Shared>,
    /// What every call says about who is asking.
    metadata: MetadataMap,
    /// The digest of it.
    who: u64,
    /// The token that makes serving believe the principal in a call.
    gateway_token: Option<AsciiMetadataValue>,
    /// Whether it asks on its own account, as probes do.
    is_own: bool,
}

struct Shared {
    fleet: Arc<Fleet>,
    /// Ends with the last client.
    _probes: JoinSet<()>,
}

impl fmt::Debug for RemoteCubes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replicas = &self.shared.fleet.replicas;
        let addresses: Vec<_> = replicas.iter().map(|replica| &replica.address).collect();
        f.debug_struct("RemoteCubes").field("addresses", &addresses).finish_non_exhaustive()
    }
}

impl RemoteCubes {
    /// Creates a client of the replicas, without waiting for a connection.
    ///
    /// # Errors
    ///
    /// No address, or a string that is not an address.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, which its connections live in.
    pub fn new(config: &RemoteConfig) -> Result<Self, ServiceError> {
        if config.endpoints.is_empty() {
            let message =
                "no address of serving is given; expected one like `http://127.0.0.1:50051`";
            return Err(ServiceError::new(Code::InvalidArgument, message));
        }
        let fleet = Arc::new(Fleet::try_new(config)?);
        let gateway_token = config.gateway_token.as_ref().map(secret_value).transpose()?;
        let mut metadata = MetadataMap::new();
        if let Some(bearer) = &config.bearer {
            let value = secret_value(&Secret::new(format!("Bearer {}", bearer.reveal())))?;
            metadata.insert(AUTHORIZATION, value);
        }
        let mut who = 0;
        // On its own account until it asks for somebody.
        if gateway_token.is_some() {
            (metadata, who) = said_of(&Principal::gateway(), gateway_token.as_ref());
        }
        let mut probes = JoinSet::new();
        if let Some(interval) = config.probe_interval {
            for replica in &fleet.replicas {
                let (fleet, replica) = (Arc::clone(&fleet), Arc::clone(replica));
                probes.spawn(probe::probe(fleet, replica, metadata.clone(), interval));
            }
        }
        let shared = Arc::new(Shared { fleet, _probes: probes });
        Ok(Self { shared, metadata, who, gateway_token, is_own: true })
    }

    /// How often questions were asked again.
    pub fn retries(&self) -> RetryCounts {
        self.shared.fleet.retries()
    }

    /// Calls replica after replica until one answers.
    async fn ask<M, T, F>(
        &self,
        (kind, snapshot): (CallKind, Option<SnapshotId>),
        message: M,
        call: impl Fn(Client, Request<M>) -> F,
    ) -> Result<(T, Arc<Replica>), ServiceError>
    where
        M: Message + Clone,
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let snapshot = snapshot.map(|snapshot| snapshot.0);
        let asked = Asked { kind, snapshot, who: self.who };
        ask::ask(&self.shared.fleet, &self.metadata, asked, message, call).await
    }
}

impl Replicated for RemoteCubes {
    fn replicas(&self) -> Vec<ReplicaInfo> {
        self.shared.fleet.infos()
    }
}

/// What calls say of a principal, with its digest: nothing without a token, since nobody would believe it.
fn said_of(principal: &Principal, token: Option<&AsciiMetadataValue>) -> (MetadataMap, u64) {
    let mut said = MetadataMap::new();
    let Some(token) = token else { return (said, 0) };
    let bytes = principal_to_bytes(principal);
    let who = xxh3_64(&bytes);
    said.insert_bin(PRINCIPAL_METADATA, BinaryMetadataValue::from_bytes(&bytes));
    said.insert(GATEWAY_TOKEN, token.clone());
    (said, who)
}

/// A secret as a metadata value, which no log shows.
fn secret_value(secret: &Secret) -> Result<AsciiMetadataValue, ServiceError> {
    let value = AsciiMetadataValue::try_from(secret.reveal());
    let mut value = value.map_err(|_| {
        let message = "the secret for serving has blanks or other signs that no header may have";
        ServiceError::new(Code::InvalidArgument, message)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[async_trait]
impl CubeService for RemoteCubes {
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService> {
        let (metadata, who) = said_of(&principal, self.gateway_token.as_ref());
        let shared = Arc::clone(&self.shared);
        let gateway_token = self.gateway_token.clone();
        Arc::new(Self { shared, metadata, who, gateway_token, is_own: false })
    }

    async fn describe(&self) -> Result<Description, ServiceError> {
        let (response, replica) = self
            .ask(
                (CallKind::Describe, None),
                wire::DescribeRequest {},
                |mut client, request| async move { client.describe(request).await },
            )
            .await?;
        description_from_wire(response).map_err(unreadable(&replica.address))
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        let (response, replica) = self
            .ask(
                (CallKind::Query, snapshot),
                query_to_wire(query, snapshot)?,
                |mut client, request| async move { client.query(request).await },
            )
            .await?;
        answer_from_wire(response).map_err(unreadable(&replica.address))
    }

    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        let (mut responses, replica) = self
            .ask(
                (CallKind::Export, snapshot),
                export_request_to_wire(export, snapshot)?,
                |mut client, request| async move { client.export(request).await },
            )
            .await?;
        let (address, answer_bytes) = (replica.address.clone(), self.shared.fleet.answer_bytes);
        let head = responses.message().await;
        let head = head.map_err(|status| error_from(&address, &status, answer_bytes))?;
        let head = export_head_from_wire(head).map_err(unreadable(&address))?;
        let bytes = responses.map(move |response| match response {
            Ok(response) => {
                export_bytes_from_wire(response).map_err(|error| unreadable(&address)(error))
            }
            Err(status) => Err(error_from(&address, &status, answer_bytes)),
        });
        Ok(Exported { head, bytes: ended_by_error(bytes.boxed()) })
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        let (asked, named) = (request.field.clone(), request.snapshot);
        let (response, replica) = self
            .ask(
                (CallKind::Members, named),
                members_request_to_wire(request)?,
                |mut client, request| async move { client.members(request).await },
            )
            .await?;
        member_page_from_wire(response, asked.as_ref()).map_err(unreadable(&replica.address))
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        let (response, _) = self
            .ask(
                (CallKind::HasMedia, None),
                has_media_request_to_wire(addresses),
                |mut client, request| async move { client.has_media(request).await },
            )
            .await?;
        Ok(has_media_from_wire(response))
    }

    async fn outliers(&self, snapshot: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        let (response, replica) = self
            .ask(
                (CallKind::Outliers, snapshot),
                outliers_request_to_wire(snapshot),
                |mut client, request| async move { client.outliers(request).await },
            )
            .await?;
        outliers_from_wire(response).map_err(unreadable(&replica.address))
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        let (response, replica) = self
            .ask(
                (CallKind::Snapshots, None),
                snapshots_request_to_wire(n_most),
                |mut client, request| async move { client.snapshots(request).await },
            )
            .await?;
        snapshots_from_wire(response).map_err(unreadable(&replica.address))
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        let (response, replica) = self
            .ask(
                (CallKind::Runs, None),
                runs_request_to_wire(n_most),
                |mut client, request| async move { client.runs(request).await },
            )
            .await?;
        runs_from_wire(response).map_err(unreadable(&replica.address))
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        // The stream's first item is the current status; dropping the stream ends it on both sides.
        match self.watch().await?.next().await {
            Some(status) => status,
            None => Err(ServiceError::new(Code::Unavailable, "serving is stopping")),
        }
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        if self.is_own
            && let Some(mut board) = self.shared.fleet.board()
        {
            let first = board.wait_for(Option::is_some).await.ok().and_then(|news| news.clone());
            let stopped = || ServiceError::new(Code::Unavailable, "the client is stopping");
            let first = first.ok_or_else(stopped)??;
            // The probes go on as long as somebody watches.
            let further = stream::unfold((board, Arc::clone(&self.shared)), |mut watched| async {
                watched.0.changed().await.ok()?;
                let news = watched.0.borrow_and_update().clone()?;
                Some((news, watched))
            });
            let all = stream::once(ready(Ok(first))).chain(further);
            return Ok(ended_by_error(all.boxed()));
        }
        let (statuses, replica) = self
            .ask((CallKind::Watch, None), wire::WatchRequest {}, |mut client, request| async move {
                client.watch(request).await
            })
            .await?;
        let (address, answer_bytes) = (replica.address.clone(), self.shared.fleet.answer_bytes);
        let lost = replica.loss();
        let mapped = statuses.map(move |status| match status {
            Ok(response) => {
                serving_status_from_wire(response).map_err(|error| unreadable(&address)(error))
            }
            Err(status) => Err(error_from(&address, &status, answer_bytes)),
        });
        // A replica that stops answering says nothing more, and its connection stays open.
        Ok(ended_by_error(mapped.take_until(lost).boxed()))
    }
}
