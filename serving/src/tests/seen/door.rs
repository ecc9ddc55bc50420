//! Authentication over gRPC: each attack on every method.

use std::sync::{Arc, Mutex};

use clio_proto::{
    AuditEntry, AuditSink, Code, CubeService, GATEWAY_TOKEN, KeyFile, KeyRing, PRINCIPAL_METADATA,
    Principal, PrincipalKind, Query, RemoteConfig, RemoteCubes, Secret, principal_to_bytes, wire,
};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use wire::cubes_client::CubesClient;

use super::{dense_lake, role};
use crate::{Access, Cubes, ServingConfig, ServingError, serve_grpc};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// An audit sink in memory.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<AuditEntry>>);

impl AuditSink for Notes {
    fn note(&self, entry: AuditEntry) {
        self.0.lock().unwrap().push(entry);
    }
}

/// A replica that stops with the test.
struct Served {
    url: String,
    _stop: tokio_util::sync::DropGuard,
    _tasks: JoinSet<Result<(), ServingError>>,
}

impl Served {
    async fn new(cubes: Arc<Cubes>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_grpc(cubes, listener, None, stop.clone()));
        Self { url, _stop: stop.drop_guard(), _tasks: tasks }
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(self.url.clone()).unwrap().connect().await.unwrap()
    }

    /// The outcome of every method for a caller with this metadata: the codes of refusals.
    async fn codes(&self, metadata: &MetadataMap) -> Vec<Option<tonic::Code>> {
        fn with<T>(metadata: &MetadataMap, message: T) -> Request<T> {
            let mut request = Request::new(message);
            *request.metadata_mut() = metadata.clone();
            request
        }
        fn code<T>(answer: Result<T, Status>) -> Option<tonic::Code> {
            answer.err().map(|status| status.code())
        }
        let query =
            || wire::QueryRequest { measures: vec!["plays".to_owned()], ..Default::default() };
        let export = wire::ExportRequest {
            query: Some(query()),
            format: wire::ExportFormat::Csv.into(),
            ..Default::default()
        };
        let mut client = CubesClient::new(self.channel().await);
        vec![
            code(client.describe(with(metadata, wire::DescribeRequest {})).await),
            code(client.query(with(metadata, query())).await),
            code(client.export(with(metadata, export)).await),
            code(client.members(with(metadata, wire::MembersRequest::default())).await),
            code(client.has_media(with(metadata, wire::HasMediaRequest::default())).await),
            code(client.snapshots(with(metadata, wire::SnapshotsRequest::default())).await),
            code(client.runs(with(metadata, wire::RunsRequest::default())).await),
            code(client.watch(with(metadata, wire::WatchRequest {})).await),
        ]
    }
}

fn now() -> Timestamp {
    "2026-03-03T00:00:00Z".parse().unwrap()
}

fn named(principal: &Principal) -> MetadataValue<tonic::metadata::Binary> {
    MetadataValue::from_bytes(&principal_to_bytes(principal))
}

fn user(name: &str) -> Principal {
    Principal::new(PrincipalKind::User, name)
}

