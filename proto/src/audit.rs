//! Audit entries for all requests: who asked what, of which snapshot, and the outcome.
//!
//! [`Audited`] wraps any service, and the compiler makes sure that no method is forgotten. Entries hold requests and
//! outcomes, never numbers of answers or credentials.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt as _;
use serde_json::{Map, Value, json};

use crate::error::ServiceError;
use crate::export::{Export, Exported};
use crate::id::SnapshotId;
use crate::principal::Principal;
use crate::query::{Answer, OutlierList, Query, QueryRange};
use crate::runs::RunInfo;
use crate::service::{
    CubeService, Description, MemberPage, MembersRequest, ServingStatus, StatusStream,
};
use crate::snapshot::SnapshotList;

/// The destination of audit entries.
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Adds an entry; the sink adds the time.
    fn note(&self, entry: AuditEntry);
}

/// One audited request.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The principal.
    pub who: Arc<Principal>,
    /// The digest of its policy, if known here.
    pub policy: Option<u64>,
    /// The kind of request: `query`, `export`, `members` …
    pub what: &'static str,
    /// The request's parts by name.
    pub question: Map<String, Value>,
    /// The snapshot that answered.
    pub snapshot: Option<u64>,
    /// The number of rows or members of the answer.
    pub n_rows: Option<u64>,
    /// How long it took.
    pub took: Duration,
    /// The error, if it failed: its code and message.
    pub error: Option<ServiceError>,
}

impl AuditEntry {
    /// The entry as JSON, with the time at which the request ended.
    pub fn json(&self, at: jiff::Timestamp) -> Value {
        let Self { who, policy, what, question, snapshot, n_rows, took, error } = self;
        json!({
            "at": at.to_string(),
            "who": who.to_string(),
            "groups": who.groups,
            "policy": policy.map(|policy| format!("{policy:016x}")),
            "what": what,
            "question": question,
            "snapshot": snapshot,
            "rows": n_rows,
            "tookMs": took.as_secs_f64() * 1e3,
            "outcome": error.as_ref().map_or("OK", |error| error.code.as_str()),
            "error": error.as_ref().map(|error| &error.message),
        })
    }
}

/// A service for one principal that audits every request.
pub struct Audited {
    inner: Arc<dyn CubeService>,
    who: Arc<Principal>,
    policy: Option<u64>,
    sink: Arc<dyn AuditSink>,
}

impl Audited {
    /// Audits the requests of a principal to a service that answers on its behalf.
    pub fn new(
        inner: Arc<dyn CubeService>,
        who: Arc<Principal>,
        policy: Option<u64>,
        sink: Arc<dyn AuditSink>,
    ) -> Self {
        Self { inner, who, policy, sink }
    }

    /// Adds the entry of a finished request; `of` returns the snapshot and the number of rows of an answer.
    fn note<T>(
        &self,
        what: &'static str,
        question: Map<String, Value>,
        since: Instant,
        ended: &Result<T, ServiceError>,
        of: impl FnOnce(&T) -> (Option<u64>, Option<u64>),
    ) {
        let (snapshot, n_rows) = ended.as_ref().map_or((None, None), of);
        self.sink.note(AuditEntry {
            who: Arc::clone(&self.who),
            policy: self.policy,
            what,
            question,
            snapshot,
            n_rows,
            took: since.elapsed(),
            error: ended.as_ref().err().cloned(),
        });
    }
}

fn number(n: usize) -> Option<u64> {
    u64::try_from(n).ok()
}

/// The parts that are set, by name.
fn parts<const N: usize>(all: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let given = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}

fn said(text: Option<impl fmt::Display>) -> Option<Value> {
    text.map(|text| text.to_string().into())
}

fn days(range: &QueryRange) -> Option<Value> {
    match range {
        QueryRange::AllTime => None,
        other => Some(format!("{other:?}").into()),
    }
}

