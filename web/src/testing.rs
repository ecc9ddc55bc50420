//! What tests share: the example dataset, a service that says what it is told to say, and a gateway
//! on a port of its own that ends with its test.

mod answer;
mod dataset;
mod outliers;
pub(crate) mod provider;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql::Value;
use async_graphql::dynamic::Schema;
use async_trait::async_trait;
use axum::body::Bytes;
use clio_proto::{
    Answer, Code, CubeService, Cursor, DayRange, Description, Export, ExportHead, Exported,
    FieldRef, FilesLeftOut, Member, MemberPage, MembersRequest, OutlierList, Principal, Query,
    RefusedSnapshot, RunId, RunInfo, RunOutcome, ServiceError, ServingState, ServingStatus,
    SnapshotId, SnapshotInfo, SnapshotList, StatusStream, StepInfo, Unattributed, VerificationInfo,
};
use futures::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_stream::wrappers::WatchStream;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) use self::answer::{OF_FEW, answer};
pub(crate) use self::dataset::media;
use crate::assets::{Asset, Dashboard};
use crate::config::GatewayConfig;
use crate::error::WebError;
use crate::gateway::Gateway;
use crate::server::run;

/// A snapshot of the example dataset.
pub(crate) fn snapshot(version: u64) -> SnapshotInfo {
    SnapshotInfo {
        id: SnapshotId(version),
        committed_at: "2026-02-01T03:04:05Z".parse().unwrap(),
        run: RunId::new("run-7"),
        fingerprint: media().fingerprint,
        days: Some(("2026-01-01".parse().unwrap(), "2026-01-31".parse().unwrap())),
        n_days: 31,
        n_cells: 12_345,
        rows_in: 9_876_543_210,
        unattributed: [Unattributed {
            source: "qualified_plays".to_owned(),
            day: "2026-01-31".parse().unwrap(),
            rows: 1_234,
        }]
        .into(),
        verification: Some(VerificationInfo {
            verified_at: "2026-02-01T05:06:07Z".parse().unwrap(),
            days: ("2026-01-31".parse().unwrap(), "2026-01-31".parse().unwrap()),
            n_compared: 1_234,
            n_mismatches: 0,
            max_error: 2.75,
            rms_error: 0.5,
            share_within_bounds: 0.96875,
        }),
        is_withheld: false,
    }
}

/// A run that ended in one way or another.
pub(crate) fn run_record(outcome: RunOutcome) -> RunInfo {
    let started_at = "2026-02-01T03:04:05Z".parse().unwrap();
    let ended_at = "2026-02-01T03:04:09Z".parse().unwrap();
    let has_failed = outcome == RunOutcome::Failed;
    let error = has_failed.then(|| "no events found".to_owned());
    RunInfo {
        run: RunId::new("run-7"),
        started_at,
        ended_at,
        outcome,
        error: error.clone(),
        snapshot: (!has_failed).then_some(SnapshotId(41)),
        fingerprint: Some(media().fingerprint),
        days: vec!["2026-01-31".parse().unwrap()],
        rows_in: [("plays".to_owned(), 9_876_543_210)].into(),
        rows_quarantined: [("plays".to_owned(), 2)].into(),
        left_out: vec![FilesLeftOut {
            table: "source `plays`".to_owned(),
            n_files: 1,
            files: vec!["plays/notes.txt".to_owned()],
        }],
        steps: vec![StepInfo {
            step: "open".to_owned(),
            started_at,
            ended_at: (!has_failed).then_some(ended_at),
            n_rows: 3,
            n_attempts: 2,
            error,
        }],
    }
}

/// A version that must not be served.
pub(crate) fn refused(version: u64) -> RefusedSnapshot {
    RefusedSnapshot {
        id: SnapshotId(version),
        committed_at: Some("2026-02-01T04:05:06Z".parse().unwrap()),
        reason: "the secret bucket holds no such file".to_owned(),
        is_marked_bad: false,
    }
}

/// The status of a service that serves a snapshot.
pub(crate) fn serving(version: u64) -> ServingStatus {
    let snapshot = Some(snapshot(version));
    ServingStatus {
        state: ServingState::Serving,
        message: None,
        snapshot,
        refused: None,
        newest: Some(SnapshotId(version)),
        pin: None,
        is_stuck: false,
        projection: None,
    }
}

fn days(first: &str, last: &str) -> DayRange {
    DayRange::try_new(first.parse().unwrap(), last.parse().unwrap()).unwrap()
}

/// Whether a lookup names an address.
type IsNamed = Box<dyn Fn(&str) -> bool + Send>;

