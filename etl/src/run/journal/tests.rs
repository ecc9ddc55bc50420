//! The journal alone: what a dead run leaves is taken once, what a living one has is left to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clio_lake::{CELLS_TABLE, Change, DeltaFolder, MIN_KEPT, Vacuum};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use jiff::{SignedDuration, Timestamp};

use super::*;

fn begin(folder: &Path, run: &str) -> Journal {
    let clock = Clock::new("2026-03-01T12:00:00Z".parse().unwrap());
    Journal::begin(folder, "file:///lake/", &RunId::new(run), clock).unwrap()
}

fn staged(path: &str) -> StagedSweep {
    let day = StagedDay {
        day: "2026-01-05".parse().unwrap(),
        path: path.to_owned(),
        size_bytes: 7,
        n_rows: 3,
        checksum: "c".to_owned(),
    };
    StagedSweep {
        days: vec![day],
        rows_in: Default::default(),
        rows_out_of_day: Default::default(),
        quarantined: Default::default(),
    }
}

#[test]
fn what_a_dead_run_leaves_is_taken_over_once() {
    let folder = tempfile::tempdir().unwrap();
    let dead = begin(folder.path(), "dead");
    dead.found_version(Some(4)).unwrap();
    let step = dead.begin_step("roll up 2026-01-05").unwrap();
    dead.intend("cells", "a.parquet").unwrap();
    dead.intend("cells", "b.parquet").unwrap();
    dead.forget("cells", "b.parquet").unwrap();
    dead.sweep_done("2026-01-05", "files", &staged("a.parquet")).unwrap();
    dead.end_step(step, 7).unwrap();

    // Alive: nobody takes anything.
    let living = begin(folder.path(), "living");
    assert!(living.take_over().unwrap().is_empty());
    drop(dead);
    let found = living.take_over().unwrap();
    assert_eq!(found.len(), 1);
    let leftovers = &found[0];
    assert_eq!((leftovers.run.as_str(), leftovers.base_version), ("dead", Some(4)));
    assert!(leftovers.needs_record);
    assert_eq!(leftovers.files["cells"], ["a.parquet"]);
    let (made_of, sweep) = &leftovers.sweeps["2026-01-05"];
    assert_eq!((made_of.as_str(), sweep), ("files", &staged("a.parquet")));
    assert_eq!(living.steps_of("dead").unwrap()[0].n_rows, 7);

    // Its files are the heir's now, and are passed on when that dies too.
    living.recorded("dead").unwrap();
    let third = begin(folder.path(), "third");
    assert!(third.take_over().unwrap().is_empty());
    drop(living);
    let found = third.take_over().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].run.as_str(), found[0].base_version), ("living", None));
    assert_eq!(found[0].files["cells"], ["a.parquet"]);
}

#[test]
fn a_run_that_ended_leaves_what_it_kept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for (run, keeps) in [("kept", true), ("ended", false)] {
        let journal = begin(folder.path(), run);
        journal.intend("cells", "a.parquet").unwrap();
        journal.sweep_done("2026-01-05", "files", &staged("a.parquet")).unwrap();
        if !keeps {
            journal.forget("cells", "a.parquet").unwrap();
        }
        journal.end(RunOutcome::Failed, None, keeps).unwrap();
    }
    let next = begin(folder.path(), "next");
    let found = next.take_over().unwrap();
    assert_eq!(found.iter().map(|own| own.run.as_str()).collect::<Vec<_>>(), ["kept"]);
    assert!(!found[0].needs_record);
    assert_eq!(found[0].sweeps.len(), 1);
    assert_eq!(std::fs::read_dir(folder.path().join("running")).unwrap().count(), 1);
}

#[test]
fn two_runs_do_not_share_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let _first = begin(folder.path(), "run");
    let clock = Clock::new("2026-03-01T12:00:00Z".parse().unwrap());
    let second = Journal::begin(folder.path(), "file:///lake/", &RunId::new("run"), clock);
    let message = second.unwrap_err().to_string();
    assert!(message.contains("run run is running") && message.contains("--state"), "{message}");
}