fn query_parts(query: &Query, snapshot: Option<SnapshotId>) -> Map<String, Value> {
    let list = |texts: Vec<String>| (!texts.is_empty()).then(|| Value::from(texts));
    parts([
        ("days", days(&query.range)),
        ("groupBy", list(query.group_by.iter().map(ToString::to_string).collect())),
        ("measures", list(query.measures.clone())),
        ("where", said(query.filter.as_ref())),
        ("having", said(query.having.as_ref())),
        ("compare", said(query.compare.as_ref())),
        ("with", list(query.extras.iter().map(|extra| extra.as_str().to_owned()).collect())),
        // Files with all rows have no limit that anybody set.
        ("limit", (query.limit < usize::MAX).then(|| query.limit.into())),
        ("offset", (query.offset > 0).then(|| query.offset.into())),
        ("snapshot", snapshot.map(|snapshot| snapshot.0.into())),
    ])
}

fn members_parts(request: &MembersRequest) -> Map<String, Value> {
    parts([
        ("field", said(request.field.as_ref())),
        ("search", said(request.search.as_ref())),
        ("where", said(request.filter.as_ref())),
        ("days", days(&request.range)),
        ("limit", Some(request.limit.into())),
        ("snapshot", request.snapshot.map(|snapshot| snapshot.0.into())),
    ])
}

#[async_trait]
impl CubeService for Audited {
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService> {
        let inner = Arc::clone(&self.inner).seen_by(Arc::clone(&principal));
        Arc::new(Self { inner, who: principal, policy: None, sink: Arc::clone(&self.sink) })
    }

    /// Not audited: every page requests the name and structure of the dataset, and they reveal nothing about anybody.
    async fn describe(&self) -> Result<Description, ServiceError> {
        let since = Instant::now();
        let ended = self.inner.describe().await;
        if ended.is_err() {
            self.note("describe", Map::new(), since, &ended, |_| (None, None));
        }
        ended
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        let (question, since) = (query_parts(&query, snapshot), Instant::now());
        let ended = self.inner.query(query, snapshot).await;
        self.note("query", question, since, &ended, |answer| {
            (Some(answer.snapshot.id.0), number(answer.rows.len()))
        });
        ended
    }

    /// Audited when it begins, and again if it is aborted.
    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        let mut question = query_parts(&export.query, snapshot);
        question.insert("format".to_owned(), export.format.as_str().into());
        let since = Instant::now();
        let ended = self.inner.export(export, snapshot).await;
        self.note("export", question.clone(), since, &ended, |exported| {
            (Some(exported.head.snapshot.0), Some(exported.head.n_rows))
        });
        let Exported { head, bytes } = ended?;
        let own = Self {
            inner: Arc::clone(&self.inner),
            who: Arc::clone(&self.who),
            policy: self.policy,
            sink: Arc::clone(&self.sink),
        };
        let noted = bytes.inspect(move |piece| {
            if piece.is_err() {
                own.note("export", question.clone(), since, piece, |_| (None, None));
            }
        });
        Ok(Exported { head, bytes: noted.boxed() })
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        let (question, since) = (members_parts(&request), Instant::now());
        let ended = self.inner.members(request).await;
        self.note("members", question, since, &ended, |page| {
            (page.end.map(|end| end.snapshot.0), number(page.members.len()))
        });
        ended
    }

    async fn outliers(&self, snapshot: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        let since = Instant::now();
        let question = parts([("snapshot", snapshot.map(|snapshot| snapshot.0.into()))]);
        let ended = self.inner.outliers(snapshot).await;
        self.note("outliers", question, since, &ended, |list| {
            (Some(list.snapshot.id.0), number(list.outliers.len()))
        });
        ended
    }

    /// Audited only if refused: pages make one request per picture.
    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        let (question, since) =
            (parts([("addresses", Some(addresses.clone().into()))]), Instant::now());
        let ended = self.inner.has_media(addresses).await;
        if !matches!(ended, Ok(true)) {
            self.note("media", question, since, &ended, |_| (None, Some(0)));
        }
        ended
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        let since = Instant::now();
        let ended = self.inner.snapshots(n_most).await;
        self.note("snapshots", Map::new(), since, &ended, |list| {
            (None, number(list.snapshots.len()))
        });
        ended
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        let since = Instant::now();
        let ended = self.inner.runs(n_most).await;
        self.note("runs", Map::new(), since, &ended, |runs| (None, number(runs.len())));
        ended
    }

    /// Not audited: every page polls it, and it reveals nothing about anybody.
    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        self.inner.status().await
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        self.inner.watch().await
    }
}
