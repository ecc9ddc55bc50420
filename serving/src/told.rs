//! What callers may see besides answers: snapshots and status. Information about the whole lake needs the right to
//! operate it.

use std::sync::Arc;

use clio_proto::{
    Pin, Policy, Projection, RefusedSnapshot, Right, ServingState, ServingStatus, SnapshotInfo,
    SnapshotList,
};

/// Whether a caller with this policy may see information about the whole lake; `None` is the process itself.
pub(crate) fn of_the_lake(policy: Option<&Policy>) -> bool {
    policy.is_none_or(|policy| policy.may(Right::Operate))
}

/// Whether a caller may see the work of an answer: it counts all cells that were read, visible or not.
pub(crate) fn tells_work(policy: Option<&Policy>) -> bool {
    of_the_lake(policy) || policy.is_none_or(|policy| policy.rows().is_none())
}

/// The visible part of a snapshot's description: its counts of cells and events cover all rows, and recounts cover all
/// measures.
pub(crate) fn snapshot(info: SnapshotInfo, policy: Option<&Policy>) -> SnapshotInfo {
    if of_the_lake(policy) {
        return info;
    }
    SnapshotInfo {
        n_cells: 0,
        rows_in: 0,
        unattributed: Arc::default(),
        verification: None,
        is_withheld: true,
        ..info
    }
}

/// The visible part of what is held: values are those of rows that may be hidden.
pub(crate) fn projection(
    held: Option<Arc<Projection>>,
    policy: Option<&Policy>,
) -> Option<Arc<Projection>> {
    match policy.and_then(Policy::rows) {
        None => held,
        Some(_) => held.map(|held| Arc::new(held.without_values())),
    }
}

/// The visible part of a list of snapshots.
pub(crate) fn snapshots(list: SnapshotList, policy: Option<&Policy>) -> SnapshotList {
    if of_the_lake(policy) {
        return list;
    }
    let SnapshotList { snapshots, refused: all } = list;
    SnapshotList {
        snapshots: snapshots.into_iter().map(|info| snapshot(info, policy)).collect(),
        refused: all.iter().map(refused).collect(),
    }
}

/// The visible part of the status: reasons may mention files, measures and members.
pub(crate) fn status(status: ServingStatus, policy: Option<&Policy>) -> ServingStatus {
    if of_the_lake(policy) {
        return status;
    }
    let ServingStatus {
        state,
        snapshot: own,
        refused: newer,
        newest,
        pin,
        is_stuck,
        projection: held,
        message: _,
    } = status;
    let message = match state {
        ServingState::Serving => None,
        ServingState::Stale => Some("what is newer is not served; who operates the lake sees why"),
        ServingState::Down => Some("nothing is served just now; who operates the lake sees why"),
    };
    ServingStatus {
        state,
        message: message.map(str::to_owned),
        snapshot: own.map(|info| snapshot(info, policy)),
        refused: newer.as_ref().map(refused),
        newest,
        pin: pin.map(|pin| Pin { reason: String::new(), ..pin }),
        is_stuck,
        projection: projection(held, policy),
    }
}

/// The visible part of the status while no snapshot is served.
pub(crate) fn status_without_snapshot(status: &ServingStatus) -> ServingStatus {
    ServingStatus {
        state: status.state,
        message: Some("nothing is served just now; who operates the lake sees why".to_owned()),
        snapshot: None,
        refused: None,
        newest: None,
        pin: None,
        is_stuck: status.is_stuck,
        projection: status.projection.as_ref().map(|own| Arc::new(own.without_values())),
    }
}

fn refused(snapshot: &RefusedSnapshot) -> RefusedSnapshot {
    let RefusedSnapshot { id, committed_at, reason: _, is_marked_bad } = *snapshot;
    let reason = "who operates the lake sees why".to_owned();
    RefusedSnapshot { id, committed_at, reason, is_marked_bad }
}
