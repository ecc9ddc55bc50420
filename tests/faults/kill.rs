//! The etl killed at random moments and restarted: the final lake is that of an undisturbed run, to the byte, and no
//! snapshot on the way was incomplete.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use clio_proto::RunStep;
use clio_tests::{Sandbox, cell_files, settings};
use serde_json::Value;

const N_DAYS: usize = 14;
const SYNTH: [&str; 12] = [
    "synth",
    "--out",
    "events",
    "--events",
    "28000",
    "--days",
    "14",
    "--people",
    "2000",
    "--assets",
    "20",
    "--no-answers",
];

/// A small generator of numbers: the same seed gives the same moments.
struct Moments(u64);

impl Moments {
    /// A number below one.
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

fn run_args(lake: &str) -> Vec<String> {
    let args = ["etl", "run", "--model", "events/media.toml", "--lake", lake, "--format", "json"];
    args.map(str::to_owned).to_vec()
}

/// The live files' bytes, by period.
fn bytes(lake: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = cell_files(lake).into_iter();
    files.map(|(period, file)| (period, std::fs::read(file).unwrap())).collect()
}

fn n_days(periods: &BTreeMap<String, Vec<u8>>) -> usize {
    periods.keys().filter(|period| period.len() == 10).count()
}

/// Every file below the table of cells except its log.
fn data_files(lake: &Path) -> usize {
    fn walk(folder: &Path, n: &mut usize) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true if entry.file_name() == "_delta_log" => {}
                true => walk(&entry.path(), n),
                false => *n += 1,
            }
        }
    }
    let mut n = 0;
    walk(&lake.join("cells"), &mut n);
    n
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever repeats a failure needs the seed")]
fn a_run_killed_at_any_moment_is_taken_up_where_it_stopped() {
    let (n_kills, seed) = (settings::n_kills(), settings::seed());
    println!("{n_kills} kills, seed {seed} (CLIO_TEST_KILLS, CLIO_TEST_SEED)");
    let mut moments = Moments(seed);
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let begun = Instant::now();
    sandbox.ok(run_args("whole"));
    let whole_time = begun.elapsed();
    let expected = bytes(&sandbox.path("whole"));
    assert_eq!(n_days(&expected), N_DAYS);

    let mut n_killed = 0;
    while n_killed < n_kills {
        let lake = format!("lake-{n_killed}");
        let folder = sandbox.path(&lake);
        // Each start gets a little further, so that kills hit every step of one lake's first run.
        let mut reached = Vec::new();
        loop {
            let wait = whole_time.mul_f64(1.1 * moments.next());
            let killed = n_killed < n_kills && is_killed(&sandbox, &lake, wait);
            n_killed += usize::from(killed);
            if folder.join("cells/_delta_log/00000000000000000000.json").try_exists().unwrap() {
                let found = bytes(&folder);
                assert!(
                    found == expected,
                    "a snapshot that is not the whole, killed after {wait:?}"
                );
            }
            if !killed {
                break;
            }
            reached.push(wait);
        }
        sandbox.ok(run_args(&lake));
        let report: Value = serde_json::from_str(&sandbox.ok(run_args(&lake))).unwrap();
        assert_eq!(report["unchanged"], true, "after kills at {reached:?}");
        assert!(bytes(&folder) == expected, "after kills at {reached:?}");
        assert_eq!(data_files(&folder), expected.len(), "leftovers after kills at {reached:?}");
        let runs = sandbox.json(&["etl", "runs", "--lake", &lake, "--limit", "1000"]);
        let outcomes: Vec<&str> =
            runs.as_array().unwrap().iter().map(|run| run["outcome"].as_str().unwrap()).collect();
        assert_eq!(
            outcomes.iter().filter(|outcome| **outcome == "committed").count(),
            1,
            "{runs:#}"
        );
        assert!(!outcomes.contains(&"failed"), "{runs:#}");
    }
}

/// Starts a run and kills it after a while; returns whether it was still running. One that ends by itself must succeed.
fn is_killed(sandbox: &Sandbox, lake: &str, wait: Duration) -> bool {
    let mut command = sandbox.command(run_args(lake));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + wait;
    let mut ended = child.try_wait().unwrap();
    while ended.is_none() && Instant::now() < deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        std::thread::park_timeout(left.min(Duration::from_millis(2)));
        ended = child.try_wait().unwrap();
    }
    if ended.is_none() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let by_itself = output.status.code();
    assert!(
        by_itself.is_none_or(|code| code == 0),
        "a run failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    by_itself.is_none()
}

