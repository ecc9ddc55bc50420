//! A damaged lake, and one of a newer program, as commands report them.

use std::path::{Path, PathBuf};

use clio_tests::{Sandbox, cell_files, until};
use serde_json::{Value, json};

const MODEL: &str = r#"
[dataset]
name = "shop"
[source.visits]
url = "visits/"
format = "csv"
time = "at"
[dimension.country]
column = "country"
[measure.visits]
source = "visits"
kind = "count"
"#;

const RUN: [&str; 6] = ["etl", "run", "--model", "shop.toml", "--lake", "lake"];
const CHECK: [&str; 4] = ["lake", "check", "--lake", "lake"];

fn lake() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    for day in ["2025-01-30", "2025-01-31", "2025-02-01"] {
        let folder = sandbox.path(&format!("visits/dt={day}"));
        std::fs::create_dir_all(&folder).unwrap();
        let rows = format!("at,country\n{day} 10:00:00,US\n{day} 11:00:00,CA\n");
        std::fs::write(folder.join("a.csv"), rows).unwrap();
    }
    sandbox.ok(RUN);
    sandbox
}

fn file(sandbox: &Sandbox, period: &str) -> PathBuf {
    let files = cell_files(&sandbox.path("lake")).into_iter();
    files.filter(|(of, _)| of == period).map(|(_, file)| file).next().unwrap()
}

/// Flips a bit of one name of a file: where a period has one part, both are one file under two names.
fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::remove_file(file).unwrap();
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_lake_is_told_mended_and_told_again() {
    let sandbox = lake();
    let sound = sandbox.ok(CHECK);
    assert!(sound.starts_with("all is well\n  files          7, "), "{sound}");
    let report = sandbox.json(&CHECK);
    assert_eq!((&report["ok"], &report["faults"]), (&json!(true), &json!([])));

    flip(&file(&sandbox, "2025-01"));
    let found = sandbox.clio(CHECK);
    assert_eq!(found.code, 1, "{}", found.stdout);
    let first = found.stdout.lines().next().unwrap();
    assert!(first.starts_with("cells/grain=month/period=2025-01/"), "{first}");
    assert!(first.contains(" (period 2025-01): its checksum is "), "{first}");
    assert!(found.stdout.contains("\n  mend: `clio etl run` rebuilds it"), "{}", found.stdout);
    assert!(found.stderr.contains("the lake has 1 fault;"), "{}", found.stderr);
    let found = sandbox.clio(CHECK.iter().chain(&["--format", "json"]));
    let report: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!((found.code, &report["ok"]), (1, &json!(false)));
    let fault = &report["faults"][0];
    assert_eq!((&fault["kind"], &fault["period"]), (&json!("file"), &json!("2025-01")));

    // Every command that reads it says so, and none answers from it.
    let place = "cells/grain=month/period=2025-01/";
    for args in [
        &["query", "--lake", "lake"][..],
        &["sql", "--lake", "lake", "select sum(visits) from cells where grain = 'month'"],
    ] {
        let refused = sandbox.clio(args);
        assert_eq!(refused.code, 1, "{args:?}: {}", refused.stdout);
        assert!(refused.stderr.contains(place), "{args:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("`clio lake check`"), "{args:?}: {}", refused.stderr);
    }
    let plan = sandbox.ok(["etl", "plan", "--model", "shop.toml", "--lake", "lake"]);
    assert!(plan.contains(&format!("  damaged        {place}")), "{plan}");
    let run = sandbox.clio(RUN);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains(&format!("  mended         {place}")), "{}", run.stdout);
    assert!(run.stderr.contains("the lake is damaged"), "{}", run.stderr);
    let answer = sandbox.json(&["query", "--lake", "lake", "--to", "2025-01-31"]);
    assert_eq!(answer["total"]["values"]["visits"]["value"], json!(4.0));
    // Only the previous snapshot still has the damaged file.
    let found = sandbox.clio(CHECK.iter().chain(&["--format", "json"]));
    let report: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(report["faults"][0]["kind"], json!("old_file"), "{report}");
    let old = report["faults"][0]["place"].as_str().unwrap();
    std::fs::remove_file(sandbox.path("lake").join(old)).unwrap();
    assert!(sandbox.ok(CHECK).starts_with("all is well\n"));
}

