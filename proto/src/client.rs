//! The cube across a network: [`RemoteCubes`] calls one of several serving replicas over gRPC.
//!
//! ```text
//! call ──▶ endpoint that worked last ──not connected──▶ next ──▶ … ──▶ each endpoint called once
//!                    │                 or UNAVAILABLE
//!                    │ answer, any other error, or a connection that broke
//!                    ▼
//!          remembered, returned to the caller
//! ```
//!
//! Another replica is called only if the query did not reach this one, or was rejected at once. A connection that
//! breaks during an answer may have been broken by the query: it is not passed on, or one query would take down every
//! replica. The client does not know what the cube holds, and never waits: a caller who wants to retry decides when. Replicas that hold
//! another part of their lake than the first one that answered are not asked: what they answer is something else.

mod same_part;

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use tonic::metadata::{AsciiMetadataValue, BinaryMetadataValue, MetadataMap};
use tonic::transport::Channel;
use tonic::{ConnectError, Request, Response, Status, TimeoutExpired};

use self::same_part::{SamePart, of_refusal};
use crate::convert::{
    answer_from_wire, description_from_wire, ended_by_error, error_from_status,
    export_bytes_from_wire, export_head_from_wire, export_request_to_wire, has_media_from_wire,
    has_media_request_to_wire, member_page_from_wire, members_request_to_wire, outliers_from_wire,
    outliers_request_to_wire, principal_to_bytes, query_to_wire, runs_from_wire,
    runs_request_to_wire, serving_status_from_wire, snapshots_from_wire, snapshots_request_to_wire,
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
use crate::tls::ClientTls;
use crate::wire;
use crate::wire::cubes_client::CubesClient;

mod channel;

/// The metadata by which callers other than gateways say who they are.
const AUTHORIZATION: &str = "authorization";
/// The largest request that serving reads: tonic's own limit.
const MAX_REQUEST_BYTES: usize = 4 << 20;

/// Where serving is, and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteConfig {
    /// Addresses of replicas (`http://127.0.0.1:50051`, or `https://…` for TLS), at least one. They are tried in this order.
    pub endpoints: Vec<String>,
    /// How long a connection may take to open. Default: 3 seconds.
    pub connect_timeout: Duration,
    /// How long one replica may take to answer, including the connection. A stream of statuses may go on forever; this
    /// counts until it begins. Default: 30 seconds.
    pub request_timeout: Duration,
    /// The largest answer that is accepted. Default: 64 MiB. A full page ([`MAX_LIMIT`](crate::MAX_LIMIT) rows) with a
    /// dozen measures and long labels is about 5 MB, over tonic's own limit of 4 MiB.
    pub answer_bytes: usize,
    /// What makes serving believe who asks, as a gateway says it. Without one nothing is said of who asks. Default: none.
    pub gateway_token: Option<Secret>,
    /// How replicas at `https://` addresses are called. Without it, the authorities of the system are believed and nothing is
    /// shown to them. Default: none.
    pub tls: Option<ClientTls>,
    /// What serving knows a caller by that is no gateway: an API key, or a token of the provider of identities. Default: none.
    pub bearer: Option<Secret>,
}

impl Default for RemoteConfig {
    /// One replica on this machine, at the port where `clio serve` listens.
    fn default() -> Self {
        Self {
            endpoints: vec!["http://127.0.0.1:50051".to_owned()],
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(30),
            answer_bytes: 64 << 20,
            gateway_token: None,
            tls: None,
            bearer: None,
        }
    }
}

/// A [`CubeService`] that calls serving replicas over gRPC.
///
/// It connects at the first call, and again after a connection broke. One object serves any number of calls at once,
/// over one connection to each replica, shared with those that [`seen_by`](CubeService::seen_by) makes from it.
pub struct RemoteCubes {
    replicas: Arc<Replicas>,
    /// What every call says about who is asking.
    metadata: MetadataMap,
    /// The token that makes serving believe the principal in a call.
    gateway_token: Option<AsciiMetadataValue>,
}

struct Replicas {
    all: Vec<Replica>,
    /// The replica that answered last, the first to be called next time.
    preferred: AtomicUsize,
    same_part: SamePart,
    request_timeout: Duration,
    answer_bytes: usize,
}

struct Replica {
    address: String,
    client: CubesClient<Channel>,
}

impl fmt::Debug for RemoteCubes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<_> = self.replicas.all.iter().map(|replica| &replica.address).collect();
        f.debug_struct("RemoteCubes").field("addresses", &addresses).finish_non_exhaustive()
    }
}

