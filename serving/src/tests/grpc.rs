//! The same answers over gRPC, on a loopback port; health, reflection, and a graceful shutdown.

use std::net::SocketAddr;
use std::sync::Arc;

use clio_proto::{
    Code, CubeService, MembersRequest, Query, RemoteConfig, RemoteCubes, ServingState, SnapshotId,
    wire,
};
use futures::StreamExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic_health::pb::health_check_response::ServingStatus as Health;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1alpha::{
    self as alpha, server_reflection_client::ServerReflectionClient as AlphaClient,
};

use super::events::{Numbers, day, generate};
use super::lake::TestLake;
use super::queries::{any_query, field, gapped_lake};
use crate::{Cubes, ServingConfig, ServingError, serve_grpc};

/// A server that ends with the test.
struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), ServingError>>,
}

impl Served {
    async fn new(cubes: &Arc<Cubes>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_grpc(Arc::clone(cubes), listener, None, stop.clone()));
        Self { address, stop, tasks }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn client(&self) -> RemoteCubes {
        let config = RemoteConfig { endpoints: vec![self.url()], ..RemoteConfig::default() };
        RemoteCubes::new(&config).unwrap()
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(self.url()).unwrap().connect().await.unwrap()
    }

    /// The health of one service, current and at every change.
    async fn health(&self, service: &str) -> tonic::Streaming<HealthCheckResponse> {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut client = HealthClient::new(self.channel().await);
        client.watch(request).await.unwrap().into_inner()
    }