/// A journal of a later version of the program is not touched.
#[test]
fn another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    begin(folder.path(), "run").end(RunOutcome::Committed, None, false).unwrap();
    let connection = Connection::open(folder.path().join("journal.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let clock = Clock::new("2026-03-01T12:00:00Z".parse().unwrap());
    let next = Journal::begin(folder.path(), "file:///lake/", &RunId::new("next"), clock);
    assert!(next.unwrap_err().to_string().contains("of version 99, this program's of 1"));
}

/// What keeping book adds to a step.
#[test]
fn a_step_costs_less_than_ten_milliseconds() {
    let folder = tempfile::tempdir().unwrap();
    let journal = begin(folder.path(), "run");
    let n_steps = 200;
    let since = Instant::now();
    for index in 0..n_steps {
        let step = journal.begin_step(&format!("roll up {index}")).unwrap();
        journal.intend("cells", &format!("{index}.parquet")).unwrap();
        journal.sweep_done(&index.to_string(), "files", &staged("a.parquet")).unwrap();
        journal.end_step(step, 1).unwrap();
    }
    let mean = since.elapsed() / n_steps;
    assert!(mean < Duration::from_millis(10), "{mean:?}");
}

/// Two runs that began together on a new journal: one of them was told that the database is locked.
#[test]
fn runs_that_begin_together_make_one_journal() {
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let together = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    let opened = open(folder.path());
                    assert!(opened.is_ok(), "{round}: {opened:?}");
                });
            }
        });
    }
}

/// A vacuum beside a run deleted what the run had written and not committed yet.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_is_writing_is_spared_by_a_vacuum_whatever_its_age() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Url::from_directory_path(folder.path()).unwrap();
    let cells = DeltaFolder::open(&lake, CELLS_TABLE).unwrap();
    let schema = Arc::new(Schema::new(vec![Field::new("country", DataType::Utf8, true)]));
    cells.commit(None, &schema, &Change::default(), 0).await.unwrap();
    let path = "grain=day/period=2026-01-01/run-1.parquet";
    let file = folder.path().join("cells").join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, b"cells").unwrap();
    // A month from now, so that the file is old.
    let now = Clock::new(Timestamp::UNIX_EPOCH);
    let file_time = std::fs::metadata(&file).unwrap().modified().unwrap();
    let then = Timestamp::try_from(file_time).unwrap() + SignedDuration::from_hours(30 * 24);
    let state = folder.path().join("_clio");
    let journal = Journal::begin(&state, lake.as_str(), &RunId::new("run-1"), now).unwrap();
    journal.intend(CELLS_TABLE, path).unwrap();
    let vacuum = async || {
        let spared = files_of_runs(&state, &lake).unwrap();
        let asked = Vacuum { keep: MIN_KEPT, now: then, dry_run: false, spared };
        clio_lake::vacuum(&lake, &asked).await.unwrap().files
    };
    assert_eq!(vacuum().await, [""; 0]);
    assert!(file.try_exists().unwrap());
    journal.forget(CELLS_TABLE, path).unwrap();
    assert_eq!(vacuum().await, [format!("cells/{path}")]);
    assert!(!file.try_exists().unwrap());
    let other = Url::parse("file:///elsewhere/").unwrap();
    journal.intend(CELLS_TABLE, path).unwrap();
    assert!(files_of_runs(&state, &other).unwrap().is_empty());
    assert!(files_of_runs(&folder.path().join("nowhere"), &lake).unwrap().is_empty());
}

#[tokio::test]
async fn a_vacuum_keeps_what_is_younger_than_a_day() {
    let lake = Url::parse("file:///nowhere/").unwrap();
    for hours in [0, 23] {
        let keep = SignedDuration::from_hours(hours);
        let now = Timestamp::UNIX_EPOCH;
        let asked = Vacuum { keep, now, dry_run: true, spared: BTreeMap::new() };
        let refused = clio_lake::vacuum(&lake, &asked).await.unwrap_err().to_string();
        assert!(refused.contains("a vacuum keeps 24 hours at least, not "), "{refused}");
        assert!(refused.ends_with("; give --older-than 24h or more"), "{refused}");
    }
}
