//! The remote client against a service of known answers, over real connections on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clio_proto::wire::cubes_server::{Cubes, CubesServer};
use clio_proto::{
    Answer, Code, Coverage, CubeService, Description, FieldRef, Filter, Fingerprint, GroupKey, Key,
    Member, MemberPage, MembersRequest, Query, RemoteConfig, RemoteCubes, Row, RunId, RunOutcome,
    RunRecord, ServiceError, ServingState, ServingStatus, SnapshotId, SnapshotInfo, StatusStream,
    StepRecord, Test, Unattributed, Value, wire,
};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// How a fake answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Willing,
    Refusing(Code),
    Silent,
}

/// A cube that answers what the tests expect, and counts how often it is asked.
struct Fake {
    mood: Mood,
    n_asked: AtomicUsize,
}

impl Fake {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self { mood, n_asked: AtomicUsize::new(0) })
    }

    fn n_asked(&self) -> usize {
        self.n_asked.load(Ordering::Relaxed)
    }

    async fn answer<T>(&self, answer: T) -> Result<T, ServiceError> {
        self.n_asked.fetch_add(1, Ordering::Relaxed);
        match self.mood {
            Mood::Willing => Ok(answer),
            Mood::Refusing(code) => Err(ServiceError::new(code, "not in the mood; ask tomorrow")),
            Mood::Silent => std::future::pending().await,
        }
    }
}

fn snapshot() -> SnapshotInfo {
    SnapshotInfo {
        id: SnapshotId(7),
        committed_at: "2026-02-01T03:04:05Z".parse().unwrap(),
        run: RunId::new("run-1"),
        fingerprint: Fingerprint::new("0123456789abcdef"),
        days: Some(("2026-01-01".parse().unwrap(), "2026-01-31".parse().unwrap())),
        n_days: 31,
        n_cells: 1000,
        rows_in: 5000,
        unattributed: [Unattributed {
            source: "plays".to_owned(),
            day: "2026-01-31".parse().unwrap(),
            rows: 12,
        }]
        .into(),
        verification: None,
    }
}

fn run_record() -> RunRecord {
    let started_at = "2026-02-01T03:04:05.5Z".parse().unwrap();
    RunRecord {
        format_version: clio_proto::RUN_RECORD_VERSION,
        run: RunId::new("run-1"),
        started_at,
        ended_at: "2026-02-01T03:05:00Z".parse().unwrap(),
        outcome: RunOutcome::Failed,
        error: Some("no events found".to_owned()),
        snapshot: None,
        fingerprint: Some(Fingerprint::new("0123456789abcdef")),
        days: vec!["2026-01-31".parse().unwrap()],
        rows_in: [("plays".to_owned(), 7)].into(),
        rows_quarantined: [("plays".to_owned(), 2)].into(),
        steps: vec![StepRecord {
            step: "open".to_owned(),
            started_at,
            ended_at: None,
            n_rows: 3,
            n_attempts: 2,
            error: Some("no answer".to_owned()),
        }],
    }
}

fn answer(query: Query, snapshot_id: Option<SnapshotId>) -> Answer {
    let row = |key: Option<&str>| Row {
        keys: key
            .map(|key| Key { value: Some(key.to_owned()), label: None, media: None })
            .into_iter()
            .collect(),
        values: vec![Value::exact(3.0)],
    };
    Answer {
        snapshot: SnapshotInfo { id: snapshot_id.unwrap_or(SnapshotId(7)), ..snapshot() },
        group_by: query.group_by,
        measures: query.measures,
        rows: vec![row(Some("US"))],
        total: row(None),
        n_groups: 1,
        overlapping: vec![FieldRef::parse("audience")],
        coverage: Coverage {
            range: None,
            n_days_present: 31,
            missing: Vec::new(),
            retired: Vec::new(),
            provisional: Vec::new(),
            periods: vec!["2026-01".parse().unwrap()],
        },
        notices: Vec::new(),
        n_notices: 0,
        elapsed: Duration::from_millis(5),
    }
}

fn status(state: ServingState) -> ServingStatus {
    ServingStatus { state, message: None, snapshot: Some(snapshot()) }
}

