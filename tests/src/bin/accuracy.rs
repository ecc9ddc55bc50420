//! Prints how many of the bounds that `clio` answers contain the true number: `make accuracy` runs it. Its output is
//! the table of `docs/asking.md`, "How sure the bounds are", verbatim.
//!
//! `cargo run --release -p clio-tests --bin accuracy -- [WORLDS [SEED]]`: 400 audiences by default, made as events by
//! `clio_tests::Worlds`, through the release binary to answers over gRPC.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "figures are what it is for")]

use std::time::Instant;

use clio_proto::{RemoteConfig, RemoteCubes};
use clio_tests::{Sandbox, Worlds, coverage, settings};

#[expect(
    clippy::disallowed_methods,
    reason = "a program for developers takes its scale as an argument"
)]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let n_worlds = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(400);
    let seed = arguments.next().and_then(|n| n.parse().ok()).unwrap_or_else(settings::seed);
    let precision = 10;
    let begin = Instant::now();
    let worlds = Worlds::new(n_worlds, precision, seed);
    let sandbox = Sandbox::new();
    worlds.write(&sandbox.path(""));
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    let serving =
        sandbox.serve(&["serve", "--lake", &sandbox.text("lake"), "--grpc", "127.0.0.1:0"]);
    let config = RemoteConfig { endpoints: vec![serving.url.clone()], ..RemoteConfig::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(async {
        let cubes = RemoteCubes::new(&config)?;
        coverage(&cubes, &worlds).await
    })?;
    println!("{n_worlds} audiences at precision {precision}, seed {seed}:\n");
    println!("| number | how many | bounds that hold | cannot be told |");
    println!("| --- | --- | --- | --- |");
    for (kind, tally) in found.kinds() {
        let n = tally.n as f64;
        println!(
            "| {kind} | {} | {:.2} % | {:.1} % |",
            tally.n,
            100.0 * tally.share(),
            100.0 * tally.n_untold as f64 / n,
        );
    }
    // It is not part of the table, and differs from run to run.
    eprintln!("{:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}
