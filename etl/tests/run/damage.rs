//! A lake whose files wear out: each run mends what it can tell, or names what it cannot, and none says that all is well
//! while the lake cannot be served.

use std::fs;
use std::path::{Path, PathBuf};

use clio_etl::{Days, ErrorKind, Reason, Sample, Silent, SqlConfig, plan, run, sql, verify};
use clio_lake::{
    CHECKSUM_TAG, Checksum, CutOff, Fault, FaultKind, Retirement, check, retire, runs,
};
use clio_proto::RunId;
use deltalake::DeltaTableBuilder;
use deltalake::checkpoints::create_checkpoint;
use url::Url;

use crate::formats::model;
use crate::sandbox::{Sandbox, days, forget_sums};

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
pub(crate) const DAYS: [&str; 5] =
    ["2025-12-30", "2025-12-31", "2026-01-15", "2026-01-16", "2026-02-01"];
/// The day that is damaged, and one that is not.
const DAY: &str = "2026-01-15";
pub(crate) const OTHER: &str = "2026-02-01";

pub(crate) fn write_day(sandbox: &Sandbox, day: &str, n_events: usize) {
    let mut text = "at,id,country,seconds\n".to_owned();
    for id in 0..n_events {
        text.push_str(&format!("{day}T10:00:00,{},c{},{id}\n", id * 7 % 11, id % 3));
    }
    sandbox.write(&format!("events/dt={day}/a.csv"), &text);
}

/// A lake of five days in three months, and what its cells are.
pub(crate) async fn lake() -> Sandbox {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    for (index, day) in DAYS.iter().enumerate() {
        write_day(&sandbox, day, 5 + index);
    }
    sandbox.run(Days::All).await;
    sandbox
}

pub(crate) fn url(sandbox: &Sandbox) -> Url {
    Url::from_directory_path(sandbox.path("lake")).unwrap()
}

/// The only file of a period.
fn file(sandbox: &Sandbox, period: &str) -> PathBuf {
    let grain = match period.len() {
        10 => "day",
        7 => "month",
        4 => "year",
        _ => "all",
    };
    let folder = sandbox.path(&format!("lake/cells/grain={grain}/period={period}"));
    let files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{period} has {files:?}") };
    file.clone()
}

/// What happens to a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wear {
    CutOff,
    Gone,
    /// One bit of it is another.
    Flipped,
}

const WEARS: [Wear; 3] = [Wear::CutOff, Wear::Gone, Wear::Flipped];

pub(crate) fn wear(file: &Path, how: Wear) {
    let mut bytes = fs::read(file).unwrap();
    // Where a period has one part, both are one file under two names.
    fs::remove_file(file).unwrap();
    match how {
        Wear::Gone => return,
        Wear::CutOff => bytes.truncate(bytes.len() / 2),
        Wear::Flipped => {
            let at = bytes.len() / 3;
            bytes[at] ^= 4;
        }
    }
    fs::write(file, bytes).unwrap();
}

/// What is wrong with the newest snapshot, and with the log.
pub(crate) async fn faults(sandbox: &Sandbox) -> Vec<Fault> {
    let mut found = check(&url(sandbox)).await.unwrap();
    found.faults.retain(|fault| fault.kind != FaultKind::OldFile);
    found.faults
}

/// Copies a folder, in place of what was there.
pub(crate) fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Nine of nine such runs said that all was well, and the lake could not be served after any.
#[tokio::test(flavor = "multi_thread")]
async fn a_worn_parent_is_rebuilt_by_any_run() {
    let mut sandbox = lake().await;
    let sound = sandbox.cells().await.files;
    copy(&sandbox.path("lake"), &sandbox.path("before"));
    for period in ["2026-01", "2025", "2026", "all"] {
        for how in WEARS {
            for asked in [Days::OutOfDate, Days::All, days(OTHER, OTHER), days(DAY, DAY)] {
                copy(&sandbox.path("before"), &sandbox.path("lake"));
                wear(&file(&sandbox, period), how);
                let what = format!("{period} {how:?} {asked:?}");
                let report = sandbox.run(asked).await;
                assert!(!report.unchanged, "{what}");
                let mended: Vec<_> =
                    report.mended.iter().map(|file| file.period.as_deref()).collect();
                assert_eq!(mended, [Some(period)], "{what}");
                assert_eq!(sandbox.cells().await.files, sound, "{what}");
                assert_eq!(faults(&sandbox).await, [], "{what}");
            }
        }
        assert!(sandbox.run(Days::OutOfDate).await.unchanged, "{period}");
    }
}

