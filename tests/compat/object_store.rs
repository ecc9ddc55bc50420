//! Sources and lake on an object store: a real S3 server, started for the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use clio_tests::{Finished, Sandbox, repository};
use serde_json::Value;

const KEY: &str = "a-key-that-is-known";
const SECRET: &str = "a-secret-that-nobody-may-print";

/// An S3 server with the events of a folder in the bucket `media`; it stops when the value is dropped.
struct S3 {
    child: Child,
    /// Closed when the value is dropped, which stops the server.
    _stdin: ChildStdin,
    address: String,
}

impl S3 {
    fn start(sandbox: &Sandbox) -> Self {
        let python = repository().join("target/python/bin/python");
        assert!(python.is_file(), "run tests/python.sh first: it makes {}", python.display());
        let mut child = Command::new(python)
            .arg(repository().join("tests/compat/s3_server.py"))
            .args([&sandbox.text("events"), "media"])
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("http://127.0.0.1:"), "the server said `{address}`");
        Self { child, _stdin: stdin, address: address.trim_end().to_owned() }
    }

    fn command(&self, sandbox: &Sandbox, args: &[&str]) -> Command {
        let mut command = sandbox.command(args);
        command
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", &self.address)
            .env("AWS_ALLOW_HTTP", "true")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn clio(&self, sandbox: &Sandbox, args: &[&str]) -> Finished {
        finished(self.command(sandbox, args).spawn().unwrap())
    }

    fn json(&self, sandbox: &Sandbox, args: &[&str]) -> Value {
        let finished = self.clio(sandbox, &[args, &["--format", "json"]].concat());
        assert_eq!(finished.code, 0, "{args:?}: {}", finished.stderr);
        serde_json::from_str(&finished.stdout).unwrap()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // The test is over, whether or not the server can still be told.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn finished(child: Child) -> Finished {
    let output = child.wait_with_output().unwrap();
    let finished = Finished {
        code: output.status.code().expect("it ends by itself"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!said.contains(SECRET) && !said.contains(KEY), "credentials are printed: {said}");
    finished
}

/// The model of `clio synth` with its addresses in the bucket.
fn model_in_bucket(sandbox: &Sandbox) {
    let model = std::fs::read_to_string(sandbox.path("events/media.toml")).unwrap();
    let model = model.replace("url = \"", "url = \"s3://media/events/");
    std::fs::write(sandbox.path("media.toml"), model).unwrap();
}

fn rows(answer: &Value) -> &Vec<Value> {
    let rows = answer["rows"].as_array().unwrap();
    assert!(!rows.is_empty(), "{answer}");
    rows
}

const SYNTH: [&str; 13] = [
    "synth", "--out", "events", "--events", "20000", "--days", "3", "--people", "2000", "--assets",
    "20", "--seed", "5",
];

#[test]
fn a_lake_on_s3_is_the_same_as_one_in_a_folder() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
    let s3 = S3::start(&sandbox);
    model_in_bucket(&sandbox);
    let run = ["etl", "run", "--model", "media.toml", "--lake", "s3://media/lake"];
    let report = s3.json(&sandbox, &run);
    assert_eq!(report["unchanged"], false, "{report}");
    let again = s3.json(&sandbox, &run);
    assert_eq!(again["unchanged"], true, "{again}");

    for keys in ["country,device", "day", "asset.title", "audience"] {
        let query = |lake| ["query", "--lake", lake, "--group-by", keys];
        let (here, there) =
            (sandbox.json(&query("lake")), s3.json(&sandbox, &query("s3://media/lake")));
        assert_eq!(rows(&here), rows(&there), "{keys}");
    }
}

/// Conditional writes keep two processes apart: each commits, and neither loses what the other one did.
#[test]
fn two_runs_at_once_on_s3_are_safe() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &["--all"]);
    let s3 = S3::start(&sandbox);
    model_in_bucket(&sandbox);
    let first_day = sandbox.json(&["query", "--lake", "lake", "--group-by", "day"]);
    let days: Vec<&str> =
        rows(&first_day).iter().map(|row| row["keys"]["day"]["value"].as_str().unwrap()).collect();
    let runs: Vec<Child> = days
        .iter()
        .map(|day| {
            let args =
                ["etl", "run", "--model", "media.toml", "--lake", "s3://media/lake", "--date", day];
            s3.command(&sandbox, &args).spawn().unwrap()
        })
        .collect();
    for run in runs {
        let finished = finished(run);
        assert_eq!(finished.code, 0, "{}", finished.stderr);
    }
    for keys in ["country", "day"] {
        let query = |lake| ["query", "--lake", lake, "--group-by", keys];
        let (here, there) =
            (sandbox.json(&query("lake")), s3.json(&sandbox, &query("s3://media/lake")));
        assert_eq!(rows(&here), rows(&there), "{keys}");
    }
}

#[test]
fn bad_rows_of_files_on_s3_are_set_aside() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let s3 = S3::start(&sandbox);
    std::fs::write(
        sandbox.path("bad.toml"),
        r#"
[dataset]
name = "bad"
[source.impressions]
url = "s3://media/events/impressions/"
format = "parquet"
time = "event_time"
on_bad_rows = "quarantine"
max_bad_rows = "5%"
[dimension.country]
column = "country"
[measure.impressions]
source = "impressions"
kind = "count"
[measure.ones]
source = "impressions"
kind = "sum"
of = "CASE WHEN profile_id % 211 = 7 THEN CAST(country AS BIGINT) ELSE 1 END"
"#,
    )
    .unwrap();
    let run = ["etl", "run", "--model", "bad.toml", "--lake", "s3://media/bad"];
    let report = s3.json(&sandbox, &run);
    let n_bad = report["rows_quarantined"]["impressions"].as_u64().unwrap();
    assert!(n_bad > 0, "{report}");
    let sql = "SELECT count(*) AS n, count(DISTINCT file) > 1 AS several FROM quarantine";
    let found = s3.json(&sandbox, &["sql", "--lake", "s3://media/bad", sql]);
    assert_eq!(found, serde_json::json!({ "n": n_bad, "several": true }));
}

#[test]
fn what_is_wrong_on_s3_is_named_with_its_address() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let s3 = S3::start(&sandbox);
    model_in_bucket(&sandbox);
    let run = |lake| s3.clio(&sandbox, &["etl", "run", "--model", "media.toml", "--lake", lake]);
    let no_bucket = run("s3://nowhere/lake");
    assert_eq!(no_bucket.code, 1, "{}", no_bucket.stdout);
    assert!(no_bucket.stderr.contains("s3://nowhere/lake"), "{}", no_bucket.stderr);
    assert!(no_bucket.stderr.contains("NoSuchBucket"), "{}", no_bucket.stderr);

    let model = std::fs::read_to_string(sandbox.path("media.toml")).unwrap();
    let wrong = model.replace("s3://media/events/plays/", "s3://media/events/play/");
    std::fs::write(sandbox.path("media.toml"), wrong).unwrap();
    let no_source = run("s3://media/lake");
    assert_eq!(no_source.code, 1, "{}", no_source.stdout);
    assert!(
        no_source.stderr.contains("nothing found at s3://media/events/play/"),
        "{}",
        no_source.stderr
    );

    let unknown = run("ftp://media/lake");
    assert_eq!(unknown.code, 1, "{}", unknown.stdout);
    assert!(unknown.stderr.contains("ftp://media/lake"), "{}", unknown.stderr);
}
