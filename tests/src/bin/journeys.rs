//! Runs the dashboard's journeys in a real browser against the real system: events, lake, serving and
//! gateway as processes of their own, and a small control server by which a journey publishes a day or
//! takes serving away.
//!
//! ```text
//! journeys ──▶ clio synth, clio etl run (the first days)
//!          ──▶ clio serve ◀── clio gateway ◀── browser ◀── Playwright (web/dashboard/e2e)
//!          ◀── POST /publish-day, /pin/VERSION, /unpin, /query, /serving/stop, /serving/start ──┘
//!          ◀── POST /outliers/publish-day
//! ```
//!
//! Outliers have a system of their own, with more days, and with rates that mislead.
//!
//! Arguments are handed to Playwright. The exit code is Playwright's.
#![expect(clippy::print_stderr, reason = "a program for developers speaks to their terminal")]

use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use clio_tests::{Sandbox, Server, repository};

/// How many days there are events of: a verdict takes ten of them on each of two sides. There are few events a day, and few people
/// who come on many of them, so that the lake of them is made in seconds.
const DAYS: [&str; 6] = ["--days", "26", "--events", "240000", "--people", "4000"];

/// How many of the days are in the lake when the journeys begin.
const N_FIRST_DAYS: usize = 22;

/// What the model of `clio synth` has beside its own: rates that turn on the twelfth day, in each country by as much as gives a verdict
/// of its own, and the same by sketches that err by more than people vary.
const TURNED: &str = r#"
[source.turned]
from = "impressions"
where = """
date_part('second', event_time) < CASE
  WHEN event_time < TIMESTAMP '2026-01-12' THEN 20
  WHEN country IN ('US', 'DE', 'BR') THEN 32
  WHEN country = 'GB' THEN 10
  WHEN country IN ('FR', 'JP') THEN 25
  WHEN country = 'IN' THEN 12
  WHEN country = 'MX' THEN 11
  ELSE 20
END
"""

[measure.turned]
source = "turned"
kind = "distinct"
of = "profile_id"
precision = 14
family = "hll++"

[measure.turned_rate]
kind = "derived"
expr = "turned / viewers"
format = "percent"

[measure.rough_viewers]
source = "impressions"
kind = "distinct"
of = "profile_id"
precision = 8

[measure.rough_turned]
source = "turned"
kind = "distinct"
of = "profile_id"
precision = 8

[measure.rough_rate]
kind = "derived"
expr = "rough_turned / rough_viewers"
format = "percent"
"#;

/// The days of the system whose outliers are looked at, one of which is published by a journey: a list of a week before takes 36
/// days. What is planted is found among so many events.
const DAYS_OF_TRAPS: [&str; 9] =
    ["--traps", "--days", "38", "--events", "300000", "--people", "30000", "--countries", "3"];

/// From which difference on one matters: of so few people a smaller one is never ruled out.
const WORTHWHILE: &str = "[dataset]\nworthwhile = \"25%\"\n";

/// A system whose outliers are looked at.
struct Traps {
    gateway: Server,
    /// Answers the gateway as long as it lives.
    _serving: Server,
    /// The day that is not in the lake yet.
    last_day: String,
}

impl Traps {
    fn new(sandbox: &Sandbox) -> anyhow::Result<Self> {
        sandbox.ok(["synth", "--out", "traps", "--no-answers"].into_iter().chain(DAYS_OF_TRAPS));
        let days = days_of(sandbox, "traps")?;
        let [first, .., last, unpublished] = days.as_slice() else {
            anyhow::bail!("there are few days: {days:?}");
        };
        let model = sandbox.path("traps/media.toml");
        sandbox.etl(&model, "lake-of-traps", &["--from", first, "--to", last]);
        let lake = sandbox.text("lake-of-traps");
        let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
        let gateway = gateway_of(sandbox, &serving, "traps", "store-of-traps.sqlite");
        Ok(Self { gateway, _serving: serving, last_day: unpublished.clone() })
    }
}

/// The days that there are events of.
fn days_of(sandbox: &Sandbox, events: &str) -> anyhow::Result<Vec<String>> {
    let mut days = Vec::new();
    for day in std::fs::read_dir(sandbox.path(&format!("{events}/impressions")))? {
        days.push(day?.file_name().to_string_lossy().trim_start_matches("dt=").to_owned());
    }
    days.sort();
    Ok(days)
}

fn gateway_of(sandbox: &Sandbox, serving: &Server, media: &str, store: &str) -> Server {
    let (media, store) = (sandbox.text(media), sandbox.text(store));
    let serving = ["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"];
    sandbox.serve(&[&serving[..], &["--media", &media, "--store", &store]].concat())
}

struct System {
    sandbox: Sandbox,
    grpc: String,
    state: Mutex<Running>,
    traps: Traps,
}

struct Running {
    days_to_publish: Vec<String>,
    serving: Option<Server>,
}

