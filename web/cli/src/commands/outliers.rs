//! `clio outliers`: outliers among peers, with the reasons.

use clio_proto::{
    EarlierOutlier, EarlierOutliers, Outlier, OutlierContrast, OutlierList, SnapshotId,
};
use serde_json::{Value, json};

use crate::args::{OutliersArgs, ReportFormat};
use crate::cube;
use crate::settings::Settings;
use crate::terminal::{answer, say};

/// Sends one request and prints the outliers.
pub(crate) async fn run(args: OutliersArgs, settings: &Settings) -> anyhow::Result<()> {
    let snapshot = args.snapshot.map(SnapshotId);
    let cube = cube::open(&args.from_where, settings, snapshot, None).await?;
    let list = cube.outliers(snapshot).await?;
    match args.format {
        ReportFormat::Json => answer!("{}", serde_json::to_string_pretty(&as_json(&list))?),
        ReportFormat::Text => print(&list),
    }
    Ok(())
}

fn print(list: &OutlierList) {
    for outlier in &list.outliers {
        let label = in_brackets(outlier.label.as_deref());
        say!("{}: {} {}{label}\n  {outlier}\n", outlier.kind, list.dimension, outlier.value);
    }
    if let Some(EarlierOutliers { day, outliers }) = &list.earlier {
        say!("listed on {day}: {}\n", outliers.len());
        for outlier in outliers {
            let label = in_brackets(outlier.label.as_deref());
            say!("{}: {} {}{label}\n  {outlier}\n", outlier.kind, list.dimension, outlier.value);
        }
    }
    let (first, last) = list.days;
    let n = list.outliers.len();
    say!(
        "{n} of {} that were compared with their peers stand out, on {} settled days from {first} to {last}; {} have too few events, \
         days, peers or people; snapshot {}, {:.0?}",
        list.n_judged,
        list.n_days,
        list.n_not_judged,
        list.snapshot.id.0,
        list.elapsed
    );
}

fn in_brackets(label: Option<&str>) -> String {
    label.map(|label| format!(" ({label})")).unwrap_or_default()
}

fn as_json(list: &OutlierList) -> Value {
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
    let outliers: Vec<Value> = outliers.iter().map(outlier_json).collect();
    json!({
        "snapshot": snapshot.id.0, "dimension": dimension.to_string(), "first_day": first.to_string(),
        "last_day": last.to_string(), "n_days": n_days, "n_judged": n_judged, "n_not_judged": n_not_judged,
        "outliers": outliers, "earlier": earlier.as_ref().map(earlier_json), "elapsed_seconds": elapsed.as_secs_f64(),
    })
}

fn earlier_json(earlier: &EarlierOutliers) -> Value {
    let EarlierOutliers { day, outliers } = earlier;
    let outliers = outliers.iter().map(|outlier| {
        let EarlierOutlier { kind, value, label, media, now, listed_through, rate, watching } =
            outlier;
        let now: Vec<&str> = now.iter().map(|kind| kind.as_str()).collect();
        json!({
            "kind": kind.as_str(), "value": value, "label": label, "media": media, "now": now,
            "listed_through": listed_through.to_string(), "rate": rate.as_ref().map(contrast_json),
            "watching": watching.as_ref().map(contrast_json), "words": outlier.to_string(),
        })
    });
    json!({ "day": day.to_string(), "outliers": outliers.collect::<Vec<_>>() })
}

fn outlier_json(outlier: &Outlier) -> Value {
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
    let peers =
        peers.iter().map(|(field, value)| json!({ "field": field.to_string(), "value": value }));
    json!({
        "kind": kind.as_str(), "value": value, "label": label, "media": media, "peers": peers.collect::<Vec<_>>(),
        "n_peers": n_peers, "since": since.to_string(), "or_before": or_before, "error": error,
        "rate": contrast_json(rate), "watching": watching.as_ref().map(contrast_json), "median": median.as_ref().map(contrast_json),
        "frequency": frequency.as_ref().map(contrast_json), "words": outlier.to_string(),
    })
}

fn contrast_json(contrast: &OutlierContrast) -> Value {
    let OutlierContrast { of, own, peers, ratio } = contrast;
    json!({
        "of": of, "own": own, "peers": peers,
        "ratio": { "value": ratio.value, "lower": ratio.lower, "upper": ratio.upper },
    })
}
