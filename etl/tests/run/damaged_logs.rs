//! Logs that wear out: a checkpoint is no more than its commits, and a commit that is not what it was is named or mended.

use std::collections::BTreeMap;
use std::fs;

use clio_etl::{Days, ErrorKind};
use clio_lake::{FORMAT_VERSION, FaultKind, check};
use deltalake::DeltaTableBuilder;
use deltalake::checkpoints::create_checkpoint;
use url::Url;

use crate::damage::{DAYS, OTHER, Wear, copy, edit_log, faults, lake, url, wear, write_day};
use crate::random::index;
use crate::sandbox::Sandbox;

/// A checkpoint at the newest of three versions.
async fn with_checkpoint() -> Sandbox {
    let mut sandbox = lake().await;
    for n_events in [20, 30] {
        write_day(&sandbox, OTHER, n_events);
        sandbox.run(Days::OutOfDate).await;
    }
    let cells = Url::from_directory_path(sandbox.path("lake/cells")).unwrap();
    let table = DeltaTableBuilder::from_url(cells).unwrap().load().await.unwrap();
    create_checkpoint(&table, None).await.unwrap();
    sandbox
}

const CHECKPOINT: &str = "00000000000000000002.checkpoint.parquet";

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_checkpoint_is_no_more_than_its_commits() {
    for name in [CHECKPOINT, "_last_checkpoint"] {
        for how in [Wear::CutOff, Wear::Gone] {
            let mut sandbox = with_checkpoint().await;
            let sound = sandbox.cells().await.files;
            wear(&sandbox.path(&format!("lake/cells/_delta_log/{name}")), how);
            let what = format!("{name} {how:?}");
            let kinds: Vec<_> = faults(&sandbox).await.iter().map(|fault| fault.kind).collect();
            // A hint that is gone is none.
            let expected: &[FaultKind] = match (name, how) {
                ("_last_checkpoint", Wear::Gone) => &[],
                _ => &[FaultKind::Checkpoint],
            };
            assert_eq!(kinds, expected, "{what}");
            let report = sandbox.run(Days::OutOfDate).await;
            assert!(report.unchanged, "{what}: {report:?}");
            assert_eq!(sandbox.cells().await.files, sound, "{what}");
            assert_eq!(faults(&sandbox).await, [], "{what}");
            write_day(&sandbox, OTHER, 40);
            sandbox.run(Days::OutOfDate).await;
            assert_eq!(faults(&sandbox).await, [], "{what}");
        }
    }
}

/// The new checkpoint was looked for by way of a log that does not see those from the damaged one on: it was written,
/// said not to be there, and the file that names the newest went on naming the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_older_than_the_newest_commits_is_mended_too() {
    for how in [Wear::CutOff, Wear::Gone] {
        let mut sandbox = with_checkpoint().await;
        for n_events in [50, 60, 70] {
            write_day(&sandbox, OTHER, n_events);
            sandbox.run(Days::OutOfDate).await;
        }
        let sound = sandbox.cells().await.files;
        wear(&sandbox.path(&format!("lake/cells/_delta_log/{CHECKPOINT}")), how);
        let report = sandbox.run(Days::OutOfDate).await;
        assert!(!report.mended.is_empty(), "{how:?}: {report:?}");
        assert_eq!(faults(&sandbox).await, [], "{how:?}");
        assert_eq!(sandbox.cells().await.files, sound, "{how:?}");
        assert!(sandbox.run(Days::OutOfDate).await.mended.is_empty(), "{how:?}");
    }
}

/// A bit of a checkpoint may lie where nobody reads; wherever it does not, the check says so, or the log is read without.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_of_a_checkpoint_changes_nothing_or_is_found() {
    let sandbox = with_checkpoint().await;
    let sound = sandbox.cells().await.files;
    let path = sandbox.path(&format!("lake/cells/_delta_log/{CHECKPOINT}"));
    let bytes = fs::read(&path).unwrap();
    let seed = 20_261_127;
    let mut state = seed;
    let mut n_found = 0;
    for _ in 0..40 {
        let (at, bit) = (index(&mut state, bytes.len()), index(&mut state, 8));
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        fs::write(&path, flipped).unwrap();
        let found = faults(&sandbox).await;
        let what = format!("seed {seed}, byte {at}, bit {bit}: {found:?}");
        if found.is_empty() {
            assert_eq!(sandbox.cells().await.files, sound, "{what}");
        } else {
            assert!(found.iter().any(|fault| fault.kind == FaultKind::Checkpoint), "{what}");
            n_found += 1;
        }
    }
    assert!(n_found > 10, "{n_found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_lacks_a_commit_is_named() {
    let mut sandbox = with_checkpoint().await;
    for name in [CHECKPOINT, "_last_checkpoint"] {
        fs::remove_file(sandbox.path(&format!("lake/cells/_delta_log/{name}"))).unwrap();
    }
    fs::remove_file(sandbox.path("lake/cells/_delta_log/00000000000000000001.json")).unwrap();
    let error = sandbox.try_run(Days::All).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lake, "{error}");
    let found = check(&url(&sandbox)).await.unwrap();
    let places: Vec<_> = found.faults.iter().map(|it| (it.kind, it.place.as_str())).collect();
    let gone = "cells/_delta_log/00000000000000000001.json";
    assert_eq!(places, [(FaultKind::Commit, gone), (FaultKind::Table, "cells")], "{found:?}");
}

