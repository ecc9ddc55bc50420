//! Outliers of a lake: planted ones are found, with the numbers of their events.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use clio_proto::{Code, CubeService as _, OutlierKind, OutlierList};

use super::events::{Event, MODEL, Numbers, days};
use super::lake::{TestLake, lists};
use super::queries::open;

pub(super) const OUTLIERS: &str = r#"
[outliers]
dimension = "asset"
peers = ["media_type"]
pool = "media_type"
rate = "clicks / impressions"
watching = "share_below(watch, 30)"
"#;

/// Assets of one type. `asset-6` and `asset-12` are clicked half more often, but few watch the latter on, and
/// `asset-15` is clicked half as often.
const ASSETS: [u32; 8] = [0, 6, 12, 15, 18, 21, 27, 30];

pub(super) fn events(n_days: usize) -> Vec<Event> {
    let mut numbers = Numbers(7);
    let mut events = Vec::new();
    for day in days("2026-01-01", "2026-03-31").into_iter().take(n_days) {
        for asset in ASSETS {
            let mut event = |country: &str, clicks, seconds| {
                events.push(Event {
                    day,
                    asset: Some(format!("asset-{asset}")),
                    country: Some(country.to_owned()),
                    audiences: Default::default(),
                    profile: numbers.below(100_000) as u64,
                    clicks,
                    seconds,
                });
            };
            let mut own = Numbers(u64::from(asset) * 1_000 + events_of_day(day));
            for at in 0..60 {
                // Where people click twice as much; `asset-18` is mostly shown there.
                let often = at % 5 == 0 || (asset == 18 && at % 5 != 1);
                let lift = match asset {
                    6 | 12 => 1.5,
                    15 => 0.5,
                    _ => 1.0,
                };
                let chance = 150.0 * lift * if often { 2.0 } else { 1.0 };
                let is_clicked = (own.below(1_000) as f64) < chance;
                event(if often { "US" } else { "DE" }, i64::from(is_clicked), None);
            }
            for _ in 0..12 {
                let leaves = own.below(10) < if asset == 12 { 6 } else { 2 };
                event("DE", 0, Some(if leaves { 10.0 } else { 200.0 }));
            }
        }
    }
    events
}

fn events_of_day(day: jiff::civil::Date) -> u64 {
    u64::try_from(day.day_of_year()).unwrap()
}

/// A lake whose assets are all videos.
pub(super) fn lake_of(model: &str, events: Vec<Event>) -> TestLake {
    let mut lake = TestLake::with_model(model, events[..1].to_vec());
    let keys = ASSETS.iter().chain(&[33]).map(|asset| format!("asset-{asset}"));
    let keys: Vec<String> = keys.collect();
    let all =
        |value: Option<&str>| -> ArrayRef { Arc::new(StringArray::from(vec![value; keys.len()])) };
    let columns = vec![
        ("key", Arc::new(StringArray::from(keys.clone())) as ArrayRef),
        ("title", all(Some("title"))),
        ("media_type", all(Some("video"))),
        ("tags", lists(keys.iter().map(|_| vec!["new".to_owned()]))),
        ("name", all(None)),
        ("preview_url", all(None)),
        ("since", all(None)),
        ("unused", all(None)),
    ];
    lake.write_lookup("assets", columns);
    // The first commit that contains it.
    lake.replace_days(events);
    lake
}

async fn found(lake: &TestLake) -> OutlierList {
    open(lake).await.outliers(None).await.unwrap()
}

fn values(list: &OutlierList, kind: OutlierKind) -> Vec<&str> {
    list.outliers.iter().filter(|own| own.kind == kind).map(|own| own.value.as_str()).collect()
}