#[expect(clippy::disallowed_methods, reason = "a program for developers hands its arguments on")]
fn main() -> anyhow::Result<ExitCode> {
    let sandbox = Sandbox::new();
    eprintln!("making events and the first days of the lake …");
    sandbox.ok(["synth", "--out", "events", "--no-answers"].into_iter().chain(DAYS));
    let mut days = days_of(&sandbox, "events")?;
    let rest = days.split_off(N_FIRST_DAYS);
    let model = sandbox.path("events/media.toml");
    let of_synth = std::fs::read_to_string(&model)?;
    std::fs::write(&model, of_synth.replacen("[dataset]\n", WORTHWHILE, 1) + TURNED)?;
    sandbox.etl(&model, "lake", &["--from", &days[0], "--to", &days[N_FIRST_DAYS - 1]]);

    let lake = sandbox.text("lake");
    let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let gateway = gateway_of(&sandbox, &serving, "events", "store.sqlite");
    let traps = Traps::new(&sandbox)?;
    let (traps_url, truth) = (traps.gateway.url.clone(), sandbox.path("traps/truth/summary.json"));
    let grpc = format!("127.0.0.1:{}", serving.port());
    let state = Mutex::new(Running { days_to_publish: rest, serving: Some(serving) });
    let system = Arc::new(System { sandbox, grpc, state, traps });

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let control = format!("http://{}", listener.local_addr()?);
    let mut servers = tokio::task::JoinSet::new();
    servers.spawn_on(serve_control(listener, Arc::clone(&system)), runtime.handle());

    eprintln!("gateway at {}, control at {control}", gateway.url);
    let status = Command::new("npx")
        .args(["playwright", "test"])
        .args(std::env::args().skip(1))
        .current_dir(repository().join("web/dashboard"))
        .env("CLIO_URL", &gateway.url)
        .env("CLIO_CONTROL", &control)
        .env("CLIO_TRAPS_URL", &traps_url)
        .env("CLIO_TRAPS", &truth)
        .status()?;
    for line in gateway.said() {
        eprintln!("gateway: {line}");
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

async fn serve_control(
    listener: tokio::net::TcpListener,
    system: Arc<System>,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/publish-day", post(publish_day))
        .route("/outliers/publish-day", post(publish_day_of_traps))
        .route("/pin/{version}", post(pin))
        .route("/unpin", post(unpin))
        .route("/query", post(query))
        .route("/serving/stop", post(stop_serving))
        .route("/serving/start", post(start_serving))
        .with_state(system);
    axum::serve(listener, router).await
}

/// Runs the etl for one more day and answers when it is committed.
async fn publish_day(State(system): State<Arc<System>>) -> (StatusCode, String) {
    on_blocking_thread(system, |system| {
        let mut running = system.state.lock().unwrap_or_else(PoisonError::into_inner);
        if running.days_to_publish.is_empty() {
            return (StatusCode::CONFLICT, "every day is published".to_owned());
        }
        let day = running.days_to_publish.remove(0);
        let model = system.sandbox.path("events/media.toml");
        system.sandbox.etl(&model, "lake", &["--date", &day]);
        (StatusCode::OK, day)
    })
    .await
}

/// The same for the system whose outliers are looked at.
async fn publish_day_of_traps(State(system): State<Arc<System>>) -> (StatusCode, String) {
    on_blocking_thread(system, |system| {
        let (sandbox, day) = (&system.sandbox, &system.traps.last_day);
        sandbox.etl(&sandbox.path("traps/media.toml"), "lake-of-traps", &["--date", day]);
        (StatusCode::OK, day.clone())
    })
    .await
}

/// Decides, like an operator, that a snapshot is served.
async fn pin(
    State(system): State<Arc<System>>,
    Path(version): Path<String>,
) -> (StatusCode, String) {
    on_blocking_thread(system, move |system| {
        let why = ["--by", "ada", "--reason", "plays are missing"];
        let said = system
            .sandbox
            .ok(["lake", "pin", version.as_str(), "--lake", "lake"].iter().chain(&why));
        (StatusCode::OK, said)
    })
    .await
}

async fn unpin(State(system): State<Arc<System>>) -> (StatusCode, String) {
    on_blocking_thread(system, |system| {
        (StatusCode::OK, system.sandbox.ok(["lake", "unpin", "--lake", "lake"]))
    })
    .await
}

/// What `clio query` says in JSON, of serving, with the arguments of the body.
async fn query(
    State(system): State<Arc<System>>,
    Json(args): Json<Vec<String>>,
) -> (StatusCode, String) {
    on_blocking_thread(system, move |system| {
        let serving = format!("http://{}", system.grpc);
        let asked = ["query", "--serving", &serving, "--format", "json"];
        let finished =
            system.sandbox.clio(asked.into_iter().chain(args.iter().map(String::as_str)));
        match finished.code {
            0 => (StatusCode::OK, finished.stdout),
            _ => (StatusCode::BAD_REQUEST, finished.stderr),
        }
    })
    .await
}

async fn stop_serving(State(system): State<Arc<System>>) -> (StatusCode, String) {
    on_blocking_thread(system, |system| {
        let mut running = system.state.lock().unwrap_or_else(PoisonError::into_inner);
        running.serving = None;
        (StatusCode::OK, "stopped".to_owned())
    })
    .await
}

async fn start_serving(State(system): State<Arc<System>>) -> (StatusCode, String) {
    on_blocking_thread(system, |system| {
        let mut running = system.state.lock().unwrap_or_else(PoisonError::into_inner);
        if running.serving.is_none() {
            let lake = system.sandbox.text("lake");
            let server = system.sandbox.serve(&["serve", "--lake", &lake, "--grpc", &system.grpc]);
            running.serving = Some(server);
        }
        (StatusCode::OK, "started".to_owned())
    })
    .await
}

async fn on_blocking_thread(
    system: Arc<System>,
    work: impl FnOnce(&System) -> (StatusCode, String) + Send + 'static,
) -> (StatusCode, String) {
    tokio::task::spawn_blocking(move || work(&system))
        .await
        .unwrap_or_else(|panic| (StatusCode::INTERNAL_SERVER_ERROR, panic.to_string()))
}