#[async_trait]
impl CubeService for Fake {
    async fn describe(&self) -> Result<Description, ServiceError> {
        self.answer(Description {
            dataset: "media".to_owned(),
            timezone: "UTC".to_owned(),
            fingerprint: Fingerprint::new("0123456789abcdef"),
            fields: Vec::new(),
            measures: Vec::new(),
        })
        .await
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        self.answer(answer(query, snapshot)).await
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        let value = Some(format!("{} {:?}", request.field, request.search));
        let member = Member { value, label: None, media: None, n_cells: 2 };
        self.answer(MemberPage { members: vec![member], n_total: 9 }).await
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        self.answer(addresses == ["/media/a b.png"]).await
    }

    async fn snapshots(&self, n_most: usize) -> Result<Vec<SnapshotInfo>, ServiceError> {
        self.answer(vec![snapshot(); n_most]).await
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunRecord>, ServiceError> {
        self.answer(vec![run_record(); n_most]).await
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        self.answer(status(ServingState::Serving)).await
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        let statuses = [
            Ok(status(ServingState::Serving)),
            Ok(status(ServingState::Stale)),
            Err(ServiceError::new(Code::NotFound, "the lake is gone")),
            Ok(status(ServingState::Serving)),
        ];
        self.answer(stream::iter(statuses).boxed()).await
    }
}

/// A fake behind the generated server.
struct Adapter(Arc<Fake>);

#[async_trait]
impl Cubes for Adapter {
    async fn describe(
        &self,
        _: Request<wire::DescribeRequest>,
    ) -> Result<Response<wire::DescribeResponse>, Status> {
        let description = self.0.describe().await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(clio_proto::description_to_wire(description)))
    }

    async fn query(
        &self,
        request: Request<wire::QueryRequest>,
    ) -> Result<Response<wire::QueryResponse>, Status> {
        let (query, snapshot) = clio_proto::query_from_wire(request.into_inner())
            .map_err(clio_proto::status_from_error)?;
        if query.measures == ["unreadable"] {
            return Ok(Response::new(wire::QueryResponse::default()));
        }
        let answer = self.0.query(query, snapshot).await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(clio_proto::answer_to_wire(answer)))
    }

    async fn members(
        &self,
        request: Request<wire::MembersRequest>,
    ) -> Result<Response<wire::MembersResponse>, Status> {
        let request = clio_proto::members_request_from_wire(request.into_inner())
            .map_err(clio_proto::status_from_error)?;
        let page = self.0.members(request).await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(clio_proto::member_page_to_wire(page)))
    }

    async fn has_media(
        &self,
        request: Request<wire::HasMediaRequest>,
    ) -> Result<Response<wire::HasMediaResponse>, Status> {
        let addresses = request.into_inner().addresses;
        let is_named = self.0.has_media(addresses).await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(wire::HasMediaResponse { is_named }))
    }

    async fn runs(
        &self,
        request: Request<wire::RunsRequest>,
    ) -> Result<Response<wire::RunsResponse>, Status> {
        let n_most = clio_proto::runs_request_from_wire(request.into_inner());
        let runs = self.0.runs(n_most).await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(clio_proto::runs_to_wire(runs)))
    }

    async fn snapshots(
        &self,
        request: Request<wire::SnapshotsRequest>,
    ) -> Result<Response<wire::SnapshotsResponse>, Status> {
        let n_most = clio_proto::snapshots_request_from_wire(request.into_inner());
        let snapshots = self.0.snapshots(n_most).await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(clio_proto::snapshots_to_wire(snapshots)))
    }

    type WatchStream = BoxStream<'static, Result<wire::WatchResponse, Status>>;

    async fn watch(
        &self,
        _: Request<wire::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let statuses = self.0.watch().await.map_err(clio_proto::status_from_error)?;
        let mapped = statuses.map(|status| {
            status.map(clio_proto::serving_status_to_wire).map_err(clio_proto::status_from_error)
        });
        Ok(Response::new(mapped.boxed()))
    }
}

/// Serves a fake on a free port until the set is dropped.
async fn serve(fake: &Arc<Fake>, servers: &mut JoinSet<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = CubesServer::new(Adapter(Arc::clone(fake)));
    servers.spawn(async move {
        let served =
            Server::builder().add_service(server).serve_with_incoming(TcpIncoming::from(listener));
        served.await.unwrap();
    });
    format!("http://{address}")
}

/// An address where nobody listens: the port was free a moment ago.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

fn remote(endpoints: &[&str]) -> RemoteCubes {
    let endpoints = endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect();
    RemoteCubes::new(&RemoteConfig { endpoints, ..RemoteConfig::default() }).unwrap()
}