/// A service that answers what it is told to.
pub(crate) struct FakeCubes {
    dataset: Mutex<Description>,
    /// What `watch` tells; an error is what every method gives.
    statuses: watch::Sender<Result<ServingStatus, ServiceError>>,
    /// Which addresses of previews a lookup names.
    media: Mutex<IsNamed>,
    /// A measure; what asks for it is never answered.
    hangs_on: Mutex<Option<String>>,
    n_hanging: AtomicUsize,
    /// What `query` and `members` give although the service is there.
    error: Mutex<Option<ServiceError>>,
    /// For whom it was asked to answer.
    pub(crate) seen_by: Mutex<Vec<String>>,
    pub(crate) asked: Mutex<Vec<(Query, Option<SnapshotId>)>>,
    pub(crate) searched: Mutex<Vec<MembersRequest>>,
    pub(crate) exported: Mutex<Vec<(Export, Option<SnapshotId>)>>,
    /// What each file on its way holds.
    pub(crate) file: Arc<()>,
}

impl FakeCubes {
    pub(crate) fn new(status: Result<ServingStatus, ServiceError>) -> Arc<Self> {
        Arc::new(Self {
            dataset: Mutex::new(media()),
            statuses: watch::channel(status).0,
            media: Mutex::new(Box::new(|_| false)),
            hangs_on: Mutex::new(None),
            n_hanging: AtomicUsize::new(0),
            error: Mutex::new(None),
            seen_by: Mutex::default(),
            asked: Mutex::default(),
            searched: Mutex::default(),
            exported: Mutex::default(),
            file: Arc::default(),
        })
    }

    pub(crate) fn tell(&self, status: Result<ServingStatus, ServiceError>) {
        self.statuses.send_modify(|last| *last = status);
    }

    pub(crate) fn describe_as(&self, dataset: Description) {
        *self.dataset.lock().unwrap() = dataset;
    }

    pub(crate) fn name_media(&self, names: impl Fn(&str) -> bool + Send + 'static) {
        *self.media.lock().unwrap() = Box::new(names);
    }

    pub(crate) fn hang_on(&self, measure: &str) {
        *self.hangs_on.lock().unwrap() = Some(measure.to_owned());
    }

    /// How many questions hang.
    pub(crate) fn n_hanging(&self) -> usize {
        self.n_hanging.load(Ordering::Relaxed)
    }

    pub(crate) fn fail_with(&self, error: Option<ServiceError>) {
        *self.error.lock().unwrap() = error;
    }

    fn check(&self) -> Result<ServingStatus, ServiceError> {
        self.statuses.borrow().clone()
    }