#[tokio::test]
async fn what_is_planted_is_found() {
    let lake = lake_of(&format!("{MODEL}{OUTLIERS}"), events(46));
    let cubes = open(&lake).await;
    let list = cubes.outliers(None).await.unwrap();
    let mut stars = values(&list, OutlierKind::Star);
    stars.sort_unstable();
    assert_eq!(stars, ["asset-12", "asset-6"], "{list:?}");
    assert_eq!(values(&list, OutlierKind::Weak), ["asset-15"], "{list:?}");
    assert_eq!(values(&list, OutlierKind::Misleading), ["asset-12"], "{list:?}");
    // A different mix alone does not make an outlier.
    assert!(!stars.contains(&"asset-18"));
    // The last day is provisional.
    assert_eq!(list.n_days, 28);
    assert_eq!(
        (list.days.0.to_string(), list.days.1.to_string()),
        ("2026-01-18".into(), "2026-02-14".into())
    );
    assert_eq!((list.n_judged, list.n_not_judged), (8, 0));
    let settled = |event: &&Event| (list.days.0..=list.days.1).contains(&event.day);
    for own in &list.outliers {
        assert_ne!(own.kind, OutlierKind::Fatigue, "{own:?}");
        let of = |event: &&Event| event.asset.as_deref() == Some(own.value.as_str());
        let seen: Vec<&Event> = lake
            .events
            .iter()
            .filter(settled)
            .filter(of)
            .filter(|own| own.seconds.is_none())
            .collect();
        let clicks: i64 = seen.iter().map(|event| event.clicks).sum();
        let rate = clicks as f64 / seen.len() as f64;
        assert!((own.rate.own - rate).abs() < 1e-9, "{own:?} {rate}");
        let ratio = own.rate.ratio.value.unwrap();
        assert!(own.rate.ratio.lower.unwrap() < ratio && ratio < own.rate.ratio.upper.unwrap());
        assert_eq!((own.n_peers, own.error < 0.1), (7, true));
        assert_eq!(
            (own.since.to_string(), own.or_before),
            ("2026-02-01".to_owned(), true),
            "{own:?}"
        );
        let in_common: Vec<String> =
            own.peers.iter().map(|(field, value)| format!("{field} {value:?}")).collect();
        assert_eq!(in_common, ["asset.media_type Some(\"video\")"]);
    }
    let misleading = &list.outliers[0];
    let watching = misleading.watching.as_ref().unwrap();
    assert_eq!(watching.of, "share_above(watch, 30)");
    assert!(watching.own < 0.5 && watching.peers > 0.7, "{watching:?}");
    let median = misleading.median.as_ref().unwrap();
    assert_eq!((median.of.as_str(), misleading.frequency.as_ref()), ("watch.p50", None));
    // Six of ten leave after 10 seconds, and of the others two of ten; all others stay for 200. Quantiles have an error
    // of at most 2 %.
    assert!(
        (median.own / 10.0).ln().abs() < 0.03 && (median.peers / 200.0).ln().abs() < 0.03,
        "{median:?}"
    );
    // The list is cached, and the same days give the same list wherever they are.
    assert_eq!(cubes.outliers(None).await.unwrap(), list);
    let again = found(&lake).await;
    assert_eq!(again.outliers, list.outliers);
}

#[tokio::test]
async fn without_a_declaration_or_days_there_are_none() {
    let error = open(&TestLake::with(events(12))).await.outliers(None).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.message.contains("declares no outliers; add `[outliers]`"), "{error}");
    let lake = lake_of(&format!("{MODEL}{OUTLIERS}"), events(9));
    let error = open(&lake).await.outliers(None).await.unwrap_err();
    assert!(error.message.contains("from 10 settled days on, and the snapshot has 8"), "{error}");
    let many = OUTLIERS.replace("[\"media_type\"]", "[\"media_type\", \"tags\"]");
    let lake = lake_of(&format!("{MODEL}{many}"), events(14));
    let error = open(&lake).await.outliers(None).await.unwrap_err();
    assert!(error.message.contains("`asset.tags` has several values a member"), "{error}");
}

/// Days on which one asset is shown to the same people more and more often, and clicked less; `asset-6` is shown just
/// as often, and clicked as before, and on the later days everything is clicked a tenth less.
fn worn(n_days: usize, people: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for (at, day) in days("2026-01-01", "2026-03-31").into_iter().take(n_days).enumerate() {
        let is_late = at >= n_days - 15;
        for asset in ASSETS {
            let mut own = Numbers(u64::from(asset) * 1_000 + events_of_day(day));
            let n = if is_late && (asset == 6 || asset == 12) { 150 } else { 60 };
            for _ in 0..n {
                let worn = if is_late && asset == 12 { 0.5 } else { 1.0 };
                let chance = 300.0 * worn * if is_late { 0.9 } else { 1.0 };
                events.push(Event {
                    day,
                    asset: Some(format!("asset-{asset}")),
                    country: Some("DE".to_owned()),
                    audiences: Default::default(),
                    profile: u64::from(asset) * 10_000 + own.below(people) as u64,
                    clicks: i64::from((own.below(1_000) as f64) < chance),
                    seconds: None,
                });
            }
        }
    }
    events
}

