//! The cubes as one principal may see them: every request goes through its policy.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clio_proto::{
    Answer, Code, CubeService, Description, Export, Exported, MemberPage, MembersRequest,
    OutlierList, Policy, Principal, Query, Right, RunInfo, ServiceError, ServingStatus, SnapshotId,
    SnapshotList, StatusStream,
};
use futures::{StreamExt as _, stream};
use tokio::time::timeout;

use crate::cubes::Cubes;
use crate::told;

/// The cubes as a principal may see them. Each request uses the policy of the current roles.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    cubes: Arc<Cubes>,
    principal: Arc<Principal>,
}

fn denied(message: impl Into<String>) -> ServiceError {
    ServiceError::new(Code::PermissionDenied, message)
}

impl Seen {
    pub(crate) fn new(cubes: Arc<Cubes>, principal: Arc<Principal>) -> Self {
        Self { cubes, principal }
    }

    /// The principal's policy. Without configured roles, named principals are refused.
    fn policy(&self) -> Result<Arc<Policy>, ServiceError> {
        let access = self.cubes.access().ok_or_else(|| {
            denied("who asks is told, and no roles say what they may see; start `clio serve` with `--roles`")
        })?;
        if self.principal.is_gateway() {
            return Err(denied("a gateway asks for cells in somebody's name alone"));
        }
        let current = self.cubes.snapshot(None)?;
        access.policy(&self.principal, current.model.name())
    }

    /// The digest of the policy, for the audit log; `None` if there is none.
    pub(crate) fn policy_digest(&self) -> Option<u64> {
        self.policy().ok().map(|policy| policy.digest())
    }

    /// The status that the principal may see: all of it for a gateway on its own account; refused for others without a
    /// role.
    fn told(&self, status: ServingStatus) -> Result<ServingStatus, ServiceError> {
        if self.principal.is_gateway() && self.cubes.access().is_some() {
            return Ok(status);
        }
        match self.policy() {
            Ok(policy) => Ok(told::status(status, Some(&policy))),
            // Before a dataset is loaded, it is unknown which roles apply.
            Err(error) if error.code == Code::Unavailable => {
                Ok(told::status_without_snapshot(&status))
            }
            Err(error) => Err(error),
        }
    }
}

/// Cancels a request after the time that the roles allow.
async fn in_time<T>(
    policy: &Policy,
    answer: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    let Some(seconds) = policy.limits().max_seconds else { return answer.await };
    let limit = Duration::from_secs(seconds.into());
    timeout(limit, answer).await.unwrap_or_else(|_| {
        let message = format!(
            "the question took longer than the {seconds} s that your roles allow; ask for fewer days, groups or measures"
        );
        Err(ServiceError::new(Code::ResourceExhausted, message))
    })
}

#[async_trait]
impl CubeService for Seen {
    /// For a gateway, the principal that it names; nobody else can act for another principal.
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService> {
        if self.principal.is_gateway() {
            return Arc::new(Self { cubes: Arc::clone(&self.cubes), principal });
        }
        self
    }

    async fn describe(&self) -> Result<Description, ServiceError> {
        if self.principal.is_gateway() && self.cubes.access().is_some() {
            return self.cubes.describe_to(None).await;
        }
        let policy = self.policy()?;
        in_time(&policy, self.cubes.describe_to(Some(&policy))).await
    }

    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        let policy = self.policy()?;
        in_time(&policy, self.cubes.query_of(Some(&policy), query, snapshot)).await
    }

    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        let policy = self.policy()?;
        if !policy.may(Right::Export) {
            return Err(denied(
                "none of your roles may export; whoever keeps the roles can give the right `export`",
            ));
        }
        in_time(&policy, self.cubes.export_to(Some(&policy), export, snapshot)).await
    }

    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError> {
        let policy = self.policy()?;
        in_time(&policy, self.cubes.members_of(Some(&policy), request)).await
    }

    async fn outliers(&self, snapshot: Option<SnapshotId>) -> Result<OutlierList, ServiceError> {
        let policy = self.policy()?;
        in_time(&policy, self.cubes.outliers_to(Some(&policy), snapshot)).await
    }

    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError> {
        let policy = self.policy()?;
        in_time(&policy, self.cubes.has_media_of(Some(&policy), addresses)).await
    }

    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError> {
        let policy = self.policy()?;
        self.cubes.snapshots_to(Some(&policy), n_most).await
    }

    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        let policy = self.policy()?;
        if !policy.may(Right::Operate) {
            return Err(denied(
                "none of your roles sees runs; whoever keeps the roles can give the right `operate`",
            ));
        }
        self.cubes.runs(n_most).await
    }

    async fn status(&self) -> Result<ServingStatus, ServiceError> {
        self.told(self.cubes.status().await?)
    }

    async fn watch(&self) -> Result<StatusStream, ServiceError> {
        self.told(self.cubes.status().await?)?;
        let seen = self.clone();
        let told = self.cubes.watch().await?.map(move |status| seen.told(status?));
        // Without the role the stream ends with the error.
        let ended = stream::unfold(Some(told.boxed()), |told| async move {
            let mut told = told?;
            let status = told.next().await?;
            let rest = status.is_ok().then_some(told);
            Some((status, rest))
        });
        Ok(ended.boxed())
    }
}
