//! The two lakes whose cells are recorded: what is in their sources, from a fixed seed.

use std::fmt::Write as _;
use std::sync::Arc;

use clio_sketch::{Family, HllType};
use datafusion::arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray};

use crate::random::{index, next};
use crate::sandbox::Sandbox;
use crate::sketches::sketch;

pub(super) const MEDIA: &str = r#"
[dataset]
name = "recorded"
timezone = "UTC"

[source.shown]
url = "shown/"
format = "ndjson"
time = "at"

[source.played]
url = "played/"
format = "ndjson"
time = "at"

[source.credited]
attribute = { event = "played", to = "shown", by = ["id", "asset"], within = "24h", credit = "last" }

[lookup.assets]
url = "assets.json"
key = "asset"
format = "ndjson"

[lookup.audiences]
url = "audiences.json"
key = "id"
format = "ndjson"

[dimension.asset]
column = "asset"
lookup = "assets"
attributes = ["title", "tags"]
label = "title"

[dimension.country]
column = "country"

[dimension.size]
lookup = "assets"
on = "asset"
column = "size"

[dimension.tag]
column = "tags"
multi = true

[dimension.audience]
lookup = "audiences"
on = "id"
column = "audience"
multi = true

[measure.shown]
source = "shown"
kind = "count"

[measure.viewers]
source = "shown"
kind = "distinct"
of = "id"

[measure.viewers_roughly]
source = "shown"
kind = "distinct"
of = "id"
precision = 5

[measure.viewers_by_country]
source = "shown"
kind = "distinct"
of = ["id", "country"]
family = "datasketches"
precision = 12

[measure.viewers_very_roughly]
source = "shown"
kind = "distinct"
of = "id"
family = "datasketches"
precision = 4

[measure.weight]
source = "shown"
kind = "sum"
of = "weight"

[measure.price]
source = "shown"
kind = "sum"
of = "price"

[measure.change]
source = "shown"
kind = "quantile"
of = "change"
error = "5%"

[measure.plays]
source = "credited"
kind = "count"

[measure.players]
source = "credited"
kind = "distinct"
of = "id"

[measure.seconds]
source = "credited"
kind = "sum"
of = "seconds"

[measure.watch]
source = "credited"
kind = "quantile"
of = "seconds"
error = "2%"
edges = [30, 120]

[measure.take_rate]
kind = "derived"
expr = "players / viewers"
"#;

const READY_MADE: &str = r#"
[dataset]
name = "ready_made"
[source.daily]
url = "daily/"
format = "parquet"
time = "day"
[dimension.country]
column = "country"
[measure.rows]
source = "daily"
kind = "count"
[measure.viewers]
source = "daily"
kind = "distinct"
of = "viewers"
from_sketch = true
family = "hll++"
precision = 18
[measure.viewers_too]
source = "daily"
kind = "distinct"
of = "viewers_too"
from_sketch = true
family = "datasketches"
precision = 12
"#;

/// Two years, two months of one of them, two days of a month.
const DAYS: [&str; 5] = ["2025-12-31", "2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"];

/// Enough that the hot cell's sketches are of registers in the longer periods, and of coupons on most days.
const N_SHOWN: usize = 3_000;