fn metadata(texts: &[(&'static str, &str)], principals: &[Principal]) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    for (name, text) in texts {
        metadata.append(*name, text.parse().unwrap());
    }
    for principal in principals {
        metadata.append_bin(PRINCIPAL_METADATA, named(principal));
    }
    metadata
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "the attacks one after the other, a line or two each")]
async fn nobody_is_believed_who_does_not_show_it() {
    let lake = dense_lake();
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let day = at("2026-03-01T00:00:00Z");
    let mut file = KeyFile::default();
    let mut made = |name: &str, n: u8, expires: Option<Timestamp>| {
        file.create(name, &[n; 32], day, expires).unwrap()
    };
    let valid = made("bot", 1, None);
    let expired = made("old", 2, Some(at("2026-03-02T00:00:00Z")));
    let revoked = made("gone", 3, None);
    file.revoke("gone", day).unwrap();
    let notes = Arc::new(Notes::default());
    let rights = "rights = [\"export\", \"operate\"]";
    let access = Access::new(role(rights))
        .with_gateway_token(Secret::new(TOKEN))
        .with_keys(KeyRing::new(file, now))
        .with_audit(Arc::clone(&notes) as Arc<dyn AuditSink>);
    let cubes = Cubes::start_guarded(ServingConfig::new(lake.url()), Arc::new(access)).unwrap();
    cubes.load().await;
    let served = Served::new(cubes).await;
    let bearer = |key: &Secret| format!("Bearer {}", key.reveal());
    let bytes = |bytes: &[u8]| {
        let mut metadata = metadata(&[(GATEWAY_TOKEN, TOKEN)], &[]);
        metadata.append_bin(PRINCIPAL_METADATA, MetadataValue::from_bytes(bytes));
        metadata
    };
    let ann = || [user("ann")];
    let other = TOKEN.replace('0', "1");
    let attacks = [
        ("nothing", metadata(&[], &[])),
        ("a name alone", metadata(&[], &ann())),
        ("a gateway's name alone", metadata(&[], &[Principal::gateway()])),
        ("another token", metadata(&[(GATEWAY_TOKEN, &other)], &ann())),
        ("a part of the token", metadata(&[(GATEWAY_TOKEN, &TOKEN[..31])], &ann())),
        ("more than the token", metadata(&[(GATEWAY_TOKEN, &format!("{TOKEN}0"))], &ann())),
        ("no token", metadata(&[(GATEWAY_TOKEN, "")], &ann())),
        ("two tokens", metadata(&[(GATEWAY_TOKEN, TOKEN), (GATEWAY_TOKEN, &other)], &ann())),
        ("the token and nobody", metadata(&[(GATEWAY_TOKEN, TOKEN)], &[])),
        ("two names", metadata(&[(GATEWAY_TOKEN, TOKEN)], &[user("ann"), user("bob")])),
        ("no message", bytes(&[0xff; 9])),
        ("an empty message", bytes(&[])),
        ("the token as a key", metadata(&[("authorization", &format!("Bearer {TOKEN}"))], &[])),
        ("a name beside a key", metadata(&[("authorization", &bearer(&valid))], &ann())),
        ("an expired key", metadata(&[("authorization", &bearer(&expired))], &[])),
        ("a revoked key", metadata(&[("authorization", &bearer(&revoked))], &[])),
        (
            "a made-up key",
            metadata(&[("authorization", &format!("Bearer clio_{}", "0".repeat(64)))], &[]),
        ),
        (
            "a key by another scheme",
            metadata(&[("authorization", &format!("Basic {}", valid.reveal()))], &[]),
        ),
        ("a key alone", metadata(&[("authorization", valid.reveal())], &[])),
        ("no key", metadata(&[("authorization", "Bearer ")], &[])),
        (
            "two keys",
            metadata(
                &[("authorization", &bearer(&valid)), ("authorization", &bearer(&valid))],
                &[],
            ),
        ),
    ];
    for (attack, metadata) in attacks {
        let codes = served.codes(&metadata).await;
        assert_eq!(codes, vec![Some(tonic::Code::Unauthenticated); 8], "{attack}");
    }
    assert!(notes.0.lock().unwrap().is_empty(), "nobody in particular asked");
    let through = metadata(&[(GATEWAY_TOKEN, TOKEN)], &ann());
    assert_eq!(served.codes(&through).await, vec![None; 8]);
    let by_key = metadata(&[("authorization", &bearer(&valid))], &[]);
    assert_eq!(served.codes(&by_key).await, vec![None; 8]);
    let who: std::collections::BTreeSet<String> =
        notes.0.lock().unwrap().iter().map(|entry| entry.who.to_string()).collect();
    assert_eq!(who, ["key:bot", "user:ann"].map(str::to_owned).into());
    let said = format!("{:?}", notes.0.lock().unwrap());
    assert!(!said.contains(TOKEN) && !said.contains(&valid.reveal()["clio_".len()..]));
    // A gateway on its own account: description and status.
    let own = metadata(&[(GATEWAY_TOKEN, TOKEN)], &[Principal::gateway()]);
    let codes = served.codes(&own).await;
    assert_eq!([codes[0], codes[7]], [None; 2]);
    assert_eq!(codes[1..7], [Some(tonic::Code::PermissionDenied); 6]);
    // Health checks need no principal.
    let mut health = HealthClient::new(served.channel().await);
    health.check(HealthCheckRequest::default()).await.unwrap();
}

/// A gateway's client calls on behalf of a principal; without roles, such a principal sees nothing.
#[tokio::test]
async fn a_gateway_asks_in_the_name_of_each() {
    let lake = dense_lake();
    let rows = "[role.us]\nwho = [\"user:ann\"]\nrows = \"country anyOf (US)\"\n\
                [role.de]\nwho = [\"group:de\"]\nrows = \"country anyOf (DE)\"\n";
    let access = Access::new(clio_proto::Roles::parse("roles.toml", rows).unwrap());
    let access = Arc::new(access.with_gateway_token(Secret::new(TOKEN)));
    let guarded = Cubes::start_guarded(ServingConfig::new(lake.url()), access).unwrap();
    guarded.load().await;
    let open = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let (served, unguarded) = (Served::new(guarded).await, Served::new(open).await);
    let client = |served: &Served| {
        let config = RemoteConfig {
            endpoints: vec![served.url.clone()],
            gateway_token: Some(Secret::new(TOKEN)),
            ..RemoteConfig::default()
        };
        Arc::new(RemoteCubes::new(&config).unwrap())
    };
    let gateway = client(&served);
    gateway.describe().await.unwrap();
    gateway.status().await.unwrap();
    let query = || Query { group_by: vec!["country".parse().unwrap()], ..Query::total(["plays"]) };
    assert_eq!(gateway.query(query(), None).await.unwrap_err().code, Code::PermissionDenied);
    let countries = async |principal: Principal| {
        let seen = Arc::clone(&gateway).seen_by(Arc::new(principal));
        let answer = seen.query(query(), None).await?;
        Ok::<_, clio_proto::ServiceError>(
            answer.rows.iter().filter_map(|row| row.keys[0].value.clone()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(countries(user("ann")).await.unwrap(), ["US"]);
    let bob = Principal { groups: vec!["de".to_owned()], ..user("bob") };
    assert_eq!(countries(bob).await.unwrap(), ["DE"]);
    assert_eq!(countries(user("bob")).await.unwrap_err().code, Code::PermissionDenied);
    let ann = client(&unguarded).seen_by(Arc::new(user("ann")));
    let error = ann.query(query(), None).await.unwrap_err();
    assert_eq!(error.code, Code::PermissionDenied, "{error}");
    assert!(error.message.contains("--roles"), "{error}");
}
