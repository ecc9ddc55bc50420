//! Commits one after another, one over another, and one of which the answer got lost.

use std::time::Duration;

use super::*;
use arrow::datatypes::{DataType, Field};
use clio_proto::Fingerprint;

use crate::format::SnapshotMetadata;
use crate::version::{FORMAT_VERSION, WRITER};

fn folder(dir: &std::path::Path) -> DeltaFolder {
    DeltaFolder::open(&Url::from_directory_path(dir).unwrap(), "cells").unwrap()
}

fn schema() -> SchemaRef {
    let fields = [GRAIN_COLUMN, PERIOD_COLUMN, "country"];
    let fields = fields.map(|name| Field::new(name, DataType::Utf8, true));
    Arc::new(Schema::new(fields.to_vec()))
}

fn file(path: &str) -> LakeFile {
    let checksum = Some(Checksum::of(b"cells"));
    LakeFile {
        path: path.to_owned(),
        size_bytes: 7,
        n_rows: 3,
        period: Some(Period::All),
        checksum,
    }
}

fn metadata(run: &str) -> SnapshotMetadata {
    SnapshotMetadata {
        format_version: FORMAT_VERSION,
        writer: WRITER.to_owned(),
        files: None,
        run: RunId::new(run),
        fingerprint: Fingerprint::new("f"),
        model: String::new(),
        days: Vec::new(),
        provisional_days: Vec::new(),
        rows_in: Default::default(),
        rows_out_of_day: Default::default(),
        rows_unattributed: Default::default(),
        rows_quarantined: Default::default(),
        lookups: Default::default(),
        cells: Default::default(),
        checks: Vec::new(),
        accepted: None,
        inputs: Default::default(),
        first_days: Default::default(),
        retired: Default::default(),
        columns: Default::default(),
    }
}

/// Makes a commit, and its checkpoint if it has one, two months old.
fn make_old(log: &std::path::Path, version: u64) {
    for name in [format!("{version:020}.json"), format!("{version:020}.checkpoint.parquet")] {
        let Ok(file) = std::fs::File::options().write(true).open(log.join(name)) else { continue };
        let then = file.metadata().unwrap().modified().unwrap() - Duration::from_secs(60 * 86_400);
        file.set_modified(then).unwrap();
    }
}

/// A commit whose information has the sum of what it says.
fn with_sum(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let mut action: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(info) = action.get_mut("commitInfo") {
            let sum = Checksum::of(info[SNAPSHOT_KEY].as_str().unwrap().as_bytes());
            info[CHECKSUM_TAG] = sum.to_string().into();
        }
        action.to_string() + "\n"
    });
    lines.collect()
}

