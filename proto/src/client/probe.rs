//! Probes: each replica is asked for its status again and again, so that one that stops answering is noticed although
//! its connection stays open, and one that recovers is noticed at all.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tonic::metadata::MetadataMap;

use super::fleet::Fleet;
use super::replica::{Reachability, Replica};
use crate::error::{Code, ServiceError};

/// After how many intervals without an answer a replica is suspect.
const SUSPECT_AFTER: u32 = 2;
/// After how many intervals without an answer it counts as gone.
const DOWN_AFTER: u32 = 10;

/// Probes one replica until the task is ended.
pub(super) async fn probe(
    fleet: Arc<Fleet>,
    replica: Arc<Replica>,
    metadata: MetadataMap,
    interval: Duration,
) {
    loop {
        let began = Instant::now();
        once(&fleet, &replica, &metadata, interval).await;
        sleep_until(began + interval).await;
        // One that answers late is not probed without a pause.
        sleep(interval / 10).await;
    }
}

/// Probes until the replica has answered or counts as gone.
async fn once(fleet: &Fleet, replica: &Replica, metadata: &MetadataMap, interval: Duration) {
    let began = Instant::now();
    let mut probe = Box::pin(replica.probe(metadata, &fleet.same_part));
    let note = |reach, status| {
        if replica.found(reach, status) {
            fleet.post();
        }
    };
    for n_intervals in SUSPECT_AFTER..=DOWN_AFTER {
        let left = (began + interval * n_intervals).saturating_duration_since(Instant::now());
        match timeout(left, probe.as_mut()).await {
            // Answered, but so late that calls would wait too long: the next probe decides.
            Ok(Ok(status)) if n_intervals > SUSPECT_AFTER && !replica.was_heard_since(began) => {
                return note(Reachability::Suspect, Ok(status));
            }
            Ok(Ok(status)) => return note(Reachability::Up, Ok(status)),
            Ok(Err(error)) if error.retry_after.is_some() => {
                return note(Reachability::Up, replica.status());
            }
            Ok(Err(error)) if error.code == Code::Unavailable => {
                return note(Reachability::Down, Err(error));
            }
            // It refuses to tell its status, and is there: whoever asks is told the reason.
            Ok(Err(error)) => return note(Reachability::Up, Err(error)),
            Err(_) if replica.was_heard_since(began) => {}
            // It may only be busy: what it said last stands until it counts as gone.
            Err(_) => note(Reachability::Suspect, replica.status()),
        }
    }
    if !replica.was_heard_since(began) {
        note(Reachability::Down, Err(silent(replica, began.elapsed())));
        drop(probe);
        replica.reconnect();
    }
}

fn silent(replica: &Replica, waited: Duration) -> ServiceError {
    let waited = Duration::from_millis(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
    let message = format!("serving at {} has not answered for {waited:?}", replica.address);
    ServiceError::new(Code::Unavailable, message)
}
