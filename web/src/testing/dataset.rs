//! The example dataset.

use clio_proto::{
    Description, FieldInfo, FieldRef, Fingerprint, MeasureClass, MeasureFormat, MeasureInfo,
    OutlierInfo, WeekStart,
};

/// The example dataset of the design, as serving describes it.
pub(crate) fn media() -> Description {
    let field = |name: &str, label: &str, multi, has_label, has_media| FieldInfo {
        field: FieldRef::parse(name),
        label: label.to_owned(),
        multi,
        has_label,
        has_media,
    };
    let measure = |name: &str, label: &str, class, format| MeasureInfo {
        name: name.to_owned(),
        label: label.to_owned(),
        class,
        format,
    };
    let distinct = || MeasureClass::Distinct {
        family: "hll++".to_owned(),
        precision: 14,
        relative_error: 0.008_125,
    };
    let quantile = |percent| MeasureClass::Quantile {
        measure: "watch".to_owned(),
        percent,
        relative_error: 0.02,
        edges: vec![30.0, 120.0],
    };
    let derived = |expr: &str| MeasureClass::Derived { expression: expr.to_owned() };
    Description {
        dataset: "media".to_owned(),
        timezone: "UTC".to_owned(),
        fingerprint: Fingerprint::new("00f1e2d3c4b5a697"),
        week_starts: WeekStart::Monday,
        fields: vec![
            field("asset", "Asset", false, true, true),
            field("asset.title", "Asset title", false, false, false),
            field("asset.media_type", "Asset media type", false, false, false),
            field("asset.language", "Asset language", false, false, false),
            field("asset.tags", "Asset tags", true, false, false),
            field("country", "Country", false, false, false),
            field("device", "Device", false, false, false),
            field("audience", "Audience", true, false, false),
        ],
        ages: vec![
            field("asset.age_day", "Asset age day", false, false, false),
            field("asset.age_week", "Asset age week", false, false, false),
        ],
        measures: vec![
            measure("impressions", "Impressions", MeasureClass::Count, MeasureFormat::Number),
            measure("viewers", "Viewers", distinct(), MeasureFormat::Number),
            measure("plays", "Plays", MeasureClass::Count, MeasureFormat::Number),
            measure("players", "Players", distinct(), MeasureFormat::Number),
            measure("watch_seconds", "Watch seconds", MeasureClass::Sum, MeasureFormat::Seconds),
            measure("watch.p50", "Watch, median", quantile(50.0), MeasureFormat::Seconds),
            measure("watch.p90", "Watch, p90", quantile(90.0), MeasureFormat::Seconds),
            measure("take_rate", "Take rate", derived("players / viewers"), MeasureFormat::Percent),
            measure(
                "abandonment",
                "Abandonment",
                derived("share_below(watch, 30)"),
                MeasureFormat::Percent,
            ),
        ],
        outliers: Some(OutlierInfo {
            dimension: FieldRef::parse("asset"),
            peers: vec![FieldRef::parse("asset.title"), FieldRef::parse("asset.media_type")],
            pool: Some(FieldRef::parse("asset.media_type")),
            rate: "plays / impressions".to_owned(),
            watching: Some("share_above(watch, 30)".to_owned()),
            beyond: 0.25,
            worthwhile: 0.05,
        }),
    }
}