#[tokio::test]
async fn what_people_have_seen_too_often_is_found() {
    let lake = lake_of(&format!("{MODEL}{OUTLIERS}"), worn(42, 100));
    let list = found(&lake).await;
    assert_eq!(values(&list, OutlierKind::Fatigue), ["asset-12"], "{list:?}");
    let own = list.outliers.iter().find(|own| own.kind == OutlierKind::Fatigue).unwrap();
    // All days but the last are settled: 14 of these are late.
    let of = |is_late: bool| {
        let is_it = |event: &&Event| {
            let (first, last) = list.days;
            let middle = last.saturating_sub(jiff::Span::new().days(13));
            let half = if is_late { middle..=last } else { first..=middle.yesterday().unwrap() };
            event.asset.as_deref() == Some("asset-12") && half.contains(&event.day)
        };
        let seen: Vec<&Event> = lake.events.iter().filter(is_it).collect();
        let people: std::collections::BTreeSet<u64> = seen.iter().map(|own| own.profile).collect();
        let clicks: i64 = seen.iter().map(|own| own.clicks).sum();
        (clicks as f64 / seen.len() as f64, seen.len() as f64 / people.len() as f64)
    };
    let ((before, rarely), (after, often)) = (of(false), of(true));
    assert!((own.rate.own - after).abs() < 1e-9, "{own:?} {after}");
    // A fall of a tenth is common to all, and thus not its own.
    assert!((own.rate.peers / (0.9 * before)).ln().abs() < 0.1, "{own:?} {before}");
    assert!(own.rate.ratio.value.unwrap() < 0.7, "{own:?}");
    let frequency = own.frequency.as_ref().unwrap();
    assert_eq!(frequency.of, "impressions / viewers");
    // The 100 people are counted by a sketch of precision 10, which is exact for so few.
    assert!(
        (frequency.own / often).ln().abs() < 0.1 && (frequency.peers / rarely).ln().abs() < 0.1
    );
    assert_eq!((own.n_peers, own.watching.as_ref(), own.median.as_ref()), (7, None, None));
    let in_common: Vec<String> = own.peers.iter().map(|(field, _)| field.to_string()).collect();
    assert_eq!(in_common, ["asset.media_type"]);
}

/// All that is planted lasts, so that the earlier list has it, and the newest one, too.
#[tokio::test]
async fn what_became_of_those_of_a_week_before_is_told() {
    let lake = lake_of(&format!("{MODEL}{OUTLIERS}"), events(46));
    let list = found(&lake).await;
    let earlier = list.earlier.as_ref().unwrap();
    // Seven settled days before the last one.
    assert_eq!(earlier.day.to_string(), "2026-02-07");
    let told: Vec<_> = earlier.outliers.iter().map(|own| (own.kind, own.value.as_str())).collect();
    let kinds = [OutlierKind::Misleading, OutlierKind::Star, OutlierKind::Star, OutlierKind::Weak];
    let assets = ["asset-12", "asset-12", "asset-6", "asset-15"];
    assert_eq!(told, kinds.into_iter().zip(assets).collect::<Vec<_>>());
    for own in &earlier.outliers {
        assert!(own.now.contains(&own.kind), "{own:?}");
        assert_eq!(own.listed_through, list.days.1);
        // The numbers are those of the newest days, as the newest list has them.
        let is_it = |now: &&clio_proto::Outlier| (now.kind, &now.value) == (own.kind, &own.value);
        let now = list.outliers.iter().find(is_it).unwrap();
        assert_eq!((own.rate.as_ref(), &own.watching), (Some(&now.rate), &now.watching));
    }
    // The list of a day is that of a lake that ends with it; its last day is provisional.
    let of_then = found(&lake_of(&format!("{MODEL}{OUTLIERS}"), events(39))).await;
    assert_eq!(of_then.days.1, earlier.day);
    let mut listed: Vec<_> =
        of_then.outliers.iter().map(|own| (own.kind, own.value.as_str())).collect();
    listed.sort_unstable();
    assert_eq!(listed, told);
}