fn query() -> Query {
    Query {
        filter: Some(Filter::Field {
            field: FieldRef::parse("country"),
            test: Test::AnyOf(vec!["US".to_owned()]),
        }),
        group_by: vec![GroupKey::Field(FieldRef::parse("country"))],
        ..Query::total(["plays"])
    }
}

#[tokio::test]
async fn remote_answers_are_the_local_ones() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let remote = remote(&[&serve(&fake, &mut servers).await]);
    assert_eq!(remote.describe().await, fake.describe().await);
    for id in [None, Some(SnapshotId(3))] {
        assert_eq!(remote.query(query(), id).await, fake.query(query(), id).await);
    }
    for address in ["/media/a b.png", "/media/media.toml"] {
        let addresses = vec![address.to_owned()];
        assert_eq!(remote.has_media(addresses.clone()).await, fake.has_media(addresses).await);
    }
    for search in [None, Some("drama".to_owned())] {
        let request = MembersRequest {
            field: FieldRef::parse("asset.title"),
            search,
            limit: 5,
            offset: 0,
            snapshot: None,
        };
        let local = fake.members(request.clone()).await;
        assert_eq!(remote.members(request).await, local);
    }
    assert_eq!(remote.snapshots(3).await, fake.snapshots(3).await);
    assert_eq!(remote.runs(2).await, fake.runs(2).await);
    assert_eq!(remote.status().await, fake.status().await);
}

#[tokio::test]
async fn an_error_ends_the_statuses() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let remote = remote(&[&serve(&fake, &mut servers).await]);
    let statuses: Vec<_> = remote.watch().await.unwrap().collect().await;
    let expected = [
        Ok(status(ServingState::Serving)),
        Ok(status(ServingState::Stale)),
        Err(ServiceError::new(Code::NotFound, "the lake is gone")),
    ];
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn errors_keep_their_code_and_message() {
    for code in Code::ALL {
        let (fake, mut servers) = (Fake::new(Mood::Refusing(code)), JoinSet::new());
        let address = serve(&fake, &mut servers).await;
        let error = remote(&[&address]).query(query(), None).await.unwrap_err();
        let said = "not in the mood; ask tomorrow";
        // Those that are serving's fault say which serving.
        let expected = match code {
            Code::Unavailable | Code::Internal => format!("serving at {address}: {said}"),
            _ => said.to_owned(),
        };
        assert_eq!((error.code, error.message), (code, expected));
    }
}

#[tokio::test]
async fn the_next_replica_answers_for_one_that_cannot_and_is_asked_first_from_then_on() {
    let mut servers = JoinSet::new();
    let loading = Fake::new(Mood::Refusing(Code::Unavailable));
    let good = Fake::new(Mood::Willing);
    let dead = format!("http://{}", nobody().await);
    let loading_address = serve(&loading, &mut servers).await;
    let good_address = serve(&good, &mut servers).await;
    let remote = remote(&[&dead, &loading_address, &good_address]);
    for n_asked in 1..=3 {
        assert_eq!(remote.query(query(), None).await, Ok(answer(query(), None)));
        assert_eq!((loading.n_asked(), good.n_asked()), (1, n_asked));
    }
}

/// A query that kills the process which computes it must not be handed to the next one.
#[tokio::test]
async fn a_question_whose_connection_broke_is_asked_nowhere_else() {
    let mut servers = JoinSet::new();
    let other = Fake::new(Mood::Willing);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dying = format!("http://{}", listener.local_addr().unwrap());
    servers.spawn(async move {
        // Takes the first bytes of each question and goes, as a process does that is killed.
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut preface = [0; 200];
            let mut n_read = 0;
            while n_read < 100 {
                stream.readable().await.unwrap();
                match stream.try_read(&mut preface[n_read..]) {
                    Ok(0) => break,
                    Ok(n) => n_read += n,
                    Err(_) => {}
                }
            }
            drop(stream);
        }
    });
    let remote = remote(&[&dying, &serve(&other, &mut servers).await]);
    let error = remote.query(query(), None).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable, "{error}");
    assert!(error.message.contains(&dying), "{error}");
    assert_eq!(other.n_asked(), 0);
}