/// What a killed run had finished is not done again.
#[test]
fn finished_days_of_a_killed_run_are_used() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let mut child = sandbox.command(run_args("lake")).stdout(Stdio::null()).spawn().unwrap();
    // The first days are written and the last ones are not.
    let days = sandbox.path("lake/cells/grain=day");
    let n_written = || std::fs::read_dir(&days).map_or(0, Iterator::count);
    clio_tests::until("some days", || (n_written() >= 5).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!sandbox.path("lake/cells/_delta_log").try_exists().unwrap(), "it was killed too late");

    let first: Value = serde_json::from_str(&sandbox.ok(run_args("lake"))).unwrap();
    let runs = sandbox.json(&["etl", "runs", "--lake", "lake"]);
    assert_eq!((&runs[0]["outcome"], &runs[1]["outcome"]), (&"committed".into(), &"died".into()));
    assert_eq!(runs[0]["run"], first["run"]);
    // A day's file is named after the run that wrote it.
    let dead = runs[1]["run"].as_str().unwrap();
    let taken = cell_files(&sandbox.path("lake")).into_values();
    let taken = taken.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with(dead));
    assert!(taken.count() >= 3);
    sandbox.ok(run_args("whole"));
    assert!(bytes(&sandbox.path("lake")) == bytes(&sandbox.path("whole")));
}

/// Two processes on one lake at once: the slower one finds the work done, or adds its own.
#[test]
fn two_runs_at_once_are_safe() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.ok(run_args("whole"));
    let expected = bytes(&sandbox.path("whole"));
    let days: Vec<&String> = expected.keys().filter(|period| period.len() == 10).collect();
    let halves = [vec![], vec![]];
    let split =
        [vec!["--from", days[0], "--to", days[6]], vec!["--from", days[7], "--to", days[13]]];
    for (lake, parts) in [("same", halves), ("split", split)] {
        let start = |days: &Vec<&str>| {
            let mut args = run_args(lake);
            args.extend(days.iter().map(|&word| word.to_owned()));
            let mut command = sandbox.command(args);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        for child in parts.iter().map(start).collect::<Vec<_>>() {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let folder = sandbox.path(lake);
        assert!(bytes(&folder) == expected, "{lake}");
        sandbox.ok(run_args(lake));
        let n_parents = expected.len() - N_DAYS;
        // The first commit's versions of the second one's parents remain, for its snapshot.
        assert!(data_files(&folder) <= expected.len() + n_parents, "{lake}");
    }
}

/// A failed run is in the history, with the reason.
#[test]
fn a_failed_run_is_in_the_history() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.ok(run_args("lake"));
    let impressions = sandbox.path("events/impressions");
    let day = std::fs::read_dir(impressions).unwrap().next().unwrap().unwrap().path();
    std::fs::write(day.join("broken.parquet"), "no Parquet").unwrap();
    let failed = sandbox.clio(run_args("lake"));
    assert_eq!(failed.code, 1);
    let runs = sandbox.json(&["etl", "runs", "--lake", "lake"]);
    let outcomes: Vec<_> = runs.as_array().unwrap().iter().map(|run| &run["outcome"]).collect();
    assert_eq!(outcomes, ["failed", "committed"]);
    assert!(runs[0]["error"].as_str().unwrap().contains("broken.parquet"));
    assert!(failed.stderr.contains(runs[0]["error"].as_str().unwrap()));
    let steps: Vec<&str> = runs[1]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    // No sum is wider than before, so that no day is recast.
    let expected = RunStep::ALL.into_iter().filter(|step| *step != RunStep::Recast);
    assert_eq!(steps, expected.map(RunStep::as_str).collect::<Vec<_>>());
    let rolled_up = &runs[1]["steps"][2];
    let rows_in = runs[1]["rows_in"].as_object().unwrap().values().map(|n| n.as_u64().unwrap());
    assert_eq!(rolled_up["n_rows"], rows_in.sum::<u64>());
    assert_eq!(rolled_up["n_attempts"], 1);
    // The same from serving, through the gateway.
    let serving =
        sandbox.serve(&["serve", "--lake", &sandbox.text("lake"), "--grpc", "127.0.0.1:0"]);
    let gateway = sandbox.serve(&["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"]);
    let query = "{ runs(limit: 5) { id outcome error steps { step nRows } } }";
    let answer = clio_tests::until("the runs", || {
        let (code, body) = gateway.graphql(query, &Value::Null);
        (code == 200).then_some(body)
    });
    let shown = &answer["data"]["runs"];
    assert_eq!(
        (&shown[0]["outcome"], &shown[1]["outcome"]),
        (&"FAILED".into(), &"COMMITTED".into())
    );
    // Outsiders are told the file's name, not where it lies.
    let error = shown[0]["error"].as_str().unwrap();
    let folder = sandbox.path("events").to_string_lossy().into_owned();
    assert!(error.contains("broken.parquet") && !error.contains(&folder), "{error}");
    assert_eq!(shown[1]["id"], runs[1]["run"]);
    assert_eq!(shown[1]["steps"][2]["nRows"], rolled_up["n_rows"]);
    let table = sandbox.ok(["etl", "runs", "--lake", "lake"]);
    assert!(table.contains("failed") && table.contains("broken.parquet"), "{table}");
}
