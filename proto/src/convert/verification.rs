//! Verifications of snapshots, to the wire and back.

use super::{date_pair, required, timestamp_from_wire, timestamp_to_wire};
use crate::error::ServiceError;
use crate::snapshot::VerificationInfo;
use crate::wire;

pub(super) fn to_wire(info: &VerificationInfo) -> wire::Verification {
    wire::Verification {
        verified_at: Some(timestamp_to_wire(info.verified_at)),
        first_day: info.days.0.to_string(),
        last_day: info.days.1.to_string(),
        n_compared: info.n_compared,
        n_mismatches: info.n_mismatches,
        max_error: info.max_error,
        rms_error: info.rms_error,
        share_within_bounds: info.share_within_bounds,
    }
}

pub(super) fn from_wire(wire: wire::Verification) -> Result<VerificationInfo, ServiceError> {
    let wire::Verification {
        verified_at,
        first_day,
        last_day,
        n_compared,
        n_mismatches,
        max_error,
        rms_error,
        share_within_bounds,
    } = wire;
    let verified_at = required("verification.verified_at", verified_at)?;
    let (first, last) = ("verification.first_day", "verification.last_day");
    Ok(VerificationInfo {
        verified_at: timestamp_from_wire(verified_at)?,
        days: required(first, date_pair(first, &first_day, last, &last_day)?)?,
        n_compared,
        n_mismatches,
        max_error,
        rms_error,
        share_within_bounds,
    })
}
