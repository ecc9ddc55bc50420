//! Invalid input: each an error that names the place and the mend, exit code 1, nothing committed, and the last
//! snapshot still served.

use std::path::Path;

use clio_tests::Sandbox;
use serde_json::Value;

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

[measure.visitors]
source = "visits"
kind = "distinct"
of = "visitor"

[measure.seconds]
source = "visits"
kind = "sum"
of = "seconds"
"#;

const GOOD: &str = "\
at,country,visitor,seconds
2026-01-05 10:00:00,US,ann,3
2026-01-05 11:00:00,CA,bob,4
2026-01-05 12:00:00,US,ann,5
";

/// A lake with one good snapshot, and a service on it.
struct Shop {
    sandbox: Sandbox,
}

impl Shop {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
        std::fs::create_dir(sandbox.path("visits")).unwrap();
        std::fs::write(sandbox.path("visits/a.csv"), GOOD).unwrap();
        sandbox.etl(&sandbox.path("shop.toml"), "lake", &[]);
        Self { sandbox }
    }

    /// Every file of the lake's tables with its size: what a failed run must leave unchanged. The record of the run,
    /// which says that it failed, lies beside them.
    fn lake_files(&self) -> Vec<(String, u64)> {
        fn walk(folder: &Path, files: &mut Vec<(String, u64)>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), files);
                } else {
                    let path = entry.path().to_string_lossy().into_owned();
                    files.push((path, entry.metadata().unwrap().len()));
                }
            }
        }
        let mut files = Vec::new();
        for table in ["lake/cells", "lake/lookups"] {
            let folder = self.sandbox.path(table);
            if folder.try_exists().unwrap() {
                walk(&folder, &mut files);
            }
        }
        files.sort();
        files
    }

    /// Runs the etl, which must fail, and checks its message and what it leaves.
    fn fails(&self, expected: &[&str]) {
        let before = self.lake_files();
        let finished = self.sandbox.clio(["etl", "run", "--model", "shop.toml", "--lake", "lake"]);
        assert_eq!(finished.code, 1, "{}{}", finished.stdout, finished.stderr);
        for text in expected {
            assert!(finished.stderr.contains(text), "`{text}` not in:\n{}", finished.stderr);
        }
        assert_eq!(self.lake_files(), before, "a failed run leaves the lake as it was");
        let answer = self.sandbox.json(&["query", "--lake", "lake", "--measures", "visits"]);
        assert_eq!(answer["total"]["values"]["visits"]["value"], 3.0);
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.sandbox.path(name), text).unwrap();
    }

    fn model(&self, from: &str, to: &str) {
        assert!(MODEL.contains(from));
        self.write("shop.toml", MODEL.replace(from, to));
    }
}

#[test]
fn a_missing_source_folder_is_named() {
    let shop = Shop::new();
    shop.model("visits/", "visitz/");
    shop.fails(&["visits", "visitz/"]);
}

#[test]
fn a_missing_column_is_named_with_those_that_exist() {
    let shop = Shop::new();
    shop.model("column = \"country\"", "column = \"land\"");
    shop.fails(&["land", "country", "visitor"]);
}

#[test]
fn a_column_of_the_wrong_type_is_named_with_a_value() {
    let shop = Shop::new();
    shop.model("of = \"seconds\"", "of = \"country\"");
    shop.fails(&["measure `seconds` means something else", "give", "a new lake"]);
    // In a lake of its own the measure may have that meaning, but no text is a number; nothing is left behind.
    let args = ["etl", "run", "--model", "shop.toml", "--lake", "other"];
    let finished = shop.sandbox.clio(args);
    assert_eq!(finished.code, 1);
    for text in ["a.csv:2", "'US'", "Int64", "correct it there"] {
        assert!(finished.stderr.contains(text), "`{text}` not in:\n{}", finished.stderr);
    }
    assert!(!shop.sandbox.path("other").try_exists().unwrap());
}

#[test]
fn a_csv_line_with_too_many_fields_is_named_by_file_and_line() {
    let shop = Shop::new();
    shop.write("visits/b.csv", format!("{GOOD}2026-01-05 13:00:00,US,cid,6,surplus\n"));
    shop.fails(&["b.csv:5", "expected 4 fields, found 5", "correct the line"]);
}

#[test]
fn a_timestamp_that_does_not_parse_is_named_by_file_and_line() {
    let shop = Shop::new();
    shop.write("visits/b.csv", format!("{GOOD}yesterday,US,cid,6\n"));
    shop.fails(&["b.csv:5", "yesterday"]);
}

#[test]
fn a_truncated_parquet_file_is_named() {
    let shop = Shop::new();
    shop.model("format = \"csv\"", "format = \"parquet\"");
    let whole = shop.sandbox.path("synth");
    shop.sandbox.ok([
        "synth",
        "--out",
        &whole.to_string_lossy(),
        "--events",
        "2000",
        "--days",
        "1",
        "--people",
        "100",
        "--assets",
        "12",
        "--no-answers",
    ]);
    let bytes = std::fs::read(whole.join("assets.parquet")).unwrap();
    std::fs::remove_file(shop.sandbox.path("visits/a.csv")).unwrap();
    shop.write("visits/a.parquet", &bytes[..bytes.len() / 2]);
    shop.fails(&["a.parquet"]);
}

#[test]
fn a_bad_model_reports_every_problem_at_once() {
    let shop = Shop::new();
    shop.write(
        "shop.toml",
        MODEL
            .replace("kind = \"count\"", "kind = \"cuont\"")
            .replace("of = \"visitor\"", "off = 1"),
    );
    shop.fails(&["measure.visits.kind", "measure.visitors.of", "shop.toml:"]);
    let checked = shop.sandbox.clio(["model", "check", "shop.toml"]);
    assert_eq!(checked.code, 1);
    assert!(checked.stderr.lines().count() >= 2, "{}", checked.stderr);
}

/// Beside a running service: it serves what was committed, whatever fails, and then the corrected day.
#[test]
fn a_service_keeps_the_last_snapshot_while_runs_fail() {
    let shop = Shop::new();
    let server = shop.sandbox.serve(&[
        "serve",
        "--lake",
        &shop.sandbox.text("lake"),
        "--grpc",
        "127.0.0.1:0",
    ]);
    let ask = || -> Value {
        shop.sandbox.json(&["query", "--serving", &server.url, "--measures", "visits"])
    };
    let before = ask();
    shop.write("visits/b.csv", "at,country\n2026-01-05 10:00:00,US,ann,3,4,5\n");
    shop.fails(&["b.csv"]);
    assert_eq!(ask()["total"], before["total"]);
    assert_eq!(ask()["snapshot"], before["snapshot"]);

    shop.write("visits/b.csv", GOOD);
    shop.sandbox.etl(&shop.sandbox.path("shop.toml"), "lake", &[]);
    clio_tests::until("the mended snapshot", || {
        (ask()["total"]["values"]["visits"]["value"] == 6.0).then_some(())
    });
}
