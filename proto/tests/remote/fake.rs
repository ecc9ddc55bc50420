//! A service with known answers behind a real server.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use clio_proto::wire::cubes_server::{Cubes, CubesServer};
use clio_proto::{
    Answer, Code, Coverage, CubeService, Cursor, Description, EarlierOutlier, EarlierOutliers,
    Export, ExportHead, Exported, FieldRef, FilesLeftOut, Fingerprint, Key, Member, MemberPage,
    MembersRequest, Outlier, OutlierContrast, OutlierInfo, OutlierKind, OutlierList, Query, Rank,
    RefusedSnapshot, Row, RunId, RunInfo, RunOutcome, ServiceError, ServingState, ServingStatus,
    SnapshotId, SnapshotInfo, SnapshotList, StatusStream, StepInfo, Unattributed, Value, WeekStart,
    Work, wire,
};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// How a fake answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Willing,
    Refusing(Code),
    /// It has no room, and says so.
    Overloaded,
    /// It tells its status, and answers no question.
    Silent,
    /// It answers a question after this time.
    Slow(Duration),
}

/// A cube that gives the answers that the tests expect, and counts its calls.
pub(crate) struct Fake {
    mood: Mutex<Mood>,
    n_asked: AtomicUsize,
    /// The version of the snapshot that it serves.
    version: AtomicU64,
    /// What the last call said beside its question.
    pub(crate) said: Mutex<MetadataMap>,
}

impl Fake {
    pub(crate) fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self {
            mood: Mutex::new(mood),
            n_asked: AtomicUsize::new(0),
            version: AtomicU64::new(7),
            said: Mutex::default(),
        })
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn set_version(&self, version: u64) {
        self.version.store(version, Ordering::Relaxed);
    }

    fn version(&self) -> SnapshotId {
        SnapshotId(self.version.load(Ordering::Relaxed))
    }

    pub(crate) fn n_asked(&self) -> usize {
        self.n_asked.load(Ordering::Relaxed)
    }

    async fn answer<T>(&self, answer: T) -> Result<T, ServiceError> {
        self.n_asked.fetch_add(1, Ordering::Relaxed);
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Willing => Ok(answer),
            Mood::Refusing(code) => Err(ServiceError::new(code, "not in the mood; ask tomorrow")),
            Mood::Overloaded => Err(ServiceError::overloaded("no room; ask in a moment")),
            Mood::Silent => std::future::pending().await,
            Mood::Slow(time) => {
                tokio::time::sleep(time).await;
                Ok(answer)
            }
        }
    }
}

pub(crate) fn snapshot() -> SnapshotInfo {
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
        is_withheld: false,
    }
}

fn run_record() -> RunInfo {
    let started_at = "2026-02-01T03:04:05.5Z".parse().unwrap();
    RunInfo {
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
        left_out: vec![FilesLeftOut {
            table: "source `plays`".to_owned(),
            n_files: 1,
            files: vec!["plays/notes.txt".to_owned()],
        }],
        steps: vec![StepInfo {
            step: "open".to_owned(),
            started_at,
            ended_at: None,
            n_rows: 3,
            n_attempts: 2,
            error: Some("no answer".to_owned()),
        }],
    }
}

pub(crate) fn answer(query: Query, snapshot_id: Option<SnapshotId>) -> Answer {
    let row = |key: Option<&str>| Row {
        keys: key
            .map(|key| Key { value: Some(key.to_owned()), label: None, media: None })
            .into_iter()
            .collect(),
        values: vec![Value::exact(3.0)],
        shares: vec![Value::exact(0.5)],
        rank: Some(Rank { best: 1, worst: 2 }),
        compared: Vec::new(),
        newcomers: None,
        intervals: Vec::new(),
        verdicts: Vec::new(),
    };
    Answer {
        snapshot: SnapshotInfo { id: snapshot_id.unwrap_or(SnapshotId(7)), ..snapshot() },
        group_by: query.group_by,
        measures: query.measures,
        rows: vec![row(Some("US"))],
        total: row(None),
        others: Some(row(None)),
        reach: None,
        n_groups: 1,
        end: Some(Cursor { snapshot: SnapshotId(7), n_before: 1, question: 3 }),
        overlapping: vec![FieldRef::parse("audience")],
        coverage: Coverage {
            range: None,
            n_days_present: 31,
            missing: Vec::new(),
            retired: Vec::new(),
            provisional: Vec::new(),
            periods: vec!["2026-01".parse().unwrap()],
            mixed: Vec::new(),
            projection: None,
        },
        compared_coverage: None,
        look_back: None,
        test: None,
        notices: Vec::new(),
        n_notices: 0,
        withheld: None,
        elapsed: Duration::from_millis(5),
        work: Some(Work { n_cells: 12, n_unions: 3, ..Work::default() }),
    }
}