    async fn end(mut self) {
        self.stop.cancel();
        self.tasks.join_next().await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_remote_cube_answers_as_the_local_one() {
    let lake = gapped_lake();
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let served = Served::new(&cubes).await;
    let remote = served.client();
    let (local, remote): (&dyn CubeService, &dyn CubeService) = (cubes.as_ref(), &remote);
    assert_eq!(local.describe().await, remote.describe().await);
    assert_eq!(local.status().await, remote.status().await);
    assert_eq!(local.snapshots(3).await, remote.snapshots(3).await);
    let request = MembersRequest {
        search: Some("1".to_owned()),
        limit: 3,
        offset: 1,
        snapshot: Some(SnapshotId(0)),
        ..MembersRequest::of(Some(field("asset")))
    };
    assert_eq!(local.members(request.clone()).await, remote.members(request).await);
    let mut numbers = Numbers(11);
    for _ in 0..60 {
        let query = any_query(&mut numbers);
        let own = local.query(query.clone(), None).await.unwrap();
        let mut other = remote.query(query, Some(SnapshotId(0))).await.unwrap();
        other.elapsed = own.elapsed;
        // Times differ, counts do not; and the second answer says that it was cached.
        if let Some((other, own)) = other.work.as_mut().zip(own.work.as_ref()) {
            assert!(other.is_cached);
            (other.is_cached, other.steps) = (own.is_cached, own.steps.clone());
        }
        assert_eq!(own, other);
    }
    for bad in [Query::total(["likes"]), Query { limit: 9_999, ..Query::total(["plays"]) }] {
        let (own, other) = (local.query(bad.clone(), None).await, remote.query(bad, None).await);
        assert_eq!(own.unwrap_err(), other.unwrap_err());
    }
    let missing = remote.query(Query::total(["plays"]), Some(SnapshotId(7))).await.unwrap_err();
    assert_eq!(missing.code, Code::NotFound);
    served.end().await;
}

#[tokio::test]
async fn health_follows_what_is_held() {
    let mut lake = TestLake::empty();
    let mut config = ServingConfig::new(lake.url());
    config.limits.query_timeout = std::time::Duration::from_millis(50);
    let cubes = Cubes::open(config).await.unwrap();
    let served = Served::new(&cubes).await;
    let mut whole = served.health("").await;
    let mut own = served.health("clio.v1.Cubes").await;
    // The server may report its initial status before the current one.
    while whole.next().await.unwrap().unwrap().status() != Health::NotServing {}
    while own.next().await.unwrap().unwrap().status() != Health::NotServing {}
    let remote = served.client();
    assert_eq!(remote.status().await.unwrap().state, ServingState::Down);
    assert_eq!(remote.describe().await.unwrap_err().code, Code::Unavailable);
    let mut statuses = remote.watch().await.unwrap();
    assert_eq!(statuses.next().await.unwrap().unwrap().state, ServingState::Down);

    lake.replace_days(generate(1, &[day("2026-01-01")], 10));
    cubes.look().await;
    assert_eq!(statuses.next().await.unwrap().unwrap().state, ServingState::Serving);
    assert_eq!(whole.next().await.unwrap().unwrap().status(), Health::Serving);
    assert_eq!(own.next().await.unwrap().unwrap().status(), Health::Serving);
    lake.commit_text("no json");
    cubes.look().await;
    assert_eq!(statuses.next().await.unwrap().unwrap().state, ServingState::Stale);
    let mut late = served.health("clio.v1.Cubes").await;
    let now = late.next().await.unwrap().unwrap().status();
    assert_eq!(now, Health::Serving, "what is stale is still served");

    // Our streams end with the server; those of others do not keep it from stopping.
    served.end().await;
    while let Some(Ok(_)) = statuses.next().await {}
}

#[tokio::test]
async fn reflection_tells_of_the_service() {
    let lake = TestLake::with(generate(1, &[day("2026-01-01")], 10));
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let served = Served::new(&cubes).await;
    let mut client = ServerReflectionClient::new(served.channel().await);
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let stream = client.server_reflection_info(tokio_stream::once(request)).await.unwrap();
    let response = stream.into_inner().next().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = response.message_response else {
        panic!("{response:?}");
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    assert!(names.contains(&"clio.v1.Cubes"), "{names:?}");
    assert!(names.contains(&"grpc.health.v1.Health"), "{names:?}");
    drop(client);

    // Clients that only know the previous version were told that there is none.
    let mut client = AlphaClient::new(served.channel().await);
    let list = alpha::server_reflection_request::MessageRequest::ListServices(String::new());
    let request =
        alpha::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let stream = client.server_reflection_info(tokio_stream::once(request)).await.unwrap();
    let response = stream.into_inner().next().await.unwrap().unwrap();
    let text = format!("{:?}", response.message_response);
    assert!(text.contains("clio.v1.Cubes"), "{text}");
    drop(client);
    served.end().await;
}

/// Bytes that are not a message were answered with `INTERNAL`, as if serving had failed, and a request over the
/// transport's limit with `OUT_OF_RANGE`.
#[tokio::test]
async fn what_is_no_question_is_the_callers_fault() {
    let lake = TestLake::with(generate(1, &[day("2026-01-01")], 10));
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let served = Served::new(&cubes).await;
    for method in ["Describe", "Query", "Members", "Snapshots", "Runs", "Watch"] {
        let mut grpc = tonic::client::Grpc::new(served.channel().await);
        grpc.ready().await.unwrap();
        let path = format!("/clio.v1.Cubes/{method}").parse().unwrap();
        let codec = tonic_prost::ProstCodec::<Lie, wire::WatchResponse>::default();
        let asked = grpc.unary(tonic::Request::new(Lie), path, codec).await;
        assert_eq!(asked.unwrap_err().code(), tonic::Code::InvalidArgument, "{method}");
    }
    let values = vec!["x".repeat(1_000); 5_000];
    let filter = Some(super::queries::test("country", clio_proto::Test::AnyOf(values)));
    let error = served.client().query(Query { filter, ..Query::total(["plays"]) }, None).await;
    let error = error.unwrap_err();
    assert_eq!(error.code, Code::ResourceExhausted, "{error}");
    assert!(error.message.contains("is larger than the transport allows"), "{error}");
    served.end().await;
}

/// Bytes that are not a message: a tag with a wire type that does not exist.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Lie;

impl prost::Message for Lie {
    fn encode_raw(&self, buf: &mut impl bytes::BufMut) {
        buf.put_slice(&[0x0f, 0xff]);
    }

    fn merge_field(
        &mut self,
        _: u32,
        _: prost::encoding::WireType,
        _: &mut impl bytes::Buf,
        _: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        2
    }

    fn clear(&mut self) {}
}
