//! The same questions of two builds in turn: whether a change made any of them slower.
//!
//! The other build makes the events and the lake, since an older one need not read what a newer one writes. Each
//! round asks every server once, so that a machine that is busy for a moment is busy for all of
//! them; the ratio is the median of the rounds' ratios.

use std::path::Path;
use std::time::{Duration, Instant};

use clio_proto::{CubeService, Query, RemoteConfig, RemoteCubes};
use clio_tests::{Sandbox, Server};

use crate::queries::typical_queries;
use crate::{N_QUERIES, figure, median, milliseconds};

/// What answers, the other build first.
const NAMES: [&str; 3] = ["the other", "this", "this, with marginals"];

/// Measures the questions against `other`, a binary of another commit.
pub(crate) fn bench(sandbox: &Sandbox, scale: &str, other: &Path) -> anyhow::Result<()> {
    let before = Sandbox::with_binary(other);
    before.ok(["synth", "--out", "events", "--scale", scale, "--no-answers"]);
    before.etl(&before.path("events/media.toml"), "lake", &[]);
    let lake = before.text("lake");
    // By environment: a build that has no such setting does not refuse it. Every question is
    // computed each time.
    let serve = |sandbox: &Sandbox, marginals| {
        let settings = [("CLIO_SERVING_CACHE", "0"), ("CLIO_SERVING_MARGINALS_PERCENT", marginals)];
        sandbox.serve_with(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"], &settings)
    };
    let servers = [serve(&before, "0"), serve(sandbox, "0"), serve(sandbox, "25")];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(ask(&servers))
}

async fn ask(servers: &[Server; 3]) -> anyhow::Result<()> {
    let mut cubes = Vec::new();
    for server in servers {
        let endpoints = vec![server.url.clone()];
        cubes.push(RemoteCubes::new(&RemoteConfig { endpoints, ..RemoteConfig::default() })?);
    }
    let first = cubes.first().ok_or_else(|| anyhow::anyhow!("nothing serves"))?;
    for (name, query) in typical_queries(first).await? {
        let mut rounds = Vec::with_capacity(N_QUERIES);
        for _ in 0..N_QUERIES {
            let mut times = [Duration::ZERO; 3];
            for (cubes, time) in cubes.iter().zip(&mut times) {
                *time = time_of(cubes, &query).await?;
            }
            rounds.push(times);
        }
        figure(name, &said(&rounds));
    }
    Ok(())
}

async fn time_of(cubes: &RemoteCubes, query: &Query) -> anyhow::Result<Duration> {
    let started = Instant::now();
    cubes.query(query.clone(), None).await?;
    Ok(started.elapsed())
}

fn said(rounds: &[[Duration; 3]]) -> String {
    let texts = NAMES.iter().enumerate().map(|(at, name)| {
        let mut times: Vec<Duration> = rounds.iter().map(|times| times[at]).collect();
        let mut ratios: Vec<f64> =
            rounds.iter().map(|times| times[at].as_secs_f64() / times[0].as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
        format!("{name} {} ({ratio:.2})", milliseconds(median(&mut times)))
    });
    texts.collect::<Vec<_>>().join("; ")
}
