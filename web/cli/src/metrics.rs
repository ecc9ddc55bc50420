//! The metrics of a process, in Prometheus' text form.
//!
//! Names begin with `clio_` and the part that they are about, end in their unit, and stay; `docs/operating.md` has them
//! all in one table, which a test compares with what running processes print. No value and no label says anything of
//! the data, or of who asks.

mod calls;
mod gateway;
mod schedule;
mod serving;
mod sheet;

use std::sync::Arc;

use clio_proto::{Measured, RemoteCubes, Replicated as _};
use clio_serving::Cubes;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;

use calls::Calls;
pub(crate) use gateway::Requests;
pub(crate) use schedule::RunMetrics;
use sheet::{Read, Sheet};

/// The media type of the text.
pub(crate) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// All metrics of a process.
#[derive(Debug)]
pub(crate) struct Metrics(Registry);

impl Metrics {
    /// Those that every process has.
    pub(crate) fn new() -> Self {
        let mut metrics = Self(Registry::default());
        metrics.read(|sheet| {
            let version = [("version", env!("CARGO_PKG_VERSION"))];
            sheet.gauge("clio_build_info", "1, with the version of the program", version, 1.0);
        });
        metrics
    }

    /// Adds those of serving. Calls over gRPC are counted from then on.
    pub(crate) fn add_serving(&mut self, cubes: &Arc<Cubes>) {
        cubes.count_calls(Arc::new(Calls::new(&mut self.0, "clio_serving")));
        let cubes = Arc::clone(cubes);
        self.read(move |sheet| serving::write(sheet, &cubes.vitals()));
    }

    /// Adds those of a gateway's calls to serving, and returns the service whose calls are counted.
    pub(crate) fn add_calls(&mut self, service: Arc<dyn clio_proto::CubeService>) -> Arc<Measured> {
        let sink = Arc::new(Calls::new(&mut self.0, "clio_gateway"));
        Arc::new(Measured::new(service, sink))
    }

    /// Adds those of the replicas that a gateway calls.
    pub(crate) fn add_replicas(&mut self, remote: &Arc<RemoteCubes>) {
        let remote = Arc::clone(remote);
        self.read(move |sheet| gateway::write(sheet, &remote.replicas(), remote.retries()));
    }

    /// Adds those of HTTP requests, and returns where they are counted.
    pub(crate) fn add_requests(&mut self) -> Arc<Requests> {
        Arc::new(Requests::new(&mut self.0))
    }

    /// Adds those of runs of the etl, and returns where they are counted.
    pub(crate) fn add_runs(&mut self) -> RunMetrics {
        RunMetrics::new(&mut self.0)
    }

    /// Adds metrics that are read when they are asked for.
    fn read(&mut self, write: impl Fn(&mut Sheet<'_>) + Send + Sync + 'static) {
        self.0.register_collector(Box::new(Read(write)));
    }

    /// All of them as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_text::encode(&mut text, &self.0);
        text
    }
}
