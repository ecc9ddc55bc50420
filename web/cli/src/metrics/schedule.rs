//! Runs of `clio etl schedule`.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use clio_etl::{RunReport, Trigger};
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::sheet::number;

/// The upper bounds of the buckets, in seconds: from a run that finds nothing new to one that takes the night.
const SECONDS: [f64; 10] = [0.1, 1.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0];

/// How runs end.
const COMMITTED: &str = "committed";
const UNCHANGED: &str = "unchanged";
const FAILED: &str = "failed";

type Label = [(&'static str, &'static str); 1];
type Number = Gauge<f64, AtomicU64>;

/// The runs of a schedule.
#[derive(Debug)]
pub(crate) struct RunMetrics {
    ended: Family<Label, Counter>,
    seconds: Histogram,
    running: Number,
    lateness: Number,
    last_success: Number,
    rows_read: Counter,
    rows_quarantined: Counter,
    bytes_written: Counter,
}

impl RunMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let runs = Self {
            ended: Family::default(),
            seconds: Histogram::new(SECONDS),
            running: Number::default(),
            lateness: Number::default(),
            last_success: Number::default(),
            rows_read: Counter::default(),
            rows_quarantined: Counter::default(),
            bytes_written: Counter::default(),
        };
        for outcome in [COMMITTED, UNCHANGED, FAILED] {
            runs.ended.get_or_create_owned(&[("outcome", outcome)]);
        }
        registry.register("clio_etl_runs", "Runs that ended, by outcome", runs.ended.clone());
        registry.register("clio_etl_run_seconds", "How long runs took", runs.seconds.clone());
        registry.register("clio_etl_running", "1 during a run", runs.running.clone());
        registry.register(
            "clio_etl_run_lateness_seconds",
            "How much later than its time the last run with a time began",
            runs.lateness.clone(),
        );
        registry.register(
            "clio_etl_last_success_timestamp_seconds",
            "When the last run that did not fail ended, as seconds since 1970; 0 before the first one since the start",
            runs.last_success.clone(),
        );
        registry.register("clio_etl_rows_read", "Events read and counted", runs.rows_read.clone());
        registry.register(
            "clio_etl_rows_quarantined",
            "Bad rows that were left out",
            runs.rows_quarantined.clone(),
        );
        registry.register(
            "clio_etl_written_bytes",
            "The size of committed files",
            runs.bytes_written.clone(),
        );
        runs
    }

    /// A run begins.
    pub(crate) fn began(&self, trigger: Trigger, now: Timestamp) {
        self.running.set(1.0);
        match trigger {
            Trigger::Time(due) | Trigger::Missed(due) => {
                self.lateness.set(now.duration_since(due).as_secs_f64().max(0.0));
            }
            Trigger::Arrival | Trigger::Again => {}
        }
    }

    /// A run ended; without a report it failed.
    pub(crate) fn ended(&self, report: Option<&RunReport>, took: Duration, now: Timestamp) {
        self.running.set(0.0);
        self.seconds.observe(took.as_secs_f64());
        let outcome = match report {
            None => FAILED,
            Some(report) if report.unchanged => UNCHANGED,
            Some(_) => COMMITTED,
        };
        self.ended.get_or_create(&[("outcome", outcome)]).inc();
        let Some(report) = report else { return };
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        self.last_success.set(number(seconds));
        self.rows_read.inc_by(report.rows_in.values().sum());
        self.rows_quarantined.inc_by(report.rows_quarantined.values().sum());
        self.bytes_written.inc_by(report.bytes_written);
    }
}
