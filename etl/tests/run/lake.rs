//! What holds for the lake: same bytes on any number of threads, one way or the other, and safe
//! against other writers.

use clio_etl::{Days, ErrorKind, Silent, inspect, run};
use clio_proto::Model;
use url::Url;

use crate::formats::model;
use crate::sandbox::{Sandbox, days};

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const FLOAT_SUM: &str = "[measure.price]\nsource = \"events\"\nkind = \"sum\"\nof = \"price\"";

/// Some hundred events of each day, whose prices would add up differently in another order.
fn write_day(sandbox: &Sandbox, day: &str, seed: u64) {
    let mut text = "at,id,country,price\n".to_owned();
    let mut state = seed;
    for _ in 0..900 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (id, country) = ((state >> 33) % 400, (state >> 40) % 20);
        let price = (state >> 20) as f64 / 1e7 + 0.1;
        text.push_str(&format!("{day}T10:00:00,{id},c{country},{price}\n"));
    }
    for (part, rows) in text.lines().collect::<Vec<_>>().chunks(300).enumerate() {
        let head = if part == 0 { "" } else { "at,id,country,price\n" };
        let rows = rows.join("\n");
        sandbox.write(&format!("events/dt={day}/{part}.csv"), &format!("{head}{rows}\n"));
    }
}

