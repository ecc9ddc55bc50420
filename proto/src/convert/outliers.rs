//! Conversion of outliers to and from wire messages.

use super::answer::{value_from_wire, value_to_wire};
use super::snapshots::{snapshot_from_wire, snapshot_to_wire};
use super::{date, duration_from_wire, duration_to_wire, field_from_text, invalid, required};
use crate::error::ServiceError;
use crate::id::SnapshotId;
use crate::query::{
    EarlierOutlier, EarlierOutliers, Outlier, OutlierContrast, OutlierKind, OutlierList,
};
use crate::wire;

/// Encodes a request for outliers.
pub fn outliers_request_to_wire(snapshot: Option<SnapshotId>) -> wire::OutliersRequest {
    wire::OutliersRequest { snapshot: snapshot.map(|id| id.0) }
}

/// Decodes the snapshot that a request names.
pub fn outliers_request_from_wire(request: wire::OutliersRequest) -> Option<SnapshotId> {
    request.snapshot.map(SnapshotId)
}

/// Encodes a list of outliers.
pub fn outliers_to_wire(list: OutlierList) -> wire::OutliersResponse {
    let OutlierList {
        snapshot,
        dimension,
        days: (first, last),
        n_days,
        n_judged,
        n_not_judged,
        outliers,
        earlier,
        elapsed,
    } = list;
    wire::OutliersResponse {
        snapshot: Some(snapshot_to_wire(snapshot)),
        dimension: dimension.to_string(),
        first_day: first.to_string(),
        last_day: last.to_string(),
        n_days,
        n_judged,
        n_not_judged,
        outliers: outliers.into_iter().map(outlier_to_wire).collect(),
        elapsed: Some(duration_to_wire(elapsed)),
        earlier: earlier.map(earlier_to_wire),
    }
}

/// Decodes a list of outliers.
///
/// # Errors
///
/// A kind unknown to this version, a text that is not a day, a missing part.
pub fn outliers_from_wire(response: wire::OutliersResponse) -> Result<OutlierList, ServiceError> {
    let wire::OutliersResponse {
        snapshot,
        dimension,
        first_day,
        last_day,
        n_days,
        n_judged,
        n_not_judged,
        outliers,
        elapsed,
        earlier,
    } = response;
    Ok(OutlierList {
        snapshot: snapshot_from_wire(required("snapshot", snapshot)?)?,
        dimension: field_from_text("dimension", &dimension)?,
        days: (date("first_day", &first_day)?, date("last_day", &last_day)?),
        n_days,
        n_judged,
        n_not_judged,
        outliers: outliers.into_iter().map(outlier_from_wire).collect::<Result<_, _>>()?,
        earlier: earlier.map(earlier_from_wire).transpose()?,
        elapsed: duration_from_wire(elapsed.unwrap_or_default())?,
    })
}

fn kind_to_wire(kind: OutlierKind) -> wire::OutlierKind {
    match kind {
        OutlierKind::Misleading => wire::OutlierKind::Misleading,
        OutlierKind::Fatigue => wire::OutlierKind::Fatigue,
        OutlierKind::Star => wire::OutlierKind::Star,
        OutlierKind::Weak => wire::OutlierKind::Weak,
    }
}

fn kind_from_wire(kind: i32) -> Result<OutlierKind, ServiceError> {
    match wire::OutlierKind::try_from(kind) {
        Ok(wire::OutlierKind::Misleading) => Ok(OutlierKind::Misleading),
        Ok(wire::OutlierKind::Fatigue) => Ok(OutlierKind::Fatigue),
        Ok(wire::OutlierKind::Star) => Ok(OutlierKind::Star),
        Ok(wire::OutlierKind::Weak) => Ok(OutlierKind::Weak),
        Ok(wire::OutlierKind::Unspecified) | Err(_) => {
            Err(invalid("outliers.kind", format_args!("{kind} is none that we know")))
        }
    }
}

