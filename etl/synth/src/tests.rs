//! Whole folders: bytes, layout, refusals, further days. Answers are recounted in `recount.rs`.

mod recount;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use tempfile::TempDir;

use self::tables::{Row, read_rows, read_schema};
use super::{SynthConfig, SynthError, generate, generate_days};

/// Three days that a debug build generates in a moment.
fn tiny() -> SynthConfig {
    SynthConfig {
        seed: 11,
        start: date(2026, 2, 27),
        n_days: 3,
        n_events: 4_000,
        n_people: 300,
        n_assets: 24,
        n_countries: 4,
        answers: true,
        traps: false,
    }
}

/// The path of a new folder, which does not exist yet, inside one that is removed at the end.
fn new_folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("events");
    (parent, path)
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}

fn assert_same_files(one: &Path, other: &Path) {
    let (one, other) = (files(one), files(other));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, bytes) in &one {
        assert!(*bytes == other[name], "{} differs", name.display());
    }
}

#[test]
fn one_seed_gives_the_same_bytes_and_another_gives_others() {
    let (_guard, one) = new_folder();
    let (_guard, again) = new_folder();
    let (_guard, other) = new_folder();
    let summary = generate(&tiny(), &one, &()).unwrap();
    assert_eq!(generate(&tiny(), &again, &()).unwrap(), summary);
    generate(&SynthConfig { seed: 12, ..tiny() }, &other, &()).unwrap();
    assert_same_files(&one, &again);
    let (one, other) = (files(&one), files(&other));
    for (name, bytes) in one.iter().filter(|(name, _)| !name.ends_with("media.toml")) {
        assert!(Some(bytes) != other.get(name), "{} does not depend on the seed", name.display());
    }
}

#[test]
fn further_days_equal_a_longer_run() {
    let (_guard, extended) = new_folder();
    let (_guard, longer) = new_folder();
    generate(&tiny(), &extended, &()).unwrap();
    generate_days(&tiny(), &extended, 3, 1, &()).unwrap();
    // Some days again, and one more.
    let summary = generate_days(&tiny(), &extended, 2, 3, &()).unwrap();
    assert_eq!(generate(&tiny().extended_to(5), &longer, &()).unwrap(), summary);
    assert_same_files(&extended, &longer);
    // Days that already exist change nothing.
    generate_days(&tiny(), &extended, 0, 2, &()).unwrap();
    assert_same_files(&extended, &longer);
}

#[test]
fn further_days_need_their_own_folder_and_the_days_before() {
    let (_guard, folder) = new_folder();
    let fails = |config: &SynthConfig, first| {
        generate_days(config, &folder, first, 1, &()).unwrap_err().to_string()
    };
    assert!(fails(&tiny(), 3).contains("holds no events of `clio synth`"));
    generate(&tiny(), &folder, &()).unwrap();
    let before = files(&folder);
    assert!(fails(&tiny(), 4).contains("the next day index is 3, not 4"));
    assert!(
        fails(&SynthConfig { seed: 1, ..tiny() }, 3).contains("was made with `seed` 11, not 1")
    );
    assert!(
        fails(&SynthConfig { n_events: 9_000, ..tiny() }, 3).contains("was made with `n_events`")
    );
    assert!(files(&folder) == before);
}

#[test]
fn a_folder_of_others_is_refused_and_ones_own_is_replaced() {
    let (guard, folder) = new_folder();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("letters.txt"), "dear").unwrap();
    let error = generate(&tiny(), &folder, &()).unwrap_err();
    assert!(matches!(&error, SynthError::Occupied { entry, .. } if entry == "letters.txt"));
    fs::remove_file(folder.join("letters.txt")).unwrap();
    generate(&tiny(), &folder, &()).unwrap();
    let longer = SynthConfig { answers: false, ..tiny().extended_to(4) };
    generate(&longer, &folder, &()).unwrap();
    assert!(!folder.join("truth/answers.ndjson").try_exists().unwrap());
    // A foreign file is not ours to remove.
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let error = generate(&tiny(), &folder, &()).unwrap_err();
    assert!(matches!(&error, SynthError::Occupied { entry, .. } if entry == "notes.txt"));
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(guard.path()).unwrap().count(), 1);
}

#[test]
fn the_number_of_events_is_within_two_percent() {
    for n_days in [1, 2, 5, 7, 9] {
        let config =
            SynthConfig { n_days, n_events: 60_000, answers: false, ..SynthConfig::small() };
        let (_guard, folder) = new_folder();
        let n_events = generate(&config, &folder, &()).unwrap().n_events();
        assert!(n_events.abs_diff(60_000) <= 1_200, "{n_days} days: {n_events}");
    }
}

#[test]
fn files_have_the_promised_columns() {
    let (_guard, folder) = new_folder();
    generate(&tiny(), &folder, &()).unwrap();
    let check = |file: &str, expected: &str| {
        assert_eq!(read_schema(&folder.join(file)), expected, "{file}");
    };
    let time = "event_time Timestamp(µs, \"UTC\")";
    check(
        "impressions/dt=2026-02-28/part-00000.parquet",
        &format!(
            "{time}, profile_id Int64, asset_id Utf8, title_id Utf8, country Utf8?, device Utf8"
        ),
    );
    check(
        "plays/dt=2026-02-28/part-00000.parquet",
        &format!(
            "{time}, profile_id Int64, title_id Utf8, asset_id Utf8, country Utf8?, device Utf8, watch_seconds Int64"
        ),
    );
    check("profile_audiences/part-00000.parquet", "profile_id Int64, audience Utf8");
    check(
        "assets.parquet",
        "asset_id Utf8, title_id Utf8, name Utf8, title Utf8, media_type Utf8, language Utf8, tags List(non-null Utf8, field: 'element'), preview_url Utf8",
    );
    assert!(folder.join("previews/a00024.svg").try_exists().unwrap());
}

#[test]
fn rows_lie_in_their_day_in_order_of_time() {
    let (_guard, folder) = new_folder();
    let summary = generate(&tiny(), &folder, &()).unwrap();
    for day in &summary.days {
        for (source, n_rows) in [("impressions", day.impressions), ("plays", day.plays)] {
            let file = format!("{source}/dt={}/part-00000.parquet", day.day);
            let rows = read_rows(&folder.join(file));
            assert_eq!(rows.len() as u64, n_rows);
            assert!(rows.is_sorted_by_key(|row| row.time_us));
            assert!(rows.iter().all(|row| row.day() == day.day));
            let n_changes = rows.windows(2).filter(|pair| pair[0].profile_id != pair[1].profile_id);
            assert!(n_changes.count() > rows.len() / 2, "people are mixed");
        }
    }
}

#[test]
fn every_play_follows_an_impression_within_twenty_hours() {
    let (_guard, folder) = new_folder();
    let summary = generate(&tiny(), &folder, &()).unwrap();
    let read = |source: &str| -> Vec<Row> {
        let file = |day: &str| folder.join(format!("{source}/dt={day}/part-00000.parquet"));
        summary.days.iter().flat_map(|day| read_rows(&file(&day.day))).collect()
    };
    let mut seen: BTreeMap<(i64, String), BTreeSet<i64>> = BTreeMap::new();
    for row in read("impressions") {
        seen.entry((row.profile_id, row.asset_id)).or_default().insert(row.time_us);
    }
    let plays = read("plays");
    assert!(plays.len() > 100);
    for play in plays {
        let times = &seen[&(play.profile_id, play.asset_id)];
        let last = times.range(..=play.time_us).next_back().unwrap();
        assert!(play.time_us - last <= 20 * 3_600 * 1_000_000 + 1_000_000);
    }
}