#[tokio::test]
async fn a_refused_request_is_not_asked_again_elsewhere() {
    let mut servers = JoinSet::new();
    let refusing = Fake::new(Mood::Refusing(Code::InvalidArgument));
    let other = Fake::new(Mood::Willing);
    let addresses = [serve(&refusing, &mut servers).await, serve(&other, &mut servers).await];
    let remote = remote(&[&addresses[0], &addresses[1]]);
    assert_eq!(remote.query(query(), None).await.unwrap_err().code, Code::InvalidArgument);
    assert_eq!((refusing.n_asked(), other.n_asked()), (1, 0));
}

#[tokio::test]
async fn when_no_replica_answers_each_is_named() {
    let mut servers = JoinSet::new();
    let dead = nobody().await;
    let loading = Fake::new(Mood::Refusing(Code::Unavailable));
    let loading_address = serve(&loading, &mut servers).await;
    let remote = remote(&[&format!("http://{dead}"), &loading_address]);
    let error = remote.query(query(), None).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable);
    let lines: Vec<_> = error.message.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    let (start, end) = lines[0].split_once(": ").unwrap();
    assert_eq!(start, format!("serving at http://{dead} does not answer"));
    // Between them is what the system calls it.
    assert!(end.ends_with("; is `clio serve` running there?"), "{end}");
    let said = format!("serving at {loading_address}: not in the mood; ask tomorrow");
    assert_eq!(lines[1], said);
    let error = remote.watch().await.err().unwrap();
    assert_eq!(error.code, Code::Unavailable);
}

#[tokio::test]
async fn a_replica_that_comes_back_is_found_again() {
    let fake = Fake::new(Mood::Willing);
    let mut servers = JoinSet::new();
    let address = serve(&fake, &mut servers).await;
    let remote = remote(&[&address]);
    assert!(remote.describe().await.is_ok());
    servers.shutdown().await;
    let port: SocketAddr = address.strip_prefix("http://").unwrap().parse().unwrap();
    let listener = TcpListener::bind(port).await.unwrap();
    servers.spawn(async move {
        let server = CubesServer::new(Adapter(fake));
        let served =
            Server::builder().add_service(server).serve_with_incoming(TcpIncoming::from(listener));
        served.await.unwrap();
    });
    // The call that meets the broken connection may fail; the one after it opens another.
    let first = remote.describe().await;
    assert!(first.is_ok() || first.unwrap_err().code == Code::Unavailable);
    assert!(remote.describe().await.is_ok());
}

#[tokio::test]
async fn a_replica_that_takes_too_long_is_said_to() {
    let (fake, mut servers) = (Fake::new(Mood::Silent), JoinSet::new());
    let address = serve(&fake, &mut servers).await;
    let config = RemoteConfig {
        endpoints: vec![address.clone()],
        request_timeout: Duration::from_millis(40),
        ..RemoteConfig::default()
    };
    let error = RemoteCubes::new(&config).unwrap().query(query(), None).await.unwrap_err();
    let expected = format!(
        "serving at {address} gave no answer within 40ms; ask for fewer days or groups, or allow \
         it more time"
    );
    assert_eq!((error.code, error.message), (Code::DeadlineExceeded, expected));
}

#[tokio::test]
async fn an_answer_of_another_version_is_said_to_be_one() {
    let (fake, mut servers) = (Fake::new(Mood::Willing), JoinSet::new());
    let address = serve(&fake, &mut servers).await;
    let query = Query::total(["unreadable"]);
    let error = remote(&[&address]).query(query, None).await.unwrap_err();
    let expected = format!(
        "the answer of serving at {address} cannot be read: `snapshot`: is missing; is it of \
         another version?"
    );
    assert_eq!((error.code, error.message), (Code::Internal, expected));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let check = |endpoints: &[&str], expected: &str| {
        let endpoints = endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect();
        let config = RemoteConfig { endpoints, ..RemoteConfig::default() };
        let error = RemoteCubes::new(&config).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, expected));
    };
    let mend = "expected one like `http://127.0.0.1:50051`";
    check(&[], &format!("no address of serving is given; {mend}"));
    check(
        &["localhost:50051"],
        &format!("`localhost:50051` is no address of serving: it names no scheme; {mend}"),
    );
    check(
        &["https://a"],
        &format!("`https://a` is no address of serving: `https` is not supported; {mend}"),
    );
    check(&["a b"], &format!("`a b` is no address of serving: invalid URI; {mend}"));
}