/// A version newer than the snapshot.
fn refused() -> RefusedSnapshot {
    let SnapshotInfo { id, committed_at, .. } = snapshot();
    let reason = "it cannot be read".to_owned();
    let (id, committed_at) = (SnapshotId(id.0 + 1), Some(committed_at));
    RefusedSnapshot { id, committed_at, reason, is_marked_bad: false }
}

pub(crate) fn status(state: ServingState) -> ServingStatus {
    let is_stale = state == ServingState::Stale;
    ServingStatus {
        state,
        message: None,
        snapshot: Some(snapshot()),
        refused: is_stale.then(refused),
        newest: Some(refused().id),
        pin: None,
        is_stuck: false,
        projection: None,
    }
}

#[async_trait]
impl CubeService for Fake {
    fn seen_by(self: Arc<Self>, _: Arc<clio_proto::Principal>) -> Arc<dyn CubeService> {
        self
    }

    async fn describe(&self) -> Result<Description, ServiceError> {
        self.answer(Description {
            dataset: "media".to_owned(),
            timezone: "UTC".to_owned(),
            fingerprint: Fingerprint::new("0123456789abcdef"),
            week_starts: WeekStart::Sunday,
            fields: Vec::new(),
            ages: Vec::new(),
            measures: Vec::new(),
            outliers: Some(OutlierInfo {
                dimension: FieldRef::parse("asset"),
                peers: vec![FieldRef::parse("asset.title"), FieldRef::parse("asset.media_type")],
                pool: Some(FieldRef::parse("asset.media_type")),
                rate: "plays / impressions".to_owned(),
                watching: None,
                beyond: 0.25,
                worthwhile: 0.05,
            }),
        })
        .await
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        if snapshot.is_some_and(|named| named > self.version()) {
            let message = "snapshot is not held";
            return self.answer(()).await.and(Err(ServiceError::new(Code::NotFound, message)));
        }
        self.answer(answer(query, snapshot)).await
    }

    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        let head = ExportHead {
            snapshot: snapshot.unwrap_or(SnapshotId(7)),
            n_rows: 3,
            said: vec![("format".to_owned(), export.format.as_str().to_owned())],
        };
        let breaks = export.query.measures == ["breaking"];
        let broken = breaks.then(|| Err(ServiceError::new(Code::NotFound, "the lake is gone")));
        let bytes = [Ok(b"one,".to_vec()), Ok(b"two".to_vec())].into_iter().chain(broken);
        self.answer(Exported { head, bytes: stream::iter(bytes).boxed() }).await
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        let field = request.field.unwrap();
        let value = Some(format!("{field} {:?}", request.search));
        let member =
            Member { field, value, label: None, media: None, n_cells: 2, n_cells_left: None };
        self.answer(MemberPage { members: vec![member], n_total: 9, end: None }).await
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        self.answer(addresses == ["/media/a b.png"]).await
    }

    async fn outliers(&self, snapshot_id: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        let contrast = OutlierContrast {
            of: "plays / impressions".to_owned(),
            own: 0.125,
            peers: 0.1,
            ratio: Value::estimate(1.25, 1.125, 1.5, false),
        };
        let outlier = Outlier {
            kind: OutlierKind::Misleading,
            value: "a1".to_owned(),
            label: Some("One".to_owned()),
            media: None,
            peers: vec![(FieldRef::parse("asset.title"), Some("Dune".to_owned()))],
            n_peers: 4,
            since: "2026-01-20".parse().unwrap(),
            or_before: true,
            error: 0.0625,
            rate: contrast.clone(),
            watching: Some(contrast.clone()),
            median: None,
            frequency: Some(contrast.clone()),
        };
        let earlier = EarlierOutlier {
            kind: OutlierKind::Fatigue,
            value: "a2".to_owned(),
            label: None,
            media: Some("/media/a2.svg".to_owned()),
            now: vec![OutlierKind::Misleading, OutlierKind::Weak],
            listed_through: "2026-01-26".parse().unwrap(),
            rate: Some(contrast),
            watching: None,
        };
        let list = OutlierList {
            snapshot: SnapshotInfo { id: snapshot_id.unwrap_or(SnapshotId(7)), ..snapshot() },
            dimension: FieldRef::parse("asset"),
            days: ("2026-01-01".parse().unwrap(), "2026-01-31".parse().unwrap()),
            n_days: 30,
            n_judged: 41,
            n_not_judged: 7,
            outliers: vec![outlier],
            earlier: Some(EarlierOutliers {
                day: "2026-01-24".parse().unwrap(),
                outliers: vec![earlier],
            }),
            elapsed: Duration::from_millis(3),
        };
        self.answer(list).await
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        self.answer(SnapshotList { snapshots: vec![snapshot(); n_most], refused: vec![refused()] })
            .await
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        self.answer(vec![run_record(); n_most]).await
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        self.answer(status(ServingState::Serving)).await
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        let of_now = |state| {
            let mut status = status(state);
            status.snapshot =
                status.snapshot.map(|info| SnapshotInfo { id: self.version(), ..info });
            Ok(status)
        };
        let statuses = [
            of_now(ServingState::Serving),
            of_now(ServingState::Stale),
            Err(ServiceError::new(Code::NotFound, "the lake is gone")),
            of_now(ServingState::Serving),
        ];
        let is_told = !matches!(*self.mood.lock().unwrap(), Mood::Willing | Mood::Refusing(_));
        if is_told {
            return Ok(stream::iter(statuses).boxed());
        }
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
        if query.measures == ["large"] {
            let answer = self.0.query(query, snapshot).await;
            let mut answer = answer.map_err(clio_proto::status_from_error)?;
            answer.rows[0].keys[0].label = Some("x".repeat(65 << 20));
            return Ok(Response::new(clio_proto::answer_to_wire(answer)));
        }
        let answer = self.0.query(query, snapshot).await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(clio_proto::answer_to_wire(answer)))
    }

    type ExportStream = BoxStream<'static, Result<wire::ExportResponse, Status>>;

    async fn export(
        &self,
        request: Request<wire::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        let (export, snapshot) = clio_proto::export_request_from_wire(request.into_inner())
            .map_err(clio_proto::status_from_error)?;
        let has_no_head = export.query.measures == ["unreadable"];
        let exported = self.0.export(export, snapshot).await;
        let Exported { head, bytes } = exported.map_err(clio_proto::status_from_error)?;
        let head = (!has_no_head).then(|| Ok(clio_proto::export_head_to_wire(head)));
        let bytes = bytes.map(|bytes| {
            bytes.map(clio_proto::export_bytes_to_wire).map_err(clio_proto::status_from_error)
        });
        Ok(Response::new(stream::iter(head).chain(bytes).boxed()))
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

    async fn outliers(
        &self,
        request: Request<wire::OutliersRequest>,
    ) -> Result<Response<wire::OutliersResponse>, Status> {
        let snapshot = clio_proto::outliers_request_from_wire(request.into_inner());
        let list = self.0.outliers(snapshot).await.map_err(clio_proto::status_from_error)?;
        Ok(Response::new(clio_proto::outliers_to_wire(list)))
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
pub(crate) async fn serve(fake: &Arc<Fake>, servers: &mut JoinSet<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    serve_on(listener, fake, servers);
    format!("http://{address}")
}

/// Serves a fake on a listener until the set is dropped.
pub(crate) fn serve_on(listener: TcpListener, fake: &Arc<Fake>, servers: &mut JoinSet<()>) {
    let noted = Arc::clone(fake);
    let server =
        CubesServer::with_interceptor(Adapter(Arc::clone(fake)), move |call: Request<()>| {
            *noted.said.lock().unwrap() = call.metadata().clone();
            Ok(call)
        });
    servers.spawn(async move {
        let served =
            Server::builder().add_service(server).serve_with_incoming(TcpIncoming::from(listener));
        served.await.unwrap();
    });
}
