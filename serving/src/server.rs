//! The gRPC interface: tonic, with TLS, health, reflection, and a graceful shutdown.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use clio_proto::{
    Audited, Code, CubeService, Exported, Measured, PROJECTION_METADATA, Projection, ServerTls,
    ServiceError, ServingState, answer_to_wire, description_to_wire, export_bytes_to_wire,
    export_head_to_wire, export_request_from_wire, has_media_request_from_wire, has_media_to_wire,
    member_page_to_wire, members_request_from_wire, outliers_request_from_wire, outliers_to_wire,
    query_from_wire, runs_request_from_wire, runs_to_wire, serving_status_to_wire,
    snapshots_request_from_wire, snapshots_to_wire, status_from_error, wire,
};
use futures::StreamExt as _;
use futures::future::ready;
use futures::stream::{self, BoxStream};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::codegen::http;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::server::NamedService as _;
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};
use tower::util::MapResponseLayer;
use tracing::{info, info_span, warn};
use wire::cubes_server::{Cubes as CubesRpc, CubesServer};

use crate::access::without_roles;
use crate::cubes::Cubes;
use crate::error::ServingError;
use crate::seen::Seen;

mod connections;

/// How much longer than a query a request may take: queries end by their own limit, whose error says more than a
/// transport's time-out.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(5);

/// How often an idle connection is pinged.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Serves cubes over gRPC until told to stop; then requests in progress are finished and streams ended, for as long as
/// a query may take; connections that have not drained by then end with the runtime. With `tls`, only encrypted connections
/// are served.
///
/// The health service reports `SERVING` once a snapshot is held; a stale one is still served, and the `Watch` method
/// says why.
///
/// # Errors
///
/// [`ServingError::Grpc`] if the server fails.
pub async fn serve_grpc(
    cubes: Arc<Cubes>,
    listener: TcpListener,
    tls: Option<ServerTls>,
    stop: CancellationToken,
) -> Result<(), ServingError> {
    let limits = cubes.config().limits.clone();
    let (reporter, health) = health_reporter();
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    // Older clients, such as Python's `grpcio-reflection`, use the previous version.
    let reflection_alpha = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1alpha()?;
    let rpc = CubesServer::new(Rpc { cubes: Arc::clone(&cubes), stop: stop.clone() });
    info!(address = ?listener.local_addr().ok(), "grpc server started");
    let connections = connections::incoming(listener, tls);
    let server = Server::builder()
        // A span per request, so that the log lines of a query can be told apart.
        .trace_fn(|request| info_span!("grpc", path = request.uri().path()))
        // Dead peers free their streams.
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        // The transport's errors for bad messages get our codes.
        .layer(MapResponseLayer::new(with_our_code))
        // So that clients of several replicas mix none that hold different parts.
        .layer(MapResponseLayer::new(with_projection(&cubes.config().projection)))
        // Load shedding is outside of the limit: requests over it are refused, not queued.
        .load_shed(true)
        // One greedy connection cannot take all the memory for waiting requests.
        .concurrency_limit_per_connection(limits.n_requests_per_connection)
        // The last resort, after the time-out of queries.
        .timeout(limits.query_timeout + TIMEOUT_MARGIN)
        .add_service(health)
        .add_service(reflection)
        .add_service(reflection_alpha)
        .add_service(rpc)
        .serve_with_incoming_shutdown(connections, stop.cancelled());
    let overdue = async {
        stop.cancelled().await;
        sleep(limits.query_timeout).await;
    };
    tokio::select! {
        served = server => Ok(served?),
        never = report_health(&cubes, &reporter) => match never {},
        () = overdue => {
            // Some streams, such as those that watch health, are only ended by their callers. Their connections are
            // tonic's own tasks, which end with the runtime.
            warn!("some grpc connections did not drain");
            Ok(())
        }
    }
}

/// Says in every answer which part of the lake is held, if not everything.
fn with_projection<B>(
    projection: &Projection,
) -> impl Fn(http::Response<B>) -> http::Response<B> + Clone + use<B> {
    let setting = (!projection.is_whole()).then(|| projection.setting().to_string());
    let held = setting.map(|setting| MetadataValue::from_bytes(setting.as_bytes()));
    move |mut response| {
        if let Some(held) = &held {
            let mut said = MetadataMap::new();
            said.insert_bin(PROJECTION_METADATA, held.clone());
            response.headers_mut().extend(said.into_headers());
        }
        response
    }
}

/// The headers at the beginning and the end of a refusal.
const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";

