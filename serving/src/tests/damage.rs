//! Damaged files: none is served, each is named, and what was served continues to be.

use std::fs;
use std::path::Path;

use clio_proto::{CubeService as _, Period, Query, ServingState, SnapshotId};

use super::events::{Event, day, days, generate};
use super::lake::TestLake;
use super::oracle::check;
use super::queries::{MEASURES, group_by};
use crate::{Cubes, ServingConfig, ServingError};

fn january() -> Vec<Event> {
    generate(1, &days("2026-01-01", "2026-01-03"), 40)
}

/// The error of loading a lake that must not be served.
async fn refusal(lake: &TestLake) -> String {
    match Cubes::load_once(ServingConfig::new(lake.url())).await {
        Err(error @ ServingError::Refused { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A number below `n`, from a generator that gives the same ones everywhere.
fn next(state: &mut u64, n: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % n
}

fn below<'a>(lake: &TestLake, file: &'a Path) -> &'a Path {
    file.strip_prefix(lake.path("")).unwrap()
}

/// Of thirty such bit flips in an all-time file a third was served: wrong numbers, with tight bounds.
#[tokio::test]
async fn a_flipped_bit_of_a_file_is_refused_and_named() {
    let lake = TestLake::with(january());
    let seed = 20_261_127;
    let mut state = seed;
    for period in ["all", "2026-01"] {
        let file = lake.file(period.parse().unwrap());
        let sound = fs::read(&file).unwrap();
        for _ in 0..32 {
            let (at, bit) = (next(&mut state, sound.len()), next(&mut state, 8));
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&file, bytes).unwrap();
            let said = refusal(&lake).await;
            let place = format!("file `{}` (period {period}): ", below(&lake, &file).display());
            let what = format!("seed {seed}, byte {at}, bit {bit}: {said}");
            assert!(said.contains(&place), "{what}");
            assert!(
                said.contains("its checksum is ") && said.contains(", the log says "),
                "{what}"
            );
            assert!(said.contains("`clio lake check`") && said.contains("`clio etl run --all`"));
        }
        fs::write(&file, sound).unwrap();
    }
    Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_gone_or_cut_off_is_refused_and_named() {
    let lake = TestLake::with(january());
    let file = lake.file("2026-01-02".parse().unwrap());
    let sound = fs::read(&file).unwrap();
    fs::write(&file, &sound[..sound.len() / 2]).unwrap();
    let said = refusal(&lake).await;
    let sizes = format!("it has {} bytes, the log says {}", sound.len() / 2, sound.len());
    assert!(said.contains("period 2026-01-02") && said.contains(&sizes), "{said}");
    fs::remove_file(&file).unwrap();
    let said = refusal(&lake).await;
    assert!(said.contains("(period 2026-01-02): it is gone; "), "{said}");
}

#[tokio::test]
async fn a_flipped_bit_of_a_lookup_is_refused_and_named() {
    let lake = TestLake::with(january());
    let folder = lake.path("lookups/assets");
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|it| it == "parquet")).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&file, bytes).unwrap();
    let said = refusal(&lake).await;
    let place = format!("file `{}`: its checksum is ", below(&lake, &file).display());
    assert!(said.contains(&place), "{said}");
}

#[tokio::test]
async fn what_is_served_goes_on_until_the_file_is_back_or_another_snapshot_comes() {
    let mut lake = TestLake::with(january());
    let cubes = Cubes::open(ServingConfig::new(lake.url())).await.unwrap();
    let before = lake.events.clone();
    let query = Query { group_by: group_by(&["country"]), ..Query::total(MEASURES) };
    let flip = |lake: &TestLake, period: &str| {
        let file = lake.file(period.parse::<Period>().unwrap());
        let mut bytes = fs::read(&file).unwrap();
        bytes[9] ^= 16;
        fs::write(&file, bytes).unwrap();
    };
    lake.replace_days(generate(2, &[day("2026-01-02")], 30));
    flip(&lake, "2026-01");
    cubes.look().await;
    let status = cubes.status_board().current();
    let said = status.message.unwrap_or_default();
    assert_eq!(status.state, ServingState::Stale);
    assert!(said.starts_with("snapshot 1 is refused: file `cells/grain=month/"), "{said}");
    assert!(said.ends_with("; snapshot 0 is still served"), "{said}");
    let answer = cubes.query(query.clone(), None).await.unwrap();
    check(&before, &query, &answer);

    // Somebody restores the file: that is noticed when the whole log is looked at, every tenth time.
    flip(&lake, "2026-01");
    for _ in 0..10 {
        cubes.look().await;
    }
    assert_eq!(cubes.status_board().current().state, ServingState::Serving);
    let answer = cubes.query(query.clone(), None).await.unwrap();
    assert_eq!(answer.snapshot.id, SnapshotId(1));
    check(&lake.events, &query, &answer);

    // A run repairs it.
    lake.replace_days(generate(3, &[day("2026-01-03")], 30));
    flip(&lake, "all");
    cubes.look().await;
    assert_eq!(cubes.status_board().current().state, ServingState::Stale);
    lake.replace_days(generate(4, &[day("2026-01-03")], 30));
    cubes.look().await;
    assert_eq!(cubes.status_board().current().state, ServingState::Serving);
    let answer = cubes.query(query.clone(), None).await.unwrap();
    check(&lake.events, &query, &answer);
}

