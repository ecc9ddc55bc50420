//! Events of a small made-up dataset, its model and its lookups.

use std::collections::BTreeSet;

use clio_proto::{FieldRef, Model};
use jiff::civil::Date;

/// The dataset's model: a single-valued dimension with attributes, one without, a multi-valued one
/// with an attribute; counts and sums of both types, distinct counts, a spread, a ratio and shares.
pub(super) const MODEL: &str = r#"
[dataset]
name = "media"
timezone = "UTC"

[source.impressions]
url = "impressions/"
format = "parquet"
time = "event_time"

[source.plays]
url = "plays/"
format = "parquet"
time = "event_time"

[lookup.assets]
url = "assets.parquet"
format = "parquet"
key = "asset_id"

[lookup.audiences]
url = "audiences.parquet"
format = "parquet"
key = "audience"

[dimension.asset]
column = "asset_id"
lookup = "assets"
attributes = ["title", "media_type", "tags"]
label = "name"
media = "preview_url"

[dimension.country]
column = "country"

[dimension.audience]
column = "audiences"
multi = true
lookup = "audiences"
attributes = ["kind"]

[measure.impressions]
source = "impressions"
kind = "count"

[measure.viewers]
source = "impressions"
kind = "distinct"
of = "profile_id"
precision = 8

[measure.clicks]
source = "impressions"
kind = "sum"
of = "clicks"

[measure.seconds]
source = "plays"
kind = "sum"
of = "seconds"

[measure.plays]
source = "plays"
kind = "count"

[measure.players]
source = "plays"
kind = "distinct"
of = "profile_id"
precision = 10

[measure.watch]
source = "plays"
kind = "quantile"
of = "seconds"
error = "2%"
edges = [30]

[measure.take_rate]
kind = "derived"
expr = "players / viewers"
format = "percent"

[measure.short]
kind = "derived"
expr = "share_below(watch, 30)"

[measure.long]
kind = "derived"
expr = "100 * share_above(watch, 57.3)"
"#;

/// The sum of non-integers.
pub(super) const FLOAT_SUMS: [&str; 1] = ["seconds"];

pub(super) fn model() -> Model {
    Model::parse("model.toml", MODEL).unwrap()
}

/// One event: an impression, or a play.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) day: Date,
    pub(super) asset: Option<String>,
    pub(super) country: Option<String>,
    pub(super) audiences: BTreeSet<String>,
    pub(super) profile: u64,
    pub(super) clicks: i64,
    /// For a play; `None` makes the event an impression.
    pub(super) seconds: Option<f64>,
}

/// The values of each field of the model for an event, from the lookups.
pub(super) fn field_values(event: &Event, field: &FieldRef) -> BTreeSet<String> {
    let set = |value: Option<String>| value.into_iter().collect();
    match (field.dimension.as_str(), field.attribute.as_deref()) {
        ("asset", None) => set(event.asset.clone()),
        ("asset", Some(attribute)) => {
            let row = event.asset.as_deref().and_then(asset_row);
            match (row, attribute) {
                (Some(row), "title") => set(Some(row.title)),
                (Some(row), "media_type") => set(row.media_type),
                (Some(row), "tags") => row.tags.into_iter().collect(),
                _ => BTreeSet::new(),
            }
        }
        ("country", None) => set(event.country.clone()),
        ("audience", None) => event.audiences.clone(),
        ("audience", Some("kind")) => {
            event.audiences.iter().filter_map(|audience| audience_kind(audience)).collect()
        }
        other => panic!("no field {other:?}"),
    }
}

/// All values that a multi-valued field of the model can have.
pub(super) fn all_values(field: &FieldRef) -> BTreeSet<String> {
    let values: &[&str] = match field.to_string().as_str() {
        "audience" => &AUDIENCES,
        "audience.kind" => &["interest", "life"],
        "asset.tags" => &["new", "kids", "drama", "4k"],
        other => panic!("no multi-valued field {other}"),
    };
    values.iter().map(ToString::to_string).collect()
}

/// One row of the lookup of assets.
#[derive(Debug, Clone)]
pub(super) struct AssetRow {
    pub(super) title: String,
    pub(super) media_type: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) preview_url: Option<String>,
    /// The day since which it exists, if known: a day, a time, or neither. Only in models with ages.
    pub(super) since: Option<String>,
}

/// The lookup's row of an asset: none for every fifth.
pub(super) fn asset_row(asset: &str) -> Option<AssetRow> {
    let n: usize = asset.strip_prefix("asset-")?.parse().ok()?;
    if n % 5 == 4 {
        return None;
    }
    let tags = [vec![], vec!["new"], vec!["new", "kids"], vec!["drama"], vec!["kids", "new", "4k"]];
    Some(AssetRow {
        title: format!("title-{}", n / 2),
        media_type: (n % 7 != 3).then(|| ["video", "image", "text"][n % 3].to_owned()),
        tags: tags[n % tags.len()].iter().map(ToString::to_string).collect(),
        name: (n % 4 != 1).then(|| format!("Asset № {n}")),
        since: [
            Some("2025-12-30"),
            Some("2026-01-02T10:00:00Z"),
            Some("2026-02-20"),
            Some("soon"),
            None,
        ][n % 5]
            .map(str::to_owned),
        preview_url: n.is_multiple_of(2).then(|| format!("https://media.example/{n}.jpg")),
    })
}

/// The kind of an audience: none for the last.
pub(super) fn audience_kind(audience: &str) -> Option<String> {
    match audience {
        "sports" | "racing" => Some("interest".to_owned()),
        "parents" | "students" => Some("life".to_owned()),
        _ => None,
    }
}

pub(super) const AUDIENCES: [&str; 5] = ["sports", "racing", "parents", "students", "other"];
pub(super) const COUNTRIES: [&str; 4] = ["DE", "FR", "US", "Österreich"];

/// A source of numbers that are the same in every run (SplitMix64, by Sebastiano Vigna).
#[derive(Debug, Clone)]
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Events of some days: few people and values, so that groups overlap, and one asset that so many people saw that its
/// sketches are dense.
pub(super) fn generate(seed: u64, days: &[Date], n_per_day: usize) -> Vec<Event> {
    let mut numbers = Numbers(seed);
    let mut events = Vec::new();
    for day in days {
        for _ in 0..n_per_day {
            let asset = if numbers.below(3) == 0 { 0 } else { numbers.below(12) };
            let n_audiences = numbers.below(4);
            events.push(Event {
                day: *day,
                asset: (numbers.below(9) > 0).then(|| format!("asset-{asset}")),
                country: (numbers.below(8) > 0).then(|| numbers.pick(&COUNTRIES).to_string()),
                audiences: (0..n_audiences).map(|_| numbers.pick(&AUDIENCES).to_string()).collect(),
                profile: numbers.below(n_per_day * 2) as u64,
                clicks: i64::try_from(numbers.below(3)).unwrap() - 1,
                seconds: (numbers.below(3) == 0).then(|| numbers.below(1000) as f64 / 8.0),
            });
        }
    }
    events
}

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The days from one to another, both included.
pub(super) fn days(from: &str, to: &str) -> Vec<Date> {
    let to = day(to);
    std::iter::successors(Some(day(from)), |day| day.tomorrow().ok())
        .take_while(|day| *day <= to)
        .collect()
}
