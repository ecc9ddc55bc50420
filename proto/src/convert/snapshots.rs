//! Snapshots and the state of serving, to the wire and back.

use super::projection::{projection_from_wire, projection_to_wire};
use super::{
    count_from_wire, date, date_pair, invalid, optional_date_to_text, required,
    timestamp_from_wire, timestamp_to_wire, verification,
};
use crate::error::ServiceError;
use crate::id::{Fingerprint, RunId, SnapshotId};
use crate::service::{ServingState, ServingStatus};
use crate::snapshot::{Pin, RefusedSnapshot, SnapshotInfo, SnapshotList, Unattributed};
use crate::wire;

/// The number of snapshots in a list if a request sets no limit.
const DEFAULT_SNAPSHOTS_LIMIT: u32 = 20;

/// A request for snapshots, for a server; numbers over four billion ask for all.
pub fn snapshots_request_to_wire(n_most: usize) -> wire::SnapshotsRequest {
    wire::SnapshotsRequest { limit: Some(u32::try_from(n_most).unwrap_or(u32::MAX)) }
}

/// How many snapshots a request asks for.
pub fn snapshots_request_from_wire(request: wire::SnapshotsRequest) -> usize {
    count_from_wire(request.limit.unwrap_or(DEFAULT_SNAPSHOTS_LIMIT))
}

/// A list of snapshots for a client.
pub fn snapshots_to_wire(list: SnapshotList) -> wire::SnapshotsResponse {
    let SnapshotList { snapshots, refused } = list;
    wire::SnapshotsResponse {
        snapshots: snapshots.into_iter().map(snapshot_to_wire).collect(),
        refused: refused.into_iter().map(refused_to_wire).collect(),
    }
}

/// A list of snapshots as received by a client.
///
/// # Errors
///
/// A snapshot without its time, or with a string that is not a date.
pub fn snapshots_from_wire(
    response: wire::SnapshotsResponse,
) -> Result<SnapshotList, ServiceError> {
    let wire::SnapshotsResponse { snapshots, refused } = response;
    Ok(SnapshotList {
        snapshots: snapshots.into_iter().map(snapshot_from_wire).collect::<Result<_, _>>()?,
        refused: refused.into_iter().map(refused_from_wire).collect::<Result<_, _>>()?,
    })
}

/// A status for a client.
pub fn serving_status_to_wire(status: ServingStatus) -> wire::WatchResponse {
    let ServingStatus { state, message, snapshot, refused, newest, pin, is_stuck, projection } =
        status;
    let state = match state {
        ServingState::Serving => wire::ServingState::Serving,
        ServingState::Stale => wire::ServingState::Stale,
        ServingState::Down => wire::ServingState::Down,
    };
    wire::WatchResponse {
        state: state.into(),
        message: message.unwrap_or_default(),
        snapshot: snapshot.map(snapshot_to_wire),
        refused: refused.map(refused_to_wire),
        newest: newest.map(|newest| newest.0),
        pin: pin.map(pin_to_wire),
        is_stuck,
        projection: projection.as_deref().map(projection_to_wire),
    }
}

/// A status as received by a client.
///
/// # Errors
///
/// An unknown state, or an invalid snapshot.
pub fn serving_status_from_wire(
    response: wire::WatchResponse,
) -> Result<ServingStatus, ServiceError> {
    let state = match wire::ServingState::try_from(response.state) {
        Ok(wire::ServingState::Serving) => ServingState::Serving,
        Ok(wire::ServingState::Stale) => ServingState::Stale,
        Ok(wire::ServingState::Down) => ServingState::Down,
        Ok(wire::ServingState::Unspecified) | Err(_) => {
            return Err(invalid("state", format_args!("{} is not a known state", response.state)));
        }
    };
    Ok(ServingStatus {
        state,
        message: (!response.message.is_empty()).then_some(response.message),
        snapshot: response.snapshot.map(snapshot_from_wire).transpose()?,
        refused: response.refused.map(refused_from_wire).transpose()?,
        newest: response.newest.map(SnapshotId),
        pin: response.pin.map(pin_from_wire).transpose()?,
        is_stuck: response.is_stuck,
        projection: projection_from_wire(response.projection)?,
    })
}

