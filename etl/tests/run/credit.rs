//! Attribution against the definition: every pair of an impression and a play is looked at, over
//! generated events full of ties and edges of windows.

use std::collections::{BTreeMap, BTreeSet};

use clio_etl::{Days, RunReport};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, proptest};
use proptest::{collection, option, sample};

use crate::attribution::{ASSETS, TYPED_IMPRESSION, TYPED_PLAY, model, write_rows};
use crate::sandbox::{Sandbox, Stored, days};

#[derive(Debug, Clone)]
struct Impression {
    at: Timestamp,
    id: Option<i64>,
    asset: Option<&'static str>,
    country: Option<&'static str>,
    tags: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Play {
    at: Timestamp,
    id: Option<i64>,
    title: Option<&'static str>,
    seconds: i64,
}

#[derive(Debug, Clone)]
struct World {
    zone: &'static str,
    window_hours: i64,
    /// Every file in the folder of its day, or all in one.
    has_folders: bool,
    n_threads: usize,
    impressions: Vec<Impression>,
    plays: Vec<Play>,
}

/// Whole hours around a new year and a change of clocks, some a microsecond off.
fn instant() -> impl Strategy<Value = Timestamp> {
    let starts = ["2025-12-31T00:00:00Z", "2026-03-07T12:00:00Z"];
    (sample::select(starts.to_vec()), 0_i64..60, sample::select(vec![0_i64, 0, 0, 0, -1, 1]))
        .prop_map(|(start, hours, micros)| {
            let start: Timestamp = start.parse().unwrap();
            start + SignedDuration::from_hours(hours) + SignedDuration::from_micros(micros)
        })
}

fn impression() -> impl Strategy<Value = Impression> {
    let id = option::weighted(0.95, 0_i64..4);
    let asset = option::weighted(0.95, sample::select(vec!["a1", "a2", "b1", "zz"]));
    let country = option::of(sample::select(vec!["US", "DE", "XX"]));
    let tags = sample::select(vec![vec![], vec!["x"], vec!["y", "x"], vec!["x", "y"]]);
    (instant(), id, asset, country, tags).prop_map(|(at, id, asset, country, tags)| Impression {
        at,
        id,
        asset,
        country,
        tags,
    })
}

fn play() -> impl Strategy<Value = Play> {
    let id = option::weighted(0.95, 0_i64..4);
    let title = option::weighted(0.95, sample::select(vec!["t1", "t2"]));
    (instant(), id, title, 5_i64..40).prop_map(|(at, id, title, seconds)| Play {
        at,
        id,
        title,
        seconds,
    })
}

fn world() -> impl Strategy<Value = World> {
    let zone = sample::select(vec!["UTC", "UTC", "America/New_York", "Asia/Kolkata"]);
    let window_hours = sample::select(vec![1_i64, 24, 24, 25, 60]);
    let impressions = collection::vec(impression(), 0..60);
    let plays = collection::vec(play(), 1..60);
    (zone, window_hours, proptest::bool::weighted(0.8), 1_usize..4, impressions, plays).prop_map(
        |(zone, window_hours, has_folders, n_threads, impressions, plays)| World {
            zone,
            window_hours,
            has_folders,
            n_threads,
            impressions,
            plays,
        },
    )
}

fn title_of(asset: Option<&str>) -> Option<&'static str> {
    match asset? {
        "a1" | "a2" => Some("t1"),
        "b1" => Some("t2"),
        _ => None,
    }
}

#[derive(Default)]
struct Cell {
    impressions: u64,
    viewers: BTreeSet<i64>,
    plays: u64,
    players: BTreeSet<i64>,
    seconds: i64,
    played_assets: BTreeSet<&'static str>,
}

