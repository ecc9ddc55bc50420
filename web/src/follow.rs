//! Follows serving: passes its statuses to all subscriptions, and builds the schema from its dataset.
//!
//! ```text
//! watch() ──status──▶ a snapshot we do not know? ──describe()──▶ another dataset? ──▶ new schema
//!    ▲                                                                                    │
//!    └── error or end: say DOWN, wait a little (50 ms, twice as long each time, up to 1 s) ◀┘ then the
//!                                                                          status to subscriptions
//! ```

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use clio_proto::{Code, Description, ServiceError, ServingStatus, SnapshotId};
use futures::StreamExt;

use crate::backend::{Backend, down};
use crate::gateway::Gateway;

/// The longest first wait before serving is called again.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest wait: a page must not stay dark much longer than serving does.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Follows serving until the gateway stops.
pub(crate) async fn follow(gateway: Arc<Gateway>) {
    let mut follower = Follower { backend: gateway.backend(), gateway: &gateway, described: None };
    let mut waits = waits(gateway.config.seed);
    loop {
        let answered = tokio::select! {
            () = gateway.stop.cancelled() => return,
            answered = follower.follow_once() => answered,
        };
        if answered {
            waits = self::waits(gateway.config.seed);
        }
        let wait = waits.next().unwrap_or(LONGEST_WAIT);
        tokio::select! {
            () = gateway.stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// The waits after consecutive failures, unlimited: each between half and all of the longest one.
fn waits(seed: u64) -> ExponentialBackoff {
    // The builder's jitter adds up to as much again.
    let longest = ExponentialBuilder::new()
        .with_min_delay(FIRST_WAIT / 2)
        .with_max_delay(LONGEST_WAIT / 2)
        .without_max_times();
    longest.with_jitter().with_jitter_seed(seed).build()
}

struct Follower<'a> {
    gateway: &'a Gateway,
    backend: Backend,
    /// The last snapshot whose dataset was requested, and its description.
    described: Option<(SnapshotId, Description)>,
}

impl Follower<'_> {
    /// Follows one stream of statuses until it ends; returns whether there was any status.
    async fn follow_once(&mut self) -> bool {
        let mut answered = false;
        let error = match self.backend.ask_now(|service| async move { service.watch().await }).await
        {
            Err(error) => error,
            Ok(mut statuses) => loop {
                match statuses.next().await {
                    Some(Ok(status)) => match self.take(status).await {
                        Ok(()) => answered = true,
                        Err(error) => break error,
                    },
                    Some(Err(error)) => break error,
                    None => break ServiceError::new(Code::Unavailable, "serving has stopped"),
                }
            },
        };
        tracing::debug!(%error, code = %error.code, "serving cannot be reached");
        self.gateway.set_status(down(error));
        answered
    }

    /// The schema first, then the status: whoever learns of a snapshot can then query what is new in it.
    async fn take(&mut self, status: ServingStatus) -> Result<(), ServiceError> {
        // Before the schema: that of a replica that lags behind must not replace a newer one.
        let status = self.gateway.shown(status);
        if let Some(snapshot) = &status.snapshot
            && self.described.as_ref().is_none_or(|(described, _)| *described != snapshot.id)
        {
            let dataset =
                self.backend.ask_now(|service| async move { service.describe().await }).await?;
            // Comparing fingerprints would not do: they are equal if only a label changed.
            if self.described.as_ref().is_none_or(|(_, described)| *described != dataset) {
                let built = self.gateway.set_dataset(&dataset);
                built.map_err(|error| ServiceError::new(Code::Internal, error.to_string()))?;
            }
            self.described = Some((snapshot.id, dataset));
        }
        self.gateway.set_status(status);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clio_proto::ServingState;
    use serde_json::json;

    use super::*;
    use crate::testing::{TestServer, serving};

    #[test]
    fn waits_double_up_to_a_second_and_differ_between_gateways() {
        let longest = [50, 100, 200, 400, 800, 1_000, 1_000, 1_000].map(Duration::from_millis);
        for (wait, longest) in waits(1).zip(longest) {
            assert!(longest / 2 <= wait && wait <= longest, "{wait:?} of {longest:?}");
        }
        assert!(waits(1).nth(1_000).is_some());
        assert_ne!(waits(1).next(), waits(2).next());
        assert_eq!(waits(1).next(), waits(1).next());
    }

    #[tokio::test]
    async fn a_replica_that_is_behind_leaves_the_newest_snapshot_shown() {
        let gateway = TestServer::start().await;
        gateway.cubes.tell(Ok(serving(48)));
        gateway
            .wait_for(|status| status.snapshot.as_ref().is_some_and(|shown| shown.id.0 == 48))
            .await;
        gateway.cubes.tell(Ok(serving(45)));
        gateway.wait_for(|status| status.state == ServingState::Stale).await;
        let asked = gateway.ask("{ serving { state snapshot { version } } }", json!({})).await;
        assert_eq!(
            asked["data"]["serving"],
            json!({ "state": "STALE", "snapshot": { "version": 48 } })
        );
        gateway.cubes.tell(Ok(serving(49)));
        gateway.wait_for(|status| status.state == ServingState::Serving).await;
        let asked = gateway.ask("{ serving { state snapshot { version } } }", json!({})).await;
        assert_eq!(
            asked["data"]["serving"],
            json!({ "state": "SERVING", "snapshot": { "version": 49 } })
        );
    }
}
