//! Calls of the service as operators see them: which kinds there are, how long each took, and how it ended.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use strum::EnumCount;

use crate::error::{Code, ServiceError};
use crate::export::{Export, Exported};
use crate::id::SnapshotId;
use crate::principal::Principal;
use crate::query::{Answer, OutlierList, Query};
use crate::runs::RunInfo;
use crate::service::{
    CubeService, Description, MemberPage, MembersRequest, ServingStatus, StatusStream,
};
use crate::snapshot::SnapshotList;

/// A kind of call: a method of [`CubeService`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum CallKind {
    /// [`CubeService::describe`].
    Describe,
    /// [`CubeService::query`].
    Query,
    /// [`CubeService::export`], until the first byte.
    Export,
    /// [`CubeService::members`].
    Members,
    /// [`CubeService::outliers`].
    Outliers,
    /// [`CubeService::has_media`].
    HasMedia,
    /// [`CubeService::snapshots`].
    Snapshots,
    /// [`CubeService::runs`].
    Runs,
    /// [`CubeService::status`].
    Status,
    /// [`CubeService::watch`], until the first status.
    Watch,
}

impl CallKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Describe,
        Self::Query,
        Self::Export,
        Self::Members,
        Self::Outliers,
        Self::HasMedia,
        Self::Snapshots,
        Self::Runs,
        Self::Status,
        Self::Watch,
    ];

    /// The name: `describe`, `query`, `has_media`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Query => "query",
            Self::Export => "export",
            Self::Members => "members",
            Self::Outliers => "outliers",
            Self::HasMedia => "has_media",
            Self::Snapshots => "snapshots",
            Self::Runs => "runs",
            Self::Status => "status",
            Self::Watch => "watch",
        }
    }

    /// Whether answering takes a computation over the snapshot, so that a call may take long or break what computes it.
    pub fn is_heavy(self) -> bool {
        match self {
            Self::Query | Self::Export | Self::Members | Self::Outliers => true,
            Self::Describe
            | Self::HasMedia
            | Self::Snapshots
            | Self::Runs
            | Self::Status
            | Self::Watch => false,
        }
    }
}

/// Where calls are counted. Called at the end of each one, so it must not wait.
pub trait CallSink: fmt::Debug + Send + Sync {
    /// A call ended; with the code of its error, if it failed.
    fn ended(&self, kind: CallKind, took: Duration, error: Option<Code>);

    /// Somebody was turned away before their call began: nobody knows who they are, or they have no role.
    fn turned_away(&self, code: Code);
}

/// A service whose calls are counted.
pub struct Measured {
    inner: Arc<dyn CubeService>,
    sink: Arc<dyn CallSink>,
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").field("sink", &self.sink).finish_non_exhaustive()
    }
}

impl Measured {
    /// Counts the calls of a service.
    pub fn new(inner: Arc<dyn CubeService>, sink: Arc<dyn CallSink>) -> Self {
        Self { inner, sink }
    }

    async fn count<T>(
        &self,
        kind: CallKind,
        call: impl Future<Output = Result<T, ServiceError>> + Send,
    ) -> Result<T, ServiceError> {
        let since = Instant::now();
        let ended = call.await;
        self.sink.ended(kind, since.elapsed(), ended.as_ref().err().map(|error| error.code));
        ended
    }
}

#[async_trait]
impl CubeService for Measured {
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService> {
        let inner = Arc::clone(&self.inner).seen_by(principal);
        Arc::new(Self { inner, sink: Arc::clone(&self.sink) })
    }

    async fn describe(&self) -> Result<Description, ServiceError> {
        self.count(CallKind::Describe, self.inner.describe()).await
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        self.count(CallKind::Query, self.inner.query(query, snapshot)).await
    }

    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        self.count(CallKind::Export, self.inner.export(export, snapshot)).await
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        self.count(CallKind::Members, self.inner.members(request)).await
    }

    async fn outliers(&self, snapshot: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        self.count(CallKind::Outliers, self.inner.outliers(snapshot)).await
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        self.count(CallKind::HasMedia, self.inner.has_media(addresses)).await
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        self.count(CallKind::Snapshots, self.inner.snapshots(n_most)).await
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        self.count(CallKind::Runs, self.inner.runs(n_most)).await
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        self.count(CallKind::Status, self.inner.status()).await
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        self.count(CallKind::Watch, self.inner.watch()).await
    }
}