    fn check_error(&self) -> Result<(), ServiceError> {
        self.check()?;
        self.error.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl CubeService for FakeCubes {
    /// Notes who asks. Whoever is in the group `few` sees no take rate, and whoever is in `none` nothing.
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService> {
        self.seen_by.lock().unwrap().push(principal.to_string());
        let is_in = |group: &str| principal.groups.iter().any(|own| own == group);
        if !is_in("few") && !is_in("none") {
            return self;
        }
        let seen = Self::new(self.check());
        if is_in("none") {
            let message = "no role of yours is of this dataset";
            seen.tell(Err(ServiceError::new(Code::PermissionDenied, message)));
        }
        let mut dataset = self.dataset.lock().unwrap().clone();
        dataset.measures.retain(|measure| measure.name != "take_rate");
        seen.describe_as(dataset);
        seen
    }

    async fn describe(&self) -> Result<Description, ServiceError> {
        self.check()?;
        Ok(self.dataset.lock().unwrap().clone())
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        self.check_error()?;
        let hangs_on = self.hangs_on.lock().unwrap().clone();
        if hangs_on.is_some_and(|measure| query.measures.contains(&measure)) {
            self.n_hanging.fetch_add(1, Ordering::Relaxed);
            std::future::pending::<()>().await;
        }
        let answer = answer(&query);
        self.asked.lock().unwrap().push((query, snapshot));
        Ok(answer)
    }

    /// Two pieces; of a question for players an error follows, and of one for viewers nothing ever does.
    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        self.check_error()?;
        let said = vec![("dataset".to_owned(), "me\"dia".to_owned())];
        let head = ExportHead { snapshot: snapshot.unwrap_or(SnapshotId(41)), n_rows: 2, said };
        let pieces = stream::iter([Ok(b"one,".to_vec()), Ok(b"two\n".to_vec())]);
        let asks_for = |name: &str| export.query.measures.iter().any(|own| own == name);
        let rest = if asks_for("players") {
            stream::iter([Err(away())]).boxed()
        } else if asks_for("viewers") {
            stream::pending().boxed()
        } else {
            stream::empty().boxed()
        };
        self.exported.lock().unwrap().push((export, snapshot));
        let held = Arc::clone(&self.file);
        let bytes = pieces.chain(rest).inspect(move |_| {
            let _held = &held;
        });
        Ok(Exported { head, bytes: bytes.boxed() })
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        self.check_error()?;
        let is_narrowed = request.is_narrowed();
        let member = |value: Option<&str>, label: Option<&str>| Member {
            field: FieldRef::parse("country"),
            value: value.map(str::to_owned),
            label: label.map(str::to_owned),
            media: None,
            n_cells: 7,
            n_cells_left: is_narrowed.then_some(3),
        };
        let members = vec![member(Some("US"), Some("United States")), member(None, None)];
        self.searched.lock().unwrap().push(request);
        let end = Cursor { snapshot: SnapshotId(41), n_before: 2, question: 5 };
        Ok(MemberPage { members, n_total: 3, end: Some(end) })
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        self.check()?;
        let names = self.media.lock().unwrap();
        Ok(addresses.iter().any(|address| names(address)))
    }

    async fn outliers(&self, id: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        self.check_error()?;
        Ok(outliers::list(snapshot(id.map_or(43, |id| id.0))))
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        self.check()?;
        let snapshots = [43, 42, 41].into_iter().take(n_most).map(snapshot).collect();
        Ok(SnapshotList { snapshots, refused: vec![refused(44)] })
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        self.check()?;
        Ok([RunOutcome::Failed, RunOutcome::Committed]
            .into_iter()
            .take(n_most)
            .map(run_record)
            .collect())
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        self.check()
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        self.check()?;
        let statuses = WatchStream::new(self.statuses.subscribe());
        // An error is the last item.
        let statuses = statuses.scan(false, |ended, status| {
            let item = (!*ended).then_some(status);
            *ended = matches!(item, Some(Err(_)));
            std::future::ready(item)
        });
        Ok(statuses.boxed())
    }
}

/// The error of a service that is not there.
pub(crate) fn away() -> ServiceError {
    ServiceError::new(
        Code::Unavailable,
        "serving at http://127.0.0.1:50051 does not answer: connection refused",
    )
}

/// A built dashboard of a few files.
pub(crate) fn dashboard() -> Dashboard {
    fn find(name: &str) -> Option<Asset> {
        let (content, content_type) = match name {
            "index.html" => ("<title>Clio</title>", "text/html"),
            "graphiql.html" => ("<title>GraphiQL</title>", "text/html"),
            "static/index-DkF3a9xZ.js" => ("export {}", "text/javascript"),
            "static/manifest.json" => ("{}", "application/json"),
            "favicon.svg" => ("<svg/>", "image/svg+xml"),
            _ => return None,
        };
        let content = Bytes::from_static(content.as_bytes());
        let (content_type, tag) = (content_type.to_owned(), "5eed".to_owned());
        Some(Asset { content, brotli: None, content_type, tag })
    }
    Dashboard { find, has_graphiql: true }
}

/// A gateway on a port of its own, which ends with its test.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) cubes: Arc<FakeCubes>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) tasks: JoinSet<Result<(), WebError>>,
    _stop: DropGuard,
}

impl TestServer {
    /// A gateway that serves the example dataset.
    pub(crate) async fn start() -> Self {
        let server = Self::start_with(Ok(serving(41)), GatewayConfig::default(), dashboard()).await;
        server.wait_for(|status| status.state == ServingState::Serving).await;
        server
    }

    pub(crate) async fn start_with(
        status: Result<ServingStatus, ServiceError>,
        config: GatewayConfig,
        dashboard: Dashboard,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cubes = FakeCubes::new(status);
        let stop = CancellationToken::new();
        let service: Arc<dyn CubeService> = Arc::<FakeCubes>::clone(&cubes);
        let gateway = Arc::new(Gateway::try_new(service, config, stop.clone()).unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(run(Arc::clone(&gateway), dashboard, listener));
        Self { address, cubes, gateway, tasks, _stop: stop.drop_guard() }
    }

    /// Waits until the gateway knows of such a status.
    pub(crate) async fn wait_for(&self, is_it: impl FnMut(&ServingStatus) -> bool) {
        self.gateway.backend().watch().wait_for(is_it).await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, headers, b"").await
    }

    /// Asks a query with its variables and gives the body.
    pub(crate) async fn ask(&self, query: &str, variables: serde_json::Value) -> serde_json::Value {
        let reply = self.post(query, variables).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    pub(crate) async fn post(&self, query: &str, variables: serde_json::Value) -> Reply {
        let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
        let headers = [("content-type", "application/json")];
        self.send("POST", "/graphql", &headers, body.as_bytes()).await
    }

    /// One request over a connection of its own.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    /// Sends bytes over a connection of its own, and reads what comes until it is closed.
    pub(crate) async fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that refuses a body may close before it has read it.
        let _ = stream.write_all(request).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        Reply::parse(&bytes)
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let headers = lines.map(header).collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

/// Executes a query against a schema that has the service, without any server.
pub(crate) async fn execute(schema: &Schema, query: &str) -> Value {
    let response = schema.execute(query).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data
}
