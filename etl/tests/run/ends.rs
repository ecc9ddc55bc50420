//! Whoever follows a run hears how it ended: once, and last.

use std::sync::Mutex;

use clio_etl::{Config, Days, EtlError, Progress, run};
use clio_proto::RunOutcome;

use crate::real_files::{CSV_ROWS, put, source};
use crate::sandbox::{Sandbox, days};

/// The ends that were heard of.
#[derive(Default)]
struct Ends(Mutex<Vec<(RunOutcome, Option<String>)>>);

impl Ends {
    fn goes_on(&self) {
        assert!(self.0.lock().unwrap().is_empty(), "nothing comes after the end");
    }
}

impl Progress for Ends {
    fn step(&self, _: &str, _: u64) {
        self.goes_on();
    }
    fn advance(&self, _: u64) {
        self.goes_on();
    }
    fn done(&self, _: &str) {
        self.goes_on();
    }
    fn ended(&self, outcome: RunOutcome, error: Option<&EtlError>) {
        self.0.lock().unwrap().push((outcome, error.map(EtlError::to_string)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_its_outcome_whatever_that_is() {
    let check = async |config: Config, asked: Days, outcome: RunOutcome| {
        let ends = Ends::default();
        let error = Box::pin(run(&config, asked, &ends)).await.err();
        let heard = ends.0.into_inner().unwrap();
        assert_eq!(heard, [(outcome, error.map(|error| error.to_string()))]);
        assert_eq!(outcome == RunOutcome::Failed, heard[0].1.is_some());
    };
    let mut sandbox = Sandbox::new(&source("csv", ""));
    put(&sandbox, "events/dt=2026-01-31/a.csv", CSV_ROWS.as_bytes());
    check(sandbox.config(), Days::All, RunOutcome::Committed).await;
    check(sandbox.config(), Days::All, RunOutcome::Unchanged).await;
    check(sandbox.config(), days("2030-01-01", "2030-01-02"), RunOutcome::Failed).await;
    // Not even begun: no storage has this address.
    let mut config = sandbox.config();
    config.lake = "nowhere://lake/".parse().unwrap();
    check(config, Days::All, RunOutcome::Failed).await;
}