/// A version that changes files and does not say what they are was taken for the snapshot before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_says_nothing_is_no_snapshot_and_the_next_run_makes_one() {
    let edits = [
        ("there is none, and the commit changes files", "\"clio\":", "\"cliq\":"),
        ("its checksum is ", "\\\"fingerprint\\\"", "\\\"fingerprinu\\\""),
    ];
    for (expected, from, to) in edits {
        let mut sandbox = lake().await;
        write_day(&sandbox, OTHER, 20);
        sandbox.run(Days::OutOfDate).await;
        let sound = sandbox.cells().await.files;
        edit_log(&sandbox, 1, |text| text.replace(from, to));
        let found = check(&url(&sandbox)).await.unwrap();
        let [fault] = &found.faults[..] else { panic!("{found:?}") };
        assert_eq!(fault.kind, FaultKind::Snapshot);
        assert!(fault.what.contains("version 1 is no snapshot; its `clio` entry: "), "{fault:?}");
        assert!(fault.what.contains(expected), "{fault:?}");
        let listed = clio_lake::snapshots(&url(&sandbox), None).await.unwrap();
        assert!(listed[0].unreadable.as_ref().unwrap().contains(expected), "{listed:?}");
        let report = sandbox.run(Days::OutOfDate).await;
        assert_eq!((report.unchanged, report.days.len()), (false, DAYS.len()));
        assert_eq!(sandbox.cells().await.files, sound);
        assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    }
}

/// The bytes of the newest version's files, by partition and without a look at what commits say.
async fn files(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let folder = sandbox.path("lake/cells");
    let url = Url::from_directory_path(&folder).unwrap();
    let table = DeltaTableBuilder::from_url(url).unwrap().load().await.unwrap();
    let views = table.snapshot().unwrap().log_data();
    let file = |path: String| {
        let bytes = fs::read(folder.join(&path)).unwrap();
        (path.rsplit_once('/').unwrap().0.to_owned(), bytes)
    };
    views.iter().map(|view| file(view.path().into_owned())).collect()
}

/// Whatever a bit of a commit does to what the log says of files and days: a run ends with the cells that there were, or
/// names what it cannot read.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_of_a_commit_is_mended_or_named() {
    let mut sandbox = lake().await;
    write_day(&sandbox, OTHER, 20);
    sandbox.run(Days::OutOfDate).await;
    let sound = files(&sandbox).await;
    copy(&sandbox.path("lake"), &sandbox.path("before"));
    let log = sandbox.path("lake/cells/_delta_log/00000000000000000001.json");
    let text = fs::read_to_string(&log).unwrap();
    // Where what is said of files is another, too.
    let day = format!("\"period\":\"{OTHER}\"");
    let edits = [
        ("{\"add\":", "{\"ade\":"),
        ("{\"remove\":", "{\"removd\":"),
        (day.as_str(), "\"period\":\"2026-02-03\""),
        ("\"clio.xxh3-128\":\"", "\"clio.xxh3-129\":\""),
    ];
    let mut worn: Vec<Vec<u8>> = Vec::new();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}: {text}");
        worn.push(text.replacen(from, to, 1).into_bytes());
        worn.push(text.replace(from, to).into_bytes());
    }
    let seed = 20_261_127;
    let mut state = seed;
    for _ in 0..24 {
        let mut bytes = text.clone().into_bytes();
        let at = index(&mut state, bytes.len());
        bytes[at] ^= 1 << index(&mut state, 8);
        worn.push(bytes);
    }
    let mut n_mended = 0;
    for (number, bytes) in worn.into_iter().enumerate() {
        copy(&sandbox.path("before"), &sandbox.path("lake"));
        let at = bytes.iter().zip(text.as_bytes()).position(|(a, b)| a != b).unwrap_or_default();
        let from = at.saturating_sub(40);
        let near = String::from_utf8_lossy(&bytes[from..bytes.len().min(at + 20)]).into_owned();
        fs::write(&log, bytes).unwrap();
        let what = format!("seed {seed}, number {number}: {near}");
        match sandbox.try_run(Days::OutOfDate).await {
            Ok(_) => {
                assert_eq!(files(&sandbox).await, sound, "{what}");
                let again = sandbox.run(Days::OutOfDate).await;
                assert!(again.unchanged, "{what}: {again:?}");
                n_mended += 1;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Lake, "{what}: {error}"),
        }
    }
    assert!(n_mended > 16, "{n_mended}");
}

/// Its time went where it is of another format, and stood only in the log of the service.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_cannot_be_read_is_listed_with_its_version_its_time_and_why() {
    let newer = |version: u32| format!("\\\"format_version\\\":{version}");
    for (from, to, expected) in [
        (newer(FORMAT_VERSION), newer(99), "its format version is 99"),
        ("\"clio\":\"{".to_owned(), "\"clio\":\"[".to_owned(), "the `clio` entry of commit 0: "),
        ("\"timestamp\":".to_owned(), "\"stamp\":".to_owned(), "its checksum is "),
    ] {
        let mut sandbox = lake().await;
        write_day(&sandbox, OTHER, 20);
        sandbox.run(Days::OutOfDate).await;
        let list = async || clio_lake::snapshots(&url(&sandbox), None).await.unwrap();
        let sound = list().await;
        let says_when = to != "\"stamp\":";
        edit_log(&sandbox, 0, |text| {
            let text = text.replace(&from, &to);
            if says_when { text } else { text.replace("\\\"run\\\"", "\\\"ran\\\"") }
        });
        let listed = list().await;
        assert_eq!(listed[0], sound[0]);
        let (unreadable, before) = (&listed[1], &sound[1]);
        assert_eq!((unreadable.version, before.version), (0, 0));
        assert!(unreadable.unreadable.as_ref().unwrap().contains(expected), "{listed:?}");
        // Else it is the time at which the storage took the file.
        assert_eq!(unreadable.committed_at == before.committed_at, says_when, "{listed:?}");
        assert!(unreadable.committed_at >= before.committed_at, "{listed:?}");
    }
}