fn earlier_to_wire(earlier: EarlierOutliers) -> wire::EarlierOutliers {
    let outlier = |outlier: EarlierOutlier| {
        let EarlierOutlier { kind, value, label, media, now, listed_through, rate, watching } =
            outlier;
        wire::EarlierOutlier {
            kind: kind_to_wire(kind).into(),
            value,
            label,
            media,
            now: now.into_iter().map(|kind| kind_to_wire(kind).into()).collect(),
            listed_through: listed_through.to_string(),
            rate: rate.map(contrast_to_wire),
            watching: watching.map(contrast_to_wire),
        }
    };
    let EarlierOutliers { day, outliers } = earlier;
    wire::EarlierOutliers {
        day: day.to_string(),
        outliers: outliers.into_iter().map(outlier).collect(),
    }
}

fn earlier_from_wire(earlier: wire::EarlierOutliers) -> Result<EarlierOutliers, ServiceError> {
    let outlier = |outlier: wire::EarlierOutlier| {
        let wire::EarlierOutlier { kind, value, label, media, now, listed_through, rate, watching } =
            outlier;
        Ok(EarlierOutlier {
            kind: kind_from_wire(kind)?,
            value,
            label,
            media,
            now: now.into_iter().map(kind_from_wire).collect::<Result<_, _>>()?,
            listed_through: date("outliers.listed_through", &listed_through)?,
            rate: rate.map(contrast_from_wire).transpose()?,
            watching: watching.map(contrast_from_wire).transpose()?,
        })
    };
    let wire::EarlierOutliers { day, outliers } = earlier;
    Ok(EarlierOutliers {
        day: date("outliers.earlier.day", &day)?,
        outliers: outliers.into_iter().map(outlier).collect::<Result<_, ServiceError>>()?,
    })
}

fn outlier_to_wire(outlier: Outlier) -> wire::Outlier {
    let Outlier {
        kind,
        value,
        label,
        media,
        peers,
        n_peers,
        since,
        or_before,
        error,
        rate,
        watching,
        median,
        frequency,
    } = outlier;
    let peer = |(field, value): (crate::FieldRef, Option<String>)| wire::OutlierPeer {
        field: field.to_string(),
        value,
    };
    wire::Outlier {
        kind: kind_to_wire(kind).into(),
        value,
        label,
        media,
        peers: peers.into_iter().map(peer).collect(),
        n_peers,
        since: since.to_string(),
        or_before,
        error,
        rate: Some(contrast_to_wire(rate)),
        watching: watching.map(contrast_to_wire),
        median: median.map(contrast_to_wire),
        frequency: frequency.map(contrast_to_wire),
    }
}

fn outlier_from_wire(outlier: wire::Outlier) -> Result<Outlier, ServiceError> {
    let wire::Outlier {
        kind,
        value,
        label,
        media,
        peers,
        n_peers,
        since,
        or_before,
        error,
        rate,
        watching,
        median,
        frequency,
    } = outlier;
    let peer = |wire::OutlierPeer { field, value }| {
        Ok((field_from_text("outliers.peers.field", &field)?, value))
    };
    Ok(Outlier {
        kind: kind_from_wire(kind)?,
        value,
        label,
        media,
        peers: peers.into_iter().map(peer).collect::<Result<_, ServiceError>>()?,
        n_peers,
        since: date("outliers.since", &since)?,
        or_before,
        error,
        rate: contrast_from_wire(required("outliers.rate", rate)?)?,
        watching: watching.map(contrast_from_wire).transpose()?,
        median: median.map(contrast_from_wire).transpose()?,
        frequency: frequency.map(contrast_from_wire).transpose()?,
    })
}

fn contrast_to_wire(contrast: OutlierContrast) -> wire::OutlierContrast {
    let OutlierContrast { of, own, peers, ratio } = contrast;
    wire::OutlierContrast { of, own, peers, ratio: Some(value_to_wire(ratio)) }
}

fn contrast_from_wire(contrast: wire::OutlierContrast) -> Result<OutlierContrast, ServiceError> {
    let wire::OutlierContrast { of, own, peers, ratio } = contrast;
    let ratio = value_from_wire(required("outliers.ratio", ratio)?)?;
    Ok(OutlierContrast { of, own, peers, ratio })
}