/// The library writes a checkpoint every hundred commits, from which the log is read from then on, and clears
/// away commits before an older checkpoint once they are of thirty days ago: so that years of hourly commits
/// are opened as fast as those of a month.
#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_commits_are_read_back_from_a_short_log() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let log = dir.path().join("cells/_delta_log");
    let mut second = String::new();
    for version in 0..203_u64 {
        if version > 1 && version % 100 != 99 {
            // As the library does, which reads the log before each commit and takes its time for it.
            let (old, new) = (format!("run-{:03}", version - 1), format!("run-{version:03}"));
            let text = second.replace("run-001", &new).replace("run-000", &old);
            let text = with_sum(&text);
            std::fs::write(log.join(format!("{version:020}.json")), text).unwrap();
            continue;
        }
        if version == 199 {
            (0..=120).for_each(|old| make_old(&log, old));
        }
        let state = folder.state().await.unwrap();
        let added = file(&format!("grain=all/period=all/run-{version:03}.parquet"));
        let removed = state.as_ref().map(|state| state.files.clone()).unwrap_or_default();
        let metadata = Some(metadata(&format!("run-{version:03}")));
        let change = Change { added: vec![added], removed, metadata, purpose: Purpose::Writes };
        let outcome = folder.commit(state.as_ref(), &schema(), &change, 0).await.unwrap();
        assert_eq!(outcome, Outcome::Committed(version));
        if version == 1 {
            second = std::fs::read_to_string(log.join(format!("{version:020}.json"))).unwrap();
        }
    }
    let state = folder.state().await.unwrap().unwrap();
    assert_eq!(state.files, [file("grain=all/period=all/run-202.parquet")]);
    assert_eq!(folder.metadata(&state).await.unwrap().unwrap().run.as_str(), "run-202");
    assert!(differences(&state.schema, &schema()).is_empty());
    let names = std::fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort_unstable();
    let (checkpoints, commits): (Vec<&String>, Vec<&String>) = names
        .iter()
        .filter(|name| !name.starts_with('_'))
        .partition(|name| !name.ends_with("json"));
    assert_eq!(commits.len(), 203 - 99, "the first is that of the checkpoint: {commits:?}");
    assert!(checkpoints[0].starts_with("00000000000000000099.checkpoint"), "{checkpoints:?}");
    assert!(checkpoints[1].starts_with("00000000000000000199.checkpoint"), "{checkpoints:?}");
    let versions = folder.versions(&state, None).await.unwrap();
    let of = |at: usize| {
        let metadata = versions[at].metadata.as_ref().unwrap().as_ref().unwrap();
        (versions[at].version, metadata.run.as_str())
    };
    assert_eq!((versions.len(), of(0), of(103)), (104, (202, "run-202"), (99, "run-099")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_onto_an_old_state_is_overtaken() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let change = |run: &str| Change {
        added: vec![file(&format!("{run}.parquet"))],
        removed: Vec::new(),
        metadata: Some(metadata(run)),
        purpose: Purpose::Writes,
    };
    let commit = async |state: Option<&TableState>, run: &str| {
        folder.commit(state, &schema(), &change(run), 0).await.unwrap()
    };
    assert_eq!(commit(None, "a").await, Outcome::Committed(0));
    assert_eq!(commit(None, "b").await, Outcome::Overtaken);
    let state = folder.state().await.unwrap();
    assert_eq!(commit(state.as_ref(), "c").await, Outcome::Committed(1));
    assert_eq!(commit(state.as_ref(), "d").await, Outcome::Overtaken);
    let newer = folder.state().await.unwrap().unwrap();
    assert_eq!(newer.files.len(), 2);
    // One that only removes is none the less, whatever others have done meanwhile.
    let removal = Change {
        removed: vec![file("a.parquet")],
        metadata: Some(metadata("e")),
        purpose: Purpose::Removes("grain = 'day' AND (period LIKE '2025-01-%')".to_owned()),
        ..Change::default()
    };
    let outcome = folder.commit(state.as_ref(), &schema(), &removal, 0).await.unwrap();
    assert_eq!(outcome, Outcome::Overtaken);
    let outcome = folder.commit(Some(&newer), &schema(), &removal, 0).await.unwrap();
    assert_eq!(outcome, Outcome::Committed(2));
    assert_eq!(folder.state().await.unwrap().unwrap().files, [file("c.parquet")]);
}

/// An answer that got lost on its way: the commit is in, its files must not be deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_in_although_it_seemed_to_fail_counts() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut change = Change { added: vec![file("a.parquet")], ..Change::default() };
    let lost = DeltaTableError::Generic("connection reset".to_owned());
    folder.outcome_after(&lost, &change).await.unwrap_err();
    folder.commit(None, &schema(), &change, 0).await.unwrap();
    assert_eq!(folder.outcome_after(&lost, &change).await.unwrap(), Outcome::Committed(0));
    change.metadata = Some(metadata("other"));
    let error = folder.outcome_after(&lost, &change).await.unwrap_err();
    assert!(
        error.to_string().ends_with("/cells/: Generic DeltaTable error: connection reset"),
        "{error}"
    );
}
