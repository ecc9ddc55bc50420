//! Prints the figures of the README: 20 million synthetic events through the release binary.
//!
//! Every figure is measured in this run; nothing is asserted. The events are made once, in
//! `target/bench`, and used again. Times are medians of several runs where that is cheap: see each
//! line. An argument names another scale (`small`, `medium`) for a quick look. A second one names
//! another build of `clio`: then nothing is measured but the questions, asked of both in turn.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

mod beside;
mod queries;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clio_proto::{CubeService, RemoteConfig, RemoteCubes};
use clio_tests::{Sandbox, Server, repository, until};
use serde_json::{Value, json};

use queries::typical_queries;

const N_ETL_RUNS: usize = 3;
const N_LOADS: usize = 5;
const N_QUERIES: usize = 50;
/// Callers at once of what is cached, and how often each asks.
const N_CALLERS: usize = 16;
const N_CACHED: usize = 1_000;

#[expect(
    clippy::disallowed_methods,
    reason = "a program for developers reads its arguments itself"
)]
fn main() -> anyhow::Result<()> {
    let scale = std::env::args().nth(1).unwrap_or_else(|| "large".to_owned());
    let sandbox = Sandbox::new();
    print_machine();
    if let Some(other) = std::env::args().nth(2) {
        return beside::bench(&sandbox, &scale, Path::new(&other));
    }
    let events = repository().join("target/bench").join(&scale);
    make_events(&sandbox, &events, &scale)?;
    let events_bytes =
        folder_bytes(&events.join("impressions"))? + folder_bytes(&events.join("plays"))?;
    figure("event files", &format!("{} in zstd Parquet", mebibytes(events_bytes)));
    bench_etl(&sandbox, &events)?;
    bench_grouped(&sandbox, &events);
    bench_serving(&sandbox)?;
    bench_sizes(&sandbox, &events)
}

fn figure(name: &str, text: &str) {
    println!("{name:<44} {text}");
}

fn make_events(sandbox: &Sandbox, events: &Path, scale: &str) -> anyhow::Result<()> {
    if events.join("media.toml").try_exists()? {
        return Ok(());
    }
    std::fs::create_dir_all(events.parent().context("the folder has a parent")?)?;
    let started = Instant::now();
    sandbox.ok(["synth", "--out", &events.to_string_lossy(), "--scale", scale, "--no-answers"]);
    figure("synth, without answers", &seconds(started.elapsed()));
    Ok(())
}

fn print_machine() {
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?.to_owned();
        Some(line.split(':').nth(1)?.trim().to_owned())
    });
    let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    figure("machine", &format!("{processor}, {n_cores} cores, {}", std::env::consts::OS));
}

fn bench_etl(sandbox: &Sandbox, events: &Path) -> anyhow::Result<()> {
    let mut times = Vec::new();
    let mut report = Value::Null;
    for _ in 0..N_ETL_RUNS {
        if sandbox.path("lake").try_exists()? {
            std::fs::remove_dir_all(sandbox.path("lake"))?;
        }
        let started = Instant::now();
        report = sandbox.etl(&events.join("media.toml"), "lake", &[]);
        times.push(started.elapsed());
    }
    let n_events: u64 = report["rows_in"]
        .as_object()
        .context("the report has rows by source")?
        .values()
        .filter_map(Value::as_u64)
        .sum();
    let wall = median(&mut times);
    let rate = n_events as f64 / wall.as_secs_f64() / 1e6;
    figure("events read by etl run", &n_events.to_string());
    figure(
        "etl run, all days and periods, committed",
        &format!("{} (median of {N_ETL_RUNS})", seconds(wall)),
    );
    figure("events a second", &format!("{rate:.2} million"));
    if let Some(bytes) = report["peak_memory_bytes"].as_u64() {
        figure("peak memory of etl run", &mebibytes(bytes));
    }
    figure("cells", &report["cells"].to_string());
    figure("lake", &mebibytes(folder_bytes(&sandbox.path("lake"))?));
    Ok(())
}