/// Every other event is of one cell, whose people are all different ones.
pub(super) fn media(n_threads: usize) -> Sandbox {
    let mut sandbox = Sandbox::new(MEDIA);
    sandbox.n_threads = n_threads;
    let mut assets = String::new();
    for at in 0..6 {
        let tags: Vec<String> = (0..at % 3).map(|tag| format!("t{tag}")).collect();
        let size = ["\"small\"", "\"large\"", "null"][at % 3];
        writeln!(
            assets,
            "{{\"asset\":\"a{at}\",\"title\":\"Asset {}\",\"tags\":{tags:?},\"size\":{size}}}",
            at / 2
        )
        .unwrap();
    }
    sandbox.write("assets.json", &assets);
    let mut state = 20_260_101;
    let mut audiences = String::new();
    for id in 0..200 {
        for audience in ["news", "sports", "kids"] {
            if next(&mut state, 3) == 0 {
                writeln!(audiences, "{{\"id\":{id},\"audience\":{audience:?}}}").unwrap();
            }
        }
    }
    sandbox.write("audiences.json", &audiences);
    for (at_day, day) in DAYS.iter().enumerate() {
        let (mut shown, mut played) = (String::new(), String::new());
        for at in 0..N_SHOWN {
            let is_hot = at % 2 == 0;
            let second = next(&mut state, 40_000);
            let time = |second: u64| {
                let (minute, second) = (second / 60, second % 60);
                format!("{day}T{:02}:{:02}:{second:02}Z", minute / 60, minute % 60)
            };
            let id = match is_hot {
                true => 1_000 + (at_day * N_SHOWN + at) as u64,
                false => next(&mut state, 400),
            };
            // The last asset is in no lookup.
            let asset = if is_hot { 0 } else { index(&mut state, 7) };
            let country = match is_hot {
                true => "\"US\"",
                false => ["\"DE\"", "\"US\"", "\"\"", "null"][index(&mut state, 4)],
            };
            let tags = match is_hot {
                true => "[]",
                false => ["[\"b\",\"a\",\"b\"]", "[\"a\"]", "null"][index(&mut state, 3)],
            };
            let weight = next(&mut state, 1_000);
            // Quarters: their sums are the same in any order.
            let price = next(&mut state, 4_000) as f64 / 4.0;
            let change = next(&mut state, 20_001) as f64 / 8.0 - 1_250.0;
            writeln!(
                shown,
                "{{\"at\":\"{}\",\"id\":{id},\"asset\":\"a{asset}\",\"country\":{country},\"tags\":{tags},\
                 \"weight\":{weight},\"price\":{price},\"change\":{change}}}",
                time(second)
            )
            .unwrap();
            if next(&mut state, 4) == 0 {
                let (later, seconds) = (next(&mut state, 40_000), next(&mut state, 9_000));
                writeln!(
                    played,
                    "{{\"at\":\"{}\",\"id\":{id},\"asset\":\"a{asset}\",\"seconds\":{seconds}}}",
                    time(second + later)
                )
                .unwrap();
            }
        }
        sandbox.write(&format!("shown/dt={day}/a.json"), &shown);
        sandbox.write(&format!("played/dt={day}/a.json"), &played);
    }
    sandbox
}

/// Sketches from elsewhere, so large that a file has several row groups.
pub(super) fn ready_made(n_threads: usize) -> Sandbox {
    let mut sandbox = Sandbox::new(READY_MADE);
    sandbox.n_threads = n_threads;
    let countries: Vec<String> = (0..48).map(|at| format!("c{at:02}")).collect();
    let large = sketch(Family::HllPlusPlus, 18, 0..80_000).encode();
    let small = sketch(Family::HllPlusPlus, 18, 0..7).encode();
    let types = [HllType::Hll4, HllType::Hll6, HllType::Hll8];
    let other = sketch(Family::DataSketches, 12, 0..9_000);
    let others = types.map(|target| other.encode_as(target).unwrap());
    let is_small = |at: &usize| at % 8 == 7;
    let viewers = (0..countries.len()).map(|at| Some(if is_small(&at) { &small } else { &large }));
    let viewers_too = (0..countries.len()).map(|at| others.get(at % 4));
    let columns: [(&str, ArrayRef); 4] = [
        ("day", Arc::new(StringArray::from(vec!["2026-01-31"; countries.len()]))),
        ("viewers", Arc::new(BinaryArray::from_iter(viewers))),
        ("viewers_too", Arc::new(BinaryArray::from_iter(viewers_too))),
        ("country", Arc::new(StringArray::from(countries.clone()))),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    sandbox.write_parquet("daily/dt=2026-01-31/a.parquet", &rows);
    sandbox
}
