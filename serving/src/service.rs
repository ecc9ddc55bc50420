//! The cubes as the service of whoever holds them, who may see all.

use std::sync::Arc;

use async_trait::async_trait;
use clio_proto::{
    Answer, CubeService, Description, Export, Exported, MemberPage, MembersRequest, OutlierList,
    Principal, Query, RunInfo, ServiceError, ServingStatus, SnapshotId, SnapshotList, StatusStream,
};
use futures::StreamExt as _;
use tokio_stream::wrappers::WatchStream;

use crate::cubes::Cubes;
use crate::seen::Seen;

#[async_trait]
impl CubeService for Cubes {
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService> {
        Arc::new(Seen::new(self, principal))
    }

    async fn describe(&self) -> Result<Description, ServiceError> {
        self.describe_to(None).await
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        self.query_of(None, query, snapshot).await
    }

    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        self.export_to(None, export, snapshot).await
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        self.members_of(None, request).await
    }

    async fn outliers(&self, snapshot: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        self.outliers_to(None, snapshot).await
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        self.has_media_of(None, addresses).await
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        self.snapshots_to(None, n_most).await
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        self.newest_runs(n_most).await
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        Ok(self.status_board().current())
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        Ok(WatchStream::new(self.status_board().watch()).map(Ok).boxed())
    }
}