/// A sketch for each group beside a mere count of its rows, on one thread: what sketches cost.
fn bench_grouped(sandbox: &Sandbox, events: &Path) {
    let table = format!("impressions={}", events.join("impressions").display());
    let time = |measure: &str| {
        let query = format!(
            "SELECT count(*) AS n_groups, sum(n_rows) AS n_rows FROM (SELECT count(*) AS n_rows, {measure}
             FROM impressions GROUP BY asset_id, country, device, date_trunc('hour', event_time))"
        );
        let args = ["sql", "--table", &table, "--threads", "1", "--format", "json", &query];
        let started = Instant::now();
        let answer = sandbox.ok(args);
        (started.elapsed(), answer.trim().to_owned())
    };
    let (mut counted, mut sketched) = (Vec::new(), Vec::new());
    let mut groups = String::new();
    for _ in 0..N_ETL_RUNS {
        // As many aggregates in both, so that the difference is that of the sketches.
        counted.push(time("count(profile_id) AS s").0);
        let (elapsed, answer) = time("hll_sketch_agg(profile_id, 14) AS s");
        sketched.push(elapsed);
        groups = answer;
    }
    let (counted, sketched) = (median(&mut counted), median(&mut sketched));
    figure("groups of impressions", &groups);
    figure("count(*) by group, one thread", &seconds(counted));
    figure("and a sketch of people in each", &seconds(sketched));
}

fn bench_serving(sandbox: &Sandbox) -> anyhow::Result<()> {
    let lake = sandbox.text("lake");
    let serve = |settings: &[&str]| {
        let args = ["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"];
        sandbox.serve(&[&args[..], settings].concat())
    };
    let load = |settings: &[&str]| {
        let mut times = Vec::new();
        for _ in 0..N_LOADS {
            let started = Instant::now();
            drop(serve(settings));
            times.push(started.elapsed());
        }
        seconds(median(&mut times))
    };
    // Without a cache, so that each query is computed each time.
    let (plain, with_marginals) = (["--cache", "0", "--marginals-percent", "0"], ["--cache", "0"]);
    let text = format!("{} (median of {N_LOADS})", load(&plain));
    figure("serve: from start to loaded, no marginals", &text);
    let text = format!("{} (median of {N_LOADS})", load(&with_marginals));
    figure("serve: from start to loaded", &text);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for (name, settings) in [("query", &plain[..]), ("with marginals", &with_marginals[..])] {
        let server = serve(settings);
        runtime.block_on(bench_queries(&server, name))?;
        if let Some(bytes) = server.peak_memory_bytes() {
            figure(&format!("{name}: peak memory, load and queries"), &mebibytes(bytes));
        }
    }
    let server = serve(&[]);
    runtime.block_on(bench_cached(&server))?;
    let args = ["gateway", "--serving", &server.url, "--http", "127.0.0.1:0"];
    let gateway = sandbox.serve(&args);
    // It has its address before it has asked serving for the dataset.
    until("the gateway's schema", || {
        let request = ureq::post(format!("{}/graphql", gateway.url));
        request.send_json(json!({ "query": "{ __typename }" })).ok()
    });
    bench_gateway(&gateway)
}