/// Gives the transport's own refusals the codes that the contract promises: `tonic` answers bytes that are not a
/// message with `INTERNAL`, and a message over its size limit with `OUT_OF_RANGE`.
fn with_our_code<B>(mut response: http::Response<B>) -> http::Response<B> {
    let headers = response.headers();
    let message = headers.get(GRPC_MESSAGE).and_then(|text| text.to_str().ok());
    let is_about = |what: &str| message.is_some_and(|message| message.starts_with(what));
    let code = headers.get(GRPC_STATUS).map(http::HeaderValue::as_bytes);
    let is_code = |own: tonic::Code| code == Some(i32::from(own).to_string().as_bytes());
    let ours = if is_code(tonic::Code::Internal) && is_about("failed%20to%20decode%20Protobuf") {
        tonic::Code::InvalidArgument
    } else if is_code(tonic::Code::OutOfRange) && is_about("Error,%20decoded%20message") {
        tonic::Code::ResourceExhausted
    } else if is_code(tonic::Code::ResourceExhausted) && is_about("Too%20many%20active%20requests")
    {
        // The connection's own limit: another replica, or a later call, has room.
        let message = "this connection has as many requests in progress as it may have; try again";
        // A header can hold any text of ours.
        let _ =
            status_from_error(ServiceError::overloaded(message)).add_header(response.headers_mut());
        return response;
    } else {
        return response;
    };
    let words = match ours {
        tonic::Code::ResourceExhausted => "the request is larger than the transport allows",
        _ => "the bytes are not a message of this method",
    };
    // The header's text is percent-encoded, as the transport's own already is.
    let message = format!("{}:%20{}", words.replace(' ', "%20"), message.unwrap_or_default());
    let headers = response.headers_mut();
    if let Ok(message) = http::HeaderValue::try_from(message) {
        headers.insert(GRPC_MESSAGE, message);
    }
    headers.insert(GRPC_STATUS, http::HeaderValue::from(i32::from(ours)));
    response
}

/// Keeps the health service in step with the status.
async fn report_health(cubes: &Cubes, reporter: &HealthReporter) -> Infallible {
    let mut status = cubes.status_board().watch();
    loop {
        let health = match status.borrow_and_update().state {
            ServingState::Serving | ServingState::Stale => ServingStatus::Serving,
            ServingState::Down => ServingStatus::NotServing,
        };
        // The empty name stands for the whole server.
        for service in ["", CubesServer::<Rpc>::NAME] {
            reporter.set_service_status(service, health).await;
        }
        if status.changed().await.is_err() {
            std::future::pending::<Infallible>().await;
        }
    }
}

/// The wire's service on top of ours.
struct Rpc {
    cubes: Arc<Cubes>,
    stop: CancellationToken,
}

impl Rpc {
    /// The cubes as whoever calls may see them. Every method begins with it.
    fn seen_by<T>(&self, request: &Request<T>) -> Result<Arc<dyn CubeService>, Status> {
        let seen = self.let_in(request);
        let Some(sink) = self.cubes.calls() else { return seen.map_err(status_from_error) };
        match seen {
            Ok(seen) => Ok(Arc::new(Measured::new(seen, Arc::clone(sink)))),
            Err(error) => {
                sink.turned_away(error.code);
                Err(status_from_error(error))
            }
        }
    }

    fn let_in<T>(&self, request: &Request<T>) -> Result<Arc<dyn CubeService>, ServiceError> {
        let cubes = Arc::clone(&self.cubes);
        let Some(access) = self.cubes.access() else {
            without_roles(request.metadata())?;
            return Ok(cubes);
        };
        let principal = access.principal(request.metadata())?;
        let principal = Arc::new(principal);
        let seen = Arc::new(Seen::new(cubes, Arc::clone(&principal)));
        let Some(sink) = access.audit().filter(|_| !principal.is_gateway()) else {
            return Ok(seen);
        };
        let policy = seen.policy_digest();
        Ok(Arc::new(Audited::new(seen, principal, policy, Arc::clone(sink))))
    }
}

#[tonic::async_trait]
impl CubesRpc for Rpc {
    async fn describe(
        &self,
        request: Request<wire::DescribeRequest>,
    ) -> Result<Response<wire::DescribeResponse>, Status> {
        let description = self.seen_by(&request)?.describe().await.map_err(status_from_error)?;
        Ok(Response::new(description_to_wire(description)))
    }

    async fn query(
        &self,
        request: Request<wire::QueryRequest>,
    ) -> Result<Response<wire::QueryResponse>, Status> {
        let cubes = self.seen_by(&request)?;
        let (query, snapshot) = query_from_wire(request.into_inner()).map_err(status_from_error)?;
        let answer = cubes.query(query, snapshot).await.map_err(status_from_error)?;
        Ok(Response::new(answer_to_wire(answer)))
    }

    type ExportStream = BoxStream<'static, Result<wire::ExportResponse, Status>>;