#[test]
fn a_lake_of_a_newer_program_is_refused_by_every_command() {
    let sandbox = lake();
    let lake = sandbox.text("lake");
    let server = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let log = sandbox.path("lake/cells/_delta_log");
    let text = std::fs::read_to_string(log.join("00000000000000000000.json")).unwrap();
    let info = text.lines().find(|line| line.contains("commitInfo")).unwrap();
    let newer = info.replace(r#"\"format_version\":2,"#, r#"\"format_version\":99,"#);
    let newer = newer.replace(r#"\"writer\":\"0.1.0\""#, r#"\"writer\":\"7.1.0\""#);
    assert!(newer.contains("7.1.0") && newer.contains(":99,"), "{info}");
    std::fs::write(log.join("00000000000000000001.json"), newer).unwrap();
    let model = ["--model", "shop.toml", "--lake", "lake"];
    let with = |args: &[&'static str], more: &[&'static str]| [args, more].concat();
    let commands = [
        with(&["etl", "run"], &model),
        with(&["etl", "run", "--all"], &model),
        with(&["etl", "run", "--date", "2025-01-30"], &model),
        with(&["etl", "plan"], &model),
        with(&["etl", "verify"], &model),
        with(&["etl", "runs", "--lake", "lake"], &[]),
        with(&["lake", "snapshots", "--lake", "lake"], &[]),
        with(&["lake", "retire", "--lake", "lake", "--before", "2025-02-01"], &[]),
        with(&["lake", "vacuum", "--lake", "lake"], &[]),
        with(&CHECK, &[]),
        with(&["query", "--lake", "lake"], &[]),
        with(&["sql", "--lake", "lake", "select 1 from cells"], &[]),
    ];
    for args in commands {
        let refused = sandbox.clio(&args);
        let said = &refused.stderr;
        assert_eq!(refused.code, 1, "{args:?}: {}{said}", refused.stdout);
        assert!(said.contains("its format version is 99"), "{args:?}: {said}");
        assert!(
            said.contains("use clio 7.1.0, which wrote it, or a newer one"),
            "{args:?}: {said}"
        );
    }
    // What was served remains so, and the log says why nothing newer is.
    let mut said = Vec::new();
    until("the service to say which program reads the lake", || {
        said.extend(server.said());
        said.iter().any(|line: &String| line.contains("use clio 7.1.0")).then_some(())
    });
    let answer = sandbox.json(&["query", "--serving", &server.url]);
    assert_eq!(answer["snapshot"]["version"], json!(0));
}

/// Nobody noticed if the newest entry of a log vanished: the lake seemed to be what it was before.
#[test]
fn a_lake_that_lacks_its_newest_commits_is_told_by_what_runs_have_left() {
    let sandbox = lake();
    let folder = sandbox.path("visits/dt=2025-02-02");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.csv"), "at,country\n2025-02-02 10:00:00,US\n").unwrap();
    sandbox.ok(RUN);
    sandbox.ok(CHECK);
    let log = sandbox.path("lake/cells/_delta_log");
    let newest = log.join(format!("{:020}.json", 1));
    std::fs::remove_file(&newest).unwrap();
    let found = sandbox.clio(CHECK);
    assert_eq!(found.code, 1, "{}", found.stdout);
    let expected = "committed snapshot 1, and the log ends with 0";
    assert!(found.stdout.contains(expected), "{}", found.stdout);
    std::fs::remove_dir_all(&log).unwrap();
    let found = sandbox.clio(CHECK);
    assert_eq!(found.code, 1, "{}", found.stdout);
    let expected = "committed snapshot 1, and there is no log";
    assert!(found.stdout.contains(expected), "{}", found.stdout);
}