/// Format version 1, without checksums: it is served as usual.
#[tokio::test]
async fn a_lake_without_checksums_is_served() {
    let mut lake = TestLake::empty();
    let as_version_1 = |metadata: &mut clio_lake::SnapshotMetadata| {
        metadata.format_version = 1;
        metadata.writer = String::new();
        metadata.files = None;
    };
    lake.commit(january(), as_version_1, |_, batch| batch);
    lake.forget_checksums("cells", 0);
    lake.forget_checksums("lookups/assets", 0);
    let cubes = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    let query = Query { group_by: group_by(&["country"]), ..Query::total(MEASURES) };
    let answer = cubes.query(query.clone(), None).await.unwrap();
    check(&lake.events, &query, &answer);
    let file = lake.file(Period::All);
    let sound = fs::read(&file).unwrap();
    fs::write(file, &sound[..sound.len() - 1]).unwrap();
    let said = refusal(&lake).await;
    assert!(said.contains(" bytes, the log says "), "{said}");
}

/// The files of a commit without description were served with the description of the previous commit.
#[tokio::test]
async fn a_commit_that_changes_files_and_says_nothing_is_no_snapshot() {
    let mut lake = TestLake::with(january());
    let cubes = Cubes::open(ServingConfig::new(lake.url())).await.unwrap();
    lake.replace_days(generate(2, &[day("2026-01-02")], 30));
    lake.edit_log("cells", 1, |text| text.replace("\"clio\":", "\"cliq\":"));
    cubes.look().await;
    let status = cubes.status_board().current();
    assert_eq!(status.state, ServingState::Stale);
    let said = status.message.unwrap_or_default();
    let expected = "snapshot 1 is refused: the `clio` entry of commit 1: there is none, and the commit changes \
                    files; snapshot 0 is still served";
    assert_eq!(said, expected);
}

/// A commit truncated to nothing was served, as a snapshot of 1970 that silently lacked its days.
#[tokio::test]
async fn a_commit_that_is_cut_off_is_no_snapshot() {
    let mut lake = TestLake::with(january());
    lake.replace_days(generate(2, &[day("2026-01-02")], 30));
    let path = lake.path("cells/_delta_log/00000000000000000001.json");
    let sound = fs::read(&path).unwrap();
    let ends = sound.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let cuts: Vec<usize> = [0, 1].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
    assert!(cuts.len() > 4, "{cuts:?}");
    for cut in cuts.into_iter().filter(|cut| *cut < sound.len()) {
        fs::write(&path, &sound[..cut]).unwrap();
        let loaded = Cubes::load_once(ServingConfig::new(lake.url())).await;
        assert!(loaded.is_err(), "cut to {cut} of {} bytes", sound.len());
    }
    fs::write(&path, b"").unwrap();
    let error = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap_err().to_string();
    assert!(error.contains("the commit is empty"), "{error}");
}

/// Bits of the commit itself: its description of files and of the snapshot is the one that was written, or it is
/// refused.
#[tokio::test]
async fn a_flipped_bit_of_a_commit_is_refused_or_changes_nothing() {
    let mut lake = TestLake::with(january());
    lake.replace_days(generate(2, &[day("2026-01-02")], 30));
    let path = lake.path("cells/_delta_log/00000000000000000001.json");
    let sound = fs::read(&path).unwrap();
    let query = Query { group_by: group_by(&["country", "day"]), ..Query::total(MEASURES) };
    let ask = async || {
        let cubes = match Cubes::load_once(ServingConfig::new(lake.url())).await {
            Ok(cubes) => cubes,
            Err(error) => return Err(error.to_string()),
        };
        let mut answer = cubes.query(query.clone(), None).await.unwrap();
        // The time of the commit is for people to read, and affects no number.
        answer.snapshot.committed_at = jiff::Timestamp::UNIX_EPOCH;
        answer.elapsed = std::time::Duration::ZERO;
        answer.work = None;
        Ok(answer)
    };
    let expected = ask().await.unwrap();
    let seed = 20_261_127;
    let mut state = seed;
    let mut n_refused = 0;
    for _ in 0..200 {
        let (at, bit) = (next(&mut state, sound.len()), next(&mut state, 8));
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << bit;
        fs::write(&path, bytes).unwrap();
        match ask().await {
            Ok(answer) => assert_eq!(answer, expected, "seed {seed}, byte {at}, bit {bit}"),
            Err(_) => n_refused += 1,
        }
    }
    assert!(n_refused > 150, "{n_refused}");
}