    async fn export(
        &self,
        request: Request<wire::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        let cubes = self.seen_by(&request)?;
        let request = export_request_from_wire(request.into_inner());
        let (export, snapshot) = request.map_err(status_from_error)?;
        let Exported { head, bytes } =
            cubes.export(export, snapshot).await.map_err(status_from_error)?;
        let bytes = bytes.map(|bytes| match bytes {
            Ok(bytes) => Ok(export_bytes_to_wire(bytes)),
            Err(error) => Err(status_from_error(error)),
        });
        // An open stream would keep the server from draining, and one that just ended would be mistaken for a complete
        // file.
        let stopping = stream::once(self.stop.clone().cancelled_owned()).map(|()| {
            let message = "serving is stopping; try again";
            Err(status_from_error(ServiceError::new(Code::Unavailable, message)))
        });
        let all = stream::once(ready(Ok(export_head_to_wire(head)))).chain(bytes);
        Ok(Response::new(or_stopping(all.boxed(), stopping.boxed())))
    }

    async fn members(
        &self,
        request: Request<wire::MembersRequest>,
    ) -> Result<Response<wire::MembersResponse>, Status> {
        let cubes = self.seen_by(&request)?;
        let request = members_request_from_wire(request.into_inner()).map_err(status_from_error)?;
        let page = cubes.members(request).await.map_err(status_from_error)?;
        Ok(Response::new(member_page_to_wire(page)))
    }

    async fn outliers(
        &self,
        request: Request<wire::OutliersRequest>,
    ) -> Result<Response<wire::OutliersResponse>, Status> {
        let cubes = self.seen_by(&request)?;
        let snapshot = outliers_request_from_wire(request.into_inner());
        let list = cubes.outliers(snapshot).await.map_err(status_from_error)?;
        Ok(Response::new(outliers_to_wire(list)))
    }

    async fn has_media(
        &self,
        request: Request<wire::HasMediaRequest>,
    ) -> Result<Response<wire::HasMediaResponse>, Status> {
        let cubes = self.seen_by(&request)?;
        let addresses = has_media_request_from_wire(request.into_inner());
        let is_named = cubes.has_media(addresses).await.map_err(status_from_error)?;
        Ok(Response::new(has_media_to_wire(is_named)))
    }

    async fn snapshots(
        &self,
        request: Request<wire::SnapshotsRequest>,
    ) -> Result<Response<wire::SnapshotsResponse>, Status> {
        let cubes = self.seen_by(&request)?;
        let n_most = snapshots_request_from_wire(request.into_inner());
        let snapshots = cubes.snapshots(n_most).await.map_err(status_from_error)?;
        Ok(Response::new(snapshots_to_wire(snapshots)))
    }

    async fn runs(
        &self,
        request: Request<wire::RunsRequest>,
    ) -> Result<Response<wire::RunsResponse>, Status> {
        let cubes = self.seen_by(&request)?;
        let n_most = runs_request_from_wire(request.into_inner());
        let runs = cubes.runs(n_most).await.map_err(status_from_error)?;
        Ok(Response::new(runs_to_wire(runs)))
    }

    type WatchStream = BoxStream<'static, Result<wire::WatchResponse, Status>>;

    async fn watch(
        &self,
        request: Request<wire::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let statuses = self.seen_by(&request)?.watch().await.map_err(status_from_error)?;
        let statuses = statuses.map(|status| match status {
            Ok(status) => Ok(serving_status_to_wire(status)),
            Err(error) => Err(status_from_error(error)),
        });
        // An open stream would keep the server from draining.
        let stop = self.stop.clone().cancelled_owned();
        Ok(Response::new(statuses.take_until(stop).boxed()))
    }
}

/// A stream that ends with the first item of another one, if that comes.
fn or_stopping<T: Send + 'static>(
    items: BoxStream<'static, T>,
    stopping: BoxStream<'static, T>,
) -> BoxStream<'static, T> {
    let next = |streams: Option<(BoxStream<'static, T>, BoxStream<'static, T>)>| async move {
        let (mut items, mut stopping) = streams?;
        tokio::select! {
            biased;
            last = stopping.next() => last.map(|last| (last, None)),
            item = items.next() => item.map(|item| (item, Some((items, stopping)))),
        }
    };
    stream::unfold(Some((items, stopping)), next).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that is cut off because serving stops must not be mistaken for a complete one.
    #[tokio::test]
    async fn a_stream_that_is_stopped_ends_with_what_says_so() {
        let stopping = || stream::once(ready("stopping")).boxed();
        let found: Vec<_> = or_stopping(stream::pending().boxed(), stopping()).collect().await;
        assert_eq!(found, ["stopping"]);
        let items = || stream::iter(["one", "two"]).boxed();
        let found: Vec<_> = or_stopping(items(), stream::pending().boxed()).collect().await;
        assert_eq!(found, ["one", "two"]);
    }
}
