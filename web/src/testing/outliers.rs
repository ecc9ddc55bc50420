//! What stands out, as the service of tests says.

use std::time::Duration;

use clio_proto::{
    EarlierOutlier, EarlierOutliers, FieldRef, Outlier, OutlierContrast, OutlierKind, OutlierList,
    SnapshotInfo, Value,
};

/// A list of one, which has every part but a median, beside an earlier list of another one.
pub(super) fn list(snapshot: SnapshotInfo) -> OutlierList {
    let contrast = OutlierContrast {
        of: "plays / impressions".to_owned(),
        own: 0.125,
        peers: 0.1,
        ratio: Value::estimate(1.25, 1.125, 1.5, false),
    };
    let outlier = Outlier {
        kind: OutlierKind::Misleading,
        value: "a1".to_owned(),
        label: Some("One".to_owned()),
        media: None,
        peers: vec![(FieldRef::parse("asset.title"), Some("Dune".to_owned()))],
        n_peers: 4,
        since: "2026-01-20".parse().unwrap(),
        or_before: true,
        error: 0.0625,
        rate: contrast.clone(),
        watching: Some(contrast.clone()),
        median: None,
        frequency: Some(contrast.clone()),
    };
    let earlier = EarlierOutlier {
        kind: OutlierKind::Star,
        value: "a2".to_owned(),
        label: None,
        media: None,
        now: vec![OutlierKind::Weak],
        listed_through: "2026-01-26".parse().unwrap(),
        rate: Some(contrast),
        watching: None,
    };
    OutlierList {
        snapshot,
        dimension: FieldRef::parse("asset"),
        days: ("2026-01-01".parse().unwrap(), "2026-01-31".parse().unwrap()),
        n_days: 30,
        n_judged: 41,
        n_not_judged: 7,
        outliers: vec![outlier],
        earlier: Some(EarlierOutliers {
            day: "2026-01-24".parse().unwrap(),
            outliers: vec![earlier],
        }),
        elapsed: Duration::from_millis(3),
    }
}