/// The same questions by many at once, all but the first of which are answered from the cache.
async fn bench_cached(server: &Server) -> anyhow::Result<()> {
    let config = RemoteConfig { endpoints: vec![server.url.clone()], ..RemoteConfig::default() };
    let cubes = Arc::new(RemoteCubes::new(&config)?);
    for (name, query) in typical_queries(&cubes).await? {
        let started = Instant::now();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..N_CALLERS {
            let (cubes, query) = (Arc::clone(&cubes), query.clone());
            callers.spawn(async move {
                for _ in 0..N_CACHED {
                    cubes.query(query.clone(), None).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(asked) = callers.join_next().await {
            asked??;
        }
        figure(&format!("cached: {name}"), &rate(N_CALLERS * N_CACHED, started.elapsed()));
    }
    Ok(())
}

/// The same through the gateway, for two questions.
fn bench_gateway(gateway: &Server) -> anyhow::Result<()> {
    for (name, group_by) in [("all-time total", ""), ("by country", "groupBy: [COUNTRY], ")] {
        let query = format!(
            "{{ cube(query: {{ {group_by}measures: [IMPRESSIONS, VIEWERS] }}) {{ \
             rows {{ country {{ value }} viewers {{ value lower upper }} }} total {{ viewers {{ value }} }} }} }}"
        );
        let started = Instant::now();
        let ask = || -> anyhow::Result<()> {
            // It keeps its connection.
            let agent = ureq::Agent::new_with_defaults();
            for _ in 0..N_CACHED {
                let request = agent.post(format!("{}/graphql", gateway.url));
                let mut answer = request.send_json(json!({ "query": query }))?;
                let answer: Value = answer.body_mut().read_json()?;
                anyhow::ensure!(answer["errors"].is_null(), "{answer}");
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..N_CALLERS).map(|_| scope.spawn(ask)).collect();
            let asked = callers.into_iter().map(|caller| {
                caller.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            asked.collect::<anyhow::Result<()>>()
        })?;
        let text = rate(N_CALLERS * N_CACHED, started.elapsed());
        figure(&format!("through the gateway: {name}"), &text);
    }
    Ok(())
}

fn rate(n_answers: usize, elapsed: Duration) -> String {
    let rate = n_answers as f64 / elapsed.as_secs_f64();
    format!("{rate:.0} answers a second to {N_CALLERS} callers")
}

async fn bench_queries(server: &Server, kind: &str) -> anyhow::Result<()> {
    let config = RemoteConfig { endpoints: vec![server.url.clone()], ..RemoteConfig::default() };
    let cubes = RemoteCubes::new(&config)?;
    for (name, query) in typical_queries(&cubes).await? {
        let mut over_grpc = Vec::new();
        let mut inside = Vec::new();
        let mut n_groups = 0;
        for _ in 0..N_QUERIES {
            let started = Instant::now();
            let answer = cubes.query(query.clone(), None).await?;
            over_grpc.push(started.elapsed());
            inside.push(answer.elapsed);
            n_groups = answer.n_groups;
        }
        let slowest = over_grpc.iter().max().copied().unwrap_or_default();
        let text = format!(
            "{} over gRPC, {} inside, slowest {}; {n_groups} groups (medians of {N_QUERIES})",
            milliseconds(median(&mut over_grpc)),
            milliseconds(median(&mut inside)),
            milliseconds(slowest),
        );
        figure(&format!("{kind}: {name}"), &text);
    }
    Ok(())
}

fn bench_sizes(sandbox: &Sandbox, events: &Path) -> anyhow::Result<()> {
    let lake = sandbox.text("lake");
    let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let media = events.to_string_lossy();
    let gateway = sandbox.serve(&[
        "gateway",
        "--serving",
        &serving.url,
        "--http",
        "127.0.0.1:0",
        "--media",
        &media,
    ]);
    figure("binary, dashboard included", &mebibytes(std::fs::metadata(sandbox.binary())?.len()));
    let (page, page_bytes) = gateway.get_compressed("/")?;
    let mut bytes = page_bytes;
    let mut n_files = 1;
    // What the page itself asks for before any script has run.
    for quoted in page.split('"').filter(|text| text.starts_with("/static/")) {
        bytes += gateway.get_compressed(quoted)?.1;
        n_files += 1;
    }
    figure("first page, compressed", &format!("{} KiB in {n_files} files", bytes.div_ceil(1024)));
    Ok(())
}

fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0)
}
