//! Whether serving answers, and with which snapshot: the types `ServingStatus`, `Snapshot` and `RefusedSnapshot`.

use async_graphql::Value;
use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};
use clio_proto::{RefusedSnapshot, ServingState, SnapshotInfo, VerificationInfo};

use super::enums::{enum_of, enum_value};
use super::object::{ObjectOf, text};
use super::projection::{PROJECTION, Projection};
use super::scalars::{DATE, INT64, TIMESTAMP};
use crate::names::enum_name;

pub(super) const SERVING_STATUS: &str = "ServingStatus";
pub(super) const SNAPSHOT: &str = "Snapshot";
pub(super) const REFUSED_SNAPSHOT: &str = "RefusedSnapshot";
const PIN: &str = "Pin";
const UNATTRIBUTED: &str = "Unattributed";
const VERIFICATION: &str = "Verification";
pub(super) const SERVING_STATE: &str = "ServingState";

/// A status as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct ServingStatus {
    state: ServingState,
    message: Option<String>,
    snapshot: Option<Snapshot>,
    refused: Option<Refused>,
    newest: Option<u64>,
    versions_behind: u64,
    pin: Option<Pin>,
    is_stuck: bool,
    projection: Option<Projection>,
}

/// A pin as GraphQL shows it.
#[derive(Debug, Clone)]
struct Pin {
    version: u64,
    pinned_at: String,
    by: String,
    reason: String,
}

/// A refused version as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    version: u64,
    committed_at: Option<String>,
    reason: String,
    is_marked_bad: bool,
}

/// A snapshot as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    version: u64,
    committed_at: String,
    run_id: String,
    fingerprint: String,
    first_day: Option<String>,
    last_day: Option<String>,
    n_days: u32,
    n_cells: u64,
    rows_in: u64,
    unattributed: Vec<Unattributed>,
    verification: Option<Verification>,
    withheld: bool,
}

/// Unattributed events as GraphQL shows them.
#[derive(Debug, Clone)]
struct Unattributed {
    source: String,
    day: String,
    rows: u64,
}

/// What a recount found, as GraphQL shows it.
#[derive(Debug, Clone)]
struct Verification {
    verified_at: String,
    first_day: String,
    last_day: String,
    n_compared: u64,
    n_mismatches: u64,
    max_error: f64,
    rms_error: f64,
    share_within_bounds: f64,
}

/// The name of a state, here and in `/healthz`.
pub(crate) fn state_name(state: ServingState) -> String {
    enum_name(state.as_str())
}

impl From<clio_proto::ServingStatus> for ServingStatus {
    fn from(status: clio_proto::ServingStatus) -> Self {
        let versions_behind = status.versions_behind();
        let clio_proto::ServingStatus {
            state,
            message,
            snapshot,
            refused,
            newest,
            pin,
            is_stuck,
            projection,
        } = status;
        let (snapshot, refused) = (snapshot.map(Snapshot::from), refused.map(Refused::from));
        let (newest, pin) = (newest.map(|newest| newest.0), pin.map(Pin::from));
        let projection = projection.as_deref().map(Projection::from);
        Self {
            state,
            message,
            snapshot,
            refused,
            newest,
            versions_behind,
            pin,
            is_stuck,
            projection,
        }
    }
}

impl From<RefusedSnapshot> for Refused {
    fn from(refused: RefusedSnapshot) -> Self {
        let RefusedSnapshot { id, committed_at, reason, is_marked_bad } = refused;
        let committed_at = committed_at.map(|at| at.to_string());
        Self { version: id.0, committed_at, reason, is_marked_bad }
    }
}

impl From<clio_proto::Pin> for Pin {
    fn from(pin: clio_proto::Pin) -> Self {
        let clio_proto::Pin { id, pinned_at, by, reason } = pin;
        Self { version: id.0, pinned_at: pinned_at.to_string(), by, reason }
    }
}

impl From<SnapshotInfo> for Snapshot {
    fn from(info: SnapshotInfo) -> Self {
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
        Self {
            version: id.0,
            committed_at: committed_at.to_string(),
            run_id: run.to_string(),
            fingerprint: fingerprint.to_string(),
            first_day: days.map(|(first, _)| first.to_string()),
            last_day: days.map(|(_, last)| last.to_string()),
            n_days,
            n_cells,
            rows_in,
            unattributed: unattributed.iter().map(Unattributed::from).collect(),
            verification: verification.map(Verification::from),
            withheld: is_withheld,
        }
    }
}

impl From<&clio_proto::Unattributed> for Unattributed {
    fn from(of_day: &clio_proto::Unattributed) -> Self {
        let clio_proto::Unattributed { source, day, rows } = of_day;
        Self { source: source.clone(), day: day.to_string(), rows: *rows }
    }
}

