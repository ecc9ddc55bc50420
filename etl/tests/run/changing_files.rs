//! A file that changes while it is read ends the run, whoever reads it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clio_etl::{Days, ErrorKind, EtlError, Progress, ReadError, run};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};

use crate::real_files::{
    CSV_ROWS, JSON_ROWS, MORE_CSV_ROWS, MORE_JSON_ROWS, compressed, put, source,
};
use crate::sandbox::Sandbox;

/// Rewrites a file when a step begins.
struct Rewriting {
    at: &'static str,
    path: PathBuf,
    bytes: Option<Vec<u8>>,
    is_done: AtomicBool,
}

impl Progress for Rewriting {
    fn step(&self, name: &str, _: u64) {
        if name == self.at && !self.is_done.swap(true, Ordering::Relaxed) {
            match &self.bytes {
                Some(bytes) => fs::write(&self.path, bytes).unwrap(),
                None => fs::remove_file(&self.path).unwrap(),
            }
        }
    }
    fn advance(&self, _: u64) {}
    fn done(&self, _: &str) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_while_it_is_read_ends_the_run_and_the_next_one_finds_it() {
    let parquet = |n: usize| {
        let text = |text: &str| -> ArrayRef {
            Arc::new((0..n).map(|_| Some(text)).collect::<StringArray>())
        };
        let columns = [("at", text("2026-01-31")), ("id", text("1")), ("country", text("US"))];
        let rows = RecordBatch::try_from_iter(columns).unwrap();
        let sandbox = Sandbox::new("");
        sandbox.write_parquet("a.parquet", &rows);
        fs::read(sandbox.path("a.parquet")).unwrap()
    };
    let gz = async |text: &str| compressed(".gz", text).await;
    let longer = |rows: &str, more: &str| format!("{rows}{}", more.repeat(2_000));
    let (csv, json) = (longer(CSV_ROWS, MORE_CSV_ROWS), longer(JSON_ROWS, MORE_JSON_ROWS));
    let cases: [(&str, &str, Vec<u8>, Vec<u8>); 5] = [
        ("csv", "a.csv", csv.clone().into(), CSV_ROWS.into()),
        ("csv", "a.csv.gz", gz(&csv).await, gz(CSV_ROWS).await),
        ("ndjson", "a.ndjson", json.clone().into(), JSON_ROWS.into()),
        ("ndjson", "a.ndjson.gz", gz(&json).await, gz(JSON_ROWS).await),
        ("parquet", "a.parquet", parquet(4_000), parquet(2)),
    ];
    for (format, name, before, after) in cases {
        let path = format!("events/dt=2026-01-31/{name}");
        for (first, then) in [(&before, Some(&after)), (&after, Some(&before)), (&before, None)] {
            for (at, policy) in
                [("open", ""), ("roll up", ""), ("roll up", "on_bad_rows = \"quarantine\"")]
            {
                let mut sandbox = Sandbox::new(&source(format, policy));
                put(&sandbox, &path, first);
                let rewriting = Rewriting {
                    at,
                    path: sandbox.path(&path),
                    bytes: then.cloned(),
                    is_done: AtomicBool::new(false),
                };
                let config = sandbox.config();
                let error = Box::pin(run(&config, Days::All, &rewriting)).await.unwrap_err();
                assert!(
                    matches!(error, EtlError::Read(ReadError::FileChanged { .. })),
                    "{name}: {error}"
                );
                assert!(error.is_transient() && error.kind() == ErrorKind::Conflict);
                assert!(error.to_string().contains("the file changed while it was read"));
                assert!(sandbox.lake_files().is_empty(), "nothing is committed");
                if then.is_some() {
                    sandbox.run(Days::All).await;
                    let n_events = if then == Some(&after) { 2 } else { 4_000 };
                    let line = sandbox.cells().await.lines("all").remove(0);
                    let found: usize = line.split(' ').nth(1).unwrap().parse().unwrap();
                    assert!(found == n_events || found == n_events + 2, "{name}: {line}");
                }
            }
        }
    }
}