fn sandbox_of(model: &str) -> Sandbox {
    let sandbox = Sandbox::new(model);
    for (seed, day) in ["2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01"].iter().enumerate() {
        write_day(&sandbox, day, seed as u64);
    }
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_threads_nor_the_order_of_days_change_a_byte() {
    for more in ["", FLOAT_SUM] {
        let mut whole = sandbox_of(&model(CSV, more));
        whole.n_threads = 1;
        whole.run(Days::All).await;
        let expected = whole.cells().await.files;

        let mut stepwise = sandbox_of(&model(CSV, more));
        stepwise.n_threads = 4;
        for day in ["2026-01-02", "2025-12-31", "2026-02-01", "2026-01-01"] {
            stepwise.run(days(day, day)).await;
        }
        assert_eq!(stepwise.cells().await.files, expected);
        // A correction goes the other way, of all children again.
        write_day(&stepwise, "2026-01-01", 77);
        stepwise.run(days("2026-01-01", "2026-01-01")).await;
        assert_ne!(stepwise.cells().await.files, expected);
        write_day(&stepwise, "2026-01-01", 1);
        stepwise.run(days("2026-01-01", "2026-01-01")).await;
        assert_eq!(stepwise.cells().await.files, expected);
        assert!(stepwise.run(Days::All).await.unchanged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_folders_gives_the_same_cells_in_one_pass() {
    let mut folders = sandbox_of(&model(CSV, FLOAT_SUM));
    folders.run(Days::All).await;
    let mut flat = Sandbox::new(&model(CSV, FLOAT_SUM));
    for (seed, day) in ["2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01"].iter().enumerate() {
        write_day(&flat, day, seed as u64);
        for part in 0..4 {
            let name = format!("events/dt={day}/{part}.csv");
            let Ok(text) = std::fs::read_to_string(flat.path(&name)) else { continue };
            flat.write(&format!("events/{day}-{part}.csv"), &text);
        }
        std::fs::remove_dir_all(flat.path(&format!("events/dt={day}"))).unwrap();
    }
    let report = flat.run(Days::All).await;
    assert_eq!(report.days.len(), 4);
    assert_eq!(flat.cells().await.files, folders.cells().await.files);
    let report = flat.run(days("2026-01-01", "2026-01-02")).await;
    assert!(report.unchanged);
    assert_eq!(report.rows_in["events"], 1800);
    assert_eq!(report.rows_out_of_day["events"], 1800, "the other days' events of the same files");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_memory_limit_changes_no_byte() {
    let mut whole = sandbox_of(&model(CSV, ""));
    whole.run(Days::All).await;
    let mut limited = sandbox_of(&model(CSV, ""));
    let mut config = limited.config();
    config.memory_bytes = Some(16 << 20);
    Box::pin(run(&config, Days::All, &Silent)).await.unwrap();
    assert_eq!(limited.cells().await.files, whole.cells().await.files);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_different_days_at_once_are_both_kept() {
    let mut sequential = sandbox_of(&model(CSV, ""));
    sequential.run(Days::All).await;
    let mut sandbox = sandbox_of(&model(CSV, ""));
    sandbox.run(days("2025-12-31", "2025-12-31")).await;
    let (first, second, third) = (sandbox.config(), sandbox.config(), sandbox.config());
    let (first, second, third) = tokio::join!(
        Box::pin(run(&first, days("2026-01-01", "2026-01-01"), &Silent)),
        Box::pin(run(&second, days("2026-01-02", "2026-01-02"), &Silent)),
        Box::pin(run(&third, days("2026-02-01", "2026-02-01"), &Silent)),
    );
    let mut versions = [first, second, third].map(|report| report.unwrap().snapshot.0);
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3]);
    assert_eq!(sandbox.cells().await.files, sequential.cells().await.files);
    let n_files: usize = sandbox.cells().await.files.values().map(Vec::len).sum();
    let n_named = 4 + 3 + 2 + 1;
    assert_eq!(n_files, n_named);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_runs_of_a_lake_at_once_are_both_kept() {
    let mut sandbox = sandbox_of(&model(CSV, ""));
    let (first, second) = (sandbox.config(), sandbox.config());
    let (first, second) = tokio::join!(
        Box::pin(run(&first, days("2026-01-01", "2026-01-01"), &Silent)),
        Box::pin(run(&second, days("2026-01-02", "2026-02-01"), &Silent)),
    );
    let mut versions = [first, second].map(|report| report.unwrap().snapshot.0);
    versions.sort_unstable();
    assert_eq!(versions, [0, 1]);
    let days: usize = sandbox.cells().await.periods().iter().filter(|p| p.len() == 10).count();
    assert_eq!(days, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_of_the_same_day_at_once_one_says_so() {
    let mut sandbox = sandbox_of(&model(CSV, ""));
    sandbox.run(days("2025-12-31", "2025-12-31")).await;
    let (first, second) = (sandbox.config(), sandbox.config());
    let (first, second) = tokio::join!(
        Box::pin(run(&first, days("2026-01-01", "2026-01-01"), &Silent)),
        Box::pin(run(&second, days("2026-01-01", "2026-01-02"), &Silent)),
    );
    let error = [first, second].into_iter().find_map(Result::err).expect("one is refused");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        "another run has committed 2026-01-01 in the meantime (version 1); nothing was committed, run again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_is_whole_again_after_leftovers_of_a_killed_run() {
    let mut sandbox = sandbox_of(&model(CSV, ""));
    let leftover = "lake/cells/grain=day/period=2026-01-01/run-1.parquet";
    sandbox.write(leftover, "written by a run that was killed, under the same name");
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("2026-01-01").len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_tells_what_each_dimension_costs() {
    let more = "[dimension.person]\ncolumn = \"id\"\n\
                [lookup.people]\nurl = \"people.csv\"\nformat = \"csv\"\nkey = \"id\"";
    let sandbox = sandbox_of(&model(CSV, more));
    sandbox.write("people.csv", "id,age\n1,30\n");
    let base = Url::from_directory_path(sandbox.path("")).unwrap();
    let model = Model::parse("model.toml", &model(CSV, more)).unwrap();
    let found = inspect(&model, &base, 2).await.unwrap();
    assert_eq!(found.sources.len(), 1);
    assert_eq!(found.sources[0].n_files, 16);
    let names: Vec<&str> = found.sources[0].columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["at", "id", "country", "price", "_file", "dt"]);
    assert_eq!(found.sources[0].sample.len(), 5);
    assert_eq!(
        found.lookups[0].sample,
        [[Some("1"), Some("30"), Some("people"), None].map(|t| t.map(str::to_owned))]
    );
    let day = found.day.unwrap();
    assert_eq!((day.day.to_string().as_str(), day.n_rows), ("2026-02-01", 900));
    assert_eq!(day.dimensions[1].n_cells_without, 20);
    assert_eq!(day.dimensions[0].n_cells_without, day.dimensions[1].n_members);
    assert!(day.dimensions[1].size_bytes_without < day.size_bytes);
    assert!(!sandbox.path("lake").try_exists().unwrap());
}