impl From<VerificationInfo> for Verification {
    fn from(info: VerificationInfo) -> Self {
        let VerificationInfo {
            verified_at,
            days: (first_day, last_day),
            n_compared,
            n_mismatches,
            max_error,
            rms_error,
            share_within_bounds,
        } = info;
        Self {
            verified_at: verified_at.to_string(),
            first_day: first_day.to_string(),
            last_day: last_day.to_string(),
            n_compared,
            n_mismatches,
            max_error,
            rms_error,
            share_within_bounds,
        }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let told = |state: ServingState| {
        let description = match state {
            ServingState::Serving => "It serves the newest snapshot of the lake.",
            ServingState::Stale => {
                "It serves the last good snapshot: a newer one was refused, or the lake does not \
                 answer."
            }
            ServingState::Down => "It has no snapshot to serve, or does not answer at all.",
        };
        (state.as_str(), description)
    };
    let what = "Whether serving is up to date.";
    let states = enum_of(SERVING_STATE, what, &ServingState::ALL, told);
    schema
        .register(status())
        .register(snapshot())
        .register(refused())
        .register(pin())
        .register(unattributed())
        .register(verification())
        .register(states)
}

fn status() -> Object {
    ObjectOf::<ServingStatus>::new(SERVING_STATUS, "The status of serving.")
        .leaf("state", TypeRef::named_nn(SERVING_STATE), "The state.", |it| {
            enum_value(it.state.as_str())
        })
        .leaf("message", TypeRef::named(TypeRef::STRING), "Why it is DOWN or STALE.", |it| {
            text(it.message.as_deref())
        })
        .maybe(
            "snapshot",
            SNAPSHOT,
            "The snapshot that it serves; null while there is none.",
            |it: &ServingStatus| it.snapshot.as_ref(),
        )
        .maybe(
            "refused",
            REFUSED_SNAPSHOT,
            "The newest version of the lake, if it is refused; otherwise null.",
            |it: &ServingStatus| it.refused.as_ref(),
        )
        .leaf(
            "newest",
            TypeRef::named(INT64),
            "The newest version of the lake that serving has seen; null before it has looked.",
            |it| it.newest.map_or(Value::Null, Value::from),
        )
        .leaf(
            "versionsBehind",
            TypeRef::named_nn(INT64),
            "The number of versions of the lake that are newer than the served one.",
            |it| it.versions_behind.into(),
        )
        .maybe(
            "pin",
            PIN,
            "The pinned snapshot, served or not; null if none is pinned.",
            |it: &ServingStatus| it.pin.as_ref(),
        )
        .leaf(
            "isStuck",
            TypeRef::named_nn(TypeRef::BOOLEAN),
            "A newer snapshot has been refused, or the lake has not answered, for longer than the setting \
             stuck_after. Never because a snapshot was marked as bad, nor for a lake without a snapshot.",
            |it| it.is_stuck.into(),
        )
        .maybe(
            "projection",
            PROJECTION,
            "The part of the lake that it holds; null if it holds everything.",
            |it: &ServingStatus| it.projection.as_ref(),
        )
        .finish()
}

fn pin() -> Object {
    ObjectOf::<Pin>::new(PIN, "The decision to serve one snapshot, even if there are newer ones.")
        .leaf("version", TypeRef::named_nn(INT64), "The snapshot.", |it| it.version.into())
        .leaf("pinnedAt", TypeRef::named_nn(TIMESTAMP), "When it was pinned.", |it| {
            it.pinned_at.as_str().into()
        })
        .leaf(
            "by",
            TypeRef::named_nn(TypeRef::STRING),
            "By whom, in the name that they gave.",
            |it| it.by.as_str().into(),
        )
        .leaf(
            "reason",
            TypeRef::named_nn(TypeRef::STRING),
            "Why, in their words; may be empty.",
            |it| it.reason.as_str().into(),
        )
        .finish()
}

fn refused() -> Object {
    let what = "A version of the lake that is refused as a snapshot.";
    ObjectOf::<Refused>::new(REFUSED_SNAPSHOT, what)
        .leaf("version", TypeRef::named_nn(INT64), "The version.", |it| it.version.into())
        .leaf(
            "committedAt",
            TypeRef::named(TIMESTAMP),
            "When it was committed; null if unknown.",
            |it| text(it.committed_at.as_deref()),
        )
        .leaf(
            "reason",
            TypeRef::named_nn(TypeRef::STRING),
            "Why it is refused: who marked it as bad and why, or a general reason with the number under which the gateway's log has the details.",
            |it| it.reason.as_str().into(),
        )
        .leaf(
            "isMarkedBad",
            TypeRef::named_nn(TypeRef::BOOLEAN),
            "Somebody marked it as bad, as the reason says; otherwise nothing is wrong with it.",
            |it| it.is_marked_bad.into(),
        )
        .finish()
}

fn snapshot() -> Object {
    ObjectOf::<Snapshot>::new(SNAPSHOT, "One committed version of the lake.")
        .leaf(
            "version",
            TypeRef::named_nn(INT64),
            "The version, as in the argument snapshot.",
            |it| it.version.into(),
        )
        .leaf("committedAt", TypeRef::named_nn(TIMESTAMP), "When it was committed.", |it| {
            it.committed_at.as_str().into()
        })
        .leaf("runId", TypeRef::named_nn(TypeRef::STRING), "The run that committed it.", |it| {
            it.run_id.as_str().into()
        })
        .leaf(
            "fingerprint",
            TypeRef::named_nn(TypeRef::STRING),
            "The fingerprint of its model.",
            |it| it.fingerprint.as_str().into(),
        )
        .leaf(
            "firstDay",
            TypeRef::named(DATE),
            "The first day that it holds; null if it holds none.",
            |it| text(it.first_day.as_deref()),
        )
        .leaf(
            "lastDay",
            TypeRef::named(DATE),
            "The last day that it holds; null if it holds none.",
            |it| text(it.last_day.as_deref()),
        )
        .leaf("nDays", TypeRef::named_nn(TypeRef::INT), "The number of days that it holds.", |it| {
            it.n_days.into()
        })
        .leaf("nCells", TypeRef::named_nn(INT64), "The number of cells of all periods.", |it| it.n_cells.into())
        .leaf("rowsIn", TypeRef::named_nn(INT64), "The number of events that its run read.", |it| {
            it.rows_in.into()
        })
        .list(
            "unattributed",
            UNATTRIBUTED,
            "Events without a target, which no cell counts, by source and day.",
            |it: &Snapshot| it.unattributed.as_slice(),
        )
        .maybe(
            "verification",
            VERIFICATION,
            "The result of the last exact recount of some of its days; null if it was never verified.",
            |it: &Snapshot| it.verification.as_ref(),
        )
        .leaf(
            "withheld",
            TypeRef::named_nn(TypeRef::BOOLEAN),
            "Whoever asks does not operate the lake: nCells and rowsIn are 0, and unattributed events and recounts are left out.",
            |it| it.withheld.into(),
        )
        .finish()
}

fn unattributed() -> Object {
    let what =
        "Unattributed events of a day: the model credits them to others, and they have no target.";
    ObjectOf::<Unattributed>::new(UNATTRIBUTED, what)
        .leaf("source", TypeRef::named_nn(TypeRef::STRING), "The source.", |it| {
            it.source.as_str().into()
        })
        .leaf("day", TypeRef::named_nn(DATE), "The day on which they happened.", |it| {
            it.day.as_str().into()
        })
        .leaf("rows", TypeRef::named_nn(INT64), "The number of events, at least one.", |it| {
            it.rows.into()
        })
        .finish()
}

fn verification() -> Object {
    let what = "The result of an exact recount of some of a snapshot's days from the sources.";
    ObjectOf::<Verification>::new(VERIFICATION, what)
        .leaf("verifiedAt", TypeRef::named_nn(TIMESTAMP), "When it was made.", |it| {
            it.verified_at.as_str().into()
        })
        .leaf("firstDay", TypeRef::named_nn(DATE), "The first day that was recounted.", |it| {
            it.first_day.as_str().into()
        })
        .leaf("lastDay", TypeRef::named_nn(DATE), "The last day that was recounted.", |it| {
            it.last_day.as_str().into()
        })
        .leaf("ok", TypeRef::named_nn(TypeRef::BOOLEAN), "Whether all numbers are right.", |it| {
            (it.n_mismatches == 0).into()
        })
        .leaf("nCompared", TypeRef::named_nn(INT64), "The number of numbers compared.", |it| {
            it.n_compared.into()
        })
        .leaf(
            "nMismatches",
            TypeRef::named_nn(INT64),
            "The number of wrong ones: a count or sum that differs, a distinct count more than five standard \
             errors off.",
            |it| it.n_mismatches.into(),
        )
        .leaf(
            "maxError",
            TypeRef::named_nn(TypeRef::FLOAT),
            "The largest error of a distinct count, in standard errors.",
            |it| it.max_error.into(),
        )
        .leaf(
            "rmsError",
            TypeRef::named_nn(TypeRef::FLOAT),
            "The root mean square of these errors.",
            |it| it.rms_error.into(),
        )
        .leaf(
            "shareWithinBounds",
            TypeRef::named_nn(TypeRef::FLOAT),
            "The fraction of distinct counts within their 95 % bounds.",
            |it| it.share_within_bounds.into(),
        )
        .finish()
}