impl RemoteCubes {
    /// Creates a client of the replicas, without connecting yet.
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
        let replicas = config
            .endpoints
            .iter()
            .map(|address| {
                let channel = channel::open(address, config)?;
                let client =
                    CubesClient::new(channel).max_decoding_message_size(config.answer_bytes);
                Ok(Replica { address: address.clone(), client })
            })
            .collect::<Result<_, ServiceError>>()?;
        let replicas = Arc::new(Replicas {
            all: replicas,
            preferred: AtomicUsize::new(0),
            same_part: SamePart::default(),
            request_timeout: config.request_timeout,
            answer_bytes: config.answer_bytes,
        });
        let gateway_token = config.gateway_token.as_ref().map(secret_value).transpose()?;
        let mut own = Self { replicas, metadata: MetadataMap::new(), gateway_token };
        if let Some(bearer) = &config.bearer {
            let value = secret_value(&Secret::new(format!("Bearer {}", bearer.reveal())))?;
            own.metadata.insert(AUTHORIZATION, value);
        }
        // On its own account until it asks for somebody.
        if own.gateway_token.is_some() {
            own.metadata = own.said_of(&Principal::gateway());
        }
        Ok(own)
    }

    /// What calls say of a principal: nothing without a token, since nobody would believe it.
    fn said_of(&self, principal: &Principal) -> MetadataMap {
        let mut said = MetadataMap::new();
        if let Some(token) = &self.gateway_token {
            let bytes = BinaryMetadataValue::from_bytes(&principal_to_bytes(principal));
            said.insert_bin(PRINCIPAL_METADATA, bytes);
            said.insert(GATEWAY_TOKEN, token.clone());
        }
        said
    }

    /// Calls replica after replica until one answers; returns the answer with the address that it came from.
    async fn ask<M, T, F>(
        &self,
        message: M,
        call: impl Fn(CubesClient<Channel>, Request<M>) -> F,
    ) -> Result<(T, &str), ServiceError>
    where
        M: Clone,
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let Replicas { all, preferred, same_part, request_timeout, answer_bytes } = &*self.replicas;
        let first = preferred.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for offset in 0..all.len() {
            let index = (first + offset) % all.len();
            let replica = &all[index];
            let mut request = Request::new(message.clone());
            *request.metadata_mut() = self.metadata.clone();
            // Serving gets the deadline too, so that it stops when nobody is waiting.
            request.set_timeout(*request_timeout);
            let call = call(replica.client.clone(), request);
            let called = tokio::time::timeout(*request_timeout, call).await;
            let metadata = match &called {
                Ok(Ok(response)) => Some(response.metadata()),
                Ok(Err(status)) if !is_timeout(status) => of_refusal(status),
                Ok(Err(_)) | Err(_) => None,
            };
            if let Some(why) = metadata.and_then(|own| same_part.refuses(&replica.address, own)) {
                failures.push(why);
                continue;
            }
            let error = match called {
                Ok(Ok(response)) => {
                    preferred.store(index, Ordering::Relaxed);
                    return Ok((response.into_inner(), &replica.address));
                }
                // Both sides enforce the timeout in the request, so any of three may be first.
                Ok(Err(status)) if is_timeout(&status) => self.too_slow(&replica.address),
                Ok(Err(status)) if !is_unanswered(&status) => {
                    return Err(error_from(&replica.address, &status, *answer_bytes));
                }
                Ok(Err(status)) => error_from(&replica.address, &status, *answer_bytes),
                Err(_) => self.too_slow(&replica.address),
            };
            match error.code {
                Code::Unavailable => failures.push(error.message),
                Code::DeadlineExceeded => return Err(error),
                // It refused the call, so it is alive.
                Code::InvalidArgument
                | Code::NotFound
                | Code::Unauthenticated
                | Code::PermissionDenied
                | Code::ResourceExhausted
                | Code::Internal => {
                    preferred.store(index, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Err(ServiceError::new(Code::Unavailable, failures.join("\n")))
    }

    fn too_slow(&self, address: &str) -> ServiceError {
        let message = format!(
            "serving at {address} did not answer within {:?}; ask for fewer days or groups, or \
             allow it more time",
            self.replicas.request_timeout
        );
        ServiceError::new(Code::DeadlineExceeded, message)
    }
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

/// Whether tonic gave up, here or at the peer, because the request timed out.
fn is_timeout(status: &Status) -> bool {
    status.code() == tonic::Code::Cancelled && status.message() == TimeoutExpired(()).to_string()
}

/// Whether the peer has certainly not begun to answer, or ended with a status of its own: no connection was opened. If
/// a connection broke after a request was sent, that request may have broken it.
fn is_unanswered(status: &Status) -> bool {
    let mut cause = status.source();
    if cause.is_none() {
        return true;
    }
    while let Some(error) = cause {
        if error.is::<ConnectError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The meaning of a failed call: serving refused it, or serving was not reached at all.
fn error_from(address: &str, status: &Status, answer_bytes: usize) -> ServiceError {
    // A status from the peer has no source; one made here, for a broken or unopened connection, has. A status for a
    // message that is too large or not protobuf is made here too, but without a source.
    match innermost(status) {
        Some(cause) => {
            // By TLS 1.3 a server refuses a client's certificate after the handshake, by closing the connection.
            let is_asked = match address.starts_with("https://") {
                true => ", and does it accept the client's certificate (`--client-certificate`)?",
                false => "?",
            };
            ServiceError::new(
                Code::Unavailable,
                format!(
                    "serving at {address} does not answer: {cause}; is `clio serve` running there{is_asked}"
                ),
            )
        }
        None => {
            let error = error_from_status(status);
            match error.code {
                Code::ResourceExhausted if status.code() == tonic::Code::OutOfRange => {
                    let message = format!(
                        "a message from or to serving at {address} is larger than the transport \
                         allows ({answer_bytes} bytes of an answer, {MAX_REQUEST_BYTES} of a \
                         question); ask for fewer rows or measures, or name fewer values: {}",
                        error.message
                    );
                    ServiceError::new(error.code, message)
                }
                // These blame the replica, so they name it.
                Code::Unavailable | Code::Internal => ServiceError::new(
                    error.code,
                    format!("serving at {address}: {}", error.message),
                ),
                Code::InvalidArgument
                | Code::NotFound
                | Code::Unauthenticated
                | Code::PermissionDenied
                | Code::ResourceExhausted
                | Code::DeadlineExceeded => error,
            }
        }
    }
}

/// The root cause of a failure, which says more than the layers around it.
fn innermost(status: &Status) -> Option<String> {
    let mut cause = status.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}

/// An answer that arrived but cannot be read is serving's fault, whatever its fields are.
fn unreadable(address: &str) -> impl Fn(ServiceError) -> ServiceError {
    let address = address.to_owned();
    move |error| {
        let message = format!(
            "the answer of serving at {address} cannot be read: {error}; is it another version of Clio?"
        );
        ServiceError::new(Code::Internal, message)
    }
}

#[async_trait]
impl CubeService for RemoteCubes {
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService> {
        let metadata = self.said_of(&principal);
        let replicas = Arc::clone(&self.replicas);
        Arc::new(Self { replicas, metadata, gateway_token: self.gateway_token.clone() })
    }

    async fn describe(&self) -> Result<Description, ServiceError> {
        let (response, address) = self
            .ask(wire::DescribeRequest {}, |mut client, request| async move {
                client.describe(request).await
            })
            .await?;
        description_from_wire(response).map_err(unreadable(address))
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        let (response, address) = self
            .ask(query_to_wire(query, snapshot)?, |mut client, request| async move {
                client.query(request).await
            })
            .await?;
        answer_from_wire(response).map_err(unreadable(address))
    }

    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        let (mut responses, address) = self
            .ask(export_request_to_wire(export, snapshot)?, |mut client, request| async move {
                client.export(request).await
            })
            .await?;
        let (address, answer_bytes) = (address.to_owned(), self.replicas.answer_bytes);
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
        let asked = request.field.clone();
        let (response, address) = self
            .ask(members_request_to_wire(request)?, |mut client, request| async move {
                client.members(request).await
            })
            .await?;
        member_page_from_wire(response, asked.as_ref()).map_err(unreadable(address))
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        let (response, _) = self
            .ask(has_media_request_to_wire(addresses), |mut client, request| async move {
                client.has_media(request).await
            })
            .await?;
        Ok(has_media_from_wire(response))
    }

    async fn outliers(&self, snapshot: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        let (response, address) = self
            .ask(outliers_request_to_wire(snapshot), |mut client, request| async move {
                client.outliers(request).await
            })
            .await?;
        outliers_from_wire(response).map_err(unreadable(address))
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        let (response, address) = self
            .ask(snapshots_request_to_wire(n_most), |mut client, request| async move {
                client.snapshots(request).await
            })
            .await?;
        snapshots_from_wire(response).map_err(unreadable(address))
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        let (response, address) = self
            .ask(runs_request_to_wire(n_most), |mut client, request| async move {
                client.runs(request).await
            })
            .await?;
        runs_from_wire(response).map_err(unreadable(address))
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        // The stream's first item is the current status; dropping the stream ends it on both sides.
        match self.watch().await?.next().await {
            Some(status) => status,
            None => Err(ServiceError::new(Code::Unavailable, "serving is stopping")),
        }
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        let (statuses, address) =
            self.ask(wire::WatchRequest {}, |mut client, request| async move {
                client.watch(request).await
            })
            .await?;
        let address = address.to_owned();
        let answer_bytes = self.replicas.answer_bytes;
        let mapped = statuses.map(move |status| match status {
            Ok(response) => {
                serving_status_from_wire(response).map_err(|error| unreadable(&address)(error))
            }
            Err(status) => Err(error_from(&address, &status, answer_bytes)),
        });
        Ok(ended_by_error(mapped.boxed()))
    }
}
