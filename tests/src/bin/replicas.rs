//! Figures of lost replicas: how long answers take under load before, while and after one of two is lost.
//!
//! ```console
//! cargo build --release --package clio-cli && cargo run --release --package clio-tests --bin replicas
//! ```

use std::time::{Duration, Instant};

use clio_tests::{Fault, Load, Pair, Sandbox, p99, until};
use serde_json::Value;

const SYNTH: [&str; 9] =
    ["synth", "--out", "events", "--events", "200000", "--days", "7", "--people", "20000"];
/// So many questions a second, of so many clients at once.
const PER_SECOND: u32 = 500;
const N_CLIENTS: u32 = 25;
/// How long each part takes.
const PART: Duration = Duration::from_secs(8);
/// After what time answers have to be as usual again.
const GRACE: Duration = Duration::from_secs(2);

#[expect(clippy::print_stdout, reason = "a program for developers")]
fn main() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
    let mut pair = Pair::start(&sandbox, "lake");
    until("both replicas", || pair.are_both_up().then_some(()));
    until("the gateway's schema", || {
        (pair.gateway.graphql("{ serving { state } }", &Value::Null).0 == 200).then_some(())
    });
    let clients = usize::try_from(N_CLIENTS).expect("it is small");
    let load =
        Load::on(&pair.gateway.url, clients, Some(Duration::from_secs(1) * N_CLIENTS / PER_SECOND));
    println!("{PER_SECOND} questions a second, two replicas; 99 of a hundred are answered within:");
    println!(
        "{:<10} {:>10} {:>12} {:>12} {:>8}",
        "one is", "before", "first 2 s", "from 2 s on", "failed"
    );
    for fault in Fault::ALL {
        wait(PART / 2);
        load.clear();
        wait(PART / 2);
        let before = p99(&load.since(Instant::now() - PART));
        let begun = Instant::now();
        pair.inject(fault);
        wait(PART);
        let ended = load.since(begun);
        let (first, later): (Vec<_>, Vec<_>) =
            ended.into_iter().partition(|ended| ended.asked < begun + GRACE);
        let ms = |time: Option<Duration>| {
            time.map_or_else(
                || "-".to_owned(),
                |time| format!("{:.1} ms", time.as_secs_f64() * 1e3),
            )
        };
        let n_failed = load.failures().len();
        println!(
            "{:<10} {:>10} {:>12} {:>12} {n_failed:>8}",
            format!("{fault:?}"),
            ms(before),
            ms(p99(&first)),
            ms(p99(&later))
        );
        pair.mend(fault);
        until("both replicas again", || pair.are_both_up().then_some(()));
    }
}

fn wait(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
}
