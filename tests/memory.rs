//! A run keeps to its memory limit, as measured by the system, and makes the same lake.

use std::collections::BTreeMap;

use clio_tests::{Sandbox, cell_files};

/// The smallest limit that a run accepts. More cells, and plays that wait for impressions, arrive than fit beside the
/// program.
const LIMIT_MIB: u64 = 320;

#[test]
fn a_run_keeps_to_its_memory() {
    let sandbox = Sandbox::new();
    sandbox.ok(["synth", "--out", "data", "--no-answers", "--events", "5000000", "--days", "3"]);
    let model = sandbox.path("data/media.toml");
    let run = |lake: &str, limit_mib: u64| {
        let report = sandbox.etl(&model, lake, &["--memory", &limit_mib.to_string()]);
        let peak_mib = report["peak_memory_bytes"].as_u64().map(|bytes| bytes >> 20);
        let files = cell_files(&sandbox.path(lake)).into_iter();
        let files = files.map(|(period, file)| (period, std::fs::read(file).unwrap()));
        (peak_mib, files.collect::<BTreeMap<_, _>>())
    };
    let (whole, cells) = run("whole", 2048);
    let (limited, same_cells) = run("limited", LIMIT_MIB);
    assert!(cells == same_cells, "a limit changes no byte");
    // Not every system reports it.
    if let (Some(whole), Some(limited)) = (whole, limited) {
        assert!(limited <= LIMIT_MIB, "{limited} MiB of {LIMIT_MIB}");
        assert!(whole > LIMIT_MIB, "a run that takes {whole} MiB at most has no limit to keep");
    }
}