/// Day, country, asset, set of tags.
type Key = (String, Option<&'static str>, Option<&'static str>, Vec<&'static str>);

impl World {
    fn day(&self, at: Timestamp) -> String {
        at.to_zoned(TimeZone::get(self.zone).unwrap()).date().to_string()
    }

    fn key(&self, seen: &Impression) -> Key {
        let mut tags = seen.tags.clone();
        tags.sort_unstable();
        (self.day(seen.at), seen.country, seen.asset, tags)
    }

    /// The impressions that count.
    fn seen(&self) -> impl Iterator<Item = &Impression> {
        self.impressions.iter().filter(|seen| seen.country != Some("XX"))
    }

    /// The definition, word for word.
    fn credited_to(&self, play: &Play) -> Option<&Impression> {
        let window = SignedDuration::from_hours(self.window_hours);
        let candidates = self.seen().filter(|seen| {
            seen.id.is_some()
                && seen.id == play.id
                && play.title.is_some()
                && title_of(seen.asset) == play.title
                && seen.at <= play.at
                && play.at.duration_since(seen.at) <= window
        });
        let candidates: Vec<&Impression> = candidates.collect();
        let last = candidates.iter().map(|seen| seen.at).max()?;
        let of_last = candidates.into_iter().filter(|seen| seen.at == last);
        of_last.min_by_key(|seen| (seen.country, seen.asset, seen.tags.clone()))
    }

    /// The cells of each day, and the plays without credit by day.
    fn expected(&self) -> (BTreeMap<String, Vec<String>>, BTreeMap<String, u64>) {
        let mut cells: BTreeMap<Key, Cell> = BTreeMap::new();
        let mut unattributed = BTreeMap::new();
        for seen in self.seen() {
            let cell = cells.entry(self.key(seen)).or_default();
            cell.impressions += 1;
            cell.viewers.extend(seen.id);
        }
        for play in self.plays.iter().filter(|play| play.seconds >= 10) {
            let Some(seen) = self.credited_to(play) else {
                *unattributed.entry(self.day(play.at)).or_default() += 1;
                continue;
            };
            let cell = cells.entry(self.key(seen)).or_default();
            cell.plays += 1;
            cell.players.extend(play.id);
            cell.seconds += play.seconds;
            cell.played_assets.extend(seen.asset);
        }
        let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for ((day, country, asset, tags), cell) in cells {
            assert!(cell.players.is_subset(&cell.viewers), "players are among the viewers");
            let (country, asset) = (country.unwrap_or("null"), asset.unwrap_or("null"));
            let (viewers, players) = (cell.viewers.len(), cell.players.len());
            let (shown, plays, seconds) = (cell.impressions, cell.plays, cell.seconds);
            let (tags, assets) = (tags.join(","), cell.played_assets.len());
            days.entry(day).or_default().push(format!(
                "{country} {asset} [{tags}] {shown} {viewers} {plays} {players} {seconds} {assets}"
            ));
        }
        (days, unattributed)
    }

    /// Each file has some of a day's rows, in the order in which they were drawn.
    fn sandbox(&self) -> Sandbox {
        let mut sandbox = Sandbox::new(&model(self.zone, &format!("{}h", self.window_hours)));
        sandbox.n_threads = self.n_threads;
        sandbox.write("assets.json", ASSETS);
        let json =
            |value: Option<&str>| value.map_or("null".to_owned(), |text| format!("{text:?}"));
        let id = |id: Option<i64>| id.map_or("null".to_owned(), |id| id.to_string());
        let impressions = self.impressions.iter().map(|seen| {
            let (asset, country) = (json(seen.asset), json(seen.country));
            let row = format!(
                "{{\"at\":\"{}\",\"id\":{},\"asset\":{asset},\"country\":{country},\"tags\":{:?}}}\n",
                seen.at,
                id(seen.id),
                seen.tags
            );
            (seen.at, row)
        });
        let plays = self.plays.iter().map(|play| {
            let row = format!(
                "{{\"at\":\"{}\",\"id\":{},\"title\":{},\"seconds\":{}}}\n",
                play.at,
                id(play.id),
                json(play.title),
                play.seconds
            );
            (play.at, row)
        });
        let by_day = |(at, row): (Timestamp, String)| (at.strftime("%Y-%m-%d").to_string(), row);
        if self.has_folders {
            write_rows(&sandbox, "impressions", TYPED_IMPRESSION, impressions.map(by_day));
            write_rows(&sandbox, "plays", TYPED_PLAY, plays.map(by_day));
        } else {
            let rows = impressions.map(|(_, row)| row).collect::<String>();
            sandbox.write("impressions/a.json", &(TYPED_IMPRESSION.to_owned() + &rows));
            let rows = plays.map(|(_, row)| row).collect::<String>();
            sandbox.write("plays/a.json", &(TYPED_PLAY.to_owned() + &rows));
        }
        sandbox
    }

    /// All days that any event happened on, in no particular order.
    fn days(&self) -> Vec<String> {
        let all =
            self.impressions.iter().map(|seen| seen.at).chain(self.plays.iter().map(|p| p.at));
        let days: BTreeSet<String> = all.map(|at| self.day(at)).collect();
        let mut days: Vec<String> = days.into_iter().collect();
        days.sort_by_key(|day| day.bytes().rev().collect::<Vec<_>>());
        days
    }
}

async fn stored(sandbox: &Sandbox) -> Option<Stored> {
    sandbox.table("cells").await
}

fn unattributed(stored: &Stored) -> BTreeMap<String, u64> {
    let metadata = stored.metadata.as_ref().unwrap();
    let by_day = metadata.rows_unattributed.get("qualified_plays");
    by_day.into_iter().flatten().map(|(day, n)| (day.to_string(), *n)).collect()
}

async fn run(world: &World) -> (Sandbox, RunReport, Option<Stored>) {
    let mut sandbox = world.sandbox();
    let report = sandbox.run(Days::All).await;
    let stored = stored(&sandbox).await;
    (sandbox, report, stored)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn plays_are_credited_as_the_definition_says(world in world()) {
        let (expected, expected_unattributed) = world.expected();
        let (mut whole, report, cells) = runtime().block_on(run(&world));
        for (day, lines) in &expected {
            prop_assert_eq!(&cells.as_ref().unwrap().lines(day), lines, "{}", day);
        }
        let found: Vec<String> = report.days.iter().map(ToString::to_string).collect();
        prop_assert_eq!(found, expected.keys().cloned().collect::<Vec<_>>());
        let counted = report.rows_unattributed.get("qualified_plays");
        let counted: BTreeMap<String, u64> =
            counted.into_iter().flatten().map(|(day, n)| (day.to_string(), *n)).collect();
        prop_assert_eq!(&counted, &expected_unattributed);
        if let Some(cells) = cells {
            prop_assert_eq!(&unattributed(&cells), &expected_unattributed);
            prop_assert!(runtime().block_on(whole.run(Days::All)).unchanged, "a rerun changes nothing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]
    #[test]
    fn days_run_one_by_one_give_the_same_bytes_as_all_together(world in world()) {
        let (_whole, _, cells) = runtime().block_on(run(&world));
        let Some(cells) = cells else { return Ok(()) };
        // In another order, and with another number of threads.
        let mut stepwise = world.sandbox();
        stepwise.n_threads = 5 - world.n_threads;
        runtime().block_on(async {
            for day in world.days() {
                stepwise.run(days(&day, &day)).await;
            }
        });
        let stepwise = runtime().block_on(stored(&stepwise)).unwrap();
        prop_assert_eq!(&stepwise.files, &cells.files);
        prop_assert_eq!(unattributed(&stepwise), unattributed(&cells));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}