/// A damaged day failed even a run over everything, which read it to fold its month.
#[tokio::test(flavor = "multi_thread")]
async fn a_worn_day_is_rebuilt_where_the_run_makes_it_at_all() {
    let sound = lake().await.cells().await.files;
    for how in WEARS {
        for asked in [Days::OutOfDate, Days::All, days(DAY, DAY)] {
            let mut sandbox = lake().await;
            wear(&file(&sandbox, DAY), how);
            let config = sandbox.config();
            let planned = Box::pin(plan(&config, asked)).await.unwrap();
            let of_day = planned.days.iter().find(|it| it.day.to_string() == DAY).unwrap();
            assert!(of_day.reasons.contains(&Reason::Damaged), "{how:?} {asked:?}: {planned:?}");
            assert_eq!(planned.damaged.len(), 1, "{planned:?}");
            let report = sandbox.run(asked).await;
            assert_eq!(report.mended, planned.damaged, "{how:?} {asked:?}");
            assert_eq!(sandbox.cells().await.files, sound, "{how:?} {asked:?}");
        }
        let mut sandbox = lake().await;
        wear(&file(&sandbox, DAY), how);
        let said = sandbox.failure(days(OTHER, OTHER)).await;
        let place = format!("cells/grain=day/period={DAY}/run-1.parquet: it");
        assert!(said.contains(&place) && said.contains("`clio etl run`"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worn_day_whose_events_are_gone_is_named_or_let_go() {
    for how in WEARS {
        for asked in [Days::OutOfDate, Days::All] {
            let mut sandbox = lake().await;
            wear(&file(&sandbox, DAY), how);
            fs::remove_dir_all(sandbox.path(&format!("events/dt={DAY}"))).unwrap();
            let error = sandbox.try_run(asked).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Lake);
            let said = error.to_string();
            assert!(said.contains(&format!("period={DAY}/run-1.parquet: it")), "{said}");
            assert!(said.contains(&format!("`clio etl run --date {DAY}`")), "{said}");
            let report = sandbox.run(days(DAY, DAY)).await;
            assert_eq!(report.days_removed, [DAY.parse().unwrap()]);
            assert_eq!(faults(&sandbox).await, [], "{how:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_and_all_above_it_are_rebuilt_at_once() {
    let sound = lake().await.cells().await.files;
    let mut sandbox = lake().await;
    for (period, how) in [DAY, "2026-01", "2026", "all"].iter().zip(WEARS.iter().cycle()) {
        wear(&file(&sandbox, period), *how);
    }
    assert_eq!(sandbox.run(Days::OutOfDate).await.mended.len(), 4);
    assert_eq!(sandbox.cells().await.files, sound);
}

/// A month whose days have left the lake has nothing below it: it is rebuilt from all its events, or named.
#[tokio::test(flavor = "multi_thread")]
async fn a_worn_month_that_is_retired_is_named_with_the_dates_that_mend_it() {
    for how in WEARS {
        let mut sandbox = lake().await;
        let asked = Retirement {
            cut_off: CutOff::Before("2026-01-01".parse().unwrap()),
            run: RunId::new("retire-1"),
            now: sandbox.config().now,
            dry_run: false,
        };
        let month = file(&sandbox, "2025-12");
        let sound = fs::read(&month).unwrap();
        // Its days are all there is: they stay.
        wear(&month, how);
        let report = retire(&url(&sandbox), &asked).await.unwrap();
        assert!(report.kept[0].reason.contains("is gone or damaged"), "{report:?}");
        fs::write(&month, &sound).unwrap();
        assert_eq!(retire(&url(&sandbox), &asked).await.unwrap().months.len(), 1);
        assert_eq!(faults(&sandbox).await, []);

        wear(&month, how);
        let dates = "`clio etl run --from 2025-12-01 --to 2025-12-31`";
        let [fault] = &faults(&sandbox).await[..] else { panic!("one file is damaged") };
        assert!(fault.mend.contains(dates), "{fault:?}");
        for asked in [Days::OutOfDate, days(OTHER, OTHER)] {
            let error = sandbox.try_run(asked).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Lake);
            let said = error.to_string();
            assert!(said.contains("period=2025-12/") && said.contains(dates), "{said}");
        }
        let report = sandbox.run(days("2025-12-01", "2025-12-31")).await;
        assert_eq!(report.mended.len(), 1, "{how:?}");
        assert_eq!(fs::read(file_of_newest(&sandbox, "2025-12")).unwrap(), sound);
        assert_eq!(faults(&sandbox).await, []);
    }
}

/// The newest of a period's files.
fn file_of_newest(sandbox: &Sandbox, period: &str) -> PathBuf {
    let folder = sandbox.path(&format!("lake/cells/grain=month/period={period}"));
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.max().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_reads_is_what_was_written_or_an_error() {
    let sandbox = lake().await;
    let config = SqlConfig {
        lake: Some(url(&sandbox)),
        snapshot: None,
        tables: Vec::new(),
        n_threads: 1,
        memory_bytes: None,
    };
    let ask = async |grain: &str| {
        let query = format!("SELECT sum(events) FROM cells WHERE grain = '{grain}'");
        sql(&config, &query).await.map(|answer| answer.n_rows())
    };
    wear(&file(&sandbox, "all"), Wear::Flipped);
    let said = ask("all").await.unwrap_err().to_string();
    assert!(
        said.starts_with("file `cells/grain=all/period=all/run-1.parquet` (period all): its"),
        "{said}"
    );
    assert!(said.contains(", the log says ") && said.contains("`clio lake check`"), "{said}");
    // Nobody asks for it here.
    assert_eq!(ask("month").await.unwrap(), 1);

    let mut sandbox = sandbox;
    wear(&file(&sandbox, OTHER), Wear::Flipped);
    let sample = Sample { days: None, n_cells: 10, seed: 1 };
    let error = Box::pin(verify(&sandbox.config(), sample, &Silent)).await.unwrap_err();
    let said = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Lake);
    assert!(said.starts_with(&format!("file `cells/grain=day/period={OTHER}/")), "{said}");
}

/// Every file of every table has its sum, and keeps it in a checkpoint.
#[tokio::test(flavor = "multi_thread")]
async fn every_file_of_every_table_has_the_checksum_of_its_bytes() {
    let mut sandbox = Sandbox::new(&model(
        &format!("{CSV}\non_bad_rows = \"quarantine\"\nmax_bad_rows = \"90%\""),
        "[lookup.countries]\nurl = \"countries.csv\"\nformat = \"csv\"\nkey = \"code\"\n\
         [measure.seconds]\nsource = \"events\"\nkind = \"sum\"\nof = \"seconds\"\n",
    ));
    let with_lookup = "[dimension.country]\ncolumn = \"country\"\n\
                       lookup = \"countries\"\nattributes = [\"name\"]\n";
    let text =
        sandbox.model_text().replace("[dimension.country]\ncolumn = \"country\"\n", with_lookup);
    sandbox.set_model(&text);
    sandbox.write("countries.csv", "code,name\nc0,Zero\nc1,One\n");
    write_day(&sandbox, DAY, 5);
    sandbox.write(
        &format!("events/dt={OTHER}/a.csv"),
        &format!("at,id,country,seconds\n{OTHER}T01:00:00,1,c1,many\n{OTHER}T01:00:00,1,c1,2\n"),
    );
    sandbox.run(Days::All).await;
    for table in ["cells", "lookups/countries", "quarantine"] {
        let folder = sandbox.path(&format!("lake/{table}"));
        let open = || DeltaTableBuilder::from_url(Url::from_directory_path(&folder).unwrap());
        let mut loaded = open().unwrap().load().await.unwrap();
        create_checkpoint(&loaded, None).await.unwrap();
        for from_checkpoint in [false, true] {
            let mut n_files = 0;
            for view in loaded.snapshot().unwrap().log_data().iter() {
                #[expect(deprecated, reason = "nothing else of the library gives the tags")]
                let tags = view.add_action().tags.unwrap();
                let bytes = fs::read(folder.join(view.path().as_ref())).unwrap();
                let sum = Checksum::of(&bytes).to_string();
                assert_eq!(tags[CHECKSUM_TAG].as_deref(), Some(sum.as_str()), "{table}");
                n_files += 1;
            }
            assert!(n_files > 0, "{table} {from_checkpoint}");
            loaded = open().unwrap().load().await.unwrap();
        }
    }
    let found = check(&url(&sandbox)).await.unwrap();
    assert!(found.is_ok(), "{found:?}");
    assert_eq!((found.n_checkpoints, found.n_without_checksum), (3, 0));

    // Damage beside the cells: lookups are rewritten by any run, bad rows found again by one over everything.
    for table in ["lookups/countries", "quarantine"] {
        let folder = sandbox.path(&format!("lake/{table}"));
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|path| path.extension().is_some_and(|it| it == "parquet")) {
            wear(&file, Wear::Flipped);
        }
    }
    assert_eq!(check(&url(&sandbox)).await.unwrap().faults.len(), 2);
    let report = sandbox.run(Days::OutOfDate).await;
    let mended: Vec<_> = report.mended.iter().map(|it| it.file.split('/').next()).collect();
    assert_eq!(mended, [Some("lookups")]);
    assert_eq!(sandbox.run(Days::All).await.mended.len(), 1);
    assert_eq!(faults(&sandbox).await, []);

    // The log of a lookup: its folder may go, since its source is there.
    let log = "lake/lookups/countries/_delta_log/00000000000000000000";
    fs::remove_file(sandbox.path(&format!("{log}.checkpoint.parquet"))).unwrap();
    fs::write(sandbox.path(&format!("{log}.json")), "{").unwrap();
    let error = sandbox.try_run(Days::OutOfDate).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lake, "{error}");
    let found = faults(&sandbox).await;
    let of_table = found.iter().find(|fault| fault.kind == FaultKind::Table).unwrap();
    assert_eq!(of_table.place, "lookups/countries");
    assert!(of_table.mend.contains("delete its folder"), "{of_table:?}");
    fs::remove_dir_all(sandbox.path("lake/lookups/countries")).unwrap();
    sandbox.run(Days::All).await;
    assert_eq!(faults(&sandbox).await, []);
}

/// A lake as format version 1 wrote it, without checksums, is read as it was, and gets them by a run over everything.
#[tokio::test(flavor = "multi_thread")]
async fn a_lake_of_format_version_1_is_read_and_gets_checksums() {
    let mut sandbox = lake().await;
    let sound = sandbox.cells().await.files;
    as_version_1(&sandbox);
    let found = check(&url(&sandbox)).await.unwrap();
    assert!(found.is_ok(), "{found:?}");
    assert_eq!((found.n_files, found.n_without_checksum), (11, 11));
    assert!(sandbox.run(Days::OutOfDate).await.unchanged);
    // Without a checksum, what has stopped being a Parquet file is still noticed.
    wear(&file(&sandbox, "2026-01"), Wear::CutOff);
    assert_eq!(sandbox.run(Days::OutOfDate).await.mended.len(), 1);
    assert_eq!(sandbox.cells().await.files, sound);

    let report = sandbox.run(Days::All).await;
    assert!(!report.unchanged);
    assert_eq!(sandbox.cells().await.files, sound, "the bytes are the same");
    assert_eq!(faults(&sandbox).await, []);
    let metadata = sandbox.cells().await.metadata.unwrap();
    assert_eq!((metadata.format_version, metadata.writer.is_empty()), (2, false));
    assert!(sandbox.run(Days::All).await.unchanged);
}

/// Takes out of the log what format version 1 did not have.
fn as_version_1(sandbox: &Sandbox) {
    edit_log(sandbox, 0, |text| {
        let lines = text.lines().map(|line| {
            let mut action: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(add) = action["add"].as_object_mut() {
                add.remove("tags");
            }
            if let Some(text) = action["commitInfo"]["clio"].as_str() {
                let mut clio: serde_json::Value = serde_json::from_str(text).unwrap();
                clio["format_version"] = 1.into();
                clio.as_object_mut().unwrap().remove("writer");
                action["commitInfo"]["clio"] = clio.to_string().into();
            }
            forget_sums(&mut action);
            // Looking for a key has made one where there was none.
            action.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            action.to_string() + "\n"
        });
        lines.collect()
    });
}

/// One broken record failed the whole list.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_record_is_named_among_the_others() {
    let mut sandbox = lake().await;
    let state = Some(sandbox.path("state"));
    for _ in 0..2 {
        let mut config = sandbox.config();
        config.state.clone_from(&state);
        Box::pin(run(&config, Days::OutOfDate, &Silent)).await.unwrap();
    }
    sandbox.write("lake/runs/run-25.json", "{ \"format_version\": 99 }");
    sandbox.write("lake/verifications/00000000000000000000-run-9.json", "{ \"format_version\": 1,");
    let listed = runs(&url(&sandbox), 10).await.unwrap();
    let texts: Vec<String> = listed
        .iter()
        .map(|record| match record {
            Ok(run) => run.run.to_string(),
            Err(record) => record.to_string(),
        })
        .collect();
    assert_eq!(
        texts,
        [
            "run-3",
            "runs/run-25.json is not a record of a run that can be read: its format version is 99, not 1; delete it: \
             nothing but lists of runs needs it",
            "run-2"
        ]
    );
    let found = check(&url(&sandbox)).await.unwrap();
    let places: Vec<_> = found.faults.iter().map(|it| (it.kind, it.place.as_str())).collect();
    let verification = "verifications/00000000000000000000-run-9.json";
    assert_eq!(
        places,
        [(FaultKind::Record, "runs/run-25.json"), (FaultKind::Record, verification)]
    );
}

pub(crate) fn edit_log(sandbox: &Sandbox, version: u64, edit: impl Fn(&str) -> String) {
    let path = sandbox.path(&format!("lake/cells/_delta_log/{version:020}.json"));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, edit(&text)).unwrap();
}