fn pin_to_wire(pin: Pin) -> wire::Pin {
    let Pin { id, pinned_at, by, reason } = pin;
    wire::Pin { version: id.0, pinned_at: Some(timestamp_to_wire(pinned_at)), by, reason }
}

fn pin_from_wire(pin: wire::Pin) -> Result<Pin, ServiceError> {
    let wire::Pin { version, pinned_at, by, reason } = pin;
    let pinned_at =
        pinned_at.ok_or_else(|| invalid("pin.pinned_at", format_args!("it is missing")))?;
    Ok(Pin { id: SnapshotId(version), pinned_at: timestamp_from_wire(pinned_at)?, by, reason })
}

fn refused_to_wire(refused: RefusedSnapshot) -> wire::RefusedSnapshot {
    let RefusedSnapshot { id, committed_at, reason, is_marked_bad } = refused;
    wire::RefusedSnapshot {
        version: id.0,
        committed_at: committed_at.map(timestamp_to_wire),
        reason,
        is_marked_bad,
    }
}

fn refused_from_wire(refused: wire::RefusedSnapshot) -> Result<RefusedSnapshot, ServiceError> {
    let wire::RefusedSnapshot { version, committed_at, reason, is_marked_bad } = refused;
    Ok(RefusedSnapshot {
        id: SnapshotId(version),
        committed_at: committed_at.map(timestamp_from_wire).transpose()?,
        reason,
        is_marked_bad,
    })
}

pub(super) fn snapshot_to_wire(info: SnapshotInfo) -> wire::Snapshot {
    let SnapshotInfo {
        id,
        committed_at,
        run,
        fingerprint,
        days,
        n_days,
        n_cells,
        rows_in,
        unattributed,
        verification,
        is_withheld,
    } = info;
    let unattributed = unattributed.iter().map(|Unattributed { source, day, rows }| {
        wire::Unattributed { source: source.clone(), day: day.to_string(), rows: *rows }
    });
    wire::Snapshot {
        version: id.0,
        committed_at: Some(timestamp_to_wire(committed_at)),
        run: run.as_str().to_owned(),
        fingerprint: fingerprint.as_str().to_owned(),
        first_day: optional_date_to_text(days.map(|days| days.0)),
        last_day: optional_date_to_text(days.map(|days| days.1)),
        n_days,
        n_cells,
        rows_in,
        unattributed: unattributed.collect(),
        verification: verification.as_ref().map(verification::to_wire),
        withheld: is_withheld,
    }
}

pub(super) fn snapshot_from_wire(snapshot: wire::Snapshot) -> Result<SnapshotInfo, ServiceError> {
    let wire::Snapshot {
        version,
        committed_at,
        run,
        fingerprint,
        first_day,
        last_day,
        n_days,
        n_cells,
        rows_in,
        unattributed,
        verification,
        withheld,
    } = snapshot;
    let unattributed = unattributed.into_iter().map(|wire::Unattributed { source, day, rows }| {
        let day = date("snapshot.unattributed.day", &day)?;
        Ok(Unattributed { source, day, rows })
    });
    Ok(SnapshotInfo {
        id: SnapshotId(version),
        committed_at: timestamp_from_wire(required("snapshot.committed_at", committed_at)?)?,
        run: RunId::new(run),
        fingerprint: Fingerprint::new(fingerprint),
        days: date_pair("snapshot.first_day", &first_day, "snapshot.last_day", &last_day)?,
        n_days,
        n_cells,
        rows_in,
        unattributed: unattributed.collect::<Result<_, ServiceError>>()?,
        verification: verification.map(verification::from_wire).transpose()?,
        is_withheld: withheld,
    })
}