/// `asset-6` is a star, and hardly clicked on the last nine settled days: its days differ so much by then that nothing is
/// sure of it.
#[tokio::test]
async fn one_that_turned_is_told_with_the_last_day_of_its_list() {
    let mut turned = events(46);
    let from: jiff::civil::Date = "2026-02-06".parse().unwrap();
    let is_it = |event: &&mut Event| event.day >= from && event.asset.as_deref() == Some("asset-6");
    let shown = turned.iter_mut().filter(is_it).filter(|event| event.seconds.is_none());
    for (at, event) in shown.enumerate() {
        event.clicks = i64::from(at % 14 == 0);
    }
    let list = found(&lake_of(&format!("{MODEL}{OUTLIERS}"), turned)).await;
    assert!(!values(&list, OutlierKind::Star).contains(&"asset-6"), "{list:?}");
    let earlier = list.earlier.as_ref().unwrap();
    let is_it =
        |own: &&clio_proto::EarlierOutlier| own.kind == OutlierKind::Star && own.value == "asset-6";
    let own = earlier.outliers.iter().find(is_it).unwrap();
    assert!(!own.now.contains(&OutlierKind::Star), "{own:?}");
    assert!(earlier.day <= own.listed_through && own.listed_through < list.days.1, "{own:?}");
    let settled = |event: &&Event| (list.days.0..=list.days.1).contains(&event.day);
    let lake = lake_of(&format!("{MODEL}{OUTLIERS}"), events(46));
    let is_old = |event: &&Event| event.day < from && event.asset.as_deref() == Some("asset-6");
    let old = lake.events.iter().filter(settled).filter(is_old).filter(|own| own.seconds.is_none());
    let old_clicks: i64 = old.map(|event| event.clicks).sum();
    // Nine settled days of sixty, the first and each fourteenth after it clicked.
    let rate = (old_clicks + 39) as f64 / (28.0 * 60.0);
    let contrast = own.rate.as_ref().unwrap();
    assert!((contrast.own - rate).abs() < 1e-9, "{contrast:?} {rate}");
    assert!(contrast.ratio.lower.unwrap() < contrast.ratio.upper.unwrap(), "{contrast:?}");
    assert_eq!(own.watching, None);
}

#[tokio::test]
async fn without_an_earlier_list_nothing_became_of_it() {
    // Of 28 settled days there is one list.
    let list = found(&lake_of(&format!("{MODEL}{OUTLIERS}"), events(29))).await;
    assert_eq!(list.earlier, None);
    let list = found(&lake_of(&format!("{MODEL}{OUTLIERS}"), events(30))).await;
    assert_eq!(list.earlier.unwrap().day.to_string(), "2026-01-28");
}

/// Nothing is reported for an asset with too few people, whatever its rate is; and nobody is compared with it.
#[tokio::test]
async fn small_groups_are_no_outliers() {
    let small = |people: usize| {
        let mut events = events(42);
        // `asset-33` is always clicked, by this many people.
        for day in days("2026-01-01", "2026-02-11") {
            for at in 0..60 {
                events.push(Event {
                    day,
                    asset: Some("asset-33".to_owned()),
                    country: Some("DE".to_owned()),
                    audiences: Default::default(),
                    profile: 1_000_000 + (at % people) as u64,
                    clicks: 1,
                    seconds: None,
                });
            }
        }
        events
    };
    let model = format!("{MODEL}{OUTLIERS}");
    let withheld = model.replace("timezone = \"UTC\"", "timezone = \"UTC\"\nmin_people = 20");
    let stars = async |model: &str, people| {
        let list = found(&lake_of(model, small(people))).await;
        let mut stars: Vec<String> =
            values(&list, OutlierKind::Star).into_iter().map(str::to_owned).collect();
        stars.sort_unstable();
        let n_peers: Vec<u32> = list.outliers.iter().map(|own| own.n_peers).collect();
        assert!(n_peers.iter().all(|n| u64::from(*n) == list.n_judged - 1), "{list:?}");
        (stars, list.n_judged, list.n_not_judged)
    };
    let with = |others: &[&str]| others.iter().map(|own| (*own).to_owned()).collect::<Vec<_>>();
    let all = with(&["asset-12", "asset-33", "asset-6"]);
    assert_eq!(stars(&model, 12).await, (all.clone(), 9, 0));
    // A second one is withheld with it, since the total minus the others would reveal the twelve.
    assert_eq!(stars(&withheld, 12).await, (with(&["asset-12", "asset-6"]), 7, 2));
    assert_eq!(stars(&withheld, 40).await, (all, 9, 0));
}
